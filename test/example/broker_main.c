/* SPDX-License-Identifier: MIT */
/* The program around the broker: arguments, the text, statistics, and the proof that nothing was lost. */
#include "arguments.h"
#include "broker.h"
#include "files.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define PROGRAM    "lfmem-broker"
#define MOST_TEXT  (64u << 20)
#define MOST_HEAP  (1u << 30)
#define LEAST_HEAP 1024u

typedef unsigned long long ull; /* for printf */

typedef struct options {
    broker_config config;
    const char *input;
    bool verbose;
} options;

const char program_name[] = PROGRAM;

const char usage_text[] =
    "usage: " PROGRAM " [-p PUBLISHERS] [-s SUBSCRIBERS] [-b BYTES] [-u UNIT] [-f FIT] [-m MESSAGE] [-n ROUNDS]\n"
    "                    [-j JOURNAL] [-d] [-v] [TEXT]\n";

const char help_text[] =
    "A message broker on one lock-free heap: PUBLISHERS threads cut a text into messages, each in a block of its "
    "length,\n"
    "and hand them to SUBSCRIBERS threads by topic (the first letter), which count words, append each to the journal "
    "of\n"
    "its topic and free it. Then compares what arrived with the text, and the heap with what it was.\n"
    "\n"
    "  -p PUBLISHERS   1 to 16 (default 2)\n"
    "  -s SUBSCRIBERS  1 to 16 (default 2)\n"
    "  -b BYTES        of the heap, 1024 to 1073741824 (default 65536)\n"
    "  -u UNIT         of the heap, its smallest block: a power of two from 16 to 4096 (default 64)\n"
    "  -f FIT          trimmed, buddy4 or buddy2 (default trimmed)\n"
    "  -m MESSAGE      line, paragraph or text (default paragraph)\n"
    "  -n ROUNDS       how often the text is published, 0 to 1000000 (default 100)\n"
    "  -j JOURNAL      bytes that a topic's journal may have, 0 to 1073741824 (default 2048)\n"
    "  -d              drop a message for which there is no room; else its publisher waits. (A message larger than\n"
    "                  what an idle heap has room for is always dropped.)\n"
    "  -v              topics, and a picture of the heap before the journals are freed\n"
    "  -h, --help      this text\n"
    "  TEXT            a file of at most 64 MiB (default: lfmem's README)\n"
    "\n"
    "Exit status: 0 each message arrived intact and in order, or was counted as dropped, and the heap is whole again;\n"
    "1 not so, or the text cannot be read or the heap is too small to begin with; 2 bad arguments.\n";

/* ---- arguments ---- */

/* The number of a word in a list that ends with NULL. */
static unsigned word_among(const char *argument, const char *const words[], const char *problem)
{
    unsigned i = 0;
    while (words[i] != NULL && strcmp(words[i], argument) != 0)
        i++;
    if (words[i] == NULL)
        usage_error(problem, argument);
    return i;
}

static const char *const fits[] = {
    [LFM_FIT_TRIMMED] = "trimmed", [LFM_FIT_BUDDY4] = "buddy4", [LFM_FIT_BUDDY2] = "buddy2", NULL};
static const char *const cuts[] = {[TEXT_LINES] = "line", [TEXT_PARAGRAPHS] = "paragraph", [TEXT_WHOLE] = "text", NULL};

static void parse_option(options *o, int option)
{
    broker_config *c = &o->config;
    switch (option) {
    case 'p':
        c->publishers = number(optarg, 1, BROKER_MAX_THREADS, "-p wants 1 to 16, not ");
        break;
    case 's':
        c->subscribers = number(optarg, 1, BROKER_MAX_THREADS, "-s wants 1 to 16, not ");
        break;
    case 'b':
        c->heap_bytes = number(optarg, LEAST_HEAP, MOST_HEAP, "-b wants 1024 to 1073741824, not ");
        break;
    case 'u':
        c->unit_bytes = number(optarg, 16, 4096, "-u wants a power of two from 16 to 4096, not ");
        if ((c->unit_bytes & (c->unit_bytes - 1)) != 0)
            usage_error("-u wants a power of two from 16 to 4096, not ", optarg);
        break;
    case 'f':
        c->fit = (lfm_heap_fit)word_among(optarg, fits, "-f wants trimmed, buddy4 or buddy2, not ");
        break;
    case 'm':
        c->text.cut = (text_cut)word_among(optarg, cuts, "-m wants line, paragraph or text, not ");
        break;
    case 'n':
        c->rounds = number(optarg, 0, 1000000, "-n wants 0 to 1000000, not ");
        break;
    case 'j':
        c->journal_bytes = number(optarg, 0, MOST_HEAP, "-j wants 0 to 1073741824, not ");
        break;
    case 'd':
        c->drop = true;
        break;
    case 'v':
        o->verbose = true;
        break;
    default:
        other_option(option);
    }
}

