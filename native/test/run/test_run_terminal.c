/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * A terminal program under the supervisor: the test is the shell of a session on a pseudo terminal and does with its
 * job what shells do. What a key does to COMMAND, and how often, is as without us.
 */
#include "run_driver.h"

#include <pty.h>
#include <sys/ioctl.h>
#include <termios.h>

#define ROUNDS (20)
#define REPORT_FD (8)

static const char *run_path;
static const char *helper_path;

/* The test's side of one session. */
typedef struct session_stct
{
    pid_t shell;
    int master;
    int ack_fd;
    int report_fd;   /* the shell writes what waitpid told about its job, and the job's pid first */
    int order_fd;    /* a byte: the shell puts its job into the foreground again */
    pid_t job;
}
session_t;

/*
 * Job control as a shell does it: own group, foreground, waitpid with WUNTRACED, then report.
 */
static void shell(int report_fd, int order_fd, char **command)
{
    char order;

    signal(SIGTTOU, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    const pid_t job = fork();
    if (0 == job)
    {
        setpgid(0, 0);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        close(report_fd);
        close(order_fd);
        execv(command[0], command);
        _exit(127);
    }
    setpgid(job, job);
    tcsetpgrp(0, job);
    int told = (int)job;
    for (;;)
    {
        int status = 0;
        if (write(report_fd, &told, sizeof(told)) != (ssize_t)sizeof(told) || waitpid(job, &status, WUNTRACED) != job)
        {
            _exit(1);
        }
        told = status;
        if (!WIFSTOPPED(status))
        {
            tcsetpgrp(0, getpid());
            _exit(write(report_fd, &told, sizeof(told)) != (ssize_t)sizeof(told));
        }
        tcsetpgrp(0, getpid());
        if (write(report_fd, &told, sizeof(told)) != (ssize_t)sizeof(told) || 1 != read(order_fd, &order, 1))
        {
            _exit(1);
        }
        told = 0;
        tcsetpgrp(0, job);
        kill(-job, SIGCONT);
    }
}

static int report(const session_t *session)
{
    int told = -1;
    struct pollfd wait_for = { session->report_fd, POLLIN, 0 };
    if (1 != poll(&wait_for, 1, DEADLINE_MS) || (ssize_t)sizeof(told) != read(session->report_fd, &told, sizeof(told)))
    {
        CHECK(false, "the shell reported nothing");
        return -1;
    }
    return told;
}

static session_t open_session(char **command)
{
    session_t session;
    int ack[2];
    int reports[2];
    int orders[2];
    struct winsize size = { 24, 80, 0, 0 };

    if (0 != pipe(ack) || 0 != pipe(reports) || 0 != pipe(orders))
    {
        exit(1);
    }
    session.shell = forkpty(&session.master, NULL, NULL, &size);
    if (session.shell < 0)
    {
        exit(77);
    }
    if (0 == session.shell)
    {
        const int ack_copy = fcntl(ack[1], F_DUPFD, 20);
        const int report_copy = fcntl(reports[1], F_DUPFD, 20);
        const int order_copy = fcntl(orders[0], F_DUPFD, 20);
        for (int i = 3; i < 20; i++)
        {
            close(i);
        }
        dup2(ack_copy, ACK_FD);
        close(ack_copy);
        shell(report_copy, order_copy, command);
    }
    close(ack[1]);
    close(reports[1]);
    close(orders[0]);
    session.ack_fd = ack[0];
    session.report_fd = reports[0];
    session.order_fd = orders[1];
    session.job = report(&session);
    return session;
}

/* Ends the session; returns the status of the job. */
static int close_session(session_t *session)
{
    int status = -1;
    const int told = report(session);
    CHECK(session->shell == await_change(session->shell, &status, 0), "the shell did not end");
    close(session->master);
    close(session->ack_fd);
    close(session->report_fd);
    close(session->order_fd);
    return told;
}

static session_t open_counting(const char *detail)
{
    static char options[][16] = { "--quiet", "--", "count" };
    char *command[] = {
        (char *)run_path, options[0], options[1], (char *)helper_path, options[2], (char *)detail, NULL
    };
    session_t session = open_session(command);
    CHECK(0 == next_ack(session.ack_fd, NULL), "the helper did not start");
    return session;
}

static void press(const session_t *session, char key)
{
    if (1 != write(session->master, &key, 1))
    {
        CHECK(false, "cannot press a key");
    }
}

static void should_deliver_a_key_once(char key, int number)
{
    session_t session = open_counting("");
    int total = 0;

    for (int round = 0; round < ROUNDS; round++)
    {
        press(&session, key);
        CHECK(number == next_ack(session.ack_fd, NULL), "key %d did not bring signal %d", key, number);
        total += 1 + acks_until_marker(session.ack_fd, session.job, number);
    }
    CHECK(ROUNDS == total, "signal %d came %d times for %d keys", number, total, ROUNDS);
    kill(session.job, FINISH);
    const int status = close_session(&session);
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %x", (unsigned)status);
}

static void should_deliver_a_new_window_size_once(void)
{
    session_t session = open_counting("");
    int total = 0;

    for (int round = 0; round < ROUNDS; round++)
    {
        const struct winsize size = { (unsigned short)(25 + round), 90, 0, 0 };
        ioctl(session.master, TIOCSWINSZ, &size);
        CHECK(SIGWINCH == next_ack(session.ack_fd, NULL), "no SIGWINCH");
        total += 1 + acks_until_marker(session.ack_fd, session.job, SIGWINCH);
    }
    CHECK(ROUNDS == total, "SIGWINCH came %d times for %d changes", total, ROUNDS);
    kill(session.job, FINISH);
    (void)close_session(&session);
}

static void should_stop_by_key_and_come_back(void)
{
    session_t session = open_counting("tstp");

    for (int round = 0; round < 3; round++)
    {
        press(&session, 26);
        const int stopped = report(&session);
        CHECK(WIFSTOPPED(stopped) && SIGTSTP == WSTOPSIG(stopped),
            "status %x, expected stopped by SIGTSTP", (unsigned)stopped);
        CHECK(1 == write(session.order_fd, "f", 1), "cannot order");
        CHECK(0 == report(&session), "the shell did not continue its job");
        CHECK(SIGCONT == next_ack(session.ack_fd, NULL), "no SIGCONT");
        CHECK(0 == acks_until_marker(session.ack_fd, session.job, SIGCONT), "SIGCONT came twice");
    }
    kill(session.job, FINISH);
    const int status = close_session(&session);
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %x", (unsigned)status);
}

static void should_keep_the_terminal(void)
{
    char *command[] = { (char *)run_path, (char *)"--quiet", (char *)helper_path, (char *)"terminal", NULL };
    static const char *const expected = "tty 111 size 24x80 foreground 1";
    char output[512] = "";
    size_t length = 0;
    session_t session = open_session(command);
    const int status = close_session(&(session_t){ session.shell, dup(session.master), dup(session.ack_fd),
        session.report_fd, session.order_fd, session.job });

    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %x", (unsigned)status);
    while (length < sizeof(output) - 1)
    {
        const ssize_t count = read(session.master, output + length, sizeof(output) - 1 - length);
        if (count <= 0)
        {
            break;
        }
        length += (size_t)count;
    }
    CHECK(NULL != strstr(output, expected), "terminal: expected \"%s\", found \"%s\"", expected, output);
    close(session.master);
    close(session.ack_fd);
}

static void should_end_by_key_as_without_us(void)
{
    static char script[] = "echo up; exec sleep 60";
    char *command[] = { (char *)run_path, (char *)"--quiet", (char *)"sh", (char *)"-c", script, NULL };
    char output[256] = "";
    session_t session = open_session(command);

    for (size_t length = 0; NULL == strstr(output, "up") && length < sizeof(output) - 1;)
    {
        const ssize_t count = read(session.master, output + length, sizeof(output) - 1 - length);
        if (count <= 0)
        {
            break;
        }
        length += (size_t)count;
    }
    press(&session, 3);
    const int status = close_session(&session);
    CHECK(WIFEXITED(status) && 128 + SIGINT == WEXITSTATUS(status),
        "status %x, expected exit code 130", (unsigned)status);
}

int main(int argc, char **argv)
{
    if (3 != argc)
    {
        return 2;
    }
    run_path = argv[1];
    helper_path = argv[2];
    should_keep_the_terminal();
    should_deliver_a_key_once(3, SIGINT);
    should_deliver_a_key_once(28, SIGQUIT);
    should_deliver_a_new_window_size_once();
    should_stop_by_key_and_come_back();
    should_end_by_key_as_without_us();
    return failures > 0;
}
