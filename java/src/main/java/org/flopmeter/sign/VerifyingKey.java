/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.SignatureException;
import java.security.spec.X509EncodedKeySpec;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Set;

/** A public key. Two keys are equal when they are the same key, whatever they are called. Threads may share it. */
public final class VerifyingKey
{
    private static final BigInteger FIELD_PRIME = BigInteger.TWO.pow(255).subtract(BigInteger.valueOf(19));

    /** The y of points of an order of at most 8: whoever has one listed can sign without a secret. */
    private static final Set<BigInteger> SMALL_ORDER = Set.of(
        BigInteger.ZERO,
        BigInteger.ONE,
        FIELD_PRIME.subtract(BigInteger.ONE),
        new BigInteger("2707385501144840649318225287225658788936804267575313519463743609750303402022"),
        new BigInteger("55188659117513257062467267217118295137698188065244968500265048394206261417927"));

    private final SignatureAlgorithm algorithm;
    private final byte[] raw;
    private final PublicKey key;

    private VerifyingKey(final SignatureAlgorithm algorithm, final byte[] raw, final PublicKey key)
    {
        this.algorithm = algorithm;
        this.raw = raw;
        this.key = key;
    }

    /** The key that those bytes are, 32 of them as RFC 8032 writes it; a {@link SigningException} when none is. */
    public static VerifyingKey of(final SignatureAlgorithm algorithm, final byte[] raw)
    {
        if (algorithm.publicLength() != raw.length)
        {
            throw new SigningException("a public key of " + algorithm + " has " + algorithm.publicLength() +
                " bytes, not " + raw.length);
        }
        refuseWeak(raw);
        try
        {
            final PublicKey key = KeyFactory.getInstance(algorithm.javaName())
                .generatePublic(new X509EncodedKeySpec(algorithm.x509(raw)));
            // The JDK looks whether the point is on the curve only when the key is used.
            Signature.getInstance(algorithm.javaName()).initVerify(key);
            return new VerifyingKey(algorithm, raw.clone(), key);
        }
        catch (final GeneralSecurityException ex)
        {
            throw new SigningException("not a public key of " + algorithm + ": " + ex.getMessage());
        }
    }

    /** The key of an X.509 SubjectPublicKeyInfo (DER), as the JDK and openssl write it. */
    public static VerifyingKey ofX509(final byte[] der)
    {
        for (final SignatureAlgorithm algorithm : SignatureAlgorithm.values())
        {
            final byte[] raw = algorithm.publicKeyIn(der);
            if (null != raw)
            {
                return of(algorithm, raw);
            }
        }
        throw new SigningException("an X.509 public key of another algorithm");
    }

    public SignatureAlgorithm algorithm()
    {
        return algorithm;
    }

    /** The key as RFC 8032 writes it. */
    public byte[] raw()
    {
        return raw.clone();
    }

    /** The key as X.509 SubjectPublicKeyInfo (DER). */
    public byte[] x509()
    {
        return algorithm.x509(raw);
    }

    /** SHA-256 of {@link #x509()} in hexadecimal: what {@code openssl pkey -pubin -outform DER | sha256sum} prints. */
    public String fingerprint()
    {
        return HexFormat.of().formatHex(Bytes.sha256(x509()));
    }

    /** Is that the signature of the message by this key? Takes about a millisecond. */
    public boolean verify(final byte[] message, final byte[] signature)
    {
        if (algorithm.signatureLength() != signature.length)
        {
            return false;
        }
        try
        {
            final Signature verifier = Signature.getInstance(algorithm.javaName());
            verifier.initVerify(key);
            verifier.update(message);
            return verifier.verify(signature);
        }
        catch (final SignatureException ex)
        {
            // The JDK's way to say that a half of the signature is no point or no scalar.
            return false;
        }
        catch (final GeneralSecurityException ex)
        {
            throw new IllegalStateException("a key that was taken is refused now", ex);
        }
    }

    @Override
    public boolean equals(final Object other)
    {
        return other instanceof VerifyingKey && algorithm == ((VerifyingKey)other).algorithm &&
            Arrays.equals(raw, ((VerifyingKey)other).raw);
    }

    @Override
    public int hashCode()
    {
        return Arrays.hashCode(raw);
    }

    @Override
    public String toString()
    {
        return algorithm + " " + fingerprint();
    }

    /** Besides small orders refuses y >= p, the one way to write a key twice. */
    private static void refuseWeak(final byte[] raw)
    {
        final byte[] bigEndian = new byte[raw.length];
        for (int i = 0; i < raw.length; i++)
        {
            bigEndian[raw.length - 1 - i] = raw[i];
        }
        bigEndian[0] &= 0x7f;
        final BigInteger y = new BigInteger(1, bigEndian);
        if (y.compareTo(FIELD_PRIME) >= 0)
        {
            throw new SigningException("not a public key: its coordinate is not reduced");
        }
        if (SMALL_ORDER.contains(y))
        {
            throw new SigningException("a public key of small order, with which anybody can sign");
        }
    }
}
