#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_counter_generate.sh GENERATOR CSV: the table is taken, and a row that can't be right is not.

generator=$1
csv=$2
failures=0
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT

# refuse WHAT WORDS SED-EXPRESSION: after this change the generator must fail, and say so
refuse()
{
    sed "$3" "$csv" >"$work/table.csv"
    if cmp -s "$csv" "$work/table.csv"; then
        echo "FAIL: $1: nothing was changed" >&2
        failures=$((failures + 1))
    fi
    if "$generator" "$work/table.csv" >"$work/out" 2>"$work/err"; then
        echo "FAIL: $1: taken" >&2
        failures=$((failures + 1))
    fi
    if ! grep -q "^generate_cpu: line [0-9]*: $2" "$work/err"; then
        echo "FAIL: $1: expected '$2', found '$(cat "$work/err")'" >&2
        failures=$((failures + 1))
    fi
}

"$generator" "$csv" >"$work/out" || failures=1
[ -s "$work/out" ] || failures=1
refuse 'no source' 'a row needs a source' '/SCALAR_DOUBLE/s/,linux [^,]*,/,,/'
refuse 'source "same"' 'a row needs a source' '/SCALAR_DOUBLE/s/,linux [^,]*,/,same,/'
refuse 'an unknown column' 'unknown columns' 's/^vendor,family,/vendor,line,/'
refuse 'a column too few' 'a row has 14 columns' '/SCALAR_DOUBLE/s/,FMA and DPP.*//'
refuse 'a column too many' 'a row has 14 columns' '/SCALAR_DOUBLE/s/$/,more/'
refuse 'FMA doubled' 'impossible width' '/SCALAR_DOUBLE/s/,64,1,1,1,/,64,1,2,2,/'
refuse 'width of no vector' 'impossible width' '/256B_PACKED_SINGLE/s/,256,/,192,/'
refuse 'width of another precision' 'impossible width' '/512B_PACKED_SINGLE/s/,fp32,/,fp64,/'
refuse 'length of no SVE vector' 'impossible width' '/FP_SCALE_OPS_SPEC,0x80c0,256/s/,0,2,2,/,0,3,3,/'
refuse 'the same event twice' 'duplicate for the same model' '/128B_PACKED_DOUBLE/s/0x04c7/0x01c7/'
refuse 'the same name twice' 'duplicate for the same model' 's/128B_PACKED_DOUBLE/SCALAR_DOUBLE/'
refuse 'models twice' 'duplicate for the same model' '/0x01c8/s/175|182/175|170-190/'
refuse 'two unseen rows of one precision' 'duplicate for the same model' \
    's/unseen,-,-,-,-,-,bf16/unseen,-,-,-,-,-,int8/'
refuse 'an unknown precision' 'unknown precision' 's/,fp64,/,fp63,/'
refuse 'an unknown vendor' 'unknown vendor' 's/^amd,/via,/'
refuse 'ends out of order' 'not flop_lower' '/COMPLEX_SCALAR_HALF/s/,0,1,8,/,9,1,8,/'
refuse 'no FLOP at all' 'not flop_lower' '/EXE.AMX_BUSY/s/,0,0,2048,/,0,0,0,/'
refuse 'no rate' 'a rate of 0' '/fp_ret_x87/s/,unknown,4,/,unknown,0,/'
refuse 'models backwards' 'models run backwards' 's/0x30-0x4f/0x4f-0x30/'
refuse 'a model in words' 'model is no number' 's/0x30-0x4f/zen2/'
refuse 'a config in words' 'config is no number' 's/0xff03/all/'
refuse 'an event in group 0' 'an event is in a group above 0' '/SCALAR_DOUBLE/s/,1,FP_ARITH/,0,FP_ARITH/'
refuse 'an unseen row with FLOP' 'what no event counts has no such field' \
    's/unseen,-,-,-,-,-,bf16/unseen,-,-,1,-,-,bf16/'
refuse 'an empty table' 'no rows' '/^[a-z-]*,[0-9]/d'
[ "$failures" -eq 0 ]
