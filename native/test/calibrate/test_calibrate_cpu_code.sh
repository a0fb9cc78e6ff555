#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# test_calibrate_cpu_code.sh SOURCE BINARY: counts the FLOP of every CPU kernel in the binary, those that this CPU
# cannot run included, and compares with the table in SOURCE. OBJDUMP names a disassembler, else PATH is searched.

objdump=${OBJDUMP:-$(command -v objdump)} || objdump=
[ -n "$objdump" ] || { echo 'skipped: no objdump'; exit 77; }
code=$(mktemp) || exit 1
trap 'rm -f "$code"' EXIT
"$objdump" -d --no-show-raw-insn "$2" >"$code" || { echo "FAIL: cannot disassemble $2"; exit 1; }
awk -f "$(dirname -- "$0")/cpu_code.awk" "$1" "$code"
