/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * dlsym(): programs that open cuBLAS and cuDNN themselves (JAX, CuPy, ctypes) get wrappers, too. Whatever is not the
 * name of one of those, asked of a handle, goes on to the real dlsym() by a jump: the stack is as the caller left it,
 * so RTLD_NEXT, RTLD_DEFAULT and dlerror() mean to it what they meant before. FLOPMETER_DLSYM=off: everything goes on.
 */

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "flopmeter_intercept.h"

/* Other machines' programs go without: the jump is machine code, and none of those was at hand to try it on. */
#ifdef __x86_64__

#ifdef __SANITIZE_ADDRESS__
/* A sanitizer asks dlsym() before its shadow memory is there. */
#define UNCHECKED __attribute__((no_sanitize("address", "undefined")))
#else
#define UNCHECKED
#endif

typedef void *dlsym_fn(void *handle, const char *name);

/* Both are named in the code below. */
__attribute__((visibility("hidden"), used)) void *_Atomic flopmeter_dlsym_real;
__attribute__((visibility("hidden"), used)) void *
flopmeter_dlsym_choose(void *handle, const char *name, const void *caller);

static void *find_nothing(void *const handle, const char *const name)
{
    (void)handle, (void)name;
    return NULL;
}

UNCHECKED static void *real_dlsym(void)
{
    void *real = atomic_load_explicit(&flopmeter_dlsym_real, memory_order_acquire);

    if (NULL == real)
    {
        /* Its version since 2.34, when it moved into libc, and the one before. */
        real = dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.34");
        real = NULL != real ? real : dlvsym(RTLD_NEXT, "dlsym", "GLIBC_2.2.5");
        real = NULL != real ? real : (void *)(uintptr_t)find_nothing;
        atomic_store_explicit(&flopmeter_dlsym_real, real, memory_order_release);
    }
    return real;
}

static bool is_off(void)
{
    static _Atomic(int) state;
    int known = atomic_load_explicit(&state, memory_order_relaxed);

    if (0 == known)
    {
        const char *const text = getenv("FLOPMETER_DLSYM");

        known = NULL != text && 0 == strcmp("off", text) ? 2 : 1;
        atomic_store_explicit(&state, known, memory_order_relaxed);
    }
    return 2 == known;
}

__attribute__((noinline)) static void *offer(
    void *const real_address, void *const handle, const char *const name, const void *const caller)
{
    dlsym_fn *const real = (dlsym_fn *)(uintptr_t)real_address;
    const int errno_saved = errno;
    void *const found = real(handle, name);
    void *const wrapper = NULL == found ? NULL : flopmeter_symbol_offer(name, found, caller);

    /* What we looked for in vain is not the program's error. When nothing was found the real one says so again. */
    (void)dlerror();
    errno = errno_saved;
    return wrapper;
}

/* NULL: ask the real one. */
UNCHECKED void *flopmeter_dlsym_choose(void *const handle, const char *const name, const void *const caller)
{
    void *const real = real_dlsym();

    if (RTLD_DEFAULT == handle || RTLD_NEXT == handle || NULL == name || 'c' != name[0] || 'u' != name[1] ||
        NULL == strchr("bdpCGS", name[2]) || is_off())
    {
        return NULL;
    }
    return offer(real, handle, name, caller);
}

__asm__(".text\n"
        ".globl dlsym\n"
        ".type dlsym,@function\n"
        "dlsym:\n"
        ".cfi_startproc\n"
        "    endbr64\n"
        "    movq (%rsp), %rdx\n" /* the caller */
        "    pushq %rdi\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    pushq %rsi\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    subq $8, %rsp\n"
        ".cfi_adjust_cfa_offset 8\n"
        "    call flopmeter_dlsym_choose\n"
        "    addq $8, %rsp\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %rsi\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    popq %rdi\n"
        ".cfi_adjust_cfa_offset -8\n"
        "    testq %rax, %rax\n"
        "    je 1f\n"
        "    ret\n"
        "1:  jmp *flopmeter_dlsym_real(%rip)\n"
        ".cfi_endproc\n"
        ".size dlsym, .-dlsym\n");

#endif /* __x86_64__ */
