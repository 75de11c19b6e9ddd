/* SPDX-License-Identifier: MIT */
/* Who owns a block: of a message its publisher, from the push to its lane on the subscriber, who frees it. Of a journal
 * the subscriber of its topic. The table of topics belongs to who starts the threads.
 *
 * Short of memory. Subscribers never wait for it: they leave a message out of the journal. Publishers may, and it never
 * locks: while one waits for the answers of the subscribers, it holds no memory but what it has sent them, and they
 * take everything from its lanes before they answer. If all publishers wait, everything is free at last but the table
 * of topics. So a message gets its room in the end unless it is larger than what is free beside that table: such a one
 * is dropped. No order is kept among those who wait.
 *
 * Lanes. Never more under way than a lane has room for, by its credit. */
#include "broker.h"
#include "event.h"
#include "queue.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define LINE       64u      /* bytes of a cache line, or a multiple of that */
#define LANE_ITEMS 32u      /* most under way */
#define SAMPLE_NS  1000000L /* from one look at the heap to the next */
#define PAUSE_NS   50000L   /* between two questions for memory */
#define ALIGN      4096u    /* of the heap: blocks can be aligned up to this */

/* Lies at the start of a cache line, and has all lines that it is in for itself: no two threads write to one line. */
typedef struct message {
    uint64_t number; /* in what is published */
    uint64_t hash;   /* of the text */
    size_t bytes;    /* of the text */
    uint32_t topic;
    char text[];
} message;

typedef struct topic {
    tally delivered;
    journal journal;
} topic;

/* From one publisher to one subscriber. */
typedef struct lane {
    queue items;   /* message; &spare; NULL: no more */
    sem_t credit;  /* items that may still be pushed */
    uint64_t next; /* the subscriber's: least number that can come */
} lane;

typedef struct publisher {
    pthread_t thread;
    lane lanes[BROKER_MAX_THREADS];
    sem_t answers; /* of subscribers, that they have spared what they could */
    tally dropped[TEXT_TOPICS];
    uint64_t oversize, waits, failures;
} publisher;

typedef struct subscriber {
    pthread_t thread;
    event news; /* raised for what is new in its lanes */
    unsigned ended;
    journal_counts counts;
} subscriber;

static message spare; /* an item that asks for memory */

static struct broker {
    const broker_config *config;
    void *storage; /* of the heap */
    lfm_heap heap;
    size_t room; /* largest free block beside the table of topics */
    topic *topics;
    publisher publishers[BROKER_MAX_THREADS];
    subscriber subscribers[BROKER_MAX_THREADS];
    sem_t ended;                 /* posted by each publisher and subscriber */
    _Atomic(const char *) fault; /* the first */
} broker;

static void fault(const char *what)
{
    const char *none = NULL;
    atomic_compare_exchange_strong(&broker.fault, &none, what);
}

static void give_back(void *block)
{
    const lfm_status status = lfm_heap_free(&broker.heap, block);
    if (status != LFM_OK)
        fault(lfm_status_string(status));
}

/* ---- publishers ---- */

static void send(publisher *p, unsigned to, message *item)
{
    semaphore_wait(&p->lanes[to].credit);
    queue_push(&p->lanes[to].items, item);
    event_raise(&broker.subscribers[to].news);
}

/* Asks all subscribers for memory, and waits until they have answered. If that was not enough the last time, others
 * have it, and are given time to get on. */
static void wait_for_room(publisher *p, bool again)
{
    p->waits++;
    if (again)
        nanosleep(&(struct timespec){0, PAUSE_NS}, NULL);
    for (unsigned i = 0; i < broker.config->subscribers; i++)
        send(p, i, &spare);
    for (unsigned i = 0; i < broker.config->subscribers; i++)
        semaphore_wait(&p->answers);
}

/* A block for a message of so many bytes. NULL: it is to be dropped. */
static message *take_message(publisher *p, size_t bytes)
{
    const size_t whole = (sizeof(message) + bytes + LINE - 1) / LINE * LINE;
    message *m;
    for (bool again = false; (m = lfm_heap_alloc_aligned(&broker.heap, LINE, whole)) == NULL; again = true) {
        p->failures++;
        p->oversize += whole > broker.room;
        if (broker.config->drop || whole > broker.room)
            return NULL;
        wait_for_room(p, again);
    }
    return m;
}

