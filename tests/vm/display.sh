#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# --display: a screen with a shell on it, seen by pictures and typed at by keys.
. "$(dirname "$0")/lib.sh"

# How many colours there are in a picture (PPM).
colours() {
	python3 - "$1" <<'END'
import sys
header, data = [], open(sys.argv[1], 'rb').read()
while len(header) < 4:
    word, data = data.split(None, 1) if len(header) < 3 else (data[:data.index(b'\n')], data[data.index(b'\n') + 1:])
    header.append(word)
print(len({data[i:i + 3] for i in range(0, len(data), 3)}))
END
}

type_keys() {
	local key
	for key; do
		klab monitor screen -- sendkey "$key" >/dev/null
	done
}

check_status "a guest with a screen" 0 klab run -d --name screen --display "vnc=unix:$work/vnc"
check_is "a viewer can connect" "$(python3 -c '
import socket, sys
s = socket.socket(socket.AF_UNIX); s.settimeout(20); s.connect(sys.argv[1]); print(s.recv(3).decode())' "$work/vnc")" RFB
type_keys e c h o spc t y p e d shift-dot slash t m p slash o n e ret
check_status "what is typed there reaches its shell" 0 klab exec screen -- sh -c 'for i in $(seq 100); do [ -s /tmp/one ] && break; sleep 0.1; done; cat /tmp/one'
check_is "as typed" "$(cat out)" typed
type_keys e x i t ret
type_keys e c h o spc shift-dot slash t m p slash t w o ret
check_status "a shell that ends is followed by another" 0 klab exec screen -- sh -c 'for i in $(seq 100); do [ -e /tmp/two ] && exit; sleep 0.1; done; exit 1'
check_status "a picture" 0 klab monitor screen -- screendump "$work/picture"
check_status "shows text" 0 test "$(colours picture)" -gt 1
check_status "stop" 0 klab stop screen

check_status "the console stays the serial one" 0 klab run --display none -- sh -c 'cat /sys/class/tty/console/active; cat /proc/cmdline'
check_has "both" out '^tty0 tty'
check_status "a display that is none" 2 klab run --display curses -- true
check_has "says which there are" err 'gtk, sdl, vnc='
check_status "no desktop here" 125 env -u DISPLAY -u WAYLAND_DISPLAY "$KLAB" run --display gtk -- true
check_has "says what would do" err 'vnc=unix:PATH'
