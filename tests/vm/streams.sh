#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# stdin, stdout and stderr arrive as they were sent, whatever klab was started under.
. "$(dirname "$0")/lib.sh"

check_is "a filter" "$(echo hi | klab run -- cat 2>err | tr a-z A-Z)" HI
check_status "both streams" 0 klab run -- sh -c 'echo out; echo err >&2'
check_is "stdout" "$(cat out)" out
check_is "stderr" "$(cat err)" err
check_status "stdin closed" 0 eval 'klab run -- sh -c "cat; echo out; echo err >&2" <&-'
check_is "stdout" "$(cat out)" out
check_status "without a session" 0 setsid -w "$KLAB" run -- sh -c 'echo out; echo err >&2'
check_is "stdout" "$(cat out)" out
check_status "under timeout" 0 timeout 120 "$KLAB" run -- sh -c 'echo out; echo err >&2'
check_is "stderr" "$(cat err)" err
check_status "as cron would" 0 env -i HOME="$HOME" PATH=/usr/bin:/bin SHELL=/bin/sh \
	XDG_CACHE_HOME="$XDG_CACHE_HOME" KLAB_ARCH="$ARCH" ${KLAB_DATA:+KLAB_DATA="$KLAB_DATA"} \
	"$KLAB" run -- sh -c 'echo out; echo err >&2'
check_is "stdout" "$(cat out)" out
check_is "stderr" "$(cat err)" err

check_status "a script on stdin" 5 eval 'printf "echo one\necho two\nexit 5\n" | klab run'
check_is "it ran" "$(cat out)" $'one\ntwo'

head -c 33554432 /dev/urandom >blob
check_status "32 MiB through cat" 0 eval 'klab run -- cat <blob'
((++tests))
cmp -s blob out && ok "unharmed" || fail "32 MiB through cat differ"
check_status "to stderr" 0 eval 'klab run -- sh -c "cat >&2" <blob'
((++tests))
cmp -s blob err && ok "unharmed" || fail "32 MiB to stderr differ"
rm -f blob

# pipefail: the status is that of klab, whose command was ended by SIGPIPE.
check_status "a reader that leaves" 141 eval 'klab run -- yes | head -n 1'
check_is "its line" "$(cat out)" y
check_status "both streams full at once" 0 klab run -- sh -c \
	'head -c 2621440 /dev/zero & head -c 2621440 /dev/zero >&2; wait'
check_is "stdout whole" "$(stat -c %s out)" 2621440
check_is "stderr whole" "$(stat -c %s err)" 2621440
check_status "an orphan does not hold it" 0 klab run -- sh -c 'sleep 1000 & echo done'
check_is "its line" "$(cat out)" done

check_status "environment, directory, user" 0 env COLOUR=blue "$KLAB" run \
	--env NAME=a\ b --env COLOUR --cwd /tmp --user 1000:1000 -- \
	sh -c 'echo "$NAME $COLOUR $(pwd) $(id -u):$(id -g)"'
check_is "as asked" "$(cat out)" "a b blue /tmp 1000:1000"
check_status "one line for the shell" 0 klab run --sh -- 'echo $((6 * 7)) | cat'
check_is "as asked" "$(cat out)" 42
mkdir -p tree/sub
echo content >tree/sub/file
check_status "files put in" 0 klab run --add tree:/opt/tree --overlay tree -- \
	sh -c 'cat /opt/tree/sub/file /sub/file'
check_is "are there" "$(cat out)" $'content\ncontent'
check_status "output that has no room" 125 eval 'klab run --json -- echo text >/dev/full'
check_has "says so" err 'No space left'
# It fits the credit and the reader's pipe; the guest's agent has a second to send it.
check_is "a slow reader gets what a dying guest said" \
	"$(klab run -- sh -c 'head -c 300000 /dev/zero; sleep 1; poweroff -f; sleep 60' 2>err | (sleep 15; wc -c))" 300000
