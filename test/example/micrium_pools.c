/* SPDX-License-Identifier: MIT */
/* Two pools on one segment, by the calls of Micrium uC/LIB: requests that the program keeps for itself, ten at most,
 * and frames that a device reads and writes, as many as there is room for. Says what went where, and ends with 1 if a
 * block is not where it should be. */
#include <lib_mem.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RAM_BYTES = 4096,
    LINE = 32, /* bytes of a cache line */
    BLOCK = 20,
    REQUESTS = 10,
    WORD = sizeof(CPU_ALIGN),
    REQUEST_BYTES = (BLOCK + WORD - 1) / WORD * WORD, /* 24 where words are 8 bytes */
    FRAMES_FROM = (REQUESTS * REQUEST_BYTES + LINE - 1) / LINE * LINE,
    FRAMES = (RAM_BYTES - FRAMES_FROM) / LINE /* 120 there */
};

static _Alignas(LINE) CPU_INT08U ram[RAM_BYTES];
static MEM_SEG segment;
static MEM_DYN_POOL requests, frames;

/* Ends the program unless a call said what it should. */
static void expect(LIB_ERR err, LIB_ERR wanted, const char *what)
{
    if (err != wanted) {
        fprintf(stderr, "%s: it says %d, not %d\n", what, (int)err, (int)wanted);
        exit(1);
    }
}

static void expect_bytes(size_t bytes, size_t wanted, const char *what)
{
    if (bytes != wanted) {
        fprintf(stderr, "%s: %zu, not %zu\n", what, bytes, wanted);
        exit(1);
    }
}

static size_t used(void)
{
    LIB_ERR err;
    MEM_SEG_INFO info;
    Mem_SegRemSizeGet(&segment, 1, &info, &err);
    expect(err, LIB_MEM_ERR_NONE, "size");
    return info.UsedSize;
}

static void set_up(void)
{
    LIB_ERR err;
    Mem_SegCreate("RAM", &segment, (CPU_ADDR)ram, RAM_BYTES, LINE, &err);
    expect(err, LIB_MEM_ERR_NONE, "segment");
    Mem_DynPoolCreate("requests", &requests, &segment, BLOCK, WORD, REQUESTS, REQUESTS, &err);
    expect(err, LIB_MEM_ERR_NONE, "requests");
    expect_bytes(used(), REQUESTS * REQUEST_BYTES, "bytes for the requests");
    Mem_DynPoolCreateHW("frames", &frames, &segment, BLOCK, 8, 10, LIB_MEM_BLK_QTY_UNLIMITED, &err);
    expect(err, LIB_MEM_ERR_NONE, "frames");
    expect_bytes(used(), FRAMES_FROM + 10 * LINE, "bytes for the first frames as well");
}

/* Takes all that a pool has; the last one is handed on. */
static void *take_all(MEM_DYN_POOL *pool, size_t count, size_t first, size_t stride, LIB_ERR at_the_end)
{
    LIB_ERR err;
    CPU_INT08U *block, *last = NULL;
    size_t n = 0;
    for (; (block = Mem_DynPoolBlkGet(pool, &err)) != NULL; n++, last = block) {
        expect_bytes((size_t)(block - ram), first + n * stride, "place of a block");
    }
    expect(err, at_the_end, "one block too many");
    expect_bytes(n, count, "blocks");
    return last;
}

static void print(CPU_CHAR *text)
{
    fputs(text, stdout);
}

int main(void)
{
    LIB_ERR err;
    set_up();
    void *const request = take_all(&requests, REQUESTS, 0, REQUEST_BYTES, LIB_MEM_ERR_POOL_EMPTY);
    void *const frame = take_all(&frames, FRAMES, FRAMES_FROM, LINE, LIB_MEM_ERR_SEG_OVF);
    expect_bytes(used(), RAM_BYTES, "bytes in use at last");

    /* what is given back is the next one to be had */
    Mem_DynPoolBlkFree(&requests, request, &err);
    expect(err, LIB_MEM_ERR_NONE, "free of a request");
    Mem_DynPoolBlkFree(&frames, frame, &err);
    expect(err, LIB_MEM_ERR_NONE, "free of a frame");
    if (Mem_DynPoolBlkGet(&requests, &err) != request || Mem_DynPoolBlkGet(&frames, &err) != frame) {
        fputs("another block than the one that was given back\n", stderr);
        return 1;
    }
    Mem_OutputUsage(print, &err);
    expect(err, LIB_MEM_ERR_NONE, "table");
    return 0;
}
