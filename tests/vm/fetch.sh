#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# klab fetch --source URL, as one types it, from a server of the test's own: no guest.
top=$(cd "$(dirname "$0")/../.." && pwd)
. "$(dirname "$0")/lib.sh"

export XDG_CACHE_HOME=$work/cache no_proxy=127.0.0.1
mkdir -p served/linux-1.2
echo 'VERSION = 1' >served/linux-1.2/Makefile
head -c 300000 /dev/urandom >served/linux-1.2/main.c
tar -caf served/linux-1.2.tar.xz -C served linux-1.2
sum=$(sha256sum <served/linux-1.2.tar.xz | cut -d' ' -f1)
"$top/tests/unit/serve.py" served >port &
server=$!
until_true 20 test -s port || fail "no server"
url=http://127.0.0.1:$(<port)
file=linux-1.2.tar.xz

check_status "by its URL" 0 klab fetch --source "$url/$file" --sha256 "$sum"
check_is "the directory is told" "$(cat out)" "$work/linux-1.2"
check_is "and there" "$(cat linux-1.2/Makefile)" 'VERSION = 1'
check_has "its progress was told" err '^linux-1.2.tar.xz'
check_status "it is not overwritten" 1 klab fetch --source "$url/$file" --sha256 "$sum"
check_has "but told" err 'linux-1.2 is there already'
check_status "into another one, with JSON" 0 klab fetch --json --source "$url/$file" other --sha256 "${sum^^}"
check_is "that says where" "$(python3 -c 'import json; print(json.load(open("out"))["source"])')" "$work/other"

check_status "without a checksum" 2 klab fetch --source "$url/$file" third
check_has "says where there is one" err 'sha256sums.asc'
check_status "with another's" 1 klab fetch --source "$url/$file" third --sha256 "${sum:0:60}0000"
check_has "says what it is" err "its SHA-256 is $sum"
check_status "without --source" 2 klab fetch "$url/$file" --sha256 "$sum"
check_status "a checksum without a URL" 2 klab fetch --sha256 "$sum"
check_status "a file of the host" 2 klab fetch --source file:///etc/passwd third --sha256 "$sum"

# Interrupted in the middle of the file.
rubbish() { find "$work" -path '*/tmp/draft*' -o -name 'third*'; }
halfway() { [[ -n $(find cache/klab/tmp -name tarball -size +1k 2>/dev/null) ]]; }
for signal in INT TERM; do
	# A shell that has no terminal starts its jobs with SIGINT ignored.
	env --default-signal "$KLAB" fetch --source "$url/stall/$file" third --sha256 "$sum" >out 2>err &
	pid=$!
	check_status "is under way" 0 until_true 30 halfway
	kill -s $signal $pid
	wait $pid
	check_is "ended by $signal" $? $((128 + $(kill -l $signal)))
	check_is "leaves nothing" "$(rubbish)" ''
done
"$KLAB" fetch --source "$url/stall/$file" third --sha256 "$sum" >out 2>err &
check_status "is under way" 0 until_true 30 halfway
kill -9 $!
wait $! 2>/dev/null
check_is "killed, nothing is where it was wanted" "$(find . -maxdepth 1 -name 'third*')" ''
check_status "run again" 0 klab fetch --source "$url/$file" third --sha256 "$sum"
check_is "nothing is left of before" "$(find "$work" -path '*/tmp/draft*')" ''
kill $server
wait $server 2>/dev/null
check_status "no server" 1 klab fetch --source "$url/$file" fourth --sha256 "$sum"
check_has "says so" err 'connect'
