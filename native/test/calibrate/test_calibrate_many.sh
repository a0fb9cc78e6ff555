#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# A build with 36 sources: each of them is in the document, and each that works has its readings.

. "$(dirname -- "$0")/common.sh"

calibrate "$CALIBRATE_TEST" --quick --budget-ms 1
expect 'many, exit code' 0 $?
expect 'sources' 36 "$(sed -n '/^ "sources"/,/^ "idle"/p' "$out" | grep -c '^  {"source": ')"
for source in perf perf-tree perf-host $(seq -f 'perf-%.0f' 10 39); do
    expect "readings of $source" 1 "$(rows "$source" AVAILABLE)"
    expect "$source, wrong" 0 "$(wrong_rows "$source")"
done
finish
