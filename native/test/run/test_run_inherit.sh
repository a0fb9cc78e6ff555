#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# What COMMAND inherits is what the supervisor inherited: streams byte for byte, descriptors, signals, umask, limits,
# environment.

. "$(dirname -- "$0")/common.sh"

head -c 67108864 /dev/urandom >"$SCRATCH/random"
"$RUN" --quiet -- cat <"$SCRATCH/random" | cmp - "$SCRATCH/random" || fail 'cat of a file differs'
# shellcheck disable=SC2002 # a pipe on both ends is what is tested
cat "$SCRATCH/random" | "$RUN" --quiet cat | "$RUN" --quiet cat | cmp - "$SCRATCH/random" || fail 'a pipeline differs'
"$RUN" --quiet sh -c 'cat >&2' <"$SCRATCH/random" 2>"$SCRATCH/copy"
cmp "$SCRATCH/copy" "$SCRATCH/random" || fail 'stderr differs'
rm -f "$SCRATCH/random" "$SCRATCH/copy"

# The writer gets SIGPIPE as soon as COMMAND has closed its stdin, though the supervisor lives on.
echo >"$SCRATCH/running"
(yes; echo $? >"$SCRATCH/yes") | "$RUN" --quiet sh -c 'exec <&-; exec "$HELPER" await "$SCRATCH/running"' &
await test -s "$SCRATCH/yes"
rm "$SCRATCH/running"
wait

# shellcheck disable=SC2012 # names of descriptors are numbers
plain=$(sh -c 'ls /proc/self/fd | wc -l')
expect 'descriptors' "$plain" "$("$RUN" --quiet -- sh -c 'ls /proc/self/fd | wc -l')"
plain=$(sh -c 'ls /proc/self/fd | tr "\n" " "' <&-)
expect 'descriptors, stdin closed' "$plain" "$("$RUN" --quiet -- sh -c 'ls /proc/self/fd | tr "\n" " "' <&-)"
"$RUN" --quiet -- sh -c 'echo extra >&7' 7>"$SCRATCH/seven"
expect 'an extra descriptor' extra "$(cat "$SCRATCH/seven")"
"$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" -- true 7>"$SCRATCH/seven"
expect 'descriptors of the JVM' '0 1 2 ' "$(sed -n 's/.* \([0-2]\) -> .*/\1/p' "$SCRATCH/descriptors" | tr '\n' ' ')"
grep -q seven "$SCRATCH/descriptors" && fail 'the JVM holds a descriptor of the program'

expect 'signals, umask' "$("$HELPER" state)" "$("$RUN" --quiet -- "$HELPER" state | sed 's/pgid own/pgid shared/')"
for signals in HUP PIPE CHLD 'HUP INT QUIT CHLD TSTP USR1'; do
    # shellcheck disable=SC2086 # a list
    expect "ignored $signals" "$(trap '' $signals; "$HELPER" state)" \
        "$(trap '' $signals; "$RUN" --quiet "$HELPER" state)"
done
expect 'ignored SIGCHLD' "$("$HELPER" exec-ignoring-sigchld "$HELPER" state)" \
    "$("$HELPER" exec-ignoring-sigchld "$RUN" --quiet "$HELPER" state)"
expect_match 'ignored SIGCHLD is seen by the helper' 'SigIgn:????????????[13579bdf]????' \
    "$("$HELPER" exec-ignoring-sigchld "$HELPER" state | grep SigIgn | cut -c 1-24)"
expect 'umask 027, nice, limit' "$(umask 027; ulimit -n 200; nice -n 3 "$HELPER" state)" \
    "$(umask 027; ulimit -n 200; nice -n 3 "$RUN" --quiet "$HELPER" state)"
expect_match 'process group' '*pgid shared*' "$("$RUN" --quiet "$HELPER" state)"
expect 'working directory' /usr "$(cd /usr && "$RUN" --quiet pwd)"
# 32 and 33 are the C library's own: nobody can change them, and a JVM that starts ctest may leave them ignored.
expect_match 'signals of the JVM' '*SigIgn:?0000000[01][08]0000000*' \
    "$("$HELPER" exec-ignoring-sigchld "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" true
        cat "$SCRATCH/signals")"

