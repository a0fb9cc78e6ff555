/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * sass_words FILE.sm_NN[a].cubin: the kernels' machine code as lines that sass.awk reads, in the words of nvdisasm, for
 * machines without one. It knows the instructions that these kernels are made of, from sm_80 on (128 bits each, the
 * opcode in the lowest twelve), and every field of an arithmetic one that says how much it computes. What it does not
 * know is UNKNOWN, which sass.awk refuses: nothing is taken for an instruction without arithmetic because nobody knows
 * it. The fields follow from what ptxas makes of known PTX, and from the golden lists, which are nvdisasm's. Where
 * nvdisasm is there, the test holds every image to it.
 */

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PREFIX ".text.flopmeter_"
#define INSTRUCTION_BYTES (16)
#define IMAGE_BYTES_MAX (1 << 24)
#define WORD_LENGTH (64)
#define FORMLESS (0x100)
#define BRANCH (0x947)
#define UNIFORM_BRANCH (0x547)
#define UNIFORM_CONSTANT (0x882)
#define BLOCK_MATRIX (0x5ea)
#define BLOCK_MATRIX_SCALED (0xdea)
#define ALWAYS (7)
#define HOPPER (90)
#define BLOCKS_NAMED (103)
#define SCALED (2)

/** One instruction: bits 0 to 63 and 64 to 127. */
typedef struct instruction_stct
{
    uint64_t low;
    uint64_t high;
}
instruction_t;

typedef struct word_stct
{
    unsigned int opcode;
    const char *name;
}
word_t;

/*
 * Opcodes without bit 8 have the form of their operands (register, constant, immediate, uniform register) in bits 9 to
 * 11; this is the rest of them.
 */
static const word_t formed[] = {
    { 0x02, "MOV" }, { 0x05, "CS2R" }, { 0x0c, "ISETP" }, { 0x10, "IADD3" }, { 0x11, "LEA" }, { 0x12, "LOP3" },
    { 0x16, "PRMT" }, { 0x19, "SHF" }, { 0x1c, "PLOP3" }, { 0x20, "FMUL" }, { 0x21, "FADD" }, { 0x23, "FFMA" },
    { 0x24, "IMAD" }, { 0x28, "DMUL" }, { 0x29, "DADD" }, { 0x2b, "DFMA" }, { 0x2f, "ELECT" }, { 0x30, "HADD2" },
    { 0x31, "HFMA2" }, { 0x32, "HMUL2" }, { 0x35, "HFMA2.MMA" }, { 0x36, "VIADD" }, { 0x37, "IMMA" }, { 0x3c, "HMMA" },
    { 0x3f, "DMMA" }, { 0x49, "FFMA2" }, { 0x4c, "UVIRTCOUNT" }, { 0x7a, "QMMA" }, { 0x7f, "OMMA" }, { 0x82, "UMOV" },
    { 0x86, "VOTEU" }, { 0x8c, "UISETP" }, { 0x90, "UIADD3" }, { 0x91, "ULEA" }, { 0x92, "ULOP3" }, { 0x99, "USHF" },
    { 0xb9, "ULDC" }, { 0xbd, "UFLO" }, { 0xca, "R2UR" },
};

