/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "cuda_card.h"

#include <stdio.h>

#include "cuda_peak.h"

void flopmeter_cuda_card_know(flopmeter_cuda_card_t *card, const flopmeter_cuda_api_t *api, int ordinal)
{
    flopmeter_cuda_peak_t peak;
    flopmeter_cu_device_t device = 0;
    uint8_t uuid[16];
    int values[4] = { 0, 0, 0, 0 };
    static const int attributes[4] = {
        FLOPMETER_CU_ATTRIBUTE_SM_COUNT, FLOPMETER_CU_ATTRIBUTE_CLOCK_RATE, FLOPMETER_CU_ATTRIBUTE_MAJOR,
        FLOPMETER_CU_ATTRIBUTE_MINOR
    };

    snprintf(card->name, sizeof(card->name), "%d", ordinal);
    if (FLOPMETER_CU_SUCCESS != api->device_get(&device, ordinal))
    {
        return;
    }
    if (NULL != api->device_uuid && FLOPMETER_CU_SUCCESS == api->device_uuid(uuid, device))
    {
        char *at = card->name + snprintf(card->name, sizeof(card->name), "GPU-");
        for (size_t i = 0; i < sizeof(uuid); i++)
        {
            at += snprintf(at, 4, "%s%02x", 4 == i || 6 == i || 8 == i || 10 == i ? "-" : "", uuid[i]);
        }
    }
    for (int i = 0; i < 4; i++)
    {
        api->device_attribute(&values[i], attributes[i], device);
    }
    snprintf(card->chip, sizeof(card->chip), "%s", flopmeter_cuda_peak_chip(values[2], values[3]));
    flopmeter_cuda_peak_of(
        &peak, card->chip, values[0] > 0 ? (unsigned)values[0] : 0, values[1] > 0 ? (unsigned)values[1] : 0);
    card->peak_flop_per_sec = flopmeter_cuda_peak_whole(&peak);
}
