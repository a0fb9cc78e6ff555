/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Finding the real function behind a wrapper, once per symbol or once per (symbol, caller object).
 *
 * RTLD_NEXT walks the global scope after this library, in the dynamic linker's order: whoever is found there is what
 * every object would have been bound to without us. Libraries loaded RTLD_LOCAL (NumPy's and PyTorch's BLAS) are not in
 * it; then each caller gets what its own dependencies have, so that two BLAS libraries in one process stay apart.
 */

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <string.h>
#include <sys/mman.h>

#include "flopmeter_intercept.h"

#define ARENA_LENGTH (64 * 1024)

static _Atomic(flopmeter_object_t *) objects;

/* Wrappers run in any context that may call BLAS, some with malloc's locks held by a debugger or a hook: own memory. */
static void *arena_allocate(const size_t length)
{
    static _Alignas(16) uint8_t arena[ARENA_LENGTH];
    static _Atomic(size_t) arena_used;
    const size_t aligned = (length + 15) & ~(size_t)15;

    if (atomic_load_explicit(&arena_used, memory_order_relaxed) + aligned <= ARENA_LENGTH)
    {
        const size_t offset = atomic_fetch_add_explicit(&arena_used, aligned, memory_order_relaxed);

        if (offset + aligned <= ARENA_LENGTH)
        {
            return arena + offset;
        }
    }

    void *const page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return MAP_FAILED == page ? NULL : page;
}

typedef struct object_search_stct
{
    uintptr_t address;
    uintptr_t begin;
    uintptr_t end;
}
object_search_t;

static int object_match(struct dl_phdr_info *const info, const size_t length, void *const argument)
{
    object_search_t *const search = argument;
    uintptr_t begin = UINTPTR_MAX;
    uintptr_t end = 0;

    (void)length;
    for (int i = 0; i < info->dlpi_phnum; i++)
    {
        if (PT_LOAD == info->dlpi_phdr[i].p_type)
        {
            const uintptr_t low = info->dlpi_addr + info->dlpi_phdr[i].p_vaddr;
            const uintptr_t high = low + info->dlpi_phdr[i].p_memsz;

            begin = low < begin ? low : begin;
            end = high > end ? high : end;
        }
    }
    if (search->address < begin || search->address >= end)
    {
        return 0;
    }

    search->begin = begin;
    search->end = end;
    return 1;
}

/* The object that contains an address; NULL when none does (code made at run time) or memory is out. */
static flopmeter_object_t *object_of(const void *const address)
{
    object_search_t search = {.address = (uintptr_t)address};

    for (flopmeter_object_t *object = atomic_load_explicit(&objects, memory_order_acquire); NULL != object;
         object = object->next)
    {
        if (search.address >= object->begin && search.address < object->end)
        {
            return object;
        }
    }
    if (!dl_iterate_phdr(object_match, &search))
    {
        return NULL;
    }

    flopmeter_object_t *const object = arena_allocate(sizeof(*object));

    if (NULL != object)
    {
        object->begin = search.begin;
        object->end = search.end;
        atomic_init(&object->is_provider, 0);
        object->next = atomic_load_explicit(&objects, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(
            &objects, &object->next, object, memory_order_release, memory_order_relaxed))
        {
        }
    }
    return object;
}

static bool is_own(const void *const address)
{
    const flopmeter_object_t *const own = object_of((const void *)&objects);

    return NULL != own && (uintptr_t)address >= own->begin && (uintptr_t)address < own->end;
}

/* A real function that we keep a pointer to must stay mapped, and calls that come out of its object may be nested. */
static void *adopt(void *const real)
{
    Dl_info info;
    flopmeter_object_t *const object = object_of(real);

    if (NULL != object)
    {
        atomic_store_explicit(&object->is_provider, 1, memory_order_relaxed);
    }
    if (dladdr(real, &info) && NULL != info.dli_fname)
    {
        void *const handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD | RTLD_NODELETE);

        if (NULL != handle)
        {
            dlclose(handle);
        }
    }
    return real;
}

static void *find_in_object(const char *const path, const char *const name)
{
    void *const handle = dlopen(path, RTLD_LAZY | RTLD_NOLOAD);
    void *real = NULL;

    if (NULL != handle)
    {
        real = dlsym(handle, name);
        real = (NULL != real && is_own(real)) ? NULL : real;
        dlclose(handle);
    }
    return real;
}

