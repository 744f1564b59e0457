#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-or-later
# Test reports (KTAP, TAP) of commands: counted as they stream by, told in the verdict, and
# with --ktap the status.
. "$(dirname "$0")/lib.sh"

compiler=$ARCH-linux-gnu-gcc
[[ $(uname -m) == "$ARCH" ]] && compiler=gcc

# A program as the kernel's selftests are: TAP on stdout, and their statuses.
cat >selftest.c <<'END'
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";

	setvbuf(stdout, NULL, _IONBF, 0);
	if (strcmp(how, "skip") == 0) {
		printf("TAP version 13\n1..0 # SKIP needs more than there is\n");
		return 4;
	}
	printf("TAP version 13\n1..4\n# Starting 4 tests from 2 test cases.\n");
	printf("#  RUN           global.pid ...\n");
	printf("%s 1 global.pid\n", getpid() > 1 ? "ok" : "not ok");
	if (strcmp(how, "abort") == 0)
		abort();
	printf("ok 2 global.uid # SKIP not asked\n");
	printf("# main.c:30:fixture.open:Expected 0 (0) == -1 (-1)\n");
	printf("%sok 3 fixture.open\n", strcmp(how, "pass") == 0 ? "" : "not ");
	printf("ok 4 fixture.known # XFAIL since 1991\n");
	if (strcmp(how, "pass") == 0)
		return 0;
	return strcmp(how, "quiet") == 0 ? 0 : 1;
}
END
"$compiler" -static -o selftest selftest.c || exit 1

# All in one guest.
check_status "a guest" 0 klab run -d --name vm --add selftest:/
check_status "all pass" 0 klab exec --json vm -- /selftest pass
check_is "stdout is the program's alone" "$(sed -n '2p;$p' out)" \
	$'1..4\nok 4 fixture.known # XFAIL since 1991'
check_is "and whole" "$(wc -l <out)" 9
check_has "a note" err '^klab: tests passed: 2 passed, 1 failed as expected, 1 skipped$'
check_is "the verdict" "$(json err tests.result) $(json err tests.passed) $(json err tests.skipped)" \
	"passed 2 1"
check_status "one fails: the status is the program's" 1 klab exec --json vm -- /selftest
check_is "the verdict names it" "$(json err ended) $(json err tests.result) $(json err tests.failures)" \
	"exited failed ['fixture.open']"
check_has "the note too" err '^klab: failed: fixture.open$'
check_status "a failure that the program's status hides" 0 klab exec --json vm -- /selftest quiet
check_is "the verdict tells" "$(json err tests.result) $(json err status)" "failed 0"
check_status "--ktap makes it the status" 1 klab exec --json --ktap vm -- /selftest quiet
check_is "which the verdict has" "$(json err ended) $(json err status)" "exited 1"
check_status "skipped, with kselftest's status" 4 klab exec --json vm -- /selftest skip
check_is "the verdict tells" "$(json err tests.result)" skipped
check_status "aborted in the middle" 134 klab exec --json vm -- /selftest abort
check_is "the verdict" "$(json err ended) $(json err tests.result) $(json err tests.passed)" \
	"signaled failed 1"
check_has "the plan" err 'of 4 planned tests 1 gave a result'
check_status "on a terminal" 0 klab exec --json -t vm -- /selftest pass
check_is "lines end as terminals have it" "$(json err tests.passed)" 2

sh_in() { # options and line
	klab exec "${@:1:$#-1}" --json vm -- sh -c "${*: -1}"
}
check_status "a skip without a report" 4 sh_in --ktap 'echo no device; exit 4'
check_is "is told" "$(json err tests.result)" skipped
check_status "no report at all" 1 sh_in --ktap 'echo hello'
check_has "is told" err 'output is no test report'
check_status "nor need there be one" 0 sh_in 'echo ok 1 hello'
check_hasnt "so nothing is said" err 'tests'
check_status "its own status comes first" 7 sh_in --ktap \
	'echo TAP version 13; echo 1..1; echo ok 1 a; exit 7'
check_has "and is told" err "tests failed: 1 passed, the command's status is 7"
check_status "bail out" 1 sh_in --ktap 'echo 1..2; echo ok 1 a; echo "Bail out! enough"'
check_has "is told" err 'bailed out: enough'
check_status "KTAP in the kernel's log, nested" 1 sh_in --ktap '
	for line in "KTAP version 1" "1..1" "    KTAP version 1" "    1..2" "    ok 1 a" \
		"    not ok 2 b" "not ok 1 suite"; do echo "$line" >/dev/kmsg; done
	dmesg'
check_is "with its suite" "$(json err tests.failures)" "['suite.b']"
check_status "a megabyte is not changed" 0 sh_in --ktap \
	'echo TAP version 13; echo 1..1; yes "# noise" | head -c 8000000; echo; echo ok 1 a'
check_is "no byte of it" "$(cksum <out)" \
	"$( (echo TAP version 13; echo 1..1; yes "# noise" | head -c 8000000; echo; echo ok 1 a) | cksum)"
check_status "a shell's script" 1 eval 'echo "echo 1..1; echo not ok 1 a" |
	klab shell --ktap vm'
klab stop vm >/dev/null 2>&1

check_status "in a run" 1 klab run --json --ktap --add selftest:/ -- /selftest quiet
check_is "its verdict" "$(json err status) $(json err tests.failed)" "1 1"
id=$(json err id)
check_has "its manifest too" "$HOME/.local/state/klab/runs/$id/manifest.json" \
	'fixture.open'
check_status "a panic in between" 120 klab run --json --ktap -- \
	sh -c 'echo TAP version 13; echo 1..2; echo ok 1 a; sleep 1
	echo c >/proc/sysrq-trigger; sleep 60'
check_is "what had passed" "$(json err ended) $(json err tests.passed) $(json err tests.result)" \
	"panic 1 failed"
