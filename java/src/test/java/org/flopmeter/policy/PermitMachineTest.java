/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.flopmeter.unit.Suite;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/** The permit machine against a model that keeps a log and works everything out anew at every question. */
class PermitMachineTest
{
    private static final long SEED = 98;
    private static final int LIMIT = 60;
    private static final int TOLERANCE = 3;

    private enum Bug
    {
        NONE, EXPIRES_LATE, DRAINS_LIVE, FORGETS_USE, TURNS_BACK
    }

    /** An event as it is scripted; what an operation does not need is 0. */
    private record Event(String op, int flop, int bootStep, Integer wall, Integer witness, Offer offer)
    {
    }

    private record Offer(
        int seq, String nonce, String devices, int allowance, int drain, int rate, int notAfter, boolean carries,
        String signers)
    {
        String json()
        {
            return "{'seq': " + seq + ", 'nonce': '" + nonce + "', 'devices': [" + devices + "], 'allowance': '" +
                allowance + "', 'drain': '" + drain + "', 'maxRate': '" + rate + "', 'notAfter': " + notAfter +
                ", 'carryOver': " + carries + ", 'signers': [" + signers + "]}";
        }
    }

    @Test
    void shouldAgreeWithTheModel()
    {
        final Random random = new Random(SEED);
        for (int round = 0; round < Suite.rounds(3000, 100_000); round++)
        {
            final List<Event> script = randomScript(random);
            assertEquals(new Model(Bug.NONE).run(script), determined(script), () -> script(script));
        }
    }

    /** Canary: a model with a mistake is told from the machine. */
    @Test
    void shouldSeeEveryPlantedMistake()
    {
        for (final Bug bug : Bug.values())
        {
            final Random random = new Random(SEED);
            int different = 0;
            for (int round = 0; round < 1000; round++)
            {
                final List<Event> script = randomScript(random);
                different += new Model(bug).run(script).equals(determined(script)) ? 0 : 1;
            }
            assertEquals(Bug.NONE != bug, different > 5, bug + " shows in " + different + " of 1000 scripts");
        }
    }

    /** Whatever is scripted, no more is used than was ever granted, and never more than the cap leaves. */
    @Test
    void shouldNeverUseMoreThanTheCapLeaves()
    {
        final Random random = new Random(SEED + 1);
        int fullest = 0;
        for (int round = 0; round < 1000; round++)
        {
            final String[] answer = determined(randomScript(random)).split("\n");
            final int used = Integer.parseInt(answer[answer.length - 1].split(" ")[0]);
            assertTrue(used <= LIMIT, () -> String.join("\n", answer));
            fullest = Math.max(fullest, used);
        }
        assertTrue(fullest > LIMIT / 2, "no script uses much: " + fullest);
    }

    /** Events in, one line per event out; nothing is kept but the log. */
    private static final class Model
    {
        private final Bug bug;
        private final List<int[]> installed = new ArrayList<>();
        private final List<Offer> permits = new ArrayList<>();
        private final TreeSet<String> findings = new TreeSet<>();
        private final StringBuilder lines = new StringBuilder();
        private String nonce = "";
        private int boot;
        private int wall;
        private int trusted;
        private int used;
        private boolean isExhausted;

        Model(final Bug bug)
        {
            this.bug = bug;
        }

        String run(final List<Event> script)
        {
            for (int i = 0; i < script.size(); i++)
            {
                final Event event = script.get(i);
                tick(event, i);
                lines.append(event.op).append(' ').append(apply(event)).append(' ').append(remaining()).append('\n');
            }
            return lines + findings.toString() + '\n' + used + ' ' + remaining() + ' ' + drainLeft() + ' ' + trusted;
        }

