#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts of the kit's tests. CALIBRATE: the program, CALIBRATE_TEST: with fake sources, FAKE and
# INCOMPLETE: folders with fake drivers, SCRATCH: a fresh folder for each script.

set -u
failures=0
rm -rf "$SCRATCH"
mkdir -p "$SCRATCH" || exit 1
unset FAKE_CUDA FAKE_SOURCE LD_PRELOAD CUDA_VISIBLE_DEVICES
out=$SCRATCH/out.json
driver=$FAKE

fail()
{
    failures=$((failures + 1))
    printf 'FAIL: %s\n' "$*" >&2
}

# expect WHAT EXPECTED FOUND
expect()
{
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

# expect_line WHAT REGULAR-EXPRESSION: some line of the document matches
expect_line()
{
    grep -Eq -- "$2" "$out" || fail "$1: no line matches $2"
}

# calibrate PROGRAM OPTION...: run it with the fake driver, the document in $out
calibrate()
{
    LD_LIBRARY_PATH=$driver "$@" >"$out" 2>"$SCRATCH/err"
}

# gpu_is STATE DETAIL: what the document says of the GPU
gpu_is()
{
    expect_line "GPU" "^ \"gpu\": \\{\"state\": \"$1\", \"detail\": \"$2\", \"remedy\": \"[^\"]+\""
}

finish()
{
    [ $failures -eq 0 ] || printf '%s failures\n' $failures >&2
    [ $failures -eq 0 ]
    exit
}
