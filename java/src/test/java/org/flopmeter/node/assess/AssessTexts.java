/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.assess;

import java.util.ArrayList;
import java.util.List;
import org.flopmeter.assess.AssessCodes;
import org.flopmeter.node.text.Messages;

/** Keys of texts that an assessment may ask for. */
final class AssessTexts
{
    private AssessTexts()
    {
    }

    static List<String> missing(final Messages messages)
    {
        final List<String> missing = new ArrayList<>(AssessCodes.textKeys());
        missing.removeAll(messages.keys());
        return missing;
    }
}
