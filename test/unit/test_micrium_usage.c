/* SPDX-License-Identifier: MIT */
/* Micrium uC/LIB: the table of what is used. */
#include "micrium.h"

enum {
    LONG = 500
};

static char printed[65536];
static MEM_SEG seg, seg_b;
static MEM_DYN_POOL pool, pool_b;

/* Also writes over what it is given, as it may. */
static void collect(CPU_CHAR *text)
{
    MUST(strlen(printed) + strlen(text) < sizeof printed, "too much");
    strcat(printed, text);
    memset(text, '#', strlen(text));
}

static void print(void)
{
    LIB_ERR err;
    printed[0] = 0;
    Mem_OutputUsage(collect, &err);
    SAYS(LIB_MEM_ERR_NONE);
}

static void row(char *out, size_t room, const char *kind, size_t bytes, const char *free, const char *name)
{
    snprintf(out, room, "| %-7s | %10zu | %10s | %s\r\n", kind, bytes, free, name);
}

/* Bytes in the line of a name; all lines of it are counted into *lines. */
static size_t bytes_of(const char *name, size_t *lines)
{
    char end[LONG + 16];
    size_t bytes = 0;
    *lines = 0;
    snprintf(end, sizeof end, " | %s\r\n", name);
    for (const char *at = printed; (at = strstr(at, end)) != NULL; at++, ++*lines) {
        const char *line = at;
        while (line > printed && line[-1] != '\n') {
            line--;
        }
        bytes += strtoul(line + 11, NULL, 10);
    }
    return bytes;
}

static void check(const char *name, size_t wanted)
{
    size_t lines;
    const size_t bytes = bytes_of(name, &lines);
    MUST(bytes == wanted && lines == (wanted != 0), "\"%s\": %zu bytes in %zu lines, not %zu:\n%s", name, bytes, lines,
         wanted, printed);
}

Test(micrium_usage, arguments)
{
    LIB_ERR err;
    Mem_OutputUsage(NULL, &err);
    SAYS(LIB_MEM_ERR_NULL_PTR);
}

Test(micrium_usage, nothing_yet)
{
    char wanted[500], free[20];
    print();
    snprintf(free, sizeof free, "%d", MICRIUM_HEAP_SIZE);
    strcpy(wanted, "| Type    |       Size |       Free | Name\r\n|---------|------------|------------|-----\r\n");
    row(wanted + strlen(wanted), 200, "Segment", MICRIUM_HEAP_SIZE, free, "Heap");
    MUST(strcmp(printed, wanted) == 0, "it prints\n%snot\n%s", printed, wanted);
}

Test(micrium_usage, totals_by_name)
{
    LIB_ERR err;
    char same[] = "twice"; /* equal, and somewhere else */
    micrium_segment(&seg, RAM, 32);
    Mem_SegAllocExt("once", &seg, 5, 1, NULL, &err);
    Mem_SegAllocExt("twice", &seg, 100, 1, NULL, &err);
    Mem_SegAllocExt(same, &seg, 11, 1, NULL, &err);
    Mem_SegAllocHW("hardware", &seg, 33, 1, NULL, &err);
    Mem_SegAllocExt(NULL, &seg, 7, 1, NULL, &err);
    Mem_SegAllocExt("too much", &seg, RAM, 1, NULL, &err);
    Mem_SegAlloc("once", NULL, 24, &err); /* of another segment */
    print();
    check("ram", RAM);
    check("twice", 111);
    check("hardware", 64);
    check("too much", 0);
    check("(other)", 12 + 7); /* from 116 to 128, and what has no name */
    size_t lines;
    MUST(bytes_of("once", &lines) == 5 + 24 && lines == 2, "%s", printed);
    MUST(strstr(printed, "|       4096 |       3897 | ram\r\n") != NULL, "%s", printed);
    Mem_SegClr(&seg, &err);
    print();
    check("twice", 0);
    check("once", 24);
    Mem_Init();
    print();
    check("ram", 0);
    check("once", 0);
}

Test(micrium_usage, pools_grow)
{
    LIB_ERR err;
    micrium_segment(&seg, RAM, 32);
    Mem_DynPoolCreateHW("pool", &pool, &seg, 20, 8, 3, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    Mem_DynPoolCreate("empty", &pool_b, &seg, 20, 8, 0, 5, &err);
    print();
    check("pool", 96);
    check("empty", 0);
    for (int i = 0; i < 10; i++) {
        Mem_DynPoolBlkGet(&pool, &err);
    }
    Mem_DynPoolBlkGet(&pool_b, &err);
    Mem_SegAllocExt("pool", &seg, 8, 8, NULL, &err); /* not the pool's */
    print();
    check("empty", 24);
    size_t lines;
    MUST(bytes_of("pool", &lines) == 320 + 8 && lines == 2, "%s", printed);
    check("ram", RAM);
}

/* A pool that is made anew, on another segment, is no longer counted where it was. */
Test(micrium_usage, pool_made_anew)
{
    LIB_ERR err;
    micrium_segment(&seg, 1000, 1);
    Mem_SegCreate("b", &seg_b, (CPU_ADDR)ram + 1000, 1000, 1, &err);
    Mem_DynPoolCreate("pool", &pool, &seg, 8, 8, 5, 5, &err);
    Mem_DynPoolCreate("pool", &pool, &seg_b, 8, 8, 3, 3, &err);
    print();
    check("pool", 24);
    size_t lines;
    MUST(bytes_of("(other)", &lines) >= 40 && lines == 2, "the blocks of the first one are still taken: %s", printed);
}

Test(micrium_usage, names_of_any_length)
{
    LIB_ERR err;
    static char name[LONG + 1];
    Mem_SegCreate(NULL, &seg, (CPU_ADDR)ram, RAM, 1, &err);
    for (size_t length = 1; length <= LONG; length += 33) {
        memset(name, 'x', length);
        Mem_SegClr(&seg, &err);
        Mem_SegAllocExt(name, &seg, 77, 1, NULL, &err);
        print();
        check(name, 77);
    }
    check("(no name)", RAM);
    Mem_SegClr(&seg, &err);
    Mem_SegAllocExt("", &seg, 77, 1, NULL, &err);
    print();
    check("", 77);
}

/* More names than the table has room for: what is left is told together. */
Test(micrium_usage, table_is_full)
{
    LIB_ERR err;
    static char names[MICRIUM_NAMES + 5][8];
    size_t lines;
    micrium_segment(&seg, RAM, 1);
    for (size_t i = 0; i < LENGTH(names); i++) {
        snprintf(names[i], sizeof names[i], "n%zu", i);
        Mem_SegAllocExt(names[i], &seg, 10, 1, NULL, &err);
        SAYS(LIB_MEM_ERR_NONE);
    }
    Mem_DynPoolCreate("pool", &pool, &seg, 9, 1, 3, 3, &err);
    SAYS(LIB_MEM_ERR_NONE);
    print();
    for (size_t i = 0; i < MICRIUM_NAMES; i++) {
        check(names[i], 10);
    }
    MUST(bytes_of("(other)", &lines) >= 5 * 10 + 27 && lines == 2, "%s", printed);
    check(names[MICRIUM_NAMES], 0);
    check("pool", 0);
}
