/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.sign;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

/** A message is one line that a terminal shows as it is, whatever text is in it. */
class ShownTest
{
    @Test
    void shouldCutWhatIsLongAndSayIt()
    {
        assertEquals("", Shown.of(""));
        assertEquals("x".repeat(60), Shown.of("x".repeat(60)));
        assertEquals("x".repeat(60) + "...", Shown.of("x".repeat(61)));
        assertEquals("\ud83d\ude00".repeat(60) + "...", Shown.of("\ud83d\ude00".repeat(61)), "characters, not halves");
    }

    @Test
    void shouldSpellOutWhatATerminalWouldActOn()
    {
        assertEquals("a \u6ce8+", Shown.of("a \u6ce8+"));
        assertEquals("\\u001b[2J\\u000a\\u007f", Shown.of("\u001b[2J\n\u007f"), "control");
        assertEquals("\\u202e\\u200b", Shown.of("\u202e\u200b"), "format: right to left, no width");
        assertEquals("\\u2028\\u2029", Shown.of("\u2028\u2029"), "ends of lines and paragraphs");
        assertEquals("\\ud800\\ue000\\u0378", Shown.of("\ud800\ue000\u0378"), "half, private, unassigned");
    }
}
