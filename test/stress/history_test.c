/* SPDX-License-Identifier: MIT */
/* Tests the oracle of histories: right ones, and for each way to be wrong
 * one that just is and one that just is not. */
#include "check.h"
#include "history.h"
#include "rng.h"

#define NEVER         HISTORY_NEVER, HISTORY_NEVER
#define FAILED        NEVER, HISTORY_NONE
#define LENGTH(array) (sizeof(array) / sizeof *(array))

static void expect(const char *what, const history_op *ops, size_t n, uint32_t blocks, history_result result)
{
    history_report report;
    const bool right = history_check(ops, n, blocks, &report);
    if (report.result != result) {
        history_print(&report);
    }
    MUST(report.result == result && right == (result == HISTORY_RIGHT), "%s: %s, not %s", what,
         history_result_string(report.result), history_result_string(result));
}

#define CASE(what, blocks, result, ...)                   \
    do {                                                  \
        const history_op ops_[] = {__VA_ARGS__};          \
        expect(what, ops_, LENGTH(ops_), blocks, result); \
    } while (0)

static void test_form(void)
{
    expect("nothing happened", NULL, 0, 3, HISTORY_RIGHT);
    CASE("no such block", 2, HISTORY_MALFORMED, {1, 2, 3, 4, 2});
    CASE("returned before it was invoked", 2, HISTORY_MALFORMED, {2, 1, 3, 4, 0});
    CASE("put before it was got", 2, HISTORY_MALFORMED, {1, 3, 2, 4, 0});
    CASE("put returned before it was invoked", 2, HISTORY_MALFORMED, {1, 2, 4, 3, 0});
    CASE("before all times", 2, HISTORY_MALFORMED, {0, 2, 3, 4, 0});
    CASE("a get that never returned", 2, HISTORY_MALFORMED, {1, HISTORY_NEVER, NEVER, 0});
    CASE("all at one instant", 1, HISTORY_RIGHT, {1, 1, 1, 1, 0}, {1, 1, 1, 1, 0}, {1, 1, FAILED});
}

static void test_owners(void)
{
    CASE("one after the other", 1, HISTORY_RIGHT, {1, 2, 3, 4, 0}, {5, 6, NEVER, 0});
    CASE("in any order", 1, HISTORY_RIGHT, {5, 6, NEVER, 0}, {1, 2, 3, 4, 0});
    CASE("a get during the put", 1, HISTORY_RIGHT, {1, 2, 3, 9, 0}, {4, 5, 6, 7, 0});
    CASE("a get that began long before", 1, HISTORY_RIGHT, {2, 3, 4, 5, 0}, {1, 6, 7, 8, 0});
    CASE("get returns as put is invoked", 1, HISTORY_RIGHT, {1, 2, 5, 6, 0}, {3, 5, 7, 8, 0});
    CASE("get returns just before", 1, HISTORY_OWNED_TWICE, {1, 2, 5, 6, 0}, {3, 4, 7, 8, 0});
    CASE("told in the other order", 1, HISTORY_OWNED_TWICE, {3, 4, 7, 8, 0}, {1, 2, 5, 6, 0});
    CASE("one inside the other", 1, HISTORY_OWNED_TWICE, {1, 2, 9, 10, 0}, {3, 4, 5, 6, 0});
    CASE("got again and never put", 1, HISTORY_OWNED_TWICE, {1, 2, NEVER, 0}, {9, 10, 11, 12, 0});
    CASE("never put twice", 1, HISTORY_OWNED_TWICE, {1, 2, NEVER, 0}, {3, 4, NEVER, 0});
    CASE("another block", 2, HISTORY_RIGHT, {1, 2, 5, 6, 0}, {3, 4, 7, 8, 1});
    CASE("the third owner", 1, HISTORY_OWNED_TWICE, {1, 2, 3, 4, 0}, {5, 6, 9, 10, 0}, {7, 8, 11, 12, 0});
}

static void test_failures_of_one_block(void)
{
    CASE("failed in a fresh pool", 1, HISTORY_FAILED, {1, 2, FAILED});
    CASE("failed while it was taken", 1, HISTORY_RIGHT, {1, 2, 5, 6, 0}, {3, 4, FAILED});
    CASE("as the get is invoked", 1, HISTORY_RIGHT, {5, 6, NEVER, 0}, {3, 5, FAILED});
    CASE("just before", 1, HISTORY_FAILED, {5, 6, NEVER, 0}, {3, 4, FAILED});
    CASE("as the put returns", 1, HISTORY_RIGHT, {1, 2, 3, 6, 0}, {6, 9, FAILED});
    CASE("just after", 1, HISTORY_FAILED, {1, 2, 3, 6, 0}, {7, 9, FAILED});
    CASE("just between two owners", 1, HISTORY_FAILED, {1, 2, 3, 4, 0}, {7, 8, NEVER, 0}, {5, 6, FAILED});
    CASE("up to the second owner", 1, HISTORY_RIGHT, {1, 2, 3, 4, 0}, {7, 8, NEVER, 0}, {5, 7, FAILED});
    CASE("a put that never returned", 1, HISTORY_RIGHT, {1, 2, 3, HISTORY_NEVER, 0}, {7, 9, FAILED});
    CASE("a late return of an early put", 1, HISTORY_FAILED, {1, 2, 3, 99, 0}, {4, 5, 6, 7, 0}, {8, 9, FAILED});
    CASE("an early call of a late get", 1, HISTORY_FAILED, {6, 7, 8, 9, 0}, {1, 20, NEVER, 0}, {4, 5, FAILED});
}

