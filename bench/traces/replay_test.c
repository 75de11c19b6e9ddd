/* SPDX-License-Identifier: MIT */
/* Replays traces over heaps of each fit, with every byte verified: one thread, copies, and each recorded thread by
 * itself; with room, and with too little. In the end the heap is sound and everything is free. Then: files that are no
 * legal traces are refused.
 *
 *     replay_test [-t COPIES] [-f] TRACE ...
 *
 * -f: trimmed fit only. */
#include "check.h"
#include "replay.h"
#include <string.h>
#include <unistd.h>
#include <zlib.h>

static const char *what; /* is replayed, for messages */

static void at_the_end(allocator *a)
{
    lfm_heap_stats_t stats;
    lfm_heap_stats(&a->heap, &stats);
    MUST(lfm_heap_check(&a->heap) == LFM_OK, "%s: heap damaged", what);
    MUST(stats.used == 0 && stats.blocks == 0, "%s: %zu bytes in %zu blocks are left", what, stats.used, stats.blocks);
}

static void without_damage(const replay_counts *counts)
{
    MUST(counts->damaged == 0, "%s: %zu blocks damaged", what, counts->damaged);
}

/* Up to so many failures, as each is a search of all the heap. */
static replay_counts in_order(const trace *t, allocator *a, size_t failures)
{
    replay r;
    MUST(replay_begin(&r, t, a), "no memory");
    r.touch = REPLAY_WHOLE;
    for (size_t i = 0; i < t->n && r.counts.failures <= failures; i++) {
        replay_range(&r, i, i + 1);
    }
    lfm_heap_stats_t stats;
    lfm_heap_stats(&a->heap, &stats);
    MUST(r.counts.failures > 0 || stats.used >= t->left_bytes, "%s: %zu bytes in blocks, not %zu or more", what,
         stats.used, t->left_bytes);
    replay_rest(&r);
    replay_end(&r);
    without_damage(&r.counts);
    at_the_end(a);
    return r.counts;
}

static void one_heap(const trace *t, const lfm_heap_config *config, unsigned copies)
{
    allocator a;
    const size_t room = 8 * t->peak_bytes + 256 * t->peak_blocks + 65536;
    MUST(allocator_heap(&a, config, room * copies), "%s: no heap", what);
    replay_counts counts = in_order(t, &a, 0);
    MUST(counts.failures == 0, "%s: %zu failures", what, counts.failures);
    counts = (replay_counts){0};
    replay_copies(t, &a, REPLAY_WHOLE, copies, &counts);
    without_damage(&counts);
    at_the_end(&a);
    MUST(counts.failures == 0, "%s: %zu failures of copies", what, counts.failures);
    if (t->threads > 1) {
        /* how much is live at once is chance then, and so are failures */
        replay_by_thread(t, &a, REPLAY_WHOLE, &counts);
        without_damage(&counts);
        at_the_end(&a);
        printf("%s by thread: %zu frees before the allocation, %zu reallocations left out, %zu failures\n", what,
               counts.early, counts.skipped, counts.failures);
    }
    allocator_end(&a);
}

static void too_small(const trace *t)
{
    allocator a;
    MUST(allocator_heap(&a, NULL, t->peak_bytes / 2 + 1024), "%s: no heap", what);
    const replay_counts counts = in_order(t, &a, 1000);
    MUST(counts.failures > 0, "%s: served from half of its most live bytes", what);
    allocator_end(&a);
}

/* Files of a few bytes behind the magic: text of no length; operations, prelude, threads, blocks, peaks. */
static void files(void)
{
    static const struct {
        const char *name;
        bool good;
        unsigned char bytes[24];
        size_t n;
    } all[] = {
        {"malloc, free", true, {0, 2, 0, 1, 1, 100, 1, 8, 100, 4, 0}, 11},
        {"free first", false, {0, 2, 0, 1, 1, 100, 1, 12, 0, 8, 100}, 11},
        {"freed twice", false, {0, 3, 0, 1, 1, 100, 1, 8, 100, 4, 0, 4, 0}, 13},
        {"no such block", false, {0, 2, 0, 1, 1, 100, 1, 8, 100, 4, 1}, 11},
        {"no such thread", false, {0, 2, 0, 1, 1, 100, 1, 16, 100, 4, 0}, 11},
        {"no such kind", false, {0, 1, 0, 1, 1, 100, 1, 13, 0}, 9},
        {"wrong peak", false, {0, 2, 0, 1, 1, 99, 1, 8, 100, 4, 0}, 11},
        {"wrong number of blocks", false, {0, 2, 0, 1, 2, 100, 1, 8, 100, 4, 0}, 11},
        {"prelude that frees", false, {0, 2, 2, 1, 1, 100, 1, 8, 100, 4, 0}, 11},
        {"too short", false, {0, 2, 0, 1, 1, 100, 1, 8, 100, 4}, 10},
        {"too long", false, {0, 2, 0, 1, 1, 100, 1, 8, 100, 4, 0, 0}, 12},
    };
    char path[] = "/tmp/lfm-replay-XXXXXX";
    const int file = mkstemp(path);
    MUST(file >= 0, "no file");
    close(file);
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        trace t;
        const gzFile to = gzopen(path, "wb");
        MUST(to != NULL && gzputs(to, TRACE_MAGIC) > 0 && gzwrite(to, all[i].bytes, (unsigned)all[i].n) > 0 &&
                 gzclose(to) == Z_OK,
             "cannot write");
        const char *const wrong = trace_load(&t, path);
        MUST((wrong == NULL) == all[i].good, "%s: %s", all[i].name, wrong != NULL ? wrong : "accepted");
        if (wrong == NULL) {
            trace_free(&t);
        }
    }
    unlink(path);
}

int main(int argc, char **argv)
{
    static const lfm_heap_fit fits[] = {LFM_FIT_TRIMMED, LFM_FIT_BUDDY2, LFM_FIT_BUDDY4};
    unsigned copies = 2;
    size_t fit_count = sizeof fits / sizeof *fits;
    for (int option; (option = getopt(argc, argv, "t:f")) != -1;) {
        MUST(option == 'f' || (option == 't' && atoi(optarg) > 0), "usage: replay_test [-t COPIES] [-f] TRACE ...");
        if (option == 'f') {
            fit_count = 1;
        } else {
            copies = (unsigned)atoi(optarg);
        }
    }
    files();
    for (int i = optind; i < argc; i++) {
        trace t;
        what = argv[i];
        const char *const wrong = trace_load(&t, argv[i]);
        MUST(wrong == NULL, "%s: %s", what, wrong);
        for (size_t fit = 0; fit < fit_count; fit++) {
            const lfm_heap_config config = {.min_block = (size_t)16 << fit, .fit = fits[fit]};
            one_heap(&t, &config, copies);
        }
        too_small(&t);
        trace_free(&t);
    }
    return 0;
}
