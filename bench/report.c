/* SPDX-License-Identifier: MIT */
#include "report.h"
#include "measure.h"
#include <string.h>

static const char *const kinds[] = {[FLOOR] = "floor",     [LOCKED] = "lock", [LOCK_FREE] = "lock-free",
                                    [CACHING] = "caching", [LFMEM] = "lfmem", [FRONT_END] = "front-end"};

void figures_add(figures *f, figure one)
{
    f->all = realloc(f->all, (f->count + 1) * sizeof *f->all);
    if (f->all == NULL) {
        abort();
    }
    f->all[f->count++] = one;
}

static void add_tails(figures *f, figure one, const histogram *h, double tick)
{
    static const double percentiles[] = {50, 75, 90, 95, 99, 99.5, 99.9, 99.95, 99.99, 99.995, 99.999, 100};
    one.unit = "ns";
    one.ns = 0;
    for (size_t i = 0; i < sizeof percentiles / sizeof *percentiles; i++) {
        /* no percentile that fewer than ten samples lie beyond */
        if (percentiles[i] < 100 && (double)h->count * (100 - percentiles[i]) / 100 < 10) {
            continue;
        }
        one.param = percentiles[i];
        one.kept = h->count;
        one.quartiles[1] = (double)histogram_percentile(h, percentiles[i]) * tick;
        one.quartiles[0] = one.quartiles[2] = one.quartiles[1];
        figures_add(f, one);
    }
}

void figures_of_cell(figures *f, const cell *c, double tick)
{
    if (c->kept == 0) {
        return;
    }
    const bool mix = c->scenario == MIX || c->scenario == MIX_LATENCY;
    figure one = {.area = scenario_of_heaps(c->scenario) ? "heap" : "pool",
                  .scenario = scenario_name(c->scenario),
                  .threads = c->threads,
                  .param = c->by_size ? (double)c->size
                           : mix      ? c->percent
                                      : 0,
                  .contestant = c->contestant->name,
                  .kind = c->contestant->kind,
                  .unit = "R",
                  .kept = c->kept,
                  .dropped = c->dropped,
                  .failed = (double)c->failed / (double)c->pairs,
                  .core = c->contestant->core != NULL ? c->contestant->core->name : NULL};
    if (c->by_size) {
        one.scenario = mix ? "by heap size" : "by pool size";
    }
    if (c->latencies != NULL) {
        add_tails(f, one, c->latencies, tick);
        return;
    }
    one.quartiles[1] = median(c->ratios, c->kept);
    one.quartiles[0] = c->ratios[c->kept / 4];
    one.quartiles[2] = c->ratios[c->kept * 3 / 4];
    one.ns = median(c->times, c->kept);
    one.fair = c->threads > 1 && c->scenario != HANDOFF ? median(c->fair, c->kept) : 0;
    figures_add(f, one);
}

/* A section of the table is a scenario, a row of it a contestant, with either the number of threads or the parameter;
 * the other one is the column. */
static bool same_section(const figure *a, const figure *b)
{
    return strcmp(a->scenario, b->scenario) == 0 && strcmp(a->area, b->area) == 0;
}

static bool columns_are_threads(const figure *f)
{
    return f->param == 0 || strcmp(f->scenario, scenario_name(MIX)) == 0;
}

static double column(const figure *f)
{
    return columns_are_threads(f) ? f->threads : f->param;
}

static bool same_row(const figure *a, const figure *b)
{
    const bool same = columns_are_threads(a) ? a->param == b->param : a->threads == b->threads;
    return same_section(a, b) && same && strcmp(a->contestant, b->contestant) == 0;
}

enum {
    COLUMNS_MOST = 16
};

/* The columns that a section has, in ascending order. */
static size_t columns_of(const figures *f, const figure *section, double *columns)
{
    size_t n = 0;
    for (size_t i = 0; i < f->count; i++) {
        const figure *const one = &f->all[i];
        bool known = !same_section(one, section);
        for (size_t k = 0; k < n && !known; k++) {
            known = columns[k] == column(one);
        }
        if (!known && n < COLUMNS_MOST) {
            columns[n++] = column(one);
        }
    }
    qsort(columns, n, sizeof *columns, ascending);
    return n;
}

/* The same figure of the contestant that a front-end is compared with; NULL: there is none. */
static const figure *core_of(const figures *f, const figure *one)
{
    for (size_t i = 0; i < f->count && one->core != NULL; i++) {
        const figure *const other = &f->all[i];
        if (same_section(other, one) && other->threads == one->threads && other->param == one->param &&
            strcmp(other->contestant, one->core) == 0) {
            return other;
        }
    }
    return NULL;
}

