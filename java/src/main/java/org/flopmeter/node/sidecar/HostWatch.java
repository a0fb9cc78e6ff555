/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.flopmeter.node.io.DocumentFiles;
import org.flopmeter.node.io.DocumentJson;
import org.flopmeter.node.io.UsageException;
import org.flopmeter.node.run.CounterFacts;
import org.flopmeter.node.run.RunFacts;
import org.flopmeter.unit.FlopCount;
import org.flopmeter.unit.FlopInterval;
import org.flopmeter.unit.Precision;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.JsonNodeFactory;
import tools.jackson.databind.node.ObjectNode;

/**
 * The host's CPU counters beside what lanes declare: a cross-check, in no total (docs/design/0019-sidecar.md, section
 * 6). Belongs to the sidecar's thread. What it knows is in a file beside the status, so that the next sidecar goes on.
 */
final class HostWatch
{
    static final String FILE = "host.json";
    static final String SCHEMA = "flopmeter/host-counters/v1";
    static final String ABOVE = "SHAPE_ABOVE_EXECUTED";

    /** What a sidecar before this one knew; nothing when that was another boot, or makes no sense. */
    record Kept(CounterFacts sum, HostDeclared declared)
    {
    }

    private final Runnable starter;
    private final Supplier<HostCounter.Answer> answers;
    private final Path file;
    private final String boot;
    private final Consumer<String> log;
    private final Runnable onChange;
    private final HostDeclared declared;
    private boolean isStarted;
    private boolean hasBegun;
    private HostCounter.Answer answer;
    private BigInteger mostNow = BigInteger.ZERO;
    private BigInteger leastThen = BigInteger.ZERO;
    private BigInteger leastLooked = BigInteger.ZERO;
    private long lookedNs;
    private BigInteger certain = BigInteger.ZERO;
    private boolean isUnwritable;

    /**
     * @param starter  opens the counters; called once, when it is known what was declared before.
     * @param onChange called when there is something that the status should say at once.
     */
    HostWatch(
        final Runnable starter,
        final Supplier<HostCounter.Answer> answers,
        final Path file,
        final String boot,
        final Kept kept,
        final Consumer<String> log,
        final Runnable onChange)
    {
        this.starter = starter;
        this.answers = answers;
        this.file = file;
        this.boot = boot;
        this.log = log;
        this.onChange = onChange;
        declared = null == kept ? new HostDeclared() : kept.declared();
        hasBegun = null != kept;
    }

    /** Null when there is nothing to go on from. */
    static Kept keptIn(final Path file, final String boot, final long nowNs)
    {
        try
        {
            final JsonNode json = RunFacts.parse(file);
            final CounterFacts sum =
                CounterFacts.read(JsonNodeFactory.instance.arrayNode().add(json.path("counter"))).get(0);
            final boolean isOurs = SCHEMA.equals(json.path("schema").asString("")) && !boot.isEmpty() &&
                boot.equals(json.path("bootId").asString("")) && sum.isRead() && 0 < sum.beginMonotonicNs() &&
                sum.beginMonotonicNs() <= sum.endMonotonicNs() && sum.endMonotonicNs() <= nowNs;
            return isOurs ? new Kept(sum, HostDeclared.resume(json.path("declared"))) : null;
        }
        catch (final UsageException notThere)
        {
            return null;
        }
    }

    /** A run is served from now on, or still. Whatever is wrong with it is told elsewhere: here it stays as it was. */
    void observe(final ServedRun run)
    {
        try
        {
            observe(run.directory().toString(), run.isStanding() ? 0 : run.beganNs(), run.counted());
        }
        catch (final RuntimeException damaged)
        {
            return;
        }
    }

    /** @param beganNs CLOCK_MONOTONIC; 0 = not known, or long ago. */
    void observe(final String directory, final long beganNs, final HostDeclared.Counted counted)
    {
        final boolean isInside =
            null != answer && answer.sum().isRead() && beganNs >= answer.sum().beginMonotonicNs();
        declared.observe(directory, isInside, counted);
    }

    /** It is over. */
    void leave(final ServedRun run, final long nowNs)
    {
        observe(run);
        leave(run.directory().toString(), nowNs);
    }

    /** It goes on, and is not served any more. */
    void letGo(final ServedRun run, final long nowNs)
    {
        observe(run);
        declared.letGo(run.directory().toString(), nowNs);
    }

    void leave(final String directory, final long nowNs)
    {
        declared.leave(directory, nowNs);
    }

    /** These directories are not there any more. */
    void forget(final Predicate<String> gone)
    {
        declared.forget(gone);
    }

