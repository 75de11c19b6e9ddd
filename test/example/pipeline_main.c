/* SPDX-License-Identifier: MIT */
/* The program around the pipeline: arguments, files, a progress bar, and the proof that nothing was lost. */
#include "arguments.h"
#include "files.h"
#include "pipeline.h"

#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define PROGRAM "lfmem-pipeline"

typedef struct options {
    pipeline_config config;
    const char *input, *output; /* NULL: none given */
    bool quiet;
} options;

const char program_name[] = PROGRAM;

const char usage_text[] =
    "usage: " PROGRAM " [-t THREADS] [-b BLOCKS] [-s BLOCK_BYTES] [-S SHARDS] [-q] [INPUT [OUTPUT]]\n";

const char help_text[] =
    "Copies INPUT to OUTPUT through the blocks of one lock-free pool: THREADS threads read, THREADS threads\n"
    "check, one writes. Then compares the files and the pool's accounts.\n"
    "\n"
    "  -t THREADS      in each of the two stages, 1 to 64 (default 2)\n"
    "  -b BLOCKS       in the pool, 1 to 65534 (default 64)\n"
    "  -s BLOCK_BYTES  of the file in a block, 1 to 16777216 (default 16384); the pool is at most 1 GiB\n"
    "  -S SHARDS       free lists of the pool, 1 to 255 and at most BLOCKS (default 1)\n"
    "  -q              no progress bar\n"
    "  -h, --help      this text\n"
    "  INPUT           default: a large file of this system\n"
    "  OUTPUT          default: a temporary file, removed afterwards\n"
    "\n"
    "Exit status: 0 the output is identical and no block was lost, 1 it is not or a file gave an error, 2 bad "
    "arguments.\n";

static _Noreturn void file_error(const char *kind, const char *path, int error)
{
    fprintf(stderr, PROGRAM ": %s '%s': %s\n", kind, path, file_error_string(error));
    exit(1);
}

static void parse_option(options *o, int option)
{
    switch (option) {
    case 't':
        o->config.threads = number(optarg, 1, PIPELINE_MAX_THREADS, "-t wants 1 to 64, not ");
        break;
    case 'b':
        o->config.blocks = number(optarg, 1, PIPELINE_MAX_BLOCKS, "-b wants 1 to 65534, not ");
        break;
    case 's':
        o->config.block_bytes = number(optarg, 1, PIPELINE_MAX_BLOCK_BYTES, "-s wants 1 to 16777216, not ");
        break;
    case 'S':
        o->config.shards = number(optarg, 1, LFM_POOL_MAX_SHARDS, "-S wants 1 to 255, not ");
        break;
    case 'q':
        o->quiet = true;
        break;
    default:
        other_option(option);
    }
}

static void parse_arguments(options *o, int argc, char *argv[])
{
    static const struct option names[] = {{"help", no_argument, NULL, 'h'}, {NULL, 0, NULL, 0}};
    *o = (options){.config = {.threads = 2, .blocks = 64, .block_bytes = 16384, .shards = 1}};
    int option;
    while ((option = getopt_long(argc, argv, "t:b:s:S:qh", names, NULL)) != -1)
        parse_option(o, option);
    if (argc - optind > 2)
        usage_error("unexpected operand ", argv[optind + 2]);
    if (argc - optind > 0)
        o->input = argv[optind];
    if (argc - optind > 1)
        o->output = argv[optind + 1];
    if (o->config.shards > o->config.blocks)
        usage_error("more shards than blocks", "");
    if ((uint64_t)o->config.blocks * o->config.block_bytes > PIPELINE_MAX_POOL_BYTES)
        usage_error("BLOCKS times BLOCK_BYTES is more than 1 GiB", "");
}

