/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Our declarations of DCGM against NVIDIA's: sizes, places of fields, numbers and the types of functions.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <dcgm_agent.h>
#include <dcgm_fields.h>
#include <dcgm_structs.h>

#include "dcgm.h"

#define SAME(ours, theirs) _Static_assert((long long)(ours) == (long long)(theirs), #theirs)
#define PLACE(ours, our_field, theirs, their_field) \
    SAME(offsetof(ours, our_field), offsetof(theirs, their_field)); \
    SAME(sizeof(((ours *)0)->our_field), sizeof(((theirs *)0)->their_field))

SAME(FLOPMETER_DCGM_OK, DCGM_ST_OK);
SAME(FLOPMETER_DCGM_NOT_SUPPORTED, DCGM_ST_NOT_SUPPORTED);
SAME(FLOPMETER_DCGM_UNINITIALIZED, DCGM_ST_UNINITIALIZED);
SAME(FLOPMETER_DCGM_TIMEOUT, DCGM_ST_TIMEOUT);
SAME(FLOPMETER_DCGM_VER_MISMATCH, DCGM_ST_VER_MISMATCH);
SAME(FLOPMETER_DCGM_UNKNOWN_FIELD, DCGM_ST_UNKNOWN_FIELD);
SAME(FLOPMETER_DCGM_NO_DATA, DCGM_ST_NO_DATA);
SAME(FLOPMETER_DCGM_NOT_WATCHED, DCGM_ST_NOT_WATCHED);
SAME(FLOPMETER_DCGM_NO_PERMISSION, DCGM_ST_NO_PERMISSION);
SAME(FLOPMETER_DCGM_GPU_IS_LOST, DCGM_ST_GPU_IS_LOST);
SAME(FLOPMETER_DCGM_RESET_REQUIRED, DCGM_ST_RESET_REQUIRED);
SAME(FLOPMETER_DCGM_FUNCTION_NOT_FOUND, DCGM_ST_FUNCTION_NOT_FOUND);
SAME(FLOPMETER_DCGM_CONNECTION_NOT_VALID, DCGM_ST_CONNECTION_NOT_VALID);
SAME(FLOPMETER_DCGM_GPU_NOT_SUPPORTED, DCGM_ST_GPU_NOT_SUPPORTED);
SAME(FLOPMETER_DCGM_LIBRARY_NOT_FOUND, DCGM_ST_LIBRARY_NOT_FOUND);
SAME(FLOPMETER_DCGM_REQUIRES_ROOT, DCGM_ST_REQUIRES_ROOT);
SAME(FLOPMETER_DCGM_MODULE_NOT_LOADED, DCGM_ST_MODULE_NOT_LOADED);
SAME(FLOPMETER_DCGM_IN_USE, DCGM_ST_IN_USE);
SAME(FLOPMETER_DCGM_PROFILING_NOT_SUPPORTED, DCGM_ST_PROFILING_NOT_SUPPORTED);
SAME(FLOPMETER_DCGM_PROFILING_LIBRARY_ERROR, DCGM_ST_PROFILING_LIBRARY_ERROR);
SAME(FLOPMETER_DCGM_PROFILING_MULTI_PASS, DCGM_ST_PROFILING_MULTI_PASS);
SAME(FLOPMETER_DCGM_INSUFFICIENT_DRIVER_VERSION, DCGM_ST_INSUFFICIENT_DRIVER_VERSION);
SAME(FLOPMETER_DCGM_INSTANCE_NOT_FOUND, DCGM_ST_INSTANCE_NOT_FOUND);
SAME(FLOPMETER_DCGM_PAUSED, DCGM_ST_PAUSED);

SAME(FLOPMETER_DCGM_FIELD_UUID, DCGM_FI_DEV_UUID);
SAME(FLOPMETER_DCGM_FIELD_SM_CLOCK, DCGM_FI_DEV_SM_CLOCK);
SAME(FLOPMETER_DCGM_FIELD_TENSOR, DCGM_FI_PROF_PIPE_TENSOR_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_FP64, DCGM_FI_PROF_PIPE_FP64_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_FP32, DCGM_FI_PROF_PIPE_FP32_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_FP16, DCGM_FI_PROF_PIPE_FP16_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_IMMA, DCGM_FI_PROF_PIPE_TENSOR_IMMA_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_HMMA, DCGM_FI_PROF_PIPE_TENSOR_HMMA_ACTIVE);
SAME(FLOPMETER_DCGM_FIELD_DFMA, DCGM_FI_PROF_PIPE_TENSOR_DFMA_ACTIVE);
SAME(FLOPMETER_DCGM_TYPE_DOUBLE, DCGM_FT_DOUBLE);
SAME(FLOPMETER_DCGM_TYPE_INT64, DCGM_FT_INT64);
SAME(FLOPMETER_DCGM_TYPE_STRING, DCGM_FT_STRING);
SAME(FLOPMETER_DCGM_FP64_BLANK, DCGM_FP64_BLANK);
SAME(3, DCGM_FP64_NOT_PERMISSIONED - DCGM_FP64_BLANK);
SAME(2, DCGM_FP64_NOT_SUPPORTED - DCGM_FP64_BLANK);
SAME(1, DCGM_FP64_NOT_FOUND - DCGM_FP64_BLANK);
SAME(FLOPMETER_DCGM_INT64_BLANK, DCGM_INT64_BLANK);
SAME(FLOPMETER_DCGM_ENTITY_GPU, DCGM_FE_GPU);
SAME(FLOPMETER_DCGM_ENTITY_INSTANCE, DCGM_FE_GPU_I);
SAME(FLOPMETER_DCGM_MODE_AUTO, DCGM_OPERATION_MODE_AUTO);
SAME(FLOPMETER_DCGM_GROUP_EMPTY, DCGM_GROUP_EMPTY);
SAME(FLOPMETER_DCGM_LIVE, DCGM_FV_FLAG_LIVE_DATA);
SAME(FLOPMETER_DCGM_GPUS_MAX, DCGM_MAX_NUM_DEVICES);
SAME(FLOPMETER_DCGM_HIERARCHY_MAX, DCGM_MAX_HIERARCHY_INFO);
SAME(FLOPMETER_DCGM_VERSION(flopmeter_dcgm_connect_t, 2), dcgmConnectV2Params_version2);
SAME(FLOPMETER_DCGM_VERSION(flopmeter_dcgm_hierarchy_t, 2), dcgmMigHierarchy_version2);

