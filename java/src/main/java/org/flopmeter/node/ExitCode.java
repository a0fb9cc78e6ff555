/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

/** Exit codes of CONTRACT.md: what scripts go by. */
final class ExitCode
{
    static final int DONE = 0;
    /** The question was answered, and the answer is no: damage, a rule broken, an expectation not met. */
    static final int ANSWER_IS_NO = 1;
    static final int USAGE = 2;
    /** Something that this machine lacks. */
    static final int ENVIRONMENT = 3;

    private ExitCode()
    {
    }
}
