/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.flopmeter.unit.Ratio;

/** A field that a pack can have, with the type of its value: every rule about compute that the engine knows. */
final class PackField<T>
{
    /** More days of notice than a law gives; beyond it dates end. */
    private static final BigInteger DAYS_MAX = BigInteger.valueOf(36_600);

    private static final Map<String, PackField<?>> FIELDS = new LinkedHashMap<>();

    static final PackField<String> SCHEMA = new PackField<>("schema", PackField::schema);
    static final PackField<String> NAME = new PackField<>("name", Fact::text);
    static final PackField<BigInteger> VERSION = new PackField<>("version", Fact::integer);
    static final PackField<String> AUTHORITY = new PackField<>("authority", Fact::text);
    static final PackField<Moment> EFFECTIVE = new PackField<>("effective", Fact::moment);
    static final PackField<Choices.Status> STATUS = new PackField<>("status", PackField::status);
    static final PackField<List<Fact>> SOURCES = new PackField<>("sources", PackField::sources);

    static final PackField<Ratio> TRAINING_LIMIT = count("trainingLimit");
    static final PackField<Ratio> RATE_LIMIT = count("rateLimit");
    static final PackField<Choices.LimitBasis> LIMIT_BASIS = choice("limitBasis", Choices.LimitBasis.class);
    static final PackField<Choices.Rt4Scope> RT4_SCOPE = choice("rt4Scope", Choices.Rt4Scope.class);
    static final PackField<TierDuties> TIER_DUTIES = new PackField<>("tierDuties", TierDuties::read);

    static final PackField<Ratio> REGISTRATION_LIMIT = count("registrationLimit");
    static final PackField<Ratio> BIOLOGICAL_REGISTRATION_LIMIT = count("biologicalRegistrationLimit");
    static final PackField<Choices.RegistrationBasis> REGISTRATION_BASIS =
        choice("registrationBasis", Choices.RegistrationBasis.class);
    static final PackField<String> REGISTRATION_SCOPE = new PackField<>("registrationScope", Fact::text);

    static final PackField<Choices.PauseState> PAUSE_STATE = choice("pauseState", Choices.PauseState.class);
    static final PackField<Moment> PAUSE_EFFECTIVE = new PackField<>("pauseEffective", Fact::moment);
    static final PackField<String> PAUSE_SCOPE = new PackField<>("pauseScope", Fact::text);

    static final PackField<Ratio> CLUSTER_CAPABILITY = count("clusterCapability");
    static final PackField<Choices.ClusterDuty> CLUSTER_DUTY = choice("clusterDuty", Choices.ClusterDuty.class);
    static final PackField<Choices.PeakBasis> PEAK_BASIS = choice("peakBasis", Choices.PeakBasis.class);
    static final PackField<Ratio> LINK_GBPS_MIN = new PackField<>("linkGbpsMin", Fact::ratio);
    static final PackField<Choices.LinkComparison> LINK_COMPARISON =
        choice("linkComparison", Choices.LinkComparison.class);
    static final PackField<Boolean> CO_LOCATED_ONLY = new PackField<>("coLocatedOnly", Fact::flag);

    static final PackField<Ratio> RATE_WINDOW = new PackField<>("rateWindow", PackField::window);
    static final PackField<List<Ratio>> RATE_WINDOWS_REPORTED = new PackField<>(
        "rateWindowsReported", fact -> fact.elements().stream().map(PackField::window).toList());
    static final PackField<Choices.RateScope> RATE_SCOPE = choice("rateScope", Choices.RateScope.class);

    static final PackField<HarbourThreshold> HARBOUR_TRAINING =
        new PackField<>("harbourTraining", HarbourThreshold::read);
    static final PackField<HarbourThreshold> HARBOUR_RATE = new PackField<>("harbourRate", HarbourThreshold::read);
    static final PackField<List<Choices.EvidenceBasis>> CREDIBLE_BASES =
        new PackField<>("credibleBases", fact -> fact.choices(Choices.EvidenceBasis.class));
    static final PackField<Ratio> AGREEMENT_TOLERANCE = new PackField<>("agreementTolerance", Fact::ratio);
    static final PackField<Ratio> MODEST_MODIFICATION = new PackField<>("modestModification", Fact::ratio);

    static final PackField<Choices.Phase> PHASE = choice("phase", Choices.Phase.class);
    static final PackField<List<String>> REPORT_RECIPIENTS = new PackField<>("reportRecipients", Fact::texts);
    static final PackField<Choices.ExhaustedAction> EXHAUSTED_ACTION =
        choice("exhaustedAction", Choices.ExhaustedAction.class);
    static final PackField<BigInteger> CLOCK_TOLERANCE_SECONDS =
        new PackField<>("clockToleranceSeconds", Fact::integer);

