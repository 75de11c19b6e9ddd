/* SPDX-License-Identifier: MIT */
#include "files.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

const char *file_error_string(int error)
{
    switch (error) {
    case FILE_ENDED:
        return "ends early: it is shorter than it was when it was opened";
    case FILE_NOT_REGULAR:
        return "is not a regular file";
    case FILE_SAME:
        return "is the input as well";
    case FILE_DIFFERS:
        return "differs from the input";
    default:
        return strerror(error);
    }
}

static int file_check(int fd, struct stat *status)
{
    if (fstat(fd, status) != 0)
        return errno;
    if (S_ISDIR(status->st_mode))
        return EISDIR;
    return S_ISREG(status->st_mode) ? 0 : FILE_NOT_REGULAR;
}

int file_open_input(const char *path, int *fd, uint64_t *bytes)
{
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* else a pipe without a writer would keep us here */
    if (*fd < 0)
        return errno;
    struct stat status;
    const int error = file_check(*fd, &status);
    if (error != 0)
        close(*fd);
    else
        *bytes = (uint64_t)status.st_size;
    return error;
}

static int file_open_temporary(int *fd)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];
    const int length =
        snprintf(path, sizeof path, "%s/lfmem-XXXXXX", folder != NULL && folder[0] != '\0' ? folder : "/tmp");
    if (length < 0 || (size_t)length >= sizeof path)
        return ENAMETOOLONG;
    *fd = mkstemp(path);
    return *fd < 0 || unlink(path) != 0 ? errno : 0;
}

/* Whether it may be emptied is known only when it is open. */
static int file_empty(int fd, int input)
{
    struct stat status, input_status;
    const int error = file_check(fd, &status);
    if (error != 0)
        return error;
    if (fstat(input, &input_status) != 0)
        return errno;
    if (status.st_dev == input_status.st_dev && status.st_ino == input_status.st_ino)
        return FILE_SAME;
    return ftruncate(fd, 0) == 0 ? 0 : errno;
}

int file_open_output(const char *path, int input, int *fd)
{
    if (path == NULL)
        return file_open_temporary(fd);
    *fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
    if (*fd < 0)
        return errno;
    const int error = file_empty(*fd, input);
    if (error != 0)
        close(*fd);
    return error;
}

/* Reads up to `bytes` bytes, fewer only at the end of the file. */
static int file_read_some(int fd, unsigned char *buffer, size_t bytes, uint64_t offset, size_t *got)
{
    for (*got = 0; *got < bytes;) {
        const ssize_t n = pread(fd, buffer + *got, bytes - *got, (off_t)(offset + *got));
        if (n == 0)
            break;
        if (n > 0)
            *got += (size_t)n;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

int file_read(int fd, void *buffer, size_t bytes, uint64_t offset)
{
    size_t got;
    const int error = file_read_some(fd, buffer, bytes, offset, &got);
    return error == 0 && got < bytes ? FILE_ENDED : error;
}

int file_write(int fd, const void *buffer, size_t bytes, uint64_t offset)
{
    const unsigned char *from = buffer;
    for (size_t put = 0; put < bytes;) {
        const ssize_t n = pwrite(fd, from + put, bytes - put, (off_t)(offset + put));
        if (n >= 0)
            put += (size_t)n;
        else if (errno != EINTR)
            return errno;
    }
    return 0;
}

int file_compare(int left, int right, uint64_t *at)
{
    static unsigned char l[1 << 16], r[1 << 16];
    size_t left_bytes, right_bytes;
    *at = 0;
    do {
        int error = file_read_some(left, l, sizeof l, *at, &left_bytes);
        if (error == 0)
            error = file_read_some(right, r, sizeof r, *at, &right_bytes);
        if (error != 0)
            return error;
        const size_t both = left_bytes < right_bytes ? left_bytes : right_bytes;
        size_t same = memcmp(l, r, both) == 0 ? both : 0;
        while (same < both && l[same] == r[same])
            same++;
        *at += same;
        if (same < both || left_bytes != right_bytes)
            return FILE_DIFFERS;
    } while (left_bytes == sizeof l);
    return 0;
}

/* Sizes decide, so that no list has to be right everywhere. Files that are not there have none. */
static const char *const large_files[] = {
    "/usr/lib/llvm-*/lib/libLLVM*.so*",
    "/usr/lib/*/libLLVM*.so*",
    "/usr/lib64/libLLVM*.so*",
    "/usr/lib*/gcc/*/*/cc1*",
    "/usr/libexec/gcc/*/*/cc1*",
    "/usr/bin/python3*",
    "/usr/bin/gdb",
    "/usr/lib/*/libc.a",
    "/usr/lib*/libc.a",
};

char *file_find_large(const char *fallback)
{
    glob_t found = {0};
    for (size_t i = 0; i < sizeof large_files / sizeof *large_files; i++)
        glob(large_files[i], i == 0 ? 0 : GLOB_APPEND, NULL, &found);

    const char *largest = fallback;
    off_t largest_bytes = 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        struct stat status;
        const char *path = found.gl_pathv[i];
        if (stat(path, &status) == 0 && S_ISREG(status.st_mode) && access(path, R_OK) == 0 &&
            status.st_size > largest_bytes) {
            largest = path;
            largest_bytes = status.st_size;
        }
    }
    char *copy = strdup(largest);
    globfree(&found);
    return copy;
}
