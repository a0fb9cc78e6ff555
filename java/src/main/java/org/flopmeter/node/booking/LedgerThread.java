/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.booking;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.flopmeter.aggregate.AggregatorAgent;
import org.flopmeter.node.run.Reading;
import org.flopmeter.node.run.RunResult;
import org.flopmeter.node.text.Messages;
import org.flopmeter.unit.FlopOverflowException;

/**
 * Books what runs have committed, every second, all runs of a ledger in one block: docs/design/0018-ledger.md section
 * 3. Before each interval's end it asks, and the next duty cycle of each run hands over what is committed, when that is
 * news: no cycle waits for a disk or a lock. Methods may be called from any thread and return at once, but where it is
 * said otherwise.
 */
public final class LedgerThread implements AutoCloseable
{
    /** The property is for tests that kill meters. */
    public static final long INTERVAL_NS =
        TimeUnit.MILLISECONDS.toNanos(Long.getLong("flopmeter.ledger.interval.ms", 1000));
    /** How long the result of a run waits for its booking. */
    public static final long PATIENCE_NS = TimeUnit.SECONDS.toNanos(15);
    /** What a cycle and the longest sleep before it take. */
    private static final long ANSWER_NS = TimeUnit.MILLISECONDS.toNanos(150);

    private final long intervalNs;
    private final boolean isLasting;
    private final Consumer<String> log;
    private final Map<Path, LedgerBook> books = new LinkedHashMap<>();
    private final Map<LedgerRun, Live> live = new LinkedHashMap<>();
    private final Queue<Runnable> commands = new ConcurrentLinkedQueue<>();
    private final LongSupplier nanoTime;
    private final Function<Path, LedgerBook> newBook;
    /** Null where somebody else calls {@link #turn}. */
    private final Thread thread;
    private long askedNs;
    private boolean isWaiting;
    private volatile Status status = new Status(0, 0, null, 0);
    private volatile boolean isStopped;

    /**
     * For people.
     *
     * @param failure  null when everything is durable.
     * @param unbooked ended runs that are kept in memory.
     */
    public record Status(int runs, long blocks, String failure, int unbooked)
    {
    }

    /** @param isLasting it goes on when a run has ended: what can't be written then may be written later. */
    public LedgerThread(final long intervalNs, final boolean isLasting, final Consumer<String> log)
    {
        this.intervalNs = intervalNs;
        this.isLasting = isLasting;
        this.log = log;
        nanoTime = System::nanoTime;
        newBook = LedgerBook::new;
        askedNs = nanoTime.getAsLong() - intervalNs;
        thread = new Thread(this::run, "flopmeter-ledger");
        thread.setDaemon(true);
        thread.start();
    }

    /** Without a thread: a simulator takes each turn, on its own clock. */
    LedgerThread(
        final long intervalNs, final Consumer<String> log, final LongSupplier nanoTime,
        final Function<Path, LedgerBook> newBook)
    {
        this.intervalNs = intervalNs;
        this.log = log;
        this.nanoTime = nanoTime;
        this.newBook = newBook;
        isLasting = true;
        askedNs = nanoTime.getAsLong() - intervalNs;
        thread = null;
    }

    /** One run that is booked while it goes on. */
    public final class Live implements LedgerBooking
    {
        private final Path directory;
        private final Messages messages;
        private final Path state;
        private final List<String> lines = new ArrayList<>();
        private final CountDownLatch told = new CountDownLatch(1);
        private LedgerRun run;
        private LedgerBook book;
        private volatile Runnable onTold = LedgerThread::ignore;
        private volatile boolean isAsked = true;
        private long commitsAnswered = -1;

        /** @param state null = what the directory says. */
        Live(final Path directory, final Messages messages, final Path state)
        {
            this.directory = directory;
            this.messages = messages;
            this.state = state;
        }

        /** In each duty cycle of the run, on its thread: hand over what is committed, when it was asked for. */
        public void answer(final AggregatorAgent agent)
        {
            if (!isAsked)
            {
                return;
            }
            isAsked = false;
            final long commits = agent.commits();
            if (commits == commitsAnswered && !agent.hasNested())
            {
                return;
            }
            try
            {
                final Reading reading = Reading.of(agent.totals());
                commitsAnswered = commits;
                handOver(reading);
            }
            catch (final FlopOverflowException ex)
            {
                // The run's end tells of it.
                return;
            }
        }

