/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#ifndef FLOPMETER_TEST_NVTX_PART_H
#define FLOPMETER_TEST_NVTX_PART_H

int part_push(const char *name);
int part_pop(void);

/** In the domain of this name, which is created anew each time. */
int part_domain_push(const char *domain, const char *name);

#endif /* FLOPMETER_TEST_NVTX_PART_H */
