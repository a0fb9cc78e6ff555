#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_calibrate_sass.sh WORDS KERNEL_LIST GOLDEN CUDA_VERSION IMAGE...: counts the FLOP of every kernel in its machine
# code, and holds the instructions of sm_90a to the golden list of that CUDA version. WORDS is sass_words, which reads
# the code; where nvdisasm is here (NVDISASM names it, else PATH is searched) it reads the code as well, and must see
# the same arithmetic.

here=$(dirname -- "$0")
words=$1
list=$2
golden=$3
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
    case $image in
        *.sm_90a.cubin) cat "$scratch/loops" >>"$scratch/seen" ;;
    esac
    [ -n "$nvdisasm" ] || continue
    "$nvdisasm" -c "$image" >"$scratch/code" || { echo "FAIL: cannot disassemble $image"; exit 1; }
    awk -v golden=1 -f "$here/sass.awk" "$list" "$scratch/code" | LC_ALL=C sort | diff "$scratch/loops" - ||
        { echo "FAIL: $(basename "$image"): sass_words reads it otherwise than nvdisasm"; status=1; }
done
if ! grep -q "^# CUDA $version\$" "$golden"; then
    echo "the golden list is of another CUDA than $version: not compared"
elif [ -s "$scratch/seen" ]; then
    { grep '^#' "$golden"; LC_ALL=C sort "$scratch/seen"; } | diff "$golden" - ||
        { echo "FAIL: other instructions than $golden holds"; status=1; }
fi
exit $status
