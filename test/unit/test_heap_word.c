/* SPDX-License-Identifier: MIT */
/* heap_word.h without threads: words against a model that says in plain numbers what they hold, and the search for
 * places against trying all. Expected words are written down here once more, by multiplication instead of masks. */
#include "heap_word.h"
#include "support.h"

/* What a word says. */
typedef struct group_model {
    lfm_unit_state states[LFM_WORD_UNITS];
    bool anchored;
    uint64_t tag;
} group_model;

static const unsigned tag_bits = LFM_WORD_BITS - 2 * LFM_WORD_UNITS - 1;

static lfm_word_ encoded(const group_model *m)
{
    uint64_t word = 0, place = 1;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        word += (uint64_t)m->states[i] * place;
        place *= 4;
    }
    word += m->anchored ? place : 0;
    return (lfm_word_)(word + (m->tag & UINT64_MAX >> (64 - tag_bits)) * (2 * place));
}

/* Units in a state of which this is true, one bit of two each. */
static uint32_t units_in(const group_model *m, bool in_free, bool in_part, bool in_block)
{
    const bool wanted[] = {in_free, in_part, in_block, in_block};
    uint64_t units = 0, place = 1;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        units += wanted[m->states[i]] ? place : 0;
        place *= 4;
    }
    return (uint32_t)units;
}

static unsigned length_in(const group_model *m, unsigned unit)
{
    unsigned n = 1;
    while (unit + n < LFM_WORD_UNITS && m->states[unit + n] == LFM_UNIT_CONT) {
        n++;
    }
    return n;
}

/* Any word that the library may leave, with tags about to come round, too. */
static group_model random_model(rng *random)
{
    group_model m = {.anchored = rng_below(random, 2) == 0, .tag = rng_next(random)};
    const uint32_t density = rng_below(random, 5);
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        const bool follows = i > 0 && m.states[i - 1] >= LFM_UNIT_TAKEN;
        m.states[i] = (lfm_unit_state)(rng_below(random, 4) < density ? rng_below(random, follows ? 4 : 3) : 0);
    }
    m.tag = rng_below(random, 4) == 0 ? (uint64_t)rng_below(random, 3) - 1 : m.tag;
    return m;
}

static void check_views(const group_model *m)
{
    const lfm_word_ word = encoded(m);
    unsigned free = 0;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        free += m->states[i] == LFM_UNIT_FREE;
        MUST(lfm_heap_word_state(word, i) == m->states[i], "unit %u of %#llx", i, (unsigned long long)word);
        if (m->states[i] == LFM_UNIT_TAKEN) {
            MUST(lfm_heap_word_length(word, i) == length_in(m, i), "unit %u of %#llx: %u units", i,
                 (unsigned long long)word, lfm_heap_word_length(word, i));
        }
    }
    MUST(lfm_heap_word_empty(word) == (free == LFM_WORD_UNITS), "%#llx", (unsigned long long)word);
    MUST(lfm_heap_word_reachable(word) == m->anchored, "%#llx", (unsigned long long)word);
    MUST(lfm_heap_word_blocked(word) == units_in(m, false, false, true), "%#llx", (unsigned long long)word);
    MUST(lfm_heap_word_parts(word) == units_in(m, false, true, false), "%#llx", (unsigned long long)word);
    MUST(lfm_heap_word_busy(word) == units_in(m, false, true, true), "%#llx", (unsigned long long)word);
}

static void check_same(lfm_word_ word, const group_model *m, const char *step, unsigned unit, unsigned n)
{
    MUST(word == encoded(m), "%s of %u at %u: %#llx, should be %#llx", step, n, unit, (unsigned long long)word,
         (unsigned long long)encoded(m));
}

static void set_states(group_model *m, unsigned unit, unsigned n, lfm_unit_state first, lfm_unit_state rest)
{
    for (unsigned i = 0; i < n; i++) {
        m->states[unit + i] = i == 0 ? first : rest;
    }
}

/* Units from this one on that are FREE. */
static unsigned free_from(const group_model *m, unsigned unit)
{
    unsigned n = 0;
    while (unit + n < LFM_WORD_UNITS && m->states[unit + n] == LFM_UNIT_FREE) {
        n++;
    }
    return n;
}