# What the supervisor's own writes bring upon it is not COMMAND's: SIGXFSZ beyond a limit, SIGPIPE of a closed stderr.
(ulimit -f 0; "$RUN" --quiet "$HELPER" state >/dev/null 2>&1)
expect 'no file may be written' 0 $?
mkfifo "$SCRATCH/closed-stderr"
rm -f "$SCRATCH/started"
true <"$SCRATCH/closed-stderr" &
export jvm
setsid -w "$RUN" --live --jvm "$jvm" --jvm none --jvm "$SCRATCH" -- \
    sh -c 'until [ -s "$SCRATCH/started" ]; do sleep 0.01; done; exit 5' 2>"$SCRATCH/closed-stderr"
expect 'stderr is closed at its other end' 5 $?

# The environment: ours are new, the rest is the same in the same order.
env >"$SCRATCH/plain"
"$RUN" --quiet --run r1 --node n1 env >"$SCRATCH/metered"
expect 'run' 'FLOPMETER_RUN=r1' "$(grep '^FLOPMETER_RUN=' "$SCRATCH/metered")"
expect 'node' 'FLOPMETER_NODE=n1' "$(grep '^FLOPMETER_NODE=' "$SCRATCH/metered")"
grep -q "^FLOPMETER_LANE_DIR=$SCRATCH/shm/" "$SCRATCH/metered" || fail 'FLOPMETER_LANE_DIR is not set'
grep -v -E '^FLOPMETER_(RUN|NODE|LANE_DIR|SPILL_DIR)=' "$SCRATCH/metered" | cmp - "$SCRATCH/plain" ||
    fail 'the environment differs'
expect 'no node' '' "$(FLOPMETER_NODE=stale "$RUN" --quiet env | grep FLOPMETER_NODE)"

# The preloaded library comes first, the user's stay behind it; a broken one is not named at all.
expect 'preload' "LD_PRELOAD=$LIBRARY" "$("$RUN" --quiet --preload "$LIBRARY" env | grep LD_PRELOAD)"
expect 'preload of the user' "LD_PRELOAD=$LIBRARY:$LIBRARY_USER" \
    "$(export LD_PRELOAD="$LIBRARY_USER"; "$RUN" --quiet --preload "$LIBRARY" env | grep LD_PRELOAD)"
expect 'preload named twice' "LD_PRELOAD=$LIBRARY:$LIBRARY_USER" \
    "$(export LD_PRELOAD="$LIBRARY $LIBRARY_USER"; "$RUN" --quiet --preload "$LIBRARY" env | grep LD_PRELOAD)"
expect 'preload that is missing' '' "$("$RUN" --preload /no/such.so env 2>"$SCRATCH/err" | grep LD_PRELOAD)"
expect_match 'preload that is missing, warning' '*/no/such.so*No such file*' "$(cat "$SCRATCH/err")"
expect 'preload that is no library' '' "$("$RUN" --quiet --preload "$SCRATCH/plain" env | grep LD_PRELOAD)"
mkdir -p "$SCRATCH/a b:c"
cp "$LIBRARY" "$SCRATCH/a b:c/library.so"
"$RUN" --quiet --preload "$SCRATCH/a b:c/library.so" cat /proc/self/maps >"$SCRATCH/out" 2>"$SCRATCH/err"
expect 'preload with a blank, ld.so' '' "$(cat "$SCRATCH/err")"
grep -q 'a b:c/library.so' "$SCRATCH/out" || fail 'a library with a blank in its path is not loaded'
link=$("$RUN" --quiet --preload "$SCRATCH/a b:c/library.so" sh -c 'echo "$LD_PRELOAD"')
expect_match 'link to its folder' '/*/preload-????????????????/library.so' "$link"
link=${link%/library.so}
[ ! -L "$link" ] || rm "$link"

# The JVM gets none of it, nor options meant for the program's JVMs.
expect 'names of files are UTF-8 for the JVM' 'LC_CTYPE=C.UTF-8 LC_MESSAGES=C' "$(
    LC_ALL=C "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" true
    grep -E '^LC_[A-Z]*=.' "$SCRATCH/environment" | sort | tr '\n' ' ' | sed 's/ $//')"
