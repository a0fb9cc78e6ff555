/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * nvtx_abi.h against NVIDIA's headers: what does not agree does not compile.
 */

#include <stddef.h>

#include <nvtx3/nvToolsExt.h>

#include "nvtx_abi.h"

#define SAME(ours, theirs) _Static_assert((int)(ours) == (int)(theirs), #ours " is not " #theirs)
#define AT(ours, theirs) \
    _Static_assert(offsetof(flopmeter_nvtx_attributes_t, ours) == offsetof(nvtxEventAttributes_t, theirs), #ours)

_Static_assert(sizeof(flopmeter_nvtx_attributes_t) == sizeof(nvtxEventAttributes_t), "attributes");
_Static_assert(sizeof(flopmeter_nvtx_callbacks_t) == sizeof(NvtxExportTableCallbacks), "callbacks");
_Static_assert(offsetof(flopmeter_nvtx_callbacks_t, module_table) ==
    offsetof(NvtxExportTableCallbacks, GetModuleFunctionTable), "module_table");
AT(length, size);
AT(message_type, messageType);
AT(message, message);
SAME(FLOPMETER_NVTX_TABLE_CALLBACKS, NVTX_ETID_CALLBACKS);
SAME(FLOPMETER_NVTX_MODULE_CORE, NVTX_CB_MODULE_CORE);
SAME(FLOPMETER_NVTX_MODULE_CORE2, NVTX_CB_MODULE_CORE2);
SAME(FLOPMETER_NVTX_RANGE_PUSH_EX, NVTX_CBID_CORE_RangePushEx);
SAME(FLOPMETER_NVTX_RANGE_PUSH_A, NVTX_CBID_CORE_RangePushA);
SAME(FLOPMETER_NVTX_RANGE_PUSH_W, NVTX_CBID_CORE_RangePushW);
SAME(FLOPMETER_NVTX_RANGE_POP, NVTX_CBID_CORE_RangePop);
SAME(FLOPMETER_NVTX_DOMAIN_RANGE_PUSH_EX, NVTX_CBID_CORE2_DomainRangePushEx);
SAME(FLOPMETER_NVTX_DOMAIN_RANGE_POP, NVTX_CBID_CORE2_DomainRangePop);
SAME(FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_A, NVTX_CBID_CORE2_DomainRegisterStringA);
SAME(FLOPMETER_NVTX_DOMAIN_REGISTER_STRING_W, NVTX_CBID_CORE2_DomainRegisterStringW);
SAME(FLOPMETER_NVTX_DOMAIN_CREATE_A, NVTX_CBID_CORE2_DomainCreateA);
SAME(FLOPMETER_NVTX_DOMAIN_CREATE_W, NVTX_CBID_CORE2_DomainCreateW);
SAME(FLOPMETER_NVTX_MESSAGE_ASCII, NVTX_MESSAGE_TYPE_ASCII);
SAME(FLOPMETER_NVTX_MESSAGE_WIDE, NVTX_MESSAGE_TYPE_UNICODE);
SAME(FLOPMETER_NVTX_MESSAGE_REGISTERED, NVTX_MESSAGE_TYPE_REGISTERED);
SAME(FLOPMETER_NVTX_NOT_TRACKED, NVTX_NO_PUSH_POP_TRACKING);

#if __has_include(<nvtx3/nvToolsExtPayload.h>)
#include <nvtx3/nvToolsExtPayload.h>

_Static_assert(offsetof(flopmeter_nvtx_extension_t, module) == offsetof(nvtxExtModuleInfo_t, moduleId), "module");
_Static_assert(offsetof(flopmeter_nvtx_extension_t, segments) == offsetof(nvtxExtModuleInfo_t, segments), "segments");
_Static_assert(sizeof(flopmeter_nvtx_segment_t) == sizeof(nvtxExtModuleSegment_t), "segment");
_Static_assert(offsetof(flopmeter_nvtx_segment_t, slots) == offsetof(nvtxExtModuleSegment_t, functionSlots), "slots");
SAME(FLOPMETER_NVTX_PAYLOAD_MODULE, NVTX_EXT_PAYLOAD_MODULEID);
SAME(FLOPMETER_NVTX_RANGE_PUSH_PAYLOAD, NVTX3EXT_CBID_nvtxRangePushPayload);
SAME(FLOPMETER_NVTX_RANGE_POP_PAYLOAD, NVTX3EXT_CBID_nvtxRangePopPayload);
SAME(FLOPMETER_NVTX_DOMAIN_IS_ENABLED, NVTX3EXT_CBID_nvtxDomainIsEnabled);
#endif

int main(void)
{
    return 0;
}
