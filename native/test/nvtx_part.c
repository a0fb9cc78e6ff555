/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Another shared object of a program, with its own copy of the NVTX headers.
 */

#include "nvtx_part.h"

#ifdef NVTX_REAL
#include <nvtx3/nvToolsExt.h>
#else
#include "nvtx_loader.h"
#endif

__attribute__((visibility("default"))) int part_push(const char *name)
{
    return nvtxRangePushA(name);
}

__attribute__((visibility("default"))) int part_pop(void)
{
    return nvtxRangePop();
}

__attribute__((visibility("default"))) int part_domain_push(const char *domain, const char *name)
{
    const nvtxDomainHandle_t handle = nvtxDomainCreateA(domain);
    nvtxEventAttributes_t attributes = { .version = NVTX_VERSION, .size = NVTX_EVENT_ATTRIB_STRUCT_SIZE };

    attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
    attributes.message.ascii = name;
    return nvtxDomainRangePushEx(handle, &attributes);
}
