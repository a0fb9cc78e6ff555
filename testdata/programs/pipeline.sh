#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A pipeline, a subshell and a background job: 3 processes that each do linalg.py gemm, and some that do nothing.
python=${PYTHON:-python3}
here=$(dirname "$0")

$python "$here/linalg.py" gemm | cat
($python "$here/linalg.py" gemm) &
$python "$here/linalg.py" gemm
wait
