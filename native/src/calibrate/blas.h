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

/** Odd shapes: a count that took a padded or a square matrix for the real one would show. */
#define FLOPMETER_BLAS_ROWS (193)
#define FLOPMETER_BLAS_COLUMNS (161)
#define FLOPMETER_BLAS_DEPTH (227)
#define FLOPMETER_BLAS_CALLS (20)

/**
 * The document of a product that was done: `library` as it was asked for, its `file`, what else was loaded (wrappers
 * among it), the calls of `kernel` and their FLOP.
 */
void flopmeter_blas_append(flopmeter_text_t *document, const char *library, const char *file, const char *kernel,
    flopmeter_precision_t precision);

/**
 * Multiply in `precision` (FLOPMETER_FP64 or FLOPMETER_FP32) with the first shared BLAS that is found, `library` alone
 * if it is not NULL. Appends one JSON document: the library, the calls and their FLOP. Return 0, or 3 when no BLAS is
 * here.
 */
int flopmeter_blas_run(const char *library, flopmeter_precision_t precision, flopmeter_text_t *document);

#endif /* FLOPMETER_CALIBRATE_BLAS_H */
