#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# archive-classes.sh ROOT JAVA_HOME: makes the class archive (CDS) of the laid out jars: what the meter and its
# commands load, already parsed, so that a JVM maps it at the start. Beside it stands what it is for, for the launcher:
# the place of the jars, the archive's length (a JVM that is given a cut one falls) and the JVM's release. Never fails a
# build: without an archive all works the same, only later.

set -u

root=$1
home=$2
dist=$root/target/dist
archive=$dist/share/flopmeter/classes.jsa
made=$archive.$$
work=$(mktemp -d "${TMPDIR:-/tmp}/flopmeter-classes-XXXXXX") || exit 0
trap 'rm -rf "$work" "$made" "$made.for"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

# Of the user's only his directory of live meters is used, as by any run: state and ledger are elsewhere.
export FLOPMETER_DIR="$work/state" LC_ALL=C.UTF-8
lists=0

give_up()
{
    echo "flopmeter: no class archive: $1; commands start later, all else is the same" >&2
    [ ! -f "$work/log" ] || tail -n 5 "$work/log" >&2
    exit 0
}

# As the launcher starts it; what the module system is told is part of an archive.
java_bounded()
{
    timeout -k 10 120 "$home/bin/java" -XX:+UseSerialGC --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED \
        --enable-native-access=ALL-UNNAMED "$@" >>"$work/log" 2>&1 </dev/null
}

# What the JVM of one command loads. A command that fails still leaves the list of what it took.
load()
{
    lists=$((lists + 1))
    java_bounded "-XX:DumpLoadedClassList=$work/$lists.list" "-Dflopmeter.native.path=$dist/lib" -cp "$dist/jar/*" \
        org.flopmeter.node.Main "$@"
}

# The same of the JVM beside a program that is metered. --writes: a sidecar of the user's would not take such a run.
load_run()
{
    lists=$((lists + 1))
    timeout -k 10 120 "$dist/bin/flopmeter-run" --preload "$dist/lib/libflopmeter_intercept.so" \
        --jvm "$home/bin/java" --jvm -XX:+UseSerialGC --jvm --add-opens=java.base/jdk.internal.misc=ALL-UNNAMED \
        --jvm --enable-native-access=ALL-UNNAMED --jvm "-XX:DumpLoadedClassList=$work/$lists.list" \
        --jvm "-Dflopmeter.native.path=$dist/lib" --jvm -cp --jvm "$dist/jar/*" --jvm org.flopmeter.node.Main \
        --writes "$work/model" "$@" >>"$work/log" 2>&1 </dev/null
}

rm -f "$archive" "$archive.for"
[ -f "$home/release" ] || give_up "no $home/release says which JVM this is"
case $dist in
    *[!A-Za-z0-9/._+-]*) give_up "a JVM does not find its jars again below $dist" ;;
esac

load_run --run archive --node training --out "$work/result.json" -- \
    "$dist/bin/flopmeter-demo-train" --epochs 1 --expect "$work/model"
load top --once
load status --json
load doctor
load ledger total
load graph total "$work/model"
load graph eval "$root/testdata/graph/01-seed1-single-network.json"
load policy list
load assess student --graph "$root/testdata/assess/project.json" --facts "$root/testdata/assess/facts.yaml"

# Numbers of classes are each list's own, and only loaders of a program's own need them.
cat "$work"/*.list 2>/dev/null | sed 's/ id: [0-9]*$//' | awk '!seen[$0]++' >"$work/classes"
[ -s "$work/classes" ] || give_up "the JVM does not list what it loads"
java_bounded -Xshare:dump "-XX:SharedClassListFile=$work/classes" "-XX:SharedArchiveFile=$made" -cp "$dist/jar/*" &&
    [ -s "$made" ] || give_up "the JVM does not write one"
{ echo "$dist" && wc -c <"$made" && cat "$home/release"; } >"$made.for" && mv "$made" "$archive" &&
    mv "$made.for" "$archive.for" || give_up "$archive can't be written"
exit 0
