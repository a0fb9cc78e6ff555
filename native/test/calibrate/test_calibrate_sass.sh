#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_calibrate_sass.sh KERNEL_LIST GOLDEN CUDA_VERSION IMAGE...: counts the FLOP of every kernel in its machine code,
# and holds the instructions of sm_90a to the golden list of that CUDA version. NVDISASM names a disassembler, else PATH
# is searched.

here=$(dirname -- "$0")
list=$1
golden=$2
version=$3
shift 3
[ $# -gt 0 ] || { echo 'skipped: no nvcc, no images'; exit 77; }
PATH=$PATH:${CUDA_HOME:-/usr/local/cuda}/bin
nvdisasm=${NVDISASM:-$(command -v nvdisasm)} || nvdisasm=
[ -n "$nvdisasm" ] || { echo 'skipped: no nvdisasm'; exit 77; }

status=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
for image in "$@"; do
    "$nvdisasm" -c "$image" >"$scratch/code" || { echo "FAIL: cannot disassemble $image"; exit 1; }
    awk -v golden=0 -f "$here/sass.awk" "$list" "$scratch/code" >"$scratch/words" || status=1
    echo "$(basename "$image"): $(cat "$scratch/words")"
    case $image in
        *.sm_90a.cubin) awk -v golden=1 -f "$here/sass.awk" "$list" "$scratch/code" >>"$scratch/seen" ;;
    esac
done
if ! grep -q "^# CUDA $version\$" "$golden"; then
    echo "the golden list is of another CUDA than $version: not compared"
elif [ -s "$scratch/seen" ]; then
    { grep '^#' "$golden"; LC_ALL=C sort "$scratch/seen"; } | diff "$golden" - ||
        { echo "FAIL: other instructions than $golden holds"; status=1; }
fi
exit $status
