/* SPDX-License-Identifier: MIT */
/* Counts words with several threads that share a pool, each through a cache of its own.
 *
 * A word is letters of ASCII, in either case, of which the first 255 count. Each thread has a part of the text and
 * builds a trie of its words, a block for each letter. Then one thread merges the tries: what two of them have, it puts
 * into its own cache, whoever took it.
 */
#include "arguments.h"
#include "files.h"

#include <getopt.h>
#include <lfmem/cache.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM      "lfmem-words"
#define MOST_TEXT    (256u << 20)
#define MOST_THREADS 16u
#define MOST_LETTERS 255u

const char program_name[] = PROGRAM;
const char usage_text[] = "usage: " PROGRAM " [-t THREADS] [-b BLOCKS] [-c SLOTS] TEXT\n";
const char help_text[] =
    "Prints how often each word occurs in a text, in the order of words.\n"
    "\n"
    "  -t THREADS   1 to 16 (default 2)\n"
    "  -b BLOCKS    of the pool, 1 to 67108862, or 65534 with 32-bit words (default 50000); each is a letter of a "
    "trie\n"
    "  -c SLOTS     of each thread's cache, 2 to 65536 (default 64)\n"
    "  -h, --help   this text\n"
    "  TEXT         a file of at most 256 MiB\n"
    "\n"
    "Exit status: 0 all words are counted; 1 the text cannot be read, or there are too few blocks; 2 bad arguments.\n";

/* A letter in a trie: below it the letters that follow, beside it others in its place, in alphabetic order. */
typedef struct node {
    struct node *below, *beside;
    uint64_t count; /* of words that end here */
    char letter;
} node;

typedef struct counter {
    _Alignas(128) lfm_cache cache; /* on lines of its own */
    pthread_t thread;
    const char *text, *end;
    node *words;
    bool full; /* there were too few blocks */
} counter;

/* 'a' to 'z', or 0. */
static char letter(char c)
{
    const char low = (char)((unsigned char)c | 32u);
    return low >= 'a' && low <= 'z' ? low : 0;
}

/* The letter c among those beside a place, made if need be. NULL: no block. */
static node *find(lfm_cache *cache, node **place, char c)
{
    while (*place != NULL && (*place)->letter < c) {
        place = &(*place)->beside;
    }
    if (*place == NULL || (*place)->letter != c) {
        node *const made = lfm_cache_get(cache);
        if (made == NULL) {
            return NULL;
        }
        *made = (node){.beside = *place, .letter = c};
        *place = made;
    }
    return *place;
}

static void *count(void *arg)
{
    counter *const self = arg;
    node **place = &self->words, *last = NULL;
    unsigned letters = 0;
    for (const char *at = self->text; at <= self->end; at++) {
        const char c = at < self->end ? letter(*at) : 0;
        if (c != 0 && letters++ < MOST_LETTERS) {
            if ((last = find(&self->cache, place, c)) == NULL) {
                self->full = true;
                break;
            }
            place = &last->below;
        } else if (c == 0 && last != NULL) {
            last->count++;
            last = NULL;
            place = &self->words;
            letters = 0;
        }
    }
    lfm_cache_flush(&self->cache); /* what it has left is for others now */
    return NULL;
}

/* Adds the trie at `from` to that at *place, both of the same letters before. */
static void merge(lfm_cache *cache, node **place, node *from)
{
    while (from != NULL) {
        node *const next = from->beside;
        while (*place != NULL && (*place)->letter < from->letter) {
            place = &(*place)->beside;
        }
        if (*place != NULL && (*place)->letter == from->letter) {
            (*place)->count += from->count;
            merge(cache, &(*place)->below, from->below);
            lfm_cache_put(cache, from);
        } else {
            from->beside = *place;
            *place = from;
        }
        from = next;
    }
}

/* Prints the words of a trie, which begin with `length` letters of `word`, and puts it. */
static void print_and_put(lfm_cache *cache, node *at, char word[MOST_LETTERS], size_t length)
{
    while (at != NULL) {
        node *const next = at->beside;
        word[length] = at->letter;
        if (at->count != 0) {
            printf("%llu %.*s\n", (unsigned long long)at->count, (int)length + 1, word);
        }
        print_and_put(cache, at->below, word, length + 1);
        lfm_cache_put(cache, at);
        at = next;
    }
}

