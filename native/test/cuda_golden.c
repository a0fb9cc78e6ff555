/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * cuda_golden FOLDER [write]: for every chip that this machine's CUPTI knows, the metrics that are chosen and the sets
 * that take turns, held against FOLDER/cupti-<version>.csv, and the one set of PM sampling, against
 * FOLDER/pm-<version>.csv (or written there). The rules that any chip must fulfil are
 * checked without a file, too: each set is asked for again and needs one pass, metrics of a set don't overlap, and
 * what one pass can read at all is in the survey.
 */

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "cuda_host.h"
#include "pm_metric.h"

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
        for (uint64_t rest = sets.sets[i].dense; 0 != rest; rest &= rest - 1)
        {
            fprintf(out, " %s", table.dense[__builtin_ctzll(rest)].name);
        }
        const size_t passes = flopmeter_cuda_chip_passes(chip, &table, &sets.sets[i]);
        CHECK(1 == passes, "%s: set %zu needs %zu passes", chip->name, i, passes);
        CHECK(atoms == sets.sets[i].atoms, "%s: set %zu covers %llx, not what it says", chip->name, i,
            (unsigned long long)atoms);
        fprintf(out, ",,,%llx\n", (unsigned long long)atoms);
    }
    write_survey(out, chip, &table, &sets, &turns);
}

static size_t pm_passes(void *chip, const char *const *names, size_t count)
{
    return flopmeter_cuda_chip_names_passes(chip, names, count);
}

/* What PM sampling reads of a chip in one pass; without a metric, what it could read but not with the others. */
static void write_pm(FILE *out, flopmeter_cuda_chip_t *chip)
{
    static flopmeter_pm_table_t table;
    static flopmeter_pm_set_t set;
    const char *names[FLOPMETER_PM_KINDS];
    unsigned offered = 0;

    memset(&table, 0, sizeof(table));
    chip->profiler = FLOPMETER_CUPTI_PM_SAMPLING;
    const int result = flopmeter_cuda_chip_names(chip, flopmeter_pm_table_take, &table);
    if (0 != result)
    {
        fprintf(out, "%s,refused,%d\n", chip->name, result);
        return;
    }
    CHECK(0 == table.left_out, "%s: %zu metrics left out", chip->name, table.left_out);
    for (size_t i = 0; i < table.count; i++)
    {
        offered |= 1U << table.metrics[i].kind;
    }
    CHECK(flopmeter_pm_set_find(&set, &table, pm_passes, chip), "%s: nothing to sample", chip->name);
    for (size_t i = 0; i < set.count; i++)
    {
        names[i] = set.names[i];
        offered &= ~(1U << set.kinds[i]);
        fprintf(out, "%s,%s,%s\n", chip->name, flopmeter_pm_kind_text(set.kinds[i]), set.names[i]);
    }
    const size_t passes = flopmeter_cuda_chip_names_passes(chip, names, set.count);
    CHECK(1 == passes, "%s: the set needs %zu passes", chip->name, passes);
    for (int kind = 0; kind < FLOPMETER_PM_KINDS; kind++)
    {
        if (0 != (offered >> kind & 1))
        {
            fprintf(out, "%s,%s,\n", chip->name, flopmeter_pm_kind_text((flopmeter_pm_kind_t)kind));
        }
    }
    fprintf(stderr, "%s: %zu trials for PM sampling\n", chip->name, chip->trials);
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

/* Against what is recorded, or record it. NULL = it is not. */
static const char *hold(const char *folder, const char *name, uint32_t version, const char *text, bool is_written)
{
    char path[4096];

    snprintf(path, sizeof(path), "%s/%s-%u.csv", folder, name, version);
    if (is_written)
    {
        FILE *const file = fopen(path, "w");
        CHECK(NULL != file && 1 == fwrite(text, strlen(text), 1, file) && 0 == fclose(file), "can't write %s", path);
    }
    return compare(path, text);
}

int main(int argc, char **argv)
{
    static flopmeter_cuda_api_t api;
    int (*get_version)(uint32_t *version) = NULL;
    uint32_t version = 0;
    char *text = NULL;
    char *pm_text = NULL;
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
    FILE *const pm_out = open_memstream(&pm_text, &length);
    fprintf(out, "chip,kind,metrics,precision,formats,atoms\n");
    fprintf(pm_out, "chip,kind,metric\n");
    for (size_t i = 0; i < chips.count; i++)
    {
        flopmeter_cuda_chip_t chip = { .api = &api };
        snprintf(chip.name, sizeof(chip.name), "%s", chips.names[i]);
        write_chip(out, &chip);
        fprintf(stderr, "%s: %zu trials\n", chip.name, chip.trials);
        chip.trials = 0;
        write_pm(pm_out, &chip);
    }
    fclose(out);
    fclose(pm_out);

    const char *const verdict = hold(argv[1], "cupti", version, text, 3 == argc);
    const char *const pm_verdict = hold(argv[1], "pm", version, pm_text, 3 == argc);
    if (NULL == verdict || NULL == pm_verdict)
    {
        printf("SKIPPED: rules hold for %zu chips, but version %u is not recorded in %s\n", chips.count, version,
            argv[1]);
        return TEST_SKIP;
    }
    CHECK(0 == strcmp(verdict, "equal") && 0 == strcmp(pm_verdict, "equal"),
        "what is chosen differs from %s, version %u: cuda_golden FOLDER write, and look", argv[1], version);
    printf("%zu chips as recorded in %s\n", chips.count, argv[1]);
    return 0;
}
