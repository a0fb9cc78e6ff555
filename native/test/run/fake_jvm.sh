#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Stands for the aggregator: when facts.json is there, it is the result. $1 = what goes wrong, $2 = a folder for notes
# (the environment is cleaned, so they are arguments), then what the supervisor appends.

fault=$1
notes=$2
shift 2
echo "$*" >>"$notes/arguments"
env >"$notes/environment"
ls -l /proc/self/fd >"$notes/descriptors"
grep -E 'Sig(Blk|Ign)' /proc/self/status >"$notes/signals"
echo $$ >>"$notes/started"
while [ $# -gt 0 ]; do
    [ "$1" != --meter-dir ] || directory=$2
    shift
done
starts=$(wc -l <"$notes/started")

case $fault in
    dies) [ "$starts" -gt 2 ] || exit 3 ;;
    dies-always) exit 3 ;;
    hangs) exec sleep 600 ;;
    # Asleep until it is told of the end.
    told) dd bs=1 count=1 of="$notes/told" 2>/dev/null; [ -f "$directory/facts.json" ] || exit 6 ;;
    hangs-once) [ "$starts" -gt 1 ] || exec sleep 600 ;;
esac
while [ ! -f "$directory/facts.json" ]; do
    # A supervisor that was killed ends nobody: finish() does, by taking the folder away.
    [ -d "$directory" ] || exit 5
    sleep 0.02
done
[ "$fault" != dies-at-end ] || [ "$starts" -gt 1 ] || exit 4
cp "$directory/run.json" "$notes/run.json"
printf 'summary of the fake\n' >"$directory/summary.txt"
cp "$directory/facts.json" "$directory/.result.tmp"
mv "$directory/.result.tmp" "$directory/result.json"
[ "$fault" != lingers ] || exec sleep 600
