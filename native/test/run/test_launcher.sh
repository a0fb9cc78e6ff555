#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The launcher on a fresh checkout, with a Maven that only pretends: commands started side by side build once, and the
# program's descriptors are its own.

. "$(dirname -- "$0")/common.sh"

command -v flock >/dev/null || { echo 'skipped: no flock'; exit 77; }
tree=$SCRATCH/tree
mkdir -p "$tree/java/src/main" "$tree/native" "$tree/config" "$tree/bench/src" "$SCRATCH/bin"
touch "$tree/pom.xml" "$tree/CMakeLists.txt" "$tree/java/pom.xml" "$tree/bench/pom.xml"
cp "$here/../../../flopmeter" "$tree/"
cat >"$SCRATCH/bin/mvn" <<'SCRIPT'
#!/bin/sh
[ "$1" != -v ] || { echo 'Apache Maven 3.9.0'; exit 0; }
echo build >>"$SCRATCH/builds"
[ "${MAVEN_FAILS:-no}" = no ] || { echo 'what went wrong'; exit 1; }
mkdir -p target/dist/bin
printf '#!/bin/sh\nread -r line <&9\necho "ran $line"\n' >target/dist/bin/flopmeter-run
chmod +x target/dist/bin/flopmeter-run
touch target/dist/built
[ "${MAVEN_FAILS_LATE:-no}" = no ] || { echo 'what went wrong late'; exit 1; }
SCRIPT
for tool in cmake make cc; do
    printf '#!/bin/sh\nexit 0\n' >"$SCRATCH/bin/$tool"
done
printf '#!/bin/sh\necho "javac 17.0.1"\n' >"$SCRATCH/bin/javac"
chmod +x "$SCRATCH"/bin/*
PATH=$SCRATCH/bin:$PATH
JAVA_HOME=
CC=cc
export PATH JAVA_HOME CC
echo nine >"$SCRATCH/nine"

MAVEN_FAILS=yes "$tree/flopmeter" run -- true 9<"$SCRATCH/nine" >"$SCRATCH/out" 2>"$SCRATCH/err"
expect 'a build that fails' 3 $?
expect_match 'a build that fails, said' '*what went wrong*the build failed*' "$(cat "$SCRATCH/err")"
# The stamp is made before the benchmarks are: a command after such a build must not take it for whole.
MAVEN_FAILS_LATE=yes "$tree/flopmeter" run -- true 9<"$SCRATCH/nine" >"$SCRATCH/out" 2>"$SCRATCH/err"
expect 'a build that fails late' 3 $?
expect_match 'a build that fails late, said' '*what went wrong late*' "$(cat "$SCRATCH/err")"
rm -f "$SCRATCH/builds"
for i in 1 2 3; do
    "$tree/flopmeter" run -- true 9<"$SCRATCH/nine" >"$SCRATCH/out$i" 2>/dev/null &
done
wait
for i in 1 2 3; do
    expect "command $i" 'ran nine' "$(cat "$SCRATCH/out$i")"
done
expect 'builds' build "$(cat "$SCRATCH/builds")"
"$tree/flopmeter" >"$SCRATCH/out" 2>"$SCRATCH/err"
expect 'without a command' 2 $?
expect 'without a command, stdout' '' "$(cat "$SCRATCH/out")"
finish
