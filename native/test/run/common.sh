#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Sourced by the scripts of the supervisor's tests. RUN: the supervisor, HELPER: run_helper, SCRATCH: a fresh folder for
# each script.

set -u
failures=0
here=$(dirname -- "$0")
rm -rf "${SCRATCH:?is empty: expected a folder of its own}"
mkdir -p "$SCRATCH/shm" "$SCRATCH/state" || exit 1
FLOPMETER_DIR=$SCRATCH/state
FLOPMETER_TEST_SHM=$SCRATCH/shm
export FLOPMETER_DIR FLOPMETER_TEST_SHM HELPER RUN SCRATCH
unset FLOPMETER_LANE_DIR FLOPMETER_NODE FLOPMETER_RUN LD_PRELOAD
jvm=$here/fake_jvm.sh

fail()
{
    failures=$((failures + 1))
    printf 'FAIL: %s\n' "$*" >&2
}

# expect WHAT EXPECTED FOUND
expect()
{
    [ "$2" = "$3" ] || fail "$1: expected '$2', found '$3'"
}

# expect_match WHAT PATTERN TEXT
expect_match()
{
    # shellcheck disable=SC2254 # the pattern is a pattern
    case $3 in
        $2) ;;
        *) fail "$1: expected $2, found '$3'" ;;
    esac
}

# await COMMAND...: true within 20 s
await()
{
    tries=0
    until "$@"; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || { fail "waited in vain for: $*"; return 1; }
        sleep 0.02
    done
}

# field NAME FILE: the value of a number, word or list in a facts document
field()
{
    sed -n "s/.*\"$1\": \\(\\[[^]]*\\]\\|[^,}]*\\).*/\\1/p" "$2" | head -n 1
}

# How many meter directories are left.
left_over()
{
    find "$SCRATCH/shm" "$SCRATCH/state" -name control | wc -l
}

finish()
{
    [ $failures -eq 0 ] || printf '%s failures\n' $failures >&2
    # Whoever still stands for the meter of a supervisor that was killed ends when its folder is gone.
    [ $failures -ne 0 ] || rm -rf "$SCRATCH/shm"
    [ $failures -eq 0 ]
    exit
}
