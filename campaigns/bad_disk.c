/* Loaded before the C library (LD_PRELOAD): from a call on, the database's files answer with an error.

   bad_disk_arm(kind, nth, error, lasting): the nth call of a kind ('w' write, 's' sync, 'r' read) on a
   file whose name ends in .db or .db-wal fails with this errno; lasting: so does every one after it.
   bad_disk_calls(kind): how many there were since it was armed. bad_disk_hits(): how many failed. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char kind_of_fault;
static long nth, hits, calls[256];
static int fault, lasts;

void bad_disk_arm(int kind, long at, int error, int lasting) {
    memset(calls, 0, sizeof calls);
    kind_of_fault = (char)kind, nth = at, fault = error, lasts = lasting, hits = 0;
}
long bad_disk_calls(int kind) { return calls[kind & 255]; }
long bad_disk_hits(void) { return hits; }

static int ends(const char *name, const char *with) {
    size_t have = strlen(name), need = strlen(with);
    return have >= need && strcmp(name + have - need, with) == 0;
}

static int fails(char kind, int fd) {
    char link[64], name[4096];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, name, sizeof name - 1);
    if (size < 0) return 0;
    name[size] = 0;
    if (!ends(name, ".db") && !ends(name, ".db-wal")) return 0;
    long number = ++calls[(unsigned char)kind];
    if (kind != kind_of_fault || number < nth || (number > nth && !lasts)) return 0;
    hits++;
    errno = fault;
    return 1;
}

#define REAL(name) static __typeof__(&name) real; if (!real) real = dlsym(RTLD_NEXT, #name)
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at) {
    REAL(pwrite64); return fails('w', fd) ? -1 : real(fd, data, size, at);
}
ssize_t pread64(int fd, void *data, size_t size, off64_t at) {
    REAL(pread64); return fails('r', fd) ? -1 : real(fd, data, size, at);
}
int fdatasync(int fd) { REAL(fdatasync); return fails('s', fd) ? -1 : real(fd); }
int fsync(int fd) { REAL(fsync); return fails('s', fd) ? -1 : real(fd); }
