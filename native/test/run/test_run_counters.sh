#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Counters on COMMAND: its whole tree from its exec on, and nothing that COMMAND could see. The real kernel counts; a
# software event, nanoseconds of CPU, stands for FLOP (FLOPMETER_TEST_PERF).

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json

metered()
{
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" "$@"
}

# lower PRECISION: of the figure in the facts
lower()
{
    sed -n "s/.*{\"precision\": \"$1\", \"lower\": \"\\([0-9]*\\)\".*/\\1/p" "$facts"
}

# followed WHAT BURNED: so many ns were counted, and no more than the CPU time that the supervisor knows. The
# scheduler's clock and that of perf are two: on a busy virtual machine more than 10 % lay between them. One of four
# processes that is missed, or is counted twice, is 25 %.
followed()
{
    found=$(lower fp64)
    used=$(field cpuNs "$facts")
    if [ "${found:-0}" -lt $(($2 / 10 * 8)) ] || [ "${found:-0}" -gt $((used / 100 * 124)) ]; then
        fail "$1: burned $2 of $used ns, counted '$found'"
    fi
}

# What this machine itself says is told, whatever it is, and COMMAND does not notice.
metered sh -c 'exit 7'
expect 'exit code' 7 $?
expect_match 'a state' '"[A-Z]*"' "$(field state "$facts")"
[ -n "$(field detail "$facts")" ] || fail 'no detail'
FLOPMETER_PERF=off metered true
expect 'turned off' '[]' "$(field counters "$facts")"
# shellcheck disable=SC2012 # names of descriptors are numbers
plain=$(ls /proc/self/fd | wc -l)
expect 'descriptors' "$plain" "$("$RUN" --quiet -- sh -c 'ls /proc/self/fd | wc -l')"

export FLOPMETER_TEST_PERF=1
metered true
if [ '"NO_PERMISSION"' = "$(field state "$facts")" ] && [ $failures -eq 0 ]; then
    echo "skipped: no perf events at all here: $(field detail "$facts")"
    exit 77
fi
expect 'software events' '"AVAILABLE"' "$(field state "$facts")"
metered "$HELPER" burn 100
followed 'COMMAND itself' 100000000
metered "$HELPER" spawn 3 100 wait
followed 'children' 300000000
metered "$HELPER" spawn 3 100 orphan
followed 'orphans' 300000000
metered sh -c '"$HELPER" burn 50; "$HELPER" burn 50 & wait; (exec "$HELPER" spawn 2 50 wait)'
followed 'a shell, its children, an exec' 200000000
daemon=$SCRATCH/daemon
metered sh -c '"$HELPER" daemonise "$0"; while [ ! -e "$0" ]; do sleep 0.01; done' "$daemon"
followed 'a descendant that is still alive' 200000000
kill "$(cat "$daemon")" || fail 'the daemon did not outlive the run'
expect_match 'a second figure' '[1-9]*' "$(lower fp32)"
# Software events have a rate of 1 and never leave the PMU: the point is the count, and what no event counts has an end.
count=$(lower fp64)
expect_match 'ends' \
    "*\"precision\": \"fp64\", \"lower\": \"$count\", \"point\": \"$count\", \"upper\": \"$count\"*" "$(cat "$facts")"
expect_match 'unseen' '*"precision": "int8", "lower": "0", "point": "0", "upper": "[1-9]*' "$(cat "$facts")"
expect_match 'time covered' '[1-9]*' "$(field coveredNs "$facts")"

# COMMAND finds what it would find without.
unset FLOPMETER_TEST_PERF
state=$("$RUN" --quiet "$HELPER" state)
export FLOPMETER_TEST_PERF=1
expect 'signals, umask, limits' "$state" "$("$RUN" --quiet "$HELPER" state)"
expect 'descriptors with counters' "$plain" "$("$RUN" --quiet -- sh -c 'ls /proc/self/fd | wc -l')"
# shellcheck disable=SC2012
expect 'descriptors with counters, stdin closed' "$(sh -c 'ls /proc/self/fd | tr "\n" " "' <&-)" \
    "$("$RUN" --quiet -- sh -c 'ls /proc/self/fd | tr "\n" " "' <&-)"
metered true
grep -q perf_event "$SCRATCH/descriptors" && fail 'the JVM holds a counter'
"$RUN" --quiet /no/such/command 2>/dev/null
expect 'a command that is not there' 127 $?
"$RUN" --quiet "$SCRATCH" 2>/dev/null
expect 'a command that is a folder' 126 $?

# Too few descriptors: the supervisor needs its own, COMMAND runs, and the remedy is told.
(ulimit -n 30; metered sh -c 'exit 5')
expect 'exit code with few descriptors' 5 $?
expect 'state with few descriptors' '"FAILED"' "$(field state "$facts")"
expect_match 'detail with few descriptors' '*EMFILE*' "$(field detail "$facts")"
finish
