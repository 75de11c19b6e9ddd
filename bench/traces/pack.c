/* SPDX-License-Identifier: MIT */
/* Makes a trace (trace.h) of a file of the recorder (raw.h): lfm-pack [-s] [-f FIRST] [-n COUNT] [-t TEXT] RAW TRACE
 *
 * -f, -n: only COUNT operations, from number FIRST on (0 is the first). Blocks that are live there become the prelude,
 * in the order in which they were allocated. -t: what was recorded, instead of the command.
 *
 * A block is left out if the recorder did not see its allocation. If an address is allocated again and no free of it
 * was seen, its block counts as freed. Both are counted and printed; with -s the program fails then. */
#include "raw.h"
#include "trace.h"
#include <fcntl.h>
#include <inttypes.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define DIE(...)                      \
    do {                              \
        fprintf(stderr, __VA_ARGS__); \
        exit(1);                      \
    } while (0)

enum {
    NOT_WRITTEN = UINT32_MAX
};

typedef struct block {
    uint64_t address, birth;
    uint64_t bytes;
    uint32_t thread, number; /* number in the trace, or NOT_WRITTEN */
    uint8_t kind, align;
} block;

/* A thread; the recorder's numbers are indices of an array of these. */
typedef struct thread {
    uint32_t number; /* in the trace, or NOT_WRITTEN */
    block *moving;   /* between the two records of a realloc */
} thread;

static void *live; /* blocks by address: a tree (tsearch) */
static size_t live_count;
static thread *threads;
static uint32_t threads_seen;

static uint8_t *out; /* the operations */
static size_t out_bytes, out_room;
static uint64_t first, count = UINT64_MAX, seen; /* operations */
static size_t written, prelude, live_bytes, live_blocks, peak_bytes, peak_blocks;
static uint32_t allocated, threads_written, last_thread = NOT_WRITTEN;
static size_t unknown, reused, unfinished;
static bool begun; /* the window */

static int by_address(const void *a, const void *b)
{
    const uint64_t x = ((const block *)a)->address, y = ((const block *)b)->address;
    return (x > y) - (x < y);
}

static int by_birth(const void *a, const void *b)
{
    const uint64_t x = (*(block *const *)a)->birth, y = (*(block *const *)b)->birth;
    return (x > y) - (x < y);
}

static void put_byte(uint8_t byte)
{
    if (out_bytes == out_room) {
        out_room = out_room * 2 + 4096;
        out = realloc(out, out_room);
        if (out == NULL) {
            DIE("no memory\n");
        }
    }
    out[out_bytes++] = byte;
}

static void put_number(uint64_t number)
{
    for (; number >= 0x80; number >>= 7) {
        put_byte((uint8_t)(number | 0x80));
    }
    put_byte((uint8_t)number);
}

static void put_op(trace_kind kind, uint32_t by)
{
    if (threads[by].number == NOT_WRITTEN) {
        threads[by].number = threads_written++;
    }
    const uint32_t number = threads[by].number;
    const bool same = number == last_thread;
    put_byte((uint8_t)(kind | (same ? 0 : number < 30 ? number + 1 : 31) << 3));
    if (!same && number >= 30) {
        put_number(number);
    }
    last_thread = number;
    written++;
}

static void put_alloc(block *b)
{
    put_op((trace_kind)b->kind, b->thread);
    if (b->kind == TRACE_ALIGNED) {
        put_number(b->align);
    }
    put_number(b->bytes);
    b->number = allocated++;
    live_bytes += b->bytes;
    live_blocks++;
    peak_bytes = live_bytes > peak_bytes ? live_bytes : peak_bytes;
    peak_blocks = live_blocks > peak_blocks ? live_blocks : peak_blocks;
}

static block **gathered;

static void gather(const void *node, VISIT which, int depth)
{
    (void)depth;
    if (which == postorder || which == leaf) {
        *gathered++ = *(block *const *)node;
    }
}

