#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# 1 GiB through a guest's cat arrives unharmed, in both directions at once.
. "$(dirname "$0")/../vm/lib.sh"
export KLAB_TEST_DEADLINE=1500

# Numbers that say where they stand: a block that is lost, doubled or moved shows.
stream() { seq 1 200000000 | head -c 1073741824; }
wanted=$(stream | sha256sum)
check_status "1 GiB through cat" 0 eval 'stream | klab run -- cat | sha256sum >sum; (exit "${PIPESTATUS[1]}")'
check_is "unharmed" "$(cat sum)" "$wanted"
