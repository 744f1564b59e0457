# SPDX-License-Identifier: GPL-2.0-or-later
# What the benchmarks share; sourced by them.  Nothing here asserts a time: they print
# ratios of commands run in turns, and people judge.
#
#	KLAB_BUILD	the build directory (build)
#	RUNS		pairs that count (10)
set -euo pipefail

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${KLAB_BUILD:-$top/build}
klab=$build/klab
pair=$build/bench/bench-pair
runs=${RUNS:-10}
export KLAB_DATA=$build # for bench-image, which is not where klab is

work=$(mktemp -d "${TMPDIR:-/tmp}/klab-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT

die() {
	echo "${0##*/}: $*" >&2
	exit 1
}

need() {
	local program
	for program; do
		command -v "$program" >/dev/null || [ -x "$program" ] ||
			die "$program is missing"
	done
}

# pair_row NAME-A NAME-B [OPTION...] -- A... --against B...: one row of a table.
pair_row() {
	local a=$1 b=$2
	shift 2
	"$pair" --row --runs "$runs" --name-a "$a" --name-b "$b" "$@"
}

table_head() {
	echo '| | median | against | median | ratio |'
	echo '|---|---|---|---|---|'
}

# The host, in one line: figures mean nothing without it.
host_line() {
	printf '%s, %s CPUs, Linux %s, %s\n' \
		"$(sed -n 's/^model name[^:]*: //p;T;q' /proc/cpuinfo)" "$(nproc)" \
		"$(uname -r)" "$(qemu-system-x86_64 --version | sed -n 1p)"
}

# The bootable image that klab would hand to QEMU without its short cuts.
plain_kernel() {
	"$klab" run -k "$2" --arch "$1" --boot image --dry-run -- true |
		tr ' ' '\n' | sed -n '/^-kernel$/{n;p;q}'
}
