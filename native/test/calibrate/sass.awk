# Copyright The flopmeter authors
# SPDX-License-Identifier: Apache-2.0
#
# awk -v golden=0 -f sass.awk kernel_list.h code: FLOP of one iteration of one block, counted in the machine
# code, beside what kernel_list.h declares. The weights come from the names of the instructions alone. The code is what
# nvdisasm -c or sass_words.c prints.
# With golden=1: one line per kernel with the instructions of its loop.

function number(text) { return text + 0 }

# a * b * c / d, from left to right
function value(text,    parts, count, i, result, operator)
{
    gsub(/FLOPMETER_KERNEL_GROUP_BYTES/, "32768", text)
    gsub(/[ \t]/, "", text)
    count = split(text, parts, /[*\/]/)
    result = number(parts[1])
    operator = text
    for (i = 2; i <= count; i++)
    {
        sub(/^[0-9]+/, "", operator)
        result = substr(operator, 1, 1) == "*" ? result * number(parts[i]) : result / number(parts[i])
        operator = substr(operator, 2)
    }
    return result
}

# The number that "0x1f" writes; not every awk knows such numbers itself.
function hexadecimal(text,    i, result)
{
    result = 0
    for (i = 3; i <= length(text); i++) { result = 16 * result + index("0123456789abcdef", substr(text, i, 1)) - 1 }
    return result
}

function bits(word, first, count) { return int(word / 2 ^ first) % 2 ^ count }

# One of several words, the first of them number 0, "?" beyond
function word_of(list, at,    words)
{
    return at < split(list, words, / /) ? words[at + 1] : "?"
}

# What tcgen05.mma does, "128x64x16.F32.BF16.BF16": its descriptor says it, as in the tables of the PTX manual. "?" for
# what these kernels are not made of, such as a sparse one.
function described(name, word,    types, scaled, depth, sums)
{
    if (name !~ /^UTC[HIQ]MMA$/ && name !~ /^UTCOMMA(\.4X|\.BLOCK16)?$/) { return "?" }
    scaled = name ~ /^UTCO/ || bits(word, 23, 1)
    types = name ~ /^UTCH/ ? "F16 BF16 TF32" : name ~ /^UTCI/ ? "U8 S8" : name ~ /^UTCO/ ? "? E2M1" : \
        "E4M3 E5M2 ? E2M3 E3M2 E2M1"
    depth = name ~ /^UTCH/ ? (bits(word, 7, 3) == 2 ? 8 : 16) : name ~ /^UTCO/ ? 64 : 32
    sums = scaled ? (bits(word, 23, 1) ? "UE8M0" : "UE4M3") : word_of("F16 F32 S32", bits(word, 4, 2))
    types = sums "." word_of(types, bits(word, 7, 3)) "." word_of(types, bits(word, 10, 3))
    # Sparsity, or another depth
    if (types ~ /\?/ || bits(word, 2, 1) || bits(word, 31, 1)) { return "?" }
    return bits(word, 24, 5) * 16 "x" bits(word, 17, 6) * 8 "x" depth "." types
}

# 2 m n k of a matrix instruction, from "16816", "1688", "884", "8x8x4" or "64x64x16"
function shape_flop(opcode,    words, count, i, dims)
{
    count = split(opcode, words, /\./)
    for (i = 2; i <= count; i++)
    {
        if (words[i] ~ /^[0-9]+x[0-9]+x[0-9]+$/)
        {
            split(words[i], dims, "x")
            return 2 * dims[1] * dims[2] * dims[3]
        }
        if (words[i] ~ /^168[0-9]+$/) { return 2 * 16 * 8 * number(substr(words[i], 4)) }
        if (words[i] == "884") { return 2 * 8 * 8 * 4 }
    }
    return -1
}

# FLOP of one block for one instruction, -1 when it is none of these; a name that starts with U is done once per warp
function block_flop(opcode, threads,    name)
{
    name = opcode
    sub(/\..*/, "", name)
    if (name ~ /^[FD](ADD|MUL)$/) { return threads }
    if (name ~ /^[FD]FMA$/) { return 2 * threads }
    if (name ~ /^F(ADD|MUL)2$/ || name ~ /^H(ADD|MUL)2$/) { return 2 * threads }
    if (name == "FFMA2" || name == "HFMA2") { return 4 * threads }
    if (name ~ /^[HIDQO]MMA$/) { return shape_flop(opcode) * threads / 32 }
    # One thread issues it for its block.
    if (name ~ /^UTC[HIQO]MMA$/) { return opcode ~ /x/ ? shape_flop(opcode) : -2 }
    if (name ~ /^[HIQ]GMMA$/) { return shape_flop(opcode) * threads / 128 }
    if (name ~ /^U?[FDH](ADD|MUL|FMA|FMA)/ || name ~ /MMA/ || name == "UNKNOWN") { return -2 }
    return -1
}

