/* SPDX-License-Identifier: MIT */
#include "mix.h"

enum {
    STEPS_LEAST = 1 << 15,
    STEPS_MOST = 1 << 20
};

static size_t taken(size_t bytes)
{
    const size_t unit = bytes <= 15 * HEAP_UNIT ? HEAP_UNIT : 16 * HEAP_UNIT;
    return (bytes + unit - 1) / unit * unit;
}

void mix_draw(worker *workers, unsigned threads, size_t bytes, unsigned percent, rng *r)
{
    const size_t wanted = bytes / 100 * percent, most = wanted / HEAP_UNIT / threads + 2;
    for (unsigned t = 0; t < threads; t++) {
        worker *const w = &workers[t];
        w->held = resized(w->held, most, sizeof *w->held);
        w->order = resized(w->order, most, sizeof *w->order);
        w->blocks = 0;
    }
    for (size_t used = 0; used < wanted;) {
        for (unsigned t = 0; t < threads && workers[t].blocks < most; t++) {
            worker *const w = &workers[t];
            used += taken(w->order[w->blocks++] = mix_bytes(r));
        }
    }
    for (unsigned t = 0; t < threads; t++) {
        worker *const w = &workers[t];
        w->step_count = STEPS_LEAST;
        while (w->step_count < w->blocks * 2 && w->step_count < STEPS_MOST) {
            w->step_count *= 2;
        }
        w->steps = resized(w->steps, w->step_count, sizeof *w->steps);
        for (size_t i = 0; i < w->step_count; i++) {
            w->steps[i] = (step){.slot = rng_below(r, (uint32_t)w->blocks), .bytes = mix_bytes(r)};
        }
    }
}