/* Opcodes with bit 8: all twelve bits. */
static const word_t whole[] = {
    { 0x388, "STS" }, { 0x38c, "ATOMS" }, { 0x3c2, "R2UR" }, { 0x3c4, "REDUX" }, { 0x3c6, "FENCE" },
    { 0x3e9, "UTCBAR" }, { UNIFORM_BRANCH, "BRA.U" }, { 0x589, "SHFL" }, { 0x5a7, "SYNCS" }, { 0x5b2, "SYNCS" },
    { 0x5e3, "UTCATOMSWS" }, { BLOCK_MATRIX, "UTCMMA" }, { 0x7ac, "LDCU" }, { 0x918, "NOP" }, { 0x919, "S2R" },
    { 0x91a, "DEPBAR" }, { 0x941, "BSYNC" }, { 0x944, "CALL" }, { 0x945, "BSSY" }, { BRANCH, "BRA" },
    { 0x948, "WARPSYNC" }, { 0x94d, "EXIT" }, { 0x950, "RET" }, { 0x95c, "BPT" }, { 0x95d, "NANOSLEEP" },
    { 0x984, "LDS" }, { 0x986, "STG" }, { 0x988, "STS" }, { 0x992, "MEMBAR" }, { 0x9c3, "S2UR" },
    { 0x9c5, "WARPGROUP" }, { 0x9e3, "UTCATOMSWS" }, { 0x9f0, "HGMMA" }, { 0x9f1, "IGMMA" }, { 0x9f3, "QGMMA" },
    { 0xb1d, "BAR" }, { 0xb82, "LDC" }, { BLOCK_MATRIX_SCALED, "UTCMMA" },
};

/* Bits `first` to `last`, which are in one half. */
static uint64_t field(const instruction_t *code, unsigned int first, unsigned int last)
{
    const uint64_t word = 64 <= first ? code->high : code->low;
    return word >> (first % 64) & ((UINT64_C(1) << (last - first + 1)) - 1);
}

static const char *find(const word_t *words, size_t count, unsigned int opcode)
{
    for (size_t i = 0; i < count; i++)
    {
        if (opcode == words[i].opcode)
        {
            return words[i].name;
        }
    }
    return NULL;
}

#define FIND(words, opcode) find(words, sizeof(words) / sizeof((words)[0]), opcode)

/* "16816", "16832": sparse ones have twice the depth in the same field. */
static void name_warp_matrix(const instruction_t *code, char word[WORD_LENGTH])
{
    static const char *const dense[] = { "1688", "16816", "1684", "?" };
    static const char *const sparse[] = { "1688", "16816", "?", "16832" };
    static const char *const formats[] = { "", ".BF16", ".TF32", ".?" };
    const bool is_sparse = 0 != field(code, 73, 73);
    const uint64_t size = field(code, 78, 78) << 1 | field(code, 75, 75);
    snprintf(word, WORD_LENGTH, "HMMA%s.%s%s%s", is_sparse ? ".SP" : "", (is_sparse ? sparse : dense)[size],
        0 != field(code, 76, 76) ? ".F32" : ".F16", formats[field(code, 82, 83)]);
}

static void name_integer_matrix(const instruction_t *code, char word[WORD_LENGTH])
{
    static const char *const dense[] = { "8816", "?", "?", "?", "16816", "16832", "?", "?" };
    static const char *const sparse[] = { "?", "?", "8832", "?", "?", "16832", "16864", "?" };
    const bool is_sparse = 0 != field(code, 72, 72);
    const uint64_t size = field(code, 85, 86) << 1 | field(code, 75, 75);
    const bool is_narrow = 0 != field(code, 83, 84);
    snprintf(word, WORD_LENGTH, "IMMA%s.%s.%s.%s", is_sparse ? ".SP" : "",
        is_narrow ? "?" : (is_sparse ? sparse : dense)[size], 0 != field(code, 76, 77) ? "S8" : "U8",
        0 != field(code, 78, 79) ? "S8" : "U8");
}

/* The format of a factor of eight, six or four bits. */
static const char *narrow_format(uint64_t number)
{
    static const char *const formats[] = { "E4M3", "E5M2", "?", "E3M2", "E2M3", "E2M1", "?", "?" };
    return formats[number];
}

/*
 * QMMA has one element in each byte, OMMA two. With a scale for each block (.SF) the operands have another form, and
 * there is one depth, twice that where it is sparse.
 */
