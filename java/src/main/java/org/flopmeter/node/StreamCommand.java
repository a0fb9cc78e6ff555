/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.PrintStream;
import java.util.concurrent.Callable;

/** A command that writes its document to `out` and words to `err`. */
abstract class StreamCommand implements Callable<Integer>
{
    private PrintStream out = System.out;
    private PrintStream err = System.err;

    void streams(final PrintStream outStream, final PrintStream errStream)
    {
        out = outStream;
        err = errStream;
    }

    final PrintStream out()
    {
        return out;
    }

    final PrintStream err()
    {
        return err;
    }
}
