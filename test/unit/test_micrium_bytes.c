/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: bytes of memory. */
#include "micrium.h"

enum {
    BYTES = 40
};

static CPU_INT08U place[BYTES], wanted[BYTES];

static void fill(void)
{
    for (size_t i = 0; i < BYTES; i++) {
        place[i] = wanted[i] = (CPU_INT08U)(i * 7 + 1);
    }
}

static void check(const char *what, size_t to, size_t from, size_t size)
{
    MUST(memcmp(place, wanted, BYTES) == 0, "%s of %zu bytes from %zu to %zu", what, size, from, to);
}

Test(micrium_bytes, move_and_copy)
{
    for (size_t to = 0; to < 20; to++) {
        for (size_t from = 0; from < 20; from++) {
            for (size_t size = 0; size <= 20; size++) {
                fill();
                Mem_Move(place + to, place + from, size);
                memmove(wanted + to, wanted + from, size);
                check("move", to, from, size);
            }
        }
        fill();
        Mem_Copy(place + to, place + 20, 20 - to);
        memcpy(wanted + to, wanted + 20, 20 - to);
        check("copy", to, 20, 20 - to);
    }
}

Test(micrium_bytes, set_clear_compare)
{
    for (size_t size = 0; size < 20; size++) {
        fill();
        Mem_Set(place + 3, 0x1A5 & 0xFF, size);
        memset(wanted + 3, 0xA5, size);
        check("set", 3, 3, size);
        MUST(Mem_Cmp(place, wanted, BYTES) == DEF_YES, "the same");
        Mem_Clr(place + 2, size);
        memset(wanted + 2, 0, size);
        check("clear", 2, 2, size);
        wanted[size]++;
        MUST(Mem_Cmp(place, wanted, size + 1) == DEF_NO && Mem_Cmp(place, wanted, size) == DEF_YES, "byte %zu", size);
    }
}

/* Long enough for words, and for several in a round; every byte around stays. */
Test(micrium_bytes, words)
{
    enum {
        LONG = 160
    };
    static CPU_INT08U is[2 * LONG], should[2 * LONG];
    for (size_t from = 0; from < 17; from++) {
        for (size_t to = 0; to < 17; to++) {
            for (size_t size = 0; size <= 100; size++) {
                for (size_t i = 0; i < sizeof is; i++) {
                    is[i] = should[i] = (CPU_INT08U)(i * 31 + size);
                }
                Mem_Copy(is + LONG + to, is + from, size);
                memcpy(should + LONG + to, should + from, size);
                MUST(memcmp(is, should, sizeof is) == 0, "copy of %zu bytes from %zu to %zu", size, from, to);
                Mem_Move(is + to, is + from, size);
                memmove(should + to, should + from, size);
                MUST(memcmp(is, should, sizeof is) == 0, "move of %zu bytes from %zu to %zu", size, from, to);
                MUST(Mem_Cmp(is + to, should + to, size) == DEF_YES, "%zu bytes from %zu are the same", size, to);
                Mem_Set(is + to, (CPU_INT08U)(from + 0x80), size);
                memset(should + to, (int)from + 0x80, size);
                MUST(memcmp(is, should, sizeof is) == 0, "set of %zu bytes from %zu", size, to);
            }
        }
    }
    for (size_t size = 1; size < 60; size++) { /* each byte counts */
        for (size_t at = 0; at < size; at++) {
            memset(is, 7, sizeof is);
            memset(should, 7, sizeof should);
            is[at] ^= 0x80;
            MUST(Mem_Cmp(is, should, size) == DEF_NO && Mem_Cmp(is, should, at) == DEF_YES, "%zu of %zu", at, size);
        }
    }
}

Test(micrium_bytes, null)
{
    fill();
    Mem_Set(NULL, 1, 1);
    Mem_Clr(NULL, 1);
    Mem_Copy(NULL, place, 1);
    Mem_Copy(place, NULL, 1);
    Mem_Move(NULL, place, 1);
    Mem_Move(place, NULL, 1);
    check("nothing", 0, 0, 0);
    MUST(Mem_Cmp(NULL, place, 1) == DEF_NO && Mem_Cmp(place, NULL, 1) == DEF_NO && Mem_Cmp(NULL, NULL, 0) == DEF_YES,
         "compare");
}