SAME(sizeof(flopmeter_dcgm_value_t), sizeof(dcgmFieldValue_v1));
PLACE(flopmeter_dcgm_value_t, field, dcgmFieldValue_v1, fieldId);
PLACE(flopmeter_dcgm_value_t, type, dcgmFieldValue_v1, fieldType);
PLACE(flopmeter_dcgm_value_t, status, dcgmFieldValue_v1, status);
PLACE(flopmeter_dcgm_value_t, time_us, dcgmFieldValue_v1, ts);
PLACE(flopmeter_dcgm_value_t, content, dcgmFieldValue_v1, value);
SAME(sizeof(flopmeter_dcgm_entity_value_t), sizeof(dcgmFieldValue_v2));
PLACE(flopmeter_dcgm_entity_value_t, entity_group, dcgmFieldValue_v2, entityGroupId);
PLACE(flopmeter_dcgm_entity_value_t, entity, dcgmFieldValue_v2, entityId);
PLACE(flopmeter_dcgm_entity_value_t, field, dcgmFieldValue_v2, fieldId);
PLACE(flopmeter_dcgm_entity_value_t, type, dcgmFieldValue_v2, fieldType);
PLACE(flopmeter_dcgm_entity_value_t, status, dcgmFieldValue_v2, status);
PLACE(flopmeter_dcgm_entity_value_t, time_us, dcgmFieldValue_v2, ts);
PLACE(flopmeter_dcgm_entity_value_t, content, dcgmFieldValue_v2, value);
SAME(sizeof(flopmeter_dcgm_entity_t), sizeof(dcgmGroupEntityPair_t));
PLACE(flopmeter_dcgm_entity_t, group, dcgmGroupEntityPair_t, entityGroupId);
PLACE(flopmeter_dcgm_entity_t, id, dcgmGroupEntityPair_t, entityId);
SAME(sizeof(flopmeter_dcgm_partition_t), sizeof(dcgmMigHierarchyInfo_v2));
PLACE(flopmeter_dcgm_partition_t, entity, dcgmMigHierarchyInfo_v2, entity);
PLACE(flopmeter_dcgm_partition_t, gpu_uuid, dcgmMigHierarchyInfo_v2, info.gpuUuid);
PLACE(flopmeter_dcgm_partition_t, instance, dcgmMigHierarchyInfo_v2, info.nvmlInstanceId);
PLACE(flopmeter_dcgm_partition_t, compute_instance, dcgmMigHierarchyInfo_v2, info.nvmlComputeInstanceId);
PLACE(flopmeter_dcgm_hierarchy_t, count, dcgmMigHierarchy_v2, count);
PLACE(flopmeter_dcgm_hierarchy_t, partitions, dcgmMigHierarchy_v2, entityList);
PLACE(flopmeter_dcgm_connect_t, persist_after_disconnect, dcgmConnectV2Params_v2, persistAfterDisconnect);
PLACE(flopmeter_dcgm_connect_t, timeout_ms, dcgmConnectV2Params_v2, timeoutMs);
PLACE(flopmeter_dcgm_connect_t, is_unix_socket, dcgmConnectV2Params_v2, addressIsUnixSocket);
SAME(sizeof(flopmeter_dcgm_handle_t), sizeof(dcgmHandle_t));
SAME(sizeof(flopmeter_dcgm_group_t), sizeof(dcgmGpuGrp_t));
SAME(sizeof(flopmeter_dcgm_fields_t), sizeof(dcgmFieldGrp_t));

/* Each function exists there by this name: its address is asked for, and the linker never sees it. */
#define EXISTS(name, is_required, arguments) (void)sizeof(&name);

int main(void)
{
    FLOPMETER_DCGM_FUNCTIONS(EXISTS)
    puts("DCGM headers: they agree");
    return 0;
}