        /** For the ledger's thread to see; wakes nobody. */
        void handOver(final Reading reading)
        {
            commands.add(() -> see(reading));
        }

        private void see(final Reading reading)
        {
            if (null == run || run.isEnding() || null != run.refusal())
            {
                return;
            }
            try
            {
                run.see(reading, nanoTime.getAsLong());
            }
            catch (final RuntimeException ex)
            {
                // Nothing that one run counts is a matter of the others. Its end is tried, and tells of it.
                run.refuse(reasonOf(ex));
                log.accept(directory + ": not booked: " + run.refusal());
                live.remove(run);
                if (null != book)
                {
                    book.letGo(run);
                }
            }
        }

        /** The run is over. Calls back, from the ledger's thread, when {@link #lines} tell what became of it. */
        public void end(final RunResult result, final Reading reading, final Runnable callBack)
        {
            onTold = callBack;
            command(() -> endNow(result, reading));
        }

        public boolean isTold()
        {
            return 0 == told.getCount();
        }

        /** What people should know; when {@link #isTold}. */
        public List<String> lines()
        {
            return List.copyOf(lines);
        }

        /** Somebody else goes on with the directory: what this one would still write, the ledger refuses to take. */
        public void letGo()
        {
            command(() ->
            {
                if (null != run && !run.isEnding())
                {
                    book.letGo(run);
                    live.remove(run);
                }
            });
        }

        @Override
        public List<String> book(final RunResult result, final Reading reading)
        {
            end(result, reading, LedgerThread::ignore);
            return await(told) ? lines() : unanswered();
        }

        /** What people should know where nobody waits any longer; the disk may hang for hours. */
        public List<String> unanswered()
        {
            return List.of(LedgerBooking.line(messages, isLasting ? "ledger.notBookedYet" : "ledger.notBooked",
                "no answer in " + TimeUnit.NANOSECONDS.toSeconds(PATIENCE_NS) + " s"));
        }

        private void begin()
        {
            try
            {
                take(LedgerRun.of(directory, nanoTime.getAsLong()));
            }
            catch (final IOException | RuntimeException ex)
            {
                log.accept(directory + ": not booked: " + reasonOf(ex));
            }
        }

        /** All of it or nothing: what is in no book has no run here, and its end is tried anew. */
        private void take(final LedgerRun taken) throws IOException
        {
            book = books.computeIfAbsent(
                null == state ? LedgerBooking.stateOf(directory) : state, newBook);
            book.add(taken);
            live.put(taken, this);
            run = taken;
        }

        private void endNow(final RunResult result, final Reading reading)
        {
            try
            {
                if (null == run || null != run.refusal())
                {
                    take(LedgerRun.of(directory, result.facts()));
                }
                run.end(result, reading);
            }
            catch (final IOException | RuntimeException ex)
            {
                tell("ledger.notBooked", reasonOf(ex));
            }
        }

        private void tell(final String key, final String text)
        {
            if (null != key)
            {
                lines.add(LedgerBooking.line(messages, key, text));
            }
            told.countDown();
            onTold.run();
        }

        /** What became of the end, once. */
        private void tellEnd(final List<String[]> news)
        {
            news.forEach(line -> lines.add(LedgerBooking.line(messages, line[0], line[1])));
            if (run.isBooked())
            {
                tell(null, null);
            }
            else if (null != run.refusal())
            {
                tell("ledger.notBooked", run.refusal());
            }
            else
            {
                tell(isLasting ? "ledger.notBookedYet" : "ledger.notBooked", String.valueOf(book.failure()));
            }
        }
    }

    /** Book it from now on. Null for a directory that has no ledger. */
    public Live begin(final Path meterDirectory, final Messages messages)
    {
        final Path directory = meterDirectory.toAbsolutePath();
        if (!LedgerBooking.isBooked(directory))
        {
            return null;
        }
        final Live begun = new Live(directory, messages, null);
        command(begun::begin);
        return begun;
    }

