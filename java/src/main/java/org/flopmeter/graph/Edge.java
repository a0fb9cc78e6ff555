/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/**
 * Changing the result of the cause could change the effect, unless the edge is cut.
 *
 * @param cause    vertex.
 * @param effect   vertex.
 * @param argument null where nothing is cut.
 */
public record Edge(int cause, int effect, Cut cut, String argument)
{
    public boolean isFollowed()
    {
        return Cut.NONE == cut;
    }
}
