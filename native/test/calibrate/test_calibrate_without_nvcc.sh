#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_calibrate_without_nvcc.sh ROOT SCRATCH CMAKE: a build whose nvcc fails (as one whose host compiler it does not
# know) builds, and its program says that it carries no kernels.

rm -rf "$2"
mkdir -p "$2" || exit 1
"$3" -S "$1" -B "$2" -DFLOPMETER_NVCC=/bin/false -DFLOPMETER_TEST=OFF >"$2/log" 2>&1 &&
    "$3" --build "$2" --target flopmeter-calibrate >>"$2/log" 2>&1 || { tail -n 40 "$2/log"; exit 1; }
grep -q 'CUDA kernels: none; /bin/false fails' "$2/log" || { echo 'FAIL: the configuration does not say so'; exit 1; }
LD_LIBRARY_PATH=$FAKE "$2/native/src/calibrate/flopmeter-calibrate" --quick >"$2/out.json" ||
    { echo 'FAIL: run'; exit 1; }
grep -q '"gpu": {"state": "ABSENT", "detail": "this build carries no kernels: it found no nvcc"' "$2/out.json" ||
    { echo 'FAIL: the document does not say so'; grep '"gpu"' "$2/out.json"; exit 1; }
grep -q '"images": {"cudaVersion": 0, "list": \[\]}' "$2/out.json" || { echo 'FAIL: images'; exit 1; }
rm -rf "$2"