LD_PRELOAD=$LIBRARY_USER JAVA_TOOL_OPTIONS=-Dx \
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" --preload "$LIBRARY" true
grep -E '^(LD_PRELOAD|FLOPMETER_|JAVA_TOOL_OPTIONS)' "$SCRATCH/environment" && fail 'environment of the JVM'
# Executed operations of GPUs: the driver's library is beside that of ld.so, unless the user has one of their own.
mkdir -p "$SCRATCH/lib"
cp "$LIBRARY" "$SCRATCH/lib/libflopmeter_intercept.so"
executed()
{
    "$RUN" --preload "$SCRATCH/lib/libflopmeter_intercept.so" "$@" 2>"$SCRATCH/err" |
        grep -E '^(CUDA_INJECTION64_PATH|FLOPMETER_EXECUTED)=' | sort | tr '\n' ' '
}
# reason of the first gap, 0 = none
gap='od -A n -t u4 -j 4164 -N 4 "$FLOPMETER_LANE_DIR/control" >"$SCRATCH/gap"; env'
expect 'executed, no library' '' "$(executed --executed sh -c "$gap")"
expect 'its gap' '9' "$(tr -d ' ' <"$SCRATCH/gap")"
expect_match 'its message' '*libflopmeter_cuda.so is not beside*' "$(cat "$SCRATCH/err")"
cp "$LIBRARY" "$SCRATCH/lib/libflopmeter_cuda.so"
ours=CUDA_INJECTION64_PATH=$SCRATCH/lib/libflopmeter_cuda.so
expect 'executed, not asked for' '' "$(executed sh -c "$gap")"
expect 'executed' "$ours FLOPMETER_EXECUTED=windows " "$(executed --executed sh -c "$gap")"
expect 'no gap' '0' "$(tr -d ' ' <"$SCRATCH/gap")"
expect 'continuous' "$ours FLOPMETER_EXECUTED=continuous,bf16 " "$(executed --executed=continuous,bf16 env)"
expect 'executed, nested' "$ours FLOPMETER_EXECUTED=continuous " \
    "$(executed --executed "$RUN" --preload "$SCRATCH/lib/libflopmeter_intercept.so" --executed=continuous env)"
expect 'from outside the program' 'FLOPMETER_EXECUTED=pm ' "$(executed --executed=pm env)"
expect 'from outside, nested' "$ours FLOPMETER_EXECUTED=continuous " \
    "$(executed --executed=continuous "$RUN" --preload "$SCRATCH/lib/libflopmeter_intercept.so" --executed=pm env)"
expect_match 'its message' '*--executed=pm*outer run*' "$(cat "$SCRATCH/err")"
expect 'the library of the user' 'CUDA_INJECTION64_PATH=/opt/theirs.so ' \
    "$(export CUDA_INJECTION64_PATH=/opt/theirs.so; executed --executed sh -c "$gap")"
expect 'its gap' '11' "$(tr -d ' ' <"$SCRATCH/gap")"
expect_match 'its message' '*operations of GPUs are not counted: CUDA_INJECTION64_PATH*/opt/theirs.so*' \
    "$(cat "$SCRATCH/err")"

# NVTX ranges, likewise; without them nothing goes uncounted, so there is no gap.
ranges()
{
    "$RUN" --preload "$SCRATCH/lib/libflopmeter_intercept.so" "$@" 2>"$SCRATCH/err" |
        grep -E '^(NVTX_INJECTION64_PATH|FLOPMETER_NVTX)=' | sort | tr '\n' ' '
}
expect 'ranges, no library' '' "$(ranges --nvtx sh -c "$gap")"
expect_match 'their message' '*--nvtx: ranges are not read: libflopmeter_nvtx.so is not beside*' "$(cat "$SCRATCH/err")"
expect 'no gap' '0' "$(tr -d ' ' <"$SCRATCH/gap")"
cp "$LIBRARY" "$SCRATCH/lib/libflopmeter_nvtx.so"
ours="NVTX_INJECTION64_PATH=$SCRATCH/lib/libflopmeter_nvtx.so "
expect 'ranges, not asked for' '' "$(ranges env)"
expect 'ranges' "FLOPMETER_NVTX=default $ours" "$(ranges --nvtx env)"
expect 'ranges of domains' "FLOPMETER_NVTX=default,a b $ours" "$(ranges '--nvtx=default,a b' env)"
expect 'ranges, nested' "FLOPMETER_NVTX=NCCL $ours" \
    "$(ranges --nvtx "$RUN" --preload "$SCRATCH/lib/libflopmeter_intercept.so" --nvtx=NCCL env)"
expect 'the library of the user' 'NVTX_INJECTION64_PATH=/opt/theirs.so ' \
    "$(export NVTX_INJECTION64_PATH=/opt/theirs.so; ranges --nvtx sh -c "$gap")"
expect_match 'its message' '*--nvtx: ranges are not read: NVTX_INJECTION64_PATH*/opt/theirs.so*' "$(cat "$SCRATCH/err")"
expect 'no gap' '0' "$(tr -d ' ' <"$SCRATCH/gap")"

finish
