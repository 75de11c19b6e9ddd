/* SPDX-License-Identifier: MIT */
/* One thread of a process is stopped again and again, at random instants and from there at successive instructions,
 * while its siblings run on. They always make progress (G1), and no block is handed out twice.
 *
 * The dynamic pool has fewer blocks than the threads want. So now and then a get takes a share, finds the segment full,
 * and gives the share back. The heap has room for two large blocks, or a small one and a large one. */
#include "allocator.h"
#include "oracle.h"
#include "rng.h"
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 3u
#define BLOCKS  16u
#define GROUP   ((uint32_t)1 << LFM_WORD_UNITS_SHIFT_) /* units of a large block of the heap */
#define UNITS   (2 * GROUP)                            /* of the heap */
#define UNIT    16u                                    /* bytes */
#define FEW     4u                                     /* blocks of the dynamic pool */
#define BURSTS  60u                                    /* random places where the thread is stopped */
#define STEPS   8u                                     /* successive instructions in each */
#define ROUNDS  100u                                   /* that each sibling makes during a stop */

/* Shared with the parent process. */
static struct shared {
    lfm_pool pool;
    lfm_dynpool dynpool;
    lfm_segment segment, metadata;
    lfm_heap heap;
    _Atomic(uint32_t) lock;
    _Atomic(uint32_t) broken; /* a block that was handed out twice, plus 1 */
    _Atomic(uint32_t) go, quit;
    _Atomic(pid_t) victim;               /* the thread's number, once it runs */
    _Atomic(uint64_t) rounds[THREADS];   /* each by its thread */
    _Atomic(uint32_t) owner[2 * BLOCKS]; /* of a block, or a unit of the heap: thread + 1, or 0 */
    _Alignas(64) unsigned char storage[LFM_POOL_STORAGE_BYTES(BLOCKS, 8, 64)];
    _Alignas(64) unsigned char records[LFM_DYNPOOL_METADATA_BYTES(1, FEW)];
    _Alignas(64) unsigned char heap_storage[LFM_HEAP_STORAGE_BYTES(UNITS * UNIT, UNIT)];
} * common;

static allocator tested;
static unsigned char *blocks; /* where those of the pool begin */

typedef enum kind {
    PLAIN,
    IN_LINE, /* the same, in line */
    DYNPOOL,
    HEAP,
    KINDS
} kind;
static const char *const kinds[KINDS] = {"plain", "in-line", "dynpool", "heap"};

/* The owner words of a block: the first one, and how many. */
static uint32_t index_of(const void *block)
{
    return tested.heap != NULL ? (uint32_t)(((const unsigned char *)block - common->heap_storage) / UNIT)
                               : (uint32_t)(((const unsigned char *)block - blocks) / 8);
}

static uint32_t owners_of(const void *block)
{
    return tested.heap != NULL ? (uint32_t)(lfm_heap_usable_size(tested.heap, block) / UNIT) : 1;
}

/* In a heap, a small block or a large one. */
static void *get(uint32_t self, bool large)
{
    void *block = tested.heap != NULL ? allocator_heap_alloc(&tested, large ? (size_t)GROUP * UNIT : UNIT)
                                      : allocator_get(&tested);
    if (block == NULL) {
        return NULL;
    }
    const uint32_t first = index_of(block), end = first + owners_of(block);
    for (uint32_t i = first; i < end; i++) {
        uint32_t none = 0;
        if (i >= (tested.heap != NULL ? UNITS : BLOCKS) ||
            !atomic_compare_exchange_strong(&common->owner[i], &none, self + 1)) {
            atomic_store(&common->broken, i + 1);
            return NULL;
        }
    }
    return block;
}

static void put(void *block)
{
    if (block == NULL) {
        return;
    }
    const uint32_t first = index_of(block), end = first + owners_of(block);
    for (uint32_t i = first; i < end; i++) {
        atomic_store(&common->owner[i], 0);
    }
    if (tested.heap != NULL) {
        allocator_heap_free(&tested, block);
    } else {
        allocator_put(&tested, block);
    }
}

/* Gets two and puts them back in the same order, so that what lies below the top changes. */
static void *work(void *thread)
{
    const uint32_t self = (uint32_t)(uintptr_t)thread;
    if (self == 0) {
        atomic_store(&common->victim, (pid_t)syscall(SYS_gettid));
    }
    while (!atomic_load(&common->go)) {
        usleep(100);
    }
    for (unsigned round = 0; !atomic_load(&common->quit); round++) {
        void *first = get(self, false);
        void *second = get(self, round % 2 != 0);
        put(first);
        put(second);
        atomic_fetch_add_explicit(&common->rounds[self], 1, memory_order_relaxed);
    }
    return NULL;
}

_Noreturn static void run_threads(pid_t parent)
{
    pthread_t threads[THREADS];
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) { /* it died before that could be said */
        _exit(1);
    }
    for (uintptr_t i = 0; i < THREADS; i++) {
        NEED(pthread_create(&threads[i], NULL, work, (void *)i) == 0, "no thread");
    }
    for (unsigned i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
    }
    _exit(0);
}

/* Waits until the victim stands still. */
static void await_stop(pid_t victim)
{
    int status;
    while (waitpid(victim, &status, __WALL) < 0) {
        NEED(errno == EINTR, "the thread is gone");
    }
    MUST(WIFSTOPPED(status) && WSTOPSIG(status) == SIGTRAP, "the thread fell over, status %#x", (unsigned)status);
}