/* Median, [quartiles], and fairness or the ratio to the core. */
static void print_cell(FILE *out, const figure *f, const figure *core)
{
    char text[64];
    int n = 0;
    if (strcmp(f->unit, "R") == 0) {
        n = snprintf(text, sizeof text, "%.2f [%.2f %.2f]", f->quartiles[1], f->quartiles[0], f->quartiles[2]);
    } else if (strcmp(f->unit, "share") == 0) {
        n = snprintf(text, sizeof text, "%.3f", f->quartiles[1]);
    } else {
        n = snprintf(text, sizeof text, strcmp(f->unit, "bytes") == 0 ? "%.1f" : "%.0f", f->quartiles[1]);
    }
    if (f->fair > 0 && n > 0) {
        snprintf(text + n, sizeof text - (size_t)n, " %.2f", f->fair);
    } else if (core != NULL && n > 0) {
        snprintf(text + n, sizeof text - (size_t)n, " x%.2f", f->quartiles[1] / core->quartiles[1]);
    }
    fprintf(out, strcmp(f->unit, "R") == 0 ? "  %-24s" : "  %8s", text);
}

static void print_row(FILE *out, const figures *f, size_t row, const double *columns, size_t count)
{
    const figure *const first = &f->all[row];
    char name[64];
    if (columns_are_threads(first) && first->param == 0) {
        snprintf(name, sizeof name, "%s", first->contestant);
    } else if (columns_are_threads(first)) {
        snprintf(name, sizeof name, "%s, %.0f %%", first->contestant, first->param);
    } else {
        snprintf(name, sizeof name, "%s, %uT", first->contestant, first->threads);
    }
    fprintf(out, "  %-28s", name);
    for (size_t c = 0; c < count; c++) {
        const figure *found = NULL;
        for (size_t i = row; i < f->count && found == NULL; i++) {
            found = same_row(&f->all[i], first) && column(&f->all[i]) == columns[c] ? &f->all[i] : NULL;
        }
        if (found != NULL) {
            print_cell(out, found, core_of(f, found));
        } else {
            fprintf(out, strcmp(first->unit, "R") == 0 ? "  %-24s" : "  %8s", "-");
        }
    }
    fputc('\n', out);
}

static void print_section(FILE *out, const figures *f, size_t section)
{
    const figure *const first = &f->all[section];
    double columns[COLUMNS_MOST];
    const size_t count = columns_of(f, first, columns);
    fprintf(out, "\n%-30s", first->scenario);
    for (size_t c = 0; c < count; c++) {
        char heading[32];
        snprintf(heading, sizeof heading, columns_are_threads(first) ? "%.12gT" : "%.12g", columns[c]);
        fprintf(out, strcmp(first->unit, "R") == 0 ? "  %-24s" : "  %8s", heading);
    }
    fprintf(out, "  %s\n", first->unit);
    for (size_t i = section; i < f->count; i++) {
        bool printed = !same_section(&f->all[i], first);
        for (size_t k = section; k < i && !printed; k++) {
            printed = same_row(&f->all[k], &f->all[i]);
        }
        if (!printed) {
            print_row(out, f, i, columns, count);
        }
    }
}

void report_table(FILE *out, const figures *f)
{
    for (size_t i = 0; i < f->count; i++) {
        bool seen = false;
        for (size_t k = 0; k < i && !seen; k++) {
            seen = same_section(&f->all[i], &f->all[k]);
        }
        if (!seen) {
            print_section(out, f, i);
        }
    }
}

void report_csv(FILE *out, const figures *f)
{
    fputs("area,scenario,threads,param,contestant,kind,unit,kept,dropped,q1,median,q3,fair,ns,failed,core\n", out);
    for (size_t i = 0; i < f->count; i++) {
        const figure *const one = &f->all[i];
        fprintf(out, "%s,%s,%u,%.12g,\"%s\",%s,%s,%zu,%zu,%.4f,%.4f,%.4f,%.3f,%.2f,%.5f,\"%s\"\n", one->area,
                one->scenario, one->threads, one->param, one->contestant, kinds[one->kind], one->unit, one->kept,
                one->dropped, one->quartiles[0], one->quartiles[1], one->quartiles[2], one->fair, one->ns, one->failed,
                one->core != NULL ? one->core : "");
    }
}
