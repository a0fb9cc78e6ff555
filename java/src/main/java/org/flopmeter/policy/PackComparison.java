/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/** Where two packs differ, and which of them is less strict there. */
public final class PackComparison
{
    private PackComparison()
    {
    }

    /**
     * A field that differs, or whose meaning does: a harbour of a tenth moves with its cap.
     *
     * @param left null where the pack does not have the field.
     * @param right likewise.
     */
    public record Difference(
        String field, JsonNode left, JsonNode right, boolean isLeftLessStrict, boolean isRightLessStrict)
    {
    }

    /** The differences, in the order in which a pack is written. */
    public static List<Difference> differences(final Pack left, final Pack right)
    {
        final Set<PackField<?>> leftLess = new HashSet<>(Strictness.lessStrictFields(left, right));
        final Set<PackField<?>> rightLess = new HashSet<>(Strictness.lessStrictFields(right, left));
        final List<Difference> differences = new ArrayList<>();
        for (final PackField<?> field : PackField.ALL)
        {
            final Difference difference = new Difference(
                field.jsonName(), left.written(field), right.written(field),
                leftLess.contains(field), rightLess.contains(field));
            final boolean isSame = Objects.equals(difference.left, difference.right);
            if (!isSame || difference.isLeftLessStrict || difference.isRightLessStrict)
            {
                differences.add(difference);
            }
        }
        return differences;
    }
}
