/* SPDX-License-Identifier: MIT */
/* Records known.c, packs what came out, reads it, and compares it with what known.c does, operation by operation:
 * roundtrip RECORDER PACKER KNOWN */
#include "check.h"
#include "known.h"
#include "raw.h"
#include "trace.h"
#include <glob.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>
#include <time.h>

static char folder[] = "/tmp/lfm-roundtrip-XXXXXX";

/* Runs a command, which must succeed. */
static __attribute__((format(printf, 1, 2))) void shell(const char *format, ...)
{
    char command[8192];
    va_list words;
    va_start(words, format);
    vsnprintf(command, sizeof command, format, words);
    va_end(words);
    const int status = system(command);
    MUST(status == 0, "%s: status %d", command, status);
}

static void clean(void)
{
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    if (system(command) != 0) {
        perror(command);
    }
}

/* The operation behind the next delimiter, from i on. */
static size_t behind_delimiter(const trace *t, size_t i)
{
    while (i + 1 < t->n && !(t->ops[i].bytes == KNOWN_DELIMITER && t->ops[i].kind == TRACE_MALLOC)) {
        i++;
    }
    MUST(i + 1 < t->n && t->ops[i + 1].kind == TRACE_FREE && t->ops[i + 1].bytes == KNOWN_DELIMITER, "no delimiter");
    return i + 2;
}

static const trace_kind kinds[] = {
    [KNOWN_MALLOC] = TRACE_MALLOC,         [KNOWN_CALLOC] = TRACE_CALLOC,
    [KNOWN_ALIGNED_ALLOC] = TRACE_ALIGNED, [KNOWN_POSIX_MEMALIGN] = TRACE_ALIGNED,
    [KNOWN_MEMALIGN] = TRACE_ALIGNED,      [KNOWN_REALLOC_NULL] = TRACE_MALLOC,
    [KNOWN_REALLOC] = TRACE_REALLOC,       [KNOWN_REALLOCARRAY] = TRACE_REALLOC,
    [KNOWN_REALLOC_0] = TRACE_FREE,        [KNOWN_FREE] = TRACE_FREE,
};

/* The steps in one thread, exactly. Returns the operation behind the last one. */
static size_t compare_steps(const trace *t, size_t i, uint64_t seed)
{
    bool held[KNOWN_SLOTS] = {false};
    uint32_t blocks[KNOWN_SLOTS];
    rng random = {seed};
    for (int step = 0; step < KNOWN_STEPS; step++, i++) {
        const known_step s = known_next(&random, held);
        const trace_kind kind = kinds[s.call];
        const trace_op *const op = &t->ops[i];
        MUST(i < t->n && op->thread == 0 && op->kind == kind, "step %d is kind %d, not %d", step, op->kind, (int)kind);
        MUST(kind == TRACE_FREE || op->bytes == s.bytes, "step %d has %u bytes, not %zu", step, op->bytes, s.bytes);
        MUST(kind != TRACE_ALIGNED || op->align == s.align, "step %d is aligned to 2^%u, not 2^%u", step, op->align,
             s.align);
        if (s.call < KNOWN_ALLOCS) {
            blocks[s.slot] = op->block;
        }
        MUST(op->block == blocks[s.slot], "step %d is for block %u, not %u", step, op->block, blocks[s.slot]);
    }
    for (int slot = 0; slot < KNOWN_SLOTS; slot++) {
        if (held[slot]) {
            MUST(t->ops[i].kind == TRACE_FREE && t->ops[i].block == blocks[slot], "block %u is not freed in the end",
                 blocks[slot]);
            i++;
        }
    }
    return i;
}

/* The blocks that one thread allocates and another one frees: each thread's operations are in order. The reader has
 * checked that a free stands behind its allocation. */