static void put_prelude(void)
{
    block **const all = calloc(live_count + threads_seen + 1, sizeof *all);
    gathered = all;
    twalk(live, gather);
    for (uint32_t i = 0; i < threads_seen; i++) {
        if (threads[i].moving != NULL) {
            *gathered++ = threads[i].moving;
        }
    }
    prelude = (size_t)(gathered - all);
    qsort(all, prelude, sizeof *all, by_birth);
    for (size_t i = 0; i < prelude; i++) {
        put_alloc(all[i]);
    }
    free(all);
}

/* Counts an operation, and returns whether it is in the window. */
static bool in_window(void)
{
    const uint64_t number = seen++;
    return begun && number - first < count;
}

static void end(block *b, uint32_t by)
{
    if (in_window()) {
        put_op(TRACE_FREE, by);
        put_number(allocated - 1 - b->number);
        live_bytes -= b->bytes;
        live_blocks--;
    }
    free(b);
}

/* Takes a block out of the tree; NULL: it is not there. */
static block *find(uint64_t address)
{
    const block key = {.address = address};
    void *const node = tfind(&key, &live, by_address);
    if (node == NULL) {
        return NULL;
    }
    block *const b = *(block **)node;
    tdelete(&key, &live, by_address);
    live_count--;
    return b;
}

static void insert(block *b, uint32_t by)
{
    block *const lost = find(b->address);
    if (lost != NULL) {
        reused++;
        end(lost, by);
    }
    if (tsearch(b, &live, by_address) == NULL) {
        DIE("no memory\n");
    }
    live_count++;
}

static uint64_t size_of(const raw_record *r)
{
    if (r->size >= UINT32_MAX) {
        DIE("a block of 4 GiB\n");
    }
    return r->size;
}

static void start(const raw_record *r, trace_kind kind)
{
    block *const b = malloc(sizeof *b);
    if (b == NULL) {
        DIE("no memory\n");
    }
    *b = (block){.address = r->address,
                 .birth = seen,
                 .bytes = size_of(r),
                 .thread = r->thread,
                 .number = NOT_WRITTEN,
                 .kind = (uint8_t)kind,
                 .align = r->align};
    insert(b, r->thread);
    if (in_window()) {
        put_alloc(b);
    }
}

static void finish_realloc(const raw_record *r)
{
    block *const b = threads[r->thread].moving;
    threads[r->thread].moving = NULL;
    if (b == NULL) {
        if (r->address != 0) {
            start(r, TRACE_MALLOC);
        }
        return;
    }
    if (r->address != 0) {
        b->address = r->address;
    }
    insert(b, r->thread);
    if (r->address == 0) {
        return;
    }
    const uint64_t bytes = size_of(r);
    if (in_window()) {
        put_op(TRACE_REALLOC, r->thread);
        put_number(allocated - 1 - b->number);
        put_number(bytes);
        live_bytes += bytes - b->bytes;
        peak_bytes = live_bytes > peak_bytes ? live_bytes : peak_bytes;
    }
    b->bytes = bytes;
    if (b->number == NOT_WRITTEN) {
        b->kind = TRACE_MALLOC; /* in a prelude */
    }
}

static void note_thread(uint32_t number)
{
    if (number >= threads_seen) {
        threads = realloc(threads, (number + 1) * sizeof *threads);
        if (threads == NULL) {
            DIE("no memory\n");
        }
        for (; threads_seen <= number; threads_seen++) {
            threads[threads_seen] = (thread){.number = NOT_WRITTEN};
        }
    }
}

static void take(const raw_record *r)
{
    note_thread(r->thread);
    if (!begun && seen >= first) {
        put_prelude();
        begun = true;
    }
    switch ((raw_op)r->op) {
    case RAW_MALLOC:
        start(r, TRACE_MALLOC);
        break;
    case RAW_CALLOC:
        start(r, TRACE_CALLOC);
        break;
    case RAW_ALIGNED:
        start(r, TRACE_ALIGNED);
        break;
    case RAW_REALLOC_BEGIN:
        threads[r->thread].moving = find(r->address);
        unknown += threads[r->thread].moving == NULL;
        break;
    case RAW_REALLOC_END:
        finish_realloc(r);
        break;
    case RAW_FREE: {
        block *const b = find(r->address);
        unknown += b == NULL;
        if (b != NULL) {
            end(b, r->thread);
        }
        break;
    }
    case RAW_NONE:
        unfinished++;
        break;
    }
}

