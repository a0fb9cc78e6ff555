/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * The metered program of the supervisor's tests: does one thing that its first argument names, and says what it saw.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

/* Acknowledgements go here: one byte, the number of the signal. */
#define ACK_FD (9)

static void acknowledge(int number, siginfo_t *info, void *context)
{
    const int saved = errno;
    const unsigned char bytes[2] = {
        (unsigned char)number, SI_QUEUE == info->si_code ? (unsigned char)info->si_value.sival_int : 0
    };
    (void)context;
    if (SIGRTMIN + 6 == number)
    {
        _exit(0);
    }
    if (write(ACK_FD, bytes, sizeof(bytes)) != (ssize_t)sizeof(bytes))
    {
        _exit(99);
    }
    errno = saved;
}

/* Acknowledge every signal for ever; SIGRTMIN + 6 ends it. "tstp": SIGTSTP keeps its default. */
static int count(int argc, char **argv)
{
    struct sigaction action;
    const unsigned char ready[2] = { 0, 0 };

    memset(&action, 0, sizeof(action));
    action.sa_sigaction = acknowledge;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigfillset(&action.sa_mask);
    for (int i = 1; i < NSIG; i++)
    {
        const int is_stop = SIGTSTP == i || SIGTTIN == i || SIGTTOU == i;
        if (SIGCHLD != i && !(is_stop && argc > 2 && 0 == strcmp(argv[2], "tstp")))
        {
            sigaction(i, &action, NULL);
        }
    }
    if (write(ACK_FD, ready, sizeof(ready)) != (ssize_t)sizeof(ready))
    {
        return 99;
    }
    for (;;)
    {
        pause();
    }
}

static void burn(long milliseconds)
{
    struct timespec now;
    do
    {
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    }
    while (now.tv_sec * 1000 + now.tv_nsec / 1000000 < milliseconds);
}

/* COUNT children, one after the other, that burn MILLISECONDS each and that nobody waits for. */
static int forget(long count, long milliseconds)
{
    struct sigaction action;

    memset(&action, 0, sizeof(action));
    action.sa_handler = SIG_DFL;
    action.sa_flags = SA_NOCLDWAIT;
    sigaction(SIGCHLD, &action, NULL);
    for (long i = 0; i < count; i++)
    {
        const pid_t pid = fork();
        if (0 == pid)
        {
            burn(milliseconds);
            _exit(0);
        }
        /* Returns with ECHILD when it has ended. */
        while (pid > 0 && (waitpid(pid, NULL, 0) >= 0 || EINTR == errno))
        {
        }
    }
    return 0;
}

/* What a program inherits: signals, umask, nice value, limits, process group of its parent. */
static int state(void)
{
    char line[256];
    struct rlimit limit;
    const mode_t mask = umask(0);
    FILE *const file = fopen("/proc/self/status", "re");

    umask(mask);
    while (NULL != file && NULL != fgets(line, sizeof(line), file))
    {
        if (0 == strncmp(line, "SigBlk", 6) || 0 == strncmp(line, "SigIgn", 6) || 0 == strncmp(line, "SigCgt", 6))
        {
            fputs(line, stdout);
        }
    }
    if (NULL != file)
    {
        fclose(file);
    }
    getrlimit(RLIMIT_NOFILE, &limit);
    errno = 0;
    printf("umask %03o nice %d nofile %llu pgid %s\n", (unsigned)mask, getpriority(PRIO_PROCESS, 0),
        (unsigned long long)limit.rlim_cur, getpgrp() == getpgid(getppid()) ? "shared" : "own");
    return 0;
}

static int terminal(void)
{
    struct winsize size = { 0, 0, 0, 0 };
    ioctl(0, TIOCGWINSZ, &size);
    printf("tty %d%d%d size %dx%d foreground %d\n", isatty(0), isatty(1), isatty(2), size.ws_row, size.ws_col,
        tcgetpgrp(0) == getpgrp());
    return 0;
}

