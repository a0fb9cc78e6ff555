/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.flopmeter.json.JsonFormatException;
import org.flopmeter.json.JsonView;
import org.flopmeter.json.StrictJson;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.DurableFiles;
import org.flopmeter.node.io.EnvironmentException;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.StateDirectory;
import org.flopmeter.node.text.Printable;
import org.flopmeter.policy.AcceptedPacks;
import org.flopmeter.policy.AcceptedPacks.Acceptance;
import org.flopmeter.policy.Authority;
import org.flopmeter.policy.PolicyException;
import org.flopmeter.sign.Envelope;
import org.flopmeter.sign.SigningException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Trusted authorities and accepted packs in a state directory: docs/design/0017-signatures.md section 4. Acceptances
 * are added, never changed; each is verified again whenever the store is read, and what does not verify stops the
 * reading, because a history with a hole may be more lenient than the true one.
 */
final class PolicyStore
{
    private static final String SCHEMA = "flopmeter/policy-acceptance/v1";
    private static final String ENVELOPE = "envelope.json";
    private static final String PACK = "pack.json";
    private static final String AUTHORITY = "authority.json";
    private static final String ACCEPTANCE = "acceptance.json";
    private static final int LINE_LENGTH_MAX = 1000;
    private static final int COUNT_MAX = 999_999;

    private final Path authorities;
    private final Path accepted;
    private final PolicyDigests digests = new PolicyDigests();

    PolicyStore(final Path state)
    {
        authorities = state.resolve("policy").resolve("authorities");
        accepted = state.resolve("policy").resolve("accepted");
    }

    static PolicyStore of(final Path option)
    {
        return new PolicyStore(StateDirectory.of(option, System.getenv(), StateDirectory.uid()).state());
    }

    /** This second, as documents write it. */
    static String now()
    {
        return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
    }

    /** Words that hold text from outside, as one line that shows both values of a refusal. */
    static String line(final String text)
    {
        return Printable.of(text, LINE_LENGTH_MAX);
    }

    /** The accepted packs, every one verified. */
    AcceptedPacks read()
    {
        final AcceptedPacks packs = new AcceptedPacks();
        digests.clear();
        int expected = 1;
        for (final String name : names(accepted, "[0-9]{6}"))
        {
            final Path directory = accepted.resolve(name);
            if (!name.equals(directory(expected)))
            {
                throw damaged(accepted.resolve(directory(expected)), "it is missing, and later ones are there");
            }
            takeAgain(packs, directory, expected);
            expected++;
        }
        return packs;
    }

    /** The accepted packs, every one verified, as long as they go on from what was seen of them before. */
    AcceptedPacks read(final String expected)
    {
        final AcceptedPacks packs = read();
        if (null != expected)
        {
            digests.require(expected, accepted);
        }
        return packs;
    }

    /** Stands for the history as it was read or added to: kept elsewhere, it shows when the history shrinks. */
    String digest()
    {
        return digests.last();
    }

    /** The trusted authorities by their names, each with the bytes of its file. */
    Map<Authority, byte[]> trusted()
    {
        final Map<Authority, byte[]> trusted = new LinkedHashMap<>();
        for (final String name : names(authorities, "[A-Za-z0-9][A-Za-z0-9._-]*\\.json"))
        {
            final Path file = authorities.resolve(name);
            final byte[] utf8 = DocumentFiles.bytes(file);
            final Authority authority = authority(file, utf8);
            if (!name.equals(authority.id() + ".json"))
            {
                throw new UsageException(file + ": the file of authority " + authority.id() + " under another name");
            }
            trusted.put(authority, utf8);
        }
        return trusted;
    }

    /** Trusts an authority from now on. Another file of the same name is replaced only by the user's word. */
    Authority trust(final Path file, final boolean mayReplace)
    {
        final byte[] utf8 = DocumentFiles.bytes(file);
        final Authority authority = authority(file, utf8);
        final Path own = authorities.resolve(authority.id() + ".json");
        try
        {
            DurableFiles.makeDirectory(authorities);
            final boolean isThere = Files.exists(own, LinkOption.NOFOLLOW_LINKS);
            if (isThere && Arrays.equals(Files.readAllBytes(own), utf8))
            {
                return authority;
            }
            if (isThere && !mayReplace)
            {
                throw new UsageException(file + ": another file for authority " + authority.id() +
                    " is trusted: " + own + "; to trust this one instead: --replace-authority");
            }
            DurableFiles.replace(own, utf8);
            return authority;
        }
        catch (final IOException ex)
        {
            throw new EnvironmentException(own + ": cannot be written: " + ex.getMessage());
        }
    }

