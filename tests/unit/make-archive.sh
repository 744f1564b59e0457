#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# A tiny signed Debian archive (archive-fixture.h): kernels of a few bytes in real packages.
#
#	make-archive.sh key DIR			make a signing key, DIR/key.gpg
#	make-archive.sh kernel DIR ARCH RELEASE VERSION [FLAVOUR]
#						add a kernel as of Debian up to 6.x, with
#						its debug package
#	make-archive.sh split DIR ARCH RELEASE VERSION [FLAVOUR]
#						the same as of 7.x: image, binary, modules
#	make-archive.sh headers DIR ARCH RELEASE VERSION KBUILD
#						the headers of a kernel; kbuild's programs
#						are of each architecture
#	make-archive.sh busybox DIR ARCH VERSION
#	make-archive.sh plain DIR ARCH NAME VERSION [DEPENDS [FIELD]]
#						any other, with /usr/share/NAME/content; FIELD
#						is a further line of its control file
#	make-archive.sh source DIR VERSION SERIES [TARBALL]
#						a kernel's source, or another TARBALL as it
#	make-archive.sh sign DIR		(re)write the lists, signed by DIR's key
set -euo pipefail
what=$1
dir=$2
export GNUPGHOME=$dir/gnupg LC_ALL=C

# package NAME VERSION ARCH DEPENDS ROOT [FIELD]: build the .deb of what is below ROOT
package() {
	mkdir -p "$5/DEBIAN" "$dir/pool"
	{
		echo "Package: $1"
		echo "Version: $2"
		echo "Architecture: $3"
		echo "Maintainer: klab <klab@example.org>"
		[[ -z $4 ]] || echo "Depends: $4"
		[[ -z ${6-} ]] || echo "$6"
		echo "Description: for a test"
	} >"$5/DEBIAN/control"
	chmod -R go-w "$5"
	dpkg-deb --root-owner-group -Zxz -z0 -b "$5" "$dir/pool/$1_$2_$3.deb" >/dev/null
	rm -r "$5"
}

# files ROOT RELEASE PREFIX: what a kernel package brings
files() {
	mkdir -p "$1/boot" "$1/$3lib/modules/$2/kernel/fs"
	head -c 300000 /dev/urandom >"$1/boot/vmlinuz-$2"
	printf "CONFIG_%s=y\n" DEBUG_INFO_BTF MODULES >"$1/boot/config-$2"
	echo "kernel/fs/foo.ko" >"$1/$3lib/modules/$2/modules.order"
	echo "a module" >"$1/$3lib/modules/$2/kernel/fs/foo.ko"
	ln -s /etc/passwd "$1/$3lib/modules/$2/build"
	mkdir -p "$1/usr/share/doc"
	echo "not wanted" >"$1/usr/share/doc/README"
}

meta() { # ARCH RELEASE VERSION FLAVOUR
	package "linux-image-$4" "$3" "$1" "linux-image-$2 (= $3), libc6 | other" "$dir/root"
}

case $what in
key)
	mkdir -p "$GNUPGHOME"
	chmod 700 "$GNUPGHOME"
	gpg --batch --quiet --passphrase '' --quick-generate-key klab-test ed25519 sign 1d 2>/dev/null
	gpg --batch --export >"$dir/key.gpg"
	gpgconf --kill all
	;;
kernel)
	files "$dir/root" "$4" ""
	package "linux-image-$4" "$5" "$3" "kmod, linux-base (>= 4)" "$dir/root"
	mkdir -p "$dir/root/usr/lib/debug/boot"
	echo "DWARF" >"$dir/root/usr/lib/debug/boot/vmlinux-$4"
	package "linux-image-$4-dbg" "$5" "$3" "" "$dir/root"
	meta "$3" "$4" "$5" "${6:-$3}"
	;;
