#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# git bisect finds a bug that was planted in a kernel, with klab as the test: each commit is
# built and booted, one that does not compile is skipped.
#
#	bisect.sh ARCH SOURCES
#
# The tree is a copy, made of links, of what tools/test-source unpacks.  It stays built, so
# that only the first run takes long.
sources=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"
unset KLAB_ARCH # the tree says it

[[ -d $sources ]] || {
	echo "no $sources: tools/test-source brings it"
	exit 1
}
tree=$sources/bisect
file=fs/proc/version.c
[[ -d $tree ]] || { cp -al "$sources/linux" "$tree.new" && mv "$tree.new" "$tree"; }
cd "$tree" || exit 1
cp --remove-destination "$sources/linux/$file" "$file"
[[ -e .config ]] || {
	KCONFIG_ALLCONFIG=$here/small-$ARCH.config make allnoconfig </dev/null >/dev/null || exit 1
}

# The history has this one file; what git does not know it leaves alone.
rm -rf .git
git init -q .
git config user.name test
git config user.email test@example.org
commit() { git add -f "$file" && git commit -qm "$1"; }
commit "as it was"
for i in 1 2 3 4 5 6 7 8; do
	sed -i '/does not compile/d' "$file"
	echo "/* change $i */" >>"$file"
	case $i in
	4) echo '#error this one does not compile' >>"$file" ;;
	6) sed -i 's/linux_proc_banner,/"Minix version 1 %s %s %s\\n",/' "$file" ;;
	esac
	commit "change $i"
done
grep -q Minix "$file" || fail "nothing was planted"

export KLAB_TEST_DEADLINE=3000
git checkout -q HEAD~8
check_status "the first of them" 0 klab run --build -q -- cat /proc/version
check_has "says what it is" out '^Linux version'
check_status "is not stale" 0 klab run -- true
check_hasnt "so nothing is said" err older
git checkout -q -
git bisect start HEAD HEAD~8 >/dev/null
git bisect run "$KLAB" run --build -k . --timeout 5m -- \
	grep -q '^Linux version' /proc/version >"$work/bisect" 2>&1
cp "$work/bisect" bisect.log
check_has "the one that does not compile is skipped" "$work/bisect" 'error this one does not compile'
check_has "the culprit is found" "$work/bisect" 'is the first bad commit'
check_is "it is change 6" "$(git log -1 --format=%s refs/bisect/bad)" "change 6"

# An edit that was not built is told in a line, and soon.
git bisect reset >/dev/null 2>&1
echo "/* an edit */" >>"$file"
check_status "an edited tree runs as it was built" 0 klab run -- true
check_has "and says so" err '^klab: the kernel is older than its tree: fs/proc/version.c has changed'
check_status "nothing is said with -q" 0 klab run -q -- true
check_is "nothing" "$(cat err)" ""
rm -rf .git bisect.log out err
cd "$work" || exit 1