static void publish(publisher *p, uint64_t number, const char *start, size_t bytes)
{
    const unsigned to = text_topic(start, bytes);
    message *m = take_message(p, bytes);
    if (m == NULL) {
        tally_add(&p->dropped[to], start, bytes);
        return;
    }
    if ((uintptr_t)m % LINE != 0)
        fault("a message is not aligned");
    m->number = number;
    m->hash = text_hash(TEXT_HASH, start, bytes);
    m->bytes = bytes;
    m->topic = to;
    memcpy(m->text, start, bytes);
    send(p, to % broker.config->subscribers, m);
}

/* Each publisher takes its turn with each message. */
static void *publisher_main(void *arg)
{
    publisher *p = arg;
    const broker_config *c = broker.config;
    const uint64_t self = (uint64_t)(p - broker.publishers);
    uint64_t number = 0;
    for (uint64_t round = 0; round < c->rounds && c->text.bytes > 0; round++) {
        size_t bytes;
        for (size_t from = 0; (bytes = text_next(&c->text, from)) > 0; from += bytes) {
            if (number++ % c->publishers == self)
                publish(p, number, c->text.start + from, bytes);
        }
    }
    for (unsigned i = 0; i < c->subscribers; i++)
        send(p, i, NULL);
    sem_post(&broker.ended);
    return NULL;
}

/* ---- subscribers ---- */

static void receive(subscriber *s, lane *from, message *m)
{
    topic *t = &broker.topics[m->topic];
    if (text_hash(TEXT_HASH, m->text, m->bytes) != m->hash)
        fault("a message is not what was sent");
    else if (m->number < from->next)
        fault("a message came twice or out of order");
    from->next = m->number + 1;
    tally_add(&t->delivered, m->text, m->bytes);
    journal_append(&t->journal, &broker.heap, broker.config->journal_bytes, m->text, m->bytes, &s->counts);
    give_back(m);
}

/* Spares what it can, its journals, and answers. */
static void spare_memory(subscriber *s, publisher *for_whom)
{
    const unsigned self = (unsigned)(s - broker.subscribers);
    for (unsigned i = self; i < TEXT_TOPICS; i += broker.config->subscribers) {
        s->counts.given_back += broker.topics[i].journal.text != NULL;
        journal_drop(&broker.topics[i].journal, &broker.heap, &s->counts);
    }
    sem_post(&for_whom->answers);
}

/* Takes an item from a publisher's lane, if there is one. */
static bool poll_lane(subscriber *s, publisher *p)
{
    lane *l = &p->lanes[s - broker.subscribers];
    void *item;
    if (!queue_try_pop(&l->items, &item))
        return false;
    sem_post(&l->credit);
    if (item == NULL)
        s->ended++;
    else if (item == &spare)
        spare_memory(s, p);
    else
        receive(s, l, item);
    return true;
}

static void *subscriber_main(void *arg)
{
    subscriber *s = arg;
    while (s->ended < broker.config->publishers) {
        bool any = false;
        for (unsigned i = 0; i < broker.config->publishers; i++)
            any |= poll_lane(s, &broker.publishers[i]);
        if (!any)
            event_wait(&s->news);
    }
    sem_post(&broker.ended);
    return NULL;
}

/* ---- start and end ---- */

/* Statistics may be read at any time; they are of no single instant then. */
static void sample(broker_result *r)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(&broker.heap, &stats);
    r->most_used = stats.used > r->most_used ? stats.used : r->most_used;
}

/* Waits for an end, and looks at the heap now and then meanwhile. */
static void await_end(broker_result *r)
{
    struct timespec until;
    do {
        sample(r);
        clock_gettime(CLOCK_REALTIME, &until);
        until.tv_nsec += SAMPLE_NS;
        until.tv_sec += until.tv_nsec / 1000000000;
        until.tv_nsec %= 1000000000;
    } while (sem_timedwait(&broker.ended, &until) != 0);
}

static bool make_lanes(void)
{
    const broker_config *c = broker.config;
    bool made = sem_init(&broker.ended, 0, 0) == 0;
    for (unsigned p = 0; p < c->publishers; p++) {
        made = made && sem_init(&broker.publishers[p].answers, 0, 0) == 0;
        for (unsigned s = 0; s < c->subscribers; s++) {
            lane *l = &broker.publishers[p].lanes[s];
            made = made && queue_init(&l->items, LANE_ITEMS) && sem_init(&l->credit, 0, LANE_ITEMS) == 0;
        }
    }
    for (unsigned s = 0; s < c->subscribers; s++)
        broker.subscribers[s].news = (event)EVENT_INIT;
    return made;
}

