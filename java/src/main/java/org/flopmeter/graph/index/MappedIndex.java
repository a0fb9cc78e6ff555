/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph.index;

import java.io.IOException;
import java.nio.IntBuffer;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import org.flopmeter.unit.FlopArithmetic;

/**
 * A closure index in a file: exact sums over the distinct ancestors of any of its nodes, without an array of it in the
 * heap. Opening maps the file and validates it in one pass. It does not grow; {@link IndexFile} writes another.
 * <p>
 * One owner thread; each may open its own.
 */
public final class MappedIndex
{
    /** Above them the scan is as fast. */
    private static final int MEMBERS_MAX = 1 << 16;
    private static final int ATTACHED_MAX = 1 << 10;

    private final IndexMapping mapping;
    private final IntBuffer parentBegin;
    private final IntBuffer parents;
    private final IntBuffer codes;
    private final MappedRows coreRows;
    private final MappedRows classRows;
    private final MappedScan scan;
    private final SeenNodes seen = new SeenNodes();
    private final ExtraBits coreExtra = new ExtraBits();
    private final ExtraBits classExtra = new ExtraBits();
    private int[] members = new int[64];
    private int memberCount;
    private int[] attached = new int[64];
    private int attachedCount;
    private int uncoveredCount;
    private int base;
    private final int[] one = new int[1];
    private final long[] sum = new long[2];

    private MappedIndex(final IndexMapping mapping)
    {
        this.mapping = mapping;
        parentBegin = mapping.ints(IndexSections.PARENT_BEGIN);
        parents = mapping.ints(IndexSections.PARENTS);
        codes = mapping.ints(IndexSections.CODES);
        coreRows = rows(IndexSections.CORE_ROW_BEGIN);
        classRows = rows(IndexSections.CLASS_ROW_BEGIN);
        scan = new MappedScan(mapping);
    }

    private MappedRows rows(final int section)
    {
        return new MappedRows(mapping.ints(section), mapping.ints(section + 1), mapping.longs(section + 2));
    }

    /**
     * Map an index and validate it: checksums, and every number that a query follows.
     *
     * @throws IndexFormatException it is none, or not whole.
     * @throws IOException          it can't be read.
     */
    public static MappedIndex open(final Path file) throws IOException
    {
        return new MappedIndex(IndexMapping.open(file));
    }

    /** Nodes. */
    public int nodeCount()
    {
        return mapping.nodeCount();
    }

    /** Edges in the file: those that the others don't imply. */
    public int edgeCount()
    {
        return mapping.edgeCount();
    }

    /** Sums that are kept of a node. */
    public int seriesCount()
    {
        return mapping.seriesCount();
    }

    /** Bytes of the file. */
    public long byteCount()
    {
        return mapping.byteCount();
    }

    /** Do rows answer, or was the contraction defeated when it was written? */
    public boolean hasRows()
    {
        return mapping.hasRows();
    }

    /** What the writer noted. */
    public byte[] note()
    {
        return mapping.bytes(IndexSections.NOTE, 0, (int)mapping.length(IndexSections.NOTE));
    }

    /** The label of a node; an error when the index has none. */
    public String label(final int node)
    {
        final IntBuffer begin = mapping.ints(IndexSections.LABEL_BEGIN);
        return new String(mapping.bytes(IndexSections.LABEL_BYTES, begin.get(node),
            begin.get(node + 1) - begin.get(node)), StandardCharsets.UTF_8);
    }

    /** The node of a label, or -1. */
    public int find(final String label)
    {
        final byte[] wanted = label.getBytes(StandardCharsets.UTF_8);
        final IntBuffer begin = mapping.ints(IndexSections.LABEL_BEGIN);
        final IntBuffer order = mapping.ints(IndexSections.LABEL_ORDER);
        int from = 0;
        int to = order.capacity() - 1;
        while (from <= to)
        {
            final int middle = (from + to) >>> 1;
            final int node = order.get(middle);
            final int sign = Arrays.compareUnsigned(wanted, mapping.bytes(
                IndexSections.LABEL_BYTES, begin.get(node), begin.get(node + 1) - begin.get(node)));
            if (0 == sign)
            {
                return node;
            }
            from = sign > 0 ? middle + 1 : from;
            to = sign > 0 ? to : middle - 1;
        }
        return -1;
    }

    /**
     * Sum of one series over a node and its ancestors.
     *
     * @param total receives the value in its entry {@code series}.
     * @throws org.flopmeter.unit.FlopOverflowException when it needs more than 128 bits.
     */
    public void total(final int node, final int series, final ClosureTotal total)
    {
        checked(node);
        if (series < 0 || series >= mapping.seriesCount())
        {
            throw new IllegalArgumentException("no series " + series + " among " + mapping.seriesCount());
        }
        total.reset(mapping.seriesCount());
        one[0] = node;
        if (mapping.hasRows() && mapping.isExact(series) && find(series, one))
        {
            answer(series, total);
            return;
        }
        total.path(ClosureTotal.Path.SCAN);
        scan.collect(one);
        scan.sum(series, total);
    }

