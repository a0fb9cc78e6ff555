/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.spec.PKCS8EncodedKeySpec;

/** A private key with its public one. It never shows its secret but in {@link #secret()}. Threads may share it. */
public final class SigningKey
{
    private static final byte[] PROBE = Bytes.utf8("flopmeter key check");

    private final PrivateKey key;
    private final byte[] secret;
    private final VerifyingKey verifyingKey;

    private SigningKey(final PrivateKey key, final byte[] secret, final VerifyingKey verifyingKey)
    {
        this.key = key;
        this.secret = secret;
        this.verifyingKey = verifyingKey;
    }

    /** A new key from the system's random numbers. */
    public static SigningKey generate(final SignatureAlgorithm algorithm)
    {
        final byte[] secret = new byte[algorithm.privateLength()];
        new SecureRandom().nextBytes(secret);
        return of(algorithm, secret);
    }

    /** The key of that secret (RFC 8032: the 32 bytes that everything else follows from). */
    public static SigningKey of(final SignatureAlgorithm algorithm, final byte[] secret)
    {
        if (algorithm.privateLength() != secret.length)
        {
            throw new SigningException("a private key of " + algorithm + " has " + algorithm.privateLength() +
                " bytes, not " + secret.length);
        }
        try
        {
            final PrivateKey key = KeyFactory.getInstance(algorithm.javaName())
                .generatePrivate(new PKCS8EncodedKeySpec(algorithm.pkcs8(secret)));
            final SigningKey signingKey = new SigningKey(key, secret.clone(), publicKeyOf(algorithm, secret));
            signingKey.check();
            return signingKey;
        }
        catch (final GeneralSecurityException ex)
        {
            throw new SigningException("not a private key of " + algorithm + ": " + ex.getMessage());
        }
    }

    public VerifyingKey verifyingKey()
    {
        return verifyingKey;
    }

    /** Takes about a millisecond. */
    public byte[] sign(final byte[] message)
    {
        try
        {
            final Signature signer = Signature.getInstance(verifyingKey.algorithm().javaName());
            signer.initSign(key);
            signer.update(message);
            return signer.sign();
        }
        catch (final GeneralSecurityException ex)
        {
            throw new IllegalStateException("a key that was taken does not sign", ex);
        }
    }

    byte[] secret()
    {
        return secret.clone();
    }

    @Override
    public String toString()
    {
        return "private key of " + verifyingKey;
    }

    /**
     * The JDK derives a public key only while it generates a pair, from the first random bytes that it asks for. That
     * it does so is no promise of its interface: {@link #check} looks at what came out.
     */
    private static VerifyingKey publicKeyOf(final SignatureAlgorithm algorithm, final byte[] secret)
        throws GeneralSecurityException
    {
        final KeyPairGenerator generator = KeyPairGenerator.getInstance(algorithm.javaName());
        generator.initialize(Byte.SIZE * algorithm.privateLength() - 1, new GivenBytes(secret));
        final KeyPair pair = generator.generateKeyPair();
        return VerifyingKey.ofX509(pair.getPublic().getEncoded());
    }

    private void check()
    {
        if (!verifyingKey.verify(PROBE, sign(PROBE)))
        {
            throw new SigningException("this JDK derives another public key than its signatures verify with");
        }
    }

    private static final class GivenBytes extends SecureRandom
    {
        private static final long serialVersionUID = 1L;

        private final byte[] given;

        GivenBytes(final byte[] given)
        {
            this.given = given;
        }

        @Override
        public void nextBytes(final byte[] bytes)
        {
            System.arraycopy(given, 0, bytes, 0, bytes.length);
        }
    }
}
