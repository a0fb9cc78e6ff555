/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Not a test: what a push and its pop cost, without a tool and with this one. Usage: bench_nvtx [LIBRARY].
 */

#include <stdio.h>
#include <string.h>

#ifdef NVTX_REAL
#include <nvtx3/nvToolsExt.h>
#else
#include "nvtx_loader.h"
#endif

#include "check.h"
#include "meter_dir.h"

#define PAIRS (2000000)
#define TRIES (5)

static double ns_of(void (*pair)(void))
{
    unsigned long long best_ns = ~0ULL;

    for (int try = 0; try < TRIES; try++)
    {
        const unsigned long long begin_ns = test_now_ns();
        for (int i = 0; i < PAIRS; i++)
        {
            pair();
        }
        const unsigned long long ns = test_now_ns() - begin_ns;
        best_ns = ns < best_ns ? ns : best_ns;
    }
    return (double)best_ns / PAIRS;
}

static void narrow(void)
{
    nvtxRangePushA("forward pass of layer 17");
    nvtxRangePop();
}

static nvtxStringHandle_t string;

static void registered(void)
{
    nvtxEventAttributes_t attributes;

    memset(&attributes, 0, sizeof(attributes));
    attributes.version = NVTX_VERSION;
    attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
    attributes.messageType = NVTX_MESSAGE_TYPE_REGISTERED;
    attributes.message.registered = string;
    nvtxDomainRangePushEx(NULL, &attributes);
    nvtxDomainRangePop(NULL);
}

static void nested(void)
{
    nvtxRangePushA("forward pass of layer 17");
    nvtxRangePushA("attention");
    nvtxRangePop();
    nvtxRangePop();
}

static void measure(meter_t *meter)
{
    (void)meter;
    string = nvtxDomainRegisterStringA(NULL, "forward pass of layer 17");
    printf("ns for a push and its pop: name of 24 characters %.1f, registered %.1f; two, one in the other %.1f\n",
        ns_of(narrow), ns_of(registered), ns_of(nested));
    fflush(stdout);
}

int main(int argc, char **argv)
{
    meter_t *const meter = meter_create();

    unsetenv("NVTX_INJECTION64_PATH");
    if (argc > 1)
    {
        setenv("NVTX_INJECTION64_PATH", argv[1], 1);
    }
    meter_run_ok(meter, measure);
    meter_destroy(meter);
    return 0;
}
