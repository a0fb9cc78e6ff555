/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A CUPTI from before the range profiler: it loads, and most of what is asked for is not in it.
 */

__attribute__((visibility("default"))) int cuptiProfilerInitialize(void *params);

__attribute__((visibility("default"))) int cuptiProfilerInitialize(void *params)
{
    (void)params;
    return 0;
}
