#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Two counters of one fake GPU: that of a run, started by its supervisor, and that of the host. What the first one has
# the second one must leave to it, while the run lasts and no longer.

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json
place=$SCRATCH/shm/flopmeter-$(id -u)
lanes=$SCRATCH/devices
document=$lanes/devices.json
FLOPMETER_TEST_DEV_ROOT=$SCRATCH/dev
FLOPMETER_TEST_COUNTER=$COUNTER
FLOPMETER_TEST_NVML=$FAKE_NVML_LIBRARY
FLOPMETER_DCGM=off
FAKE_NVML=busy
FAKE_NVML_PID_FILE=$SCRATCH/pid
export FLOPMETER_TEST_DEV_ROOT FLOPMETER_TEST_COUNTER FLOPMETER_TEST_NVML FLOPMETER_DCGM FAKE_NVML FAKE_NVML_PID_FILE
unset FLOPMETER_JOB FLOPMETER_JOB_MAPPING_DIR SLURM_JOB_ID FAKE_NVML_PID
mkdir -p "$FLOPMETER_TEST_DEV_ROOT" "$lanes"
: >"$FLOPMETER_TEST_DEV_ROOT/nvidia0"

# says NAME RELATION: the point of that interval in the document, compared with 0
says()
{
    point=$(sed -n "s/.*\"$1\": {\"lower\": \"[0-9]*\", \"point\": \"\\([0-9]*\\)\".*/\\1/p" "$document" 2>/dev/null)
    [ -n "$point" ] && [ "$point" "$2" 0 ]
}

tenant()
{
    grep -q "\"tenant\": \"$1\"" "$document" 2>/dev/null
}

is_counting()
{
    [ -n "$(find "$place" -name counter.state -size +8c 2>/dev/null)" ]
}

FLOPMETER_LANE_DIR=$lanes "$COUNTER" devices --interval-ms 20 --parent $$ --place "$place" 2>/dev/null &
host=$!
await tenant nobody
await says counted -gt
expect 'left to a run that is not there' yes "$(says elsewhere -eq && echo yes || echo no)"
kill "$host"
wait "$host"

"$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" \
    sh -c 'echo $$ >"$FAKE_NVML_PID_FILE.new"; mv "$FAKE_NVML_PID_FILE.new" "$FAKE_NVML_PID_FILE"
        until [ -f "$SCRATCH/enough" ]; do sleep 0.02; done; rm "$FAKE_NVML_PID_FILE"; exit 3' &
run=$!
await is_counting
await test -f "$FAKE_NVML_PID_FILE"
rm -f "$lanes/counter.state" "$document"
FLOPMETER_LANE_DIR=$lanes "$COUNTER" devices --interval-ms 20 --parent $$ --place "$place" 2>/dev/null &
host=$!
await tenant metered
await says elsewhere -gt
expect 'counted here while the run counts it' yes "$(says counted -eq && echo yes || echo no)"
expect 'as an upper end beside the one of the run' yes "$(says shared -eq && echo yes || echo no)"

: >"$SCRATCH/enough"
wait "$run"
expect 'exit code of the run' 3 $?
expect 'its counter watched all the time' 1 "$(grep -c '"name": "gpm", .*"state": "AVAILABLE"' "$facts")"
await tenant nobody
await says counted -gt
kill "$host"
wait "$host"
expect 'the end of the counter of the host' 0 $?
finish
