#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The process that reads accelerators, beside COMMAND: when it is started, what it gets, and that COMMAND never notices.
# With COUNTER, FAKE_NVML_LIBRARY and FAKE_DCGM_LIBRARY also the real one over a fake GPU.

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json
NOTES=$SCRATCH
dev=$SCRATCH/dev
FLOPMETER_TEST_DEV_ROOT=$dev
FLOPMETER_TEST_COUNTER=$here/fake_counter.sh
export FLOPMETER_TEST_DEV_ROOT FLOPMETER_TEST_COUNTER NOTES dev
mkdir -p "$dev"
chmod +x "$FLOPMETER_TEST_COUNTER" 2>/dev/null

run()
{
    rm -f "$SCRATCH"/counter_*
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" "$@"
}

# Lasts until the counter runs, then exits with 7.
cat >"$SCRATCH/until_counted.sh" <<'SCRIPT'
tries=0
until [ -f "$NOTES/counter_running" ] || [ $tries -ge 1000 ]; do
    tries=$((tries + 1))
    sleep 0.02
done
exit 7
SCRIPT

run true
expect 'without a device' no "$([ -f "$SCRATCH/counter_arguments" ] && echo yes || echo no)"
: >"$dev/nvidiactl"
run true
expect 'with a control device only' no "$([ -f "$SCRATCH/counter_arguments" ] && echo yes || echo no)"

: >"$dev/nvidia0"
LD_PRELOAD= LD_AUDIT= run sh "$SCRATCH/until_counted.sh"
expect 'exit code' 7 $?
expect 'started once' 1 "$(wc -l <"$SCRATCH/counter_arguments")"
expect_match 'arguments' 'watch --begin-ns [0-9]* --parent [0-9]*' "$(cat "$SCRATCH/counter_arguments")"
expect 'its meter' 1 "$(grep -c "^FLOPMETER_LANE_DIR=$SCRATCH/" "$SCRATCH/counter_environment")"
expect 'preloaded' 0 "$(grep -c -E '^LD_(PRELOAD|AUDIT)=' "$SCRATCH/counter_environment")"
expect 'stdin' 1 "$(grep -c ' 0 -> /dev/null' "$SCRATCH/counter_descriptors")"
expect_match 'stdout' '*1 -> */meter.log*' "$(cat "$SCRATCH/counter_descriptors")"
pid=$(cat "$SCRATCH/counter_running")
expect 'group, session, nice' "$pid $pid 10" "$(cat "$SCRATCH/counter_session")"
expect 'facts are written after its last reading' 0 "$(grep -c facts.json "$SCRATCH/counter_at_end")"
expect 'still there' no "$(kill -0 "$pid" 2>/dev/null && echo yes || echo no)"
expect 'CPU time of COMMAND' true "$(field cpuComplete "$facts")"
# The one that stands for it says nowhere how far it has come.
expect 'its entry in the facts' 1 "$(grep -c '"name": "flopmeter-counter", .*"state": "FAILED"' "$facts")"

COUNTER_DEVICE=$dev/nvidia0
export COUNTER_DEVICE
run sh "$SCRATCH/until_counted.sh"
expect 'a device that the counter holds' '[]' "$(field acceleratorsOpened "$facts")"
unset COUNTER_DEVICE

run "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" sh "$SCRATCH/until_counted.sh"
expect 'a nested run' 1 "$(wc -l <"$SCRATCH/counter_arguments")"

COUNTER_FAULT=hangs
export COUNTER_FAULT
run sh "$SCRATCH/until_counted.sh"
expect 'exit code beside one that hangs' 7 $?
expect 'killed' no "$(kill -0 "$(cat "$SCRATCH/counter_running")" 2>/dev/null && echo yes || echo no)"
expect 'told as a gap' gap "$(tail -n 1 "$SCRATCH/counter_arguments")"

