/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sampler;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Whether a source of counters can count here, as its native side says.
 *
 * @param remedy "" where there is nothing to do.
 */
public record CounterProbe(State state, String detail, String remedy)
{
    private static final int ANSWER_LENGTH = 1024;

    /** In the order of flopmeter_counter_state_t. */
    public enum State
    {
        AVAILABLE, ABSENT, NO_PERMISSION, TAKEN, WRONG_DRIVER, FAILED
    }

    /** The CPU's counters. Tries them, and opens nothing that stays open. */
    public static CounterProbe perf(final Path root)
    {
        final byte[] answer = new byte[ANSWER_LENGTH];
        final int code;
        try
        {
            code = ControlLibrary.flopmeter_control_probe_perf(root.toString(), answer, answer.length);
        }
        catch (final UnsatisfiedLinkError | NoClassDefFoundError e)
        {
            return new CounterProbe(State.FAILED, String.valueOf(e.getMessage()), "run: flopmeter setup");
        }
        return of(code, answer);
    }

    static CounterProbe of(final int code, final byte[] answer)
    {
        int length = 0;
        while (length < answer.length && 0 != answer[length])
        {
            length++;
        }
        final String[] lines = new String(answer, 0, length, StandardCharsets.UTF_8).split("\n", 2);
        final State[] states = State.values();
        return new CounterProbe(
            0 <= code && code < states.length ? states[code] : State.FAILED, lines[0],
            2 == lines.length ? lines[1] : "");
    }
}
