/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.ledger;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.flopmeter.sign.Note;
import org.flopmeter.sign.NoteSigner;

/** A log of small leaves that knows every checkpoint and proof of its past. */
public final class GrowingTree
{
    private final MerkleTree tree = new MerkleTree();
    private final NoteSigner signer;

    public GrowingTree(final NoteSigner signer, final int size)
    {
        this.signer = signer;
        for (int i = 0; i < size; i++)
        {
            tree.append(MerkleProof.leafHash(("leaf " + i).getBytes(StandardCharsets.UTF_8)));
        }
    }

    public Note checkpoint(final long size)
    {
        final String text = new Checkpoint(signer.name(), size, tree.root(size)).text();
        return new Note(text, List.of(signer.sign(text)));
    }

    public List<byte[]> consistency(final long oldSize, final long size)
    {
        return tree.consistency(oldSize, size);
    }
}
