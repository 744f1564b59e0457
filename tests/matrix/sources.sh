#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel's source of another version: what of the fragments it has, and the smallest
# kernel built from it and booted.
#
#	sources.sh ARCH SOURCES SUITE
#
# SOURCES is what tools/test-source unpacks.
sources=$2 suite=$3
. "$(dirname "$0")/../vm/lib.sh"
unset KLAB_ARCH # the words say it
export KLAB_TEST_DEADLINE=3000

tree=$sources/$suite
[[ -d $tree ]] || {
	echo "no $tree: tools/test-source brings it"
	exit 1
}
version=$(make -s -C "$tree" kernelversion)
echo "$suite has $version"
out=$sources/config-$suite-$ARCH
rm -rf "$out" "$out-tiny"
for fragment in base debug btf kasan lockdep kgdb trace kmemleak graphics nomodules; do
	check_status "the fragment $fragment" 0 klab config set -k "$tree" "O=$out" "ARCH=$ARCH" \
		--fragment "$fragment"
	check_hasnt "all of it is known" err 'has no option'
done
check_status "check" 0 klab config check -k "$out" --json
check_is "nothing is missing" "$(python3 -c '
import json; print(json.load(open("out"))["lacking"])')" '[]'
check_status "the fragment tiny" 0 klab config set -k "$tree" "O=$out-tiny" "ARCH=$ARCH" --fragment tiny
check_status "is enough for klab" 0 klab config check -k "$out-tiny"
check_status "a build" 0 klab build "$tree" "O=$out-tiny" "ARCH=$ARCH"
check_status "runs" 0 klab run -k "$out-tiny" -- uname -r
check_has "it is that version" out "^${version//./\\.}"
rm -rf "$out" "$out-tiny"
