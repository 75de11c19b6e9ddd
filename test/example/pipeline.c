/* SPDX-License-Identifier: MIT */
/* Nobody waits inside lfmem. A reader that finds the pool empty sleeps on a semaphore of this program (take_block).
 *
 * Blocks are all that flows, so the pool is what holds readers back: no queue ever has more than all blocks and an end
 * mark. A slot of a queue's ring is written again only after more pushes than there are blocks; by then its producer
 * has taken some block a second time, after it went through that queue, the writer and the pool; so the slot's last
 * reader is done, by the order that the pool gives from put to get.
 *
 * After the first error readers take no more of the file, and blocks under way go to the writer unwritten. An end mark
 * (NULL) follows the last block of each lane. */
#include "pipeline.h"

#include "files.h"
#include "queue.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <zlib.h>

#define BLOCK_ALIGN 64u /* bytes: blocks share no cache line */

typedef struct block {
    uint64_t offset; /* in the file, bytes */
    uint32_t length; /* bytes */
    uint32_t crc;    /* of the payload */
    unsigned char payload[];
} block;

typedef struct lane {
    struct pipeline *owner;
    pthread_t reader, worker;
    bool reader_runs;
    queue filled;               /* reader -> worker */
    queue checked;              /* worker -> writer */
    uint64_t gets, empty, puts; /* the reader's; read by others when it has ended */
} lane;

typedef struct pipeline {
    /* constant while threads run */
    const pipeline_config *config;
    pipeline_result *result; /* its error: whoever fails first; the rest: the thread that runs the pipeline */
    void *storage;           /* of the pool */
    lfm_pool pool;
    lane lanes[PIPELINE_MAX_THREADS];
    unsigned lane_count; /* constant when the writer starts */
    /* every reader */
    _Alignas(64) atomic_uint_fast64_t next; /* offset of the next block to read, may be past the end */
    atomic_uint waiting;                    /* readers in take_block that found the pool empty */
    sem_t returned;                         /* posted after a put while readers wait */
    /* every worker */
    _Alignas(64) sem_t arrived; /* items in all `checked` queues */
    /* the writer */
    _Alignas(64) atomic_uint_fast64_t written; /* bytes */
    uint64_t puts;
    sem_t finished;
    /* whoever fails */
    atomic_bool failed;
} pipeline;

static bool has_failed(pipeline *p)
{
    return atomic_load_explicit(&p->failed, memory_order_relaxed);
}

/* Keeps the first message. It is read when all threads have ended. */
__attribute__((format(printf, 2, 3))) static void fail(pipeline *p, const char *format, ...)
{
    if (atomic_exchange_explicit(&p->failed, true, memory_order_relaxed))
        return;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->result->error, sizeof p->result->error, format, arguments);
    va_end(arguments);
}

/* Takes a block, sleeping while there is none. Problem: a block that is put between a failed get and the sleep must
 * not be slept through. Rule: a reader says that it waits, then looks at the pool; the writer puts, then looks whether
 * somebody waits; both by a read-modify-write of `waiting`. If the writer's comes first, the reader's acquires the put,
 * and its get sees the block; if it comes second, it sees the reader and posts. */
static block *take_block(lane *l)
{
    pipeline *p = l->owner;
    block *b = lfm_pool_get(&p->pool);
    if (b == NULL) {
        l->empty++;
        atomic_fetch_add_explicit(&p->waiting, 1, memory_order_acq_rel);
        while ((b = lfm_pool_get(&p->pool)) == NULL) {
            l->empty++;
            semaphore_wait(&p->returned);
        }
        atomic_fetch_sub_explicit(&p->waiting, 1, memory_order_relaxed);
    }
    l->gets++;
    return b;
}

/* Returns how many puts succeeded. */
static unsigned put_block(pipeline *p, block *b)
{
    const lfm_status status = lfm_pool_put(&p->pool, b);
    if (status != LFM_OK)
        fail(p, "put: %s", lfm_status_string(status));
    if (atomic_fetch_add_explicit(&p->waiting, 0, memory_order_acq_rel) > 0)
        sem_post(&p->returned);
    return status == LFM_OK;
}

/* Fills a block with what follows `offset`. Returns whether it could. */
static bool fill_block(pipeline *p, block *b, uint64_t offset)
{
    const uint64_t rest = p->config->bytes - offset;
    b->offset = offset;
    b->length = rest < p->config->block_bytes ? (uint32_t)rest : p->config->block_bytes;
    const int error = file_read(p->config->input, b->payload, b->length, offset);
    if (error != 0)
        fail(p, "input: %s", file_error_string(error));
    b->crc = (uint32_t)crc32(0, b->payload, error == 0 ? b->length : 0);
    return error == 0;
}

static void *reader_main(void *arg)
{
    lane *l = arg;
    pipeline *p = l->owner;
    while (!has_failed(p)) {
        const uint64_t offset = atomic_fetch_add_explicit(&p->next, p->config->block_bytes, memory_order_relaxed);
        if (offset >= p->config->bytes)
            break;
        block *b = take_block(l);
        if (fill_block(p, b, offset))
            queue_push(&l->filled, b);
        else
            l->puts += put_block(p, b);
    }
    queue_push(&l->filled, NULL);
    return NULL;
}

static void *worker_main(void *arg)
{
    lane *l = arg;
    pipeline *p = l->owner;
    block *b;
    do {
        b = queue_pop(&l->filled);
        if (b != NULL && (uint32_t)crc32(0, b->payload, b->length) != b->crc)
            fail(p, "a block changed between reader and worker (input offset %llu)", (unsigned long long)b->offset);
        queue_push(&l->checked, b);
        sem_post(&p->arrived);
    } while (b != NULL);
    return NULL;
}

