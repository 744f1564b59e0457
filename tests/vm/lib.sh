# SPDX-License-Identifier: GPL-2.0-or-later
# What the vm tests share.  A test is a bash script that sources this and calls check_*;
# it runs in an own directory with own HOME, state and runtime directories; only the store
# is shared (the set-up has put the kernels there).
#
# Environment: KLAB (the program), KLAB_TEST_CACHE (XDG_CACHE_HOME with the kernels),
# The first word is the guest's architecture (the tests of one are the tests of all).
# shellcheck shell=bash

set -uo pipefail

: "${KLAB:?}" "${KLAB_TEST_CACHE:?}"
ARCH=${1:-x86_64}

failures=0
tests=0
work=$(mktemp -d -t klab-test.XXXXXX)
export HOME=$work/home XDG_CACHE_HOME=$KLAB_TEST_CACHE KLAB_ARCH=$ARCH
unset XDG_CONFIG_HOME XDG_DATA_HOME XDG_STATE_HOME KLAB_TIMEOUT
mkdir -p "$HOME" "$work/run"
chmod 700 "$work/run"
# As an ordinary user of a plain container there is none: `check` runs the tests both ways.
if [[ ${KLAB_TEST_NO_RUNTIME_DIR:-} ]]; then
	unset XDG_RUNTIME_DIR
else
	export XDG_RUNTIME_DIR=$work/run
fi
cd "$work" || exit 1

finish() {
	local status=$?
	((BASHPID == $$)) || return # a job of this shell, killed before it became klab
	"$KLAB" stop --all --force >/dev/null 2>&1
	if ((failures)); then
		echo "$failures of $tests checks failed; what they left: $work"
	else
		chmod -R u+w "$work" && rm -rf "$work"
	fi
	((status == 0 && failures == 0)) || exit 1
	((tests)) || { echo "no check was made"; exit 1; }
}
trap finish EXIT

fail() {
	((++failures))
	printf 'FAILED: %s\n' "$*"
}

ok() { printf 'ok: %s\n' "$*"; }

# klab with a deadline of its own: a hang is a failure, not a stuck test.
klab() { timeout --foreground -k 10 "${KLAB_TEST_DEADLINE:-150}" "$KLAB" "$@"; }

# check WHAT STATUS: runs the rest of the words; keeps stdout in `out`, stderr in `err`.
check_status() {
	local what=$1 wanted=$2 status
	shift 2
	((++tests))
	"$@" >out 2>err
	status=$?
	if ((status == wanted)); then
		ok "$what"
	else
		fail "$what: status $status, wanted $wanted: $*"
		sed 's/^/  err| /' err | tail -n 25
	fi
}

# check_is WHAT GOT WANTED
check_is() {
	((++tests))
	if [[ $2 == "$3" ]]; then
		ok "$1"
	else
		fail "$1: \"${2:0:300}\", wanted \"${3:0:300}\""
	fi
}

# check_has WHAT FILE REGEX
check_has() {
	((++tests))
	if grep -qE -- "$3" "$2"; then
		ok "$1"
	else
		fail "$1: no /$3/ in $2:"
		head -c 2000 "$2" | sed 's/^/  | /'
	fi
}

check_hasnt() {
	((++tests))
	if grep -qE -- "$3" "$2"; then
		fail "$1: /$3/ is in $2: $(grep -m1 -E -- "$3" "$2")"
	else
		ok "$1"
	fi
}

# From here on a store of the test's own, with the kernels of the tests' in it: what a
# command leaves there can be seen.
own_store() {
	local entry kind
	for entry in "$KLAB_TEST_CACHE"/klab/entries/{kernel,package,vmlinux}/*; do
		kind=${entry%/*}
		kind=$work/cache/klab/entries/${kind##*/}
		mkdir -p "$kind" && ln -s "$entry" "$kind/"
	done
	export XDG_CACHE_HOME=$work/cache
}

# What is in that store of a kind, and what was half-made.
stored() { (cd "$work/cache/klab" && find "entries/$1" tmp -mindepth 1 -maxdepth 1 2>/dev/null | sort); }

# A member of the verdict in FILE's last line: json FILE MEMBER
json() {
	tail -n 1 "$1" | python3 -c '
import json, sys
value = json.loads(sys.stdin.read())
for name in sys.argv[1].split("."):
    value = value[name]
print(value if not isinstance(value, bool) else str(value).lower())' "$2"
}

# Wait for an event: until DEADLINE_S COMMAND...; polls, as a test may.
until_true() {
	local deadline=$((SECONDS + $1))
	shift
	until "$@"; do
		((SECONDS < deadline)) || return 1
		sleep 0.1
	done
}