static int terminal_columns(void)
{
    struct winsize size;
    return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

static int limit(int value, int most)
{
    return value < most ? value : most;
}

/* One line that is drawn over the one before. A narrow terminal gets a short bar, or none, rather than two lines. */
static void draw_progress(uint64_t written, uint64_t bytes, double seconds)
{
    if (bytes == 0)
        return;
    static const char full[] = "########################################";
    static const char rest[] = "........................................";
    const double done = (double)written / (double)bytes;
    const double left = written > 0 ? seconds * (1 - done) / done : 1e9;
    char tail[64] = "";
    int used = snprintf(tail, sizeof tail, "%.1f MB/s", (double)written / 1e6 / seconds);
    if (left < 360000)
        used += snprintf(tail + used, sizeof tail - (size_t)used, ", %u:%02u left", (unsigned)left / 60,
                         (unsigned)left % 60);

    const int width = limit(terminal_columns() - used - 9, 40);
    const int filled = (int)(done * width);
    fprintf(stderr, "\r\033[K%3d%% ", (int)(done * 100));
    if (width >= 5)
        fprintf(stderr, "[%.*s%.*s] ", filled, full, width - filled, rest);
    fprintf(stderr, "%.*s", limit(used, terminal_columns() - 6), tail);
}

static bool wants_progress(const options *o)
{
    const char *terminal = getenv("TERM");
    return !o->quiet && isatty(STDERR_FILENO) && terminal != NULL && strcmp(terminal, "dumb") != 0;
}

static void print_report(const options *o, const pipeline_result *r)
{
    const pipeline_config *c = &o->config;
    printf("input    %s\n", o->input);
    printf("output   %s\n", o->output != NULL ? o->output : "a temporary file");
    printf("threads  %u readers, %u workers, 1 writer\n", c->threads, c->threads);
    printf("pool     %u blocks of %u bytes, shards: %u\n", c->blocks, c->block_bytes, c->shards);
    printf("copied   %llu bytes in %.3f s, %.1f MB/s\n", (unsigned long long)c->bytes, r->seconds,
           (double)c->bytes / 1e6 / r->seconds);
    printf("blocks   gets %llu, puts %llu, pool empty %llu times, low-water mark %zu\n", (unsigned long long)r->gets,
           (unsigned long long)r->puts, (unsigned long long)r->empty, r->pool.min_free);
    printf("lost     none: %zu of %zu blocks are free\n", r->pool.free, r->pool.count);
    printf("check    lfm_pool_check: %s\n", lfm_status_string(r->check));
}

/* The conservation law: gets = puts, and so every block is free. It holds after errors as well. */
static bool accounts_agree(const pipeline_result *r)
{
    return r->gets == r->puts && r->pool.free == r->pool.count && r->check == LFM_OK;
}

static void open_files(options *o)
{
    pipeline_config *c = &o->config;
    if (o->input == NULL)
        o->input = file_find_large(DEFAULT_INPUT);
    int error = o->input == NULL ? ENOMEM : file_open_input(o->input, &c->input, &c->bytes);
    if (error != 0)
        file_error("input", o->input != NULL ? o->input : "", error);
    error = file_open_output(o->output, c->input, &c->output);
    if (error != 0)
        file_error("output", o->output != NULL ? o->output : "temporary file", error);
}

static void verify_output(const options *o)
{
    uint64_t at;
    const int error = file_compare(o->config.input, o->config.output, &at);
    if (error != 0) {
        fprintf(stderr, PROGRAM ": output: %s at byte %llu\n", file_error_string(error), (unsigned long long)at);
        exit(1);
    }
    printf("verify   output identical to input\n");
}

int main(int argc, char *argv[])
{
    static options o; /* what it points to is kept until the end */
    parse_arguments(&o, argc, argv);
    signal(SIGXFSZ, SIG_IGN); /* a limit on file sizes is an error of a write, like a full disk */
    open_files(&o);
    o.config.progress = wants_progress(&o) ? draw_progress : NULL;

    pipeline_result result;
    const bool copied = pipeline_run(&o.config, &result);
    if (o.config.progress != NULL)
        fputs("\r\033[K", stderr);
    if (!copied)
        fprintf(stderr, PROGRAM ": %s\n", result.error);
    if (!accounts_agree(&result)) {
        fprintf(stderr, PROGRAM ": gets %llu, puts %llu, %zu of %zu blocks free, check: %s\n",
                (unsigned long long)result.gets, (unsigned long long)result.puts, result.pool.free, result.pool.count,
                lfm_status_string(result.check));
        return 1;
    }
    if (!copied)
        return 1;
    print_report(&o, &result);
    verify_output(&o);
    if (fflush(stdout) != 0 || close(o.config.output) != 0) {
        perror(PROGRAM);
        return 1;
    }
    return 0;
}
