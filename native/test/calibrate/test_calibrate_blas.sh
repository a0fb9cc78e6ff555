#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A known product through a shared BLAS: the fake one of the interception tests, and the wrapper in front of it.

. "$(dirname -- "$0")/common.sh"

calibrate "$CALIBRATE" --blas fp64 --library /nonexistent/libblas.so
expect 'no BLAS' 3 $?
expect_line 'no BLAS' '"state": "ABSENT"'
calibrate "$CALIBRATE" --blas fp16
expect 'a precision that BLAS has not' 2 $?

calibrate "$CALIBRATE" --blas fp64
if [ $? -eq 3 ]; then
    echo 'skipped: no shared BLAS here'
    [ $failures -eq 0 ] && exit 77
    finish
fi
# 20 x 2 x 193 x 161 x 227
expect_line 'fp64' '"kernel": "dgemm", "precision": "fp64", "calls": 20, "expected": "282142840"'
calibrate "$CALIBRATE" --blas fp32
expect_line 'fp32' '"kernel": "sgemm", "precision": "fp32", "calls": 20, "expected": "282142840"'
finish