COUNTER_FAULT=dies
run sh -c 'until [ "$(wc -l <"$NOTES/counter_arguments")" -ge 2 ]; do sleep 0.02; done; exit 8'
expect 'exit code beside one that dies' 8 $?
expect_match 'started again' 'watch*' "$(sed -n 2p "$SCRATCH/counter_arguments")"
expect 'its death is a gap' gap "$(tail -n 1 "$SCRATCH/counter_arguments")"
unset COUNTER_FAULT

FLOPMETER_TEST_COUNTER=$SCRATCH/missing
run sh -c 'exit 9'
expect 'exit code without the program' 9 $?

if [ -n "${COUNTER:-}" ]; then
    FLOPMETER_TEST_COUNTER=$COUNTER
    FLOPMETER_TEST_NVML=$FAKE_NVML_LIBRARY
    FAKE_NVML=busy
    export FLOPMETER_TEST_NVML FAKE_NVML
    run sh -c 'until ls "$FLOPMETER_LANE_DIR" | grep -q lane; do sleep 0.02; done; exit 6'
    expect 'exit code beside the real one' 6 $?
    expect 'watched all the time' 1 "$(grep -c '"name": "gpm", .*"state": "AVAILABLE"' "$facts")"
    begin=$(sed -n 's/^ "beginNs".*"beginMonotonicNs": \([0-9]*\), .*/\1/p' "$facts")
    entry=$(grep -A 1 '"name": "gpm"' "$facts" | tail -n 1)
    expect_match 'from the beginning' "*\"isRead\": true, \"beginMonotonicNs\": ${begin:-none},*" "$entry"
    covered=$(echo "$entry" | sed 's/.*"endMonotonicNs": \([0-9]*\),.*/\1/')
    end=$(sed -n 's/.*"endMonotonicNs": \([0-9]*\), "exitCode".*/\1/p' "$facts")
    expect 'to the end' yes "$([ "${covered:-0}" -ge "${end:-1}" ] && echo yes || echo no)"
    expect 'a precision that nobody named' null "$(field gpuPrecision "$facts")"
    run --gpu-precision bf16 sh -c 'until grep -q bf16 "$FLOPMETER_LANE_DIR"/pipes-*.json 2>/dev/null; do
        sleep 0.02; done; cp "$FLOPMETER_LANE_DIR"/pipes-*.json "$NOTES/counter_pipes"; exit 3'
    expect 'exit code beside a note on pipes' 3 $?
    expect 'the precision that was named' '"bf16"' "$(field gpuPrecision "$facts")"
    expect 'formats of the note' 6 "$(grep -c '{"precision": "[a-z0-9]*", "lower": "' "$SCRATCH/counter_pipes")"
    run sh -c 'until ls "$FLOPMETER_LANE_DIR" | grep -q lane; do sleep 0.02; done; : >"$dev/nvidia1"; exit 4'
    expect 'exit code beside a card that comes later' 4 $?
    expect 'which nobody watched' 1 "$(grep -c '"name": "gpm", .*"state": "FAILED"' "$facts")"
    rm "$dev/nvidia1"
    FAKE_NVML=crash-at=0
    run sh -c 'exit 5'
    expect 'exit code beside one that crashes' 5 $?
    expect 'which did not watch' 1 "$(grep -c '"name": "flopmeter-counter", .*"state": "FAILED"' "$facts")"
    FAKE_NVML=absent
    FAKE_DCGM=
    FLOPMETER_TEST_DCGM=$FAKE_DCGM_LIBRARY
    export FAKE_DCGM FLOPMETER_TEST_DCGM
    run sh -c 'until ls "$FLOPMETER_LANE_DIR" | grep -q lane; do sleep 0.02; done; exit 2'
    expect 'exit code beside a card that only DCGM can read' 2 $?
    # Whether its last figure comes within the second that it has is not asked here.
    expect 'who read it' 1 "$(grep -c '"name": "dcgm", "source": "cuda", "basis": "DERIVED"' "$facts")"
fi
expect 'left over' 0 "$(left_over)"
finish
