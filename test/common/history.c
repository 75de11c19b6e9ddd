/* SPDX-License-Identifier: MIT */
#include "history.h"
#include "check.h"
#include <inttypes.h>

/* Open: the ends do not belong to it. A block that is free from the start on is
 * so since 0, before all times. */
typedef struct interval {
    uint64_t after, before;
} interval;

typedef struct intervals {
    interval *items;
    size_t n;
} intervals;

static void *allocate(size_t n, size_t bytes)
{
    void *const memory = malloc((n + 1) * bytes);
    NEED(memory != NULL, "no memory for %zu items", n);
    return memory;
}

static int compare(uint64_t a, uint64_t b)
{
    return (a > b) - (a < b);
}

/* By block, and then in the order in which the owners must have had it. Failed
 * gets are last. */
static int by_block(const void *left, const void *right)
{
    const history_op *const a = *(const history_op *const *)left;
    const history_op *const b = *(const history_op *const *)right;
    const int block = compare(a->block, b->block);
    const int got = compare(a->get_return, b->get_return);
    return block != 0 ? block : got != 0 ? got : compare(a->put_invoke, b->put_invoke);
}

static int by_start(const void *left, const void *right)
{
    return compare(((const interval *)left)->after, ((const interval *)right)->after);
}

static bool refuse(history_report *report, history_result result, const history_op *first, const history_op *second)
{
    report->result = result;
    report->first = first;
    report->second = second;
    return false;
}

static bool is_well_formed(const history_op *op, uint32_t blocks)
{
    const bool got = op->get_invoke >= 1 && op->get_invoke <= op->get_return && op->get_return < HISTORY_NEVER;
    if (op->block == HISTORY_NONE) {
        return got;
    }
    return got && op->block < blocks && op->get_return <= op->put_invoke && op->put_invoke <= op->put_return;
}

static bool check_form(const history_op *ops, size_t n, uint32_t blocks, history_report *report)
{
    for (size_t i = 0; i < n; i++) {
        if (!is_well_formed(&ops[i], blocks)) {
            return refuse(report, HISTORY_MALFORMED, &ops[i], NULL);
        }
        report->failures += ops[i].block == HISTORY_NONE;
    }
    report->gets = n - report->failures;
    return true;
}

static void add(intervals *to, uint64_t after, uint64_t before)
{
    if (after < before) {
        to->items[to->n++] = (interval){after, before};
    }
}

/* Checks the owners of one block, in order, and adds when it was surely free.
 * Only neighbours matter: an owner's put has taken effect before the next
 * owner's get returned, however late the put itself returned. */
static bool check_block(const history_op *const *owners, size_t n, intervals *surely_free, history_report *report)
{
    add(surely_free, 0, owners[0]->get_invoke);
    for (size_t i = 1; i < n; i++) {
        if (owners[i]->get_return < owners[i - 1]->put_invoke) {
            return refuse(report, HISTORY_OWNED_TWICE, owners[i - 1], owners[i]);
        }
        add(surely_free, owners[i - 1]->put_return, owners[i]->get_invoke);
    }
    add(surely_free, owners[n - 1]->put_return, HISTORY_NEVER);
    return true;
}

static bool check_blocks(const history_op *const *sorted, size_t n, uint32_t blocks, intervals *surely_free,
                         history_report *report)
{
    uint32_t used = 0;
    for (size_t start = 0, end; start < n; start = end) {
        for (end = start + 1; end < n && sorted[end]->block == sorted[start]->block; end++) {
        }
        if (!check_block(sorted + start, end - start, surely_free, report)) {
            return false;
        }
        used++;
    }
    if (used < blocks) {
        add(surely_free, 0, HISTORY_NEVER); /* nobody ever got this one */
    }
    return true;
}

/* Makes one interval of those that overlap. Those that only touch leave an
 * instant that is in neither. */
static void unite(intervals *of)
{
    size_t n = 0;
    qsort(of->items, of->n, sizeof *of->items, by_start);
    for (size_t i = 0; i < of->n; i++) {
        const interval next = of->items[i];
        if (n == 0 || next.after >= of->items[n - 1].before) {
            of->items[n++] = next;
        } else if (next.before > of->items[n - 1].before) {
            of->items[n - 1].before = next.before;
        }
    }
    of->n = n;
}

/* Whether every instant of [from, to] lies in one of the intervals, which are
 * apart and in order. */
