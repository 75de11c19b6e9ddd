/* SPDX-License-Identifier: MIT */
/* heap_word.h and heap_positions.h without threads: what the specification allows and refuses, that the packed forms do
 * the same to every word, and the search for positions against trying all. */
#include "heap_positions.h"
#include "support.h"

static const unsigned tag_bits = LFM_WORD_BITS - 2 * LFM_WORD_UNITS - 1;

static lfm_word_ last_tag(void)
{
    return (lfm_word_)-1 >> (LFM_WORD_BITS - tag_bits);
}

/* Any word that the library may leave, with tags about to wrap round, too. */
static lfm_heap_value random_value(rng *random)
{
    lfm_heap_value value = {.reachable = rng_below(random, 2) == 0, .tag = (lfm_word_)rng_next(random) & last_tag()};
    const uint32_t density = rng_below(random, 5);
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        const bool follows = i > 0 && value.units[i - 1] >= LFM_UNIT_TAKEN;
        value.units[i] = (lfm_unit_state)(rng_below(random, 4) < density ? rng_below(random, follows ? 4 : 3) : 0);
    }
    if (rng_below(random, 4) == 0) {
        value.tag = (rng_below(random, 3) - (lfm_word_)1) & last_tag();
    }
    return value;
}

static bool same(const lfm_heap_value *a, const lfm_heap_value *b)
{
    return lfm_heap_encode(a) == lfm_heap_encode(b) && a->reachable == b->reachable &&
           memcmp(a->units, b->units, sizeof a->units) == 0;
}

/* Units in a state of which this is true, one bit of two each. */
static uint32_t units_in(const lfm_heap_value *value, bool in_free, bool in_part, bool in_block)
{
    const bool wanted[] = {in_free, in_part, in_block, in_block};
    uint64_t units = 0, place = 1;
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        units += wanted[value->units[i]] ? place : 0;
        place *= 4;
    }
    return (uint32_t)units;
}

static void check_views(const lfm_heap_value *value)
{
    const lfm_word_ word = lfm_heap_encode(value);
    const unsigned long long shown = word;
    const lfm_heap_value again = lfm_heap_decode(word);
    MUST(same(&again, value), "%#llx is decoded as another value", shown);
    for (unsigned i = 0; i < LFM_WORD_UNITS; i++) {
        MUST(lfm_heap_word_state(word, i) == value->units[i], "unit %u of %#llx", i, shown);
        const unsigned length = lfm_heap_value_length(value, i);
        MUST((length != 0) == (value->units[i] == LFM_UNIT_TAKEN), "unit %u of %#llx: %u units", i, shown, length);
        MUST(length == 0 || lfm_heap_word_length(word, i) == length, "unit %u of %#llx: %u units", i, shown, length);
    }
    MUST(lfm_heap_word_empty(word) == lfm_heap_value_empty(value), "%#llx", shown);
    MUST(lfm_heap_word_reachable(word) == value->reachable, "%#llx", shown);
    MUST(lfm_heap_word_blocked(word) == units_in(value, false, false, true), "%#llx", shown);
    MUST(lfm_heap_word_parts(word) == units_in(value, false, true, false), "%#llx", shown);
    MUST(lfm_heap_word_busy(word) == units_in(value, false, true, true), "%#llx", shown);
}

/* A transition: `allowed` and `after` are what the specification said and left, `packed` what the fast form made. */
static void check_transition(const char *name, const lfm_heap_value *before, const lfm_heap_value *after, bool allowed,
                             bool wanted, lfm_word_ packed, unsigned unit, unsigned n)
{
    const unsigned long long shown = lfm_heap_encode(before);
    MUST(allowed == wanted, "%s of %u at %u in %#llx: %s", name, n, unit, shown, allowed ? "allowed" : "refused");
    if (!allowed) {
        MUST(same(after, before), "%s of %u at %u in %#llx: refused, but changed", name, n, unit, shown);
        return;
    }
    MUST(lfm_heap_value_sound(after), "%s of %u at %u in %#llx: what it leaves is no value", name, n, unit, shown);
    MUST(((after->tag - before->tag) & last_tag()) == 1, "%s of %u at %u in %#llx: tag", name, n, unit, shown);
    MUST(packed == lfm_heap_encode(after), "%s of %u at %u in %#llx: %#llx, should be %#llx", name, n, unit, shown,
         (unsigned long long)packed, (unsigned long long)lfm_heap_encode(after));
}

/* Whether n units from this one on are all in the set, told by the packed form's masks. */
static bool within(uint32_t set, unsigned unit, unsigned n)
{
    const uint32_t units =
        unit + n <= LFM_WORD_UNITS ? lfm_heap_word_from(unit) & ~lfm_heap_word_from(unit + n) : ~(uint32_t)0;
    return units != 0 && (units & ~set) == 0;
}