typedef struct name_search_stct
{
    size_t index;
    char path[PATH_MAX];
}
name_search_t;

static int name_copy(struct dl_phdr_info *const info, const size_t length, void *const argument)
{
    name_search_t *const search = argument;

    (void)length;
    if (0 != search->index)
    {
        search->index--;
        return 0;
    }

    search->path[0] = '\0';
    if (NULL != info->dlpi_name && strlen(info->dlpi_name) < sizeof(search->path))
    {
        strcpy(search->path, info->dlpi_name);
    }
    return 1;
}

/* One object per walk: dlopen() inside the walk would take the linker's two locks in the wrong order. */
static void *find_anywhere(const char *const name)
{
    name_search_t search;

    for (size_t i = 0;; i++)
    {
        search.index = i;
        if (!dl_iterate_phdr(name_copy, &search))
        {
            return NULL;
        }
        void *const real = '\0' == search.path[0] ? NULL : find_in_object(search.path, name);

        if (NULL != real)
        {
            return real;
        }
    }
}

/* What an object gets for a name by itself and what it is linked to. */
static void *find_in_object_of(const void *const address, const char *const name)
{
    Dl_info info;

    return dladdr(address, &info) && NULL != info.dli_fname ? find_in_object(info.dli_fname, name) : NULL;
}

static void *find_for_caller(const char *const name, const void *const caller)
{
    void *const real = find_in_object_of(caller, name);

    return NULL != real ? real : find_anywhere(name);
}

static void *find_global(const char *const name)
{
    void *const real = dlsym(RTLD_NEXT, name);

    return (NULL == real || is_own(real)) ? NULL : real;
}

/* ---- What dlsym() gave a wrapper out for (dlsym.c) ---- */

typedef struct pin_stct
{
    struct pin_stct *next;
    void *real;
    char name[FLOPMETER_SYMBOL_LENGTH];
}
pin_t;

static _Atomic(pin_t *) pins;

static void *pinned(const char *const name)
{
    for (const pin_t *pin = atomic_load_explicit(&pins, memory_order_acquire); NULL != pin; pin = pin->next)
    {
        if (0 == strcmp(name, pin->name))
        {
            return pin->real;
        }
    }
    return NULL;
}

/* What the name stands for from now on: `real`, or what another thread or library was faster with; NULL: no memory. */
static void *pin_down(const char *const name, void *const real)
{
    void *known = pinned(name);
    pin_t *const pin = NULL == known ? arena_allocate(sizeof(*pin)) : NULL;

    if (NULL == pin)
    {
        return known;
    }
    strcpy(pin->name, name);
    pin->real = real;
    pin->next = atomic_load_explicit(&pins, memory_order_acquire);
    do
    {
        known = pinned(name);
        if (NULL != known)
        {
            return known;
        }
    }
    while (!atomic_compare_exchange_weak_explicit(&pins, &pin->next, pin, memory_order_acq_rel, memory_order_acquire));
    return real;
}

/* Our wrapper of that name. */
static void *own_wrapper(const char *const name)
{
    Dl_info info;
    void *wrapper = NULL;

    if (dladdr((const void *)&objects, &info) && NULL != info.dli_fname)
    {
        void *const handle = dlopen(info.dli_fname, RTLD_LAZY | RTLD_NOLOAD);

        if (NULL != handle)
        {
            wrapper = dlsym(handle, name);
            dlclose(handle);
        }
    }
    return NULL != wrapper && is_own(wrapper) ? wrapper : NULL;
}

/* The vendor's libraries open each other: what one of them looks for is inside a call. */
static bool is_vendor(const void *const address)
{
    static const char names[][16] = { "libcublas", "libcudnn", "libcudart", "libcusolver", "libcusparse", "libcupti",
        "libcuda.", "libnv", "libflopmeter" };
    Dl_info info;

    if (!dladdr(address, &info) || NULL == info.dli_fname)
    {
        return false;
    }
    const char *const slash = strrchr(info.dli_fname, '/');
    const char *const file = NULL == slash ? info.dli_fname : slash + 1;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
    {
        if (0 == strncmp(file, names[i], strlen(names[i])))
        {
            return true;
        }
    }
    return false;
}

