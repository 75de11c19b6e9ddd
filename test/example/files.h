/* SPDX-License-Identifier: MIT */
/* Files, read and written in full. Calls return 0, an errno, or one of these: */
#ifndef LFM_EXAMPLE_FILES_H
#define LFM_EXAMPLE_FILES_H

#include <stddef.h>
#include <stdint.h>

enum {
    FILE_ENDED = -1,       /* the file is shorter than it was */
    FILE_NOT_REGULAR = -2, /* a device, pipe or socket */
    FILE_SAME = -3,        /* input and output are one file */
    FILE_DIFFERS = -4,     /* its contents are not those of the input */
};

/* The text for what a call returned. */
const char *file_error_string(int error);

/* Opens an existing regular file. */
int file_open_input(const char *path, int *fd, uint64_t *bytes);

/* Opens a file for writing and reading, created if need be, emptied unless it is the input. NULL: a temporary file
 * that has no name any more, so that nothing is left of it however the program ends. */
int file_open_output(const char *path, int input, int *fd);

/* Reads or writes exactly `bytes` bytes at `offset`. Several threads may use one file. */
int file_read(int fd, void *buffer, size_t bytes, uint64_t offset);
int file_write(int fd, const void *buffer, size_t bytes, uint64_t offset);

/* Compares two files, their ends included. FILE_DIFFERS: *at is the first byte that differs. */
int file_compare(int left, int right, uint64_t *at);

/* The largest readable file of some that systems with a compiler have, or else `fallback`. The caller frees it;
 * NULL: memory is short. */
char *file_find_large(const char *fallback);

#endif
