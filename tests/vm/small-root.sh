# SPDX-License-Identifier: GPL-2.0-or-later
# The smallest root that has a shell, for tests of roots on disks.
# shellcheck shell=bash

# small_root DIR: klab's own busybox, of the guest's architecture, and some links to it.  The
# directory `own` has the busybox alone.
small_root() {
	local applet
	klab image build -o own.cpio >/dev/null
	mkdir -p own "$1"/{bin,dev,etc,proc,root,run,sbin,sys,tmp}
	(cd own && cpio --quiet -id usr/bin/busybox <../own.cpio)
	cp own/usr/bin/busybox "$1/bin/"
	for applet in cat df echo head id kill ls modprobe mount ps readlink rm sh sleep stat sync test touch umount; do
		ln -s busybox "$1/bin/$applet"
	done
}