static void name_byte_matrix(const instruction_t *code, const char *name, char word[WORD_LENGTH])
{
    static const char *const sizes[] = { "16816", "16832", "16864", "?" };
    static const char *const scaled_sizes[] = { "16832", "16864", "16864", "168128" };
    static const char *const scales[] = { "?", ".UE4M3.4X", ".E8", "?" };
    const bool is_packed = 'O' == name[0];
    const bool is_scaled = SCALED == field(code, 9, 11);
    const bool is_sparse = 0 != field(code, 80, 80);
    const uint64_t size = field(code, 75, 76);
    if (is_scaled ? 3 != size || 0 == field(code, 77, 77) : is_packed)
    {
        snprintf(word, WORD_LENGTH, "?");
        return;
    }
    snprintf(word, WORD_LENGTH, "%s%s%s.%s%s.%s.%s%s", name, is_scaled ? ".SF" : "", is_sparse ? ".SP" : "",
        is_scaled ? scaled_sizes[(is_packed ? 2 : 0) + (is_sparse ? 1 : 0)] : sizes[size],
        0 != field(code, 77, 77) ? ".F32" : ".F16",
        is_packed ? "E2M1" : narrow_format(field(code, 82, 83) << 1 | field(code, 78, 78)),
        is_packed ? "E2M1" : narrow_format(field(code, 84, 85) << 1 | field(code, 79, 79)),
        is_packed ? scales[field(code, 82, 83)] : is_scaled ? ".E8" : "");
}

/* Before sm_90 there is one size, written in the older way. */
static void name_double_matrix(const instruction_t *code, int architecture, char word[WORD_LENGTH])
{
    static const char *const sizes[] = { "8x8x4", "16x8x4", "16x8x8", "16x8x16" };
    const uint64_t size = field(code, 76, 77);
    snprintf(word, WORD_LENGTH, "DMMA.%s", HOPPER <= architecture ? sizes[size] : 0 == size ? "884" : "?");
}

/*
 * Of a warpgroup: 64 rows. One field has columns and depth: for floating point 32 widths for each depth, for integers
 * three depths for each width, and no width that is an odd multiple of 8 beyond 24.
 */
static void name_group_matrix(const instruction_t *code, const char *name, char word[WORD_LENGTH])
{
    static const unsigned int half_depths[] = { 16, 8, 32, 0 };
    static const unsigned int byte_depths[] = { 32, 64, 0, 0 };
    static const char *const half_formats[] = { "", ".BF16", ".TF32", ".?" };
    static const char *const byte_formats[] = { ".E4M3.E4M3", ".?", ".?", ".E5M2.E5M2" };
    const char *const sparse = 0 != field(code, 73, 73) ? ".SP" : "";
    const char *const accumulator = 0 != field(code, 75, 75) ? ".F32" : ".F16";
    const unsigned int size = (unsigned int)field(code, 53, 59);
    if ('I' == name[0])
    {
        const unsigned int width = size / 3;
        snprintf(word, WORD_LENGTH, "IGMMA%s.64x%ux%u.%s.%s", sparse, width < 4 ? 8 * (width + 1) : 16 * (width - 1),
            byte_depths[size % 3], 0 != field(code, 76, 76) ? "S8" : "U8", 0 != field(code, 82, 82) ? "S8" : "U8");
        return;
    }
    const bool is_half = 'H' == name[0];
    snprintf(word, WORD_LENGTH, "%s%s.64x%ux%u%s%s", name, sparse, 8 * (size % 32 + 1),
        (is_half ? half_depths : byte_depths)[size / 32], accumulator,
        (is_half ? half_formats : byte_formats)[field(code, 76, 77)]);
}

/*
 * tcgen05.mma: the shape is in its descriptor, which name_operands() tells the register of. A scale for each 16
 * elements has another word from sm_103 on.
 */
static void name_block_matrix(const instruction_t *code, int architecture, char word[WORD_LENGTH])
{
    const char *const packed[] =
        { "UTCHMMA", "?", BLOCKS_NAMED <= architecture ? "UTCOMMA.BLOCK16" : "UTCOMMA.4X", "UTCOMMA" };
    const uint64_t kind = field(code, 72, 73);
    const bool is_scaled = BLOCK_MATRIX_SCALED == field(code, 0, 11);
    const char *const plain =
        0 == kind ? packed[field(code, 62, 63)] : 1 == kind ? "UTCIMMA" : 3 == kind ? "UTCQMMA" : "?";
    snprintf(word, WORD_LENGTH, "%s", is_scaled && 3 != kind ? "?" : plain);
}

