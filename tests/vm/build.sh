#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# klab config and klab build, on a tree that has of kbuild just what they use: targets that
# write what the real ones write.  The real ones are in tests/matrix/tree.sh.
. "$(dirname "$0")/lib.sh"
export XDG_STATE_HOME=$work/state
unset KLAB_ARCH

tree=$work/linux
mkdir -p "$tree/scripts" "$tree/arch/x86"
touch "$tree/Kbuild" "$tree/scripts/Makefile.build"
echo 'int main(void) { return 0; }' >"$tree/a.c"

cat >"$tree/Kconfig" <<'EOF'
source "arch/$(SRCARCH)/Kconfig"
config MODULES
	bool "Modules"
config BUS
	bool "A bus"
menu "Devices"
	depends on BUS
config NET_CARD
	tristate "A card"
	depends on NET || WIRE
config SERIAL_CARD
	tristate "A card"
endmenu
config NAME
	string "A name"
config HIDDEN
	bool
config SHOWN
	bool "Shows it"
	select HIDDEN
EOF
cat >"$tree/arch/x86/Kconfig" <<'EOF'
config X86_64
	def_bool y
EOF

# As kbuild: KCONFIG_CONFIG, O=, a release, a list of the Kconfig files.
cat >"$tree/Makefile" <<'EOF'
.PHONY: vmlinux bzImage modules clean mrproper distclean
out := $(or $(O),.)
config := $(or $(KCONFIG_CONFIG),$(out)/.config)
defconfig allnoconfig:
	@echo "CONFIG_X86_64=y" >$(config)
	@test $@ = allnoconfig || echo "CONFIG_MODULES=y" >>$(config)
olddefconfig:
	@test ! -e broken-config || { echo "Kconfig:3: syntax error" >&2; exit 1; }
	@sed -i s/^CONFIG_BUS=m/CONFIG_BUS=y/ $(config)
	@grep -q ^CONFIG_BUS=y $(config) || sed -i /_CARD=/d $(config)
	@sed -i /CONFIG_NET_CARD=/d $(config)
	@grep -q ^CONFIG_SHOWN=y $(config) || sed -i /CONFIG_HIDDEN=/d $(config)
	@sed -n 's/^config /CONFIG_/p' Kconfig arch/x86/Kconfig >$(config).known
	@grep -w -f $(config).known $(config) | sort -o $(config)
	@rm $(config).known
	@echo asked >>$(out)/olddefconfigs
vmlinux:
	@mkdir -p $(out)/include/config $(out)/arch/x86/boot
	@echo "  CC      a.o"
	@cc -c a.c -o $(out)/a.o
	@test -z "$(SLOW)" || for i in `seq $(SLOW)`; do \
		echo "  CC      $$i.o"; sleep 0.1; touch $(out)/still; done
	@echo "  LD      vmlinux"
	@touch $(out)/vmlinux
	@echo 6.1.0$(EXTRA) >$(out)/include/config/kernel.release
	@cp $(config) $(out)/include/config/auto.conf
	@echo 'deps_config := Kconfig arch/x86/Kconfig' >$(out)/include/config/auto.conf.cmd
	@test $(CURDIR) = $(abspath $(out)) || ln -sfn $(CURDIR) $(out)/source
bzImage: vmlinux
	@echo "  BUILD   arch/x86/boot/bzImage"
	@touch $(out)/arch/x86/boot/bzImage
menuconfig:
	@test -t 0 && test -t 1 && echo "the menu of $(or $(ARCH),x86_64)" && ! test -e no-ncurses
	@echo "CONFIG_BUS=y" >>$(config)
	@mkdir -p scripts/kconfig && touch scripts/kconfig/mconf
clean:
	@rm -f $(out)/vmlinux
mrproper: clean
	@rm -f $(out)/.config
