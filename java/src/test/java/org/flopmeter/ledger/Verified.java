/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.io.IOException;
import java.nio.file.Path;

/** What a stranger finds in the ledger of a state directory. */
public final class Verified
{
    private Verified()
    {
    }

    public static Verification of(final Path state) throws IOException
    {
        return LedgerHome.read(
            state.resolve(LedgerHome.DIRECTORY), disk -> new Verifier(disk).verify(null, null));
    }
}