    /** A directory of processes that belong to no run: booked until it is let go, and never closed here. */
    public Live beginStanding(final Path meterDirectory, final Path state)
    {
        final Live begun = new Live(meterDirectory.toAbsolutePath(), Messages.english(), state);
        command(begun::begin);
        return begun;
    }

    public Status status()
    {
        return status;
    }

    private void command(final Runnable command)
    {
        commands.add(command);
        LockSupport.unpark(thread);
    }

    private static boolean await(final CountDownLatch latch)
    {
        try
        {
            return latch.await(PATIENCE_NS, TimeUnit.NANOSECONDS);
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void run()
    {
        while (!isStopped || !commands.isEmpty())
        {
            final long waitNs = turn();
            if (commands.isEmpty() && !isStopped)
            {
                LockSupport.parkNanos(waitNs);
            }
        }
        finish();
    }

    /** Take what was asked for, and book what it is time to book. Return for how long there is nothing more to do. */
    long turn()
    {
        final long answerNs = Math.min(ANSWER_NS, intervalNs / 2);
        final boolean isCalled = takeCommands();
        final long nowNs = nanoTime.getAsLong();
        if (!isWaiting && nowNs - askedNs >= intervalNs)
        {
            askedNs = nowNs;
            isWaiting = true;
            live.values().forEach(run -> run.isAsked = true);
        }
        final boolean isInterval = isWaiting && nowNs - askedNs >= answerNs;
        isWaiting &= !isInterval;
        if (isInterval || isCalled)
        {
            work(isInterval);
        }
        return Math.max(1, (isWaiting ? answerNs : intervalNs) - (nanoTime.getAsLong() - askedNs));
    }

    private void finish()
    {
        work(true);
        books.values().forEach(this::end);
    }

    private boolean takeCommands()
    {
        boolean isCalled = false;
        for (Runnable command = commands.poll(); null != command; command = commands.poll())
        {
            isCalled = true;
            try
            {
                command.run();
            }
            catch (final RuntimeException ex)
            {
                // The thread is everybody's.
                log.accept("ledger: " + reasonOf(ex));
            }
        }
        return isCalled;
    }

    private void work(final boolean isInterval)
    {
        int unbooked = 0;
        long blocks = 0;
        String failure = null;
        for (final LedgerBook book : books.values())
        {
            final boolean isEnd = live.entrySet().stream()
                .anyMatch(entry -> entry.getValue().book == book && entry.getKey().isEnding() &&
                    !entry.getValue().isTold());
            if (isEnd || (isInterval && book.isDue()))
            {
                book.seal(false);
                tell(book);
            }
            unbooked += (int)book.runs().stream().filter(LedgerRun::isEnding).count();
            blocks += book.blocks();
            failure = null == book.failure() ? failure : book.failure();
        }
        status = new Status(live.size(), blocks, failure, unbooked);
    }

    private void tell(final LedgerBook book)
    {
        final List<String[]> news = book.takeNews();
        news.forEach(line -> log.accept(LedgerBooking.line(Messages.english(), line[0], line[1])));
        for (final Map.Entry<LedgerRun, Live> entry : List.copyOf(live.entrySet()))
        {
            final LedgerRun run = entry.getKey();
            final Live told = entry.getValue();
            if (told.book == book && run.isEnding() && !told.isTold())
            {
                told.tellEnd(news);
                live.remove(run);
            }
            else if (told.book == book && (run.isFenced() || null != run.refusal()))
            {
                live.remove(run);
            }
        }
        book.keep();
    }

    private void end(final LedgerBook book)
    {
        try
        {
            book.finish();
            book.close();
        }
        catch (final IOException ex)
        {
            log.accept("ledger: " + ex.getMessage());
        }
    }

    private static void ignore()
    {
        // Nobody waits.
    }

    private static String reasonOf(final Exception ex)
    {
        return null == ex.getMessage() ? ex.getClass().getSimpleName() : ex.getMessage();
    }

    /** Write what there is, sign it, and end. Waits for the disk for a while. */
    @Override
    public void close()
    {
        isStopped = true;
        LockSupport.unpark(thread);
        try
        {
            thread.join(TimeUnit.NANOSECONDS.toMillis(PATIENCE_NS));
        }
        catch (final InterruptedException ex)
        {
            Thread.currentThread().interrupt();
        }
    }
}