static int run(lfm_pool *pool, unsigned threads, uint32_t slot_count, const char *text, size_t bytes)
{
    static counter counters[MOST_THREADS];
    const char *begin = text, *const end = text + bytes;
    void **slots = calloc(threads, slot_count * sizeof *slots);
    bool full = slots == NULL;
    if (full) {
        return 1;
    }
    for (unsigned i = 0; i < threads; i++) {
        counter *const c = &counters[i];
        const char *stop = i + 1 == threads ? end : text + bytes / threads * (i + 1);
        while (stop < end && letter(*stop) != 0) { /* not within a word */
            stop++;
        }
        c->text = begin;
        c->end = begin = stop < begin ? begin : stop;
        if (lfm_cache_init(&c->cache, pool, slots + i * slot_count, slot_count) != LFM_OK) {
            fprintf(stderr, PROGRAM ": slots: out of range\n");
            exit(1);
        }
        if (pthread_create(&c->thread, NULL, count, c) != 0) {
            perror(PROGRAM);
            exit(1);
        }
    }
    for (unsigned i = 0; i < threads; i++) {
        pthread_join(counters[i].thread, NULL);
        full = full || counters[i].full;
    }
    /* The threads are gone: this one goes on with the first cache. */
    char word[MOST_LETTERS];
    lfm_cache *const cache = &counters[0].cache;
    for (unsigned i = 1; !full && i < threads; i++) {
        merge(cache, &counters[0].words, counters[i].words);
    }
    if (full) {
        fprintf(stderr, PROGRAM ": too few blocks\n");
    } else {
        print_and_put(cache, counters[0].words, word, 0);
    }
    lfm_cache_flush(cache);
    free(slots);
    return full ? 1 : 0;
}

int main(int argc, char **argv)
{
    static const struct option longs[] = {{"help", no_argument, NULL, 'h'}, {0}};
    uint32_t threads = 2, blocks = 50000, slot_count = 64;
    for (int option; (option = getopt_long(argc, argv, "t:b:c:h", longs, NULL)) != -1;) {
        if (option == 't') {
            threads = number(optarg, 1, MOST_THREADS, "bad number of threads: ");
        } else if (option == 'b') {
            blocks = number(optarg, 1, LFM_POOL_MAX_COUNT, "bad number of blocks: ");
        } else if (option == 'c') {
            slot_count = number(optarg, 2, 65536, "bad number of slots: ");
        } else {
            other_option(option);
        }
    }
    if (optind + 1 != argc) {
        usage_error("one text is wanted", "");
    }
    int fd;
    uint64_t bytes;
    int error = file_open_input(argv[optind], &fd, &bytes);
    char *const text = error == 0 && bytes <= MOST_TEXT ? malloc((size_t)bytes + 1) : NULL;
    if (text != NULL) {
        error = file_read(fd, text, (size_t)bytes, 0);
        close(fd);
    }
    if (text == NULL || error != 0) {
        fprintf(stderr, PROGRAM ": %s: %s\n", argv[optind], error != 0 ? file_error_string(error) : "too large");
        return 1;
    }
    lfm_pool pool;
    const size_t storage_bytes = LFM_POOL_STORAGE_BYTES(blocks, sizeof(node), _Alignof(node));
    void *const storage = malloc(storage_bytes);
    if (storage == NULL ||
        lfm_pool_init(&pool, storage, storage_bytes, blocks, sizeof(node), _Alignof(node)) != LFM_OK) {
        fprintf(stderr, PROGRAM ": no memory for so many blocks\n");
        return 1;
    }
    int status = run(&pool, threads, slot_count, text, (size_t)bytes);
    lfm_pool_stats_t stats;
    lfm_pool_stats(&pool, &stats);
    if (status == 0 && (stats.free != stats.count || lfm_pool_check(&pool) != LFM_OK)) {
        fprintf(stderr, PROGRAM ": blocks are missing\n");
        status = 1;
    }
    free(storage);
    free(text);
    return fflush(stdout) == 0 ? status : 1;
}