static void parse_arguments(options *o, int argc, char *argv[])
{
    static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    *o = (options){
        .config = {.text.cut = TEXT_PARAGRAPHS,
                   .rounds = 100,
                   .publishers = 2,
                   .subscribers = 2,
                   .heap_bytes = 65536,
                   .unit_bytes = 64,
                   .journal_bytes = 2048},
        .input = DEFAULT_INPUT,
    };
    int option;
    while ((option = getopt_long(argc, argv, "p:s:b:u:f:m:n:j:dvh", names, NULL)) != -1)
        parse_option(o, option);
    if (argc - optind > 1)
        usage_error("unexpected operand ", argv[optind + 1]);
    if (argc - optind > 0)
        o->input = argv[optind];
    if (o->config.unit_bytes > o->config.heap_bytes)
        usage_error("a unit is larger than the heap", "");
}

static _Noreturn void text_error(const char *path, const char *problem)
{
    fprintf(stderr, PROGRAM ": text '%s': %s\n", path, problem);
    exit(1);
}

static void read_text(options *o)
{
    int fd;
    uint64_t bytes;
    int error = file_open_input(o->input, &fd, &bytes);
    if (error != 0)
        text_error(o->input, file_error_string(error));
    if (bytes > MOST_TEXT)
        text_error(o->input, "is larger than 64 MiB");
    char *start = malloc((size_t)bytes + 1);
    error = start != NULL ? file_read(fd, start, (size_t)bytes, 0) : ENOMEM;
    if (error != 0)
        text_error(o->input, file_error_string(error));
    close(fd);
    o->config.text.start = start;
    o->config.text.bytes = (size_t)bytes;
}

/* ---- a picture of the heap: what part of each cell is in blocks ---- */

#define COLUMNS 64u
#define ROWS    16u

static struct picture {
    const unsigned char *start; /* of the heap: what is visited first */
    size_t heap_bytes, cell_bytes;
    size_t used[ROWS * COLUMNS]; /* bytes of each cell */
} picture;

static void picture_add(void *block, size_t bytes, bool taken, void *arg)
{
    struct picture *p = arg;
    if (p->start == NULL)
        p->start = block;
    size_t at = (size_t)((const unsigned char *)block - p->start);
    for (const size_t end = at + bytes; at < end && taken;) {
        const size_t cell = at / p->cell_bytes, next = (cell + 1) * p->cell_bytes;
        p->used[cell] += (next < end ? next : end) - at;
        at = next;
    }
}

static void picture_init(struct picture *p, const broker_config *c)
{
    p->heap_bytes = c->heap_bytes;
    p->cell_bytes = (c->heap_bytes - 1) / (ROWS * COLUMNS) + 1;
    if (p->cell_bytes < c->unit_bytes)
        p->cell_bytes = c->unit_bytes;
}

static void picture_print(const struct picture *p)
{
    const size_t cells = (p->heap_bytes - 1) / p->cell_bytes + 1;
    printf("picture      %zu bytes a cell: . free, : half, # taken\n", p->cell_bytes);
    for (size_t cell = 0; cell < cells; cell++) {
        const size_t used = p->used[cell];
        putchar(used == 0 ? '.' : used < p->cell_bytes ? ':' : '#');
        if (cell % COLUMNS == COLUMNS - 1 || cell == cells - 1)
            putchar('\n');
    }
}

/* ---- report and judgement ---- */

static tally total(const tally topics[])
{
    tally sum = {0};
    for (unsigned i = 0; i < TEXT_TOPICS; i++)
        tally_sum(&sum, &topics[i]);
    return sum;
}

/* What there is to publish, counted by one thread. */
static void count_text(const broker_config *c, tally topics[])
{
    size_t bytes;
    for (size_t from = 0; c->rounds > 0 && (bytes = text_next(&c->text, from)) > 0; from += bytes)
        tally_add(&topics[text_topic(c->text.start + from, bytes)], c->text.start + from, bytes);
    for (unsigned i = 0; i < TEXT_TOPICS; i++) {
        topics[i].messages *= c->rounds;
        topics[i].bytes *= c->rounds;
        topics[i].words *= c->rounds;
        topics[i].hashes *= c->rounds;
    }
}

static void print_topics(const broker_result *r)
{
    printf("topics       letter: messages/words, as far as delivered\n            ");
    for (unsigned i = 0; i < TEXT_TOPICS; i++)
        printf(" %c:%llu/%llu", i < 26 ? (int)('a' + i) : '-', (ull)r->delivered[i].messages,
               (ull)r->delivered[i].words);
    putchar('\n');
}

