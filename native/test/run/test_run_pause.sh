#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# flopmeter pause and resume as the supervisor sees them. The real kernel counts; nanoseconds of CPU stand for FLOP.

. "$(dirname -- "$0")/common.sh"

facts=$SCRATCH/facts.json
FLOPMETER_TEST_PERF=1
export FLOPMETER_TEST_PERF

metered()
{
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$facts" "$@"
}

lower()
{
    sed -n "s/.*{\"precision\": \"$1\", \"lower\": \"\\([0-9]*\\)\".*/\\1/p" "$facts"
}

# wish WORD NUMBER UNTIL [FOLDER]
wish()
{
    printf 'flopmeter/wish/v1 %s %016x %s\n' "$1" "$2" "$3" >"${4:-$folder}/.wish.tmp"
    mv "${4:-$folder}/.wish.tmp" "${4:-$folder}/pause.wish"
}

# has_said NUMBER IS_FREE [FOLDER]
has_said()
{
    grep -qs "\"name\": \"perf\".*\"isFree\": $2, .*\"$(printf '%016x' "$1")\".*\"detail\": \"\"" \
        "${3:-$folder}"/hold-*.json
}

# begin COMMAND...: in the background, until its folder is known
begin()
{
    rm -f "$SCRATCH/folder" "$facts"
    # shellcheck disable=SC2016 # COMMAND's shell is to expand it
    metered sh -c 'echo "$FLOPMETER_LANE_DIR" >"$0.tmp"; mv "$0.tmp" "$0"; "$@"' "$SCRATCH/folder" "$@" &
    run=$!
    await test -e "$SCRATCH/folder"
    folder=$(cat "$SCRATCH/folder")
}

metered true
if [ '"AVAILABLE"' != "$(field state "$facts")" ]; then
    echo "skipped: no software events here: $(field detail "$facts")"
    exit 77
fi
expect_match 'without a pause' '*"gaps": \[\]*' "$(cat "$facts")"

# Burned before, in and after the pause: what is counted lacks what was done in it, and its gap has an end. A process
# that was forked in it is counted after it.
# shellcheck disable=SC2016
begin sh -c '"$HELPER" burn 100; : >"$0.1"; until [ -e "$0.2" ]; do sleep 0.02; done
    (until [ -e "$0.4" ]; do sleep 0.02; done; "$HELPER" burn 100) & "$HELPER" burn 400
    : >"$0.3"; until [ -e "$0.4" ]; do sleep 0.02; done; "$HELPER" burn 100; wait' "$SCRATCH/step"
await has_said 0 false
await test -e "$SCRATCH/step.1"
wish pause 1 18446744073709551615
await has_said 1 true
wish pause 2 18446744073709551615
await has_said 2 true
: >"$SCRATCH/step.2"
await test -e "$SCRATCH/step.3"
wish resume 3 0
await has_said 3 false
: >"$SCRATCH/step.4"
wait "$run" || fail "exit code $?"
count=$(lower fp64)
used=$(field cpuNs "$facts")
[ "$count" -ge 270000000 ] || fail "a pause costs more than its time: $count of $used ns"
[ "$count" -le $((used - 300000000)) ] || fail "counted while paused: $count of $used ns"
upper=$(sed -n 's/.*"precision": "fp64", "lower": "[0-9]*", "point": "[0-9]*", "upper": "\([0-9]*\)".*/\1/p' "$facts")
[ "${upper:-0}" -ge "$used" ] || fail "the pause is not in the upper end: '$upper' of $used ns"
expect_match 'one gap, with its reason' \
    '*"gaps": \[{"beginMonotonicNs": [0-9]*, "endMonotonicNs": [0-9]*, "reason": "PAUSED"}\]*' "$(cat "$facts")"
expect 'state after it' '"AVAILABLE"' "$(field state "$facts")"
[ "$(left_over)" = 0 ] || fail 'a folder is left'

# Never resumed, or by itself after a time.
# shellcheck disable=SC2016
begin sh -c 'until [ -e "$0" ]; do sleep 0.02; done; "$HELPER" burn 50' "$SCRATCH/go"
wish pause 4 18446744073709551615
await has_said 4 true
: >"$SCRATCH/go"
wait "$run" || fail "exit code $?"
expect 'state when it was never resumed' '"PAUSED"' "$(field state "$facts")"
expect_match 'a gap to the end' '*"reason": "PAUSED"}\]*' "$(cat "$facts")"
rm "$SCRATCH/go"
# shellcheck disable=SC2016
begin sh -c 'until [ -e "$0" ]; do sleep 0.02; done' "$SCRATCH/go"
wish pause 5 "$(awk '{ printf "%.0f", ($1 + 1) * 1000000000 }' /proc/uptime)"
await has_said 5 true
await has_said 5 false
# A wish that makes no sense, or to resume what is not paused, changes nothing; without one it goes on.
printf 'pause\n' >"$folder/pause.wish"
wish resume 6 0
await has_said 6 false
rm "$folder/pause.wish"
wish pause 7 18446744073709551615
await has_said 7 true
rm "$folder/pause.wish"
await has_said 0 false
: >"$SCRATCH/go"
wait "$run" || fail "exit code $?"
expect 'state after lies' '"AVAILABLE"' "$(field state "$facts")"

# A run in a run that is paused opens nothing, and says why.
rm -f "$SCRATCH/go" "$SCRATCH/inner"
# shellcheck disable=SC2016
begin sh -c 'until [ -e "$1" ]; do sleep 0.02; done
    "$RUN" --quiet --jvm "$2" --jvm none --jvm "$0" --out "$0/inner" "$HELPER" burn 50' \
    "$SCRATCH" "$SCRATCH/go" "$jvm"
wish pause 8 18446744073709551615
await has_said 8 true
: >"$SCRATCH/go"
wait "$run" || fail "exit code $?"
expect 'an inner run' '"PAUSED"' "$(field state "$SCRATCH/inner")"
expect 'which read nothing' 'false' "$(field isRead "$SCRATCH/inner")"
finish