/* Transitions of n units; also of none, and beyond the word's end. */
static void check_runs(const lfm_heap_value *value, unsigned unit, unsigned n)
{
    const lfm_word_ word = lfm_heap_encode(value);
    const uint32_t free = ~lfm_heap_word_busy(word) & LFM_HEAP_WORD_EACH, blocked = lfm_heap_word_blocked(word);
    const uint32_t cont = blocked & (uint32_t)word;
    lfm_heap_value after = *value;
    bool wanted = within(free, unit, n), done = lfm_heap_value_take(&after, unit, n);
    check_transition("take", value, &after, done, wanted, done ? lfm_heap_word_take(word, unit, n) : 0, unit, n);
    after = *value;
    wanted = within(blocked, unit, n) && (n == 1 || within(cont, unit + 1, n - 1)) &&
             (unit + n == LFM_WORD_UNITS || !within(cont, unit + n, 1));
    done = lfm_heap_value_release(&after, unit, n);
    check_transition("release", value, &after, done, wanted, done ? lfm_heap_word_release(word, unit, n) : 0, unit, n);
    for (unsigned more = 0; more <= LFM_WORD_UNITS + 1 - n; more++) {
        after = *value;
        wanted =
            within(blocked & ~cont, unit, 1) && lfm_heap_word_length(word, unit) == n && within(free, unit + n, more);
        done = lfm_heap_value_extend(&after, unit, n, more);
        check_transition("extend", value, &after, done, wanted, done ? lfm_heap_word_extend(word, unit, n, more) : 0,
                         unit, more);
    }
}

static void check_units(const lfm_heap_value *value, unsigned unit)
{
    const lfm_word_ word = lfm_heap_encode(value);
    const lfm_unit_state state = value->units[unit];
    lfm_heap_value after = *value;
    bool done = lfm_heap_value_free(&after, unit);
    check_transition("free", value, &after, done, state == LFM_UNIT_TAKEN, done ? lfm_heap_word_free(word, unit) : 0,
                     unit, 1);
    after = *value;
    done = lfm_heap_value_split(&after, unit);
    check_transition("split", value, &after, done, state == LFM_UNIT_FREE || state == LFM_UNIT_PART,
                     done ? lfm_heap_word_split(word, unit) : 0, unit, 1);
    after = *value;
    done = lfm_heap_value_merge(&after, unit);
    check_transition("merge", value, &after, done, state == LFM_UNIT_PART, done ? lfm_heap_word_merge(word, unit) : 0,
                     unit, 1);
}

static void check_value(const lfm_heap_value *value)
{
    const lfm_word_ word = lfm_heap_encode(value);
    lfm_heap_value after = *value;
    check_views(value);
    bool done = lfm_heap_value_publish(&after);
    check_transition("publish", value, &after, done, !value->reachable && lfm_heap_word_busy(word) != 0,
                     done ? lfm_heap_word_publish(word) : 0, 0, 0);
    after = *value;
    done = lfm_heap_value_unpublish(&after);
    check_transition("unpublish", value, &after, done, value->reachable && lfm_heap_word_busy(word) == 0,
                     done ? lfm_heap_word_unpublish(word) : 0, 0, 0);
    for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
        check_units(value, unit);
        for (unsigned n = 0; n <= LFM_WORD_UNITS + 1; n++) {
            check_runs(value, unit, n);
        }
    }
}

/* Every value that the first four units can have, the others being FREE: of a word of four that is all there are. */
Test(heap_word, packed_forms_are_the_specification)
{
    for (unsigned states = 0; states < 256; states++) {
        for (unsigned tag = 0; tag < 3; tag++) {
            for (unsigned reachable = 0; reachable < 2; reachable++) {
                lfm_heap_value value = {.reachable = reachable == 1, .tag = (tag - (lfm_word_)1) & last_tag()};
                for (unsigned i = 0; i < 4; i++) {
                    value.units[i] = (lfm_unit_state)(states >> 2 * i & 3);
                }
                if (lfm_heap_value_sound(&value)) {
                    check_value(&value);
                }
            }
        }
    }
}

Test(heap_word, packed_forms_are_the_specification_at_random)
{
    rng random = support_seed("heap_word.packed_forms_are_the_specification_at_random");
    for (int round = 0; round < 2000; round++) {
        const lfm_heap_value value = random_value(&random);
        MUST(lfm_heap_value_sound(&value), "the test's own values");
        check_value(&value);
    }
}

/* A word with one block only, of every length and at every unit. */
Test(heap_word, every_block_in_an_empty_word)
{
    for (unsigned unit = 0; unit < LFM_WORD_UNITS; unit++) {
        for (unsigned n = 1; unit + n <= LFM_WORD_UNITS; n++) {
            lfm_heap_value value = {.reachable = true, .tag = last_tag()};
            MUST(lfm_heap_value_take(&value, unit, n), "%u at %u", n, unit);
            check_value(&value);
        }
    }
}

