/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.text.Printable;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.SigningKey;
import org.flopmeter.unit.Plural;

/** A certificate in a file: bare, or in an envelope with signatures over its exact bytes. */
final class CalibrateFile
{
    /** DSSE's type of a certificate: what a signature over it means. */
    static final String PAYLOAD_TYPE = "application/vnd.flopmeter.calibration+json";

    private static final int LINE_LENGTH_MAX = 400;

    private final Path file;
    private final Envelope envelope;
    private final byte[] certificate;

    private CalibrateFile(final Path file, final Envelope envelope, final byte[] certificate)
    {
        this.file = file;
        this.envelope = envelope;
        this.certificate = certificate;
    }

    static CalibrateFile read(final Path file)
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        final JsonView root = DocumentFiles.accepted(
            file.toString(), () -> JsonView.root(StrictJson.read(utf8)).object());
        if (!root.has("payloadType"))
        {
            return new CalibrateFile(file, null, utf8);
        }
        try
        {
            final Envelope envelope = Envelope.parse(utf8);
            if (!PAYLOAD_TYPE.equals(envelope.payloadType()))
            {
                throw new UsageException(file + ": expected a certificate of flopmeter calibrate, found " +
                    Printable.of(envelope.payloadType()));
            }
            return new CalibrateFile(file, envelope, envelope.payload());
        }
        catch (final SigningException ex)
        {
            throw new UsageException(file + ": " + ex.getMessage());
        }
    }

    /** A certificate that was just made. */
    static byte[] signed(final byte[] certificate, final SigningKey key)
    {
        return Envelope.of(PAYLOAD_TYPE, certificate).signedBy(key).encoded();
    }

    /** The same with one more signature. */
    byte[] signedBy(final SigningKey key)
    {
        return null == envelope ? signed(certificate, key) : envelope.signedBy(key).encoded();
    }

    /** The exact bytes of the certificate. */
    byte[] certificate()
    {
        return certificate.clone();
    }

    /** Those of the keys that did not sign, one line each. What nobody vouches for is not looked at. */
    List<String> unsignedBy(final List<NoteKey> keys)
    {
        if (null == envelope && !keys.isEmpty())
        {
            throw new UsageException(file + ": expected a signed certificate, because of --key; this one has no " +
                "signature (flopmeter calibrate --verify FILE --sign KEY --out FILE)");
        }
        final List<String> lines = new ArrayList<>();
        for (final NoteKey key : keys)
        {
            if (envelope.signers(List.of(key.key())).isEmpty())
            {
                lines.add("none of its " + signatures() + " over these bytes is of the key " + key);
            }
        }
        return lines;
    }

    CalibrateDocument document()
    {
        return DocumentFiles.accepted(file.toString(), () ->
            CalibrateDocument.read(JsonView.root(StrictJson.read(certificate))));
    }

    /** What was proved about it, and no more. */
    String statement(final CalibrateDocument document, final List<NoteKey> keys)
    {
        final StringBuilder text = new StringBuilder("certificate ").append(document.digest())
            .append(": its figures follow from its readings; ");
        if (keys.isEmpty())
        {
            return text.append(null == envelope ? "origin unproven: it has no signature" :
                "origin unproven: no key was given for its " + signatures()).toString();
        }
        text.append("signed by ");
        keys.forEach(key -> text.append(key == keys.get(0) ? "" : ", ").append(key));
        return text.toString();
    }

    private String signatures()
    {
        return Plural.of(envelope.signatureCount(), "signature");
    }

    String refusal(final String fault)
    {
        return "not verified: " + Printable.of(file + ": " + fault, LINE_LENGTH_MAX);
    }
}
