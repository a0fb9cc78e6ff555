/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node;

import java.io.PrintStream;
import java.nio.file.Path;
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

    /** A document, into the file that was named or, without one, to `out`. */
    final void give(final Path file, final String document)
    {
        if (null == file)
        {
            out.print(document);
            out.flush();
        }
        else
        {
            DocumentFiles.write(file, document);
        }
    }

    final PrintStream err()
    {
        return err;
    }
}