void *flopmeter_symbol_offer(const char *const name, void *const real, const void *const caller)
{
    void *const wrapper =
        strlen(name) < FLOPMETER_SYMBOL_LENGTH && !is_own(caller) && !is_own(real) ? own_wrapper(name) : NULL;

    if (NULL == wrapper || is_vendor(caller))
    {
        return NULL;
    }
    /* A library that has the name itself looks for what lies behind its own: that is inside a call, not a call. */
    void *const linked = find_in_object_of(caller, name);
    const flopmeter_object_t *const object = NULL == linked ? NULL : object_of(caller);

    if (NULL != object && (uintptr_t)linked >= object->begin && (uintptr_t)linked < object->end)
    {
        return NULL;
    }
    void *const global = find_global(name);

    /* One wrapper calls one function: with a second library of that name in the process it could be the wrong one. */
    if ((NULL != linked && linked != real) || (NULL != global && global != real) || pin_down(name, real) != real)
    {
        flopmeter_core_gap(FLOPMETER_GAP_SYMBOL, FLOPMETER_SOURCE_CUDA);
        return NULL;
    }
    adopt(real);
    return wrapper;
}

static void *bind_caller(
    flopmeter_symbol_t *const symbol, const flopmeter_symbol_name_t *const name, const void *const caller)
{
    const flopmeter_object_t *const object = object_of(caller);
    void *const given = pinned(name->name);
    void *real = NULL == given ? find_for_caller(name->name, caller) : find_in_object_of(caller, name->name);

    real = NULL == real ? given : real;
    if (NULL == real && '\0' != name->sister[0])
    {
        real = find_global(name->sister);
        real = NULL != real ? real : find_for_caller(name->sister, caller);
    }
    if (NULL == real)
    {
        flopmeter_core_gap(FLOPMETER_GAP_SYMBOL, name->source);
        return NULL;
    }

    adopt(real);
    flopmeter_binding_t *const binding = NULL == object ? NULL : arena_allocate(sizeof(*binding));

    if (NULL != binding)
    {
        binding->caller = object;
        binding->real = real;
        binding->next = atomic_load_explicit(&symbol->bindings, memory_order_relaxed);
        while (!atomic_compare_exchange_weak_explicit(
            &symbol->bindings, &binding->next, binding, memory_order_release, memory_order_relaxed))
        {
        }
    }
    return real;
}

void *flopmeter_symbol_find_slow(
    flopmeter_symbol_t *const symbol, const flopmeter_symbol_name_t *const name, const void *const caller)
{
    for (const flopmeter_binding_t *binding = atomic_load_explicit(&symbol->bindings, memory_order_acquire);
         NULL != binding; binding = binding->next)
    {
        if ((uintptr_t)caller >= binding->caller->begin && (uintptr_t)caller < binding->caller->end)
        {
            return binding->real;
        }
    }

    const int errno_saved = errno;
    void *real = find_global(name->name);
    void *const given = pinned(name->name);

    /* What dlsym() found goes on to be what it found, even when a second library has become global since. */
    if (NULL != real && (NULL == given || given == real))
    {
        adopt(real);
        atomic_store_explicit(&symbol->global, real, memory_order_release);
    }
    else
    {
        real = bind_caller(symbol, name, caller);
    }
    /* The program must not find our failed look-ups in its own dlerror(). */
    (void)dlerror();
    errno = errno_saved;
    return real;
}

/* Looks at a frame that may be gone: that is the point, so the address sanitizer is not asked. */
__attribute__((no_sanitize("address"))) bool
flopmeter_guard_is_nested(const flopmeter_guard_t *const guard, const void *const caller)
{
    const flopmeter_guard_state_t *const state = &flopmeter_guard_state;

#ifdef FLOPMETER_CANARY_DEPTH
    /* The bug that the tests must catch: a plain depth counter, which a longjmp leaves standing. */
    return true;
#endif

    /* Above the outermost frame, or its cookie is gone: that frame was left by longjmp. */
    if ((uintptr_t)guard >= (uintptr_t)state->outermost || state->outermost->cookie != (state->cookie | 1))
    {
        return false;
    }

    /* The cookie can outlive its frame in a hole that nobody wrote to. A call from the very object that made the
       outermost call is not made by the library on its way, unless that object is a library itself. */
    const flopmeter_object_t *const object = object_of(caller);

    return NULL == object || 0 != atomic_load_explicit(&object->is_provider, memory_order_relaxed) ||
           (uintptr_t)state->caller < object->begin || (uintptr_t)state->caller >= object->end;
}

__thread flopmeter_guard_state_t flopmeter_guard_state;
