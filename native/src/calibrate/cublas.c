/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cublas.h"

#include "blas.h"
#include "cuda_driver.h"
#include "document.h"

#include <dlfcn.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

#define NOT_HERE (3)
#define FAILED (1)
#define ELEMENT_BYTES_MAX (8)

/* Of library_types.h and cublas_api.h. */
#define CUDA_R_16BF (14)
#define CUDA_R_32F (0)
#define COMPUTE_32F (68)
#define ALGORITHM_DEFAULT (-1)
#define NOT_TRANSPOSED (0)

typedef int (*create_t)(void **handle);
typedef int (*destroy_t)(void *handle);
typedef int (*gemm_t)(void *handle, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
    unsigned long long a, int lda, unsigned long long b, int ldb, const void *beta, unsigned long long c, int ldc);
typedef int (*gemm_ex_t)(void *handle, int transpose_a, int transpose_b, int m, int n, int k, const void *alpha,
    unsigned long long a, int type_a, int lda, unsigned long long b, int type_b, int ldb, const void *beta,
    unsigned long long c, int type_c, int ldc, int compute, int algorithm);

/** One run. */
typedef struct cublas_stct
{
    flopmeter_cuda_driver_t driver;
    int device;
    bool has_context;
    void *handle;
    const char *name;
    const char *file;
    create_t create;
    destroy_t destroy;
    void *gemm;
    unsigned long long matrices[3];
}
cublas_t;

static const char *const libraries[] = { "libcublas.so.13", "libcublas.so.12", "libcublas.so.11" };

static const char *kernel_of(flopmeter_precision_t precision)
{
    return FLOPMETER_FP64 == precision ? "cublasDgemm_v2" :
        FLOPMETER_FP32 == precision ? "cublasSgemm_v2" : "cublasGemmEx";
}

static bool fails(flopmeter_counter_probe_t *probe, flopmeter_counter_state_t state, const char *doing, int result)
{
    probe->state = state;
    snprintf(probe->detail, sizeof(probe->detail), "%s returned %d", doing, result);
    snprintf(probe->remedy, sizeof(probe->remedy), "see nvidia-smi: is there memory left on the device?");
    return false;
}

/*
 * As open_blas() in blas.c: by the global scope, so that a wrapper that was preloaded is found first. Which file the
 * library is its own map says: dlsym may have been answered by a wrapper, too.
 */
static bool load(cublas_t *cublas, const char *library, const char *kernel, flopmeter_counter_probe_t *probe)
{
    const size_t count = NULL == library ? sizeof(libraries) / sizeof(libraries[0]) : 1;
    for (size_t i = 0; i < count; i++)
    {
        const char *const name = NULL == library ? libraries[i] : library;
        void *const loaded = dlopen(name, RTLD_NOW | RTLD_GLOBAL);
        struct link_map *map = NULL;
        if (NULL != loaded && NULL != dlsym(loaded, kernel) && 0 == dlinfo(loaded, RTLD_DI_LINKMAP, &map))
        {
            cublas->name = name;
            cublas->file = map->l_name;
            *(void **)&cublas->create = dlsym(loaded, "cublasCreate_v2");
            *(void **)&cublas->destroy = dlsym(loaded, "cublasDestroy_v2");
            cublas->gemm = dlsym(RTLD_DEFAULT, kernel);
            if (NULL != cublas->create && NULL != cublas->destroy && NULL != cublas->gemm)
            {
                return true;
            }
        }
    }
    probe->state = FLOPMETER_COUNTER_ABSENT;
    snprintf(probe->detail, sizeof(probe->detail), "no shared cuBLAS here");
    snprintf(probe->remedy, sizeof(probe->remedy),
        "put the folder of libcublas.so.13, 12 or 11 into LD_LIBRARY_PATH");
    return false;
}

static bool prepare(cublas_t *cublas, int ordinal, flopmeter_counter_probe_t *probe)
{
    static const size_t counts[] = {
        FLOPMETER_BLAS_ROWS * FLOPMETER_BLAS_DEPTH, FLOPMETER_BLAS_DEPTH * FLOPMETER_BLAS_COLUMNS,
        FLOPMETER_BLAS_ROWS * FLOPMETER_BLAS_COLUMNS };
    const flopmeter_cuda_driver_t *const driver = &cublas->driver;
    void *context = NULL;
    int result = driver->device_get(&cublas->device, ordinal);
    if (FLOPMETER_CUDA_SUCCESS != result)
    {
        flopmeter_cuda_driver_explain(driver, result, "cuDeviceGet", probe);
        return false;
    }
    result = driver->context_retain(&context, cublas->device);
    cublas->has_context = FLOPMETER_CUDA_SUCCESS == result;
    result = cublas->has_context ? driver->context_set(context) : result;
    for (size_t i = 0; FLOPMETER_CUDA_SUCCESS == result && i < 3; i++)
    {
        result = driver->memory_allocate(&cublas->matrices[i], counts[i] * ELEMENT_BYTES_MAX);
    }
    if (FLOPMETER_CUDA_SUCCESS != result)
    {
        flopmeter_cuda_driver_explain(driver, result, "preparing the device", probe);
        return false;
    }
    result = cublas->create(&cublas->handle);
    return 0 == result || fails(probe, FLOPMETER_COUNTER_FAILED, "cublasCreate", result);
}