static void compare_handed(const trace *t, size_t i)
{
    static uint32_t blocks[KNOWN_HANDED];
    uint32_t made = 0, freed = 0;
    unsigned producer = 0, consumer = 0; /* the first thread is neither */
    for (; i < t->n; i++) {
        const trace_op *const op = &t->ops[i];
        if (op->thread == 0) {
            continue; /* makes and ends threads */
        }
        if (op->kind == TRACE_MALLOC) {
            producer = producer == 0 ? op->thread : producer;
            MUST(op->thread == producer && made < KNOWN_HANDED && op->bytes == known_handed(made), "block %u", made);
            blocks[made++] = op->block;
        } else {
            consumer = consumer == 0 ? op->thread : consumer;
            MUST(op->kind == TRACE_FREE && op->thread == consumer && freed < made && op->block == blocks[freed],
                 "free %u", freed);
            freed++;
        }
    }
    MUST(made == KNOWN_HANDED && freed == KNOWN_HANDED, "%u blocks, %u freed, of %d", made, freed, KNOWN_HANDED);
    MUST(producer != consumer, "one thread does all");
}

/* Operations of a process that has one block of so many bytes. */
static void compare_one(const trace *t, uint32_t bytes, size_t operations)
{
    MUST(t->n == operations && t->ops[0].kind == TRACE_MALLOC && t->ops[0].bytes == bytes,
         "%zu operations, the first with %u bytes", t->n, t->ops[0].bytes);
    MUST(operations == 1 || t->ops[1].kind == TRACE_FREE, "not freed");
}

/* A window has the operations of the whole, behind a prelude of what was live there. */
static void compare_window(const trace *whole, const char *packer, const char *raw, const char *packed)
{
    enum {
        FIRST = 5000,
        COUNT = 5000
    };
    static uint32_t bytes[FIRST], number[FIRST + COUNT];
    size_t live = 0, blocks = 0, prelude = 0;
    trace t;
    shell("%s -s -f %d -n %d %s %s", packer, FIRST, COUNT, raw, packed);
    const char *const wrong = trace_load(&t, packed);
    MUST(wrong == NULL, "window: %s", wrong);
    for (size_t i = 0; i < FIRST; i++) {
        const trace_op *const op = &whole->ops[i];
        blocks += (op->kind < TRACE_REALLOC) - (size_t)(op->kind == TRACE_FREE);
        live -= bytes[op->block];
        bytes[op->block] = op->kind == TRACE_FREE ? 0 : op->bytes;
        live += bytes[op->block];
    }
    for (size_t i = 0; i < t.prelude; i++) {
        prelude += t.ops[i].bytes;
    }
    MUST(t.n == t.prelude + COUNT && t.prelude == blocks && prelude == live,
         "%zu operations, %zu of them prelude of %zu bytes; %zu blocks of %zu bytes live", t.n, t.prelude, prelude,
         blocks, live);
    memset(number, 0xff, sizeof number);
    for (size_t i = 0; i < COUNT; i++) {
        const trace_op *const a = &whole->ops[FIRST + i], *const b = &t.ops[t.prelude + i];
        MUST(a->kind == b->kind && a->bytes == b->bytes && a->align == b->align, "operation %zu of the window", i);
        MUST(number[a->block] == UINT32_MAX || number[a->block] == b->block, "operation %zu has another block", i);
        number[a->block] = b->block;
    }
    trace_free(&t);
}

/* With a limit, only the first operations are recorded, and the packer says so. */
static void limited(const char *recorder, const char *packer, const char *program)
{
    char pattern[64], packed[64];
    glob_t found;
    size_t most = 0;
    snprintf(pattern, sizeof pattern, "%s/few.*", folder);
    snprintf(packed, sizeof packed, "%s/packed.gz", folder);
    shell("LD_PRELOAD=%s LFM_RECORD=%s/few LFM_RECORD_LIMIT=1000 exec %s", recorder, folder, program);
    MUST(glob(pattern, 0, NULL, &found) == 0, "no files");
    for (size_t i = 0; i < found.gl_pathc; i++) {
        trace t;
        shell("%s %s %s", packer, found.gl_pathv[i], packed);
        const char *const wrong = trace_load(&t, packed);
        MUST(wrong == NULL, "%s: %s", found.gl_pathv[i], wrong);
        most = t.n > most ? t.n : most;
        shell("%s %s -s %s %s", t.n > 2 ? "!" : "", packer, found.gl_pathv[i], packed);
        trace_free(&t);
    }
    shell("LD_PRELOAD=%s LFM_RECORD=%s/any LFM_RECORD_LIMIT=-1 %s 2>%s/said && grep -q 'cannot make a file' %s/said",
          recorder, folder, program, folder, folder);
    MUST(most > 700 && most <= 1000, "%zu operations of 1000 records", most); /* a realloc is two */
    globfree(&found);
}

