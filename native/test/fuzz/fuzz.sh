#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# fuzz.sh SOURCE SCRATCH drain|control: libFuzzer on what C reads from a process that is not trusted. The committed
# inputs, then some executions more, nightly 5 million; how many branches of the parser the committed inputs reach; and
# the same with a mistake planted, from nothing, which must be found.

source=$1
scratch=$2
target=$3

runs=200000
[ "${FLOPMETER_NIGHTLY:-false}" = true ] && runs=5000000
runs=${FLOPMETER_FUZZ_RUNS:-$runs}
canary_runs=2000000
branches_min=95
seed=${FLOPMETER_FUZZ_SEED:-20261127}

skip()
{
    echo "SKIPPED: $1"
    exit 77
}

fail()
{
    [ -f "$scratch/$2" ] && tail -n 60 "$scratch/$2"
    echo "FAIL: $1"
    exit 1
}

# Debian's tools have the version in their names.
tool()
{
    for suffix in '' -22 -21 -20 -19 -18 -17 -16 -15 -14; do
        command -v "$1$suffix" && return 0
    done
    return 1
}

build()
{
    # shellcheck disable=SC2086 # lists of words
    # Tables of up to 64 slots here are of both kinds: with marks and without.
    "$clang" -DFLOPMETER_DRAIN_UNMARKED_MAX=32 -g -O1 -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -fsanitize=fuzzer$2 $3 \
        -I"$folder" \
        "$source/native/test/fuzz/fuzz_$target.c" $4 -o "$1" >"$1.log" 2>&1 || fail "$1 can't be built" "$1.log"
}

fuzz()
{
    program=$1
    shift
    "./$program" -seed="$seed" -max_len="$length_max" -artifact_prefix="$scratch/" -print_final_stats=1 "$@" 2>&1
}

# Sum over the functions named: missed branches and all branches are the last columns but one.
branches()
{
    LLVM_PROFILE_FILE=raw ./covered -runs=0 "$inputs" >covered.run 2>&1 &&
        "$profdata" merge raw -o profile && "$cov" report ./covered -instr-profile=profile \
        -show-functions -show-branch-summary "$parser" >covered.txt 2>&1 || fail "no coverage" covered.txt
    awk -v names="$functions" '
        BEGIN { count = split(names, list, " "); for (i = 1; i <= count; i++) { wanted[list[i]] = 1 } }
        { name = $1; sub(/^.*:/, "", name) }
        wanted[name] { seen++; all += $(NF - 2); missed += $(NF - 1) }
        END { if (seen != count || 0 == all) { print "unknown"; exit }
            printf "%d of %d branches of %d functions, %d\n", all - missed, all, seen, 100 * (all - missed) / all }
    ' covered.txt
}

clang=$(tool clang) || skip "no clang on this machine (Debian: apt-get install clang libclang-rt-14-dev llvm)"
profdata=$(tool llvm-profdata) || skip "no llvm-profdata on this machine (Debian: apt-get install llvm)"
cov=$(tool llvm-cov) || skip "no llvm-cov on this machine (Debian: apt-get install llvm)"
rm -rf "$scratch" && mkdir -p "$scratch/corpus" "$scratch/none" && cd "$scratch" || exit 2
echo 'int LLVMFuzzerTestOneInput(const char *a, unsigned long b) { return 0 * (int)(b + (unsigned long)a); }' >probe.c
"$clang" -fsanitize=fuzzer,address probe.c -o probe 2>probe.log && ./probe -runs=1 >>probe.log 2>&1 ||
    skip "$clang -fsanitize=fuzzer makes no program that runs here (Debian: apt-get install libclang-rt-14-dev)"

inputs=$source/testdata/fuzz/$target
case $target in
    drain)
        folder=$source/native/src/jni
        parser=$folder/drain.c
        functions='flopmeter_drain drain run_through drain_record drain_open check_record consume'
        functions="$functions add_samples add_to_running drain_closed drain_batch"
        length_max=4104
        sed 's/\*slot >= target->slot_count/*slot > target->slot_count/' "$parser" >planted.c
        linked="$folder/drain.c $folder/guard.c"
        planted="planted.c $folder/guard.c"
        planted_flags=
        ;;
    control)
        folder=$source/native/src/control
        parser=$folder/flopmeter_control.c
        functions='parse_stat is_plain_name check_file map_in flopmeter_control_map'
        length_max=256
        sed 's/strrchr(stat_text/strchr(stat_text/' "$parser" >planted.c
        linked=
        planted=
        planted_flags="-DFLOPMETER_FUZZ_SOURCE=\"$scratch/planted.c\""
        ;;
    *) exit 2 ;;
esac
cmp -s planted.c "$parser" && fail "nothing to plant in $parser" none

sanitizers=',address,undefined -fno-sanitize-recover=undefined'
build fuzzed "$sanitizers" '' "$linked"
build planted "$sanitizers" "$planted_flags" "$planted"
build covered '' '-fprofile-instr-generate -fcoverage-mapping' "$linked"

./fuzzed -runs=0 "$inputs" >committed.run 2>&1 || fail "a committed input is read wrongly" committed.run
fuzz fuzzed -runs="$runs" corpus "$inputs" >fuzzed.run || fail "an input is read wrongly, seed $seed" fuzzed.run
echo "$(find "$inputs" -type f | wc -l) committed inputs, seed $seed, $(
    sed -n 's/^stat::number_of_executed_units: *//p' fuzzed.run) executions"
reached=$(branches)
echo "the committed inputs reach ${reached%, *}"
[ "${reached##*, }" != unknown ] && [ "${reached##*, }" -ge "$branches_min" ] ||
    fail "less than $branches_min % of the branches are reached: $reached" covered.txt

# Without a limit of memory: what writes past a table may change what the allocator believes of itself.
fuzz planted -runs="$canary_runs" -rss_limit_mb=0 none >planted.run &&
    fail "the planted mistake is not found in $canary_runs executions" planted.run
grep -qE 'heap-buffer-overflow|fuzz_(drain|control): ' planted.run || fail "no mistake, but an accident" planted.run
echo "the planted mistake is found: $(grep -m 1 -oE 'heap-buffer-overflow|fuzz_(drain|control): .*' planted.run)"