        private void tick(final Event event, final int index)
        {
            if ("restart".equals(event.op))
            {
                boot = 0;
                wall = event.wall;
                trusted = Math.max(trusted, latest(event));
                return;
            }
            final int wallNow = null == event.wall ? wall + event.bootStep : event.wall;
            if (index > 0 && Math.abs(wallNow - wall - event.bootStep) > TOLERANCE)
            {
                findings.add(String.format("%03d", index));
            }
            boot += event.bootStep;
            wall = wallNow;
            trusted = Bug.TURNS_BACK == bug ? latest(event) :
                Math.max(latest(event), index > 0 ? trusted + event.bootStep : 0);
        }

        private int latest(final Event event)
        {
            return null == event.witness ? wall : Math.max(wall, event.witness);
        }

        private String apply(final Event event)
        {
            switch (event.op)
            {
                case "request":
                    nonce = event.offer.nonce;
                    return "OK null";
                case "install":
                    return install(event.offer);
                case "acquire":
                    return acquire(event.flop);
                case "drain":
                    return drain(event.flop);
                default:
                    return "OK null";
            }
        }

        private String install(final Offer offer)
        {
            final int carried = offer.carries ? remaining() : 0;
            final String objection =
                !Set.of("'a', 'b'", "'b', 'a', 'b'").contains(offer.signers) ? "QUORUM" :
                !Set.of("'d1', 'd2'", "'d2', 'd1'").contains(offer.devices) ? "BINDING" :
                permits.stream().anyMatch(old -> old.seq >= offer.seq) || 0 == offer.seq ? "REPLAY" :
                !nonce.equals(offer.nonce) ? "NONCE" :
                trusted >= offer.notAfter ? "EXPIRED" :
                offer.rate > 7 || offer.allowance + offer.drain + carried + used > LIMIT ? "LIMIT" : null;
            if (null != objection)
            {
                return "REJECTED " + objection;
            }
            final int lapsed = (permits.isEmpty() ? 0 : account()) - carried;
            permits.add(offer);
            installed.add(new int[] { offer.allowance + carried, offer.drain });
            isExhausted = false;
            nonce = "";
            return "INSTALLED null " + lapsed;
        }

        private String acquire(final int flopCount)
        {
            final String action = !permits.isEmpty() && drainLeft() > 0 ? "DRAIN" : "HALT";
            if (permits.isEmpty())
            {
                return "DENIED NO_PERMIT " + action;
            }
            if (isExpired())
            {
                return "DENIED EXPIRED " + action;
            }
            if (flopCount > account())
            {
                isExhausted = true;
                return "DENIED EXHAUSTED " + action;
            }
            installed.get(installed.size() - 1)[0] -= flopCount;
            used += Bug.FORGETS_USE == bug ? 0 : flopCount;
            return "GRANTED null";
        }

        private String drain(final int flopCount)
        {
            if (permits.isEmpty())
            {
                return "DENIED NO_PERMIT HALT";
            }
            if (!isExpired() && !isExhausted && Bug.DRAINS_LIVE != bug)
            {
                return "DENIED NOT_ENDED null";
            }
            if (flopCount > drainLeft())
            {
                return "DENIED DRAIN_EXHAUSTED HALT";
            }
            installed.get(installed.size() - 1)[1] -= flopCount;
            used += flopCount;
            return "GRANTED null";
        }

        private boolean isExpired()
        {
            final int end = permits.get(permits.size() - 1).notAfter + (Bug.EXPIRES_LATE == bug ? 1 : 0);
            return trusted >= end;
        }

        private int account()
        {
            return installed.get(installed.size() - 1)[0];
        }

        private int drainLeft()
        {
            return installed.isEmpty() ? 0 : installed.get(installed.size() - 1)[1];
        }

        private int remaining()
        {
            return permits.isEmpty() || isExpired() ? 0 : account();
        }
    }

