/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.List;
import tools.jackson.databind.JsonNode;

/** An answer in one line of codes. */
public final class Verdicts
{
    private Verdicts()
    {
    }

    /** The verdict of a determination of an assessment; its status where there is no answer. */
    public static String of(final Question question, final JsonNode determination)
    {
        final JsonNode answer = determination.get("answer");
        if (null == answer)
        {
            return determination.get("status").asString();
        }
        final List<String> words = new ArrayList<>();
        switch (question)
        {
            case TIER:
                words.add(answer.get("tier").asString());
                if (answer.get("provisional").asBoolean())
                {
                    words.add("(at least " + answer.get("lowest").asString() + ')');
                }
                break;
            case HARBOURS:
                for (final var harbour : answer.get("harbours").properties())
                {
                    words.add(harbour.getKey() + '=' + harbour.getValue().get("eligibility").asString());
                }
                break;
            case EU:
                addMembers(words, answer, "systemicRisk", "gpai", "modifier");
                break;
            case FRONTIER:
                addMembers(words, answer, "frontierModel", "frontierDeveloper", "largeFrontierDeveloper");
                break;
            case RAISE:
                addMembers(words, answer, "covered");
                break;
            case TPP:
                words.add(answer.get("tpp").asString() + " TPP");
                break;
            default:
                words.add(answer.get("state").asString());
                break;
        }
        return String.join(" ", words);
    }

    private static void addMembers(final List<String> words, final JsonNode answer, final String... names)
    {
        for (final String name : names)
        {
            if (answer.has(name))
            {
                words.add(name + '=' + answer.get(name).asString());
            }
        }
    }
}
