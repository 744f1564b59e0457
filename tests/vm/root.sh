#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Root file systems on disks: from a directory, an archive, an image file; what is kept and
# what is not; and what they lack, said in words.
. "$(dirname "$0")/lib.sh"

# klab's own busybox, for the guest's architecture, as the smallest root that has a shell.
klab image build -o own.cpio >/dev/null
mkdir -p own tree/{bin,dev,etc,proc,root,run,sbin,sys,tmp}
(cd own && cpio --quiet -id usr/bin/busybox <../own.cpio)
cp own/usr/bin/busybox tree/bin/
for applet in cat df echo getfattr head id kill ls modprobe mount ps readlink rm sh sleep stat sync test touch umount uname; do
	ln -s busybox tree/bin/$applet
done
echo there >tree/etc/file
chmod 2750 tree/etc/file
ln tree/etc/file tree/etc/hard
ln -s /etc/file tree/etc/soft
mkfifo tree/etc/fifo
touch -d '2001-02-03 04:05:06Z' tree/etc/fifo

check_status "a directory" 0 klab run --root dir:tree -- \
	sh -c 'cat /etc/soft /proc/1/comm; stat -c "%u:%g:%a:%h" /etc/file; stat -c "%Y %F" /etc/fifo; mount | head -n 9'
check_is "as it is, and its files are root's" "$(head -n 4 out)" $'there\ninit\n0:0:2750:2\n981173106 fifo'
check_has "an ext4 disk" out '^/dev/vda on / type ext4 \(rw'
check_status "it is not made twice" 0 klab run --json --root dir:tree -- sh -c 'echo x >/etc/new; echo y >/etc/file; ls /etc/new'
check_status "what is written is forgotten" 1 klab run --root dir:tree -- test -e /etc/new
check_is "and the directory is as before" "$(cat tree/etc/file)" there
echo changed >tree/etc/file
check_status "a change of the directory is seen" 0 klab run --root dir:tree -a ro -- \
	sh -c 'cat /etc/file; touch /x || echo read-only'
check_is "it, on a disk that the command line has read-only" "$(cat out)" $'changed\nread-only'
check_status "the shell of the run" 0 klab run --root dir:tree <<<'echo $((6 * 7)); readlink /bin/sh'
check_is "is the root's" "$(cat out)" $'42\nbusybox'

# The modules that klab brings are there for modprobe, unless the disk has its own.
cat >tree/bin/again <<'END2'
#!/bin/sh
modprobe -r vxlan
test ! -e /sys/module/vxlan && modprobe vxlan && ls -d /sys/module/vxlan /sys/module/udp_tunnel
mount | sed -n 's/.* on \(.lib.modules[^ ]*\) .*(\(r[ow]\).*/\1 \2/p'
END2
chmod +x tree/bin/again
ln -s busybox tree/bin/sed
release=$(klab run -- uname -r)
check_status "modprobe" 0 klab run --module vxlan --root dir:tree -- again
check_is "finds modules and what they need" "$(cat out)" \
	$'/sys/module/udp_tunnel\n/sys/module/vxlan\n/lib/modules/'"$release ro"
check_status "a named disk" 0 klab run --module vxlan --root dir:tree --disk-name modules -- again
check_status "later" 0 klab run --module vxlan --disk-name modules -- again
check_has "too" out "^/lib/modules/$release ro"
klab image rm modules
cp -a tree others
mkdir -p others/lib/modules/0.99
check_status "on a disk that may not be written" 0 klab run --module vxlan --root dir:others -a ro -- again
check_has "over those of other kernels" out "^/lib/modules/$release ro"
mkdir "others/lib/modules/$release"
echo here >"others/lib/modules/$release/own"
check_status "a disk with modules" 0 klab run --module vxlan --root dir:others -- cat "/lib/modules/$release/own"
check_is "has its own" "$(cat out)" here

# Owners, nodes and attributes that an ordinary user could not make, out of a tar.
python3 - <<'END2'
import tarfile
tar = tarfile.open("base.tar.gz", "w:gz", format=tarfile.PAX_FORMAT)
tar.add("tree", ".", filter=lambda m: setattr(m, "uid", 0) or setattr(m, "gid", 0) or m)
def add(name, type, **members):
    info = tarfile.TarInfo(name)
    info.type = type
    for key, value in members.items():
        setattr(info, key, value)
    tar.addfile(info)
add("./etc/owned", tarfile.REGTYPE, uid=70000, gid=5, mode=0o4711)
add("./etc/xattr", tarfile.REGTYPE, pax_headers={"SCHILY.xattr.user.color": "blue"})
add("./dev/disk", tarfile.BLKTYPE, devmajor=259, devminor=300, mode=0o660)
add("./etc/tty", tarfile.CHRTYPE, devmajor=5, devminor=0, mode=0o666)
tar.close()
END2
check_status "an archive" 0 klab run --root tar:base.tar.gz -- \
	sh -c 'stat -c "%n %F %u:%g %a %t:%T" /etc/owned /etc/tty; getfattr -d /etc/xattr 2>/dev/null || true'
