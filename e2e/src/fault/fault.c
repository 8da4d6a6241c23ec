/* Makes the file system fail for one process, by a seeded plan. Loaded with LD_PRELOAD into the program under test.
 *
 *   GALAPAGOS_FAULT_PREFIX  paths below it are meant, others are left alone
 *   GALAPAGOS_FAULT_ERROR   number of the error, such as ENOSPC
 *   GALAPAGOS_FAULT_CALLS   which calls, as letters: w write, f fsync, r rename, o open for writing, u unlink,
 *                           s short writes
 *   GALAPAGOS_FAULT_FROM    first of these calls that fails (counted from 0 over all of them)
 *   GALAPAGOS_FAULT_TO      first that works again
 *   GALAPAGOS_FAULT_SHARE   of the calls in between, this many of 1000 fail
 *   GALAPAGOS_FAULT_SEED    which ones
 *   GALAPAGOS_FAULT_SIGNAL  instead of failing, the call is preceded by this signal to the process itself
 *   GALAPAGOS_FAULT_LOG     a line for each failure goes there
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

static const char *prefix, *calls;
static int error_number, signal_number, log_file = -1;
static uint64_t from, to, share, seed, counter;
static ssize_t (*real_write)(int, const void *, size_t);

static uint64_t number(const char *name, uint64_t otherwise) {
    const char *text = getenv(name);
    return text ? strtoull(text, NULL, 10) : otherwise;
}

__attribute__((constructor)) static void begin(void) {
    const char *path;
    real_write = (ssize_t(*)(int, const void *, size_t))dlsym(RTLD_NEXT, "write");
    prefix = getenv("GALAPAGOS_FAULT_PREFIX");
    calls = getenv("GALAPAGOS_FAULT_CALLS");
    error_number = (int)number("GALAPAGOS_FAULT_ERROR", EIO);
    signal_number = (int)number("GALAPAGOS_FAULT_SIGNAL", 0);
    from = number("GALAPAGOS_FAULT_FROM", 0);
    to = number("GALAPAGOS_FAULT_TO", UINT64_MAX);
    share = number("GALAPAGOS_FAULT_SHARE", 1000);
    seed = number("GALAPAGOS_FAULT_SEED", 0);
    path = getenv("GALAPAGOS_FAULT_LOG");
    if (path) log_file = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

/* SplitMix64 of seed and position, so that a plan does not depend on how threads interleave their draws. */
static uint64_t draw(uint64_t n) {
    uint64_t z = seed + (n + 1) * 0x9e3779b97f4a7c15u;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
}

static int below(const char *path) {
    size_t length;
    if (!prefix || !path) return 0;
    length = strlen(prefix);
    return strncmp(path, prefix, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static int meant(int fd) {
    char link[64], path[PATH_MAX];
    ssize_t length;
    if (!prefix || fd < 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    length = readlink(link, path, sizeof path - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return below(path);
}

/* Whether this call is one that fails. `what` is one of the letters above. */
static int fails(char what) {
    uint64_t n;
    char line[64];
    int length;
    if (!calls || !strchr(calls, what)) return 0;
    n = __atomic_fetch_add(&counter, 1, __ATOMIC_RELAXED);
    if (n < from || n >= to || draw(n) % 1000 >= share) return 0;
    length = snprintf(line, sizeof line, "%c %llu\n", what, (unsigned long long)n);
    if (log_file >= 0 && real_write(log_file, line, (size_t)length) < 0) return 1;
    if (signal_number == 0) return 1;
    /* To the process, not the thread: all of it stops or dies here. */
    kill(getpid(), signal_number);
    return 0;
}

/* Bytes that a write may take; -1 after setting errno. */
static ssize_t allowed(int fd, size_t length) {
    int saved = errno, hit;
    if (!meant(fd)) {
        errno = saved;
        return (ssize_t)length;
    }
    hit = fails('w');
    if (hit) {
        errno = error_number;
        return -1;
    }
    if (length > 1 && fails('s')) length = 1 + draw(counter) % (length - 1);
    errno = saved;
    return (ssize_t)length;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

ssize_t write(int fd, const void *bytes, size_t length) {
    ssize_t count;
    if (fd == log_file || !real_write) return real_write ? real_write(fd, bytes, length) : -1;
    count = allowed(fd, length);
    return count < 0 ? -1 : real_write(fd, bytes, (size_t)count);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
    size_t length = 0;
    ssize_t may;
    int n;
    for (n = 0; n < count; n++) length += parts[n].iov_len;
    may = allowed(fd, length);
    if (may < 0) return -1;
    if ((size_t)may == length) return REAL(writev)(fd, parts, count);
    if (parts[0].iov_len == 0) return REAL(writev)(fd, parts, count);
    return real_write(fd, parts[0].iov_base, (size_t)may < parts[0].iov_len ? (size_t)may : parts[0].iov_len);
}

ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
    ssize_t count = allowed(fd, length);
    return count < 0 ? -1 : REAL(pwrite64)(fd, bytes, (size_t)count, offset);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
    return pwrite64(fd, bytes, length, offset);
}

int fsync(int fd) {
    if (meant(fd) && fails('f')) {
        errno = error_number;
        return -1;
    }
    return REAL(fsync)(fd);
}

int fdatasync(int fd) {
    if (meant(fd) && fails('f')) {
        errno = error_number;
        return -1;
    }
    return REAL(fdatasync)(fd);
}

int rename(const char *old, const char *new) {
    if (below(new) && fails('r')) {
        errno = error_number;
        return -1;
    }
    return REAL(rename)(old, new);
}

int unlink(const char *path) {
    if (below(path) && fails('u')) {
        errno = error_number;
        return -1;
    }
    return REAL(unlink)(path);
}

int open64(const char *path, int flags, ...) {
    va_list rest;
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_start(rest, flags);
        mode = (mode_t)va_arg(rest, int);
        va_end(rest);
    }
    if ((flags & O_ACCMODE) != O_RDONLY && below(path) && fails('o')) {
        errno = error_number;
        return -1;
    }
    return REAL(open64)(path, flags, mode);
}

int open(const char *path, int flags, ...) {
    va_list rest;
    mode_t mode = 0;
    if (flags & (O_CREAT | O_TMPFILE)) {
        va_start(rest, flags);
        mode = (mode_t)va_arg(rest, int);
        va_end(rest);
    }
    return open64(path, flags, mode);
}