/* A take of every length that has room here; each is undone again, and extended as far as it goes. */
static void check_takes(const group_model *m, unsigned unit)
{
    const unsigned room = free_from(m, unit);
    for (unsigned n = 1; n <= room; n++) {
        group_model after = *m;
        const lfm_word_ taken = lfm_heap_word_take(encoded(m), unit, n);
        set_states(&after, unit, n, LFM_UNIT_TAKEN, LFM_UNIT_CONT);
        after.tag++;
        check_same(taken, &after, "take", unit, n);
        MUST(lfm_heap_word_length(taken, unit) == length_in(&after, unit), "%u at %u", n, unit);
        for (unsigned more = 1; more <= room - n; more++) {
            group_model longer = after;
            set_states(&longer, unit + n, more, LFM_UNIT_CONT, LFM_UNIT_CONT);
            longer.tag++;
            check_same(lfm_heap_word_extend(taken, unit, n, more), &longer, "extend", unit, n + more);
        }
        for (unsigned kept = 0; kept < n; kept++) { /* the whole block, or what a shrinking one gives back */
            group_model rest = after;
            set_states(&rest, unit + kept, n - kept, LFM_UNIT_FREE, LFM_UNIT_FREE);
            rest.tag++;
            check_same(lfm_heap_word_release(taken, unit + kept, n - kept), &rest, "release", unit + kept, n - kept);
        }
        after.tag++;
        set_states(&after, unit, n, LFM_UNIT_FREE, LFM_UNIT_FREE);
        check_same(lfm_heap_word_free(taken, unit), &after, "free", unit, n);
    }
}

/* PART and back; PART once more changes the tag only. */
static void check_parts(const group_model *m, unsigned unit)
{
    group_model part = *m, again, whole;
    if (m->states[unit] >= LFM_UNIT_TAKEN) {
        return;
    }
    part.states[unit] = LFM_UNIT_PART;
    part.tag++;
    again = part;
    again.tag++;
    whole = part;
    whole.states[unit] = LFM_UNIT_FREE;
    whole.tag++;
    check_same(lfm_heap_word_split(encoded(m), unit), &part, "part", unit, 1);
    check_same(lfm_heap_word_split(encoded(&part), unit), &again, "part", unit, 1);
    check_same(lfm_heap_word_merge(encoded(&part), unit), &whole, "whole", unit, 1);
}

static void check_anchors(const group_model *m)
{
    group_model after = *m;
    after.tag++;
    after.anchored = true;
    check_same(lfm_heap_word_publish(encoded(m)), &after, "anchor", 0, 0);
    after.anchored = false;
    check_same(lfm_heap_word_unpublish(encoded(m)), &after, "loosen", 0, 0);
}

Test(heap_word, steps_agree_with_numbers)
{
    rng random = support_seed("group.steps_agree_with_numbers");
    for (int round = 0; round < 5000; round++) {
        const group_model m = random_model(&random);
        check_views(&m);
        check_anchors(&m);
        for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
            check_takes(&m, unit);
            check_parts(&m, unit);
        }
    }
}

Test(heap_word, every_block_in_an_empty_word)
{
    for (unsigned anchored = 0; anchored < 2; anchored++) {
        for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
            const group_model m = {.anchored = anchored == 1, .tag = UINT64_MAX};
            check_views(&m);
            check_takes(&m, unit);
        }
    }
}

Test(heap_word, all_zero_is_free)
{
    const group_model m = {.anchored = false};
    MUST(encoded(&m) == 0 && lfm_heap_word_empty(0) && !lfm_heap_word_reachable(0), "a zeroed word");
    MUST(lfm_heap_word_busy(0) == 0 && lfm_heap_word_blocked(0) == 0 && lfm_heap_word_parts(0) == 0, "a zeroed word");
    MUST(!lfm_heap_word_empty(1) && !lfm_heap_word_empty(LFM_HEAP_WORD_STATES), "units");
    MUST(lfm_heap_word_empty(~LFM_HEAP_WORD_STATES) && lfm_heap_word_reachable(~LFM_HEAP_WORD_STATES), "no units");
}

/* Every step changes the word, even one that changes nothing else; the tag has all the bits that nothing else has. */
Test(heap_word, tag_comes_round)
{
    lfm_word_ word = 0;
    for (unsigned bit = 0; bit < tag_bits; bit++) {
        group_model m = {.tag = ((uint64_t)1 << bit) - 1};
        m.tag = m.tag * 2 + 1; /* bit + 1 ones */
        const lfm_word_ before = encoded(&m);
        m.tag++;
        MUST(lfm_heap_word_unpublish(before) == encoded(&m), "bit %u", bit);
        MUST((bit + 1 == tag_bits) == (lfm_heap_word_unpublish(before) == 0), "bit %u", bit);
    }
    for (uint32_t changes = 1; changes < 100; changes++) {
        word = lfm_heap_word_unpublish(lfm_heap_word_publish(word));
        MUST(word == 2 * changes * LFM_HEAP_WORD_TAG, "%u changes", changes);
    }
}

