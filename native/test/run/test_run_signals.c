/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

/*
 * Each signal reaches COMMAND exactly as often as it would without the supervisor between: sent to the supervisor, to
 * the group, by COMMAND itself, with a value; stops and continues too.
 */
#include "run_driver.h"

#include <sys/prctl.h>

#define ROUNDS (25)

static const char *run_path;
static const char *helper_path;

static pid_t start(const char *mode, const char *detail, int *ack_fd)
{
    int pipe_fds[2] = { -1, -1 };
    if (0 != pipe(pipe_fds))
    {
        exit(1);
    }
    const pid_t pid = fork();
    if (0 == pid)
    {
        setpgid(0, 0);
        dup2(pipe_fds[1], ACK_FD);
        close(pipe_fds[0]);
        if (ACK_FD != pipe_fds[1])
        {
            close(pipe_fds[1]);
        }
        execl(run_path, run_path, "--quiet", "--dir", getenv("TEST_STATE"), "--", helper_path, mode, detail,
            (char *)NULL);
        _exit(127);
    }
    setpgid(pid, pid);
    close(pipe_fds[1]);
    *ack_fd = pipe_fds[0];
    return pid;
}

static pid_t start_counting(const char *detail, int *ack_fd)
{
    const pid_t pid = start("count", detail, ack_fd);
    CHECK(0 == next_ack(*ack_fd, NULL), "the helper did not start");
    return pid;
}

static void finish(pid_t supervisor, int ack_fd)
{
    int status = -1;
    kill(supervisor, FINISH);
    CHECK(supervisor == await_change(supervisor, &status, 0), "the supervisor did not end");
    CHECK(WIFEXITED(status) && 0 == WEXITSTATUS(status), "status %x, expected exit code 0", (unsigned)status);
    close(ack_fd);
}

static void should_deliver_once_when_sent_to_the_supervisor(void)
{
    static const int numbers[] = {
        SIGHUP, SIGINT, SIGQUIT, SIGUSR1, SIGUSR2, SIGTERM, SIGALRM, SIGWINCH, SIGPIPE, SIGCONT, SIGURG, SIGXCPU,
        SIGTSTP
    };
    int ack_fd;
    const pid_t pid = start_counting("", &ack_fd);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
    {
        kill(pid, numbers[i]);
        const int got = acks_until_marker(ack_fd, pid, numbers[i]);
        CHECK(1 == got, "signal %d to the supervisor came %d times, expected once", numbers[i], got);
    }
    finish(pid, ack_fd);
}

static void should_deliver_once_when_sent_to_the_group(void)
{
    static const int numbers[] = { SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGCONT };
    int ack_fd;
    const pid_t pid = start_counting("", &ack_fd);

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++)
    {
        int total = 0;
        for (int round = 0; round < ROUNDS; round++)
        {
            kill(-pid, numbers[i]);
            total += acks_until_marker(ack_fd, pid, numbers[i]);
        }
        CHECK(ROUNDS == total, "signal %d to the group came %d times, expected %d", numbers[i], total, ROUNDS);
    }
    finish(pid, ack_fd);
}

static void should_pass_the_value_of_a_queued_signal(void)
{
    union sigval value;
    int ack_fd;
    int got = 0;
    const pid_t pid = start_counting("", &ack_fd);

    memset(&value, 0, sizeof(value));
    value.sival_int = 42;
    sigqueue(pid, SIGUSR1, value);
    const int number = next_ack(ack_fd, &got);
    CHECK(SIGUSR1 == number && 42 == got, "signal %d value %d, expected SIGUSR1 with 42", number, got);
    finish(pid, ack_fd);
}

static void should_stop_and_continue_with_the_command(void)
{
    int status = 0;
    int ack_fd;
    const pid_t pid = start_counting("tstp", &ack_fd);

    kill(-pid, SIGTSTP);
    CHECK(pid == await_change(pid, &status, WUNTRACED) && WIFSTOPPED(status) && SIGTSTP == WSTOPSIG(status),
        "status %x, expected stopped by SIGTSTP", (unsigned)status);
    kill(-pid, SIGCONT);
    CHECK(pid == await_change(pid, &status, WCONTINUED) && WIFCONTINUED(status), "not continued");
    CHECK(1 == acks_until_marker(ack_fd, pid, SIGCONT), "SIGCONT to the group, expected once");

    kill(pid, SIGTSTP);
    CHECK(pid == await_change(pid, &status, WUNTRACED) && WIFSTOPPED(status),
        "status %x, expected stopped", (unsigned)status);
    kill(pid, SIGCONT);
    CHECK(1 == acks_until_marker(ack_fd, pid, SIGCONT), "SIGCONT to the supervisor, expected once");
    finish(pid, ack_fd);
}

