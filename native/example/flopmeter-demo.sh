#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# flopmeter-demo LAUNCHER [OPTIONS of run]: meters the training program and puts its counts beside the formula's.

set -u

[ $# -ge 1 ] || { echo 'flopmeter: demo: expected the launcher as first argument' >&2; exit 2; }
launcher=$1
shift
bin=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 3
work=$(mktemp -d "${TMPDIR:-/tmp}/flopmeter-demo-XXXXXX") || exit 3
trap 'rm -rf "$work"' EXIT
# The program and the meter get the signal themselves; this shell only has to outlive them to clean up.
trap : INT TERM HUP

# The document goes where the user wants it; the comparison needs a file of its own.
out=
epochs=
count=$#
while [ "$count" -gt 0 ]; do
    argument=$1
    shift
    count=$((count - 1))
    case $argument in
        --out=*) out=${argument#--out=} ;;
        --out | --epochs)
            [ "$count" -gt 0 ] || { echo "flopmeter: demo: $argument: expected a value behind it" >&2; exit 2; }
            if [ "$argument" = --out ]; then out=$1; else epochs=$1; fi
            shift
            count=$((count - 1))
            ;;
        -h | --help)
            echo 'usage: flopmeter demo [--out FILE] [--epochs N] [--node ID] [--dir DIR] [--quiet]' >&2
            exit 0
            ;;
        *) set -- "$@" "$argument" ;;
    esac
done

# A line can only be drawn on a terminal.
live=
[ -t 2 ] && live=--live

"$launcher" run $live --run demo --out "$work/result.json" "$@" -- \
    "$bin/flopmeter-demo-train" ${epochs:+--epochs "$epochs"} --expect "$work/expected.txt"
code=$?
[ -z "$out" ] || [ ! -f "$work/result.json" ] || cat "$work/result.json" >"$out" || code=3
[ "$code" -eq 0 ] || exit "$code"
"$launcher" demo-check "$work/result.json" "$work/expected.txt"