    static final PackField<Ratio> EU_SYSTEMIC_ABOVE = count("euSystemicAbove");
    static final PackField<Ratio> EU_GPAI_ABOVE = count("euGpaiAbove");
    static final PackField<List<String>> EU_GPAI_MODALITIES = new PackField<>("euGpaiModalities", Fact::texts);
    static final PackField<Ratio> EU_MODIFIER_SHARE = new PackField<>("euModifierShare", Fact::ratio);
    static final PackField<BigInteger> EU_NOTICE_DAYS = new PackField<>("euNoticeDays", PackField::days);

    static final PackField<Ratio> FRONTIER_ABOVE = count("frontierAbove");
    static final PackField<Choices.FrontierCounting> FRONTIER_COUNTING =
        choice("frontierCounting", Choices.FrontierCounting.class);
    static final PackField<Ratio> FRONTIER_LARGE_REVENUE_USD = count("frontierLargeRevenueUsd");

    static final PackField<Ratio> RAISE_ABOVE = count("raiseAbove");
    static final PackField<Ratio> RAISE_COST_USD = count("raiseCostUsd");
    static final PackField<Ratio> RAISE_DISTILLED_COST_USD = count("raiseDistilledCostUsd");

    /** All fields, in the order in which a pack is written. */
    static final Collection<PackField<?>> ALL = Collections.unmodifiableCollection(FIELDS.values());

    static final List<PackField<?>> REQUIRED = List.of(NAME, VERSION, AUTHORITY, EFFECTIVE, STATUS);

    private final String jsonName;
    private final Function<Fact, T> reader;

    private PackField(final String jsonName, final Function<Fact, T> reader)
    {
        this.jsonName = jsonName;
        this.reader = reader;
        FIELDS.put(jsonName, this);
    }

    /** The field of that name, or null: a misspelt threshold must not be ignored. */
    static PackField<?> named(final String jsonName)
    {
        return FIELDS.get(jsonName);
    }

    String jsonName()
    {
        return jsonName;
    }

    T read(final Fact value)
    {
        return reader.apply(value);
    }

    @Override
    public String toString()
    {
        return jsonName;
    }

    private static PackField<Ratio> count(final String jsonName)
    {
        return new PackField<>(jsonName, fact -> Ratio.of(fact.count()));
    }

    private static <E extends Enum<E>> PackField<E> choice(final String jsonName, final Class<E> choices)
    {
        return new PackField<>(jsonName, fact ->
        {
            if (!fact.isString())
            {
                // A value of another JSON type is none of the enumeration's either.
                throw fact.wrong(Refusal.BAD_ENUM, "one of " + List.of(choices.getEnumConstants()));
            }
            return fact.choice(choices);
        });
    }

    private static String schema(final Fact fact)
    {
        if (!fact.isString() || !Pack.SCHEMA.equals(fact.text()))
        {
            throw fact.wrong(Refusal.BAD_PACK, Pack.SCHEMA);
        }
        return fact.text();
    }

    private static Choices.Status status(final Fact fact)
    {
        switch (fact.text())
        {
            case "verified":
                return Choices.Status.VERIFIED;
            case "unverified":
                return Choices.Status.UNVERIFIED;
            default:
                throw fact.wrong(Refusal.BAD_ENUM, "verified or unverified");
        }
    }

    private static List<Fact> sources(final Fact fact)
    {
        for (final Fact source : fact.elements())
        {
            for (final String name : source.names())
            {
                if (!List.of("fields", "citation", "status", "note").contains(name))
                {
                    throw Refusal.UNKNOWN_FIELD.at(source.path() + '.' + name, "a source has no such member");
                }
            }
            source.at("fields").textsOrNone();
            source.at("citation").text();
            status(source.at("status"));
            if (source.at("note").isThere())
            {
                source.at("note").text();
            }
        }
        return fact.elements();
    }

    private static Ratio window(final Fact fact)
    {
        final Ratio seconds = fact.ratio();
        if (0 == seconds.signum())
        {
            throw fact.wrong(Refusal.BAD_NUMBER, "a window above 0 s");
        }
        return seconds;
    }

    private static BigInteger days(final Fact fact)
    {
        if (fact.integer().compareTo(DAYS_MAX) > 0)
        {
            throw fact.wrong(Refusal.BAD_PACK, "at most " + DAYS_MAX + " days");
        }
        return fact.integer();
    }
}
