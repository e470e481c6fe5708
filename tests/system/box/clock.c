/* A wall clock of one process's own: it starts in 1970, as a Pi's without a battery does, or is CLOCK_AHEAD_S
   seconds ahead of the real one; and it can be set unless CLOCK_FIXED is there. The kernel has one wall clock
   for all, and a test must not touch that. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

static time_t ahead;

int clock_gettime(clockid_t id, struct timespec *now)
{
    const char *told = getenv("CLOCK_AHEAD_S");
    int done = syscall(SYS_clock_gettime, id == CLOCK_REALTIME && !told ? CLOCK_BOOTTIME : id, now);
    if (id == CLOCK_REALTIME)
        now->tv_sec += ahead + (told ? atoll(told) : 0);
    return done;
}

int clock_settime(clockid_t id, const struct timespec *to)
{
    struct timespec now;
    (void)id;
    if (getenv("CLOCK_FIXED")) {
        errno = EPERM;
        return -1;
    }
    clock_gettime(CLOCK_REALTIME, &now);
    ahead += to->tv_sec - now.tv_sec;
    return 0;
}

time_t time(time_t *kept)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (kept)
        *kept = now.tv_sec;
    return now.tv_sec;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}
