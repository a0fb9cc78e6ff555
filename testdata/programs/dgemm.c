/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Products of 100 x 300 and 300 x 200 matrices: dgemm [THREADS [PRODUCTS]]. Build: cc dgemm.c -lblas -lpthread
 */

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#define M (100)
#define N (200)
#define K (300)
#define THREADS_MAX (64)

void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
    const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc);

static int products = 10;

static void *multiply(void *const argument)
{
    const int m = M;
    const int n = N;
    const int k = K;
    const double one = 1.0;
    double *const a = calloc(M * K + K * N + M * N, sizeof(double));

    (void)argument;
    if (NULL == a)
    {
        return argument;
    }
    for (int i = 0; i < M * K + K * N; i++)
    {
        a[i] = 1.0;
    }
    for (int i = 0; i < products; i++)
    {
        dgemm_("N", "N", &m, &n, &k, &one, a, &m, a + M * K, &k, &one, a + M * K + K * N, &m);
    }

    const int is_right = a[M * K + K * N] == (double)K * products;

    free(a);
    return is_right ? NULL : argument;
}

int main(const int argc, char *const *const argv)
{
    const int threads = argc > 1 ? atoi(argv[1]) : 1;
    pthread_t ids[THREADS_MAX];
    int wrong = 0;
    int failed = 0;

    products = argc > 2 ? atoi(argv[2]) : products;
    if (threads < 1 || threads > THREADS_MAX)
    {
        return 2;
    }
    for (int i = 0; i < threads; i++)
    {
        if (0 != pthread_create(&ids[i], NULL, multiply, &wrong))
        {
            return 1;
        }
    }
    for (int i = 0; i < threads; i++)
    {
        void *result = NULL;

        failed |= 0 != pthread_join(ids[i], &result) || NULL != result;
    }
    printf("%d threads, %d products each\n", threads, products);
    return failed;
}
