/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A known amount of matrix multiplication through cuBLAS, for the calibration of interception on a GPU.
 */

#ifndef FLOPMETER_CALIBRATE_CUBLAS_H
#define FLOPMETER_CALIBRATE_CUBLAS_H

#include "text.h"

#include "flopmeter/flopmeter.h"

/**
 * Multiply in `precision` (FLOPMETER_FP64, FLOPMETER_FP32, FLOPMETER_BF16) on CUDA device `device` with the first
 * cuBLAS that is found, `library` alone if it is not NULL. Appends one JSON document as flopmeter_blas_run() does, or
 * one with the state, the reason and the remedy. Return 0, 3 when there is no device or no cuBLAS, or 1 when it failed.
 */
int flopmeter_cublas_run(const char *library, int device, flopmeter_precision_t precision, flopmeter_text_t *document);

#endif /* FLOPMETER_CALIBRATE_CUBLAS_H */