static void destroy_lanes(void)
{
    for (unsigned p = 0; p < broker.config->publishers; p++) {
        for (unsigned s = 0; s < broker.config->subscribers; s++) {
            queue_destroy(&broker.publishers[p].lanes[s].items);
            sem_destroy(&broker.publishers[p].lanes[s].credit);
        }
        sem_destroy(&broker.publishers[p].answers);
    }
    sem_destroy(&broker.ended);
}

/* If not all can be started, those that are go on until the program ends. */
static const char *run_threads(broker_result *r)
{
    const unsigned publishers = broker.config->publishers, subscribers = broker.config->subscribers;
    int error = 0;
    for (unsigned i = 0; i < subscribers && error == 0; i++)
        error = pthread_create(&broker.subscribers[i].thread, NULL, subscriber_main, &broker.subscribers[i]);
    for (unsigned i = 0; i < publishers && error == 0; i++)
        error = pthread_create(&broker.publishers[i].thread, NULL, publisher_main, &broker.publishers[i]);
    if (error != 0)
        return "cannot start a thread";
    for (unsigned i = 0; i < publishers + subscribers; i++)
        await_end(r);
    for (unsigned i = 0; i < publishers; i++)
        pthread_join(broker.publishers[i].thread, NULL);
    for (unsigned i = 0; i < subscribers; i++)
        pthread_join(broker.subscribers[i].thread, NULL);
    return NULL;
}

static void sum_journals(journal_counts *sum, const journal_counts *one)
{
    sum->in_place += one->in_place;
    sum->moved += one->moved;
    sum->cuts += one->cuts;
    sum->given_back += one->given_back;
    sum->failures += one->failures;
    sum->written += one->written;
    sum->left_out += one->left_out;
    sum->damaged |= one->damaged;
}

static void sum_up(broker_result *r)
{
    for (unsigned i = 0; i < broker.config->publishers; i++) {
        const publisher *p = &broker.publishers[i];
        for (unsigned t = 0; t < TEXT_TOPICS; t++)
            tally_sum(&r->dropped[t], &p->dropped[t]);
        r->oversize += p->oversize;
        r->waits += p->waits;
        r->failures += p->failures;
    }
    for (unsigned i = 0; i < broker.config->subscribers; i++)
        sum_journals(&r->journals, &broker.subscribers[i].counts);
    r->failures += r->journals.failures;
    for (unsigned t = 0; t < TEXT_TOPICS; t++)
        tally_sum(&r->delivered[t], &broker.topics[t].delivered);
}

/* With all threads gone: gives everything back, and takes the whole heap to see that it is there. */
static void clear(broker_result *r)
{
    if (broker.config->picture != NULL)
        lfm_heap_visit(&broker.heap, broker.config->picture, broker.config->picture_arg);
    lfm_heap_stats(&broker.heap, &r->full);
    for (unsigned t = 0; t < TEXT_TOPICS; t++)
        journal_drop(&broker.topics[t].journal, &broker.heap, &r->journals);
    give_back(broker.topics);
    lfm_heap_stats(&broker.heap, &r->at_end);
    void *all = lfm_heap_alloc(&broker.heap, r->at_start);
    r->whole = all != NULL;
    give_back(all);
    r->check = lfm_heap_check(&broker.heap);
    r->fault = atomic_load(&broker.fault);
}

const char *broker_run(const broker_config *config, broker_result *r)
{
    const lfm_heap_config heap_config = {.min_block = config->unit_bytes, .fit = config->fit, .peak = true};
    const size_t bytes = LFM_HEAP_STORAGE_BYTES(config->heap_bytes, config->unit_bytes);
    broker.storage = aligned_alloc(ALIGN, (bytes + ALIGN - 1) / ALIGN * ALIGN);
    lfm_heap_stats_t stats;
    memset(r, 0, sizeof *r);
    broker.config = config;
    if (broker.storage == NULL || !make_lanes())
        return "not enough memory";
    if (lfm_heap_init(&broker.heap, broker.storage, bytes, &heap_config) != LFM_OK)
        return "the heap cannot be made";
    lfm_heap_stats(&broker.heap, &stats);
    r->at_start = stats.largest_free;
    broker.topics = lfm_heap_calloc(&broker.heap, TEXT_TOPICS, sizeof *broker.topics);
    if (broker.topics == NULL)
        return "the heap is too small for a table of topics";
    lfm_heap_stats(&broker.heap, &stats);
    broker.room = stats.largest_free;
    const char *problem = run_threads(r);
    if (problem != NULL)
        return problem;
    sum_up(r);
    clear(r);
    destroy_lanes();
    free(broker.storage);
    return NULL;
}
