/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.flopmeter.ledger.LedgerEntry.Genesis;
import org.flopmeter.ledger.LedgerEntry.Signer;
import org.flopmeter.sign.NoteSigner;
import org.flopmeter.sign.SignatureAlgorithm;
import org.flopmeter.sign.SigningKey;
import org.junit.jupiter.api.Test;

class LedgerStateTest
{
    private static final Id LEDGER = new Id(1, 2);

    private final NoteSigner first = newSigner();
    private final NoteSigner second = newSigner();
    private final LedgerState state = new LedgerState();

    private static NoteSigner newSigner()
    {
        return new NoteSigner(LedgerWriter.origin(LEDGER), SigningKey.generate(SignatureAlgorithm.ED25519));
    }

    private static Signer entry(final NoteSigner signer, final int reason, final byte[] signature)
    {
        return new Signer(Signer.ED25519, reason, 1, signer.name(), signer.noteKey().key().raw(), signature);
    }

    private void begin()
    {
        state.apply(new Genesis(LEDGER, 1, "test"), 1, 0);
        state.apply(entry(first, Signer.FIRST, new byte[0]), 2, 0);
    }

    private byte[] handOver(final NoteSigner by)
    {
        final String text = state.rotationText(entry(second, Signer.ROTATED, new byte[0]));
        return by.key().sign(text.getBytes(StandardCharsets.UTF_8));
    }

    private void refuse(final String message, final Signer signer)
    {
        final LedgerException refused = assertThrows(LedgerException.class, () -> state.apply(signer, 3, 1));
        assertTrue(refused.getMessage().contains(message), refused.getMessage());
    }

    @Test
    void shouldHandOverToAKeyThatTheOneBeforeSigned()
    {
        begin();
        state.apply(entry(second, Signer.ROTATED, handOver(first)), 3, 1);

        assertEquals(1, state.signers().get(0).revokedAtBlock);
        assertTrue(state.signers().get(1).isKey(second.noteKey()));
    }

    /** Each differs in one thing from what is accepted in the end, which shows that nothing has changed before. */
    @Test
    void shouldRefuseAChangeThatTheKeyBeforeDidNotSign()
    {
        begin();
        refuse("did not sign", entry(second, Signer.ROTATED, handOver(second)));
        refuse("did not sign", entry(second, Signer.REVOKED, handOver(first)));
        refuse("for no reason", entry(second, Signer.REVOKED + 1, handOver(first)));
        refuse("for no reason", entry(second, 0, handOver(first)));
        refuse("of algorithm 2", new Signer(2, Signer.ROTATED, 1, second.name(), second.noteKey().key().raw(),
            handOver(first)));
        refuse("second first signer", entry(second, Signer.FIRST, new byte[0]));
        state.apply(entry(second, Signer.ROTATED, handOver(first)), 3, 1);
    }

    @Test
    void shouldRefuseAChangeOfSignersWhereTheFirstBlockIsLost()
    {
        state.loseBlock();
        state.apply(entry(first, Signer.FIRST, new byte[0]), 2, 1);

        refuse("first block is lost", entry(second, Signer.ROTATED, new byte[64]));
    }

    /** Nothing is signed after it, not even by the key itself. */
    @Test
    void shouldEndWithTheLastKey()
    {
        assertFalse(state.isRevoked());
        state.apply(new Genesis(LEDGER, 1, "test"), 1, 0);
        refuse("did not sign", entry(first, Signer.ROTATED, new byte[64]));
        state.apply(entry(first, Signer.FIRST, new byte[0]), 2, 0);
        assertFalse(state.isRevoked());
        final Signer end = entry(first, Signer.REVOKED, new byte[0]);
        state.apply(entry(first, Signer.REVOKED,
            first.key().sign(state.rotationText(end).getBytes(StandardCharsets.UTF_8))), 3, 1);

        assertTrue(state.isRevoked());
        assertEquals(1, state.signerCount());
        assertEquals(1, state.signers().get(0).revokedAtBlock);
        refuse("did not sign", entry(second, Signer.ROTATED, handOver(first)));
        refuse("second first signer", entry(second, Signer.FIRST, new byte[0]));
        assertTrue(state.isRevoked());
    }

    @Test
    void shouldSayThatASignerHasNoKey()
    {
        begin();
        final LedgerState.SignerState signer = new LedgerState.SignerState(
            new Signer(Signer.ED25519, Signer.FIRST, 1, first.name(), new byte[31], new byte[0]));
        final LedgerException refused = assertThrows(LedgerException.class, signer::key);
        assertTrue(refused.getMessage().startsWith("a signer without a key: "), refused.getMessage());
        assertFalse(signer.isKey(first.noteKey()));
    }
}
