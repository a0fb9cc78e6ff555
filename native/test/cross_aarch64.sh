#!/bin/sh
# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# cross_aarch64.sh ROOT GENERATED SCRATCH: what is there for Arm only (NEON and SVE kernels, their table) and what must
# be right there, too, through a cross compiler; the kernels' FLOP counted in the machine code, as on the build's own
# machine; and the kernels run where qemu is here. Skips with a word without the compiler.

set -u
root=$1
generated=$2
scratch=$3
cc=${AARCH64_CC:-aarch64-linux-gnu-gcc}
objdump=${AARCH64_OBJDUMP:-aarch64-linux-gnu-objdump}
failures=0

fail()
{
    failures=$((failures + 1))
    printf 'FAIL: %s\n' "$*" >&2
}

command -v "$cc" >/dev/null || { echo "skipped: no $cc"; exit 77; }
command -v "$objdump" >/dev/null || { echo "skipped: no $objdump"; exit 77; }
rm -rf "$scratch"
mkdir -p "$scratch" || exit 1
cd "$root/native" || exit 1

# compile OPTION... FILE: with the build's own warnings, which are errors
compile()
{
    "$cc" -std=gnu11 -D_GNU_SOURCE -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Wstrict-prototypes \
        -Wmissing-prototypes -Werror -Isrc/calibrate -Isrc/run -Isrc/counter -Isrc/lane -Isrc/intercept -Isrc/cuda \
        -Iinclude -Isrc/cuda/kernels -Itest -I"$generated" -I"$generated/generated" "$@" 2>"$scratch/err" ||
        { head -n 8 "$scratch/err" >&2; return 1; }
}

echo 'int main(void) { return 0; }' >"$scratch/empty.c"
compile -c -o "$scratch/empty.o" "$scratch/empty.c" || { echo "skipped: $cc compiles nothing here"; exit 77; }
for file in src/lane/*.c src/run/*.c src/counter/*.c src/calibrate/*.c src/intercept/dlsym.c test/header.c \
    test/worker_fma.c; do
    # The build makes the list that registry.c is made of.
    [ "$file" = src/counter/registry.c ] || compile -fsyntax-only "$file" || fail "$file"
done

for file in cpu_arm cpu_kernels; do
    compile -O2 -c -o "$scratch/$file.o" src/calibrate/$file.c || fail "$file.c"
done
"$objdump" -d --no-show-raw-insn "$scratch/cpu_arm.o" >"$scratch/code" || fail 'no machine code'
awk -f test/calibrate/cpu_code.awk src/calibrate/cpu_arm.c "$scratch/code" || fail 'FLOP of the Arm kernels'
# The canary: half an instruction more in the table must be seen.
sed 's/\(scalar, fp64, fma, FLOPMETER_FP64, 1, \)2/\13/' src/calibrate/cpu_arm.c >"$scratch/planted.c"
cmp -s "$scratch/planted.c" src/calibrate/cpu_arm.c && fail 'canary: nothing to plant in cpu_arm.c'
awk -f test/calibrate/cpu_code.awk "$scratch/planted.c" "$scratch/code" >"$scratch/canary" 2>&1 &&
    fail 'canary: a wrong table was not seen'
grep -q 'FAIL: scalar_fp64_fma' "$scratch/canary" || fail 'canary: another fault than the planted one'

# Run them: an instruction that is none ends the program.
cat >"$scratch/main.c" <<'END'
#include <stdio.h>
#include "cpu_kernels.h"
int main(void)
{
    for (size_t i = 0; i < flopmeter_cpu_kernels_count; i++)
    {
        if (NULL == flopmeter_cpu_kernels[i].why_not())
        {
            flopmeter_cpu_kernel_run(&flopmeter_cpu_kernels[i], 100);
            puts(flopmeter_cpu_kernels[i].name);
        }
    }
    return 0;
}
END
qemu=${QEMU_AARCH64:-$(command -v qemu-aarch64-static || command -v qemu-aarch64)}
if [ -z "$qemu" ]; then
    echo 'not run: no qemu-aarch64 here'
elif compile -O2 -static -o "$scratch/kernels" "$scratch/main.c" "$scratch/cpu_arm.o" "$scratch/cpu_kernels.o"; then
    "$qemu" -cpu max "$scratch/kernels" >"$scratch/ran" ||
        fail "a kernel did not end, after $(tail -n 1 "$scratch/ran")"
    count=$(wc -l <"$scratch/ran")
    [ "$count" -eq 30 ] || fail "$count of 30 kernels ran"
    for each in neon_fp64_fma sve_fp32_mul scalar_fp32_add neon_bf16_matrix neon_int8_matrix sve_fp16_fma \
        sve_bf16_dot; do
        grep -qx "$each" "$scratch/ran" || fail "$each did not run"
    done
    echo "$count kernels ran in qemu"
else
    fail 'kernels cannot be linked'
fi
[ $failures -eq 0 ] && rm -rf "$scratch"
[ $failures -eq 0 ]
