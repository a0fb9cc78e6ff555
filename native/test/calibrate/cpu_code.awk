# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# awk -f cpu_code.awk cpu_x86.c|cpu_arm.c objdump-output: FLOP of one iteration of every CPU kernel, counted in the
# binary by mnemonic and register width alone, beside what the table in the source declares. A vector of unknown length
# counts as one lane on both sides.

# FLOP of one instruction, 0 when it does no arithmetic, -1 when it is not known
function x86_flop(mnemonic, operands,    operation, width, element)
{
    width = operands ~ /%zmm/ ? 512 : operands ~ /%ymm/ ? 256 : 128
    # Sums of products, in lanes of 32 bits: two of bf16, four of int8. Tiles: 16 rows of 16 such lanes, 16 deep.
    if (mnemonic == "vdpbf16ps") { return width / 32 * 2 * 2 }
    if (mnemonic == "vpdpbusd") { return width / 32 * 4 * 2 }
    if (mnemonic == "tdpbf16ps") { return 16 * 16 * 16 * 2 * 2 }
    if (mnemonic == "tdpbssd") { return 16 * 16 * 16 * 4 * 2 }
    if (mnemonic ~ /^(v?p?dp|tdp|tc?mm)/) { return -1 }
    if (mnemonic !~ /^v?(add|mul|fn?madd|fn?msub|sub|div|sqrt|max|min)[0-9]*[sp](d|s|h|bf16)$/) { return 0 }
    if (mnemonic !~ /^v?(add|mul|fmadd213)[sp][sdh]$/) { return -1 }
    operation = mnemonic ~ /fmadd/ ? 2 : 1
    element = mnemonic ~ /d$/ ? 64 : mnemonic ~ /s$/ ? 32 : 16
    if (mnemonic ~ /s[sdh]$/) { return operation }
    return operation * width / element
}

function arm_flop(mnemonic, operands,    operation)
{
    # Sums of products into lanes of 32 bits, of which a scalable vector counts as one.
    if (mnemonic == "bfdot") { return (operands ~ /^z/ ? 1 : 4) * 2 * 2 }
    if (mnemonic == "bfmmla" && operands ~ /^v[0-9]+\.4s/) { return 4 * 4 * 2 }
    if (mnemonic == "sdot" && operands ~ /^(v[0-9]+\.4s|z[0-9]+\.s)/) { return (operands ~ /^z/ ? 1 : 4) * 4 * 2 }
    if (mnemonic == "smmla" && operands ~ /^v[0-9]+\.4s/) { return 4 * 8 * 2 }
    if (mnemonic ~ /^(bf|[su]+dot|[su]+mmla|fmmla|f?dot)/ && mnemonic !~ /^bf[cimx]/) { return -1 }
    if (mnemonic !~ /^f(n?m?add|n?mul|mla|mls|n?msub|sub|div|sqrt|max|min)/) { return 0 }
    if (mnemonic !~ /^f(add|mul|mla|madd)$/) { return -1 }
    operation = mnemonic ~ /^fml?a/ && mnemonic != "fmul" ? 2 : 1
    if (operands ~ /^v[0-9]+\.2d/) { return operation * 2 }
    if (operands ~ /^v[0-9]+\.4s/) { return operation * 4 }
    if (operands ~ /^v[0-9]+\.8h/) { return operation * 8 }
    return operation
}

FNR == 1 { file++ }

file == 1 && /__aarch64__/ { is_arm = 1 }

file == 1 && /^ *ROW\(/ {
    text = $0
    sub(/^ *ROW\(/, "", text)
    split(text, field, /, */)
    name = field[1] "_" field[2] "_" field[3]
    declared[name] = 12 * (field[5] + 0 == 0 ? 1 : field[5]) * field[6]
    rows++
    next
}

file == 2 && /^[0-9a-f]+ <.*>:$/ {
    kernel = ""
    if ($2 ~ /^<flopmeter_cpu_/) { kernel = $2; gsub(/^<flopmeter_cpu_|>:$/, "", kernel); flop = 0 }
    if (!(kernel in declared)) { kernel = "" }
    first = 1
    count = 0
    next
}

file == 2 && kernel != "" && NF >= 2 {
    address = $1
    sub(/:$/, "", address)
    # "{vex}" says which of two encodings it is.
    mnemonic = $2 ~ /^\{/ ? $3 : $2
    operands = $2 ~ /^\{/ ? $4 : $3
    one = is_arm ? arm_flop(mnemonic, operands) : x86_flop(mnemonic, operands)
    if (one < 0) { printf "FAIL: %s: no weight for %s\n", kernel, mnemonic; bad = 1; one = 0 }
    addresses[count] = address
    weights[count++] = one
    if (mnemonic ~ /^(jne|b\.ne)$/)
    {
        target = operands
        sub(/^0x/, "", target)
        flop = 0
        outside = 0
        for (i = 0; i < count; i++)
        {
            if (addresses[i] == target) { within = 1 }
            flop += within ? weights[i] : 0
            outside += within ? 0 : weights[i]
        }
        within = 0
        seen[kernel]++
        if (outside) { printf "FAIL: %s: %d FLOP before its loop\n", kernel, outside; bad = 1 }
        if (seen[kernel] > 1) { printf "FAIL: %s: more than one loop\n", kernel; bad = 1 }
        if (flop != declared[kernel])
        {
            printf "FAIL: %s: %d FLOP in the binary, %d declared\n", kernel, flop, declared[kernel]
            bad = 1
        }
        else { agreed++ }
        count = 0
    }
    else if (kernel in seen && one) { printf "FAIL: %s: FLOP behind its loop\n", kernel; bad = 1 }
}

END {
    if (agreed != rows && !bad) { printf "FAIL: %d of %d kernels found in the binary\n", agreed, rows; bad = 1 }
    if (rows == 0) { print "FAIL: no table in the source"; bad = 1 }
    printf "%d kernels agree\n", agreed
    exit bad
}