check_is "owners and nodes" "$(sed -n 1,2p out)" \
	$'/etc/owned regular empty file 70000:5 4711 0:0\n/etc/tty character special file 0:0 666 5:0'

check_status "into a file" 0 klab image build --root tar:base.tar.gz -o base.ext4
check_status "that e2fsck finds clean" 0 e2fsck -fn base.ext4
check_has "with the attribute" <(debugfs -R 'ea_list etc/xattr' base.ext4 2>/dev/null) 'user.color \(4\) = "blue"'
check_has "with the node below /dev" <(debugfs -R 'stat dev/disk' base.ext4 2>/dev/null) '259:300'

# ACLs, as GNU tar writes them, against what mke2fs makes of the files themselves.
cp -a tree acls
echo secret >acls/etc/secret
chmod 600 acls/etc/secret
python3 - <<'END2'
import os, struct
def acl(*entries):
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
none = 0xffffffff
os.setxattr("acls/etc/secret", "system.posix_acl_access",
            acl((1, 6, none), (2, 4, 1234), (4, 0, none), (16, 4, none), (32, 0, none)))
os.setxattr("acls/run", "system.posix_acl_default",
            acl((1, 7, none), (4, 5, none), (8, 7, 4321), (16, 7, none), (32, 0, none)))
END2
tar --acls -cf acls.tar -C acls .
truncate -s 64M acls.ext4
check_status "what mke2fs makes" 0 /sbin/mke2fs -q -t ext4 -d acls acls.ext4
check_status "ACLs of an archive" 0 klab image build --root tar:acls.tar -o acls-tar.ext4
check_status "that e2fsck finds clean" 0 e2fsck -fn acls-tar.ext4
acls_of() {
	for file in etc/secret run; do
		debugfs -R "ea_list $file" "$1" 2>/dev/null
		debugfs -R "stat $file" "$1" 2>/dev/null | grep -o 'Mode: *[0-7]*'
	done
}
acls_of acls-tar.ext4 >got
check_has "are there" got 'system.posix_acl_default'
check_is "and the same" "$(<got)" "$(acls_of acls.ext4)"
check_status "whom it lets" 0 klab run --root tar:acls.tar --user 1234 -- cat /etc/secret
check_status "and whom not" 1 klab run --root tar:acls.tar --user 1235 -- cat /etc/secret

# The user's own file changes with --rw alone.
sum=$(sha256sum <base.ext4)
check_status "a file as root" 0 klab run --root base.ext4 -- sh -c 'echo x >/etc/new; sync'
check_is "is not touched" "$(sha256sum <base.ext4)" "$sum"
check_status "with --rw" 0 klab run --root base.ext4 --rw -- sh -c 'echo kept >/etc/new'
check_status "is clean afterwards" 0 e2fsck -n base.ext4
check_status "and has it" 0 klab run --root base.ext4 -- cat /etc/new
check_is "the next time" "$(cat out)" kept
if command -v qemu-img >/dev/null; then
	qemu-img convert -q -O qcow2 base.ext4 base.qcow2
	check_status "a qcow2" 0 klab run --root base.qcow2 --rw -- sh -c 'cat /etc/new; echo more >/etc/new'
	check_status "keeps it too" 0 klab run --root base.qcow2 -- cat /etc/new
	check_is "the new" "$(cat out)" more
fi

# An image with partitions: the first that has a root.
truncate -s 1200M whole
printf 'label: dos\nstart=2048, size=4096, type=83\nstart=8192, type=83\n' | /sbin/sfdisk -q whole
dd if=base.ext4 of=whole bs=1M seek=4 conv=notrunc,sparse status=none iflag=count_bytes count=1100M
check_status "a partition" 0 klab run --root whole -- mount
check_has "the second" out '^/dev/vda2 on / '

check_status "a shell in an image" 0 klab image mount base.ext4 -- sh -c 'echo by hand >/etc/new; cat /proc/1/comm'
check_has "changes it" <(debugfs -R 'cat etc/new' base.ext4 2>/dev/null) 'by hand'

# What klab makes itself is kept in a disk of its own.
check_status "a named disk" 0 klab run --root dir:tree --disk-name work -- sh -c 'echo mine >/root/file'
check_status "has it the next time" 0 klab run --disk-name work -- cat /root/file
check_is "what was written" "$(cat out)" mine
check_status "also by its words" 0 klab run --disk-name work --root "dir:$PWD/tree" -- cat /root/file
check_status "not by others" 2 klab run --disk-name work --root tar:base.tar.gz -- true
check_has "says from what it is" err 'the disk work was made from dir:.*/tree, not from tar:'
check_status "one that is not there" 125 klab run --disk-name nothing -- true
check_has "says how it is made" err 'there is no disk nothing'
check_status "kept without a name" 0 klab run --root tar:base.tar.gz --rw -- sh -c 'echo again >/root/file'
check_status "by the same words" 0 klab run --root tar:base.tar.gz --rw -- cat /root/file
check_status "a guest that stays" 0 klab run -d --name vm --disk-name work
check_status "has the disk alone" 125 klab run --disk-name work -- true
check_has "and another is told" err 'another guest has the disk work'
check_status "exec" 0 klab exec vm -- sh -c 'cat /root/file; echo synced >/root/synced; sync; echo lost >/root/lost'
check_status "cp" 0 klab cp base.tar.gz vm:/root/
pid=$(klab list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["guests"][0]["pid"])')
kill -9 "$pid"
check_status "after its death the disk is free" 0 eval 'until_true 10 klab run --disk-name work -- cat /root/synced >got 2>err'
check_is "and its journal was replayed" "$(cat got)" synced
check_status "so that it is clean" 0 e2fsck -fn "$HOME/.local/share/klab/disks/work/disk"

