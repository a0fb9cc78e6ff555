#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_calibrate_sass.sh WORDS KERNEL_LIST GOLDENS CUDA_VERSION IMAGE...: counts the FLOP of every kernel in its machine
# code, and holds the instructions of each architecture that has a golden list (GOLDENS/sass_ARCHITECTURE.txt) to it,
# where that is of this CUDA version. WORDS is sass_words, which reads
# the code; where nvdisasm is here (NVDISASM names it, else PATH is searched) it reads the code as well, and must see
# the same arithmetic.

here=$(dirname -- "$0")
words=$1
list=$2
goldens=$3
version=$4
shift 4
[ $# -gt 0 ] || { echo 'skipped: no nvcc, no images'; exit 77; }
PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin
nvdisasm=${NVDISASM:-$(command -v nvdisasm)} || nvdisasm=
[ -n "$nvdisasm" ] || echo 'no nvdisasm here: read by sass_words alone'

status=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for image in "$@"; do
    "$words" "$image" >"$scratch/code" || { echo "FAIL: cannot read $image"; exit 1; }
    awk -v golden=0 -f "$here/sass.awk" "$list" "$scratch/code" >"$scratch/words" || status=1
    echo "$(basename "$image"): $(cat "$scratch/words")"
    awk -v golden=1 -f "$here/sass.awk" "$list" "$scratch/code" | LC_ALL=C sort >"$scratch/loops"
    architecture=${image%.cubin}
    cat "$scratch/loops" >>"$scratch/seen_${architecture##*.}"
    [ -n "$nvdisasm" ] || continue
    "$nvdisasm" -c "$image" >"$scratch/code" || { echo "FAIL: cannot disassemble $image"; exit 1; }
    awk -v golden=1 -f "$here/sass.awk" "$list" "$scratch/code" | LC_ALL=C sort | diff "$scratch/loops" - ||
        { echo "FAIL: $(basename "$image"): sass_words reads it otherwise than nvdisasm"; status=1; }
done

# The canary: an instruction that nobody knows, in place of an EXIT of the last image, must not pass.
planted=$scratch/$(basename "$image")
cp "$image" "$planted"
at=$(LC_ALL=C grep -obUaP '\x4d\x79\x00\x00' "$planted" | awk -F: '$1 % 16 == 0 { print $1; exit }')
[ -n "$at" ] || { echo 'FAIL: canary: nothing to plant'; exit 1; }
printf '\377\177' | dd of="$planted" bs=1 seek="$at" conv=notrunc 2>/dev/null
"$words" "$planted" >"$scratch/code" && awk -v golden=0 -f "$here/sass.awk" "$list" "$scratch/code" >"$scratch/words" &&
    { echo 'FAIL: canary: an unknown instruction was taken for one without arithmetic'; status=1; }
grep -q 'FAIL: .*: no weight for UNKNOWN.fff' "$scratch/words" ||
    { echo 'FAIL: canary: another fault than the planted one'; status=1; }

# Another: the descriptor of a tcgen05.mma, a constant of 32 bits, says that it is sparse, or of half the rows.
# plant_descriptor IMAGE BYTES WORDS: the one of tcgen05_bf16_fp32 (and of e5m2, which has the same)
plant_descriptor()
{
    planted=$scratch/$(basename "$1")
    cp "$1" "$planted"
    for at in $(LC_ALL=C grep -obUaP '\x90\x04\x10\x08' "$planted" | awk -F: '$1 % 16 == 4 { print $1 }'); do
        printf "$2" | dd of="$planted" bs=1 seek="$at" conv=notrunc 2>/dev/null
    done
    "$words" "$planted" | awk -v golden=0 -f "$here/sass.awk" "$list" - >"$scratch/words" &&
        { echo "FAIL: canary: another descriptor was taken for the declared one"; status=1; }
    grep -q "$3" "$scratch/words" || { echo "FAIL: canary: no line $3"; status=1; }
}

for image in "$@"; do
    case $image in
        */tensor_memory.sm_100a.cubin)
            plant_descriptor "$image" '\224\004\020\010' 'FAIL: tcgen05_bf16_fp32: no weight for UTCHMMA.?'
            plant_descriptor "$image" '\220\004\020\004' 'FAIL: tcgen05_bf16_fp32: 131072 FLOP in the machine code'
            ;;
    esac
done

for golden in "$goldens"/sass_sm_*.txt; do
    architecture=${golden##*/sass_}
    seen=$scratch/seen_${architecture%.txt}
    [ -s "$seen" ] || continue
    if ! grep -q "^# CUDA $version\$" "$golden"; then
        echo "$golden is of another CUDA than $version: not compared"
    else
        { grep '^#' "$golden"; LC_ALL=C sort "$seen"; } | diff "$golden" - ||
            { echo "FAIL: other instructions than $golden holds"; status=1; }
    fi
done
exit $status
