/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.calibrate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.flopmeter.node.io.EnvironmentException;
import org.junit.jupiter.api.Test;

class CalibrateRawTest
{
    @Test
    void shouldReadWhatTheProgramPrints()
    {
        final CalibrateRaw raw = CalibrateRaw.parse(CalibrateFixture.raw());

        assertEquals(3, raw.sources().size());
        assertEquals("end nsys", raw.sources().get(2).remedy());
        assertEquals(5, raw.readings().size());
        assertEquals("1000001", raw.readings().get(0).point().toString());
        assertEquals(1, raw.idle().size());
    }

    @Test
    void shouldRefuseWhatIsNotAsAgreedAndNameThePlace()
    {
        assertRefused("", "/schema");
        assertRefused("{", "its beginning");
        assertRefused("[]", "/schema");
        assertRefused(raw("calibrate-raw/v1", "calibrate-raw/v2"), "/schema");
        assertRefused(raw("\"quick\": false", "\"quick\": \"no\""), "/quick");
        assertRefused(raw("\"isCut\": false, ", ""), "/isCut");
        assertRefused(raw("\"readings\": [", "\"readings\": {}, \"others\": ["), "/readings");
        assertRefused(raw("\"expected\": \"1000000\", \"timeNs\": 7", "\"expected\": 1000000, \"timeNs\": 7"),
            "/readings/0/expected");
        assertRefused(raw("\"expected\": \"1000000\", \"timeNs\": 8", "\"expected\": \"1e6\", \"timeNs\": 8"),
            "/readings/1/expected");
        assertRefused(raw("\"timeNs\": 7", "\"timeNs\": -7"), "/readings/0/timeNs");
        assertRefused(raw("\"timeNs\": 7", "\"timeNs\": 7.5"), "/readings/0/timeNs");
        assertRefused(raw("\"point\": \"1000001\"", "\"point\": \"999999\""), "/readings/0/figures/0");
        assertRefused(raw("\"upper\": \"1000001\"", "\"upper\": \"1000000\""), "/readings/0/figures/0");
        assertRefused(raw("\"upper\": \"1000001\"", "\"upper\": \"340282366920938463463374607431768211456\""),
            "/readings/0/figures/0/upper");
        assertRefused(raw("\"upper\": \"1000001\"", "\"upper\": \"01000001\""), "/readings/0/figures/0/upper");
        assertRefused(raw("\"kernel\": \"avx2_fp32_fma\",", ""), "/readings/0/kernel");
        assertRefused(raw("\"remedy\": \"end nsys\"", "\"remedy\": null"), "/sources/2/remedy");
        assertRefused(raw("\"flopPerIteration\": \"192\"", "\"flopPerIteration\": 192"), "/kernels/0/flopPerIteration");
        assertRefused(raw("\"figures\": []}],", "\"figures\": 0}],"), "/idle/0/figures");
    }

    @Test
    void shouldKeepControlCharactersOffTheTerminal()
    {
        final String words = assertThrows(EnvironmentException.class, () -> CalibrateRaw.parse(
            raw("\"upper\": \"1000001\"", "\"upper\": \"\\u001b[2J\""))).getMessage();

        assertTrue(words.chars().noneMatch(Character::isISOControl), words);
    }

    private static void assertRefused(final String text, final String place)
    {
        final String words =
            assertThrows(EnvironmentException.class, () -> CalibrateRaw.parse(text), place).getMessage();
        assertTrue(words.contains("at " + place + " expected "), words);
    }

    private static String raw(final String from, final String to)
    {
        final String right = CalibrateFixture.raw();
        assertTrue(right.contains(from), from);
        return right.replace(from, to);
    }
}
