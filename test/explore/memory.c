/* SPDX-License-Identifier: MIT */
/* Two reductions keep a search without bounds small. Both leave every execution in it: what each operation took, and
 * the order of stores. Operations depend on each other that are of one context, or on one object of which one stores.
 *
 * Sleep sets: explore.c.
 *
 * An operation takes an old store only if it has to (must_pass). Say that o passes over w if w ran before o, but o
 * takes a store before w's, or puts its own before it. The search leaves that out, unless
 * - a chain of dependent operations, each run after the one before, leads from w to the operation of the same context
 *   before o; or
 * - w ran before the store that o takes, if o is a load, or else before the last operation on the object.
 *
 * Proof. Among the runs with one execution take the one with the fewest passes. Say it has a pass of o over w that the
 * search leaves out. Move o, and all that ran after w and has a chain to the operation before o, in front of w; the
 * rest stays in its order. Nothing that is moved depends on what it is moved over, but o on operations on its object.
 * If o stores, that is w alone. If o is a load, it is stores that o does not take, since the one that it takes ran
 * before w. What operations may take goes by clocks and modification order, which are those of the execution. So each
 * can take what it took, and o no longer passes over w. Nor is there a new pass. It would be of some o' over a store w'
 * that was moved in front of it. They are on one object, so o' has a chain to w'. If w' is not o, it would have been
 * moved as well. If w' is o, o' is w, whose store is the later one. So there was a run with fewer passes. */
#include "memory.h"
#include "shim.h"
#include <string.h>
#undef memcpy
#undef memset

enum {
    LOCATIONS_MAX = 256,
    STORES_MAX = 64,
    CELLS = 1 << 14,
    OLDEST = 19, /* how far back an operation may look, so that a letter stands for it */
    NOBODY = EXPLORE_CONTEXTS_MAX
};

typedef struct store {
    uint64_t value;
    explore_clock released; /* clock that it releases */
    explore_clock met;      /* when each context first took it, or made it */
    int writer;
    uint32_t at;   /* its writer's time */
    bool rmw;      /* its writer took the store before it */
    uint64_t turn; /* place in the schedule, of all operations */
} store;

/* An atomic object. */
typedef struct location {
    uintptr_t address;
    size_t bytes;
    explore_clock chain_to_write, chain_to_access; /* operations with a chain to one that stored, to any */
    explore_clock accessed, stored;                /* by each context last */
    uint64_t last;                                 /* place in the schedule of the last operation */
    int n;
    store stores[STORES_MAX];
} location;

/* A byte that was accessed in this run. */
typedef struct cell {
    uintptr_t address;
    uint64_t run;
    int location; /* atomic object there, or -1 */
    int writer;   /* last plain store, and when */
    uint32_t written;
    explore_clock read; /* plain loads */
} cell;

static struct {
    bool weak, reduced;
    int max_stale, stale;
    uint64_t run, turn;
    explore_clock clock[EXPLORE_CONTEXTS_MAX], chain[EXPLORE_CONTEXTS_MAX];
    uint64_t taken[EXPLORE_CONTEXTS_MAX]; /* hash of what a context's operations took */
    explore_clock past[EXPLORE_CONTEXTS_MAX][EXPLORE_OPERATIONS_MAX + 2];
    location locations[LOCATIONS_MAX];
    int n_locations;
    cell cells[CELLS];
} memory;

explore_extent memory_extent(void)
{
    return (explore_extent){(unsigned char *)&memory, sizeof memory};
}

static void join(explore_clock *to, const explore_clock *from)
{
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        to->at[i] = from->at[i] > to->at[i] ? from->at[i] : to->at[i];
    }
}

