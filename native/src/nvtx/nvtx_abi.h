/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * What the NVTX headers (version 3, header-only) and a tool tell each other, as far as it is used here. NVIDIA's own
 * declarations are Apache-2.0 with LLVM exceptions, nvtx3/nvtxDetail/nvtxTypes.h; test_nvtx_abi.c holds these against
 * them where they are installed.
 */

#ifndef FLOPMETER_NVTX_ABI_H
#define FLOPMETER_NVTX_ABI_H

#include <stddef.h>
#include <stdint.h>
#include <wchar.h>

/* An entry of a module's table is the address of a pointer to a function, which the tool may set. */
typedef void flopmeter_nvtx_fn(void);
typedef flopmeter_nvtx_fn ***flopmeter_nvtx_table_t;

#define FLOPMETER_NVTX_TABLE_CALLBACKS (1)
#define FLOPMETER_NVTX_MODULE_CORE (1)
#define FLOPMETER_NVTX_MODULE_CORE2 (5)

/* Places in the table of CORE. */
#define FLOPMETER_NVTX_RANGE_PUSH_EX (8)
#define FLOPMETER_NVTX_RANGE_PUSH_A (9)
#define FLOPMETER_NVTX_RANGE_PUSH_W (10)
#define FLOPMETER_NVTX_RANGE_POP (11)

/* Places in the table of CORE2. */
#define FLOPMETER_NVTX_DOMAIN_RANGE_PUSH_EX (4)
#define FLOPMETER_NVTX_DOMAIN_RANGE_POP (5)
#define FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_A (10)
#define FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_W (11)
#define FLOPMETER_NVTX_DOMAIN_CREATE_A (12)
#define FLOPMETER_NVTX_DOMAIN_CREATE_W (13)

#define FLOPMETER_NVTX_MESSAGE_ASCII (1)
#define FLOPMETER_NVTX_MESSAGE_WIDE (2)
#define FLOPMETER_NVTX_MESSAGE_REGISTERED (3)

/* What a push or a pop returns where nobody keeps count of it. */
#define FLOPMETER_NVTX_NOT_TRACKED (-2)

typedef struct flopmeter_nvtx_callbacks_stct
{
    size_t length;
    int (*module_table)(uint32_t module, flopmeter_nvtx_table_t *table, unsigned *entries);
}
flopmeter_nvtx_callbacks_t;

typedef const void *flopmeter_nvtx_export_fn(uint32_t table);

/** What a range is pushed with. All versions so far begin so. */
typedef struct flopmeter_nvtx_attributes_stct
{
    uint16_t version;
    uint16_t length;
    uint32_t category;
    int32_t color_type;
    uint32_t color;
    int32_t payload_type;
    int32_t reserved;
    uint64_t payload;
    int32_t message_type;
    union
    {
        const char *ascii;
        const wchar_t *wide;
        const void *registered;
    }
    message;
}
flopmeter_nvtx_attributes_t;

/** The payload extension asks on its own, by InitializeInjectionNvtxExtension(). Places of functions in its slots. */
#define FLOPMETER_NVTX_PAYLOAD_MODULE (2)
#define FLOPMETER_NVTX_RANGE_PUSH_PAYLOAD (3)
#define FLOPMETER_NVTX_RANGE_POP_PAYLOAD (4)
#define FLOPMETER_NVTX_DOMAIN_IS_ENABLED (7)

typedef struct flopmeter_nvtx_segment_stct
{
    size_t number;
    size_t slot_count;
    intptr_t *slots;
}
flopmeter_nvtx_segment_t;

typedef struct flopmeter_nvtx_extension_stct
{
    uint16_t version;
    uint16_t length;
    uint16_t module;
    uint16_t compatibility;
    size_t segment_count;
    flopmeter_nvtx_segment_t *segments;
}
flopmeter_nvtx_extension_t;

#endif /* FLOPMETER_NVTX_ABI_H */