    /** Keeps what was accepted last. */
    void append(final AcceptedPacks packs, final byte[] envelope, final byte[] authority)
    {
        final int sequence = packs.acceptances().size();
        final Acceptance acceptance = packs.acceptances().get(sequence - 1);
        final Map<String, byte[]> files = new TreeMap<>();
        files.put(ENVELOPE, envelope);
        files.put(PACK, Envelope.parse(envelope).payload());
        files.put(AUTHORITY, authority);
        files.put(ACCEPTANCE, document(sequence, acceptance));
        if (sequence > COUNT_MAX)
        {
            throw new EnvironmentException(accepted + ": full: it has " + COUNT_MAX + " packs");
        }
        try
        {
            DurableFiles.makeDirectory(accepted);
            DurableFiles.writeDirectory(accepted.resolve(directory(sequence)), files);
            digests.add(envelope, authority, files.get(ACCEPTANCE));
        }
        catch (final IOException ex)
        {
            throw new EnvironmentException(accepted.resolve(directory(sequence)) +
                ": cannot be written, and nothing was accepted: " + ex.getMessage());
        }
    }

    private void takeAgain(final AcceptedPacks packs, final Path directory, final int sequence)
    {
        final Path envelopeFile = directory.resolve(ENVELOPE);
        try
        {
            final byte[] record = DocumentFiles.bytes(directory.resolve(ACCEPTANCE));
            final String at = JsonView.root(StrictJson.read(record)).member("at").string();
            final byte[] signed = DocumentFiles.bytes(envelopeFile);
            final Envelope envelope = Envelope.parse(signed);
            final Path authorityFile = directory.resolve(AUTHORITY);
            final byte[] trustedThen = DocumentFiles.bytes(authorityFile);
            final Authority authority = authority(authorityFile, trustedThen);
            packs.again(envelope, authority, at);
            if (!Arrays.equals(envelope.payload(), DocumentFiles.bytes(directory.resolve(PACK))))
            {
                throw damaged(directory.resolve(PACK), "other bytes than were signed");
            }
            if (!StrictJson.read(record).equals(
                StrictJson.read(document(sequence, packs.acceptances().get(sequence - 1)))))
            {
                throw damaged(directory.resolve(ACCEPTANCE), "not what the signed pack says");
            }
            digests.add(signed, trustedThen, record);
        }
        catch (final SigningException | JsonFormatException | PolicyException | UsageException ex)
        {
            throw damaged(directory, line(ex.getMessage()));
        }
    }

    private static byte[] document(final int sequence, final Acceptance acceptance)
    {
        return DocumentJson.print(json(sequence, acceptance)).getBytes(StandardCharsets.UTF_8);
    }

    static ObjectNode json(final int sequence, final Acceptance acceptance)
    {
        final ObjectNode document = JsonMapper.shared().createObjectNode()
            .put("schema", SCHEMA)
            .put("sequence", sequence)
            .put("at", acceptance.at())
            .put("name", acceptance.pack().name())
            .put("version", acceptance.pack().version())
            .put("authority", acceptance.pack().authority())
            .put("isInternational", acceptance.isInternational())
            .put("effectiveFrom", acceptance.effectiveFrom());
        final Set<String> signers = new TreeSet<>();
        acceptance.signers().forEach(key -> signers.add(key.fingerprint()));
        signers.forEach(document.putArray("signers")::add);
        return document;
    }

    private static Authority authority(final Path file, final byte[] utf8)
    {
        try
        {
            return Authority.read(JsonView.root(StrictJson.read(utf8)));
        }
        catch (final JsonFormatException | PolicyException ex)
        {
            throw new UsageException(file + ": not an authority: " + line(ex.getMessage()));
        }
    }

    private static String directory(final int sequence)
    {
        return String.format("%06d", sequence);
    }

    private static List<String> names(final Path directory, final String pattern)
    {
        final Set<String> names = new TreeSet<>();
        if (!Files.isDirectory(directory))
        {
            return List.of();
        }
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory))
        {
            for (final Path entry : entries)
            {
                final String name = entry.getFileName().toString();
                if (name.matches(pattern))
                {
                    names.add(name);
                }
            }
            return List.copyOf(names);
        }
        catch (final IOException ex)
        {
            throw new EnvironmentException(directory + ": cannot be read: " + ex.getMessage());
        }
    }

    private static EnvironmentException damaged(final Path where, final String what)
    {
        return new EnvironmentException("accepted packs are damaged: " + where + ": " + what);
    }
}
