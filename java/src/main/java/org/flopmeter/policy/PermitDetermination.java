/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.flopmeter.unit.Ratio;

/** Runs a scripted list of events through the permit machine. */
final class PermitDetermination
{
    private enum Op
    {
        request, status, install, acquire, drain, restart
    }

    private final Pack pack;
    private final PermitMachine machine;
    private final PermitClock clock = new PermitClock();
    private final List<Answer> events = new ArrayList<>();
    private final List<Answer> findings = new ArrayList<>();

    private PermitDetermination(final Pack pack, final Fact permit)
    {
        this.pack = pack;
        machine = new PermitMachine(terms(pack, permit));
    }

    static Answer determine(final Situation situation)
    {
        final Fact permit = situation.facts().at("permit").object();
        final PermitDetermination determination = new PermitDetermination(situation.pack(), permit);
        permit.at("events").elements().forEach(determination::apply);
        return determination.answer();
    }

    private static PermitMachine.Terms terms(final Pack pack, final Fact permit)
    {
        final Quantity runTotal = permit.at("runTotal").quantityOr(Quantity.ZERO);
        final Ratio trainingLimit = pack.rule(PackField.TRAINING_LIMIT);
        return new PermitMachine.Terms(
            Set.copyOf(permit.at("devices").texts()),
            PermitMachine.keysLeft(permit.at("keys").texts(), permit.at("revokedKeys").textsOrNone()),
            permit.at("quorum").integer(),
            pack.rule(PackField.RATE_LIMIT),
            runTotal.isBounded() ? trainingLimit.subtract(runTotal.upper()) : null);
    }

    private Answer answer()
    {
        return new Answer()
            .put("events", events)
            .put("used", machine.used().toString())
            .put("remaining", machine.remaining(clock.trusted()).toString())
            .put("drainRemaining", machine.drainLeft().toString())
            .put("highestSeq", machine.highestSeq())
            .put("trustedTime", clock.trusted())
            .put("findings", findings);
    }

    private void apply(final Fact event)
    {
        final Op op = event.at("op").choice(Op.class);
        final Answer outcome = new Answer().put("op", op.name());
        tick(op, event);
        switch (op)
        {
            case request -> request(event, outcome);
            case install -> install(event.at("permit"), outcome);
            case acquire -> acquire(event, outcome);
            case drain -> drain(event, outcome);
            default -> put(outcome, "OK", null);
        }
        events.add(outcome.put("remaining", machine.remaining(clock.trusted()).toString()));
    }

    private void tick(final Op op, final Fact event)
    {
        final Fact boot = event.at("boot");
        final Fact wall = event.at("wall");
        final Fact witness = event.at("witness");
        final BigInteger seen = witness.isThere() ? witness.integer() : null;
        if (Op.restart == op)
        {
            clock.restart(boot.isThere() ? boot.integer() : BigInteger.ZERO, wall.integer(), seen);
            return;
        }
        final BigInteger bootNow = boot.isThere() ? boot.integer() : clock.boot();
        if (bootNow.compareTo(clock.boot()) < 0)
        {
            throw boot.wrong(Refusal.TIME_ORDER, "a monotonic clock not before " + clock.boot());
        }
        final BigInteger difference = clock.advance(bootNow, wall.isThere() ? wall.integer() : null, seen);
        if (difference.compareTo(pack.rule(PackField.CLOCK_TOLERANCE_SECONDS)) > 0)
        {
            findings.add(new Answer()
                .put("event", BigInteger.valueOf(events.size()))
                .put("code", Reason.CLOCK_JUMP));
        }
    }

    private void request(final Fact event, final Answer outcome)
    {
        machine.request(event.at("nonce").text());
        put(outcome, "OK", null);
    }

    private void install(final Fact fact, final Answer outcome)
    {
        final Permit offered = Permit.read(fact);
        final Reason objection = machine.objection(offered, clock.trusted());
        if (null != objection)
        {
            put(outcome, "REJECTED", objection);
            return;
        }
        final BigInteger lapsed = machine.install(offered, clock.trusted());
        put(outcome, "INSTALLED", null);
        outcome.put("lapsed", lapsed.toString());
    }

    private void acquire(final Fact event, final Answer outcome)
    {
        final Reason denial = machine.acquire(event.at("flop").count(), clock.trusted());
        put(outcome, null == denial ? "GRANTED" : "DENIED", denial);
        if (null != denial)
        {
            final boolean isDrainLeft = machine.drainLeft().signum() > 0;
            outcome.put("action", isDrainLeft ? "DRAIN" : pack.rule(PackField.EXHAUSTED_ACTION).name());
        }
    }

    private void drain(final Fact event, final Answer outcome)
    {
        final Reason denial = machine.drain(event.at("flop").count(), clock.trusted());
        put(outcome, null == denial ? "GRANTED" : "DENIED", denial);
        if (null != denial)
        {
            outcome.put("action", Reason.NOT_ENDED == denial ? null : pack.rule(PackField.EXHAUSTED_ACTION));
        }
    }

    private static void put(final Answer outcome, final String result, final Reason reason)
    {
        outcome.put("result", result).put("reason", reason);
    }
}
