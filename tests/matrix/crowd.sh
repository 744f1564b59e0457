#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Many guests at once: each has its own console, commands and directory, and all can go.
. "$(dirname "$0")/../vm/lib.sh"

guests=20
export KLAB_BOOT_TIMEOUT=600 # on two processors

for ((i = 0; i < guests; i++)); do
	"$KLAB" run -d --name "guest-$i" --memory 256 >"up-$i" 2>&1 &
	pids[i]=$!
done
for ((i = 0; i < guests; i++)); do
	wait "${pids[i]}"
	check_is "guest-$i is up" $? 0
done
check_status "list" 0 klab list --json
check_is "knows them all" "$(grep -o '"name":' out | wc -l)" "$guests"

for ((i = 0; i < guests; i++)); do
	"$KLAB" exec "guest-$i" -- sh -c "echo $i >/me; sleep 1; cat /me" >"said-$i" 2>&1 &
	pids[i]=$!
done
for ((i = 0; i < guests; i++)); do
	wait "${pids[i]}"
	check_is "exec in guest-$i" "$? $(cat "said-$i")" "0 $i"
done

check_status "stop half of them by force" 0 klab stop --force guest-{0..9}
check_status "one of the others" 0 klab exec guest-10 -- cat /me
check_is "is unharmed" "$(cat out)" 10
check_status "stop the rest" 0 klab stop --all
check_status "list" 0 klab list --json
check_is "is empty" "$(tr -d ' \n' <out)" '{"guests":[]}'
check_is "no directory is left" "$(find "$work/run" -mindepth 2 ! -name .lock | wc -l)" 0