static uint64_t mix(uint64_t hash, uint64_t with)
{
    hash = (hash ^ with) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

void memory_reset(bool weak, bool reduced, int stale)
{
    memory.weak = weak;
    memory.reduced = reduced;
    memory.max_stale = stale;
    memory.stale = 0;
    memory.n_locations = 0;
    memory.turn = 0;
    memory.run++;
    memset(memory.clock, 0, sizeof memory.clock);
    memset(memory.chain, 0, sizeof memory.chain);
    memset(memory.taken, 0, sizeof memory.taken);
}

void memory_begin(int context)
{
    explore_clock *const clock = &memory.clock[context];
    memory.turn++;
    memory.chain[context].at[context] = ++clock->at[context];
    memory.past[context][clock->at[context]] = *clock;
}

uint32_t memory_now(int context)
{
    return memory.clock[context].at[context];
}

void explore_learn(int context)
{
    const int me = explore_running();
    join(&memory.clock[me], &memory.clock[context]);
    memory.past[me][memory.clock[me].at[me]] = memory.clock[me];
}

int memory_stale(void)
{
    return memory.stale;
}

const explore_clock *memory_clock(int context, uint32_t time)
{
    return &memory.past[context][time];
}

uint64_t memory_execution(void)
{
    uint64_t hash = 1;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        hash = mix(hash, memory.taken[i]);
    }
    for (const location *l = memory.locations; l < memory.locations + memory.n_locations; l++) {
        uint64_t order = l->address;
        for (const store *s = l->stores + 1; s < l->stores + l->n; s++) {
            order = mix(order, (uint64_t)s->writer << 32 | s->at);
        }
        hash += order; /* whichever object was first */
    }
    return hash;
}

/* Objects and bytes */

/* With strong memory, and in setup and finish, an object has one value: what lies in memory. */
static bool is_strong(void)
{
    return !memory.weak || explore_running() == EXPLORE_NONE;
}

static cell *cell_of(uintptr_t address)
{
    cell *c = &memory.cells[address * 0x9e3779b1u % CELLS];
    while (c->run == memory.run && c->address != address) {
        c = c == &memory.cells[CELLS - 1] ? memory.cells : c + 1;
    }
    if (c->run != memory.run) {
        *c = (cell){.address = address, .run = memory.run, .location = -1};
    }
    return c;
}

/* Whether each of those times is before the running context's next operation. */
static bool all_before(const explore_clock *times)
{
    const int me = explore_running();
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        if (i != me && times->at[i] > memory.clock[me].at[i]) {
            return false;
        }
    }
    return true;
}

static void must_be_before(bool before, const char *what)
{
    if (!before) {
        explore_fail("race: context %d %s", explore_running(), what);
    }
}

static bool stored_before(const cell *c)
{
    const int me = explore_running();
    return c->writer == me || c->written <= memory.clock[me].at[c->writer];
}

static uint64_t peek(const volatile void *at, size_t bytes)
{
    return bytes == 8   ? *(const volatile uint64_t *)at
           : bytes == 4 ? *(const volatile uint32_t *)at
           : bytes == 2 ? *(const volatile uint16_t *)at
                        : *(const volatile uint8_t *)at;
}

static void poke(volatile void *at, size_t bytes, uint64_t value)
{
    if (bytes == 8) {
        *(volatile uint64_t *)at = value;
    } else if (bytes == 4) {
        *(volatile uint32_t *)at = (uint32_t)value;
    } else if (bytes == 2) {
        *(volatile uint16_t *)at = (uint16_t)value;
    } else {
        *(volatile uint8_t *)at = (uint8_t)value;
    }
}

static location *new_location(const volatile void *at, size_t bytes)
{
    if (memory.n_locations == LOCATIONS_MAX) {
        explore_fail("too many atomic objects");
    }
    location *const l = &memory.locations[memory.n_locations];
    memset(l, 0, offsetof(location, stores) + sizeof *l->stores); /* all have met the first store, at time 0 */
    l->address = (uintptr_t)at;
    l->bytes = bytes;
    l->n = 1;
    l->stores[0].value = peek(at, bytes);
    l->stores[0].writer = NOBODY;
    for (size_t i = 0; i < bytes; i++) {
        cell *const c = cell_of((uintptr_t)at + i);
        if (c->location >= 0) {
            explore_fail("accesses of different sizes");
        }
        c->location = memory.n_locations;
    }
    memory.n_locations++;
    return l;
}

/* The object of an atomic access. */
static location *location_of(const volatile void *at, size_t bytes)
{
    const int me = explore_running(), known = cell_of((uintptr_t)at)->location;
    location *const l = known >= 0 ? &memory.locations[known] : new_location(at, bytes);
    if (l->address != (uintptr_t)at || l->bytes != bytes) {
        explore_fail("accesses of different sizes");
    }
    for (size_t i = 0; i < bytes; i++) {
        must_be_before(stored_before(cell_of(l->address + i)), "has an atomic access against a plain store");
    }
    l->accessed.at[me] = memory.clock[me].at[me];
    return l;
}

