#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# --reads and --writes: what the aggregator is told of the files, byte for byte, and that COMMAND needs none of them.

. "$(dirname -- "$0")/common.sh"

cd "$SCRATCH" || exit 1
# COMMAND looks into the meter directory itself: the links are there before it starts.
cat >look.sh <<'TEXT'
cp "$FLOPMETER_LANE_DIR/files.json" "$SCRATCH/files.json" || exit 9
for link in "$FLOPMETER_LANE_DIR"/read-* "$FLOPMETER_LANE_DIR"/write-* "$FLOPMETER_LANE_DIR"/state; do
    readlink "$link"
done >"$SCRATCH/links"
TEXT
odd=$(printf 'a,b "c" \377')
"$RUN" --quiet --reads in --reads "$odd" --writes=/abs/out --writes model:m --purpose training sh ./look.sh
expect 'exit code' 0 $?
expect 'links' "$SCRATCH/in
$SCRATCH/$odd
/abs/out
$SCRATCH/m
$SCRATCH/state" "$(cat links)"
written="*\"writes\": \\[\"/abs/out\", \"$SCRATCH/m\"\\],*\"kinds\": \\[\"dataset\", \"model\"\\],*"
made="\"purpose\": \"training\"}"
expect_match 'files.json' "{\"schema\": \"flopmeter/run-files/v1\"$written$made" "$(cat files.json)"
expect_match 'names read' "*\"reads\": \\[\"$SCRATCH/in\", \"$SCRATCH/a,b \\\\\"c\\\\\" *\"\\]*" "$(cat files.json)"
expect 'a purpose alone is recorded' 1 \
    "$("$RUN" --quiet --purpose failed sh -c 'grep -c failed "$FLOPMETER_LANE_DIR/files.json"')"
expect 'a file that is called so' "$SCRATCH/./model:x" \
    "$("$RUN" --quiet --writes ./model:x sh -c 'readlink "$FLOPMETER_LANE_DIR/write-0"')"
expect 'other directory' "$SCRATCH/else" \
    "$("$RUN" --quiet --dir else --reads in sh -c 'readlink "$FLOPMETER_LANE_DIR/state"')"
expect 'no file without being asked, only where the ledger is' 'state' \
    "$("$RUN" --quiet sh -c 'ls -A "$FLOPMETER_LANE_DIR" | grep -E "^(files|read|write|state)"')"
mkdir -p "$SCRATCH/in.d"
: >"$SCRATCH/in.d/kept"
"$RUN" --quiet --reads in.d --writes in.d true
[ -e "$SCRATCH/in.d/kept" ] || fail 'a named directory was removed with the meter directory'
expect 'a working directory that is gone' 0 \
    "$(mkdir gone && cd gone && rmdir ../gone && "$RUN" --quiet --reads x true; echo $?)"
finish
