/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A known amount of matrix multiplication through a shared BLAS, for the calibration of interception.
 */

#ifndef FLOPMETER_CALIBRATE_BLAS_H
#define FLOPMETER_CALIBRATE_BLAS_H

#include "text.h"

#include "flopmeter/flopmeter.h"

/**
 * Multiply in `precision` (FLOPMETER_FP64 or FLOPMETER_FP32) with the first shared BLAS that is found, `library` alone
 * if it is not NULL. Appends one JSON document: the library, the calls and their FLOP. Return 0, or 3 when no BLAS is
 * here.
 */
int flopmeter_blas_run(const char *library, flopmeter_precision_t precision, flopmeter_text_t *document);

#endif /* FLOPMETER_CALIBRATE_BLAS_H */
