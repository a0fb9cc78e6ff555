#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# Bad usage: one line that names the place, exit 2, before anything has started. --out in all its forms.

. "$(dirname -- "$0")/common.sh"

# refuse PATTERN ARGUMENT...
refuse()
{
    pattern=$1
    shift
    "$RUN" "$@" >"$SCRATCH/out" 2>"$SCRATCH/err"
    expect "exit code of: $*" 2 $?
    expect "lines of: $*" 1 "$(wc -l <"$SCRATCH/err")"
    expect_match "message of: $*" "$pattern" "$(cat "$SCRATCH/err")"
    [ ! -e "$SCRATCH/touched" ] || fail "COMMAND was started by: $*"
}

touch="touch $SCRATCH/touched"
long=$(printf '%065d' 0)
# shellcheck disable=SC2086 # $touch is a command and its argument
{
    refuse '*COMMAND*'
    refuse '*COMMAND*' --
    refuse '*COMMAND*' --quiet --run r
    refuse '*--frobnicate*expected*' --frobnicate $touch
    refuse '*--live=yes*' --live=yes $touch
    refuse '*--run*1 to 64*a b*' --run 'a b' $touch
    refuse '*--run*' --run= $touch
    refuse '*--run*1 to 64*' --run "$long" $touch
    refuse '*--node*1 to 64*' --node=a/b -- $touch
    refuse '*--run*expected a value*' --run
    refuse '*--out*/no/dir/x*directory*' --out /no/dir/x $touch
    refuse '*--out*directory*' --out "$SCRATCH" $touch
    refuse '*--out*descriptor*' --out /dev/fd/77 $touch
    refuse '*--out*descriptor*' --out=/dev/fd/0 $touch </dev/null
    refuse '*--dir*empty*' --dir= $touch
    refuse '*--reads*expected a value*' --reads
    refuse '*--writes*empty*' --writes= $touch
    refuse '*--writes model:*behind the colon*' --writes model: $touch
    refuse '*--purpose*training*fun*' --purpose fun $touch
    refuse '*--executed*windows or continuous*sometimes*' --executed=sometimes $touch
    refuse '*--executed*BF16*' --executed=windows,BF16 $touch
    refuse '*--executed*' --executed= $touch
    refuse '*--executed*or pm*found "pm,bf16"' --executed=pm,bf16 $touch
    refuse '*--gpu-precision*tf32, fp16*found "fp32"*' --gpu-precision fp32 $touch
    refuse '*--gpu-precision*found "bf16,"*' --gpu-precision=bf16, $touch
    refuse '*--gpu-precision*found "bf16,bf16"*' --gpu-precision bf16,bf16 $touch
    refuse '*--gpu-precision*expected a value*' --gpu-precision
    refuse '*--nvtx*1 to 16 domains*found ""' --nvtx= $touch
    refuse '*--nvtx*1 to 16 domains*found "a,,b"' --nvtx=a,,b $touch
    refuse '*--nvtx*1 to 16 domains*found "a,"' --nvtx=a, $touch
    refuse '*--nvtx*1 to 16 domains*' --nvtx=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17 $touch
    refuse '*--nvtx*1 to 100 bytes*' "--nvtx=$long$long" $touch
}
if [ "$(id -u)" != 0 ]; then
    mkdir "$SCRATCH/closed"
    chmod 500 "$SCRATCH/closed"
    refuse '*--out*written*' --out "$SCRATCH/closed/x" touch "$SCRATCH/touched"
fi
expect 'longest id' 0 "$("$RUN" --quiet --run "${long%0}" true; echo $?)"
expect 'options end at COMMAND' '--run x' "$("$RUN" --quiet echo --run x)"
expect 'options end at --' '--run' "$("$RUN" --quiet -- echo --run)"
expect 'sixteen domains' 0 "$("$RUN" --quiet --nvtx=1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16 true; echo $?)"
expect_match 'help' 'usage: flopmeter run*' "$("$RUN" --help)"
expect_match 'automatic run id' 'run-????????T??????Z-*' "$("$RUN" --quiet sh -c 'echo $FLOPMETER_RUN')"

metered()
{
    "$RUN" --quiet --jvm "$jvm" --jvm none --jvm "$SCRATCH" "$@"
}

# is_document WHAT TEXT
is_document()
{
    expect_match "$1" '{"schema": "flopmeter/run-facts/v1"*}' "$2"
}

metered --out "$SCRATCH/new.json" true
is_document 'new file' "$(cat "$SCRATCH/new.json")"
echo old >"$SCRATCH/old.json"
chmod 640 "$SCRATCH/old.json"
ln -s old.json "$SCRATCH/link.json"
metered "--out=$SCRATCH/link.json" true
ln -s made-by-link.json "$SCRATCH/dangling.json"
metered --out "$SCRATCH/dangling.json" true
is_document 'link to no file yet' "$(cat "$SCRATCH/made-by-link.json")"
[ -L "$SCRATCH/dangling.json" ] || fail 'the link to no file was replaced'
is_document 'link' "$(cat "$SCRATCH/old.json")"
[ -L "$SCRATCH/link.json" ] || fail 'the link was replaced'
expect 'mode is kept' 640 "$(stat -c %a "$SCRATCH/old.json")"
(umask 027; metered --out "$SCRATCH/masked.json" true)
expect 'mode by umask' 640 "$(stat -c %a "$SCRATCH/masked.json")"
(cd "$SCRATCH" && metered --out relative.json sh -c 'cd /')
is_document 'relative path' "$(cat "$SCRATCH/relative.json")"
metered --out /dev/stdout echo first >"$SCRATCH/both"
expect 'stdout, the program first' first "$(head -n 1 "$SCRATCH/both")"
is_document 'stdout, then the document' "$(sed 1d "$SCRATCH/both")"
is_document 'a dash' "$(metered --out - true)"
metered --out /dev/fd/5 true 5>"$SCRATCH/five"
is_document 'a descriptor' "$(cat "$SCRATCH/five")"
mkfifo "$SCRATCH/fifo"
cat "$SCRATCH/fifo" >"$SCRATCH/from-fifo" &
metered --out "$SCRATCH/fifo" true
wait $!
is_document 'a FIFO' "$(cat "$SCRATCH/from-fifo")"
expect 'nothing in the folder of the document' '' "$(find "$SCRATCH" -maxdepth 1 -name '*.tmp')"

rm -rf "${SCRATCH:?}"/shm/*
metered --out /dev/full true 2>"$SCRATCH/err"
expect 'a document that cannot be written' 0 $?
expect_match 'it is said' '*/dev/full*' "$(cat "$SCRATCH/err")"
expect 'it is kept' 1 "$(left_over)"
finish
