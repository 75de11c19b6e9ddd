/* SPDX-License-Identifier: MIT */
#include "snapshot.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    APART_MAX = 12,
    SNAPSHOTS_MAX = 100,
    EVERY = 3 /* choices: a copy takes as long as some operations */
};

typedef struct snapshot {
    unsigned made;
    int last;
    int n_stacks;
    explore_extent stacks[EXPLORE_CONTEXTS_MAX];
    unsigned char *bytes; /* statics, the world, stacks */
    size_t room;
} snapshot;

static struct {
    explore_extent apart[APART_MAX]; /* in order of addresses; this is the first that is left out */
    size_t n_apart;
    explore_extent world;
    snapshot taken[SNAPSHOTS_MAX];
    unsigned n;
} snapshots;

/* Statics are .data and .bss. */
extern unsigned char __data_start[], _end[];

static void leave_out(explore_extent part)
{
    size_t at = snapshots.n_apart++;
    for (; at > 0 && snapshots.apart[at - 1].at > part.at; at--) {
        snapshots.apart[at] = snapshots.apart[at - 1];
    }
    snapshots.apart[at] = part;
}

void snapshot_leave_out(explore_extent part)
{
    if (part.bytes == 0) {
        return;
    }
    if (snapshots.n_apart == 0) {
        leave_out((explore_extent){(unsigned char *)&snapshots, sizeof snapshots});
    }
    for (size_t i = 0; i < snapshots.n_apart; i++) {
        if (snapshots.apart[i].at == part.at) {
            return;
        }
    }
    if (snapshots.n_apart == APART_MAX) {
        fputs("snapshots: too many parts to leave out\n", stderr);
        exit(1);
    }
    leave_out(part);
}

void snapshot_begin(explore_extent world)
{
    snapshots.world = world;
    snapshots.n = 0;
}

typedef void copy_part(unsigned char *part, size_t bytes, unsigned char **saved);

static void save_part(unsigned char *part, size_t bytes, unsigned char **saved)
{
    memcpy(*saved, part, bytes);
    *saved += bytes;
}

static void restore_part(unsigned char *part, size_t bytes, unsigned char **saved)
{
    memcpy(part, *saved, bytes);
    *saved += bytes;
}

static void copy_all(copy_part *copy, const snapshot *s)
{
    unsigned char *saved = s->bytes, *from = __data_start;
    for (size_t i = 0; i < snapshots.n_apart; i++) {
        copy(from, (size_t)(snapshots.apart[i].at - from), &saved);
        from = snapshots.apart[i].at + snapshots.apart[i].bytes;
    }
    copy(from, (size_t)(_end - from), &saved);
    copy(snapshots.world.at, snapshots.world.bytes, &saved);
    for (int i = 0; i < s->n_stacks; i++) {
        copy(s->stacks[i].at, s->stacks[i].bytes, &saved);
    }
}

/* Room for what copy_all() copies. */
static void make_room(snapshot *s)
{
    size_t bytes = (size_t)(_end - __data_start) + snapshots.world.bytes;
    for (size_t i = 0; i < snapshots.n_apart; i++) {
        bytes -= snapshots.apart[i].bytes;
    }
    for (int i = 0; i < s->n_stacks; i++) {
        bytes += s->stacks[i].bytes;
    }
    if (bytes > s->room) {
        free(s->bytes);
        s->room = bytes;
        s->bytes = malloc(bytes);
        if (s->bytes == NULL) {
            perror("snapshot");
            exit(1);
        }
    }
}

void snapshot_take(unsigned made, int last, const explore_extent *stacks, int n)
{
    snapshot *const next = &snapshots.taken[snapshots.n];
    if (snapshots.n == SNAPSHOTS_MAX || (snapshots.n > 0 && made < next[-1].made + EVERY)) {
        return;
    }
    next->made = made;
    next->last = last;
    next->n_stacks = n;
    memcpy(next->stacks, stacks, (size_t)n * sizeof *stacks);
    make_room(next);
    copy_all(save_part, next);
    snapshots.n++;
}

bool snapshot_restore(unsigned below, unsigned *made, int *last)
{
    while (snapshots.n > 0 && snapshots.taken[snapshots.n - 1].made >= below) {
        snapshots.n--;
    }
    if (snapshots.n == 0) {
        return false;
    }
    const snapshot *const from = &snapshots.taken[snapshots.n - 1];
    copy_all(restore_part, from);
    *made = from->made;
    *last = from->last;
    return true;
}
