#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Roots on disks, what tests/vm/root.sh leaves out: images of other kinds, disks that are
# kept by their words, what the guest's kernel cannot do, and disks that are full.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/../vm/lib.sh"
. "$here/../vm/small-root.sh"

small_root tree
tar -C tree -czf base.tar.gz .
check_status "an image" 0 klab image build --root dir:tree --size 64M -o base.ext4
qemu-img convert -q -O qcow2 base.ext4 base.qcow2
check_status "a qcow2" 0 klab run --root base.qcow2 --rw -- sh -c 'echo more >/etc/new'
check_status "keeps what is written" 0 klab run --root base.qcow2 -- cat /etc/new
check_is "the new" "$(cat out)" more

# With partitions: the first that has a root.
truncate -s 72M whole
printf 'label: dos\nstart=2048, size=4096, type=83\nstart=8192, type=83\n' | /sbin/sfdisk -q whole
dd if=base.ext4 of=whole bs=1M seek=4 conv=notrunc,sparse status=none
check_status "a partition" 0 klab run --root whole -- mount
check_has "the second" out '^/dev/vda2 on / '

check_status "a shell in an image" 0 klab image mount base.ext4 -- sh -c 'echo by hand >/etc/new; cat /proc/1/comm'
check_has "changes it" <(debugfs -R 'cat etc/new' base.ext4 2>/dev/null) 'by hand'

check_status "kept without a name" 0 klab run --root tar:base.tar.gz --rw -- sh -c 'echo again >/root/file'
check_status "by the same words" 0 klab run --root tar:base.tar.gz --rw -- cat /root/file
check_is "what was written" "$(cat out)" again

# What cannot be.
check_status "no shell" 127 klab run --root dir:own --sh -- true
check_has "says so" err 'the root file system has no /bin/sh'
check_status "no /dev on a disk that may not be written" 125 klab run --root dir:own -a ro -- true
check_has "says so" err 'the root file system has no directory /dev'
truncate -s 1M zeros
check_status "no file system" 125 klab run --root zeros -- true
check_has "says what the kernel knows" err 'holds none that the kernel has a driver for \(it has: .*ext4'
check_status "a kernel that does not load ext4" 125 klab run -a module_blacklist=ext4 --root dir:tree -- true
check_has "says so" err 'it has: '
check_status "a kernel that sees no disk" 125 klab run -a module_blacklist=virtio_blk --root dir:tree -- true
check_has "says so" err 'no disk /dev/vda .*CONFIG_VIRTIO_BLK'

# A guest that writes more than its disk has.
check_status "a small one" 0 klab image build --root dir:tree --size 16M -o small.ext4
check_status "is full at its end" 0 klab run --root small.ext4 -- \
	sh -c 'cat /dev/zero >/root/much; echo still here; rm /root/much'
check_has "an error of the guest" err 'No space left'
check_is "that goes on" "$(cat out)" 'still here'
check_status "a further disk is not changed" 0 klab run --disk small.ext4 -- \
	sh -c 'echo written >/dev/vda; head -c 7 /dev/vda'
check_is "the guest sees its own" "$(cat out)" written
check_status "but for this" 0 e2fsck -fn small.ext4

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