distclean: mrproper
	@rm -f $(out)/*.orig
modules: vmlinux
	@printf 'a.o\nb.o\n' >$(out)/modules.order
EOF
words=()
[[ $(uname -m) == x86_64 ]] || words=(ARCH=x86_64)
in_tree() { (cd "$tree" && klab "$@" "${words[@]}"); }

check_status "outside of a tree" 125 klab build
check_has "says so" err 'in no kernel tree'
check_status "a directory that is none" 125 klab build "$work/none"
check_status "not configured" 1 in_tree config show
check_has "says so" err 'is not configured'

# Building.
cp -r "$tree" "$work/clean"
check_status "a build from nothing" 0 in_tree build
check_is "stdout is the image" "$(cat out)" "$tree/arch/x86/boot/bzImage"
check_has "began with a defconfig" err 'begins with defconfig'
check_has "what base asks for and the tree hasn't" err 'no option CONFIG_PVH'
check_has "the summary" err 'built 6.1.0 for x86_64: 3 steps in .*, 2 modules'
check_status "again, as JSON" 0 in_tree build --json
check_is "steps" "$(python3 -c 'import json; print(json.load(open("out"))["steps"])')" 3
check_is "olddefconfig only at first" "$(wc -l <"$tree/olddefconfigs")" 1
touch "$tree/Kconfig"
check_status "after Kconfig files have changed" 0 in_tree build
check_is "olddefconfig again" "$(wc -l <"$tree/olddefconfigs")" 2
check_status "a variable for make" 0 in_tree build EXTRA=-mine
check_has "arrived" err 'built 6.1.0-mine'
check_status "elsewhere too" 125 klab build "$tree" "O=$work/elsewhere" "${words[@]}"
check_has "kbuild does not do that" err "$tree has been built in"
check_has "says what to do" err 'klab clean --config'
check_status "a clean one elsewhere" 0 klab build "$work/clean" "O=$work/elsewhere" "${words[@]}" --fragment tiny
check_has "with tiny's beginning" err 'begins with allnoconfig'
check_hasnt "which has less" "$work/elsewhere/.config" MODULES
check_is "its image" "$(cat out)" "$work/elsewhere/arch/x86/boot/bzImage"
check_hasnt "no modules are asked for" err ' modules'
check_status "by its output" 0 klab build "$work/elsewhere" "${words[@]}"
check_status "two trees" 2 in_tree build "$tree" "$work/elsewhere"
check_status "a fragment too late" 2 in_tree build --fragment tiny
check_has "says what to do" err 'klab config set --fragment tiny'
check_status "for another machine" 125 klab build "$tree" ARCH=arm64
check_has "says so" err 'configured for x86_64, not for aarch64'

# Failing.
echo 'int main(void) { return nought; }' >"$tree/a.c"
check_status "what does not compile" 125 in_tree build
check_has "the compiler's words" err "^a.c:1:25: error: .nought. undeclared"
check_has "where to read on" err 'try: less .*/builds/.*/log'
check_has "it is there" "$(sed -n 's/^klab: try: less \([^,]*\),.*/\1/p' err)" 'nought'
check_status "run --build" 125 in_tree run --build --json -- true
check_has "the compiler's words there too" err "error: .nought. undeclared"
check_is "and the verdict" "$(json err status)" 125
echo 'int main(void) { return 0; }' >"$tree/a.c"
rm -f "$tree/vmlinux" "$tree/arch/x86/boot/bzImage"
check_status "run --build of what builds" 125 in_tree run --build -- true
check_status "has built it" 0 test -e "$tree/arch/x86/boot/bzImage"
check_hasnt "and says nothing of that" err built
check_status "--build of no tree" 125 klab run -k debian --arch "$ARCH" --build -- true
check_has "says so" err 'debian is not a directory'
check_status "no make" 125 env PATH=/nonexistent "$KLAB" build "$tree" "${words[@]}"
check_has "says so" err 'make'

# Interrupted: make and what it has started are gone.
interrupt() {
	(cd "$tree" && exec "$KLAB" build SLOW=3000 "${words[@]}" >"$work/out" 2>"$work/err") &
	pid=$!
	until_true 20 test -e "$tree/still"
	kill "-$1" $pid
	wait $pid
}
quiet() {
	rm -f "$tree/still"
	sleep 0.5
	[[ ! -e $tree/still ]]
}
rm -rf out "$tree/still"
check_status "SIGINT" 130 interrupt INT
check_status "make has ended" 0 until_true 5 quiet
rm -f out err "$tree/still"
check_status "SIGTERM" 143 interrupt TERM
check_status "make has ended" 0 until_true 5 quiet
rm -f out err
interrupt KILL 2>/dev/null
check_status "after SIGKILL too" 0 until_true 5 quiet

# Setting options.
check_status "two at once" 0 in_tree config set BUS=y SERIAL_CARD=m
check_status "are there" 0 in_tree config show CARD
check_is "one fits" "$(tail -n +2 out)" "CONFIG_SERIAL_CARD m"
check_has "the other one too" "$tree/.config" '^CONFIG_BUS=y'
check_has "what there was" "$tree/.config" '^CONFIG_X86_64=y'
before=$(stat -c %y "$tree/.config")
check_status "what is so already" 0 in_tree config set BUS=y
check_has "says so" err 'stays as it was'
check_is "not written again" "$(stat -c %y "$tree/.config")" "$before"
check_status "a dependency that is off" 1 in_tree config set NET_CARD=y
check_has "is named" err 'CONFIG_NET_CARD is n, not y: it needs NET \|\| WIRE'
check_status "and that of the block around it" 1 in_tree config set BUS=n SERIAL_CARD=y
check_has "is named" err 'CONFIG_SERIAL_CARD is n, not y: it needs BUS'
check_status "nobody sets it" 1 in_tree config set HIDDEN=y
check_has "but what selects it" err 'cannot be set by hand: SHOWN would select it'
check_status "a bool as module" 1 in_tree config set BUS=m
before=$(cat "$tree/.config")
check_status "an option that is not there" 1 in_tree config set SERIAL_CART=y SHOWN=y
check_has "the nearest" err 'try: SERIAL_CARD'
check_is "nothing was set" "$(cat "$tree/.config")" "$before"
check_status "JSON" 1 in_tree config set NET_CARD=y --json
check_is "is whole" "$(python3 -c '
import json; lost, = json.load(open("out"))["lost"]; print(lost["option"], lost["why"])')" \
	"CONFIG_NET_CARD it needs NET || WIRE"