    /** Sums of all series over some nodes and their ancestors, each once. */
    public void totals(final ClosureTotal total, final int... nodes)
    {
        total.reset(mapping.seriesCount());
        boolean isByRows = mapping.hasRows();
        for (int series = 0; series < mapping.seriesCount(); series++)
        {
            isByRows &= mapping.isExact(series);
        }
        for (final int node : nodes)
        {
            checked(node);
        }
        if (isByRows && find(0, nodes))
        {
            for (int series = 0; series < mapping.seriesCount(); series++)
            {
                answer(series, total);
            }
            return;
        }
        total.path(ClosureTotal.Path.SCAN);
        scan.collect(nodes);
        for (int series = 0; series < mapping.seriesCount(); series++)
        {
            scan.sum(series, total);
        }
    }

    private void checked(final int node)
    {
        if (node < 0 || node >= mapping.nodeCount())
        {
            throw new IllegalArgumentException("no node " + node + " among " + mapping.nodeCount());
        }
    }

    /** What adds up to the closure of these nodes; false when the walk is too long to pay. */
    private boolean find(final int series, final int... nodes)
    {
        if (!walk(nodes))
        {
            return false;
        }
        coreExtra.clear();
        classExtra.clear();
        if (attachedCount > 0)
        {
            chooseBase(mapping.longs(IndexSections.LISTS + IndexSections.PER_LIST * series + 3));
        }
        if (attachedCount > 1)
        {
            int count = 0;
            for (int i = 0; i < attachedCount; i++)
            {
                if (attached[i] != base && !coreRows.test(base, attached[i]))
                {
                    attached[count++] = attached[i];
                }
            }
            coreRows.collectExtra(attached, count, base, coreExtra);
            classRows.collectExtra(attached, count, base, classExtra);
        }
        keepUncovered();
        return true;
    }

    private boolean walk(final int... nodes)
    {
        seen.forget();
        memberCount = 0;
        attachedCount = 0;
        for (final int node : nodes)
        {
            visit(node);
        }
        for (int i = 0; i < memberCount; i++)
        {
            if (memberCount > MEMBERS_MAX || attachedCount > ATTACHED_MAX)
            {
                return false;
            }
            for (int edge = parentBegin.get(members[i]), end = parentBegin.get(members[i] + 1); edge < end; edge++)
            {
                visit(parents.get(edge));
            }
        }
        return attachedCount <= ATTACHED_MAX;
    }

    private void visit(final int node)
    {
        if (!seen.see(node))
        {
            return;
        }
        final int code = codes.get(node);
        if (Code.isCore(code))
        {
            attached = attachedCount == attached.length ? Arrays.copyOf(attached, 2 * attachedCount) : attached;
            attached[attachedCount++] = Code.row(code);
        }
        else
        {
            members = memberCount == members.length ? Arrays.copyOf(members, 2 * memberCount) : members;
            members[memberCount++] = node;
        }
    }

    /** The row with the largest total leaves the least to add; any would do. */
    private void chooseBase(final LongBuffer totals)
    {
        base = attached[0];
        for (int i = 1; totals.capacity() > 0 && i < attachedCount; i++)
        {
            if (FlopArithmetic.compare(totals.get(2 * attached[i] + 1), totals.get(2 * attached[i]),
                totals.get(2 * base + 1), totals.get(2 * base)) > 0)
            {
                base = attached[i];
            }
        }
    }

    /** Members whose weight no row has that was found. */
    private void keepUncovered()
    {
        uncoveredCount = 0;
        for (int i = 0; i < memberCount; i++)
        {
            final int code = codes.get(members[i]);
            if (Code.NONE == code || 0 == attachedCount || !isCovered(code))
            {
                members[uncoveredCount++] = members[i];
            }
        }
    }

    private boolean isCovered(final int code)
    {
        return Code.isEntry(code) ?
            coreRows.test(base, Code.entryRow(code)) || coreExtra.contains(Code.entryRow(code)) :
            classRows.test(base, Code.classId(code)) || classExtra.contains(Code.classId(code));
    }

    private void answer(final int series, final ClosureTotal total)
    {
        total.path(0 == memberCount && 1 == attachedCount ?
            ClosureTotal.Path.STORED : ClosureTotal.Path.CONTRACTED);
        add(series);
        total.set(series, sum[1], sum[0]);
        add(mapping.seriesCount() + series);
        if (0 != sum[0])
        {
            total.unbounded(series);
        }
    }

    private void add(final int list)
    {
        final int section = IndexSections.LISTS + IndexSections.PER_LIST * list;
        final LongBuffer weights = mapping.longs(section);
        sum[0] = 0;
        sum[1] = 0;
        if (0 == weights.capacity())
        {
            return;
        }
        if (attachedCount > 0)
        {
            addOne(mapping.longs(section + 3), base);
        }
        coreExtra.addTo(sum, mapping.longs(section + 1));
        classExtra.addTo(sum, mapping.longs(section + 2));
        for (int i = 0; i < uncoveredCount; i++)
        {
            addOne(weights, members[i]);
        }
    }

    private void addOne(final LongBuffer from, final int at)
    {
        final long low = from.get(2 * at);
        sum[0] += low;
        sum[1] += from.get(2 * at + 1) + FlopArithmetic.carry(sum[0], low);
    }
}
