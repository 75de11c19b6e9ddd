/* SPDX-License-Identifier: MIT */
/* The program around the driver: arguments, statistics, and the proof that nothing was lost. */
#include "arguments.h"
#include "netdriver.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#define PROGRAM "lfmem-netdriver"

typedef unsigned long long ull; /* for printf */

const char program_name[] = PROGRAM;

const char usage_text[] =
    "usage: " PROGRAM " [-n FRAMES] [-w WORKERS] [-b BLOCKS] [-m DESCRIPTORS] [-s FRAME_BYTES] [-r SEED] [-p]\n";

const char help_text[] =
    "A network driver on two dynamic pools that share a segment of 512 KiB: a model of a device writes frames into\n"
    "padded blocks, WORKERS threads check them and reply. Then compares what was sent with what came, and the pools'\n"
    "accounts.\n"
    "\n"
    "  -n FRAMES       that come from the wire, 0 to 1000000000 (default 100000)\n"
    "  -w WORKERS      1 to 16 (default 2)\n"
    "  -b BLOCKS       most blocks for DMA, 0 to 65534; 0: as many as the segment has room for (default 0)\n"
    "  -m DESCRIPTORS  most descriptors, 1 to 4096 (default 256)\n"
    "  -s FRAME_BYTES  of the longest frame, 60 to 9014 (default 1514)\n"
    "  -r SEED         of the traffic, 0 to 4294967295 (default 1)\n"
    "  -p              flow control: the wire waits while the device has no block; else it misses frames\n"
    "  -h, --help      this text\n"
    "\n"
    "Exit status: 0 each frame was delivered intact and in order, or counted as dropped, and all memory came back;\n"
    "1 not so; 2 bad arguments.\n";

static void parse_option(netdriver_config *c, int option)
{
    switch (option) {
    case 'n':
        c->frames = number(optarg, 0, 1000000000, "-n wants 0 to 1000000000, not ");
        break;
    case 'w':
        c->workers = number(optarg, 1, NETDRIVER_MAX_WORKERS, "-w wants 1 to 16, not ");
        break;
    case 'b':
        c->most_blocks = number(optarg, 0, NETDRIVER_MAX_BLOCKS, "-b wants 0 to 65534, not ");
        if (c->most_blocks == 0)
            c->most_blocks = LFM_UNLIMITED;
        break;
    case 'm':
        c->most_descriptors = number(optarg, 1, NETDRIVER_MAX_DESCRIPTORS, "-m wants 1 to 4096, not ");
        break;
    case 's':
        c->traffic.most_bytes = number(optarg, FRAME_MIN_BYTES, FRAME_MAX_BYTES, "-s wants 60 to 9014, not ");
        break;
    case 'r':
        c->traffic.seed = number(optarg, 0, UINT32_MAX, "-r wants 0 to 4294967295, not ");
        break;
    case 'p':
        c->pause = true;
        break;
    default:
        other_option(option);
    }
}

static void parse_arguments(netdriver_config *c, int argc, char *argv[])
{
    static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    *c = (netdriver_config){
        .frames = 100000,
        .workers = 2,
        .most_blocks = LFM_UNLIMITED,
        .most_descriptors = 256,
        .traffic = {.seed = 1, .most_bytes = 1514},
    };
    int option;
    while ((option = getopt_long(argc, argv, "n:w:b:m:s:r:ph", names, NULL)) != -1)
        parse_option(c, option);
    if (optind < argc)
        usage_error("unexpected operand ", argv[optind]);
}

static void print_pool(const char *name, const lfm_dynpool_stats_t *s)
{
    printf("%-12s created %zu", name, s->created);
    if (s->maximum != LFM_UNLIMITED)
        printf(" of %zu", s->maximum);
    printf(", peak %zu, free %zu; %zu bytes in %zu\n", s->peak, s->free, s->block_size, s->stride);
}

static void print_segment(const char *name, const lfm_segment_stats_t *s)
{
    printf("%-12s %zu of %zu bytes used\n", name, s->used, s->bytes);
}

static void print_report(const netdriver_result *r)
{
    printf("wire         %llu frames\n", (ull)r->sent);
    printf("delivered    %llu frames, %llu bytes\n", (ull)r->delivered, (ull)r->bytes);
    printf("flows       ");
    for (unsigned flow = 0; flow < FRAME_FLOWS; flow++)
        printf(" %llu", (ull)r->flows[flow]);
    printf("\ndropped      %llu for want of a descriptor\n", (ull)r->dropped);
    printf("missed       %llu for want of a block\n", (ull)r->missed);
    printf("replies      %llu sent, %llu refused for want of memory\n", (ull)r->transmitted, (ull)r->refused);
    print_pool("blocks", &r->blocks);
    print_pool("descriptors", &r->descriptors);
    print_segment("ram", &r->ram);
    print_segment("metadata", &r->metadata);
    printf("check        lfm_dynpool_check: %s\n", lfm_status_string(r->check));
}

/* What is wrong with the accounts of a pool that has everything back; NULL if nothing. */
static const char *judge_pool(const lfm_dynpool_stats_t *s)
{
    if (s->free != s->created || s->in_use != 0)
        return "a block did not come back";
    if (s->created > s->maximum || s->peak > s->created)
        return "more blocks than there can be";
    return NULL;
}

/* The conservation laws. Returns the first that does not hold; NULL if all do. */
static const char *judge(const netdriver_config *c, const netdriver_result *r)
{
    uint64_t flows = 0;
    for (unsigned flow = 0; flow < FRAME_FLOWS; flow++)
        flows += r->flows[flow];
    if (r->fault != NULL)
        return r->fault;
    if (r->sent != c->frames || r->sent != r->delivered + r->dropped + r->missed || flows != r->delivered)
        return "sent is not delivered + dropped + missed";
    if (r->device_bytes != r->bytes + r->dropped_bytes)
        return "bytes received are not bytes delivered + dropped";
    if (r->asked != r->replied + r->refused || r->replied != r->transmitted)
        return "replies asked for are not sent + refused";
    if (judge_pool(&r->blocks) != NULL)
        return judge_pool(&r->blocks);
    if (judge_pool(&r->descriptors) != NULL)
        return judge_pool(&r->descriptors);
    if (r->ram.used > r->ram.bytes ||
        r->ram.used < r->blocks.created * r->blocks.stride + r->descriptors.created * r->descriptors.stride)
        return "the segment has not room for all blocks";
    return r->check != LFM_OK ? "lfm_dynpool_check" : NULL;
}

int main(int argc, char *argv[])
{
    netdriver_config config;
    netdriver_result result;
    parse_arguments(&config, argc, argv);
    netdriver_run(&config, &result);
    print_report(&result);
    const char *problem = judge(&config, &result);
    if (problem == NULL)
        puts("verify       every frame intact and in order, or counted; all memory came back");
    if (fflush(stdout) != 0) {
        perror(PROGRAM);
        return 1;
    }
    if (problem != NULL)
        fprintf(stderr, PROGRAM ": %s (-r%llu)\n", problem, (ull)config.traffic.seed);
    return problem == NULL ? 0 : 1;
}
