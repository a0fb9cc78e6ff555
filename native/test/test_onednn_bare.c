/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A oneDNN of major 3 without dnnl_memory_desc_query: it can't be asked, so the program runs on and the meter says so.
 */

#include <stdio.h>

#include "fake_dnnl.h"
#include "onednn_core_stub.h"

int main(void)
{
    fake_primitive_t primitive = { .kind = FLOPMETER_DNNL_CONVOLUTION, .prop = FLOPMETER_DNNL_FORWARD_TRAINING };
    const int status = dnnl_primitive_execute(&primitive, NULL, 0, NULL);
    const stub_tally_t executed = stub_take();
    const int status_gemm = dnnl_sgemm('N', 'N', 2, 3, 4, 1.0f, NULL, 0, NULL, 0, 0.0f, NULL, 0);
    const stub_tally_t multiplied = stub_take();

    if (FLOPMETER_DNNL_SUCCESS != status || 1 != primitive.executions || 1 != executed.gaps[FLOPMETER_GAP_SYMBOL] ||
        FLOPMETER_DNNL_SUCCESS != status_gemm || 48 != multiplied.flop_count[FLOPMETER_FP32])
    {
        fprintf(stderr, "status %d, executions %d\n", status, primitive.executions);
        return 1;
    }
    return 0;
}
