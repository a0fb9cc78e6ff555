#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The process tree: CPU time of all that ran, what is left over, where times may be lost, runs inside runs.

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json

metered()
{
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" "$@"
}

# between WHAT LOW HIGH FOUND
between()
{
    if [ "$4" -lt "$2" ] || [ "$4" -gt "$3" ]; then
        fail "$1: expected $2..$3, found $4"
    fi
}

# CPU time: a burn is measured by the program itself, so it can't be less; the upper end leaves room for fork and exec.
cpu()
{
    metered "$@"
    field cpuNs "$facts"
}
between 'own CPU time' 300000000 450000000 "$(cpu "$HELPER" burn 300)"
between 'CPU time of children' 300000000 450000000 "$(cpu "$HELPER" spawn 3 100 wait)"
between 'CPU time of a shell and its children' 200000000 350000000 \
    "$(cpu sh -c '"$HELPER" burn 100; "$HELPER" burn 100 & wait')"
between 'CPU time of 1000 short children' 1000000000 9000000000 "$(cpu "$HELPER" spawn 1000 1 wait)"
expect 'complete' true "$(field cpuComplete "$facts")"
expect 'nothing left over' '[]' "$(field leftovers "$facts")"
expect 'no device' '[]' "$(FLOPMETER_TEST_DEV_ROOT=$SCRATCH/state metered true; field acceleratorsOpened "$facts")"

# Orphans come to the supervisor: while COMMAND runs they are reaped, afterwards they are left over, and both count.
between 'CPU time of orphans' 300000000 450000000 "$(cpu "$HELPER" spawn 3 100 orphan)"
daemon=$SCRATCH/daemon
metered sh -c '"$HELPER" daemonise "$0"; while [ ! -e "$0" ]; do sleep 0.01; done' "$daemon"
expect 'exit code beside a daemon' 0 $?
between 'CPU time of a daemon' 200000000 600000000 "$(field cpuNs "$facts")"
expect_match 'a daemon is left over' "*{\"pid\": $(cat "$daemon"), \"comm\": \"run_helper\"}*" "$(cat "$facts")"
kill "$(cat "$daemon")" || fail 'the daemon did not outlive the run'
# Not before it has become what it is called.
metered sh -c 'sleep 30 & echo $! >"$0"; until grep -q sleep "/proc/$!/comm"; do :; done' "$SCRATCH/sleeper"
expect_match 'a background job is left over' \
    "*{\"pid\": $(cat "$SCRATCH/sleeper"), \"comm\": \"sleep\"}*" "$(cat "$facts")"
kill "$(cat "$SCRATCH/sleeper")"

# An ignored SIGCHLD loses CPU times.
"$HELPER" exec-ignoring-sigchld "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" sh -c 'exit 3'
expect 'exit code with SIGCHLD ignored' 3 $?
expect 'SIGCHLD ignored from outside' false "$(field cpuComplete "$facts")"
echo >"$SCRATCH/running"
metered sh -c 'echo "$FLOPMETER_LANE_DIR" >"$SCRATCH/lanes"
    "$HELPER" ignore "$0" "$SCRATCH/ignoring" & "$HELPER" await "$0"; wait' "$SCRATCH/running" &
sleeping=$!
await test -e "$SCRATCH/ignoring"
# The time word changes with each look: behind the second change lies a whole look.
time_word()
{
    od -An -tu8 -j64 -N8 "$(cat "$SCRATCH/lanes")/control"
}
time_differs()
{
    [ "$(time_word)" != "$last" ]
}
await_looks()
{
    for _ in 1 2; do
        last=$(time_word)
        await time_differs
    done
}
await_looks
rm "$SCRATCH/running"
wait $sleeping
expect 'SIGCHLD ignored by a descendant' false "$(field cpuComplete "$facts")"
# SA_NOCLDWAIT loses them too, and nothing shows it but that a child's page faults are with nobody.
expect 'SA_NOCLDWAIT' false "$(metered "$HELPER" forget 20 5; field cpuComplete "$facts")"
expect 'SA_NOCLDWAIT of a child' false "$(metered sh -c '"$HELPER" forget 20 5; exit 0'; field cpuComplete "$facts")"
# Nor do late page faults of others hide such a one from the tally: each burned 5 ms.
if [ null != "$(field cpuTallyNs "$facts")" ]; then
    [ "$(field cpuTallyNs "$facts")" -ge 100000000 ] || fail "forgotten children: $(cat "$facts")"
    expect_match 'why' '"NOT_WAITED_FOR"*' "$(field cpuWhy "$facts")"
else
    echo "skipped: no task clock here: $(field cpuWhy "$facts")"
fi
if unshare -pf true 2>/dev/null; then
    # The end of a PID namespace kills who is left in it, and nobody waits for them. Who was seen is missed.
    echo >"$SCRATCH/running"
    metered unshare -pf sh -c 'echo "$FLOPMETER_LANE_DIR" >"$SCRATCH/lanes"
        "$HELPER" daemonise "$0" & exec "$HELPER" await "$1"' "$SCRATCH/inside" "$SCRATCH/running" &
    namespace=$!
    await test -e "$SCRATCH/inside"
    await_looks
    rm "$SCRATCH/running"
    wait $namespace
    expect 'the end of a PID namespace' false "$(field cpuComplete "$facts")"