static int call(const cublas_t *cublas, flopmeter_precision_t precision)
{
    const double one = 1.0;
    const float one_single = 1.0f;
    const void *const scalar = FLOPMETER_FP64 == precision ? (const void *)&one : (const void *)&one_single;
    const int m = FLOPMETER_BLAS_ROWS;
    const int n = FLOPMETER_BLAS_COLUMNS;
    const int k = FLOPMETER_BLAS_DEPTH;
    const unsigned long long *const matrix = cublas->matrices;
    gemm_t gemm = NULL;
    gemm_ex_t gemm_ex = NULL;
    if (FLOPMETER_BF16 == precision)
    {
        memcpy(&gemm_ex, &cublas->gemm, sizeof(gemm_ex));
        return gemm_ex(cublas->handle, NOT_TRANSPOSED, NOT_TRANSPOSED, m, n, k, scalar, matrix[0], CUDA_R_16BF, m,
            matrix[1], CUDA_R_16BF, k, scalar, matrix[2], CUDA_R_32F, m, COMPUTE_32F, ALGORITHM_DEFAULT);
    }
    memcpy(&gemm, &cublas->gemm, sizeof(gemm));
    return gemm(cublas->handle, NOT_TRANSPOSED, NOT_TRANSPOSED, m, n, k, scalar, matrix[0], m, matrix[1], k, scalar,
        matrix[2], m);
}

/* Nobody looks at what is multiplied: the memory is as it was found. */
static bool multiply(const cublas_t *cublas, flopmeter_precision_t precision, flopmeter_counter_probe_t *probe)
{
    int result = 0;
    for (int i = 0; 0 == result && i < FLOPMETER_BLAS_CALLS; i++)
    {
        result = call(cublas, precision);
    }
    if (0 != result)
    {
        return fails(probe, FLOPMETER_COUNTER_FAILED, kernel_of(precision), result);
    }
    result = cublas->driver.context_synchronize();
    if (FLOPMETER_CUDA_SUCCESS != result)
    {
        flopmeter_cuda_driver_explain(&cublas->driver, result, "cuCtxSynchronize", probe);
    }
    return FLOPMETER_CUDA_SUCCESS == result;
}

static void close_all(cublas_t *cublas)
{
    if (NULL != cublas->handle)
    {
        (void)cublas->destroy(cublas->handle);
    }
    for (size_t i = 0; i < 3; i++)
    {
        if (0 != cublas->matrices[i])
        {
            (void)cublas->driver.memory_free(cublas->matrices[i]);
        }
    }
    if (cublas->has_context)
    {
        (void)cublas->driver.context_release(cublas->device);
    }
}

int flopmeter_cublas_run(const char *library, int device, flopmeter_precision_t precision, flopmeter_text_t *document)
{
    flopmeter_counter_probe_t probe;
    cublas_t cublas;
    memset(&cublas, 0, sizeof(cublas));
    memset(&probe, 0, sizeof(probe));
    const bool has_driver = flopmeter_cuda_driver_open(&cublas.driver, &probe);
    const bool is_done = has_driver && load(&cublas, library, kernel_of(precision), &probe) &&
        prepare(&cublas, device, &probe) && multiply(&cublas, precision, &probe);
    if (is_done)
    {
        flopmeter_blas_append(document, cublas.name, cublas.file, kernel_of(precision), precision);
    }
    else
    {
        flopmeter_text_append(document, "{\"schema\": \"flopmeter/calibrate-blas/v1\", ");
        flopmeter_document_probe(document, &probe);
        flopmeter_text_append(document, "}\n");
    }
    close_all(&cublas);
    if (has_driver)
    {
        flopmeter_cuda_driver_close(&cublas.driver);
    }
    return is_done ? 0 : FLOPMETER_COUNTER_FAILED == probe.state ? FAILED : NOT_HERE;
}
