/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.List;

/** What Jazzer runs on what ledgers, witnesses and their proofs are read from; the first byte says which reader. */
public final class LedgerFuzz
{
    /** With this property the reader of checkpoints is compared with one that has a mistake. */
    static final String PLANTED = "flopmeter.fuzz.planted";
    /** One of entry, checkpoint, note, proof: that reader alone. */
    static final String ONLY = "flopmeter.fuzz.only";

    private static final boolean IS_PLANTED = Boolean.getBoolean(PLANTED);
    static final List<String> READERS = List.of("entry", "checkpoint", "note", "proof");

    private static final int READER = READERS.indexOf(System.getProperty(ONLY, ""));

    private LedgerFuzz()
    {
    }

    /** Called by Jazzer. */
    public static void fuzzerTestOneInput(final byte[] bytes)
    {
        final FuzzInput input = new FuzzInput(bytes);
        final int first = input.next() & 3;
        switch (READER < 0 ? first : READER)
        {
            case 0:
                BlockFuzz.test(input);
                break;
            case 1:
                TextFuzz.checkpoint(input, IS_PLANTED);
                break;
            case 2:
                TextFuzz.note(input);
                break;
            default:
                TextFuzz.proof(input);
                break;
        }
    }
}