Test(heap_word, masks)
{
    for (unsigned unit = 0; unit <= LFM_WORD_UNITS; unit++) {
        uint64_t all = 0, behind = 0, place = 1;
        for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
            all += i < unit ? 3 * place : 0;
            behind += i >= unit ? place : 0;
            place *= 4;
        }
        MUST(lfm_heap_word_units(unit) == all, "%u units", unit);
        MUST(lfm_heap_word_from(unit) == behind, "from %u", unit);
    }
    MUST(lfm_heap_word_from(0) == LFM_HEAP_WORD_EACH, "all");
}

/* Tries every place, unit by unit. Bit i of `taken` is unit i. */
static unsigned find_slowly(uint32_t taken, unsigned n, unsigned order)
{
    for (unsigned at = 0; at < LFM_WORD_UNITS; at += 1u << order) {
        unsigned hit = 0;
        for (unsigned i = at; i < at + n; i++) {
            hit += taken >> i & 1;
        }
        if (hit == 0) {
            return at;
        }
    }
    return LFM_WORD_UNITS;
}

static uint32_t spread(uint32_t taken)
{
    uint32_t busy = 0, place = 1;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        busy += (taken >> i & 1) * place;
        place *= 4;
    }
    return busy;
}

/* All lengths, alignments and sets of busy units that there are. */
Test(heap_word, places_agree_with_trying_all)
{
    for (unsigned order = 0; order <= LFM_WORD_UNITS_SHIFT_; order++) {
        for (unsigned n = 1; n <= 1u << order; n++) {
            lfm_positions positions;
            lfm_positions_init(&positions, n, order);
            MUST(positions.n == n && positions.order == order, "%u units, order %u", n, order);
            for (uint32_t taken = 0; taken < 1u << LFM_WORD_UNITS; taken++) {
                const unsigned found = lfm_positions_find(&positions, spread(taken));
                MUST(found == find_slowly(taken, n, order), "%u units, order %u, busy %#x: found %u", n, order, taken,
                     found);
            }
        }
    }
}

/* All lengths, alignments and sets of busy units: what blocks would have in empty places, and in that of a unit. */
Test(heap_word, units_of_places)
{
    for (unsigned order = 0; order <= LFM_WORD_UNITS_SHIFT_; order++) {
        const unsigned step = 1u << order;
        for (unsigned n = 1; n <= step; n++) {
            lfm_positions positions;
            lfm_positions_init(&positions, n, order);
            const uint32_t all = (1u << n) - 1;
            for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
                MUST(lfm_positions_around(&positions, unit) == spread(all << unit / step * step),
                     "%u units, order %u: around unit %u", n, order, unit);
            }
            for (uint32_t taken = 0; taken < 1u << LFM_WORD_UNITS; taken++) {
                uint32_t wanted = 0;
                for (unsigned at = 0; at < LFM_WORD_UNITS; at += step) {
                    wanted |= (taken & all << at) == 0 ? all << at : 0;
                }
                MUST(lfm_positions_units(&positions, spread(taken)) == spread(wanted), "%u units, order %u, busy %#x",
                     n, order, taken);
            }
        }
    }
}

/* A found place can be taken: its units are FREE in the word that was searched. */
Test(heap_word, found_places_can_be_taken)
{
    rng random = support_seed("group.found_places_can_be_taken");
    for (int round = 0; round < 100000; round++) {
        const unsigned order = rng_below(&random, LFM_WORD_UNITS_SHIFT_ + 1), n = 1 + rng_below(&random, 1u << order);
        const unsigned tail = rng_below(&random, LFM_WORD_UNITS + 1);
        const group_model m = random_model(&random);
        lfm_positions positions;
        lfm_positions_init(&positions, n, order);
        const unsigned unit =
            lfm_positions_find(&positions, lfm_heap_word_busy(encoded(&m)) | lfm_heap_word_from(tail));
        unsigned wanted = LFM_WORD_UNITS;
        for (unsigned at = 0; at < LFM_WORD_UNITS && wanted == LFM_WORD_UNITS; at += 1u << order) {
            wanted = free_from(&m, at) >= n && at + n <= tail ? at : wanted;
        }
        MUST(unit == wanted, "%u units, order %u in %#llx before %u: %u", n, order, (unsigned long long)encoded(&m),
             tail, unit);
    }
}