/* A plain access comes at the time of the operation that follows. */
static void access_byte(uintptr_t address, bool stores)
{
    const int me = explore_running();
    cell *const c = cell_of(address);
    if (c->location >= 0) {
        location *const l = &memory.locations[c->location];
        must_be_before(all_before(stores ? &l->accessed : &l->stored), "has a plain access against an atomic one");
        for (size_t i = 0; i < l->bytes && stores; i++) { /* the object begins anew with the next atomic access */
            cell_of(l->address + i)->location = -1;
        }
    }
    must_be_before(stored_before(c), stores ? "stores against a store" : "loads against a store");
    if (stores) {
        must_be_before(all_before(&c->read), "stores against a load");
        c->writer = me;
        c->written = memory.clock[me].at[me] + 1;
    } else {
        c->read.at[me] = memory.clock[me].at[me] + 1;
    }
}

static void access_plain(const void *at, size_t bytes, bool stores)
{
    if (!is_strong() && !explore_is_stack(at)) {
        for (size_t i = 0; i < bytes; i++) {
            access_byte((uintptr_t)at + i, stores);
        }
    }
}

void explore_read(const void *at, size_t bytes)
{
    access_plain(at, bytes, false);
}

void explore_write(void *at, size_t bytes)
{
    access_plain(at, bytes, true);
}

/* Operations */

typedef enum access {
    LOAD,
    STORE,
    READ_MODIFY_WRITE
} access;

/* Whether an operation may take a store, or go behind it. `expected`: of a compare-and-swap, which else is a load. */
static bool may_take(const location *l, const store *s, access kind, const uint64_t *expected)
{
    const bool last = s == &l->stores[l->n - 1];
    return kind == LOAD || last || !s[1].rmw || (expected != NULL && s->value != *expected);
}

/* Whether no store before this one may be taken. */
static bool is_oldest(const store *s)
{
    const int me = explore_running();
    bool met = false;
    for (int i = 0; i < EXPLORE_CONTEXTS_MAX; i++) {
        met = met || s->met.at[i] <= memory.clock[me].at[i];
    }
    return met || memory.stale >= memory.max_stale;
}

/* Whether the search has to let an operation take s, or go behind it, and pass over each later store (see the top). */
static bool must_pass(const location *l, const store *s, bool stores)
{
    const int me = explore_running();
    const uint64_t last = stores ? l->last : s->turn;
    bool must = true;
    for (const store *w = s + 1; w < l->stores + l->n && memory.reduced; w++) {
        must = must && (w->at <= memory.chain[me].at[w->writer] || w->turn < last);
    }
    return must;
}

/* The store that an operation takes, or goes behind. `fails`: whether a weak compare-and-swap fails by itself. */
static store *choose_store(location *l, access kind, const uint64_t *expected, bool *fails)
{
    char options[2 * OLDEST + 4];
    int n = 0, back = 0;
    for (; back < l->n; back++) {
        const store *const s = &l->stores[l->n - 1 - back];
        if (back > OLDEST) {
            explore_fail("more stores than there are letters");
        }
        const bool stores = kind != LOAD && (expected == NULL || s->value == *expected);
        if (may_take(l, s, kind, expected) && must_pass(l, s, stores)) {
            options[n++] = (char)(back == 0 ? '.' : 'a' + back);
        }
        if (fails != NULL && s->value == *expected && explore_cas_may_fail() && must_pass(l, s, false)) {
            options[n++] = (char)(back == 0 ? 'w' : 'A' + back);
        }
        if (is_oldest(s)) {
            break;
        }
    }
    options[n] = '\0';
    const char made = explore_choose(options);
    if (made == 'w' || (made >= 'A' && made <= 'Z')) {
        *fails = true;
        explore_cas_failed();
    }
    back = made == '.' || made == 'w' ? 0 : made >= 'a' ? made - 'a' : made - 'A';
    memory.stale += back != 0;
    return &l->stores[l->n - 1 - back];
}

static bool acquires(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_RELEASE;
}

static bool releases(int order)
{
    return order != __ATOMIC_RELAXED && order != __ATOMIC_ACQUIRE && order != __ATOMIC_CONSUME;
}

static void take(location *l, store *s, int order)
{
    const int me = explore_running();
    explore_clock *const clock = &memory.clock[me];
    if (acquires(order)) {
        join(clock, &s->released);
        memory.past[me][clock->at[me]] = *clock;
    }
    if (clock->at[me] < s->met.at[me]) {
        s->met.at[me] = clock->at[me];
    }
    memory.taken[me] = mix(mix(memory.taken[me], l->address), (uint64_t)s->writer << 32 | s->at);
    join(&memory.chain[me], &l->chain_to_write);
    join(&l->chain_to_access, &memory.chain[me]);
    l->last = memory.turn;
}