    private static String determined(final List<Event> script)
    {
        final JsonNode answer = Cases.determine(
            "{'base': 'seed', 'trainingLimit': '" + (LIMIT + 5) + "', 'rateLimit': '7', 'clockToleranceSeconds': 3}",
            "permit",
            "'permit': {'devices': ['d1', 'd2'], 'keys': ['a', 'b', 'c'], 'revokedKeys': ['c'], 'quorum': 2, " +
            "'runTotal': {'lower': '1', 'point': '2', 'upper': '5'}, 'events': [" + script(script) + "]}");
        final StringBuilder lines = new StringBuilder();
        for (final JsonNode event : answer.get("events"))
        {
            lines.append(event.get("op").asString()).append(' ').append(event.get("result").asString())
                .append(' ').append(text(event.get("reason")));
            lines.append(event.has("lapsed") ? ' ' + event.get("lapsed").asString() : "");
            lines.append(event.has("action") ? ' ' + text(event.get("action")) : "");
            lines.append(' ').append(event.get("remaining").asString()).append('\n');
        }
        final TreeSet<String> findings = new TreeSet<>();
        answer.get("findings").forEach(finding ->
            findings.add(String.format("%03d", finding.get("event").asInt())));
        return lines + findings.toString() + '\n' + answer.get("used").asString() + ' ' +
            answer.get("remaining").asString() + ' ' + answer.get("drainRemaining").asString() + ' ' +
            answer.get("trustedTime").asInt();
    }

    private static String text(final JsonNode node)
    {
        return node.isNull() ? "null" : node.asString();
    }

    private static String script(final List<Event> script)
    {
        final StringBuilder json = new StringBuilder();
        int boot = 0;
        for (final Event event : script)
        {
            boot = "restart".equals(event.op) ? 0 : boot + event.bootStep;
            json.append(json.isEmpty() ? "" : ",\n").append("{'op': '").append(event.op).append("', 'boot': ")
                .append(boot).append(null == event.wall ? "" : ", 'wall': " + event.wall)
                .append(null == event.witness ? "" : ", 'witness': " + event.witness);
            switch (event.op)
            {
                case "request" -> json.append(", 'nonce': '").append(event.offer.nonce).append('\'');
                case "install" -> json.append(", 'permit': ").append(event.offer.json());
                case "acquire", "drain" -> json.append(", 'flop': '").append(event.flop).append('\'');
                default -> json.append("");
            }
            json.append('}');
        }
        return json.toString();
    }

    private static List<Event> randomScript(final Random random)
    {
        final List<Event> script = new ArrayList<>();
        int wall = random.nextInt(5);
        for (int i = 2 + random.nextInt(14); i > 0; i--)
        {
            final String op = pick(random,
                "request", "install", "install", "acquire", "acquire", "acquire", "drain", "status", "restart");
            final int step = random.nextInt(3);
            wall += step;
            final boolean isWallGiven = "restart".equals(op) || random.nextInt(3) == 0;
            final Offer offer = randomOffer(random, script.size());
            if ("install".equals(op) && random.nextInt(4) > 0)
            {
                script.add(new Event("request", 0, 0, null, null, offer));
            }
            script.add(new Event(
                op,
                random.nextInt(15),
                step,
                isWallGiven ? (Integer)Math.max(0, wall + random.nextInt(11) - 5) : null,
                random.nextInt(8) == 0 ? (Integer)(wall + random.nextInt(6)) : null,
                offer));
        }
        return script;
    }

    private static Offer randomOffer(final Random random, final int index)
    {
        return new Offer(
            random.nextInt(10) == 0 ? random.nextInt(3) : 1 + index,
            pick(random, "N1", "N2"),
            pick(random, "'d1', 'd2'", "'d1', 'd2'", "'d1', 'd2'", "'d2', 'd1'", "'d1'"),
            random.nextInt(30),
            random.nextInt(6),
            3 + random.nextInt(6),
            5 + random.nextInt(25),
            random.nextBoolean(),
            pick(random, "'a', 'b'", "'a', 'b'", "'b', 'a', 'b'", "'a', 'a'", "'a', 'c'"));
    }

    private static String pick(final Random random, final String... choices)
    {
        return choices[random.nextInt(choices.length)];
    }
}