static void write_block(pipeline *p, const block *b)
{
    if (has_failed(p))
        return;
    const int error = file_write(p->config->output, b->payload, b->length, b->offset);
    if (error != 0)
        fail(p, "output: %s", file_error_string(error));
    else
        atomic_fetch_add_explicit(&p->written, b->length, memory_order_relaxed);
}

/* Takes from the lanes in turn, until each has ended. */
static void *writer_main(void *arg)
{
    pipeline *p = arg;
    unsigned turn = 0;
    for (unsigned open = p->lane_count; open > 0;) {
        semaphore_wait(&p->arrived);
        void *item;
        do {
            turn = (turn + 1) % p->lane_count;
        } while (!queue_try_pop(&p->lanes[turn].checked, &item));
        if (item == NULL) {
            open--;
        } else {
            write_block(p, item);
            p->puts += put_block(p, item);
        }
    }
    sem_post(&p->finished);
    return NULL;
}

/* Returns whether there is a pool. */
static bool make_pool(pipeline *p)
{
    const pipeline_config *c = p->config;
    const size_t block_size = sizeof(block) + c->block_bytes;
    const size_t bytes = LFM_POOL_STORAGE_BYTES_SHARDED(c->blocks, block_size, BLOCK_ALIGN, c->shards);
    p->storage = aligned_alloc(BLOCK_ALIGN, (bytes + BLOCK_ALIGN - 1) / BLOCK_ALIGN * BLOCK_ALIGN);
    if (p->storage == NULL) {
        fail(p, "not enough memory for the pool");
        return false;
    }
    const lfm_status status =
        lfm_pool_init_sharded(&p->pool, p->storage, bytes, c->blocks, block_size, BLOCK_ALIGN, c->shards);
    if (status != LFM_OK)
        fail(p, "pool: %s", lfm_status_string(status));
    return status == LFM_OK;
}

static const char no_threads[] = "not enough memory or threads";

/* Starts both threads of a lane, or neither; the reader last, whose end mark this thread can push in its stead. */
static bool start_lane(pipeline *p, lane *l)
{
    l->owner = p;
    if (!queue_init(&l->filled, p->config->blocks + 1)) /* all blocks and the end mark */
        return false;
    if (queue_init(&l->checked, p->config->blocks + 1)) {
        if (pthread_create(&l->worker, NULL, worker_main, l) == 0) {
            l->reader_runs = pthread_create(&l->reader, NULL, reader_main, l) == 0;
            if (!l->reader_runs) {
                fail(p, "%s", no_threads);
                queue_push(&l->filled, NULL);
            }
            return true;
        }
        queue_destroy(&l->checked);
    }
    queue_destroy(&l->filled);
    return false;
}

static void start_lanes(pipeline *p)
{
    while (p->lane_count < p->config->threads && !has_failed(p)) {
        if (start_lane(p, &p->lanes[p->lane_count]))
            p->lane_count++;
        else
            fail(p, "%s", no_threads);
    }
}

static double seconds_since(const struct timespec *start)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)(now.tv_sec - start->tv_sec) + 1e-9 * (double)(now.tv_nsec - start->tv_nsec);
}

static void wait_for_writer(pipeline *p, const struct timespec *start)
{
    const long interval = 200000000; /* ns */
    for (;;) {
        struct timespec until;
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_sec += (until.tv_nsec + interval) / 1000000000;
        until.tv_nsec = (until.tv_nsec + interval) % 1000000000;
        if (sem_timedwait(&p->finished, &until) == 0)
            return;
        if (p->config->progress != NULL)
            p->config->progress(atomic_load_explicit(&p->written, memory_order_relaxed), p->config->bytes,
                                seconds_since(start));
    }
}

/* Without a thread for the writer, this one has to empty the lanes. */
static void run_writer(pipeline *p, const struct timespec *start)
{
    pthread_t writer;
    if (pthread_create(&writer, NULL, writer_main, p) != 0) {
        fail(p, "%s", no_threads);
        writer_main(p);
        return;
    }
    wait_for_writer(p, start);
    pthread_join(writer, NULL);
}

static void end_lane(lane *l, pipeline_result *result)
{
    if (l->reader_runs)
        pthread_join(l->reader, NULL);
    pthread_join(l->worker, NULL);
    result->gets += l->gets;
    result->puts += l->puts;
    result->empty += l->empty;
    queue_destroy(&l->checked);
    queue_destroy(&l->filled);
}

static void run_threads(pipeline *p)
{
    struct timespec start;
    clock_gettime(CLOCK_MONOTONIC, &start);
    start_lanes(p);
    run_writer(p, &start);
    for (unsigned i = 0; i < p->lane_count; i++)
        end_lane(&p->lanes[i], p->result);
    p->result->puts += p->puts;
    p->result->seconds = seconds_since(&start);
}

bool pipeline_run(const pipeline_config *config, pipeline_result *result)
{
    *result = (pipeline_result){0};
    pipeline p = {.config = config, .result = result};
    sem_init(&p.returned, 0, 0);
    sem_init(&p.arrived, 0, 0);
    sem_init(&p.finished, 0, 0);
    if (make_pool(&p)) {
        run_threads(&p);
        lfm_pool_stats(&p.pool, &result->pool);
        result->check = lfm_pool_check(&p.pool);
    }
    free(p.storage);
    sem_destroy(&p.finished);
    sem_destroy(&p.arrived);
    sem_destroy(&p.returned);
    return !has_failed(&p);
}
