#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Root file systems on disks: from a directory, an archive, an image file; what is kept and
# what is not; what cannot be, said in words.  More of it, and what takes longer, is in
# tests/matrix/disks.sh.
here=$(cd "$(dirname "$0")" && pwd)
. "$here/lib.sh"
. "$here/small-root.sh"

small_root tree
echo there >tree/etc/file
chmod 2750 tree/etc/file
ln tree/etc/file tree/etc/hard
ln -s /etc/file tree/etc/soft
mkfifo tree/etc/fifo
touch -d '2001-02-03 04:05:06Z' tree/etc/fifo

check_status "a directory" 0 klab run --root dir:tree -- \
	sh -c 'cat /etc/soft /proc/1/comm; stat -c "%u:%g:%a:%h" /etc/file; stat -c "%Y %F" /etc/fifo; mount | head -n 9
		echo x >/etc/new; echo y >/etc/file'
check_is "as it is, and its files are root's" "$(head -n 4 out)" $'there\ninit\n0:0:2750:2\n981173106 fifo'
check_has "an ext4 disk" out '^/dev/vda on / type ext4 \(rw'
check_status "what is written is forgotten" 1 klab run --root dir:tree -a ro -- \
	sh -c 'cat /etc/file; touch /x || echo read-only; test -e /etc/new'
check_is "and the command line has it read-only" "$(cat out)" $'there\nread-only'
check_is "the directory is as before" "$(cat tree/etc/file)" there
echo changed >tree/etc/file
check_status "the shell of the run" 0 klab run --root dir:tree <<<'cat /etc/file; echo $((6 * 7)); readlink /bin/sh'
check_is "is the root's, with the change of the directory" "$(cat out)" $'changed\n42\nbusybox'

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
	stat -c "%n %F %u:%g %a %t:%T" /etc/owned /etc/tty
check_is "owners and nodes" "$(cat out)" \
	$'/etc/owned regular empty file 70000:5 4711 0:0\n/etc/tty character special file 0:0 666 5:0'

check_status "into a file" 0 klab image build --root tar:base.tar.gz --size 64M -o base.ext4
check_status "that e2fsck finds clean" 0 e2fsck -fn base.ext4
check_has "with the attribute" <(debugfs -R 'ea_list etc/xattr' base.ext4 2>/dev/null) 'user.color \(4\) = "blue"'
check_has "with the node below /dev" <(debugfs -R 'stat dev/disk' base.ext4 2>/dev/null) '259:300'

# The user's own file changes with --rw alone.
check_status "a file as root, with --rw" 0 klab run --root base.ext4 --rw -- sh -c 'echo kept >/etc/new'
check_status "is clean afterwards" 0 e2fsck -n base.ext4
sum=$(sha256sum <base.ext4)
check_status "without" 0 klab run --root base.ext4 -- sh -c 'cat /etc/new; echo x >/etc/new; sync'
check_is "it has what was kept" "$(cat out)" kept
check_is "and is not touched" "$(sha256sum <base.ext4)" "$sum"

# What klab makes itself is kept in a disk of its own, which one guest has.
check_status "a named disk" 0 klab run -d --name vm --root dir:tree --disk-name work
check_status "exec" 0 klab exec vm -- sh -c 'echo synced >/root/synced; sync; echo lost >/root/lost'
check_status "cp" 0 klab cp base.tar.gz vm:/root/
check_status "another guest" 125 klab run --disk-name work -- true
check_has "is told" err 'another guest has the disk work'
check_status "it cannot go" 1 klab image rm work
check_has "which is said" err 'another guest has the disk work'
pid=$(klab list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["guests"][0]["pid"])')
kill -9 "$pid"
check_status "after its death the disk is free" 0 eval \
	'until_true 10 klab run --disk-name work --root "dir:$PWD/tree" -- cat /root/synced >got 2>err'
check_is "and its journal was replayed" "$(cat got)" synced
check_status "so that it is clean" 0 e2fsck -fn "$HOME/.local/share/klab/disks/work/disk"

check_status "not by others" 2 klab run --disk-name work --root tar:base.tar.gz -- true
check_has "says from what it is" err 'the disk work was made from dir:.*/tree, not from tar:'
check_status "one that is not there" 125 klab run --disk-name nothing -- true
check_has "says how it is made" err 'there is no disk nothing'
klab image list >list
check_has "it is listed" list '^work +named +[0-9.]+ [KMG]iB +dir:/.*/tree$'
check_has "what comes from an archive too" list '^[0-9a-f]{12} +disk +.* tar:/.*/base.tar.gz$'
check_status "it goes" 0 klab image rm work
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
check_status "no such file" 125 klab run --root nothing.img -- true
check_has "says what could be" err 'dir:PATH, tar:FILE'
check_status "a directory without its word" 2 klab run --root tree -- true
check_has "the right word" err 'dir:tree'
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
check_status "too small for its files" 1 klab image build --root dir:tree --size 5M -o tiny.ext4
check_has "says how much it takes" err 'needs about'
check_is "nothing is left of it" "$(ls tiny.ext4 .klab-* 2>/dev/null)" ''
