#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A kernel tree as its owner uses it: built in place (x86_64), with O= and the channel's
# driver as a module (aarch64), from small configurations with debug information.
#
#	tree.sh ARCH SOURCES
#
# SOURCES is what tools/test-source unpacks; the builds stay there, so that only the first
# takes long: five to ten minutes on two processors.
sources=$2
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"
unset KLAB_ARCH # the tree says it

[[ -d $sources ]] || {
	echo "no $sources: tools/test-source brings it"
	exit 1
}

case $ARCH in
x86_64)
	source=$sources/in-place out=$source config=$here/small-x86_64.config
	make=(make -C "$source")
	image=arch/x86/boot/bzImage target=bzImage other=aarch64
	;;
aarch64)
	source=$sources/linux out=$sources/out-aarch64 config=$here/small-aarch64.config
	make=(make -C "$source" "O=$out" ARCH=arm64)
	[[ $(uname -m) == aarch64 ]] || make+=(CROSS_COMPILE=aarch64-linux-gnu-)
	image=arch/arm64/boot/Image target=Image other=x86_64
	;;
esac
host_cross=()
[[ $(uname -m) == "$ARCH" || $ARCH == aarch64 ]] ||
	host_cross=(CROSS_COMPILE=x86_64-linux-gnu-)

build() {
	nice "${make[@]}" "${host_cross[@]}" -j"$(nproc)" "$@" </dev/null >log 2>&1 && return
	tail -n 30 log
	echo "the build failed: $*"
	exit 1
}
in_tree() { (cd "$source" && klab "$@"); }

# Before anything is built.  The words make and klab share are given behind the command.
words=()
[[ $out == "$source" ]] || words=("O=$out")
if [[ ! -e $out/vmlinux ]]; then
	check_status "a tree that is not built" 125 in_tree run -k . "${words[@]}" -- true
	check_has "says so" err 'is not built'
	check_has "and how to" err "make -C .* (all|$target) modules"
	KCONFIG_ALLCONFIG=$config build allnoconfig
	[[ $ARCH == x86_64 ]] || {
		"$source/scripts/config" --file "$out/.config" -m VIRTIO_CONSOLE
		build olddefconfig
	}
fi
build "$target" modules vmlinux scripts_gdb
release=$(cat "$out/include/config/kernel.release")

same_release() {
	local what=$1
	shift
	check_status "$what" 0 "$@"
	check_is "$what: the release" "$(cat out)" "$release"
}
same_release "where one stands" in_tree run "${words[@]}" -- uname -r
same_release "by its directory" klab run -k "$source" "${words[@]}" -- uname -r
same_release "below it" eval "(cd $out/arch && klab run -- uname -r)"
same_release "by its vmlinux" klab run -k "$out/vmlinux" -- uname -r
same_release "by its image" klab run -k "$out/$image" -- uname -r
same_release "the image's own start" klab run -k "$out" --boot image -- uname -r
if ((${#words[@]})); then
	same_release "O= alone" klab run "${words[@]}" -- uname -r
	same_release "KBUILD_OUTPUT" env "KBUILD_OUTPUT=$out" "$KLAB" run -- uname -r
	check_status "a module of the tree" 0 klab run -k "$out" -- grep virtio_console /proc/modules
fi
# klab build finds what make has built, and the same the other way round.
check_status "klab build" 0 in_tree build "${words[@]}" --json
steps=$(python3 -c 'import json; print(json.load(open("out"))["steps"])')
check_status "has little to do" 0 test "$steps" -lt 20
same_release "run --build" in_tree run "${words[@]}" --build -- uname -r
build "$target"
check_hasnt "make has nothing left" log '^  CC '

# Fragments and options, in an output of their own.
configs=$sources/config-$ARCH
if [[ $out == "$source" ]]; then
	check_status "elsewhere from a tree that is built in" 1 klab config set -k "$source" \
		"O=$configs" "ARCH=$ARCH" --fragment base
	check_has "says so" err 'has been built in'
fi
rm -rf "$configs" "$configs-tiny"
for fragment in base debug btf kasan lockdep kgdb trace kmemleak graphics nomodules; do
	check_status "the fragment $fragment" 0 klab config set -k "$sources/linux" "O=$configs" \
		"ARCH=$ARCH" --fragment "$fragment"
done
check_status "the fragment tiny" 0 klab config set -k "$sources/linux" "O=$configs-tiny" \
	"ARCH=$ARCH" --fragment tiny
check_status "is enough for klab" 0 klab config check -k "$configs-tiny"
check_status "and the rest for all of it" 0 klab config check -k "$configs" --json
check_is "nothing is missing" "$(python3 -c '
import json; print(json.load(open("out"))["lacking"])')" '[]'
check_status "a dependency that is off" 1 klab config set -k "$configs" INFINIBAND_RDMAVT=y
check_has "is named" err 'CONFIG_INFINIBAND_RDMAVT is n, not y: it needs INFINIBAND'
check_status "an option that is not there" 1 klab config set -k "$configs" KASAM=y
check_has "the nearest" err 'try: KASAN,'
rm -rf "$configs" "$configs-tiny"

check_status "built for another" 125 klab run -k "$out" --arch "$other" -- true
check_has "says so" err "configured for $ARCH, not for $other"
check_status "a status, processors, a terminal" 7 klab run -k "$out" -p 2 -t -- \
	sh -c 'nproc; tty; exit 7'
check_has "processors" out "^2"
check_has "a terminal" out '/dev/pts/'
check_status "a panic" 120 klab run -k "$out" --json -- \
	sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
check_is "its verdict" "$(json err ended)" panic

# The kernel's own tests: KUnit, which was run at boot, and a kselftest.
check_status "KUnit" 0 klab run -k "$out" --json --ktap -- dmesg
check_is "its verdict" "$(json err tests.result) $(json err tests.failed)" "passed 0"
check_has "its example" out 'ok [0-9]+ - example_simple_test|ok [0-9]+ example_simple_test'
compiler=$ARCH-linux-gnu-gcc
[[ $(uname -m) == "$ARCH" ]] && compiler=gcc
"$compiler" -static -ffreestanding -nostartfiles -o get_size \
	"$source/tools/testing/selftests/size/get_size.c" || fail "get_size does not build"
check_status "a kselftest" 0 klab run -k "$out" --json --add get_size:/ -- /get_size
check_is "its verdict" "$(json err tests.result) $(json err tests.passed)" "passed 1"

# Debugging with source.
check_status "halted in start_kernel" 0 klab debug -k "$out" --batch -b start_kernel \
	-ex bt -ex 'info source' -ex list
check_has "the place" out 'start_kernel \(\) at .*init/main.c:[0-9]+'
check_has "the source is known" out "Located in .*init/main.c"
check_has "its text" out 'asmlinkage|smp_setup_processor_id'
check_status "a line of a file" 0 klab debug -k "$out" --batch -b init/main.c:start_kernel -ex bt
check_has "the place" out 'start_kernel \(\) at '
check_status "a function that is not there" 1 klab debug -k "$out" --batch -b start_kernal -ex bt
check_has "says so" err 'start_kernal.* not defined'
check_status "the tree's own commands" 0 klab debug -k "$out" --batch -b rest_init \
	-ex lx-version
check_has "its version" out "Linux version $release"

check_status "a guest" 0 klab run -d --name vm -p 2 -k "$out"
check_status "attached" 0 klab gdb --batch -ex 'info threads' -ex 'p init_task.pid' vm
check_has "both processors" out 'CPU#1'
check_has "a variable" out '= 0'
check_status "the guest goes on" 0 klab exec --timeout 30 vm -- true
