/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.run;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.flopmeter.aggregate.Gap;
import org.flopmeter.aggregate.KeyTotal;
import org.flopmeter.unit.Basis;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Part;
import org.flopmeter.unit.Precision;
import org.flopmeter.unit.Source;
import org.flopmeter.wire.GapReason;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a host's devices did: the layer of its directory, with an end only where all that it misses is within it. */
class DeviceReadingTest
{
    private static final String NODE = "device:GPU-11111111";

    @TempDir
    private Path folder;

    private static KeyTotal key(final String run, final Precision precision, final Part part, final long flopCount)
    {
        return new KeyTotal(
            run, NODE, precision, Basis.DERIVED, Source.CUDA, part, FlopCount.of(flopCount), 1, false);
    }

    private static Reading reading(final long lost, final GapReason... reasons)
    {
        final List<KeyTotal> keys = List.of(
            key("host", Precision.UNKNOWN, Part.ESTIMATE, 30), key("host", Precision.UNKNOWN, Part.BOUND, 50),
            key("host", Precision.FP64, Part.COUNT, 7), key("job-7", Precision.FP64, Part.COUNT, 5),
            key("", Precision.FP64, Part.COUNT, 3));
        final List<Gap> gaps = List.of(reasons).stream()
            .map(reason -> new Gap(Source.CUDA, reason, 1, 1, 2, 0)).toList();
        return new Reading(keys, 5 + lost, 5, 0, lost, List.of(), gaps, List.of(), false);
    }

    private static FlopInterval interval(final long lower, final long point, final long upper)
    {
        return FlopInterval.of(FlopCount.of(lower), FlopCount.of(point), FlopCount.of(upper));
    }

    @Test
    void shouldAddUpWhatCountersSawByWhoseItIs()
    {
        final DeviceReading devices =
            DeviceReading.of(reading(0, GapReason.COUNTER_PAUSED, GapReason.SHARED), true);

        assertEquals(interval(10, 40, 90), devices.totals().get("host").get(NODE), "with what has no name");
        assertEquals(interval(5, 5, 5), devices.totals().get("job-7").get(NODE));
        assertEquals(2, devices.totals().size());
        assertEquals(interval(15, 45, 95), devices.all());
    }

    /** What may have been a job's is in its own end, and in the sum once: under the host, as it was read. */
    @Test
    void shouldHoldInAJobsEndWhatItMayHaveDoneBesideOthers()
    {
        final Reading before = reading(0, GapReason.SHARED);
        final List<KeyTotal> keys = new ArrayList<>(before.keys());
        for (final String job : List.of("job-7", "job-8"))
        {
            keys.add(new KeyTotal(job, "shared:GPU-11111111", Precision.UNKNOWN, Basis.DERIVED, Source.CUDA,
                Part.BOUND, FlopCount.of(80), 1, false));
        }
        final DeviceReading devices = DeviceReading.of(
            new Reading(keys, 7, 7, 0, 0, List.of(), before.gaps(), List.of(), false), true);

        assertEquals(interval(5, 5, 85), devices.totals().get("job-7").get(NODE));
        assertEquals(interval(0, 0, 80), devices.totals().get("job-8").get(NODE), "one that never had it alone");
        assertEquals(Map.of(NODE, FlopCount.of(80)), devices.shared().get("job-8"));
        assertEquals(Map.of(), devices.shared().getOrDefault("host", Map.of()));
        assertEquals(DeviceReading.of(before, true).all(), devices.all(), "the sum has it once");
        assertEquals(1, devices.totals().get("job-7").size(), "one device");
    }

    /** A lane can hold anything: what is no bound is a total, and lost in no sum. */
    @Test
    void shouldCountWhatNoMeterPutsUnderASharedNode()
    {
        final Reading forged = new Reading(List.of(new KeyTotal("7", "shared:x", Precision.FP64, Basis.DERIVED,
            Source.CUDA, Part.COUNT, FlopCount.of(9), 1, false)), 1, 1, 0, 0, List.of(), List.of(), List.of(), false);

        assertEquals(interval(9, 9, 9), DeviceReading.of(forged, true).all());
        assertEquals(interval(9, 9, 9), DeviceReading.of(forged, true).totals().get("7").get("shared:x"));
    }

    @ParameterizedTest
    @EnumSource(value = GapReason.class, mode = EnumSource.Mode.EXCLUDE, names = { "COUNTER_PAUSED", "SHARED", "KEYS" })
    void shouldHaveNoEndWhereSomethingIsMissed(final GapReason reason)
    {
        assertFalse(DeviceReading.of(reading(0, reason), true).all().isBounded());
    }

    @Test
    void shouldHaveNoEndWhereTheCounterSaysNone()
    {
        assertFalse(DeviceReading.of(reading(0), false).all().isBounded());
        assertFalse(DeviceReading.of(reading(1), true).all().isBounded(), "a sample was lost");
        assertTrue(DeviceReading.of(reading(0), true).all().isBounded());
        assertEquals(FlopCount.of(15), DeviceReading.of(reading(0), false).all().lower());
    }

    @Test
    void shouldBelieveNoNoteThatMakesNoSense() throws Exception
    {
        final String sound = "{\"schema\": \"flopmeter/devices/v1\", \"beginMonotonicNs\": 1, " +
            "\"coveredMonotonicNs\": 2, \"writtenMonotonicNs\": 3, \"isBounded\": true}";
        final Path file = folder.resolve(DeviceNote.FILE);
        Files.writeString(file, sound);
        final DeviceNote note = DeviceNote.read(folder);
        assertTrue(note.isThere() && note.isBounded() && 2 == note.coveredNs());

        for (final String bad : List.of("", "[]", "{", sound.replace("/v1", "/v2"), sound.replace("\": 2", "\": 4"),
            sound.replace("\": 2", "\": \"x\""), sound.replace("\": 1,", "\": -1,")))
        {
            Files.writeString(file, bad);
            assertFalse(DeviceNote.read(folder).isThere() || DeviceNote.read(folder).isBounded(), bad);
        }
        Files.delete(file);
        assertFalse(DeviceNote.read(folder).isBounded());
    }
}
