#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_gpu_tables.sh GENERATOR DATA SCRATCH: the generator takes the tables as they are and stops at each mistake,
# naming its place.

set -u
generate=$1
data=$2
scratch=$3
failures=0
mkdir -p "$scratch" || exit 1

# refused WHAT PATTERN FILE SED-SCRIPT: with that edit of FILE it must fail and say PATTERN.
refused()
{
    cp "$data/gpu_chips.csv" "$data/gpu_rates.csv" "$scratch/"
    sed "$4" "$data/$3" >"$scratch/$3"
    if cmp -s "$data/$3" "$scratch/$3"; then
        echo "FAIL: $1: the edit changes nothing" >&2
        failures=$((failures + 1))
    elif said=$("$generate" "$scratch/gpu_chips.csv" "$scratch/gpu_rates.csv" 2>&1 >/dev/null); then
        echo "FAIL: $1: taken" >&2
        failures=$((failures + 1))
    elif ! printf '%s\n' "$said" | grep -q "$2"; then
        echo "FAIL: $1: expected '$2', found '$said'" >&2
        failures=$((failures + 1))
    fi
}

"$generate" "$data/gpu_chips.csv" "$data/gpu_rates.csv" >"$scratch/table.inc" || failures=$((failures + 1))
grep -q '"GH100", 9, 0' "$scratch/table.inc" || { echo 'FAIL: no GH100' >&2; failures=$((failures + 1)); }

refused 'no source' 'gpu_rates.csv:3: a row without a source' gpu_rates.csv '3s/,[^,]*$/,/'
refused 'a source that says nothing' 'names no source' gpu_rates.csv '3s/,[^,]*$/,?/'
refused 'a chip without a source' 'gpu_chips.csv:4: a row without a source' gpu_chips.csv '4s/,[^,]*$/,/'
refused 'lower above upper' 'lowest <= point <= highest' gpu_rates.csv \
    '5s/,0,unverified,8192,8192/,9000,measured,9000,8192/'
refused 'a lowest rate that is a guess' 'a lowest rate of 4096 that nobody measured' gpu_rates.csv \
    '5s/,0,unverified,/,4096,unverified,/'
refused 'point above upper' 'lowest <= point <= highest' gpu_rates.csv '5s/8192,8192/8193,8192/'
refused 'unknown precision' 'unknown precision "fp7"' gpu_rates.csv '5s/,fp8,/,fp7,/'
refused 'unknown pipe' 'unknown pipe "qmma"' gpu_rates.csv '6s/hmma/qmma/'
refused 'unknown unit' 'unknown unit "wide"' gpu_rates.csv '5s/tensor/wide/'
refused 'unknown status' 'unknown status "guessed"' gpu_rates.csv '5s/unverified/guessed/'
refused 'unknown chip' 'unknown chip "GX999"' gpu_rates.csv '2s/GH100/GX999/'
refused 'a number that is none' 'is not a number' gpu_rates.csv '2s/2048/2k/'
refused 'a negative number' 'is not a number' gpu_rates.csv '5s/,0,/,-1,/'
refused 'a field too few' 'fields expected' gpu_rates.csv '5s/,measured//; 5s/,[^,]*$//'
refused 'a field too many' 'more than 11 fields' gpu_rates.csv '5s/$/,more/'
refused 'twice the same' 'the same key as line 2' gpu_rates.csv \
    '3s/.*/GH100,hmma,tensor,tf32,1,measured,1,1,measured,0,somewhere/'
refused 'no default' '0 default rates' gpu_rates.csv '3s/measured,1,/measured,0,/'
refused 'two defaults' '2 default rates' gpu_rates.csv '4s/measured,0,/measured,1,/'
refused 'another header' 'expected the header' gpu_rates.csv '1s/pipe/tube/'
refused 'a clock that is none' 'clock out of range' gpu_chips.csv '4s/903000/903/'
exit $failures
