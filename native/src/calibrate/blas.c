/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "blas.h"

#include "counter_names.h"
#include "document.h"
#include "libraries.h"

#include <dlfcn.h>
#include <stdlib.h>

#define NOT_HERE (3)

typedef void (*gemm_t)(const char *transpose_a, const char *transpose_b, const int *m, const int *n, const int *k,
    const void *alpha, const void *a, const int *lda, const void *b, const int *ldb, const void *beta, void *c,
    const int *ldc);

static const char *const libraries[] = {
    "libopenblas.so.0", "libblas.so.3", "libmkl_rt.so.2", "libblis.so.4", "libarmpl_lp64.so" };

/*
 * By the global scope: a wrapper that LD_PRELOAD put in front is found first, as a linked caller would find it, and the
 * library, opened RTLD_GLOBAL, behind it.
 */
static const char *open_blas(const char *library, Dl_info *file)
{
    const size_t count = NULL == library ? sizeof(libraries) / sizeof(libraries[0]) : 1;
    for (size_t i = 0; i < count; i++)
    {
        const char *const name = NULL == library ? libraries[i] : library;
        void *const handle = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
        void *const dgemm = NULL == handle ? NULL : dlsym(handle, "dgemm_");
        if (NULL != dgemm && NULL != dlsym(handle, "sgemm_") && 0 != dladdr(dgemm, file))
        {
            return name;
        }
    }
    return NULL;
}

static bool multiply(gemm_t gemm, bool is_double)
{
    const size_t element = is_double ? sizeof(double) : sizeof(float);
    const int m = FLOPMETER_BLAS_ROWS;
    const int n = FLOPMETER_BLAS_COLUMNS;
    const int k = FLOPMETER_BLAS_DEPTH;
    const double one = 1.0;
    const float one_single = 1.0f;
    const void *const scalar = is_double ? (const void *)&one : (const void *)&one_single;
    char *const matrices = calloc(FLOPMETER_BLAS_ROWS * FLOPMETER_BLAS_DEPTH +
        FLOPMETER_BLAS_DEPTH * FLOPMETER_BLAS_COLUMNS + FLOPMETER_BLAS_ROWS * FLOPMETER_BLAS_COLUMNS, element);
    if (NULL == matrices)
    {
        return false;
    }
    char *const b = matrices + FLOPMETER_BLAS_ROWS * FLOPMETER_BLAS_DEPTH * element;
    char *const c = b + FLOPMETER_BLAS_DEPTH * FLOPMETER_BLAS_COLUMNS * element;
    for (int call = 0; call < FLOPMETER_BLAS_CALLS; call++)
    {
        gemm("N", "N", &m, &n, &k, scalar, matrices, &m, b, &k, scalar, c, &m);
    }
    free(matrices);
    return true;
}

void flopmeter_blas_append(flopmeter_text_t *document, const char *library, const char *file, const char *kernel,
    flopmeter_precision_t precision)
{
    flopmeter_libraries_t loaded = { .paths = NULL };
    char digits[FLOPMETER_DECIMAL_LENGTH];
    flopmeter_libraries_note(&loaded);
    flopmeter_text_append(document,
        "{\"schema\": \"flopmeter/calibrate-blas/v1\", \"state\": \"AVAILABLE\", ");
    flopmeter_document_string(document, "library", library);
    flopmeter_text_append(document, ", ");
    flopmeter_document_string(document, "file", file);
    flopmeter_text_append(document, ", ");
    flopmeter_libraries_append(&loaded, document);
    flopmeter_text_append(document,
        ", \"kernel\": \"%s\", \"precision\": \"%s\", \"calls\": %d, \"expected\": \"%s\"}\n",
        kernel, flopmeter_counter_precision_name(precision), FLOPMETER_BLAS_CALLS,
        flopmeter_decimal(digits, (flopmeter_u128_t)FLOPMETER_BLAS_CALLS * 2 * FLOPMETER_BLAS_ROWS *
            FLOPMETER_BLAS_COLUMNS * FLOPMETER_BLAS_DEPTH));
    flopmeter_libraries_free(&loaded);
}

int flopmeter_blas_run(const char *library, flopmeter_precision_t precision, flopmeter_text_t *document)
{
    const bool is_double = FLOPMETER_FP64 == precision;
    Dl_info file;
    const char *const name = open_blas(library, &file);
    void *const function = NULL == name ? NULL : dlsym(RTLD_DEFAULT, is_double ? "dgemm_" : "sgemm_");
    gemm_t gemm = NULL;
    *(void **)&gemm = function;
    if (NULL == gemm || !multiply(gemm, is_double))
    {
        flopmeter_text_append(document, "{\"schema\": \"flopmeter/calibrate-blas/v1\", \"state\": \"ABSENT\"}\n");
        return NOT_HERE;
    }
    flopmeter_blas_append(document, name, file.dli_fname, is_double ? "dgemm" : "sgemm", precision);
    return 0;
}