static void test_failures_of_several_blocks(void)
{
    CASE("one block was free", 2, HISTORY_FAILED, {1, 2, NEVER, 0}, {3, 4, FAILED});
    CASE("both were taken", 2, HISTORY_RIGHT, {1, 2, NEVER, 0}, {1, 2, NEVER, 1}, {3, 4, FAILED});
    /* block 0 is surely free up to 8, block 1 from 5, 8 or 9 on */
    CASE("free in turns, overlapping", 2, HISTORY_FAILED, {8, 9, NEVER, 0}, {1, 2, 3, 5, 1}, {6, 9, FAILED});
    CASE("free in turns, touching", 2, HISTORY_RIGHT, {8, 9, NEVER, 0}, {1, 2, 3, 8, 1}, {6, 9, FAILED});
    CASE("free in turns, with a gap", 2, HISTORY_RIGHT, {8, 9, NEVER, 0}, {1, 2, 3, 9, 1}, {6, 9, FAILED});
    CASE("ended before the gap", 2, HISTORY_FAILED, {8, 9, NEVER, 0}, {1, 2, 3, 9, 1}, {6, 7, FAILED});
    CASE("got 2 of 3 at once", 2, HISTORY_RIGHT, {1, 5, 6, 7, 0}, {1, 5, 6, 7, 1}, {1, 5, FAILED});
    CASE("got 2 of 3, but there was a third", 3, HISTORY_FAILED, {1, 5, 6, 7, 0}, {1, 5, 6, 7, 1}, {1, 5, FAILED});
    CASE("one wrong of many", 1, HISTORY_FAILED, {5, 6, 7, 8, 0}, {5, 6, FAILED}, {6, 7, FAILED}, {9, 9, FAILED},
         {7, 8, FAILED});
}

#define CASE_HANDS(what, blocks, wanted, ...)                                                    \
    do {                                                                                         \
        const history_op ops_[] = {__VA_ARGS__};                                                 \
        history_report report_;                                                                  \
        history_check_hands(ops_, LENGTH(ops_), blocks, &report_);                               \
        MUST(report_.result == (wanted), "%s: %s", what, history_result_string(report_.result)); \
    } while (0)

static void test_hands(void)
{
    CASE_HANDS("failed in a fresh pool", 1, HISTORY_FAILED, {1, 2, FAILED});
    CASE_HANDS("while another call failed", 1, HISTORY_RIGHT, {1, 2, FAILED}, {2, 3, FAILED});
    CASE_HANDS("after another call failed", 1, HISTORY_FAILED, {1, 2, FAILED}, {3, 4, FAILED});
    CASE_HANDS("as the put returns", 1, HISTORY_RIGHT, {1, 2, 3, 6, 0}, {6, 9, FAILED});
    CASE_HANDS("just after", 1, HISTORY_FAILED, {1, 2, 3, 6, 0}, {7, 9, FAILED});
    CASE_HANDS("as the get is invoked", 1, HISTORY_RIGHT, {5, 6, NEVER, 0}, {3, 5, FAILED});
    CASE_HANDS("one of two", 2, HISTORY_FAILED, {1, 2, NEVER, 0}, {3, 4, FAILED});
    CASE_HANDS("another block's owner, later", 2, HISTORY_RIGHT, {1, 2, 4, 5, 0}, {3, 9, NEVER, 0}, {2, 6, FAILED},
               {5, 6, NEVER, 1});
    CASE_HANDS("never two at once", 2, HISTORY_FAILED, {1, 2, 3, 4, 0}, {5, 9, NEVER, 1}, {2, 6, FAILED});
    CASE_HANDS("two owners", 1, HISTORY_OWNED_TWICE, {1, 2, 5, 6, 0}, {3, 4, 7, 8, 0});
}

/* A sequential pool makes right histories of any length; one false step in it
 * makes them wrong. */
static void make_random(history_op *ops, size_t n, uint32_t blocks, rng *random)
{
    uint32_t owned[8] = {0}; /* 1 + the ownership of each block that is taken */
    uint64_t now = 1;
    for (size_t i = 0; i < n;) {
        uint32_t block = rng_below(random, blocks);
        if (owned[block] != 0) {
            ops[owned[block] - 1].put_invoke = now;
            ops[owned[block] - 1].put_return = now + 1;
            owned[block] = 0;
        } else {
            ops[i] = (history_op){now, now + 1, NEVER, block};
            owned[block] = (uint32_t)++i;
        }
        for (block = 0; block < blocks && owned[block] != 0; block++) {
        }
        if (block == blocks && i < n) {
            ops[i++] = (history_op){now + 2, now + 3, FAILED};
        }
        now += 4;
    }
}

static void test_random(void)
{
    enum {
        N = 1000
    };
    static history_op ops[N];
    for (uint64_t seed = 1; seed <= 100; seed++) {
        rng random = {seed};
        history_report report;
        make_random(ops, N, 1 + (uint32_t)seed % 5, &random);
        MUST(history_check(ops, N, 1 + (uint32_t)seed % 5, &report), "seed %d", (int)seed);
        size_t i = rng_below(&random, N);
        while (ops[i].block == HISTORY_NONE || ops[i].put_return == HISTORY_NEVER) {
            i = (i + 1) % N;
        }
        ops[i].block = HISTORY_NONE; /* it failed, although there was one to be had */
        MUST(!history_check(ops, N, 1 + (uint32_t)seed % 5, &report), "seed %d, op %zu", (int)seed, i);
    }
}

int main(void)
{
    test_form();
    test_owners();
    test_failures_of_one_block();
    test_failures_of_several_blocks();
    test_hands();
    test_random();
    return 0;
}
