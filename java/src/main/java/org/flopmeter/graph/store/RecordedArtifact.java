/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import org.flopmeter.graph.NodeKind;

/**
 * A version of some content: that of one writer, or that of which no writer is recorded.
 *
 * @param digest   null when the content could not be read.
 * @param writer   id of a computation, null when none is recorded.
 * @param sequence of the record that told of it.
 * @param path     where it was seen first.
 */
public record RecordedArtifact(
    String id, ContentDigest digest, String writer, long sequence, long timeNs, NodeKind kind, String path)
{
}
