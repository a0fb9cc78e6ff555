/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.assess;

import java.util.ArrayList;
import java.util.List;

/** Every code of the package, with the key of its text. */
public final class AssessCodes
{
    private AssessCodes()
    {
    }

    public static List<String> textKeys()
    {
        final List<String> keys = new ArrayList<>();
        for (final Question question : Question.values())
        {
            keys.add("ask." + question.ask());
            question.limits().forEach(limit -> keys.add("field." + limit.field()));
        }
        for (final Question.Figure figure : Question.Figure.values())
        {
            if (Question.Figure.NONE != figure)
            {
                keys.add("path." + figure.path());
            }
        }
        for (final DutyList.Duty duty : DutyList.Duty.values())
        {
            keys.add("duty." + duty);
        }
        for (final DutyList.Strength strength : DutyList.Strength.values())
        {
            keys.add("strength." + strength);
        }
        for (final Thresholds.Settling settling : Thresholds.Settling.values())
        {
            keys.add("settle." + settling);
        }
        return keys;
    }
}