/*
 * What the uniform registers hold, as far as a descriptor may be one: a constant, or something else. The descriptor is
 * in the second register of a pair.
 */
static void name_operands(const instruction_t *code, const char *name, char word[WORD_LENGTH])
{
    const unsigned int opcode = (unsigned int)field(code, 0, 11);
    const unsigned int target = (unsigned int)field(code, 16, 23);
    if (BLOCK_MATRIX == opcode || BLOCK_MATRIX_SCALED == opcode)
    {
        snprintf(word, WORD_LENGTH, " idesc[UR%u]", (unsigned int)field(code, 40, 47) + 1);
    }
    else if (UNIFORM_CONSTANT == opcode)
    {
        snprintf(word, WORD_LENGTH, " UR%u, 0x%x", target, (unsigned int)field(code, 32, 63));
    }
    else if ('U' == name[0] || NULL != strstr(name, "2UR") || 0 == strcmp(name, "LDCU"))
    {
        snprintf(word, WORD_LENGTH, " UR%u", target);
    }
    else
    {
        word[0] = '\0';
    }
}

static void name_instruction(const instruction_t *code, int architecture, char word[WORD_LENGTH])
{
    const unsigned int opcode = (unsigned int)field(code, 0, 11);
    const char *const name = 0 != (opcode & FORMLESS) ? FIND(whole, opcode) : FIND(formed, opcode & 0xFF);
    if (NULL == name)
    {
        snprintf(word, WORD_LENGTH, "UNKNOWN.%03x", opcode);
    }
    else if (0 == strcmp(name, "HMMA"))
    {
        name_warp_matrix(code, word);
    }
    else if (0 == strcmp(name, "IMMA"))
    {
        name_integer_matrix(code, word);
    }
    else if (0 == strcmp(name, "QMMA") || 0 == strcmp(name, "OMMA"))
    {
        name_byte_matrix(code, name, word);
    }
    else if (0 == strcmp(name, "DMMA"))
    {
        name_double_matrix(code, architecture, word);
    }
    else if (0 == strcmp(name, "UTCMMA"))
    {
        name_block_matrix(code, architecture, word);
    }
    else if (NULL != strstr(name, "GMMA"))
    {
        name_group_matrix(code, name, word);
    }
    else
    {
        const bool is_half = 'H' == name[0] && NULL != strchr(name, '2');
        snprintf(word, WORD_LENGTH, "%s%s", name, is_half && 0 != field(code, 85, 85) ? ".BF16_V2" : "");
    }
    if (NULL != strchr(word, '?'))
    {
        snprintf(word, WORD_LENGTH, "UNKNOWN.%03x", opcode);
    }
}

static bool is_branch(const instruction_t *code)
{
    const unsigned int opcode = (unsigned int)field(code, 0, 11);
    return BRANCH == opcode || UNIFORM_BRANCH == opcode;
}

/* Index of the instruction that it goes to. Its distance is in fours of bytes, from sm_90 on with eight more bits. */
static int64_t branch_target(const instruction_t *code, int64_t at, int architecture)
{
    int64_t distance = (int64_t)(code->low >> 34) | (int64_t)field(code, 64, 81) << 30;
    distance = (int64_t)((uint64_t)distance << 16) >> 16;
    if (HOPPER <= architecture)
    {
        distance = distance * 256 + (int64_t)field(code, 16, 23);
    }
    return at + 1 + distance * 4 / INSTRUCTION_BYTES;
}

