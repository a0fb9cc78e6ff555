#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Exit codes: every one of them, signals, not found, not executable.

. "$(dirname -- "$0")/common.sh"

code=0
while [ $code -le 255 ]; do
    "$RUN" --quiet -- sh -c "exit $code"
    expect 'exit code' $code $?
    code=$((code + 1))
done

for number in 1 2 3 6 8 9 10 11 12 13 14 15; do
    "$RUN" --quiet sh -c "ulimit -c 0; kill -$number \$\$" 2>/dev/null
    expect "exit by signal $number" $((128 + number)) $?
done

"$RUN" no-such-command-here >"$SCRATCH/out" 2>"$SCRATCH/err"
expect 'not found' 127 $?
expect 'not found, stderr' 'flopmeter: no-such-command-here: command not found' "$(cat "$SCRATCH/err")"
"$RUN" /no/such/file 2>/dev/null
expect 'no such path' 127 $?
echo 'data' >"$SCRATCH/data"
"$RUN" "$SCRATCH/data" 2>"$SCRATCH/err"
expect 'not executable' 126 $?
expect_match 'not executable, stderr' '*Permission denied' "$(cat "$SCRATCH/err")"
"$RUN" "$SCRATCH" 2>/dev/null
expect 'a directory' 126 $?
PATH=/no/path "$RUN" ls 2>/dev/null
expect 'not in PATH' 127 $?
printf 'exit 5\n' >"$SCRATCH/script"
chmod +x "$SCRATCH/script"
"$RUN" --quiet "$SCRATCH/script"
expect 'script without #!' 5 $?

rm -rf "${SCRATCH:?}"/shm/*
"$RUN" --jvm "$jvm" --jvm none --jvm "$SCRATCH" no-such-command-here 2>/dev/null
expect 'nothing is left of a command that did not start' 0 "$(left_over)"
"$RUN" --jvm "$jvm" --jvm none --jvm "$SCRATCH" --quiet --out "$SCRATCH/result.json" -- sh -c 'exit 9'
expect 'exit code with a meter' 9 $?
expect 'exit code in facts' 9 "$(field exitCode "$SCRATCH/result.json")"
expect 'nothing is left of a delivered run' 0 "$(left_over)"
finish
