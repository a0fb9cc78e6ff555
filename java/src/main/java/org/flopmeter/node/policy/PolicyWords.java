/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.policy;

import org.flopmeter.node.text.Messages;
import org.flopmeter.policy.Pack;
import tools.jackson.databind.JsonNode;

/** Words about packs and determinations, for people. */
public final class PolicyWords
{
    private final Messages messages;

    public PolicyWords(final Messages messages)
    {
        this.messages = messages;
    }

    static String status(final Pack pack)
    {
        return pack.isVerified() ? "verified" : "unverified";
    }

    String head(final Pack pack)
    {
        return messages.get(
            "policy.pack", pack.name(), pack.version().toString(), messages.get("policy." + status(pack)),
            pack.authority(), pack.effectiveFrom());
    }

    public String say(final String key, final String... arguments)
    {
        return messages.get(key, (Object[])arguments);
    }

    String field(final String name)
    {
        return messages.get("field." + name);
    }

    /** The text of a reason or duty, or the code itself where a pack brings a duty of its own. */
    public String code(final String kind, final String code)
    {
        final int colon = code.indexOf(':');
        final String name = colon < 0 ? code : code.substring(0, colon);
        final String key = kind + '.' + name;
        final String text = messages.keys().contains(key) ? messages.get(key) : code;
        return colon < 0 ? text : text + ": " + code.substring(colon + 1);
    }

    /** A value in one line: figures in groups of three digits, lists with commas. */
    String value(final JsonNode value)
    {
        if (null == value || value.isNull())
        {
            return messages.get("policy.absent");
        }
        if (value.isArray())
        {
            final StringBuilder list = new StringBuilder();
            value.forEach(element -> list.append(list.isEmpty() ? "" : ", ").append(value(element)));
            return list.isEmpty() ? messages.get("policy.noDuty") : list.toString();
        }
        if (value.isString())
        {
            return value.asString().matches("[0-9]{5,}") ? grouped(value.asString()) : value.asString();
        }
        return value.toString();
    }

    private static String grouped(final String digits)
    {
        return digits.replaceAll("\\B(?=([0-9]{3})+$)", " ");
    }
}
