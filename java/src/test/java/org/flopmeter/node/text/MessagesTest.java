/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.text;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

class MessagesTest
{
    @Test
    void shouldSayTheSameThingsInBothLanguages()
    {
        final Messages english = Messages.english();
        final Messages chinese = Messages.chinese();

        assertEquals(new TreeSet<>(english.keys()), new TreeSet<>(chinese.keys()));
        for (final String key : english.keys())
        {
            assertEquals(arguments(english.get(key)), arguments(chinese.get(key)), key);
            assertTrue(english.get(key).chars().allMatch(c -> c < 128), key + " must be ASCII, for LANG=C");
        }
    }

    @Test
    void shouldChooseTheLanguageAsOtherProgramsDo()
    {
        final String chinese = Messages.chinese().get("top.none");
        final String english = Messages.english().get("top.none");

        assertEquals(english, Messages.of(Map.of()).get("top.none"));
        assertEquals(chinese, Messages.of(Map.of("LANG", "zh_CN.UTF-8")).get("top.none"));
        assertEquals(english, Messages.of(Map.of("LANG", "zh_CN.UTF-8", "LC_ALL", "C")).get("top.none"));
        assertEquals(chinese, Messages.of(Map.of("LANG", "C", "LC_ALL", "zh_TW")).get("top.none"));
        assertFalse(english.equals(chinese));
    }

    @Test
    void shouldRefuseMessagesThatDoNotExist()
    {
        assertThrows(IllegalArgumentException.class, () -> Messages.english().get("no.such"));
    }

    @Test
    void shouldCountWideCharactersTwice()
    {
        assertEquals(4, Messages.columns("FLOP"));
        assertEquals(4, Messages.columns("节点"));
    }

    private static TreeSet<String> arguments(final String text)
    {
        final TreeSet<String> arguments = new TreeSet<>();
        final var matcher = Pattern.compile("\\{[0-9]}").matcher(text);
        while (matcher.find())
        {
            arguments.add(matcher.group());
        }
        return arguments;
    }
}