split)
	files "$dir/root" "$4" "usr/"
	mkdir -p "$dir/binary/usr/lib/modules/$4"
	mv "$dir/root/boot/vmlinuz-$4" "$dir/binary/usr/lib/modules/$4/vmlinuz"
	package "linux-modules-$4" "$5" "$3" "" "$dir/root"
	package "linux-binary-$4" "$5" "$3" "" "$dir/binary"
	package "linux-image-$4" "$5" "$3" \
		"linux-binary-$4 (= $5), linux-modules-$4 (= $5), kmod" "$dir/root"
	meta "$3" "$4" "$5" "${6:-$3}"
	;;
headers)
	source=$dir/root/usr/src/linux-headers-$4
	mkdir -p "$source"
	echo "include /usr/src/linux-headers-common/Makefile" >"$source/Makefile"
	ln -s "../../lib/linux-kbuild-$6/scripts" "$source/scripts"
	package "linux-headers-$4" "$5" "$3" \
		"linux-headers-common (= $5), linux-kbuild-$6 (>= $5), gcc-12" "$dir/root"
	mkdir -p "$dir/root/usr/src/linux-headers-common"
	echo 'all: ; @echo "$(word 1,$(MAKEFILE_LIST))"' >"$dir/root/usr/src/linux-headers-common/Makefile"
	package linux-headers-common "$5" "$3" "" "$dir/root"
	for arch in amd64 arm64; do
		mkdir -p "$dir/root/usr/lib/linux-kbuild-$6/scripts"
		echo "$arch" >"$dir/root/usr/lib/linux-kbuild-$6/scripts/program"
		package "linux-kbuild-$6" "$5" "$arch" "" "$dir/root"
	done
	;;
busybox)
	mkdir -p "$dir/root/bin"
	echo "a program" >"$dir/root/bin/busybox"
	chmod 755 "$dir/root/bin/busybox"
	package busybox-static "$4" "$3" "" "$dir/root"
	;;
plain)
	mkdir -p "$dir/root/usr/share/$4"
	echo "of $4" >"$dir/root/usr/share/$4/content"
	package "$4" "$5" "$3" "${6-}" "$dir/root" "${7-}"
	;;
source)
	mkdir -p "$dir/tree/linux-source-$4/init" "$dir/root/usr/src"
	echo "VERSION = ${4%.*}" >"$dir/tree/linux-source-$4/Makefile"
	ln -s ../Makefile "$dir/tree/linux-source-$4/init/link"
	tar -cJf "$dir/root/usr/src/linux-source-$4.tar.xz" -C "$dir/tree" "linux-source-$4"
	[[ -z ${5-} ]] || echo "$5" >"$dir/root/usr/src/linux-source-$4.tar.xz"
	package "linux-source-$4" "$3" all "binutils" "$dir/root"
	package linux-source "$3" all "linux-source-$4 (= $3)" "$dir/root"
	rm -r "$dir/tree"
	;;
sign)
	cd "$dir"
	rm -rf dists
	for arch in amd64 arm64; do
		lists=dists/test/main/binary-$arch
		mkdir -p "$lists"
		for deb in pool/*_"$arch".deb pool/*_all.deb; do
			[[ -e $deb ]] || continue
			dpkg-deb -f "$deb"
			echo "Filename: $deb"
			echo "Size: $(stat -c %s "$deb")"
			echo "SHA256: $(sha256sum "$deb" | cut -d' ' -f1)"
			echo
		done >"$lists/Packages"
	done
	{
		echo "Suite: test"
		echo "Codename: test"
		echo "Date: $(date -u -R)"
		echo "Architectures: amd64 arm64"
		echo "Components: main"
		echo "SHA256:"
		for list in dists/test/main/*/Packages; do
			echo " $(sha256sum "$list" | cut -d' ' -f1)" \
				"$(stat -c %s "$list") ${list#dists/test/}"
		done
	} >dists/test/Release
	gpg --batch --quiet --clearsign -o dists/test/InRelease dists/test/Release
	gpgconf --kill all
	;;
esac
