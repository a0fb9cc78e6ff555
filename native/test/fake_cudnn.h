/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * A cuDNN that computes nothing. Descriptors of its older interface are the test's own structs; those of the backend
 * are its own, and are gone when they are destroyed.
 */

#ifndef FLOPMETER_FAKE_CUDNN_H
#define FLOPMETER_FAKE_CUDNN_H

#include <stddef.h>
#include <stdint.h>

#include "fake_cuda_script.h"

typedef struct fake_dnn_stct
{
    fake_stream_t *stream;
    int getter_status;
    int status;
    int calls;
}
fake_dnn_t;

/* A tensor, a filter, a convolution. */
typedef struct fake_shape_stct
{
    int type;
    int count;
    int dims[8];
    int layout;                /* cudnnTensorFormat_t; 2: of vectors, and sizes count elements */
    int math;
    int status;
    int size_status;
}
fake_shape_t;

typedef struct fake_rnn_stct
{
    int mode;
    int direction;
    int input_mode;
    int type;
    int math;
    int input;
    int hidden;
    int projected;
    int layers;
    int status;
}
fake_rnn_t;

typedef struct fake_data_stct
{
    int batch;
    const int *lengths;
    int status;
}
fake_data_t;

int cudnnConvolutionForward(fake_dnn_t *handle, const void *alpha, const fake_shape_t *x_desc, const void *x,
    const fake_shape_t *w_desc, const void *w, const fake_shape_t *desc, int algo, void *workspace, size_t length,
    const void *beta, const fake_shape_t *y_desc, void *y);
int cudnnConvolutionBackwardData(fake_dnn_t *handle, const void *alpha, const fake_shape_t *w_desc, const void *w,
    const fake_shape_t *dy_desc, const void *dy, const fake_shape_t *desc, int algo, void *workspace, size_t length,
    const void *beta, const fake_shape_t *dx_desc, void *dx);
int cudnnConvolutionBackwardFilter(fake_dnn_t *handle, const void *alpha, const fake_shape_t *x_desc, const void *x,
    const fake_shape_t *dy_desc, const void *dy, const fake_shape_t *desc, int algo, void *workspace, size_t length,
    const void *beta, const fake_shape_t *dw_desc, void *dw);
int cudnnConvolutionBiasActivationForward(fake_dnn_t *handle, const void *alpha, const fake_shape_t *x_desc,
    const void *x, const fake_shape_t *w_desc, const void *w, const fake_shape_t *desc, int algo, void *workspace,
    size_t length, const void *alpha2, const fake_shape_t *z_desc, const void *z, const fake_shape_t *bias_desc,
    const void *bias, const void *activation, const fake_shape_t *y_desc, void *y);
int cudnnFindConvolutionForwardAlgorithm(fake_dnn_t *handle, const fake_shape_t *x_desc, const fake_shape_t *w_desc,
    const fake_shape_t *desc, const fake_shape_t *y_desc, int requested, int *returned, void *results);
int cudnnRNNForward(fake_dnn_t *handle, const fake_rnn_t *desc, int mode, const int *lengths,
    const fake_data_t *x_desc, const void *x, const fake_data_t *y_desc, void *y, const void *h_desc, const void *hx,
    void *hy, const void *c_desc, const void *cx, void *cy, size_t weight_length, const void *weights,
    size_t work_length, void *work, size_t reserve_length, void *reserve);
int cudnnRNNBackwardData_v8(fake_dnn_t *handle, const fake_rnn_t *desc, const int *lengths, const fake_data_t *y_desc,
    const void *y, const void *dy, const fake_data_t *x_desc, void *dx, const void *h_desc, const void *hx,
    const void *dhy, void *dhx, const void *c_desc, const void *cx, const void *dcy, void *dcx, size_t weight_length,
    const void *weights, size_t work_length, void *work, size_t reserve_length, void *reserve);
int cudnnRNNBackwardWeights_v8(fake_dnn_t *handle, const fake_rnn_t *desc, int mode, const int *lengths,
    const fake_data_t *x_desc, const void *x, const void *h_desc, const void *hx, const fake_data_t *y_desc,
    const void *y, size_t weight_length, void *dweights, size_t work_length, void *work, size_t reserve_length,
    void *reserve);

int cudnnBackendCreateDescriptor(int type, void **descriptor);
int cudnnBackendDestroyDescriptor(void *descriptor);
int cudnnBackendSetAttribute(void *descriptor, int name, int type, int64_t count, const void *elements);
int cudnnBackendGetAttribute(
    const void *descriptor, int name, int type, int64_t count_max, int64_t *count, void *elements);
int cudnnBackendExecute(fake_dnn_t *handle, void *plan, void *pack);
int cudnnBackendPopulateCudaGraph(fake_dnn_t *handle, void *plan, void *pack, void *graph);
int cudnnBackendUpdateCudaGraph(fake_dnn_t *handle, void *plan, void *pack, void *graph);

/** Called inside each call that computes, on its thread; NULL: nothing is. */
typedef void fake_cudnn_hook_t(void);
void fake_cudnn_hook(fake_cudnn_hook_t *to_call);

/** The notes of every engine from now on. */
void fake_cudnn_notes(const int *notes, int count);

/** What the library does not answer from now on. */
typedef enum fake_deaf_enum
{
    FAKE_DEAF_NO,
    FAKE_DEAF_COUNT,   /* how many notes there are; and not for more than 10 */
    FAKE_DEAF_NOTES,
    FAKE_DEAF_ENGINE,  /* which engine a configuration has */
    FAKE_DEAF_LIES,    /* it says that there are fewer than none */
    FAKE_DEAF_MORE     /* it says that there are many more results than it gives */
}
fake_deaf_t;

void fake_cudnn_deaf(fake_deaf_t deaf);

/** Descriptors alive. */
int fake_cudnn_alive(void);

#endif /* FLOPMETER_FAKE_CUDNN_H */