fi
# A program that gains rights loses the tally: then nothing shows that all was waited for.
cp "$(command -v id)" "$SCRATCH/id" && cp "$HELPER" "$SCRATCH/gains_rights" &&
    chown 65534 "$SCRATCH/id" "$SCRATCH/gains_rights" 2>/dev/null && chmod 4755 "$SCRATCH/id" "$SCRATCH/gains_rights"
if [ 65534 = "$("$SCRATCH/id" -u)" ] && [ 0 = "$(id -u)" ]; then
    echo >"$SCRATCH/running"
    chmod 711 "$SCRATCH"
    FLOPMETER_TEST_GROUP_ROOT=$SCRATCH/none \
        metered sh -c 'echo "$FLOPMETER_LANE_DIR" >"$SCRATCH/lanes"; : >"$SCRATCH/started_now"
        "$SCRATCH/gains_rights" await "$0"; exit 0' "$SCRATCH/running" &
    gaining=$!
    await test -e "$SCRATCH/started_now"
    await_looks
    rm "$SCRATCH/running"
    wait $gaining
    expect 'rights gained' '"RIGHTS_GAINED" null' "$(field cpuWhy "$facts") $(field cpuTallyNs "$facts")"
    expect 'rights gained, complete' false "$(field cpuComplete "$facts")"
fi
FLOPMETER_PERF=off metered "$HELPER" forget 20 5
expect 'complete by the group' false "$(field cpuComplete "$facts")"
if [ '"cgroup"' = "$(field cpuTally "$facts")" ]; then
    # Others in the group only add to it.
    [ "$(field cpuTallyNs "$facts")" -ge 100000000 ] || fail "forgotten children, by the group: $(cat "$facts")"
else
    echo "skipped: no control group with CPU times here: $(cat /proc/self/cgroup)"
fi
FLOPMETER_PERF=off FLOPMETER_TEST_GROUP_ROOT=$SCRATCH/none metered true
expect 'no tally' 'false "NO_TALLY" null' \
    "$(field cpuComplete "$facts") $(field cpuWhy "$facts") $(field cpuTallyNs "$facts")"
# What is waited for is not lost, by whomever it is: parents, subreapers, the supervisor.
metered sh -c 'for i in 1 2 3 4 5 6 7 8 9; do (sh -c "(\"\$HELPER\" burn 5 &)"; "$HELPER" burn 5 | cat) & done; wait
    "$RUN" --quiet sh -c "for i in 1 2 3 4 5 6 7 8 9; do (\"\$HELPER\" burn 20 &); done; \"\$HELPER\" burn 60"'
expect 'orphans in two supervisors' true "$(field cpuComplete "$facts")"

# A process that could not be seen in time says it itself: processFlags of the control file.
metered sh -c 'printf "\001" | dd of="$FLOPMETER_LANE_DIR/control" bs=1 seek=4100 conv=notrunc 2>/dev/null'
expect 'SIGCHLD ignored, said by the process' false "$(field cpuComplete "$facts")"

# What a hostile program does to the meter's files hurts the meter only.
metered sh -c ': >"$FLOPMETER_LANE_DIR/control"; exit 3'
expect 'control file truncated' 3 $?
metered sh -c 'rm -rf "$FLOPMETER_LANE_DIR"; exit 4' 2>/dev/null
expect 'directory removed' 4 $?

# Document: a command of any bytes stays a JSON string.
metered sh -c : "$(printf 'a"b\\c\td\001e\377f\303\251')"
expect 'escapes' \
    "$(printf '["sh", "-c", ":", "a\\"b\\\\c\\u0009d\\u0001e\357\277\275f\303\251"]')" "$(field command "$facts")"

# Runs inside runs.
rm -rf "${SCRATCH:?}"/shm/*
"$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --node outer sh -c '
    echo "$FLOPMETER_LANE_DIR" >"$SCRATCH/outer"
    "$RUN" --quiet --jvm "$0" --jvm none --jvm "$SCRATCH" --out "$SCRATCH/inner.json" \
        sh -c "echo \$FLOPMETER_LANE_DIR \$FLOPMETER_NODE; exit 6" >"$SCRATCH/inner"
    echo $? >"$SCRATCH/code"
    ls "$FLOPMETER_LANE_DIR" >"$SCRATCH/listing"' "$jvm"
expect 'exit code of the inner run' 6 "$(cat "$SCRATCH/code")"
expect_match 'directory of the inner run' "$(cat "$SCRATCH/outer")/nested-???????? outer" "$(cat "$SCRATCH/inner")"
expect 'inner result' 6 "$(field exitCode "$SCRATCH/inner.json")"
grep -q '^nested-' "$SCRATCH/listing" || fail 'the inner run removed its directory'
expect 'the outer run removes both' 0 "$(left_over)"

# An outer directory that is not what it says is not believed.
mkdir -m 700 "$SCRATCH/forged"
FLOPMETER_LANE_DIR=$SCRATCH/forged metered sh -c 'echo "$FLOPMETER_LANE_DIR"' >"$SCRATCH/out"
expect_match 'forged outer directory' "$SCRATCH/shm/*" "$(cat "$SCRATCH/out")"
finish
