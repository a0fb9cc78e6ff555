/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import org.flopmeter.graph.store.GraphRecord.Declared;

/**
 * Where content comes from that no recorded computation wrote.
 *
 * @param id       of the node that stands for it.
 * @param artifact id of the content's version.
 * @param why      why it is not known.
 * @param declared null when nobody has said where it comes from.
 */
public record Origin(String id, String artifact, String path, String why, Declared declared)
{
    /** Is there a computation behind it, as far as anybody knows? */
    public boolean isComputation()
    {
        return null == declared || null != declared.bound();
    }
}
