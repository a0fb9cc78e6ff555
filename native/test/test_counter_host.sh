#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# `flopmeter-counter host` as a process: test_counter_host.sh PROGRAM-WITH-A-CLOCK PROGRAM
# The first counts the nanoseconds of each CPU with the kernel's own software event.

set -u
program=$1
real=$2
folder=$(mktemp -d) || exit 1
trap 'rm -rf "$folder"' EXIT

fail()
{
    echo "FAILED: $*" >&2
    exit 1
}

field()
{
    sed -n "$1p" "$folder/out" | sed "s/.*\"$2\": \"\{0,1\}\([A-Za-z0-9_]*\).*/\1/"
}

# One answer for each line, and an end with the end of the questions. On this machine whatever it is.
printf '\n\n' | "$real" host > "$folder/out" || fail "exit code $?"
case $(field 1 state) in
    AVAILABLE | TAKEN) [ 2 = "$(wc -l < "$folder/out")" ] || fail "two questions: $(cat "$folder/out")" ;;
    ABSENT | NO_PERMISSION | WRONG_DRIVER | FAILED)
        [ 1 = "$(wc -l < "$folder/out")" ] || fail "one reason: $(cat "$folder/out")" ;;
    *) fail "no state: $(cat "$folder/out")" ;;
esac
for wrong in --since --since-ns; do
    "$real" host "$wrong" 2> "$folder/err" < /dev/null
    [ 2 = $? ] || fail "$wrong is taken"
done
"$real" host --since-ns 12x 2> "$folder/err" < /dev/null
[ 2 = $? ] || fail "12x is taken"

printf '\nx\n' | "$program" host > "$folder/out" || fail "exit code $?"
case $(field 1 state) in
    AVAILABLE) ;;
    *)
        echo "skipped: no software event of a whole CPU here: $(cat "$folder/out")"
        exit 77
        ;;
esac
[ 2 = "$(wc -l < "$folder/out")" ] || fail "an x is no question: $(cat "$folder/out")"
first=$(field 1 lower)
second=$(field 2 lower)
[ "$first" -gt 0 ] && [ "$second" -gt "$first" ] || fail "lower ends $first, $second"
grep -q '"gaps": \[\]' "$folder/out" || fail "a gap from the beginning: $(cat "$folder/out")"

# A second process goes on where the first ended: a gap from there, and its end is in the upper end.
since=$(field 2 endMonotonicNs)
printf '\n' | "$program" host --since-ns "$since" > "$folder/out" || fail "exit code $?"
[ "$since" = "$(field 1 beginMonotonicNs)" ] || fail "begins at $(field 1 beginMonotonicNs), not $since"
grep -q "\"gaps\": \[{\"beginMonotonicNs\": $since, .*\"reason\": \"FAILED\"" "$folder/out" ||
    fail "no gap: $(cat "$folder/out")"

# Nobody reads any more: it ends, though questions go on.
yes '' | "$program" host | head -n 1 > "$folder/out"
[ 1 = "$(wc -l < "$folder/out")" ] || fail "no answer"

# ask N: and wait until there are N answers
ask()
{
    echo >&3
    tries=0
    until [ "$1" -le "$(wc -l < "$folder/out")" ]; do
        tries=$((tries + 1))
        [ $tries -lt 1000 ] || fail "no answer $1"
        sleep 0.02
    done
}

# wish WORD NUMBER UNTIL
wish()
{
    printf 'flopmeter/wish/v1 %s %016x %s\n' "$1" "$2" "$3" > "$folder/place/.wish"
    mv "$folder/place/.wish" "$folder/place/pause.wish"
}

# Paused and resumed: nothing is counted meanwhile, the bound grows, and it says what it has done.
mkdir "$folder/place" && mkfifo "$folder/in" || exit 1
"$program" host --pause-dir "$folder/place" < "$folder/in" > "$folder/out" &
host=$!
exec 3> "$folder/in"
ask 1
wish pause 1 18446744073709551615
ask 2
ask 3
expected='"name": "perf-host".*"isFree": true, "wishes": \["0000000000000001"\], "detail": ""'
grep -q "$expected" "$folder"/place/hold-*.json || fail "no answer: $(cat "$folder"/place/hold-*.json)"
[ PAUSED = "$(field 3 state)" ] || fail "state $(field 3 state)"
[ "$(field 2 lower)" = "$(field 3 lower)" ] || fail "counted while paused: $(field 2 lower), $(field 3 lower)"
wish resume 2 0
ask 4
ask 5
[ AVAILABLE = "$(field 5 state)" ] || fail "state $(field 5 state)"
[ "$(field 5 lower)" -gt "$(field 3 lower)" ] || fail "it does not come back"
sed -n 5p "$folder/out" | grep -q '"gaps": \[{[^]]*"reason": "PAUSED"' || fail "no gap: $(sed -n 5p "$folder/out")"
exec 3>&-
wait "$host" || fail "exit code $?"
[ -z "$(find "$folder/place" -name 'hold-*')" ] || fail 'it holds something when it is gone'

# Begun in a pause it opens nothing.
wish pause 3 18446744073709551615
printf '\n\n' | "$program" host --pause-dir "$folder/place" > "$folder/out" || fail "exit code $?"
[ 1 = "$(wc -l < "$folder/out")" ] && [ PAUSED = "$(field 1 state)" ] || fail "begun paused: $(cat "$folder/out")"
"$program" host --pause-dir relative 2> "$folder/err" < /dev/null
[ 2 = $? ] || fail 'a relative folder is taken'
