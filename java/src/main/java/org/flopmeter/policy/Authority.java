/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.flopmeter.json.JsonView;
import org.flopmeter.sign.NoteKey;
import org.flopmeter.sign.SigningException;
import org.flopmeter.sign.VerifyingKey;

/** An authority that somebody trusts: who it is, its keys and how many of them must sign. Format: docs/design/0017. */
public final class Authority
{
    public static final String SCHEMA = "flopmeter/policy-authority/v1";

    private static final BigInteger KEY_COUNT_MAX = BigInteger.valueOf(64);
    private static final Set<String> MEMBERS = Set.of(
        "schema", "authority", "agency", "jurisdiction", "level", "quorum", "keys", "revoked", "validUntil", "packs");

    private final String id;
    private final String agency;
    private final String jurisdiction;
    private final Authorities.Level level;
    private final Authorities.Mandate mandate;
    private final List<VerifyingKey> keys;
    private final List<String> packs;

    private Authority(final Fact fact)
    {
        for (final String name : fact.names())
        {
            if (!MEMBERS.contains(name))
            {
                throw Refusal.UNKNOWN_FIELD.at(fact.path() + '.' + name, "an authority has no such member");
            }
        }
        if (!SCHEMA.equals(fact.at("schema").text()))
        {
            throw fact.at("schema").wrong(Refusal.BAD_FACT, SCHEMA);
        }
        id = identifier(fact.at("authority"));
        agency = fact.at("agency").text();
        jurisdiction = fact.at("jurisdiction").text();
        level = fact.at("level").choice(Authorities.Level.class);
        final Set<VerifyingKey> valid = keys(fact.at("keys"));
        final int all = valid.size();
        if (fact.at("revoked").isThere())
        {
            valid.removeAll(keys(fact.at("revoked")));
        }
        keys = List.copyOf(valid);
        final Fact quorum = fact.at("quorum");
        if (quorum.integer().signum() == 0 || quorum.integer().compareTo(BigInteger.valueOf(all)) > 0)
        {
            throw quorum.wrong(Refusal.BAD_FACT, "1 to " + all + ", the number of keys");
        }
        final Fact until = fact.at("validUntil");
        mandate = new Authorities.Mandate(
            keys.stream().map(VerifyingKey::fingerprint).collect(Collectors.toSet()),
            quorum.integer(), until.isThere() ? until.moment() : null);
        packs = fact.at("packs").isThere() ? List.copyOf(fact.at("packs").texts()) : null;
    }

    /** The authority of a file; a {@link PolicyException} says what is wrong with it. */
    public static Authority read(final JsonView document)
    {
        return new Authority(Fact.of(document));
    }

    /** The name that packs have for it. */
    public String id()
    {
        return id;
    }

    public String agency()
    {
        return agency;
    }

    public String jurisdiction()
    {
        return jurisdiction;
    }

    public boolean isInternational()
    {
        return Authorities.Level.INTERNATIONAL == level;
    }

    /** Its keys without the revoked ones, each once. */
    public List<VerifyingKey> keys()
    {
        return keys;
    }

    public BigInteger quorum()
    {
        return mandate.quorum();
    }

    Authorities.Mandate mandate()
    {
        return mandate;
    }

    /** May it issue a pack of that name? Any, where its file names none. */
    boolean mayIssue(final String pack)
    {
        return null == packs || packs.contains(pack);
    }

    List<String> packs()
    {
        return packs;
    }

    /** Names of authorities become names of files. */
    private static String identifier(final Fact fact)
    {
        if (!fact.text().matches("[A-Za-z0-9][A-Za-z0-9._-]{0,63}"))
        {
            throw fact.wrong(Refusal.BAD_FACT, "a letter or digit, then up to 63 of A-Z a-z 0-9 . _ -");
        }
        return fact.text();
    }

    private static Set<VerifyingKey> keys(final Fact list)
    {
        final Set<VerifyingKey> keys = new LinkedHashSet<>();
        final List<Fact> elements = new ArrayList<>(list.elements());
        if (BigInteger.valueOf(elements.size()).compareTo(KEY_COUNT_MAX) > 0)
        {
            throw Refusal.BAD_FACT.at(list.path(), "expected at most " + KEY_COUNT_MAX + " keys");
        }
        for (final Fact element : elements)
        {
            if (!keys.add(key(element)))
            {
                throw Refusal.BAD_FACT.at(element.path(), "a key that is listed above, perhaps by another name");
            }
        }
        return keys;
    }

    private static VerifyingKey key(final Fact element)
    {
        final NoteKey key;
        try
        {
            key = NoteKey.parse(element.text());
        }
        catch (final SigningException ex)
        {
            throw Refusal.BAD_FACT.at(element.path(), ex.getMessage());
        }
        if (NoteKey.Type.ED25519 != key.type())
        {
            throw Refusal.BAD_FACT.at(element.path(), "a witness's key, which signs checkpoints only");
        }
        return key.key();
    }
}
