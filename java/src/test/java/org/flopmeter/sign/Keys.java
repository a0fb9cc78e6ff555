/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.util.Arrays;

/** Keys of tests: the same in every run. */
public final class Keys
{
    private Keys()
    {
    }

    public static SigningKey key(final int number)
    {
        final byte[] secret = new byte[32];
        Arrays.fill(secret, (byte)number);
        return SigningKey.of(SignatureAlgorithm.ED25519, secret);
    }

    public static NoteSigner signer(final String name, final int number)
    {
        return new NoteSigner(name, key(number));
    }
}