static bool covers(const intervals *in, uint64_t from, uint64_t to)
{
    size_t low = 0, high = in->n; /* the last that begins before `from` is below `high` */
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (in->items[middle].after < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low > 0 && in->items[low - 1].before > to;
}

static bool check_failures(const history_op *const *failed, size_t n, intervals *surely_free, history_report *report)
{
    unite(surely_free);
    for (size_t i = 0; i < n; i++) {
        if (covers(surely_free, failed[i]->get_invoke, failed[i]->get_return)) {
            return refuse(report, HISTORY_FAILED, failed[i], NULL);
        }
    }
    return true;
}

/* The beginning or the end of a call or ownership. */
typedef struct event {
    uint64_t time;
    bool end;
    size_t under_way; /* after it */
} event;

/* What begins and ends at one instant is under way at it. */
static int by_time(const void *left, const void *right)
{
    const event *const a = left, *const b = right;
    const int time = compare(a->time, b->time);
    return time != 0 ? time : (int)a->end - (int)b->end;
}

/* Whether at some instant of [from, to] more than n were under way, this one
 * counted. */
static bool is_busy(const event *events, size_t count, uint64_t from, uint64_t to, size_t n)
{
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (events[middle].time < from) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (; low < count && events[low].time <= to; low++) {
        if (events[low].under_way > n) {
            return true;
        }
    }
    return false;
}

static bool check_hands(const history_op *const *sorted, size_t n, uint32_t blocks, history_report *report)
{
    event *const events = allocate(2 * n, sizeof *events);
    size_t under_way = 0;
    bool right = true;
    for (size_t i = 0; i < n; i++) {
        const bool failed = sorted[i]->block == HISTORY_NONE;
        events[2 * i] = (event){sorted[i]->get_invoke, false, 0};
        events[2 * i + 1] = (event){failed ? sorted[i]->get_return : sorted[i]->put_return, true, 0};
    }
    qsort(events, 2 * n, sizeof *events, by_time);
    for (size_t i = 0; i < 2 * n; i++) {
        events[i].under_way = events[i].end ? --under_way : ++under_way;
    }
    for (size_t i = report->gets; i < n && right; i++) {
        right = is_busy(events, 2 * n, sorted[i]->get_invoke, sorted[i]->get_return, blocks) ||
                refuse(report, HISTORY_FAILED, sorted[i], NULL);
    }
    free(events);
    return right;
}

static bool check(const history_op *ops, size_t n, uint32_t blocks, bool hands, history_report *report)
{
    *report = (history_report){.result = HISTORY_RIGHT};
    if (!check_form(ops, n, blocks, report)) {
        return false;
    }
    const history_op **const sorted = allocate(n, sizeof *sorted);
    for (size_t i = 0; i < n; i++) {
        sorted[i] = &ops[i];
    }
    qsort(sorted, n, sizeof *sorted, by_block);
    /* one before each get, one after the last put of each block, one for the
     * blocks that nobody got */
    intervals surely_free = {allocate(n + blocks + 1, sizeof *surely_free.items), 0};
    const bool right = check_blocks(sorted, report->gets, blocks, &surely_free, report) &&
                       (hands ? check_hands(sorted, n, blocks, report)
                              : check_failures(sorted + report->gets, report->failures, &surely_free, report));
    free(surely_free.items);
    free(sorted);
    return right;
}

bool history_check(const history_op *ops, size_t n, uint32_t blocks, history_report *report)
{
    return check(ops, n, blocks, false, report);
}

bool history_check_hands(const history_op *ops, size_t n, uint32_t blocks, history_report *report)
{
    return check(ops, n, blocks, true, report);
}

const char *history_result_string(history_result result)
{
    switch (result) {
    case HISTORY_RIGHT:
        return "right";
    case HISTORY_MALFORMED:
        return "malformed";
    case HISTORY_OWNED_TWICE:
        return "a block had two owners at once";
    case HISTORY_FAILED:
        return "a get failed although a block was free all the time";
    }
    return "unknown result";
}

static void print_op(const history_op *op)
{
    if (op == NULL) {
        return;
    }
    if (op->block == HISTORY_NONE) {
        fprintf(stderr, "  failed get [%" PRIu64 ", %" PRIu64 "]\n", op->get_invoke, op->get_return);
        return;
    }
    fprintf(stderr, "  block %" PRIu32 ": get [%" PRIu64 ", %" PRIu64 "], put [%" PRIu64 ", %" PRIu64 "]\n", op->block,
            op->get_invoke, op->get_return, op->put_invoke, op->put_return);
}

void history_print(const history_report *report)
{
    fprintf(stderr, "history of %zu gets and %zu failed gets: %s\n", report->gets, report->failures,
            history_result_string(report->result));
    print_op(report->first);
    print_op(report->second);
}
