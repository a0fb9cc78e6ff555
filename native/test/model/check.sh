#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# check.sh MODEL SCRATCH good|bad [NAME[=VALUE]]: search every state of the model. The good one has no error and no line
# that is never reached; a bad one, with the mistake NAME planted, breaks an assertion.

# Two deaths of a meter and a journal of one sample take 10.3 GB, a ring of six cells 11.5.
[ "${FLOPMETER_NIGHTLY:-false}" = true ] && mib_default=12000 || mib_default=6000

model=$1
scratch=$2
expected=$3
planted=$4

search()
{
    rm -f pan* ./*.trail
    # shellcheck disable=SC2086 # a list of definitions
    spin $1 -a "$model" >spin.log 2>&1 || { cat spin.log; exit 2; }
    mib=${FLOPMETER_MODEL_MIB:-$mib_default}
    # Most steps are under an `unless` or a `provided`, where partial order reduction has nothing to say: plain search.
    "${CC:-cc}" -O2 -DSAFETY -DNOREDUCE -DCOLLAPSE -DMEMLIM="$mib" -o pan pan.c >cc.log 2>&1 || { cat cc.log; exit 2; }
    # -E: a killed writer stands where it was. That the meter always comes to its end is an assertion of the model.
    ./pan -E -m20000 >search.log 2>&1
    rm -f pan*
}

fail()
{
    cat search.log
    echo "FAIL: $1"
    exit 1
}

check_good()
{
    search "$1"
    grep -E 'errors:|states, stored|elapsed|total actual' search.log
    if ! grep -q 'errors: 0$' search.log || grep -qE 'Search not completed|max search depth|reached -D' search.log; then
        fail "not every state was searched, or one of them is an error: $1"
    fi
    [ "$(grep -c '(0 of [0-9]* states)' search.log)" = 3 ] ||
        fail "a part of the model is never reached, so nothing is known about it: $1"
}

if ! command -v spin >/dev/null 2>&1; then
    echo "SKIPPED: no spin on this machine (Debian: apt-get install spin)"
    exit 77
fi
mkdir -p "$scratch" && cd "$scratch" || exit 2

if [ "$expected" = bad ]; then
    search "-D$planted"
    grep '^pan:1: assertion violated' search.log || fail "the model does not see the mistake $planted"
    exit 0
fi
check_good ""
if [ "${FLOPMETER_NIGHTLY:-false}" = true ]; then
    check_good "-DMETER_CRASHES=2 -DJOURNAL=1"
    check_good "-DJOURNAL=1"
    check_good "-DSAMPLES=4 -DLOG=2"
    check_good "-DSAMPLES=4 -DCELLS=6"
fi
