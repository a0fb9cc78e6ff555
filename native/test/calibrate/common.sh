#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts of the kit's tests. CALIBRATE: the program, CALIBRATE_TEST: with fake sources, FAKE,
# INCOMPLETE and CUBLAS: folders with fake drivers and a fake cuBLAS, SCRATCH: a fresh folder for each script.

set -u
failures=0
rm -rf "${SCRATCH:?is empty: expected a folder of its own}"
mkdir -p "$SCRATCH" || exit 1
unset FAKE_CUBLAS FAKE_CUDA FAKE_SOURCE LD_PRELOAD CUDA_VISIBLE_DEVICES
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

# Rows of readings of one source whose one figure is not the truth to the last FLOP.
wrong_rows()
{
    grep "^  {\"source\": \"$1\".*\"kernel\"" "$out" | grep '"state": "AVAILABLE"' | awk '
    {
        match($0, /"expected": "[0-9]+"/); expected = substr($0, RSTART + 13, RLENGTH - 14)
        match($0, /"point": "[0-9]+"/); point = substr($0, RSTART + 10, RLENGTH - 11)
        if (expected != point || expected == "0") { print }
    }' | wc -l
}

# rows SOURCE STATE: how many readings
rows()
{
    grep "^  {\"source\": \"$1\".*\"kernel\"" "$out" | grep -c "\"state\": \"$2\""
}

finish()
{
    [ $failures -eq 0 ] || printf '%s failures\n' $failures >&2
    [ $failures -eq 0 ]
    exit
}
