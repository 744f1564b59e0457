# SPDX-License-Identifier: GPL-2.0-or-later
# What the golden tests share.  They need KLAB, the program.
set -u
here=$(cd "$(dirname "$0")" && pwd)
klab=${KLAB:-klab}
failures=0
unset ARGP_HELP_FMT
export LC_ALL=C.UTF-8 COLUMNS=80

fail()
{
	echo "FAIL: $*" >&2
	failures=$((failures + 1))
}

finish()
{
	((failures == 0)) || exit 1
	exit 0
}

# The commands that `klab help` lists.
commands()
{
	"$klab" help | sed -n 's/^  \([a-z]*\)  *[^ ].*/\1/p' | grep -vx klab
}

# The long options that the help of a command lists, with their dashes.
options()
{
	"$klab" "$1" --help | grep -oE '^ +(-[a-zA-Z], )?--[a-z0-9-]+' | grep -oE -- '--[a-z0-9-]+'
}
