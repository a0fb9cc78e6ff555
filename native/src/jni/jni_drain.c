/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * org.flopmeter.sampler.NativeDrainKernel. Primitive arguments only: a call costs about ten ns.
 */

#include <jni.h>
#include <sys/stat.h>

#include "flopmeter_drain.h"

JNIEXPORT jint JNICALL Java_org_flopmeter_sampler_NativeDrainKernel_install(JNIEnv *env, jclass type);
JNIEXPORT jint JNICALL Java_org_flopmeter_sampler_NativeDrainKernel_drain0(
    JNIEnv *env, jclass type, jlong cursor_address, jlong length_limit);
JNIEXPORT jlong JNICALL Java_org_flopmeter_sampler_NativeDrainKernel_fileLength(JNIEnv *env, jclass type, jlong fd);

jint Java_org_flopmeter_sampler_NativeDrainKernel_install(JNIEnv *env, jclass type)
{
    (void)env;
    (void)type;
    return flopmeter_drain_guard_install();
}

jint Java_org_flopmeter_sampler_NativeDrainKernel_drain0(
    JNIEnv *env, jclass type, jlong cursor_address, jlong length_limit)
{
    (void)env;
    (void)type;
    return flopmeter_drain_guarded((flopmeter_drain_t *)cursor_address, (uint64_t)length_limit);
}

jlong Java_org_flopmeter_sampler_NativeDrainKernel_fileLength(JNIEnv *env, jclass type, jlong fd)
{
    struct stat status;

    (void)env;
    (void)type;
    return 0 == fstat((int)fd, &status) ? (jlong)status.st_size : -1;
}