static void await_siblings(void)
{
    uint64_t before[THREADS];
    for (unsigned i = 1; i < THREADS; i++) {
        before[i] = atomic_load(&common->rounds[i]);
    }
    guard_begin();
    for (unsigned i = 1; i < THREADS; i++) {
        while (atomic_load(&common->rounds[i]) < before[i] + ROUNDS) {
            const uint32_t broken = atomic_load(&common->broken);
            MUST(broken == 0, "block %u was handed out twice, or there is no such block", broken - 1);
            usleep(20);
        }
    }
    guard_end();
}

static pid_t seize_victim(void)
{
    guard_begin();
    while (atomic_load(&common->victim) == 0) {
        usleep(100);
    }
    guard_end();
    const pid_t victim = atomic_load(&common->victim);
    if (ptrace(PTRACE_SEIZE, victim, NULL, PTRACE_O_EXITKILL) != 0) {
        SKIP("ptrace is refused here");
    }
    atomic_store(&common->go, 1);
    return victim;
}

/* Stops the victim somewhere, and at the instructions that follow. */
static void burst(pid_t victim, rng *random)
{
    usleep(rng_below(random, 200));
    NEED(ptrace(PTRACE_INTERRUPT, victim, NULL, NULL) == 0, "the thread cannot be stopped");
    await_stop(victim);
    for (unsigned i = 0; i < STEPS; i++) {
        await_siblings();
        NEED(ptrace(PTRACE_SINGLESTEP, victim, NULL, NULL) == 0, "the thread cannot be stepped");
        await_stop(victim);
    }
}

/* All threads have ended: every block is there, and a heap is whole. */
static void check_pool(void)
{
    if (tested.heap != NULL) {
        lfm_heap_stats_t heap;
        lfm_heap_stats(tested.heap, &heap);
        MUST(heap.largest_free == UNITS * UNIT && lfm_heap_alloc(tested.heap, UNITS * UNIT) != NULL,
             "the heap does not become one block again");
        MUST(lfm_heap_check(tested.heap) == LFM_OK, "the heap is broken");
        return;
    }
    const size_t all = tested.pool != NULL ? BLOCKS : FEW;
    lfm_pool_stats_t stats;
    lfm_dynpool_stats_t dynamic;
    lfm_pool_stats(tested.pool, &stats);
    lfm_dynpool_stats(tested.dynpool, &dynamic);
    MUST(stats.free + dynamic.free == all, "%zu blocks are left of %zu", stats.free + dynamic.free, all);
    const lfm_status status = tested.pool != NULL ? lfm_pool_check(tested.pool) : lfm_dynpool_check(tested.dynpool);
    MUST(status == LFM_OK, "the pool is broken");
}

static void make_pool(kind which)
{
    const lfm_dynpool_config config = {
        .block_size = 8, .align = 8, .initial = 1, .maximum = LFM_UNLIMITED, .grow = 1, .metadata = &common->metadata};
    const lfm_heap_config heap_config = {.min_block = UNIT};
    lfm_status status = LFM_OK;
    blocks = common->storage;
    if (which == IN_LINE) {
        blocks = allocator_make_in_line(&tested, BLOCKS, 8);
    } else if (which == HEAP) {
        tested.heap = &common->heap;
        status = lfm_heap_init(&common->heap, common->heap_storage, sizeof common->heap_storage, &heap_config);
    } else if (which == DYNPOOL) {
        tested.dynpool = &common->dynpool;
        status = lfm_segment_init(&common->segment, common->storage, (size_t)FEW * 8, 8) == LFM_OK &&
                         lfm_segment_init(&common->metadata, common->records, sizeof common->records, 8) == LFM_OK
                     ? lfm_dynpool_init(&common->dynpool, &common->segment, &config)
                     : LFM_EINVAL;
    } else {
        tested.pool = &common->pool;
        status = lfm_pool_init(&common->pool, common->storage, sizeof common->storage, BLOCKS, 8, 8);
    }
    NEED(status == LFM_OK, "no pool: %s", lfm_status_string(status));
}

static unsigned long stops;
static unsigned long long rounds[2]; /* of the others, and of the one that is stopped */

static void test_pool(kind which, bool locks)
{
    common = mmap(NULL, sizeof *common, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    NEED(common != MAP_FAILED, "no memory");
    const allocator none = {.lock = locks ? &common->lock : NULL};
    tested = none;
    make_pool(which);
    const pid_t parent = getpid();
    const pid_t child = fork();
    NEED(child >= 0, "no process");
    if (child == 0) {
        run_threads(parent);
    }
    const pid_t victim = seize_victim();
    rng random = {1};
    for (unsigned i = 0; i < BURSTS; i++) {
        burst(victim, &random);
        ptrace(i + 1 < BURSTS ? PTRACE_CONT : PTRACE_DETACH, victim, NULL, NULL);
    }
    atomic_store(&common->quit, 1);
    guard_begin();
    waitpid(child, NULL, 0);
    guard_end();
    check_pool();
    stops += BURSTS * (STEPS + 1);
    rounds[0] += common->rounds[1] + common->rounds[2];
    rounds[1] += common->rounds[0];
}

int main(int argc, char **argv)
{
    const oracle_options *options = oracle_begin(argc, argv);
    do { /* a control ends when it is caught */
        for (int i = 0; i < KINDS; i++) {
            if (options->variant == NULL || strcmp(options->variant, kinds[i]) == 0) {
                test_pool((kind)i, options->lock);
            }
        }
    } while (options->control != FAULT_NONE);
    return oracle_end("one thread stopped %lu times, the others made %llu rounds, itself %llu", stops, rounds[0],
                      rounds[1]);
}
