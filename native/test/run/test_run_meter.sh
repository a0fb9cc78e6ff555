#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The meter's JVM may be missing, die, hang or linger; directories may be absent or full: COMMAND is not touched by it.

. "$(dirname -- "$0")/common.sh"

FLOPMETER_TEST_RESULT_TIMEOUT_MS=20000
export FLOPMETER_TEST_RESULT_TIMEOUT_MS
result=$SCRATCH/result.json

# run_with FAULT OPTION... COMMAND: in $code, stderr in $SCRATCH/err
run_with()
{
    fault=$1
    shift
    rm -rf "${SCRATCH:?}"/shm/* "$SCRATCH/started" "$SCRATCH/arguments" "$result"
    "$RUN" --jvm "$jvm" --jvm "$fault" --jvm "$SCRATCH" --out "$result" --run r1 "$@" 2>"$SCRATCH/err"
    code=$?
}

starts()
{
    wc -l <"$SCRATCH/started"
}

run_with none sh -c 'exit 5'
expect 'exit code' 5 $code
expect 'summary' 'summary of the fake' "$(cat "$SCRATCH/err")"
expect_match 'arguments of the JVM' "aggregate --meter-dir $SCRATCH/shm/flopmeter-*/*" "$(cat "$SCRATCH/arguments")"
expect 'run in facts' '"r1"' "$(field run "$result")"
expect 'no node in facts' null "$(field node "$result")"
expect_match 'run.json' \
    '*"run": "r1", "node": null, "gpuPrecision": null, "command": \["sh", "-c", "exit 5"\],*"supervisorPid": [0-9]*}' \
    "$(cat "$SCRATCH/run.json")"
expect 'delivered, so removed' 0 "$(left_over)"
run_with none --quiet true
expect 'quiet' '' "$(cat "$SCRATCH/err")"
run_with none true 2>&-
expect 'stderr closed' 0 $code
run_with none --live true </dev/null
[ $code = 0 ] || fail '--live without a terminal'

run_with told sh -c 'until [ -s "$SCRATCH/started" ]; do sleep 0.01; done; exit 5'
expect 'told of the end, exit code' 5 $code
expect 'told of the end, summary' 'summary of the fake' "$(cat "$SCRATCH/err")"
expect 'told of the end, once' 1 "$(wc -c <"$SCRATCH/told")"
expect 'told of the end, restarts' 0 "$(field meterRestarts "$result")"

# COMMAND waits until the JVM has been started often enough.
export jvm
run_with dies sh -c 'until [ "$(wc -l <"$SCRATCH/started")" -ge 3 ]; do sleep 0.01; done; exit 5' 2>/dev/null
expect 'JVM dies twice, exit code' 5 $code
expect 'JVM dies twice, restarts' 2 "$(field meterRestarts "$result")"
run_with none sh -c 'until [ -s "$SCRATCH/started" ]; do sleep 0.01; done
    kill -9 "$(head -n 1 "$SCRATCH/started")"; exit 5'
expect 'JVM killed, exit code' 5 $code
expect 'JVM killed, result' 5 "$(field exitCode "$result")"
run_with dies-always sh -c 'exit 5'
expect 'JVM dies always, exit code' 5 $code
expect_match 'JVM dies always, said' '*meter process failed*counts are kept*flopmeter result /*' "$(cat "$SCRATCH/err")"
expect 'JVM dies always, kept' 1 "$(left_over)"
[ "$(starts)" -le 7 ] || fail "JVM dies always: $(starts) starts"
run_with dies-at-end sh -c 'until [ -s "$SCRATCH/started" ]; do sleep 0.01; done; exit 5'
expect 'JVM dies at the end, result' 5 "$(field exitCode "$result")"
expect 'JVM dies at the end, exit code' 5 $code
# The whole group is killed: COMMAND ends, the result comes.
rm -rf "${SCRATCH:?}"/shm/* "$SCRATCH/started" "$result"
cat >"$SCRATCH/group.sh" <<'SCRIPT'
until [ -s "$SCRATCH/started" ]; do sleep 0.01; done
kill -TERM 0
sleep 60
SCRIPT
setsid -w "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$result" sh "$SCRATCH/group.sh"
expect 'group killed, exit code' 143 $?
expect 'group killed, result' 143 "$(field exitCode "$result")"
run_with lingers sh -c 'exit 5'
expect 'JVM lingers, result' 5 "$(field exitCode "$result")"

FLOPMETER_TEST_RESULT_TIMEOUT_MS=200
run_with hangs sh -c 'exit 5'
expect 'JVM hangs, exit code' 5 $code
expect_match 'JVM hangs, said' '*counts are kept*' "$(cat "$SCRATCH/err")"
expect 'JVM hangs, starts' 2 "$(starts)"
run_with hangs --quiet sh -c 'exit 5'
expect 'JVM hangs, quiet' '' "$(cat "$SCRATCH/err")"
FLOPMETER_TEST_RESULT_TIMEOUT_MS=20000

# A user who does not want to wait.
rm -rf "${SCRATCH:?}"/shm/* "$SCRATCH/started"
(run_with hangs sh -c 'exit 5'; echo $code >"$SCRATCH/code") &
await test -s "$SCRATCH/started"
facts_exist()
{
    ls "$SCRATCH"/shm/flopmeter-*/*/facts.json >/dev/null 2>&1
}
await facts_exist
supervisor=$(sed -n 's/.*"supervisorPid": \([0-9]*\).*/\1/p' "$SCRATCH"/shm/flopmeter-*/*/run.json)
# For a second after COMMAND's end such a signal may be the one that ended COMMAND.
# Without a pause: the next request is there when the first one is done with, and may not cost the last words.
while kill -TERM "$supervisor" 2>/dev/null; do :; done
wait
expect 'interrupted, exit code' 5 "$(cat "$SCRATCH/code")"
expect_match 'interrupted, said' '*interrupted*counts are kept*' "$(cat "$SCRATCH/err")"
for pid in $(cat "$SCRATCH/started"); do
    kill -0 "$pid" 2>/dev/null && fail 'a JVM outlived its run'
done

rm -rf "${SCRATCH:?}"/shm/*
"$RUN" --jvm /no/java --jvm -cp sh -c 'exit 5' 2>"$SCRATCH/err"
expect 'no JVM, exit code' 5 $?
expect 'no JVM, one line' 1 "$(wc -l <"$SCRATCH/err")"
expect_match 'no JVM, said' '*/no/java*counts are kept*' "$(cat "$SCRATCH/err")"
expect 'no JVM, kept' 1 "$(left_over)"
grep -q '"exitCode": 5' "$SCRATCH"/shm/flopmeter-*/*/facts.json || fail 'no JVM: no facts'
"$RUN" --quiet --jvm /no/java sh -c 'exit 5' 2>"$SCRATCH/err"
expect 'no JVM, quiet' '5 ' "$? $(cat "$SCRATCH/err")"

# COMMAND fills the file system of the meter directory: facts and result still find room.
rm -rf "${SCRATCH:?}"/shm/* "$SCRATCH/started" "$result"
cat >"$SCRATCH/fill.sh" <<'SCRIPT'
mount -t tmpfs -o size=70m none "$SCRATCH/shm" || exit 77
"$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$result" \
    sh -c 'until [ -s "$SCRATCH/started" ]; do sleep 0.01; done
        head -c 80000000 /dev/zero >"$SCRATCH/shm/fill"; exit 5'
SCRIPT
export result
if unshare -m true 2>/dev/null; then
    unshare -m sh "$SCRATCH/fill.sh" 2>"$SCRATCH/err"
    code=$?
    if [ $code != 77 ]; then
        expect 'full file system, exit code' 5 $code
        expect 'full file system, result' 5 "$(field exitCode "$result")"
    fi
fi

# Places for the meter directory.
FLOPMETER_TEST_SHM=/no/shm "$RUN" --quiet sh -c 'echo $FLOPMETER_LANE_DIR' >"$SCRATCH/out"
expect_match 'without shared memory' "$SCRATCH/state/meter/*" "$(cat "$SCRATCH/out")"
mkdir "$SCRATCH/other"
FLOPMETER_TEST_SHM=/no/shm "$RUN" --dir "$SCRATCH/other" --quiet sh -c 'echo $FLOPMETER_LANE_DIR' >"$SCRATCH/out"
expect_match '--dir' "$SCRATCH/other/meter/*" "$(cat "$SCRATCH/out")"
rm -rf "${SCRATCH:?}"/shm/*
ln -s "$SCRATCH/other" "$SCRATCH/shm/flopmeter-$(id -u)"
"$RUN" --quiet sh -c 'echo $FLOPMETER_LANE_DIR' >"$SCRATCH/out"
expect_match 'a link in our place' "$SCRATCH/state/meter/*" "$(cat "$SCRATCH/out")"
rm -rf "${SCRATCH:?}"/shm/*
mkdir -m 777 "$SCRATCH/shm/flopmeter-$(id -u)"
chmod 777 "$SCRATCH/shm/flopmeter-$(id -u)"
"$RUN" --quiet sh -c 'echo $FLOPMETER_LANE_DIR' >"$SCRATCH/out"
expect_match 'a directory that others can write' "$SCRATCH/state/meter/*" "$(cat "$SCRATCH/out")"
rm -rf "${SCRATCH:?}"/shm/*
expect_match 'mode of the directory' 700 "$("$RUN" --quiet sh -c 'umask 0; stat -c %a $FLOPMETER_LANE_DIR')"
expect 'length and mode of the control file' '8192 600' \
    "$("$RUN" --quiet sh -c 'stat -c "%s %a" $FLOPMETER_LANE_DIR/control')"
expect 'magic of the control file' FLOPCTRL "$("$RUN" --quiet sh -c 'head -c 8 $FLOPMETER_LANE_DIR/control')"
"$RUN" --quiet sh -c 'flock -n "$FLOPMETER_LANE_DIR/owner.lock" true' && fail 'owner.lock is free'
FLOPMETER_TEST_NO_PLACE=1 FLOPMETER_TEST_SHM=/no/shm "$RUN" sh -c 'exit 5' 2>"$SCRATCH/err"
expect 'unmetered, exit code' 5 $?
expect_match 'unmetered, said' '*runs unmetered*' "$(cat "$SCRATCH/err")"
finish
