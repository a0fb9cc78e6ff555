#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A known product through a cuBLAS that looks at its arguments, over the fake driver.

. "$(dirname -- "$0")/common.sh"

calibrate "$CALIBRATE" --cublas fp16
expect 'a precision that is not offered' 2 $?
calibrate "$CALIBRATE" --cublas
expect 'a value is missing' 2 $?

driver=/nonexistent
calibrate "$CALIBRATE" --cublas fp64
expect 'no driver' 3 $?
expect_line 'no driver' '"state": "ABSENT", "detail": "no libcuda.so.1 here"'
driver=$FAKE
calibrate "$CALIBRATE" --cublas fp64 --library /nonexistent/libcublas.so
expect 'no cuBLAS' 3 $?
expect_line 'no cuBLAS' '"state": "ABSENT", "detail": "no shared cuBLAS here", "remedy": "put the folder'
FAKE_CUDA=forbidden calibrate "$CALIBRATE" --cublas fp64
expect 'no permission' 3 $?
expect_line 'no permission' '"state": "NO_PERMISSION"'

driver=$FAKE:$CUBLAS
for each in fp64:cublasDgemm_v2 fp32:cublasSgemm_v2 bf16:cublasGemmEx; do
    calibrate "$CALIBRATE" --cublas "${each%:*}"
    expect "${each%:*}" 0 $?
    # 20 x 2 x 193 x 161 x 227
    expect_line "${each%:*}" "\"kernel\": \"${each#*:}\", \"precision\": \"${each%:*}\", \"calls\": 20"
    expect_line "${each%:*}" '"expected": "282142840"'
    expect_line "${each%:*}, libraries" '"libraries": \[.*/libcublas.so.13", .*/libcuda.so.1"'
done
calibrate "$CALIBRATE" --cublas fp64 --device 1
expect 'the second device' 0 $?
for each in create:cublasCreate refuse:cublasDgemm_v2; do
    FAKE_CUBLAS=${each%:*} calibrate "$CALIBRATE" --cublas fp64
    expect "${each%:*}" 1 $?
    expect_line "${each%:*}" "\"state\": \"FAILED\", \"detail\": \"${each#*:} returned [0-9]+\""
done
finish
