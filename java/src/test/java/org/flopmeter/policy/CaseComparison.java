/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import tools.jackson.databind.JsonNode;

/** Compares as cases ask for: members by name, arrays whole and in order, scalars by type and value. */
final class CaseComparison
{
    private CaseComparison()
    {
    }

    /** The first difference with its path, or nothing. */
    static String difference(final String path, final JsonNode expected, final JsonNode actual)
    {
        if (null == actual || expected.getNodeType() != actual.getNodeType())
        {
            return unequal(path, expected, actual);
        }
        if (expected.isObject())
        {
            for (final String name : expected.propertyNames())
            {
                final String difference = difference(path + '.' + name, expected.get(name), actual.get(name));
                if (!difference.isEmpty())
                {
                    return difference;
                }
            }
            return "";
        }
        if (expected.isArray())
        {
            return elements(path, expected, actual);
        }
        return expected.toString().equals(actual.toString()) ? "" : unequal(path, expected, actual);
    }

    private static String elements(final String path, final JsonNode expected, final JsonNode actual)
    {
        if (expected.size() != actual.size())
        {
            return unequal(path, expected, actual);
        }
        for (int i = 0; i < expected.size(); i++)
        {
            final String difference = difference(path + '[' + i + ']', expected.get(i), actual.get(i));
            if (!difference.isEmpty())
            {
                return difference;
            }
        }
        return "";
    }

    private static String unequal(final String path, final JsonNode expected, final JsonNode actual)
    {
        return path + ": expected " + expected + ", got " + actual;
    }
}
