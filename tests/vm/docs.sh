#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# The commands that the documentation shows, run as they stand there.
#
#	docs.sh ARCH [PAGE...]		(README.md and what a beginner reads)
#
# A block that begins with "```sh test" is run line by line, each line by bash, in one
# directory for each page.  A line may end in a comment that says what it must do:
#
#	# status 7	end with this status (else 0)
#	# prints hi	print just this on stdout
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

mkdir bin
ln -s "$KLAB" bin/klab
export PATH=$work/bin:$PATH

# The lines of a page's tested blocks, those that end in a backslash joined.
tested_lines() {
	sed -n '/^```sh test$/,/^```$/{/^```/!p}' "$1" | sed -e ':a' -e '/\\$/{N;s/\\\n//;ta}'
}

# try PAGE LINE
try() {
	local line=$2 code=$2 wanted=0 status
	[[ $line =~ \ +#\ (status|prints)\ (.*)$ ]] && code=${line%"${BASH_REMATCH[0]}"}
	[[ ${BASH_REMATCH[1]-} == status ]] && wanted=${BASH_REMATCH[2]}
	((++tests))
	timeout --foreground -k 10 100 bash -o pipefail -c "$code" \
		>"$work/said" 2>"$work/stderr" </dev/null
	status=$?
	if ((status != wanted)); then
		fail "$1: status $status: $line"
		sed 's/^/  err| /' "$work/stderr" | tail -n 15
	elif [[ ${BASH_REMATCH[1]-} == prints && $(<"$work/said") != "${BASH_REMATCH[2]}" ]]; then
		fail "$1: prints \"$(head -c 300 "$work/said")\": $line"
	else
		ok "$1: $line"
	fi
}

pages=("${@:2}")
((${#pages[@]})) || pages=(README.md docs/handbook.md docs/scripts.md)
for page in "${pages[@]/#/$top/}"; do
	mapfile -t lines < <(tested_lines "$page")
	((${#lines[@]})) || continue
	mkdir -p "$work/${page##*/}" && cd "$work/${page##*/}" || exit 1
	for line in "${lines[@]}"; do
		try "${page##*/}" "$line"
	done
	"$KLAB" stop --all --force
	rm -rf "$HOME/.config"
done
cd "$work" || exit 1
((tests > 2 * ${#pages[@]})) || fail "only $tests lines were found in ${pages[*]}"
