/* SPDX-License-Identifier: MIT */
/* Contexts that run at the same time get lists of their own: cores do, threads as often as by chance at least. */
#include "../../lib/port.h"
#include "support.h"

Test(spread, cores)
{
    for (uint32_t n = 1; n <= 255; n++) {
        for (uintptr_t core = 0; core < n; core++) {
            MUST(lfm_port_spread(core, n) == core, "core %zu of %u", (size_t)core, n);
        }
        for (uintptr_t core = n; core < 1000; core++) {
            MUST(lfm_port_spread(core, n) < n, "core %zu of %u", (size_t)core, n);
        }
    }
}

/* Lists that so many threads have between them, whose stacks are so far apart, on average over many places. */
static double lists(rng *random, size_t step, unsigned threads, uint32_t n)
{
    enum {
        PLACES = 1000
    };
    unsigned all = 0;
    for (unsigned place = 0; place < PLACES; place++) {
        const uintptr_t highest = (uintptr_t)0x70000000 + ((uintptr_t)rng_below(random, 0x7f000) << 12) + 0x6c0;
        uint64_t met = 0;
        for (unsigned i = 0; i < threads; i++) {
            met |= (uint64_t)1 << lfm_port_spread((highest - i * step) >> 4, n);
        }
        all += (unsigned)__builtin_popcountll(met);
    }
    return (double)all / PLACES;
}

/* By chance k threads have n (1 - (1 - 1/n)^k) lists. */
Test(spread, threads)
{
    rng random = support_seed("spread");
    static const size_t stacks[] = {0x2000,   0x3000,   0x10000,  0x11000,  0x20000,  0x21000,  0x40000,
                                    0x100000, 0x101000, 0x200000, 0x201000, 0x800000, 0x801000, 0x1000000};
    for (size_t i = 0; i < sizeof stacks / sizeof stacks[0]; i++) {
        for (uint32_t n = 2; n <= 16; n *= 2) {
            for (unsigned threads = 2; threads <= n; threads *= 2) {
                double left = n;
                for (unsigned k = 0; k < threads; k++) {
                    left -= left / n;
                }
                const double got = lists(&random, stacks[i], threads, n);
                MUST(got > 0.85 * (n - left), "stacks of %#zx, %u threads: %.2f of %u lists", stacks[i], threads, got,
                     n);
            }
        }
    }
}
