#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A source with old figures that has none for the first 620 ms, as DCGM: it is given the time, and nothing of a kernel
# is missing. Each of its measurements takes about 3 s; an age of four windows gives it four times the others' budget.

. "$(dirname -- "$0")/common.sh"

if [ -z "${KERNEL_IMAGES:-}" ]; then
    echo 'skipped: no nvcc, no kernels for a GPU'
    exit 77
fi
FAKE_SOURCE=slow calibrate "$CALIBRATE_TEST" --quick --budget-ms 700
expect 'slow, exit code' 0 $?
[ "$(rows dcgm AVAILABLE)" -gt 0 ] || fail 'slow: no reading'
expect 'slow, failed' 0 "$(rows dcgm FAILED)"
expect 'slow, wrong' 0 "$(wrong_rows dcgm)"
expect_line 'slow, cut' '"isCut": true'
[ "$(rows gpm AVAILABLE)" -gt 0 ] || fail 'slow: another source has no reading'
expect_line 'slow, libraries' '"libraries": \[.*/libcuda.so.1"'
finish
