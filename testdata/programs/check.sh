#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Run the programs of expected.csv under the meter: check.sh [FLOPMETER]. PYTHON names the Python to use. What this machine lacks is
# skipped, by name. `exact`: lower end and point; `lower`: the lower end only. Exit 1 when a count is wrong.

here=$(cd "$(dirname "$0")" && pwd)
flopmeter=${1:-$here/../../flopmeter}
PYTHON=${PYTHON:-python3}
export PYTHON
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
failed=0
last=

has()
{
    case $1 in
        numpy | torch) "$PYTHON" -c "import $1" ;;
        octave) command -v octave-cli ;;
        R) command -v Rscript ;;
        "cc blas") cc -o "$work/dgemm" "$here/dgemm.c" -lblas -lpthread ;;
    esac >/dev/null 2>&1
}

# Lower end and point of one precision in result.json, empty when it is not there.
interval()
{
    tr -d ' \n' <"$work/result.json" |
        sed -n "s/.*\"byPrecision\":{[^}]*\(}[^}]*\)*\"$1\":{\"lower\":\"\([0-9]*\)\",\"point\":\"\([0-9]*\)\".*/\2 \3/p"
}

# shellcheck disable=SC2086 # arguments are words
meter()
{
    case $1 in
        *.py) set -- "$PYTHON" "$here/$1" $2 ;;
        *.m) set -- octave-cli --quiet --norc "$here/$1" ;;
        *.R) set -- Rscript --vanilla "$here/$1" ;;
        *.sh) set -- sh "$here/$1" ;;
        *.c) set -- "$work/dgemm" $2 ;;
    esac
    "$flopmeter" run --quiet --out "$work/result.json" -- "$@" >"$work/output" 2>&1 </dev/null
}

while IFS=, read -r program arguments needs precision count end derivation
do
    case $program in
        program) continue ;;
    esac
    if [ "$program $arguments" != "$last" ]
    then
        last="$program $arguments"
        skip=
        if ! has "$needs"
        then
            skip=yes
            echo "SKIPPED $last: no $needs"
        elif ! meter "$program" "$arguments"
        then
            skip=yes
            failed=1
            echo "FAILED $last: $(tail -n 3 "$work/output")"
        fi
    fi
    if [ -z "$skip" ]
    then
        counted=$(interval "$precision")
        if [ "$end" = exact ]
        then
            expected="$count $count"
        else
            expected="$count ${counted#* }"
        fi
        if [ "$counted" = "$expected" ]
        then
            echo "ok $last: $precision $count ($end)"
        else
            failed=1
            echo "WRONG $last: $precision ${counted:-nothing}, expected $count: $derivation"
        fi
    fi
done <"$here/expected.csv"
exit $failed
