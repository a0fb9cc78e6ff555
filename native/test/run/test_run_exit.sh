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
"$RUN" --jvm "$jvm" --jvm none --jvm "$SCRATCH" --out "$SCRATCH/result.json" no-such-command-here 2>"$SCRATCH/err"
expect 'not found, with a document' 127 $?
expect 'not found, in the document' 127 "$(field exitCode "$SCRATCH/result.json")"
expect 'not found, lines' 1 "$(wc -l <"$SCRATCH/err")"
expect 'nothing is left of it' 0 "$(left_over)"

# A supervisor that can't get a descriptor or a process gives its place to COMMAND.
if command -v prlimit >/dev/null; then
    for limit in 4 6 8 10 12; do
        prlimit --nofile=$limit "$RUN" --help >/dev/null 2>&1 || continue
        expect "$limit descriptors" 0 "$(prlimit --nofile=$limit "$RUN" --quiet "$HELPER" burn 0; echo $?)"
    done
    if [ "$(id -u)" != 0 ]; then
        expect 'no process' 0 "$(prlimit --nproc=1 "$RUN" --quiet "$HELPER" burn 0; echo $?)"
    fi
fi

# Arguments that the kernel only just takes leave no room for the meter's variables.
(
    cd -- "$(dirname -- "$RUN")" || exit 77
    name=./$(basename -- "$RUN")
    ulimit -s 1024
    last=$(head -c 131000 /dev/zero | tr '\0' x)
    set -- -- sh -c 'exit 5' "$last"
    low=1
    high=131000
    while [ $((high - low)) -gt 1 ]; do
        middle=$(((low + high) / 2))
        "$name" --quiet --help "$@" "$(printf '%.*s' $middle "$last")" >/dev/null 2>&1 && low=$middle || high=$middle
    done
    [ $low -gt 1 ] && [ $low -lt 130990 ] || exit 77
    exec "$name" --quiet "$@" "$(printf '%.*s' $low "$last")"
)
code=$?
[ $code = 77 ] || expect 'no room for the environment' 5 $code
finish
