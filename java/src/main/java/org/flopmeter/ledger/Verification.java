/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.List;

/**
 * What a pass over a ledger found.
 *
 * @param findings   everything that is damaged, missing, altered or against the rules; empty = nothing.
 * @param notes      what is no damage and yet worth a line.
 * @param blocks     how many blocks there are.
 * @param sequence   number of the last entry.
 * @param proved     how many blocks the newest checkpoint that fits covers; of the outside key where one was given.
 * @param root       of the tree over all blocks; null when it can't be had.
 * @param isOrigin   an outside key signed a checkpoint that fits.
 * @param outsideSize size of the outside checkpoint that fits, or -1.
 */
public record Verification(
    LedgerState state,
    List<Finding> findings,
    List<String> notes,
    long blocks,
    long sequence,
    long proved,
    byte[] root,
    boolean isOrigin,
    long outsideSize)
{
    /**
     * @param kind   damaged, torn, missing, misplaced, altered, rule, header, checkpoint or origin.
     * @param file   "" when it is of no single file.
     * @param offset of the range in the file, or -1.
     * @param seq    number of the first entry concerned, or -1.
     */
    public record Finding(String kind, String file, long offset, long length, long seq, String detail)
    {
    }

    public boolean isOk()
    {
        return findings.isEmpty();
    }
}
