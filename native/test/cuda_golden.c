/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuda_golden FOLDER [write]: for every chip that this machine's CUPTI knows, the metrics that are chosen and the sets
 * that take turns, held against FOLDER/cupti-<version>.csv (or written there). The rules that any chip must fulfil are
 * checked without a file, too: each set is asked for again and needs one pass, metrics of a set don't overlap, and
 * what one pass can read at all is in the survey.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cuda_host.h"

/* What one pass can read at all is what each metric alone can be read by. */
static void write_survey(
    FILE *out,
    flopmeter_cuda_chip_t *chip,
    const flopmeter_cuda_table_t *table,
    const flopmeter_cuda_sets_t *sets,
    const flopmeter_cuda_turns_t *turns)
{
    uint64_t seen = 0;
    uint64_t readable = 0;

    fprintf(out, "%s,survey,", chip->name);
    for (size_t i = 0; i < turns->survey_count; i++)
    {
        fprintf(out, "%s%u", 0 == i ? "" : " ", turns->survey[i]);
        seen |= sets->sets[turns->survey[i]].atoms;
    }
    for (size_t i = 0; i < table->count; i++)
    {
        const flopmeter_cuda_set_t alone = { .count = 1, .metrics = { (uint8_t)i }, .atoms = table->metrics[i].atoms };
        readable |= 1 == flopmeter_cuda_chip_passes(chip, table, &alone) ? alone.atoms : 0;
    }
    CHECK(seen == readable, "%s: the survey reads %llx of %llx", chip->name, (unsigned long long)seen,
        (unsigned long long)readable);
    fprintf(out, ",,,%llx of %llx\n", (unsigned long long)seen, (unsigned long long)table->atoms);
}

static void write_chip(FILE *out, flopmeter_cuda_chip_t *chip)
{
    static flopmeter_cuda_table_t table;
    static flopmeter_cuda_sets_t sets;
    flopmeter_cuda_turns_t turns;

    const int result = flopmeter_cuda_chip_table(chip, &table);
    if (0 != result)
    {
        fprintf(out, "%s,refused,%d,,,\n", chip->name, result);
        return;
    }
    CHECK(0 == table.left_out, "%s: %zu metrics left out", chip->name, table.left_out);
    if (0 == table.roots_count)
    {
        fprintf(out, "%s,none,,,,\n", chip->name);
        return;
    }
    for (size_t i = 0; i < table.count; i++)
    {
        const flopmeter_cuda_metric_t *const metric = &table.metrics[i];
        const bool is_root = i == table.roots[metric->root];
        fprintf(out, "%s,%s,%s,%s,%s,%llx\n", chip->name, is_root ? "root" : "part", metric->name,
            flopmeter_cuda_precision_text(metric->precision), table.metrics[table.roots[metric->root]].src,
            (unsigned long long)metric->atoms);
    }

    flopmeter_cuda_sets_find(&sets, &table, flopmeter_cuda_chip_passes, chip);
    CHECK(flopmeter_cuda_turns_begin(&turns, &table, &sets), "%s: nothing to collect", chip->name);
    for (size_t i = 0; i < sets.count; i++)
    {
        uint64_t atoms = 0;
        fprintf(out, "%s,set,", chip->name);
        for (size_t j = 0; j < sets.sets[i].count; j++)
        {
            const flopmeter_cuda_metric_t *const metric = &table.metrics[sets.sets[i].metrics[j]];
            CHECK(0 == (atoms & metric->atoms), "%s: set %zu counts twice with %s", chip->name, i, metric->name);
            atoms |= metric->atoms;
            fprintf(out, "%s%s", 0 == j ? "" : " ", metric->name);
        }
        const size_t passes = flopmeter_cuda_chip_passes(chip, &table, &sets.sets[i]);
        CHECK(1 == passes, "%s: set %zu needs %zu passes", chip->name, i, passes);
        CHECK(atoms == sets.sets[i].atoms, "%s: set %zu covers %llx, not what it says", chip->name, i,
            (unsigned long long)atoms);
        fprintf(out, ",,,%llx\n", (unsigned long long)atoms);
    }
    write_survey(out, chip, &table, &sets, &turns);
}

static const char *compare(const char *path, const char *text)
{
    static char recorded[1 << 20];
    FILE *const in = fopen(path, "r");

    if (NULL == in)
    {
        return NULL;
    }
    recorded[fread(recorded, 1, sizeof(recorded) - 1, in)] = '\0';
    fclose(in);
    return 0 == strcmp(recorded, text) ? "equal" : "different";
}

int main(int argc, char **argv)
{
    static flopmeter_cuda_api_t api;
    int (*get_version)(uint32_t *version) = NULL;
    uint32_t version = 0;
    char path[4096];
    char *text = NULL;
    size_t length = 0;

    CHECK(argc >= 2, "usage: cuda_golden FOLDER [write]");
    if (FLOPMETER_COUNTER_AVAILABLE != flopmeter_cuda_api_cupti(&api, getenv("FLOPMETER_CUPTI"), false))
    {
        puts("SKIPPED: no libcupti with a host API on this machine");
        return TEST_SKIP;
    }
    void *const symbol = dlsym(dlopen("libcupti.so.13", RTLD_NOW | RTLD_NOLOAD), "cuptiGetVersion");
    memcpy(&get_version, &symbol, sizeof(symbol));
    CHECK(NULL != get_version && 0 == get_version(&version), "cuptiGetVersion");
    flopmeter_cupti_chips_t chips = { .length = FLOPMETER_CUPTI_LENGTH(flopmeter_cupti_chips_t, names) };
    CHECK(0 == api.host_chips(&chips) && chips.count > 0, "no chips");

    FILE *const out = open_memstream(&text, &length);
    fprintf(out, "chip,kind,metrics,precision,formats,atoms\n");
    for (size_t i = 0; i < chips.count; i++)
    {
        flopmeter_cuda_chip_t chip = { .api = &api };
        snprintf(chip.name, sizeof(chip.name), "%s", chips.names[i]);
        write_chip(out, &chip);
        fprintf(stderr, "%s: %zu trials\n", chip.name, chip.trials);
    }
    fclose(out);

    snprintf(path, sizeof(path), "%s/cupti-%u.csv", argv[1], version);
    if (3 == argc)
    {
        FILE *const file = fopen(path, "w");
        CHECK(NULL != file && 1 == fwrite(text, length, 1, file) && 0 == fclose(file), "can't write %s", path);
        return 0;
    }
    const char *const verdict = compare(path, text);
    if (NULL == verdict)
    {
        printf("SKIPPED: rules hold for %zu chips, but %s is not recorded\n", chips.count, path);
        return TEST_SKIP;
    }
    CHECK(0 == strcmp(verdict, "equal"), "what is chosen differs from %s: cuda_golden FOLDER write, and look", path);
    printf("%zu chips as recorded in %s\n", chips.count, path);
    return 0;
}
