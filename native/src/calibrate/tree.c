/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */

#include "tree.h"

#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

typedef struct order_stct
{
    size_t kernel;
    uint64_t iterations;
}
order_t;

static bool wait_for(pid_t pid)
{
    int status = 0;
    while (waitpid(pid, &status, 0) < 0)
    {
        if (EINTR != errno)
        {
            return false;
        }
    }
    return WIFEXITED(status) && 0 == WEXITSTATUS(status);
}

static bool run_in_child(const order_t *order)
{
    const pid_t pid = fork();
    if (0 == pid)
    {
        flopmeter_cpu_kernel_run(&flopmeter_cpu_kernels[order->kernel], order->iterations);
        _exit(0);
    }
    return 0 < pid && wait_for(pid);
}

static ssize_t receive(int socket, void *bytes, size_t length)
{
    ssize_t count = 0;
    do
    {
        count = recv(socket, bytes, length, 0);
    }
    while (count < 0 && EINTR == errno);
    return count;
}

/* Until the other end is closed, as it is when this program's other half has died. */
static void serve(int socket)
{
    order_t order;
    while ((ssize_t)sizeof(order) == receive(socket, &order, sizeof(order)))
    {
        const char done = order.kernel < flopmeter_cpu_kernels_count && run_in_child(&order) ? 1 : 0;
        if (1 != send(socket, &done, 1, MSG_NOSIGNAL))
        {
            break;
        }
    }
}

bool flopmeter_tree_open(flopmeter_tree_t *tree)
{
    int ends[2];
    *tree = (flopmeter_tree_t){ -1, -1 };
    if (0 != socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends))
    {
        return false;
    }
    tree->pid = fork();
    if (0 == tree->pid)
    {
        close(ends[0]);
        serve(ends[1]);
        _exit(0);
    }
    close(ends[1]);
    tree->socket = ends[0];
    if (tree->pid < 0)
    {
        flopmeter_tree_close(tree);
        return false;
    }
    return true;
}

bool flopmeter_tree_run(const flopmeter_tree_t *tree, const flopmeter_cpu_kernel_t *kernel, uint64_t iterations)
{
    const order_t order = { (size_t)(kernel - flopmeter_cpu_kernels), iterations };
    char done = 0;
    return (ssize_t)sizeof(order) == send(tree->socket, &order, sizeof(order), MSG_NOSIGNAL) &&
        1 == receive(tree->socket, &done, 1) && 1 == done;
}

void flopmeter_tree_close(flopmeter_tree_t *tree)
{
    if (0 <= tree->socket)
    {
        close(tree->socket);
    }
    if (0 < tree->pid)
    {
        (void)wait_for(tree->pid);
    }
    *tree = (flopmeter_tree_t){ -1, -1 };
}