static pid_t child_of(pid_t pid)
{
    char path[64];
    int child = -1;
    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    FILE *const file = fopen(path, "re");
    if (NULL != file)
    {
        /* In order of their start: the sentinel, COMMAND. */
        while (1 == fscanf(file, "%d", &child))
        {
        }
        fclose(file);
    }
    return child;
}

static void should_wake_up_when_the_command_is_continued_by_its_pid(void)
{
    int status = 0;
    int ack_fd;
    const pid_t pid = start_counting("", &ack_fd);
    const pid_t child = child_of(pid);

    kill(child, SIGSTOP);
    CHECK(pid == await_change(pid, &status, WUNTRACED) && WIFSTOPPED(status), "the supervisor did not stop");
    kill(child, SIGCONT);
    CHECK(SIGCONT == next_ack(ack_fd, NULL), "COMMAND was not continued");
    CHECK(pid == await_change(pid, &status, WCONTINUED) && WIFCONTINUED(status), "the supervisor stayed stopped");
    CHECK(0 == acks_until_marker(ack_fd, pid, SIGCONT), "SIGCONT came again");
    finish(pid, ack_fd);
}

static void should_leave_the_command_alive_when_killed(void)
{
    int status = 0;
    int ack_fd;
    const pid_t pid = start_counting("", &ack_fd);
    const pid_t child = child_of(pid);

    kill(pid, SIGKILL);
    CHECK(pid == await_change(pid, &status, 0), "the supervisor survived SIGKILL");
    kill(child, SIGUSR1);
    CHECK(SIGUSR1 == next_ack(ack_fd, NULL), "COMMAND died with the supervisor");
    kill(child, FINISH);
    close(ack_fd);
}

static volatile sig_atomic_t parent_signals;

static void on_parent_signal(int number)
{
    (void)number;
    parent_signals++;
}

static void should_hand_on_what_the_command_sends_to_its_parent(void)
{
    int status = 0;
    int ack_fd;

    signal(SIGUSR1, on_parent_signal);
    const pid_t pid = start("parent", "", &ack_fd);
    CHECK(pid == await_change(pid, &status, 0) && WIFEXITED(status) && 0 == WEXITSTATUS(status),
        "status %x: COMMAND got its own signal back", (unsigned)status);
    CHECK(1 == parent_signals, "the parent got %d signals, expected 1", (int)parent_signals);
    signal(SIGUSR1, SIG_DFL);
    close(ack_fd);
}

static void should_deliver_an_alarm_set_before_exec(void)
{
    int status = 0;
    const pid_t pid = fork();
    if (0 == pid)
    {
        alarm(1);
        execl(run_path, run_path, "--quiet", "--dir", getenv("TEST_STATE"), "sleep", "30", (char *)NULL);
        _exit(127);
    }
    CHECK(pid == await_change(pid, &status, 0) && WIFEXITED(status) && 128 + SIGALRM == WEXITSTATUS(status),
        "status %x, expected exit code %d", (unsigned)status, 128 + SIGALRM);
}

int main(int argc, char **argv)
{
    if (3 != argc)
    {
        return 2;
    }
    run_path = argv[1];
    helper_path = argv[2];
    should_deliver_once_when_sent_to_the_supervisor();
    should_deliver_once_when_sent_to_the_group();
    should_pass_the_value_of_a_queued_signal();
    should_stop_and_continue_with_the_command();
    should_wake_up_when_the_command_is_continued_by_its_pid();
    should_leave_the_command_alive_when_killed();
    should_hand_on_what_the_command_sends_to_its_parent();
    should_deliver_an_alarm_set_before_exec();
    return failures > 0;
}