klab image list >list
check_has "it is listed" list '^work +named +[0-9.]+ [KMG]iB +dir:/.*/tree$'
check_has "what it was made from too" list '^[0-9a-f]{12} +disk +.* tar:/.*/base.tar.gz$'
check_status "a guest that has it" 0 klab run -d --name vm --disk-name work
check_status "keeps it from going" 1 klab image rm work
check_has "and says so" err 'another guest has the disk work'
klab stop vm
check_status "then it goes" 0 klab image rm work
check_status "and is gone" 125 klab run --disk-name work -- true

# Its own init as PID 1, the agent beside it.
cp -a tree sysv
mkdir sysv/etc/init.d
cat >sysv/etc/inittab <<'END2'
::sysinit:/etc/init.d/rcS
::respawn:/bin/sleep 1000
END2
printf '#!/bin/sh\nmount -t proc proc /proc\nmount -o remount,rw /\necho rcS >/etc/ran\n' >sysv/etc/init.d/rcS
chmod +x sysv/etc/init.d/rcS
ln -s ../bin/busybox sysv/sbin/init
check_status "an init of its own" 0 klab run --root dir:sysv --disk-name sysv -- \
	sh -c 'until [ -s /etc/ran ]; do sleep 0.1; done; cat /etc/ran; readlink /proc/1/exe; echo kept >/etc/kept'
check_is "ran" "$(cat out)" $'rcS\n/bin/busybox'
check_status "and it was asked to shut down" 0 klab run --disk-name sysv --init klab -- sh -c 'cat /etc/kept /proc/1/comm'
check_is "with klab's agent in its place the next time" "$(cat out)" $'kept\ninit'

# What cannot be.
check_status "no shell" 127 klab run --root dir:own --sh -- true
check_has "says so" err 'the root file system has no /bin/sh'
check_status "no /dev on a disk that may not be written" 125 klab run --root dir:own -a ro -- true
check_has "says so" err 'the root file system has no directory /dev'
check_status "no such file" 125 klab run --root nothing.img -- true
check_has "says what could be" err 'dir:PATH, tar:FILE'
check_status "a directory without its word" 2 klab run --root tree -- true
check_has "the right word" err 'dir:tree'
truncate -s 1M zeros
check_status "no file system" 125 klab run --root zeros -- true
check_has "says what the kernel knows" err 'holds none that the kernel has a driver for \(it has: .*ext4'
check_status "a kernel that does not load ext4" 125 klab run -a module_blacklist=ext4 --root dir:tree -- true
check_has "says so" err 'it has: '
check_status "a kernel that sees no disk" 125 klab run -a module_blacklist=virtio_blk --root dir:tree -- true
check_has "says so" err 'no disk /dev/vda .*CONFIG_VIRTIO_BLK'
python3 -c 'import tarfile
tar = tarfile.open("evil.tar", "w")
tar.addfile(tarfile.TarInfo("../evil"))'
check_status "a path that escapes" 125 klab run --root tar:evil.tar -- true
check_has "is named" err 'the path \.\./evil leads out of the archive'
check_is "nothing is outside" "$(find . -name evil)" ''
head -c 100 base.tar.gz >broken.tar.gz
check_status "half an archive" 125 klab run --root tar:broken.tar.gz -- true
check_has "is named" err 'broken.tar.gz'
check_status "with --add" 2 klab run --root dir:tree --add evil.tar -- true
check_status "--rw of nothing" 2 klab run --rw -- true
check_status "without an agent" 2 klab run --root dir:tree --no-agent

# A guest that writes more than its disk has.
check_status "a small one" 0 klab image build --root dir:tree --size 16M -o small.ext4
check_status "is full at its end" 0 klab run --root small.ext4 -- \
	sh -c 'cat /dev/zero >/root/much; echo still here; rm /root/much'
check_has "an error of the guest" err 'No space left'
check_is "that goes on" "$(cat out)" 'still here'
check_status "too small for its files" 1 klab image build --root dir:tree --size 5M -o tiny.ext4
check_has "says how much it takes" err 'needs about'
check_is "nothing is left of it" "$(ls tiny.ext4 .klab-* 2>/dev/null)" ''

check_status "a further disk is not changed" 0 klab run --disk small.ext4 -- sh -c 'echo written >/dev/vda; head -c 7 /dev/vda'
check_is "the guest sees its own" "$(cat out)" written
check_status "but for this" 0 e2fsck -fn small.ext4
