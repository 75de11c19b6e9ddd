/* SPDX-License-Identifier: MIT */
/* Recorder of allocations: LD_PRELOAD=lfm-record.so LFM_RECORD=PREFIX PROGRAM ... writes PREFIX.PROCESS.NUMBER (raw.h)
 * for each process and each program that it executes. LFM_RECORD_LIMIT: records of a process, after which nothing more
 * is recorded (default 16777216, 24 bytes each in a sparse file).
 *
 * Calls go on to glibc by the names that it keeps for this purpose (__libc_malloc), whatever allocator the program is
 * linked with. So nothing needs to be looked up before the first call, and nothing here allocates.
 *
 * Not seen: mmap and brk; what a program carves out of its blocks itself; calls by an allocator's own names (mallocx,
 * mi_malloc, or C++'s operator new where a library other than libstdc++ has it).
 *
 * Each call may come from any thread and before any constructor. A fork shows by a page that the kernel wipes in the
 * child: the next call there makes a file of its own. A child of vfork shares its parent's memory, and its file. */
#include "raw.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t n, size_t bytes);
void *__libc_realloc(void *block, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void __libc_free(void *block);

#define EXPORT __attribute__((visibility("default")))

/* State of a process, in a page that a fork wipes. */
typedef struct process {
    _Atomic int stage; /* 0: none yet; 1: being made; 2: ready or not wanted */
    raw_header *file;  /* NULL: not wanted; constant from stage 2 on */
} process;

static _Atomic(process *) current;
static _Atomic uint32_t generation; /* of processes: one more after each fork */
/* This model needs no call, which might allocate. */
static _Thread_local uint32_t my_generation __attribute__((tls_model("initial-exec")));
static _Thread_local uint32_t my_number __attribute__((tls_model("initial-exec")));

static process *map_process(void)
{
    process *seen = atomic_load_explicit(&current, memory_order_acquire);
    if (seen != NULL) {
        return seen;
    }
    process *const made = mmap(NULL, RAW_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (made == MAP_FAILED || madvise(made, RAW_HEADER_BYTES, MADV_WIPEONFORK) != 0) {
        return NULL;
    }
    if (!atomic_compare_exchange_strong_explicit(&current, &seen, made, memory_order_acq_rel, memory_order_acquire)) {
        munmap(made, RAW_HEADER_BYTES);
        return seen;
    }
    return made;
}

static void read_command(raw_header *file)
{
    const int in = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
    if (in >= 0) {
        if (read(in, file->command, sizeof file->command - 1) < 0) {
            file->command[0] = '\0';
        }
        close(in);
    }
}

/* A new file, sparse, never inherited by a fork. NULL: none is wanted, or it cannot be made. */
static raw_header *make_file(void)
{
    const char *const prefix = getenv("LFM_RECORD"), *const limit = getenv("LFM_RECORD_LIMIT");
    if (prefix == NULL) {
        return NULL;
    }
    const uint64_t room = limit != NULL ? strtoull(limit, NULL, 0) : UINT64_C(1) << 24;
    const size_t bytes = RAW_HEADER_BYTES + room * sizeof(raw_record);
    char name[4096];
    int out = -1;
    for (unsigned number = 0; out < 0 && number < 10000; number++) {
        snprintf(name, sizeof name, "%s.%d.%u", prefix, (int)getpid(), number);
        out = open(name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
        if (out < 0 && errno != EEXIST) {
            break;
        }
    }
    raw_header *file = NULL;
    if (out >= 0 && room <= PTRDIFF_MAX / sizeof(raw_record) - RAW_HEADER_BYTES && ftruncate(out, (off_t)bytes) == 0) {
        file = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_NORESERVE, out, 0);
    }
    close(out);
    if (file == NULL || file == MAP_FAILED || madvise(file, bytes, MADV_DONTFORK) != 0) {
        static const char text[] = "lfm-record: cannot make a file\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0) {
            _exit(127);
        }
        return NULL;
    }
    memcpy(file->magic, RAW_MAGIC, sizeof file->magic);
    file->room = room;
    file->process = (uint32_t)getpid();
    read_command(file);
    return file;
}

/* The file of this process; NULL: do not record. The first call makes it; calls meanwhile are counted. */
static raw_header *my_file(void)
{
    static _Atomic uint64_t missed;
    process *const mine = map_process();
    if (mine == NULL) {
        return NULL;
    }
    int stage = atomic_load_explicit(&mine->stage, memory_order_acquire);
    if (stage == 2) {
        return mine->file;
    }
    if (stage == 0 &&
        atomic_compare_exchange_strong_explicit(&mine->stage, &stage, 1, memory_order_relaxed, memory_order_relaxed)) {
        const int kept = errno;
        atomic_fetch_add_explicit(&generation, 1, memory_order_relaxed);
        mine->file = make_file();
        if (mine->file != NULL) {
            atomic_fetch_add_explicit(&mine->file->missed, atomic_exchange_explicit(&missed, 0, memory_order_relaxed),
                                      memory_order_relaxed);
        }
        errno = kept;
        atomic_store_explicit(&mine->stage, 2, memory_order_release);
        return mine->file;
    }
    atomic_fetch_add_explicit(&missed, 1, memory_order_relaxed);
    return NULL;
}

static void record(raw_op op, const void *block, size_t size, unsigned align)
{
    raw_header *const file = my_file();
    if (file == NULL) {
        return;
    }
    const uint32_t now = atomic_load_explicit(&generation, memory_order_relaxed);
    if (my_generation != now) {
        my_generation = now;
        my_number = atomic_fetch_add_explicit(&file->threads, 1, memory_order_relaxed);
    }
    /* The order of the trace; acq_rel, so that no call moves to the other side of it. */
    const uint64_t index = atomic_fetch_add_explicit(&file->records, 1, memory_order_acq_rel);
    if (index < file->room) {
        raw_record *const to = raw_records(file) + index;
        to->address = (uintptr_t)block;
        to->size = size;
        to->thread = my_number;
        to->align = (uint8_t)align;
        atomic_store_explicit(&to->op, (uint8_t)op, memory_order_release);
    }
}

static void *taken(raw_op op, void *block, size_t size, unsigned align)
{
    if (block != NULL) {
        record(op, block, size, align);
    }
    return block;
}

EXPORT void *malloc(size_t bytes)
{
    return taken(RAW_MALLOC, __libc_malloc(bytes), bytes, 0);
}

EXPORT void *calloc(size_t n, size_t bytes)
{
    return taken(RAW_CALLOC, __libc_calloc(n, bytes), n * bytes, 0);
}

EXPORT void free(void *block)
{
    if (block != NULL) {
        record(RAW_FREE, block, 0, 0);
        __libc_free(block);
    }
}

EXPORT void *realloc(void *block, size_t bytes)
{
    if (block == NULL) {
        return malloc(bytes);
    }
    if (bytes == 0) {
        free(block);
        return NULL;
    }
    record(RAW_REALLOC_BEGIN, block, bytes, 0);
    void *const moved = __libc_realloc(block, bytes);
    record(RAW_REALLOC_END, moved, bytes, 0);
    return moved;
}

EXPORT void *reallocarray(void *block, size_t n, size_t bytes)
{
    size_t product;
    if (__builtin_mul_overflow(n, bytes, &product)) {
        errno = ENOMEM;
        return NULL;
    }
    return realloc(block, product);
}

EXPORT void *memalign(size_t align, size_t bytes)
{
    unsigned shift = 0;
    while ((size_t)1 << shift < align && shift < 63) {
        shift++;
    }
    return taken(RAW_ALIGNED, __libc_memalign(align, bytes), bytes, shift);
}

EXPORT void *aligned_alloc(size_t align, size_t bytes)
{
    return memalign(align, bytes);
}

EXPORT int posix_memalign(void **block, size_t align, size_t bytes)
{
    if (align < sizeof(void *) || (align & (align - 1)) != 0) {
        return EINVAL;
    }
    void *const got = memalign(align, bytes);
    if (got == NULL) {
        return ENOMEM;
    }
    *block = got;
    return 0;
}

EXPORT void *valloc(size_t bytes)
{
    return memalign((size_t)sysconf(_SC_PAGESIZE), bytes);
}

EXPORT void *pvalloc(size_t bytes)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    if (bytes > SIZE_MAX - (page - 1)) {
        errno = ENOMEM;
        return NULL;
    }
    return memalign(page, (bytes + page - 1) / page * page);
}

/* A program that is linked with another allocator would ask that one about glibc's blocks. */
EXPORT size_t malloc_usable_size(void *block)
{
    static _Atomic(void *) found;
    void *function = atomic_load_explicit(&found, memory_order_relaxed);
    if (function == NULL) {
        void *const libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
        function = libc != NULL ? dlsym(libc, "malloc_usable_size") : NULL;
        if (function == NULL) {
            return 0;
        }
        atomic_store_explicit(&found, function, memory_order_relaxed);
    }
    size_t (*usable)(void *);
    memcpy(&usable, &function, sizeof usable);
    return usable(block);
}
