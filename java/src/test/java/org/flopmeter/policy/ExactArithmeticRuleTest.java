/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Canary of the build's rule that nothing in the package rounds: it must see what it is there for. */
class ExactArithmeticRuleTest
{
    private static String configuration;

    @BeforeAll
    static void readConfiguration() throws IOException
    {
        configuration = Files.readString(Path.of(System.getProperty("flopmeter.root"), "config", "checkstyle.xml"));
    }

    @Test
    void shouldSeeEveryWayToRound()
    {
        final Pattern rule = rule();
        for (final String planted : List.of(
            "double limit;", "final float share", "Double.valueOf(text)", "limit.doubleValue()", "node.asDouble()",
            "if (total > 1e27)", "1.0", "2d", "3F", "1_000.5", "DoubleStream.of()", "Math.pow(10, 27)", "floatValue()"))
        {
            assertTrue(rule.matcher(planted).find(), planted);
        }
        for (final String allowed : List.of(
            "Ratio.of(10)", "36_600", "0xFFL", "[0-9]{4}", "Math.min(a, b)", "BigInteger.TEN", "RT_4"))
        {
            assertFalse(rule.matcher(allowed).find(), allowed);
        }
    }

    @Test
    void shouldHoldForThisPackageAlone()
    {
        final String files = property("SuppressionSingleFilter", "files");
        assertFalse("/x/java/src/main/java/org/flopmeter/policy/Quantity.java".matches(files));
        assertTrue("/x/java/src/main/java/org/flopmeter/node/run/Summary.java".matches(files));
        assertTrue("/x/java/src/test/java/org/flopmeter/policy/PolicyCaseTest.java".matches(files));
    }

    private static Pattern rule()
    {
        return Pattern.compile(property("RegexpSinglelineJava", "format"));
    }

    /** The property of the module of that name with the id of the rule. */
    private static String property(final String module, final String name)
    {
        final Matcher matcher = Pattern.compile(
            "<module name=\"" + module + "\">\\s*<property name=\"id\" value=\"exactPolicy\"/>\\s*" +
            "<property name=\"" + name + "\" value=\"([^\"]*)\"/>").matcher(configuration);
        assertTrue(matcher.find(), module + " with its " + name);
        return matcher.group(1);
    }
}