check_status "a text" 0 in_tree config set 'NAME=a "b" \c'
check_has "is quoted" "$tree/.config" '^CONFIG_NAME="a \\"b\\" \\\\c"$'
check_status "the name in full" 0 in_tree config set CONFIG_NAME=plain
check_status "no option" 2 in_tree config set NAME
check_status "nothing" 2 in_tree config set
check_status "a fragment that isn't" 1 in_tree config set --fragment tinny
check_has "those that are" err 'one of base, .*tiny'
printf '# why\nCONFIG_SHOWN=y\n# CONFIG_BUS is not set\nCONFIG_UNHEARD=y\n' >own.config
check_status "a fragment of one's own" 0 klab config set -k "$tree" \
	--fragment "$work/own.config" "${words[@]}"
check_has "what the tree doesn't know is told" err 'no option CONFIG_UNHEARD.*own.config'
check_has "the rest is set" "$tree/.config" '^CONFIG_SHOWN=y'
echo hello >own.config
check_status "a file that is none" 1 klab config set -k "$tree" --fragment ./own.config
check_status "anew" 0 in_tree config set --from allnoconfig BUS=y
check_hasnt "nothing of before" "$tree/.config" SHOWN
check_has "which is kept" "$tree/.config.old" SHOWN
touch "$tree/broken-config"
before=$(cat "$tree/.config")
check_status "kconfig fails" 1 in_tree config set BUS=n
check_has "its words" err 'make olddefconfig in .* failed:.*syntax error'
check_is "nothing was set" "$(cat "$tree/.config")" "$before"
rm "$tree/broken-config"
check_is "nothing is left" "$(find "$tree" -name '*klab*')" ""

# Looking.
check_status "against the defconfig" 0 in_tree config diff
check_is "what differs" "$(tail -n +2 out | tr -s ' ')" $'CONFIG_BUS - y\nCONFIG_MODULES y -'
check_status "against a file" 0 in_tree config diff "$work/linux/.config.old"
check_has "differs" out 'CONFIG_SHOWN +y +-'
check_status "what klab would miss" 1 in_tree config check
check_has "is listed" out 'CONFIG_VIRTIO_PCI +n +yes +no driver'
check_status "nothing of that name" 1 in_tree config show nonsense
check_status "a verb that isn't" 2 in_tree config shew
check_status "a kernel of Debian" 0 klab config show -k debian --arch "$ARCH" VIRTIO_CONSOLE
check_has "its option" out 'CONFIG_VIRTIO_CONSOLE +m'
check_status "has all that a run needs" 0 klab config check -k debian --arch "$ARCH" --json

# The menu, which is the tree's own; on a terminal, which script(1) gives.
on_terminal() { script -qec "cd '$tree' && '$KLAB' ${*@Q} ${words[*]}" /dev/null </dev/null >out; }
check_status "no bus" 0 in_tree config set BUS=n
check_status "a menu without a terminal" 1 in_tree config menu
check_has "says so" err 'needs a terminal'
touch "$tree/no-ncurses"
check_status "that cannot be built" 1 on_terminal config menu
check_has "says what it may lack" out 'apt-get install libncurses-dev'
rm "$tree/no-ncurses"
check_status "a menu" 0 on_terminal config menu
check_has "make has the terminal" out 'the menu of x86_64'
check_has "and has set something" "$tree/.config" CONFIG_BUS=y
check_status "as one likes" 0 in_tree config set BUS=n
check_status "a word too many" 2 in_tree config menu again

# Of an image alone.
image=$(ls "$KLAB_TEST_CACHE"/klab/entries/kernel/debian-6.1*-arm64/boot/vmlinuz-* | tail -n 1)
cp "$image" alone
check_status "an image alone" 1 klab config check -k ./alone --arch aarch64
check_has "says what would help" err 'does not lie beside it.*no copy of its configuration'
check_has "and which have one" err 'try: only one built with CONFIG_IKCONFIG=y'
cat "$(dirname "$0")/../fuzz/corpus/kconfig/in-a-kernel" >>alone
check_status "with its configuration inside" 0 klab config show -k ./alone --arch aarch64 IKCONFIG
check_has "which is shown" out '^CONFIG_IKCONFIG +y'
check_status "and checked" 1 klab config check -k ./alone --arch aarch64
rm alone

# Cleaning.
check_status "something to clean" 0 in_tree build
touch "$tree/a.orig"
check_status "clean" 0 in_tree clean
check_is "leaves the configuration" "$(cd "$tree" && ls vmlinux .config a.orig 2>&1)" \
	"ls: cannot access 'vmlinux': No such file or directory"$'\n.config\na.orig'
check_status "clean --config" 0 in_tree clean --config
check_is "doesn't" "$(cd "$tree" && echo .config* *.orig)" ".config.old a.orig"
check_status "clean --all" 0 klab clean "$tree" --all "${words[@]}"
check_status "leaves nothing" 1 test -e "$tree/a.orig"
check_status "clean nothing" 1 klab clean
check_has "says so" err 'in no kernel tree'
