#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# style.sh ROOT: C functions have at most 70 lines. Checkstyle holds C files to everything else it can read.

cd "$1" || exit 2
found=$(find native bench/native -name '*.c' -print0 | xargs -0 awk '
    FNR == 1 { start = 0 }
    /^\{/ && before !~ /=$/ { start = FNR }
    /^\}/ { if (start && FNR - start - 1 > 70) { print FILENAME ":" start ": " FNR - start - 1 " lines" } start = 0 }
    { before = $0 }')
[ -z "$found" ] || { printf 'functions of more than 70 lines:\n%s\n' "$found"; exit 1; }
