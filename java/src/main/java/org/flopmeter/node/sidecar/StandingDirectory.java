/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.node.sidecar;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.SecureRandom;
import java.util.Set;
import org.flopmeter.aggregate.AccountHeldException;
import org.flopmeter.ledger.Presence;
import org.flopmeter.wire.ControlDescriptor;
import org.flopmeter.wire.LaneMapper;
import org.flopmeter.wire.LaneViolation;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * A meter directory of processes that belong to no run: services, or the counter of the host's devices. It is made once
 * and outlives every sidecar.
 */
final class StandingDirectory
{
    /** By this mark a supervisor knows that it is not inside a run (native/src/run/directory.c). */
    static final String MARK = "standing";
    private static final String TEMPORARY = ".control.tmp";
    private static final String PROBE = ".room.tmp";
    private static final int PROBE_LENGTH = 16 * 1024;

    private StandingDirectory()
    {
    }

    /** Nobody knows now whether it is damaged. */
    private static final class UnsureException extends IOException
    {
        private static final long serialVersionUID = 1L;

        UnsureException(final IOException cause)
        {
            super("can't be looked at: " + cause.getMessage(), cause);
        }
    }

    /**
     * Make what is missing and serve it. A damaged one is moved aside, and told of: a sidecar always starts.
     *
     * @throws org.flopmeter.aggregate.AccountHeldException another meter reads it, which is no damage.
     * @throws IOException                                  no room for it now, or it can't be looked at, which is none
     *     either: try again later.
     */
    static ServedRun open(
        final Path place, final String name, final long uid, final LaneMapper mapper, final Sidecar sidecar)
        throws IOException
    {
        final Path directory = place.resolve(name);
        try
        {
            return serve(directory, uid, mapper);
        }
        catch (final AccountHeldException | UnsureException later)
        {
            throw later;
        }
        catch (final LaneViolation | IOException | RuntimeException damage)
        {
            if (!(damage instanceof LaneViolation) && !hasRoom(place))
            {
                // Its lanes are alive: moved aside, they would go on where nobody reads them.
                throw new IOException("no room to serve it: " + damage.getMessage(), damage);
            }
            final Path aside = place.resolve(name + "-damaged-" + System.currentTimeMillis());
            Files.move(directory, aside, StandardCopyOption.ATOMIC_MOVE);
            sidecar.refuseForGood(aside, "moved aside: " + damage.getMessage());
            try
            {
                return serve(directory, uid, mapper);
            }
            catch (final LaneViolation ex)
            {
                throw new IOException(directory + ": " + ex.getMessage(), ex);
            }
        }
    }

    /** Can a file be made here, and written? What the system says of an error is in the user's language. */
    private static boolean hasRoom(final Path place) throws IOException
    {
        final Path probe = place.resolve(PROBE);
        try
        {
            Files.write(probe, new byte[PROBE_LENGTH]);
            return true;
        }
        catch (final IOException full)
        {
            return false;
        }
        finally
        {
            Files.deleteIfExists(probe);
        }
    }

    private static ServedRun serve(final Path directory, final long uid, final LaneMapper mapper)
        throws IOException, LaneViolation
    {
        MeterPlace.makeDirectories(directory);
        final String fault = sure(() -> MeterPlace.faultOf(directory, uid));
        if (null != fault)
        {
            throw new IOException(fault);
        }
        if (!sure(() -> Presence.isThere(directory.resolve(MARK))))
        {
            Files.createFile(directory.resolve(MARK), PosixFilePermissions.asFileAttribute(MeterPlace.FILE_OF_OWNER));
        }
        // With another one in its place what is counted there is booked a second time, as another meter's.
        if (!sure(() -> Presence.isThere(directory.resolve(ControlDescriptor.NAME))))
        {
            writeControl(directory);
        }
        sure(() ->
        {
            Sidecar.checkControl(directory, mapper);
            return null;
        });
        return ServedRun.ofServices(
            directory, JsonNodeFactory.instance.objectNode().put("run", directory.getFileName().toString()), mapper);
    }

    /** A look that tells nothing of damage when it is refused. */
    private interface Look<T>
    {
        T look() throws IOException, LaneViolation;
    }

    private static <T> T sure(final Look<T> look) throws UnsureException, LaneViolation
    {
        try
        {
            return look.look();
        }
        catch (final IOException ex)
        {
            throw new UnsureException(ex);
        }
    }

    /** Whole or not at all, as a supervisor does it: 0002 section 2. */
    static void writeControl(final Path directory) throws IOException
    {
        final ByteBuffer page = ByteBuffer.allocate(ControlDescriptor.FILE_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        page.putLong(0, ControlDescriptor.MAGIC)
            .putInt(ControlDescriptor.WIRE_VERSION_OFFSET, ControlDescriptor.WIRE_VERSION)
            .putInt(ControlDescriptor.FILE_LENGTH_OFFSET, ControlDescriptor.FILE_LENGTH)
            .putLong(ControlDescriptor.METER_NONCE_OFFSET, new SecureRandom().nextLong())
            .putInt(ControlDescriptor.SUPERVISOR_PID_OFFSET, (int)ProcessHandle.current().pid())
            .putInt(ControlDescriptor.METER_STATE_OFFSET, ControlDescriptor.METER_STATE_ACCEPTING)
            .putLong(ControlDescriptor.TIME_NS_OFFSET, System.nanoTime());
        final Path temporary = directory.resolve(TEMPORARY);
        Files.deleteIfExists(temporary);
        try (FileChannel channel = FileChannel.open(
            temporary, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(MeterPlace.FILE_OF_OWNER)))
        {
            while (page.hasRemaining())
            {
                channel.write(page);
            }
        }
        Files.move(temporary, directory.resolve(ControlDescriptor.NAME), StandardCopyOption.ATOMIC_MOVE);
    }
}