/* A daemon in the old way: fork, setsid, fork; it burns CPU, says so in FILE and waits to be killed. */
static int daemonise(const char *path)
{
    if (0 != fork())
    {
        wait(NULL);
        return 0;
    }
    setsid();
    if (0 != fork())
    {
        _exit(0);
    }
    burn(200);
    char temporary[512];
    snprintf(temporary, sizeof(temporary), "%s.tmp", path);
    FILE *const file = fopen(temporary, "we");
    if (NULL == file)
    {
        _exit(1);
    }
    fprintf(file, "%d\n", (int)getpid());
    fclose(file);
    rename(temporary, path);
    close(0);
    close(1);
    close(2);
    for (;;)
    {
        pause();
    }
}

/*
 * N children, one after the other, each burning M ms of CPU; "orphan": grandchildren without a parent. All have ended
 * at return: they hold the writing end of a pipe.
 */
static int spawn(long children, long milliseconds, int orphan)
{
    int alive[2];
    char unused;

    if (0 != pipe(alive))
    {
        return 1;
    }
    for (long i = 0; i < children; i++)
    {
        const pid_t pid = fork();
        if (0 == pid)
        {
            if (orphan && 0 != fork())
            {
                _exit(0);
            }
            burn(milliseconds);
            _exit(0);
        }
        waitpid(pid, NULL, 0);
    }
    close(alive[1]);
    return 0 != read(alive[0], &unused, 1);
}

/* Wait until FILE is gone: the test decides how long the program runs. */
static int await_removal(const char *path)
{
    const struct timespec pause = { 0, 2000000 };
    while (0 == access(path, F_OK))
    {
        nanosleep(&pause, NULL);
    }
    return 0;
}

int main(int argc, char **argv)
{
    const char *const mode = argc > 1 ? argv[1] : "";

    if (0 == strcmp(mode, "count"))
    {
        return count(argc, argv);
    }
    if (0 == strcmp(mode, "state"))
    {
        return state();
    }
    if (0 == strcmp(mode, "terminal"))
    {
        return terminal();
    }
    if (0 == strcmp(mode, "burn") && 3 == argc)
    {
        burn(atol(argv[2]));
        return 0;
    }
    if (0 == strcmp(mode, "forget") && 4 == argc)
    {
        return forget(atol(argv[2]), atol(argv[3]));
    }
    if (0 == strcmp(mode, "daemonise") && 3 == argc)
    {
        return daemonise(argv[2]);
    }
    if (0 == strcmp(mode, "spawn") && 5 == argc)
    {
        return spawn(atol(argv[2]), atol(argv[3]), 0 == strcmp(argv[4], "orphan"));
    }
    if (0 == strcmp(mode, "ignore") && 4 == argc)
    {
        signal(SIGCHLD, SIG_IGN);
        return open(argv[3], O_WRONLY | O_CREAT | O_CLOEXEC, 0600) < 0 ? 1 : await_removal(argv[2]);
    }
    if (0 == strcmp(mode, "exec-ignoring-sigchld") && argc > 2)
    {
        signal(SIGCHLD, SIG_IGN);
        execv(argv[2], argv + 2);
        return 97;
    }
    if (0 == strcmp(mode, "await") && 3 == argc)
    {
        return await_removal(argv[2]);
    }
    if (0 == strcmp(mode, "hold") && 4 == argc)
    {
        return open(argv[2], O_RDONLY) < 0 ? 1 : await_removal(argv[3]);
    }
    if (0 == strcmp(mode, "touch") && 3 == argc)
    {
        return open(argv[2], O_RDONLY) < 0;
    }
    if (0 == strcmp(mode, "parent"))
    {
        return kill(getppid(), SIGUSR1);
    }
    fprintf(stderr, "run_helper: unknown mode %s\n", mode);
    return 98;
}
