/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.store;

import java.util.List;
import org.flopmeter.graph.Cut;
import org.flopmeter.graph.NodeKind;
import org.flopmeter.graph.Purpose;
import org.flopmeter.graph.store.GraphRecord.Begun;
import org.flopmeter.graph.store.GraphRecord.CutMade;
import org.flopmeter.graph.store.GraphRecord.Declared;
import org.flopmeter.graph.store.GraphRecord.Ended;
import org.flopmeter.graph.store.GraphRecord.HumanMade;
import org.flopmeter.graph.store.GraphRecord.Imported;
import org.flopmeter.graph.store.GraphRecord.Peaked;
import org.flopmeter.graph.store.GraphRecord.Purposed;
import org.flopmeter.graph.store.GraphRecord.Read;
import org.flopmeter.graph.store.GraphRecord.Segment;
import org.flopmeter.graph.store.GraphRecord.Weighed;
import org.flopmeter.graph.store.GraphRecord.Written;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;

/** Records for tests. */
final class Records
{
    private Records()
    {
    }

    static ContentDigest digest(final int number)
    {
        return new ContentDigest(String.format("%064x", number));
    }

    static Begun begun(final String name, final long beginNs)
    {
        return new Begun(beginNs, name, "run", name, "./" + name, "");
    }

    static Written written(final long computation, final int content, final long timeNs)
    {
        return new Written(
            computation, digest(content), 10, timeNs, NodeKind.DATASET, "/tmp/\u7b97\u529b " + content);
    }

    static Read read(final long computation, final int content, final long timeNs)
    {
        return new Read(computation, digest(content), 10, timeNs, false, "/tmp/" + content);
    }

    static Weighed weighed(final long computation, final long asOfNs, final FlopInterval flop)
    {
        return new Weighed(computation, asOfNs, "fp32", flop);
    }

    static FlopInterval exactly(final long flopCount)
    {
        return FlopInterval.exact(FlopCount.of(flopCount));
    }

    /** One of every type, with the ends of what it can hold. */
    static List<GraphRecord> ofEveryType(final long first)
    {
        return List.of(
            begun("prep", 1),
            new Ended(first, Long.MAX_VALUE, -1),
            weighed(first, 7, FlopInterval.unbounded(FlopCount.of(3), FlopCount.MAX)),
            weighed(first, 8, FlopInterval.of(FlopCount.of(3), FlopCount.of(1L << 40, 5), FlopCount.MAX)),
            written(first, 1, 9),
            new Read(first, null, 0, 3, true, "/nowhere"),
            read(first, 2, 4),
            new Peaked(first, FlopCount.MAX),
            new Declared(digest(2), null, "typed by hand", "A. Author", 5, "/tmp/2"),
            new Declared(digest(3), FlopCount.MAX, "at most that", "", 6, ""),
            new CutMade("sha256:1", "b", Cut.INDEPENDENT, "never opened", "A. Author", 8),
            new Imported(ImportFormat.NODES, 9, "/tmp/g.json", "A. Author", "{}\n" + "\u7b97".repeat(10)),
            new HumanMade("s3://a/b", "typed by hand", "A. Author", 10),
            new Purposed("prep", Purpose.FAILED, "lost", "A. Author", 11),
            new Segment(first, Long.MAX_VALUE, "segment:warm-up"));
    }
}