static void save(const char *path, const char *text)
{
    uint8_t *const body = out;
    const size_t body_bytes = out_bytes;
    out = NULL;
    out_bytes = out_room = 0;
    put_number(strlen(text));
    for (const char *c = text; *c != '\0'; c++) {
        put_byte((uint8_t)*c);
    }
    const uint64_t numbers[] = {written, prelude, threads_written, allocated, peak_bytes, peak_blocks};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        put_number(numbers[i]);
    }
    const gzFile file = gzopen(path, "wb9");
    if (file == NULL || gzputs(file, TRACE_MAGIC) < 0 || gzwrite(file, out, (unsigned)out_bytes) != (int)out_bytes ||
        (body_bytes > 0 && gzwrite(file, body, (unsigned)body_bytes) != (int)body_bytes) || gzclose(file) != Z_OK) {
        DIE("%s: cannot be written\n", path);
    }
}

static raw_header *open_raw(const char *path)
{
    const int in = open(path, O_RDONLY);
    struct stat status;
    if (in < 0 || fstat(in, &status) != 0 || status.st_size < RAW_HEADER_BYTES) {
        DIE("%s: cannot be opened\n", path);
    }
    void *const file = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_NORESERVE, in, 0);
    if (file == MAP_FAILED || memcmp(file, RAW_MAGIC, sizeof RAW_MAGIC) != 0) {
        DIE("%s: not of the recorder\n", path);
    }
    return file;
}

/* The arguments in a line. */
static const char *command_of(raw_header *raw)
{
    char *const text = raw->command;
    for (size_t i = 0; i < RAW_COMMAND_BYTES - 1 && (text[i] != '\0' || text[i + 1] != '\0'); i++) {
        text[i] = text[i] == '\0' ? ' ' : text[i];
    }
    return text;
}

/* Returns whether everything was seen. */
static bool tell(const char *path, uint64_t over, uint64_t missed)
{
    printf("%s: %zu operations, %zu of them prelude, of %" PRIu64
           " in all; %u threads, %u blocks, peak %zu bytes in %zu "
           "blocks\n",
           path, written, prelude, seen, threads_written, allocated, peak_bytes, peak_blocks);
    const bool all = unknown + reused + unfinished + over + missed == 0;
    if (!all) {
        printf("not seen: allocation of %zu blocks, free of %zu; not finished: %zu; over the limit: %" PRIu64
               "; missed: %" PRIu64 "\n",
               unknown, reused, unfinished, over, missed);
    }
    return all;
}

int main(int argc, char **argv)
{
    const char *text = NULL;
    bool strict = false;
    for (int option; (option = getopt(argc, argv, "f:n:t:s")) != -1;) {
        switch (option) {
        case 'f':
            first = strtoull(optarg, NULL, 0);
            break;
        case 'n':
            count = strtoull(optarg, NULL, 0);
            break;
        case 't':
            text = optarg;
            break;
        case 's':
            strict = true;
            break;
        default:
            return 2;
        }
    }
    if (argc - optind != 2) {
        DIE("usage: lfm-pack [-s] [-f FIRST] [-n COUNT] [-t TEXT] RAW TRACE\n");
    }
    raw_header *const raw = open_raw(argv[optind]);
    const raw_record *const records = raw_records(raw);
    const uint64_t kept = raw->records < raw->room ? raw->records : raw->room;
    for (uint64_t i = 0; i < kept; i++) {
        take(&records[i]);
    }
    save(argv[optind + 1], text != NULL ? text : command_of(raw));
    return !tell(argv[optind + 1], raw->records - kept, raw->missed) && strict;
}