static void print_report(const options *o, const tally expected[], const broker_result *r)
{
    const broker_config *c = &o->config;
    const journal_counts *j = &r->journals;
    const tally all = total(expected), delivered = total(r->delivered), dropped = total(r->dropped);
    printf("text         %llu messages, %llu bytes, %llu words; %s\n", (ull)all.messages, (ull)all.bytes,
           (ull)all.words, o->input);
    printf("delivered    %llu messages, %llu bytes, %llu words\n", (ull)delivered.messages, (ull)delivered.bytes,
           (ull)delivered.words);
    printf("dropped      %llu messages, %llu of them larger than an idle heap has room for\n", (ull)dropped.messages,
           (ull)r->oversize);
    printf("waits        %llu of publishers for room\n", (ull)r->waits);
    printf("journals     %llu bytes, %llu left out; %llu times grown in place, %llu moved, %llu cut, %llu given back\n",
           (ull)j->written, (ull)j->left_out, (ull)j->in_place, (ull)j->moved, (ull)j->cuts, (ull)j->given_back);
    printf("heap         %zu bytes in units of %zu, %s; peak %zu; %zu failures\n", r->at_end.total, c->unit_bytes,
           fits[c->fit], r->at_end.peak, r->at_end.failures);
    printf("full         %zu blocks, %zu bytes used, largest free block %zu\n", r->full.blocks, r->full.used,
           r->full.largest_free);
    if (o->verbose) {
        print_topics(r);
        picture_print(&picture);
    }
    printf("end          %zu blocks, %zu bytes used, largest free block %zu of %zu\n", r->at_end.blocks, r->at_end.used,
           r->at_end.largest_free, r->at_start);
    printf("check        lfm_heap_check: %s\n", lfm_status_string(r->check));
}

static bool tally_is(const tally *a, const tally *b)
{
    return a->messages == b->messages && a->bytes == b->bytes && a->words == b->words && a->hashes == b->hashes;
}

/* The conservation laws. Returns the first that does not hold; NULL if all do. */
static const char *judge(const broker_config *c, const tally expected[], const broker_result *r)
{
    if (r->fault != NULL)
        return r->fault;
    for (unsigned i = 0; i < TEXT_TOPICS; i++) {
        tally sum = r->delivered[i];
        tally_sum(&sum, &r->dropped[i]);
        if (!tally_is(&sum, &expected[i]))
            return "what was delivered and dropped is not the text";
    }
    if (!c->drop && total(r->dropped).messages != r->oversize)
        return "a message was dropped instead of waiting";
    if (r->journals.damaged)
        return "a journal is not what was written to it";
    if (r->journals.written + r->journals.left_out != total(r->delivered).bytes)
        return "what was written to journals and left out is not what was delivered";
    if (r->at_end.failures != (r->failures & UINT32_MAX))
        return "the heap counted other failures";
    if (r->full.used + r->full.free != r->full.total || r->most_used > r->full.total)
        return "the heap's used and free bytes are not all";
    if (r->at_end.peak < r->full.used || r->at_end.peak > r->at_end.total)
        return "the heap's peak is out of range";
    if (r->at_end.blocks != 0 || r->at_end.free != r->at_end.total)
        return "a block did not come back";
    if (r->at_end.largest_free != r->at_start || !r->whole)
        return "the heap is in pieces";
    return r->check != LFM_OK ? "lfm_heap_check" : NULL;
}

int main(int argc, char *argv[])
{
    static options o; /* what it points to is kept until the end */
    static broker_result result;
    static tally expected[TEXT_TOPICS];
    parse_arguments(&o, argc, argv);
    read_text(&o);
    count_text(&o.config, expected);
    if (o.verbose) {
        picture_init(&picture, &o.config);
        o.config.picture = picture_add;
        o.config.picture_arg = &picture;
    }
    const char *problem = broker_run(&o.config, &result);
    if (problem != NULL) {
        fprintf(stderr, PROGRAM ": %s\n", problem);
        return 1;
    }
    print_report(&o, expected, &result);
    problem = judge(&o.config, expected, &result);
    if (problem == NULL)
        puts("verify       each message intact and in order, or counted; the heap is whole again");
    if (fflush(stdout) != 0) {
        perror(PROGRAM);
        return 1;
    }
    if (problem != NULL)
        fprintf(stderr, PROGRAM ": %s\n", problem);
    free((char *)(uintptr_t)o.config.text.start);
    return problem == NULL ? 0 : 1;
}
