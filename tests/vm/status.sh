#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# `klab run -- CMD` is as trustworthy in a script as CMD itself: statuses and verdicts.
. "$(dirname "$0")/lib.sh"

case $ARCH in
x86_64) suffix=amd64 ;;
aarch64) suffix=arm64 ;;
esac

check_status "a release" 0 klab run -- uname -r
check_has "the release alone on stdout" out "^[0-9]+\.[0-9.]+.*-$suffix\$"
check_is "one line on stdout" "$(wc -l <out)" 1
check_status "the machine" 0 klab run -- uname -m
check_is "the machine's name" "$(cat out)" "$ARCH"

check_status "exit 7" 7 klab run --json -- sh -c 'exit 7'
check_is "its verdict" "$(json err ended) $(json err status)" "exited 7"
check_is "a cold start says so" "$(json err start)" cold
check_has "the console is kept" "$(json err console)" 'Linux version|Booting Linux|.'
check_status "killed by itself" 137 klab run --json -- sh -c 'kill -9 $$'
check_is "its verdict" "$(json err ended)" signaled
check_status "no such command" 127 klab run --json -- no-such-command
check_is "its verdict" "$(json err ended)" not-found
check_has "its sentence" err '^klab: .*no-such-command'
check_status "a directory as command" 126 klab run -- /etc
check_status "a file that is not executable" 126 klab run -- /etc/passwd
check_status "time is over" 124 klab run --json --timeout 8 -- sleep 600
check_is "its verdict" "$(json err ended)" timeout
check_status "a panic" 120 klab run --json -- sh -c 'echo c >/proc/sysrq-trigger; sleep 60'
check_is "its verdict" "$(json err ended)" panic
check_has "its text is on stderr" err 'sysrq triggered crash|Kernel panic'
check_is "its title" "$(json err crash.kind)" panic
check_status "power off" 122 klab run --json -- sh -c 'poweroff -f; sleep 60'
check_is "its verdict" "$(json err ended)" poweroff
check_status "reboot" 122 klab run --json -- sh -c 'reboot -f; sleep 60'
check_is "its verdict" "$(json err ended)" reset
check_status "exit status 120 of the command itself" 120 klab run --json -- sh -c 'exit 120'
check_is "the verdict tells them apart" "$(json err ended)" exited
check_status "JSON into a file" 3 klab run --json=v.json -- sh -c 'exit 3'
check_is "there it is" "$(json v.json status)" 3
exec 7>v7.json
check_status "JSON into a descriptor" 4 klab run --json=fd:7 -- sh -c 'exit 4'
exec 7>&-
check_is "there it is" "$(json v7.json status)" 4

check_status "an oops that nobody asked about" 0 klab run -- \
	sh -c '(echo EXCEPTION >/sys/kernel/debug/provoke-crash/DIRECT) 2>/dev/null; true'

check_status "run without --" 2 klab run ls
check_has "shows the right form" err 'klab run -- ls'
check_status "no such option" 2 klab run --no-such-option
check_status "no such machine" 2 klab run --machine toaster -- true
check_status "no such architecture" 2 klab run --arch toaster -- true
check_status "no such kernel" 125 klab run -k /no/such/kernel -- true
check_status "no QEMU" 125 klab run --qemu /no/such/qemu -- true
check_status "too little memory" 125 klab run -m 20M -- true
check_has "says how much would do" err '-m [0-9]+'
