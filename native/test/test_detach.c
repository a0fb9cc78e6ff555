/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Detached: what was counted stays, what comes later does nothing, in children too.
 */

#include <inttypes.h>
#include <pthread.h>
#include <sys/wait.h>

#include "check.h"
#include "flopmeter/flopmeter.h"
#include "meter_dir.h"

static flopmeter_key_t key;

static void *record_once(void *argument)
{
    (void)argument;
    flopmeter_record(key, 1);
    return NULL;
}

static void in_new_thread(void)
{
    pthread_t thread;
    CHECK(0 == pthread_create(&thread, NULL, record_once, NULL), "thread");
    pthread_join(thread, NULL);
}

static void use(void)
{
    for (int i = 0; i < 300; i++)
    {
        flopmeter_record(key, 1);
    }
    flopmeter_batch_t batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
    in_new_thread();
}

static void detaches(meter_t *meter)
{
    CHECK(FLOPMETER_OK == flopmeter_intern(
        NULL, "d", FLOPMETER_FP32, FLOPMETER_EXACT_BY_SHAPE, FLOPMETER_SOURCE_API, &key), "intern");
    use();
    flopmeter_batch_t batch = flopmeter_batch_begin();
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_detach();
    flopmeter_batch_add(&batch, key, 1);
    flopmeter_batch_end(&batch);
    use();
    CHECK(FLOPMETER_OFF == flopmeter_attach(), "attached again");

    const pid_t pid = fork();
    if (0 == pid)
    {
        use();
        _exit(0);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "status %#x", (unsigned)status);
    flopmeter_detach();
    meter_expect(meter, 303, 303);
    CHECK(2 == meter->lane_count && 0 == meter_lost(meter), "%d lanes", meter->lane_count);
    int closed = 0;
    for (int i = 0; i < meter->lane_count; i++)
    {
        closed += 3 == lane_reader_u32(meter->lanes[i], 128) ? 1 : 0;
        CHECK(0 == meter->lanes[i]->open_count, "an open batch is left");
    }
    CHECK(1 == closed, "%d lanes closed", closed);
}

static void detaches_unattached(meter_t *meter)
{
    const pid_t pid = fork();
    if (0 == pid)
    {
        flopmeter_detach();
        use();
        _exit(0);
    }
    int status = -1;
    CHECK(pid == waitpid(pid, &status, 0) && 0 == status, "status %#x", (unsigned)status);
    meter_expect(meter, 0, 0);
}

static void run(void (*scenario)(meter_t *))
{
    meter_t *const meter = meter_create();

    meter_run_ok(meter, scenario);
    meter_destroy(meter);
}

int main(void)
{
    run(detaches);
    run(detaches_unattached);
    return 0;
}
