#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# AMX that the CPU names and the system does not give: its kernels are absent, with the reason, and no tile is touched.

. "$(dirname -- "$0")/common.sh"

refusal='the system refuses this process the tiles of AMX: arch_prctl(ARCH_REQ_XCOMP_PERM): Operation not permitted'

# absent MODE REASON-OF-BF16 REASON-OF-INT8
absent()
{
    for kernel in amx_bf16_dot amx_int8_dot; do
        why=$2
        [ $kernel = amx_bf16_dot ] || why=$3
        ODD_CPU=$1 calibrate "$CALIBRATE_TEST" --run-kernel $kernel 10
        code=$?
        [ $code -ne 77 ] || { cat "$out"; exit 77; }
        expect "$1, $kernel, exit code" 3 $code
        expect "$1, $kernel, words" "flopmeter: $kernel cannot run here: $why" "$(cat "$SCRATCH/err")"
        expect "$1, $kernel, FLOP" '' "$(cat "$out")"
    done
    ODD_CPU=$1 calibrate "$CALIBRATE_TEST" --quick --budget-ms 0
    expect "$1, exit code" 0 $?
    grep -qF "\"amx_bf16_dot\": \"$2\", \"amx_int8_dot\": \"$3\"" "$out" || fail "$1: the document has other reasons"
    expect "$1, kernels run" 0 "$(grep -c '^  {"name": "amx_' "$out")"
    expect "$1, others run" 1 "$(grep -c '^  {"name": "scalar_fp64_add"' "$out")"
}

absent older 'this CPU has no AMX-BF16' 'this CPU has no AMX-INT8'
disabled='this CPU has AMX, the system does not enable its tiles (XCR0)'
absent not_enabled "$disabled" "$disabled"
absent refused "$refusal" "$refusal"
pretence='the system answers that this process may have the tiles of AMX, and has not given them'
absent pretended "$pretence" "$pretence"
finish
