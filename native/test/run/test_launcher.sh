#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# The launcher on a fresh checkout, with a Maven that only pretends: commands started side by side build once, and the
# program's descriptors are its own. Then which class archive it offers to which JVM.

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

# Whoever is started says with what.
mkdir -p "$SCRATCH/jdk/bin" "$tree/target/dist/jar" "$tree/target/dist/share/flopmeter"
printf '#!/bin/sh\nprintf "%%s\\n" "$@"\n' >"$SCRATCH/jdk/bin/java"
cp "$SCRATCH/jdk/bin/java" "$tree/target/dist/bin/flopmeter-run"
printf '#!/bin/sh\necho "javac 17.0.1"\n' >"$SCRATCH/jdk/bin/javac"
chmod +x "$SCRATCH"/jdk/bin/* "$tree/target/dist/bin/flopmeter-run"
echo 'JAVA_VERSION="17.0.1"' >"$SCRATCH/jdk/release"
words=$(JAVA_HOME=$SCRATCH/jdk "$tree/flopmeter" top | tr '\n' ' ')
expect_match 'what a JVM says, off the stdout of a command' '-Xlog:disable -Xlog:all=warning:stderr *' "$words"
archive=$tree/target/dist/share/flopmeter/classes.jsa
offered()
{
    for command in top 'run -- true' 'policy list' sidecar; do
        # shellcheck disable=SC2086 # a command and its arguments
        JAVA_HOME=$SCRATCH/jdk "$tree/flopmeter" $command 2>"$SCRATCH/err" | grep -c SharedArchiveFile
    done | tr '\n' ' '
}
expect 'no archive' '0 0 0 0 ' "$(offered)"
touch -d '1 hour ago' "$tree/target/dist/jar/flopmeter.jar"
touch "$archive"
expect 'an archive of unknown origin' '0 0 0 0 ' "$(offered)"
made_for()
{
    { echo "$1"; wc -c <"$archive"; cat "$SCRATCH/jdk/release"; } >"$archive.for"
}
made_for "$tree/target/dist"
expect "this JVM's archive" '1 1 1 1 ' "$(offered)"
echo 'JAVA_VERSION="21.0.1"' >"$SCRATCH/jdk/release"
expect "another JVM's archive" '0 0 0 0 ' "$(offered)"
made_for "$tree/other"
expect "another place's archive" '0 0 0 0 ' "$(offered)"
made_for "$tree/target/dist"
expect "the new JVM's archive" '1 1 1 1 ' "$(offered)"
touch -d '1 hour ago' "$archive"
touch "$tree/target/dist/jar/flopmeter.jar"
expect 'an archive older than the jar' '0 0 0 0 ' "$(offered)"
echo more >>"$archive"
expect 'an archive of another length' '0 0 0 0 ' "$(offered)"
made_for "$tree/target/dist"
expect 'an archive of that length' '1 1 1 1 ' "$(offered)"
rm "$SCRATCH/jdk/release"
touch "$archive"
expect 'a JVM that says nothing of itself' '0 0 0 0 ' "$(offered)"
finish