    /** Take what is new. */
    void look(final Iterable<ServedRun> runs, final long nowNs)
    {
        if (!isStarted)
        {
            isStarted = true;
            runs.forEach(this::observe);
            declared.start();
            starter.run();
        }
        final HostCounter.Answer now = answers.get();
        if (null == now || now == answer)
        {
            return;
        }
        final boolean isNews = null == answer || !answer.sum().state().equals(now.sum().state());
        final boolean wasFinding = isAbove();
        answer = now;
        runs.forEach(this::observe);
        if (now.sum().isRead() && !hasBegun)
        {
            hasBegun = true;
            declared.begin();
        }
        certain = declared.certain(now.sum().endMonotonicNs());
        // What was declared by the end of the reading, and what is by now, which is after it.
        leastThen = lookedNs - now.sum().endMonotonicNs() <= 0 ? leastLooked : leastThen;
        mostNow = declared.most();
        leastLooked = declared.least();
        lookedNs = nowNs;
        if (now.sum().isRead())
        {
            write();
        }
        if (isNews || wasFinding != isAbove())
        {
            onChange.run();
        }
    }

    private void write()
    {
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("schema", SCHEMA).put("bootId", boot);
        json.set("counter", counter());
        json.set("declared", declared.json());
        try
        {
            DocumentFiles.replace(file, DocumentJson.print(json));
            isUnwritable = false;
        }
        catch (final IOException ex)
        {
            if (!isUnwritable)
            {
                log.accept("host counters can't be kept for the next sidecar: " + ex.getMessage());
            }
            isUnwritable = true;
        }
    }

    private ObjectNode counter()
    {
        final CounterFacts sum = answer.sum();
        final ObjectNode json = JsonNodeFactory.instance.objectNode();
        json.put("name", sum.name()).put("source", "perf").put("basis", "EXACT_EXECUTED").put("inTotal", false)
            .put("state", sum.state()).put("detail", sum.detail()).put("remedy", answer.remedy())
            .put("isRead", sum.isRead()).put("beginMonotonicNs", sum.beginMonotonicNs())
            .put("endMonotonicNs", sum.endMonotonicNs()).put("coveredNs", sum.coveredNs())
            .put("cpusOnline", answer.online()).put("cpusWatched", answer.watched());
        if (null != sum.runningNs())
        {
            json.put("runningNs", sum.runningNs());
        }
        final ArrayNode figures = json.putArray("figures");
        new TreeMap<>(sum.figures()).forEach((precision, figure) -> figures.add(
            JsonNodeFactory.instance.objectNode().put("precision", precision.jsonName())
                .setAll(DocumentJson.interval(figure))));
        final ArrayNode gaps = json.putArray("gaps");
        sum.gaps().forEach(gap -> gaps.addObject().put("beginMonotonicNs", gap.beginMonotonicNs())
            .put("endMonotonicNs", gap.endMonotonicNs()).put("reason", gap.reason()));
        return json;
    }

    /** For the status; null before the first answer. */
    ObjectNode json()
    {
        if (null == answer)
        {
            return null;
        }
        final ObjectNode json = counter();
        if (answer.sum().isRead())
        {
            final FlopInterval executed = executed(answer.sum().figures());
            json.set("executed", DocumentJson.interval(executed));
            json.putObject("declared").put("lower", leastLooked.toString()).put("upper", mostNow.toString());
            json.set("unattributed", DocumentJson.interval(beyond(executed)));
        }
        final ArrayNode findings = json.putArray("findings");
        if (isAbove())
        {
            findings.addObject().put("kind", ABOVE).put("reason", "calls on CPUs in runs that began and ended while " +
                "the counters watched state " + certain + " FLOP, and all CPUs executed at most " +
                executed(answer.sum().figures()).upperText());
        }
        return json;
    }

    /** Executed in all and declared by no lane that this sidecar reads, as far as that is known by now. */
    private FlopInterval beyond(final FlopInterval executed)
    {
        final FlopCount lower = less(executed.lower(), mostNow);
        final FlopCount point = less(executed.point(), mostNow);
        return executed.isBounded() ?
            FlopInterval.of(lower, point, less(executed.upper(), leastThen).max(point)) :
            FlopInterval.unbounded(lower, point);
    }

    private static FlopCount less(final FlopCount one, final BigInteger other)
    {
        return FlopCount.of(one.toBigInteger().subtract(other).max(BigInteger.ZERO));
    }

    private static FlopInterval executed(final Map<Precision, FlopInterval> figures)
    {
        return figures.values().stream().reduce(FlopInterval.ZERO, FlopInterval::add);
    }

    /** Do calls state more than the CPUs can have done? */
    private boolean isAbove()
    {
        if (null == answer || !answer.sum().isRead())
        {
            return false;
        }
        final FlopInterval executed = executed(answer.sum().figures());
        return executed.isBounded() && certain.compareTo(executed.upper().toBigInteger()) > 0;
    }

    /**
     * How the process is called; null where the build has none.
     *
     * @param place where somebody may wish that it pauses.
     */
    static List<String> command(final String nativePath, final Path place)
    {
        final String program = program(nativePath);
        return null == program ? null : List.of(program, "host", "--pause-dir", place.toAbsolutePath().toString());
    }

    /** Path of flopmeter-counter. Null where the build has none. */
    static String program(final String nativePath)
    {
        final Path program = Path.of(nativePath.isEmpty() ? "lib" : nativePath).toAbsolutePath()
            .resolveSibling("bin").resolve("flopmeter-counter");
        return Files.isExecutable(program) ? program.toString() : null;
    }
}
