#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Directories of the host in the guest: --rodir and --rwdir.
. "$(dirname "$0")/lib.sh"

odd='host/a, b=c'
mkdir -p "$odd" host/ro/below/inner outside
echo secret >outside/secret
echo seen >host/ro/below/file
ln -s "$work/outside/secret" host/ro/absolute
ln -s ../../outside/secret host/ro/relative
head -c 3000000 /dev/urandom >"$odd/blob"

cat >script <<'END'
odd='/mnt/some where/x'
echo "content: $(cat /ro/below/file)"
echo "big: $(sha256sum <"$odd/blob")"
umask 022
echo made >"$odd/new" && chmod 640 "$odd/new" && mkdir "$odd/dir"
echo moved >"$odd/dir/file" && mv "$odd/dir/file" "$odd/moved" && ln -s moved "$odd/link"
echo "link: $(cat "$odd/link")"
touch /ro/no || rm -f /ro/below/file || echo "read-only: yes"
mount -o remount,rw /ro
touch /ro/no || echo "read-only outside too: yes"
cat /ro/absolute || cat /ro/relative || echo "links: stay inside"
cd /ro && cat ../../outside/secret ../outside/secret || echo "no way: up"
echo "below another: $(cat /ro/below/inner/moved)"
END
check_status "three shares" 0 klab run --add script --rodir /ro=host/ro \
	--rwdir "/mnt/some where//./x/=$odd" --rodir "/ro/below/inner=$odd" -- sh /script
for line in 'content: seen' "big: $(sha256sum <"$odd/blob")" 'link: moved' 'read-only: yes' \
	'read-only outside too: yes' 'links: stay inside' 'no way: up' 'below another: moved'; do
	check_has "${line%%:*}" out "^${line//./\\.}\$"
done
check_hasnt "nothing from outside" out secret
check_is "a file made in the guest" "$(cat "$odd/new")" made
check_is "belongs to who ran klab" "$(stat -c %u:%g:%a "$odd/new")" "$(id -u):$(id -g):640"
check_is "a link made in the guest" "$(readlink "$odd/link")" moved
check_is "a directory made in the guest" "$(stat -c %A "$odd/dir")" drwxr-xr-x
check_is "nothing was written where that is not allowed" "$(find host/ro | sort | tr '\n' ' ')" \
	"host/ro host/ro/absolute host/ro/below host/ro/below/file host/ro/below/inner host/ro/relative "

check_status "a guest that stays, and reboots" 0 klab run -d --name vm --rwdir "/w=$odd"
klab exec vm -- sh -c 'echo 1 >/before; reboot -f' >/dev/null 2>&1
check_status "has its share again" 0 eval \
	'until_true 100 klab exec vm -- sh -c "test ! -e /before && test -s /w/new"'
echo later >"$odd/new"
check_status "sees what the host writes" 0 klab exec vm -- cat /w/new
check_is "at once" "$(cat out)" later
klab stop --force vm

blacklist=(-a "module_blacklist=9p,9pnet_virtio")
check_status "a kernel that does not load 9p" 125 klab run --json "${blacklist[@]}" \
	--rwdir "/w=$odd" -- touch /w/ran
check_has "says so" err '^klab: cannot mount the share at /w: .*CONFIG_9P_FS'
check_is "its verdict" "$(json err ended)" error
check_status "the same with -d" 125 klab run -d "${blacklist[@]}" --rwdir "/w=$odd"
check_has "says so" err '^klab: cannot mount the share at /w: .*CONFIG_9P_FS'
check_status "no such guest stays" 125 klab exec -- true
check_is "the command was not run" "$(ls "$odd/ran" 2>/dev/null)" ''
check_status "a place in the guest that is a file" 125 klab run --rodir /init=host -- true
check_has "says so" err '^klab: cannot mount the share at /init: Not a directory'

# A kernel without the modules is told before it is started.
case $ARCH in
x86_64) debian=amd64 ;;
aarch64) debian=arm64 ;;
esac
mkdir without
for kernel in "$XDG_CACHE_HOME/klab/entries/kernel"/debian-6.1.*-"$debian"; do
	cp -r "$kernel/boot" without/
	cp -rs "$kernel/lib" without/
	break
done
rm -rf without/lib/modules/*/kernel/net/9p
check_status "a kernel without 9p" 125 klab run -k "$PWD/without" --rodir /ro=host -- true
check_has "names the module" err 'it has no module 9pnet_virtio'
check_has "says what to do" err 'CONFIG_NET_9P_VIRTIO.*klab cp'

check_refused() {
	local what=$1 wanted=$2
	shift 2
	check_status "$what" "$wanted" klab run "$@" -- true
}
check_refused "nothing there" 125 --rodir /x=nothing
check_has "says what" err "the directory $work/nothing: No such file"
check_refused "a file" 2 --rodir /x=script
check_has "says what would do" err '--add'
check_refused "a relative path in the guest" 2 --rodir x=host
check_refused "no path here" 2 --rodir /x
check_refused "the guest's root" 2 --rodir /=host
check_refused "a way up in the guest" 2 --rodir /mnt/../../x=host
check_refused "the same place twice" 2 --rodir /x/y=host --rwdir /x//y/=outside
check_has "names it" err 'two shares at /x/y'
check_refused "no agent" 2 --no-agent --rodir /x=host
