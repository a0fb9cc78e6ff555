/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.command;

import java.io.PrintStream;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.flopmeter.node.io.DocumentFiles;

/** A command that writes its document to `out` and words to `err`. */
public abstract class StreamCommand implements Callable<Integer>
{
    private PrintStream out = System.out;
    private PrintStream err = System.err;

    public void streams(final PrintStream outStream, final PrintStream errStream)
    {
        out = outStream;
        err = errStream;
    }

    protected final PrintStream out()
    {
        return out;
    }

    /** A document, into the file that was named or, without one, to `out`. */
    protected final void give(final Path file, final String document)
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

    protected final PrintStream err()
    {
        return err;
    }
}
