#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# An interactive session, by a pseudo-terminal and libvterm (test-terminal.c).
. "$(dirname "$0")/lib.sh"

((++tests))
if "${KLAB_TEST_TERMINAL:?}" "$KLAB"; then
	ok "terminal"
else
	fail "terminal"
fi
