/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.wire;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.flopmeter.unit.Source;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Gaps as processes write them, one by one and joined. */
class ControlReaderTest
{
    private static final int PAUSED = GapReason.COUNTER_PAUSED.code();
    private static final int CUDA = Source.CUDA.code();

    @TempDir
    private Path folder;
    private final ByteBuffer page = ByteBuffer.allocate(ControlDescriptor.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);

    private void gap(final int index, final long endNs, final int joined, final int ended)
    {
        final int at = ControlDescriptor.GAP_OFFSET + index * ControlDescriptor.GAP_LENGTH;
        page.putInt(at + ControlDescriptor.GAP_STATE_OFFSET, ControlDescriptor.GAP_STATE_COMPLETE)
            .putInt(at + ControlDescriptor.GAP_REASON_OFFSET, PAUSED)
            .putInt(at + ControlDescriptor.GAP_SOURCE_OFFSET, CUDA)
            .putLong(at + ControlDescriptor.GAP_BEGIN_NS_OFFSET, 1000)
            .putLong(at + ControlDescriptor.GAP_END_NS_OFFSET, endNs)
            .putInt(at + ControlDescriptor.GAP_JOINED_OFFSET, joined)
            .putInt(at + ControlDescriptor.GAP_ENDED_OFFSET, ended);
    }

    /** What is read: "end joined" of each. */
    private List<String> read() throws IOException, LaneViolation
    {
        page.putLong(0, ControlDescriptor.MAGIC)
            .putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION);
        Files.write(folder.resolve("control"), page.array());
        final List<String> gaps = new ArrayList<>();
        try (MappedLane control = new ChannelLaneMapper().map(folder, "control", ControlDescriptor.FILE_LENGTH))
        {
            assertEquals(0, new ControlReader(control).gaps((source, reason, pid, beginNs, endNs, samples, joined) ->
                gaps.add((ControlReader.NO_END_NS == endNs ? "open" : endNs) + " " + joined)));
        }
        return gaps;
    }

    @Test
    void shouldReadGapsOfAnOlderVersionAsTheyWere() throws Exception
    {
        gap(0, 0, 0, 0);
        gap(1, 5000, 0, 0);
        gap(2, 0, 0, 0);
        page.putInt(ControlDescriptor.GAP_OFFSET + 2 * ControlDescriptor.GAP_LENGTH +
            ControlDescriptor.GAP_REASON_OFFSET, GapReason.COUNTER.code());

        assertEquals(List.of("open 0", "5000 0", "1000 0"), read());
    }

    /** As long as one of them has not ended nobody knows the end, whatever the others left there. */
    @Test
    void shouldEndJoinedPausesWithTheLastOfThem() throws Exception
    {
        gap(0, 5000, 0, 1);
        gap(1, 5000, 1, 1);
        gap(2, 6000, 1, 2);
        gap(3, 6000, 40, 40);
        gap(4, 7000, -1, -1);
        gap(5, 8000, 3, 9);
        gap(6, 0, 0, 1);

        assertEquals(
            List.of("5000 0", "open 1", "6000 1", "open 40", "open 4294967295", "8000 3", "1000 0"), read());
    }
}