FNR == 1 { file++ }

file == 1 && /^ *X\(/ {
    text = $0
    sub(/^ *X\(/, "", text)
    sub(/\) *\\?$/, "", text)
    split(text, field, /, */)
    declared[field[1]] = value(field[5])
    threads_of[field[1]] = number(field[3])
    next
}

file == 2 && /^\.text\.flopmeter_/ {
    kernel = $1
    sub(/^\.text\.flopmeter_/, "", kernel)
    sub(/:$/, "", kernel)
    names[++kernels] = kernel
    length_of[kernel] = 0
    split("", constant)
    next
}

file == 2 && /^\.L_/ { label = $1; sub(/:$/, "", label); place[kernel, label] = length_of[kernel]; next }

file == 2 && kernel != "" && /\/\*[0-9a-f]+\*\// {
    line = $0
    sub(/^[ \t]*\/\*[0-9a-f]+\*\/[ \t]*/, "", line)
    guarded = sub(/^@!?U?P[0-9T]+ +/, "", line)
    opcode = line
    sub(/[ ;].*/, "", opcode)
    # Which uniform registers hold a constant: what else writes one may write a pair.
    if (opcode == "UMOV" && match(line, /UR[0-9]+, 0x[0-9a-f]+/))
    {
        split(substr(line, RSTART, RLENGTH), operand, /, /)
        constant[operand[1]] = hexadecimal(operand[2])
    }
    else if (opcode ~ /^UTC.*MMA/)
    {
        target = match(line, /idesc\[UR[0-9]+\]/) ? substr(line, RSTART + 6, RLENGTH - 7) : ""
        opcode = opcode "." (target in constant ? described(opcode, constant[target]) : "?")
    }
    else if (opcode ~ /^(U|LDCU|S2UR|R2UR)/ && match(line, /UR[0-9]+/))
    {
        target = substr(line, RSTART, RLENGTH)
        delete constant[target]
        delete constant["UR" (substr(target, 3) + 1)]
    }
    i = length_of[kernel]++
    code[kernel, i] = opcode
    guard[kernel, i] = guarded
    if (opcode ~ /^BRA/ && match(line, /\.L_x_[0-9]+/))
    {
        target = substr(line, RSTART, RLENGTH)
        # A branch to itself ends the code; the fill loop of wgmma holds no arithmetic and is told apart by that.
        if ((kernel, target) in place && place[kernel, target] < i)
        {
            loop_end[kernel, ++loops[kernel]] = i
            loop_begin[kernel, loops[kernel]] = place[kernel, target]
        }
    }
}

END {
    for (k = 1; k <= kernels; k++)
    {
        kernel = names[k]
        flop = 0
        outside = 0
        split("", tally)
        for (i = 0; i < length_of[kernel]; i++)
        {
            within = 0
            for (j = 1; j <= loops[kernel]; j++)
            {
                if (loop_begin[kernel, j] <= i && i <= loop_end[kernel, j]) { within++ }
            }
            one = block_flop(code[kernel, i], threads_of[kernel])
            if (one == -1) { continue }
            if (one == -2) { printf "FAIL: %s: no weight for %s\n", kernel, code[kernel, i]; bad = 1; continue }
            if (within != 1) { outside++; continue }
            tally[code[kernel, i]]++
            if (guard[kernel, i] && kernel !~ /half_predicated/)
            {
                printf "FAIL: %s: %s is predicated\n", kernel, code[kernel, i]
                bad = 1
            }
            flop += guard[kernel, i] ? one / 2 : one
        }
        if (golden)
        {
            line = kernel ":"
            for (i = 0; i < length_of[kernel]; i++)
            {
                opcode = code[kernel, i]
                if (opcode in tally) { line = line " " opcode " x" tally[opcode]; delete tally[opcode] }
            }
            print line
            continue
        }
        if (!(kernel in declared)) { printf "FAIL: %s: not in kernel_list.h\n", kernel; bad = 1; continue }
        if (outside) { printf "FAIL: %s: %d arithmetic instructions outside its loop\n", kernel, outside; bad = 1 }
        if (flop != declared[kernel])
        {
            printf "FAIL: %s: %d FLOP in the machine code, %d declared\n", kernel, flop, declared[kernel]
            bad = 1
        }
        else { checked++ }
    }
    if (!golden)
    {
        if (kernels == 0) { print "FAIL: no kernel in the machine code"; bad = 1 }
        printf "%d kernels agree\n", checked
    }
    exit bad
}