/* A trace has no blocks of 4 GiB: the packer says so, whether a block was allocated with as much or grew. */
static void large(const char *packer)
{
    static const uint64_t bytes[][2] = {{UINT32_MAX, 16}, {16, UINT32_MAX}, {16, UINT32_MAX - 1}};
    char name[64];
    snprintf(name, sizeof name, "%s/large", folder);
    for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
        static unsigned char header[RAW_HEADER_BYTES];
        const raw_header head = {.magic = RAW_MAGIC, .records = 3, .room = 3, .threads = 1};
        const raw_record records[] = {{.address = 4096, .size = bytes[i][0], .op = RAW_MALLOC},
                                      {.address = 4096, .size = bytes[i][1], .op = RAW_REALLOC_BEGIN},
                                      {.address = 8192, .size = bytes[i][1], .op = RAW_REALLOC_END}};
        memcpy(header, &head, sizeof head);
        FILE *const out = fopen(name, "wb");
        MUST(out != NULL && fwrite(header, sizeof header, 1, out) == 1 &&
                 fwrite(records, sizeof records, 1, out) == 1 && fclose(out) == 0,
             "no file");
        shell("%s %s -s %s %s.gz 2>/dev/null", i < 2 ? "!" : "", packer, name, name);
    }
    trace t;
    strcat(name, ".gz");
    const char *const wrong = trace_load(&t, name);
    MUST(wrong == NULL && t.n == 2 && t.ops[1].bytes == UINT32_MAX - 1, "%s", wrong);
    trace_free(&t);
}

int main(int argc, char **argv)
{
    MUST(argc == 4, "usage: roundtrip RECORDER PACKER KNOWN");
    const char *const given = getenv("LFM_SEED");
    const uint64_t seed = given != NULL ? strtoull(given, NULL, 0) : (uint64_t)time(NULL);
    printf("replay with LFM_SEED=%" PRIu64 "\n", seed);
    char prefix[64], pattern[64], packed[64], program[4096];
    MUST(mkdtemp(folder) != NULL, "no folder");
    atexit(clean);
    snprintf(prefix, sizeof prefix, "%s/raw", folder);
    snprintf(pattern, sizeof pattern, "%s/raw.*", folder);
    snprintf(packed, sizeof packed, "%s/packed.gz", folder);
    snprintf(program, sizeof program, "%s %" PRIu64, argv[3], seed);
    shell("LD_PRELOAD=%s LFM_RECORD=%s exec %s", argv[1], prefix, program);

    glob_t found;
    MUST(glob(pattern, 0, NULL, &found) == 0, "no files");
    MUST(found.gl_pathc == 3, "%zu files, not one each of the program, its child, and the program again",
         found.gl_pathc);
    unsigned seen = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        trace t;
        shell("%s -s %s %s", argv[2], found.gl_pathv[i], packed);
        const char *const wrong = trace_load(&t, packed);
        MUST(wrong == NULL, "%s: %s", found.gl_pathv[i], wrong);
        if (t.n > 2) {
            const size_t steps = behind_delimiter(&t, 0);
            const size_t end = compare_steps(&t, steps, seed);
            MUST(behind_delimiter(&t, end) == end + 2, "something stands before the second delimiter");
            compare_handed(&t, end + 2);
            compare_window(&t, argv[2], found.gl_pathv[i], packed);
            seen |= 1;
        } else if (t.n == 2) {
            compare_one(&t, KNOWN_CHILD, 2);
            seen |= 2;
        } else {
            compare_one(&t, KNOWN_AGAIN, 1);
            seen |= 4;
        }
        trace_free(&t);
    }
    MUST(seen == 7, "not all processes were seen");
    globfree(&found);
    limited(argv[1], argv[2], program);
    large(argv[2]);
    return 0;
}
