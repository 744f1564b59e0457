#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Kill klab with SIGKILL at any moment: no QEMU survives, nothing is left that a later start
# trips over; signals end a run with their own status.
. "$(dirname "$0")/lib.sh"

# The QEMUs of this test, by the HOME that they inherited.
qemus() {
	local pid
	for pid in $(pgrep qemu-system); do
		{ tr '\0' '\n' <"/proc/$pid/environ"; } 2>/dev/null | grep -qx "HOME=$HOME" && echo "$pid"
	done
}

for ((i = 0; i < ${KLAB_TEST_KILLS:-12}; i++)); do
	"$KLAB" run --name victim -- sleep 1000 >/dev/null 2>&1 &
	pid=$!
	sleep "0.$((RANDOM % 10))$((RANDOM % 10))"
	((i % 3)) || sleep 2
	kill -9 "$pid"
	wait "$pid" 2>/dev/null
	((++tests))
	if until_true 10 eval '[[ -z $(qemus) ]]'; then
		ok "kill $i"
	else
		fail "kill $i: QEMU is still there: $(qemus)"
	fi
done
check_status "list" 0 klab list --json
check_is "is empty" "$(tr -d ' \n' <out)" '{"guests":[]}'
check_status "the name is free" 0 klab run --name victim -- true
check_is "no directory is left" "$(find "$work/run" -mindepth 2 ! -name .lock | wc -l)" 0

check_status "list, with a keeper killed" 0 klab run -d --name keeper
kill -9 "$(klab list --json | python3 -c 'import json, sys; print(json.load(sys.stdin)["guests"][0]["pid"])')"
((++tests))
until_true 10 eval '[[ -z $(qemus) ]]' && ok "its QEMU goes too" || fail "QEMU outlived its keeper"
check_status "list" 0 klab list --json
check_is "is empty" "$(tr -d ' \n' <out)" '{"guests":[]}'

for signal in INT TERM HUP; do
	number=$(kill -l "$signal")
	rm -f out # of the one before, which is up already
	"$KLAB" run --json=v.json -- sh -c 'trap "echo got >&2; exit 9" INT TERM HUP; echo up; while :; do sleep 0.1; done' >out 2>err &
	pid=$!
	until_true 100 grep -qs up out
	kill -"$signal" "$pid"
	wait "$pid"
	check_is "SIG$signal is the status" $? $((128 + number))
	check_has "SIG$signal reached the command" err got
	check_is "SIG$signal in the verdict" "$(json v.json ended)" interrupted
done
"$KLAB" run -- sleep 1000 >out 2>err &
pid=$!
sleep 0.4
kill -INT "$pid"
wait "$pid"
check_is "SIGINT while booting" $? 130

rm -f out
"$KLAB" run --json=v.json -- sh -c 'echo up; sleep 1000' >out 2>err &
pid=$!
until_true 100 grep -qs up out
kill -9 "$(qemus | head -n 1)"
wait "$pid"
check_is "QEMU killed" $? 125
check_has "says so" err 'QEMU was killed by signal 9'
check_is "its verdict" "$(json v.json ended)" error
