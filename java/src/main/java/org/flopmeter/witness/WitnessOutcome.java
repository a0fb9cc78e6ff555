/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.witness;

import org.flopmeter.sign.Note;

/**
 * What a contact with a witness came to.
 *
 * @param text      for people, one line.
 * @param cosigned  the checkpoint with the witness's cosignature; null when it gave none.
 * @param evidence  what the witness has cosigned, signed by the ledger's own key; null when it showed nothing such.
 * @param forkProof {@link org.flopmeter.ledger.ForkProof}'s text; null when none could be made.
 */
public record WitnessOutcome(Kind kind, String text, Note cosigned, Note evidence, String forkProof)
{
    /** Kinds of outcomes. */
    public enum Kind
    {
        COSIGNED(false),

        /** It has seen more of this ledger than there is here. */
        ROLLED_BACK(true),

        /** It has seen another history of this ledger. */
        FORKED(true),

        /** It has cosigned more than it says it has: the witness was set back. */
        FORGOTTEN(true),

        /** It does not know this ledger or its key, or does not keep to the protocol. */
        REFUSED(false);

        private final boolean isAlarm;

        Kind(final boolean isAlarm)
        {
            this.isAlarm = isAlarm;
        }

        /** Something is wrong with the ledger or the witness that no repetition makes right. */
        public boolean isAlarm()
        {
            return isAlarm;
        }
    }

    static WitnessOutcome of(final Kind kind, final String text)
    {
        return new WitnessOutcome(kind, text, null, null, null);
    }
}
