/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.view;

import org.flopmeter.graph.NodeKind;

/** What a rule does with a computation of one purpose. */
public enum Treatment
{
    /** It counts, and so does whatever it needed. */
    COUNTED("counted", true, true),
    /** It counts, and so does the data it needed; the models that it ran don't, unless they are needed elsewhere. */
    WITHOUT_MODELS("without-models", true, true),
    /** It does not count; what it needed does. */
    PASSED("passed", false, true),
    /** Neither counts, unless needed elsewhere too. */
    LEFT_OUT("left-out", false, false);

    private static final Treatment[] TREATMENTS = values();

    private final String jsonName;
    private final boolean isCounted;
    private final boolean isFollowed;

    Treatment(final String jsonName, final boolean isCounted, final boolean isFollowed)
    {
        this.jsonName = jsonName;
        this.isCounted = isCounted;
        this.isFollowed = isFollowed;
    }

    public String jsonName()
    {
        return jsonName;
    }

    public boolean isCounted()
    {
        return isCounted;
    }

    /** Does what it needed count, where that is of this kind? */
    public boolean isFollowedTo(final NodeKind kind)
    {
        return isFollowed && !(WITHOUT_MODELS == this && NodeKind.MODEL == kind);
    }

    /** The treatment of this name, or null: names come from documents. */
    public static Treatment ofName(final String jsonName)
    {
        for (final Treatment treatment : TREATMENTS)
        {
            if (treatment.jsonName.equals(jsonName))
            {
                return treatment;
            }
        }
        return null;
    }
}
