/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.util.function.Supplier;
import org.flopmeter.ledger.EpochWriter.Ref;

/**
 * An entry that refers to others, whose numbers are known only when it is sealed.
 *
 * @param owner        null = of the whole ledger.
 * @param isDefinition others refer to it, or it is the beginning.
 */
record Draft(Ref ref, EpochWriter owner, boolean isDefinition, Supplier<LedgerEntry> entry)
{
    static Draft of(final EpochWriter owner, final boolean isDefinition, final Supplier<LedgerEntry> entry)
    {
        return new Draft(new Ref(), owner, isDefinition, entry);
    }
}
