/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.SortedSet;
import java.util.TreeSet;

/** Reasons collected for a determination: sorted, each once. */
final class Reasons
{
    private final SortedSet<String> codes = new TreeSet<>(CodePoints.ORDER);

    Reasons add(final Reason reason)
    {
        codes.add(reason.name());
        return this;
    }

    Reasons add(final Reason reason, final String subject)
    {
        codes.add(reason + ":" + subject);
        return this;
    }

    Reasons addIf(final boolean applies, final Reason reason)
    {
        return applies ? add(reason) : this;
    }

    /** One reason for YES, another for UNDETERMINED, none for NO. */
    Reasons addBy(final Truth truth, final Reason yes, final Reason undetermined)
    {
        return addIf(Truth.YES == truth, yes).addIf(truth.isUndetermined(), undetermined);
    }

    boolean isEmpty()
    {
        return codes.isEmpty();
    }

    SortedSet<String> codes()
    {
        return codes;
    }
}