static void print_kernel(const char *name, const unsigned char *bytes, size_t length, int architecture)
{
    const int64_t count = (int64_t)(length / INSTRUCTION_BYTES);
    instruction_t *const code = malloc(length);
    bool *const is_label = calloc((size_t)count + 1, sizeof(bool));
    if (NULL == code || NULL == is_label)
    {
        fputs("sass_words: no memory\n", stderr);
        exit(1);
    }
    memcpy(code, bytes, length);
    for (int64_t i = 0; i < count; i++)
    {
        const int64_t target = is_branch(&code[i]) ? branch_target(&code[i], i, architecture) : -1;
        if (0 <= target && target < count)
        {
            is_label[target] = true;
        }
    }
    printf("%s:\n", name);
    for (int64_t i = 0; i < count; i++)
    {
        char word[WORD_LENGTH];
        char operands[WORD_LENGTH];
        const unsigned int guard = (unsigned int)field(&code[i], 12, 15);
        name_instruction(&code[i], architecture, word);
        if (is_label[i])
        {
            printf(".L_x_%lld:\n", (long long)i);
        }
        printf("        /*%04llx*/ ", (unsigned long long)i * INSTRUCTION_BYTES);
        if (ALWAYS != guard)
        {
            printf("@%sP%u ", guard > ALWAYS ? "!" : "", guard & ALWAYS);
        }
        printf("%s", word);
        name_operands(&code[i], word, operands);
        printf("%s", operands);
        if (is_branch(&code[i]))
        {
            printf(" `(.L_x_%lld)", (long long)branch_target(&code[i], i, architecture));
        }
        printf(" ;\n");
    }
    free(is_label);
    free(code);
}

/* An image of ours: a 64-bit ELF file in this machine's order, whole. */
static int print_image(const unsigned char *image, size_t length, int architecture)
{
    Elf64_Ehdr header;
    int kernels = 0;
    if (length < sizeof(header))
    {
        return 0;
    }
    memcpy(&header, image, sizeof(header));
    if (0 != memcmp(header.e_ident, ELFMAG, SELFMAG) || sizeof(Elf64_Shdr) != header.e_shentsize ||
        length < header.e_shoff || (length - header.e_shoff) / sizeof(Elf64_Shdr) < header.e_shnum ||
        header.e_shnum <= header.e_shstrndx)
    {
        return 0;
    }
    const Elf64_Shdr *const sections = (const Elf64_Shdr *)(const void *)(image + header.e_shoff);
    const Elf64_Shdr *const names = &sections[header.e_shstrndx];
    for (unsigned int i = 0; i < header.e_shnum; i++)
    {
        const Elf64_Shdr *const section = &sections[i];
        if (names->sh_size <= section->sh_name || length < names->sh_offset + names->sh_size ||
            length < section->sh_offset || (SHT_NOBITS != section->sh_type && length - section->sh_offset <
            section->sh_size))
        {
            return 0;
        }
        const char *const name = (const char *)image + names->sh_offset + section->sh_name;
        if (0 == strncmp(name, PREFIX, strlen(PREFIX)))
        {
            print_kernel(name, image + section->sh_offset, section->sh_size, architecture);
            kernels++;
        }
    }
    return kernels;
}

int main(int argc, char **argv)
{
    const char *const architecture = 2 == argc ? strstr(argv[1], ".sm_") : NULL;
    FILE *const file = NULL == architecture ? NULL : fopen(argv[1], "rb");
    unsigned char *const image = malloc(IMAGE_BYTES_MAX);
    if (NULL == file || NULL == image)
    {
        fputs("usage: sass_words FILE.sm_NN.cubin, a file that can be read\n", stderr);
        return 2;
    }
    const size_t length = fread(image, 1, IMAGE_BYTES_MAX, file);
    fclose(file);
    const int kernels = print_image(image, length, atoi(architecture + strlen(".sm_")));
    free(image);
    if (0 == kernels)
    {
        fprintf(stderr, "sass_words: %s: not an image with kernels of ours\n", argv[1]);
        return 1;
    }
    return 0;
}
