/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.command;

/** Exit codes of CONTRACT.md: what scripts go by. */
public final class ExitCode
{
    public static final int DONE = 0;
    /** The question was answered, and the answer is no: damage, a rule broken, an expectation not met. */
    public static final int ANSWER_IS_NO = 1;
    public static final int USAGE = 2;
    /** Something that this machine lacks. */
    public static final int ENVIRONMENT = 3;

    private ExitCode()
    {
    }
}
