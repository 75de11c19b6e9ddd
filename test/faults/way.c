/* SPDX-License-Identifier: MIT */
#include "way.h"
#include "check.h"

void victim_way_note(victim_way *way, uintptr_t at)
{
    size_t before = 0;
    if (way->steps == WAY_MAX) {
        SKIP("a call cannot be stepped through here");
    }
    for (size_t i = 0; i < way->steps; i++) {
        before += way->at[i] == at;
    }
    way->at[way->steps] = at;
    way->before[way->steps] = before;
    way->steps++;
}