/* What must never be: these are refused, whatever the packed form would make of them. */
Test(heap_word, illegal_transitions_are_refused)
{
    lfm_heap_value value = {.units = {LFM_UNIT_TAKEN, LFM_UNIT_CONT, LFM_UNIT_PART, LFM_UNIT_FREE}, .reachable = true};
    const lfm_heap_value before = value;
    MUST(!lfm_heap_value_take(&value, 0, 1), "a unit is taken twice");
    MUST(!lfm_heap_value_take(&value, 2, 1), "a unit that is in parts is taken");
    MUST(!lfm_heap_value_take(&value, LFM_WORD_UNITS, 1), "a unit of another word is taken");
    MUST(!lfm_heap_value_free(&value, 1), "an interior unit is freed");
    MUST(!lfm_heap_value_free(&value, 3), "a FREE unit is freed");
    MUST(!lfm_heap_value_release(&value, 0, 1), "the first unit of a longer block is released");
    MUST(!lfm_heap_value_extend(&value, 0, 2, 1), "a block grows over parts");
    MUST(!lfm_heap_value_split(&value, 1), "a block is split");
    MUST(!lfm_heap_value_merge(&value, 3), "what is whole is merged");
    MUST(!lfm_heap_value_publish(&value), "a reachable word is published");
    MUST(!lfm_heap_value_unpublish(&value), "a block becomes unreachable");
    MUST(same(&value, &before), "a refused transition has changed something");
    value.reachable = false;
    MUST(!lfm_heap_value_unpublish(&value), "an unreachable word is unpublished");
    value = (lfm_heap_value){.reachable = false};
    MUST(!lfm_heap_value_publish(&value), "an empty word is published");
    value.units[0] = LFM_UNIT_CONT;
    MUST(!lfm_heap_value_sound(&value), "a block without a first unit");
}

Test(heap_word, all_zero_is_free)
{
    const lfm_heap_value value = {.reachable = false};
    MUST(lfm_heap_encode(&value) == 0 && lfm_heap_word_empty(0) && !lfm_heap_word_reachable(0), "a zeroed word");
    MUST(lfm_heap_word_busy(0) == 0 && lfm_heap_word_blocked(0) == 0 && lfm_heap_word_parts(0) == 0, "a zeroed word");
    MUST(!lfm_heap_word_empty(1) && !lfm_heap_word_empty(LFM_HEAP_WORD_STATES), "units");
    MUST(lfm_heap_word_empty(~LFM_HEAP_WORD_STATES) && lfm_heap_word_reachable(~LFM_HEAP_WORD_STATES), "no units");
}

/* Every transition changes the word, even one that changes nothing else; the tag has all bits that nothing else has. */
Test(heap_word, tag_wraps_round)
{
    for (unsigned bit = 0; bit < tag_bits; bit++) {
        lfm_heap_value value = {.units = {LFM_UNIT_PART}, .tag = (((lfm_word_)1 << bit) - 1) * 2 + 1};
        const lfm_word_ before = lfm_heap_encode(&value), after = lfm_heap_word_split(before, 0);
        value.tag++;
        MUST(after == lfm_heap_encode(&value), "bit %u", bit);
        MUST((bit + 1 == tag_bits) == (after == LFM_UNIT_PART), "bit %u", bit);
    }
    lfm_word_ word = 0;
    for (uint32_t changes = 1; changes < 100; changes++) {
        word = lfm_heap_word_merge(lfm_heap_word_split(word, 0), 0);
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

/* Tries every position, unit by unit. Bit i of `taken` is unit i. */
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
Test(heap_word, positions_agree_with_trying_all)
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

/* All lengths, alignments and sets of busy units: what blocks would have in empty positions, and in that of a unit. */
Test(heap_word, units_of_positions)
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

/* A found position can be taken: its units are FREE in the word that was searched. */
Test(heap_word, found_positions_can_be_taken)
{
    rng random = support_seed("heap_word.found_positions_can_be_taken");
    for (int round = 0; round < 100000; round++) {
        const unsigned order = rng_below(&random, LFM_WORD_UNITS_SHIFT_ + 1), n = 1 + rng_below(&random, 1u << order);
        const unsigned end = rng_below(&random, LFM_WORD_UNITS + 1);
        const lfm_heap_value value = random_value(&random);
        lfm_positions positions;
        lfm_positions_init(&positions, n, order);
        const unsigned unit =
            lfm_positions_find(&positions, lfm_heap_word_busy(lfm_heap_encode(&value)) | lfm_heap_word_from(end));
        unsigned wanted = LFM_WORD_UNITS;
        for (unsigned at = 0; at < LFM_WORD_UNITS && wanted == LFM_WORD_UNITS; at += 1u << order) {
            wanted = at + n <= end && lfm_heap_value_all(&value, at, n, LFM_UNIT_FREE) ? at : wanted;
        }
        MUST(unit == wanted, "%u units, order %u in %#llx before %u: %u", n, order,
             (unsigned long long)lfm_heap_encode(&value), end, unit);
    }
}