static void go_behind(location *l, store *s, uint64_t value, int order, bool rmw)
{
    const int me = explore_running();
    const uint32_t now = memory.clock[me].at[me];
    store new = {.value = value, .writer = me, .at = now, .rmw = rmw, .turn = memory.turn};
    memset(&new.met, 0xff, sizeof new.met);
    new.met.at[me] = now;
    if (rmw) {
        new.released = s->released; /* the release sequence goes on; plain stores do not, as in C++20 */
    }
    if (releases(order)) {
        join(&new.released, &memory.clock[me]);
    }
    if (l->n == STORES_MAX) {
        explore_fail("too many stores to an object");
    }
    for (size_t i = 0; i < l->bytes; i++) {
        must_be_before(all_before(&cell_of(l->address + i)->read), "has an atomic store against a plain load");
    }
    l->stored.at[me] = now;
    memmove(s + 2, s + 1, (size_t)(&l->stores[l->n++] - (s + 1)) * sizeof *s);
    s[1] = new;
    if (s + 2 == &l->stores[l->n]) {
        poke((void *)l->address, l->bytes, value);
    }
    memory.taken[me] = mix(memory.taken[me], l->address);
    join(&memory.chain[me], &l->chain_to_access);
    l->chain_to_access = l->chain_to_write = memory.chain[me];
    l->last = memory.turn;
}

uint64_t explore_load(const volatile void *at, size_t bytes, int order)
{
    explore_operation(at, false);
    if (is_strong()) {
        return peek(at, bytes);
    }
    location *const l = location_of(at, bytes);
    store *const s = choose_store(l, LOAD, NULL, NULL);
    take(l, s, order);
    explore_did(at, false);
    return s->value;
}

void explore_store(volatile void *at, size_t bytes, uint64_t value, int order)
{
    explore_operation(at, true);
    if (is_strong()) {
        poke(at, bytes, value);
        return;
    }
    location *const l = location_of(at, bytes);
    go_behind(l, choose_store(l, STORE, NULL, NULL), value, order, false);
    explore_did(at, true);
}

/* Replaces a value by (old & keep) + add. */
uint64_t explore_replace(volatile void *at, size_t bytes, uint64_t keep, uint64_t add, int order)
{
    const uint64_t mask = UINT64_MAX >> (64 - 8 * bytes);
    explore_operation(at, true);
    if (is_strong()) {
        const uint64_t old = peek(at, bytes);
        poke(at, bytes, ((old & keep) + add) & mask);
        return old;
    }
    location *const l = location_of(at, bytes);
    store *const s = choose_store(l, READ_MODIFY_WRITE, NULL, NULL);
    const uint64_t old = s->value;
    take(l, s, order);
    go_behind(l, s, ((old & keep) + add) & mask, order, true);
    explore_did(at, true);
    return old;
}

uint64_t explore_load_linked(const volatile void *at, size_t bytes)
{
    const uint64_t found = explore_load(at, bytes, memory_order_seq_cst);
    explore_link();
    return found;
}

bool explore_store_conditional(volatile void *at, size_t bytes, uint64_t value)
{
    explore_operation(at, true);
    if (!is_strong()) {
        explore_fail("only one core is linked");
    }
    if (!explore_unlink()) {
        return false;
    }
    if (explore_cas_may_fail() && explore_choose(".w") == 'w') {
        explore_cas_failed();
        return false;
    }
    poke(at, bytes, value);
    return true;
}

bool explore_cas(volatile void *at, size_t bytes, uint64_t *expected, uint64_t desired, int order, int fail_order,
                 bool weak)
{
    const uint64_t wanted = *expected;
    bool fails = false;
    explore_operation(at, true);
    if (is_strong()) {
        *expected = peek(at, bytes);
        if (weak && *expected == wanted && explore_cas_may_fail() && explore_choose(".w") == 'w') {
            explore_cas_failed();
            return false;
        }
        if (*expected == wanted) {
            poke(at, bytes, desired);
        }
        return *expected == wanted;
    }
    location *const l = location_of(at, bytes);
    store *const s = choose_store(l, READ_MODIFY_WRITE, &wanted, weak ? &fails : NULL);
    const bool succeeds = s->value == wanted && !fails;
    *expected = s->value;
    take(l, s, succeeds ? order : fail_order);
    if (succeeds) {
        go_behind(l, s, desired, order, true);
    }
    explore_did(at, succeeds);
    return succeeds;
}
