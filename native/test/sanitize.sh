#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# sanitize.sh SOURCE BUILD address|thread [JAVA_HOME]: build a second tree under a sanitizer and run the tests of the
# core in it, nightly all tests that mean something there. What it reports ends the test that caused it.

source=$1
build=$2
kind=$3
java_home=$4
jobs=2

case $kind in
    address) flags=address,undefined ;;
    *) flags=$kind ;;
esac

mkdir -p "$build" || exit 2
echo 'int main(void) { return 0; }' >"$build/probe.c"
if ! "${CC:-cc}" "-fsanitize=$flags" -o "$build/probe" "$build/probe.c" 2>/dev/null || ! "$build/probe"; then
    echo "SKIPPED: ${CC:-cc} -fsanitize=$flags makes no program that runs here"
    exit 77
fi

ASAN_OPTIONS=detect_leaks=0:abort_on_error=0
UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1
TSAN_OPTIONS=halt_on_error=1
export ASAN_OPTIONS UBSAN_OPTIONS TSAN_OPTIONS

# Not the core's: the command line of ctest, models, and scripts that look at what a plain build exports.
none='^(model_|launcher|style_|sanitize_)'
if [ "${FLOPMETER_NIGHTLY:-false}" = true ]; then
    target=all
    tests='.'
    # Libraries that are not instrumented: their threads look like races, their Python like a program without a runtime.
    [ "$kind" = thread ] && none="$none|^(intercept|onednn)_real|^onednn_torch" || none="$none|^onednn_torch"
else
    # TSan takes ten times the time, and a child of test_fork, forked among threads, did once not end as it should under
    # it on a loaded machine: so the tests in which threads meet, and the others nightly.
    case $kind in
        thread) core='test_(detach|environment|shared|thread)' ;;
        *) core='cuda_account|cuda_inject|cuda_stated|detach|environment|fork|key|kill|lane|shared|signal|thread'
           core="$core|cuda_way|cgroup_job|counter_(gpu|gpu_replay|gpu_random|gpu_bounds|dcgm|dcgm_wrap)"
           core="counter_perf|test_($core)|cuda_death|cudnn"
           core="$core|cuda_(altered|nodes)|cudnn_(backend|bare|nodes|odd|partial)" ;;
    esac
    target=flopmeter_sanitized
    tests="^(planted_.*|$core)\$"
fi

cmake -S "$source" -B "$build" -DCMAKE_C_COMPILER="${CC:-cc}" -DFLOPMETER_SANITIZE="$flags" \
    ${java_home:+-DFLOPMETER_JAVA_HOME="$java_home"} >"$build/configure.log" 2>&1 ||
    { cat "$build/configure.log"; exit 1; }
cmake --build "$build" --target "$target" --parallel "$jobs" >"$build/build.log" 2>&1 ||
    { tail -n 60 "$build/build.log"; exit 1; }
ctest --test-dir "$build" --output-on-failure --timeout 1800 -R "$tests" -E "$none"
