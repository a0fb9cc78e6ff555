/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.policy;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.flopmeter.json.JsonView;
import org.flopmeter.unit.Ratio;
import tools.jackson.databind.JsonNode;

/**
 * A value of a case or a pack, or the place where it is missing. Members of what is missing are missing too, so that
 * only who needs a value says so; every reading method but {@link #quantity} refuses to read what is not there.
 */
final class Fact
{
    private static final Pattern COUNT = Pattern.compile("0|[1-9][0-9]{0,59}");
    private static final Pattern NEGATIVE = Pattern.compile("-[0-9]+");
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Za-z_][A-Za-z0-9_-]*");
    private static final Set<String> BOUNDS = Set.of("lower", "point", "upper");
    private static final int SHOWN_MAX = 60;

    private final String path;
    private final JsonNode value;

    private Fact(final String path, final JsonNode value)
    {
        this.path = path;
        this.value = value;
    }

    static Fact of(final JsonView view)
    {
        return new Fact(view.path(), view.node());
    }

    static Fact of(final String path, final JsonNode value)
    {
        return new Fact(path, value);
    }

    String path()
    {
        return path;
    }

    boolean isThere()
    {
        return null != value;
    }

    boolean isString()
    {
        return isThere() && value.isString();
    }

    /** The member of this object, or where it is missing. */
    Fact at(final String name)
    {
        final String step = IDENTIFIER.matcher(name).matches() ? '.' + name : "[\"" + name + "\"]";
        return new Fact(path + step, isThere() ? object().value.get(name) : null);
    }

    Fact need()
    {
        if (!isThere())
        {
            throw Refusal.MISSING_FACT.at(path, "needed and not there");
        }
        return this;
    }

    Fact object()
    {
        if (!need().value.isObject())
        {
            throw wrongType("an object");
        }
        return this;
    }

    JsonNode node()
    {
        return need().value;
    }

    Set<String> names()
    {
        return (Set<String>)object().value.propertyNames();
    }

    List<Fact> elements()
    {
        if (!need().value.isArray())
        {
            throw wrongType("an array");
        }
        final List<Fact> elements = new ArrayList<>(value.size());
        for (int i = 0; i < value.size(); i++)
        {
            elements.add(new Fact(path + '[' + i + ']', value.get(i)));
        }
        return elements;
    }

    List<Fact> elementsOrNone()
    {
        return isThere() ? elements() : List.of();
    }

    String text()
    {
        if (!need().value.isString())
        {
            throw wrongType("a string");
        }
        return value.asString();
    }

    List<String> texts()
    {
        final List<String> texts = new ArrayList<>();
        for (final Fact element : elements())
        {
            texts.add(element.text());
        }
        return texts;
    }

    List<String> textsOrNone()
    {
        return isThere() ? texts() : List.of();
    }

    boolean flag()
    {
        if (!need().value.isBoolean())
        {
            throw wrongType("true or false");
        }
        return value.asBoolean();
    }

    /** The flag, false when it is missing. */
    boolean isSet()
    {
        return isThere() && flag();
    }

    <E extends Enum<E>> E choice(final Class<E> choices)
    {
        final String name = text();
        for (final E choice : choices.getEnumConstants())
        {
            if (choice.name().equals(name))
            {
                return choice;
            }
        }
        throw wrong(Refusal.BAD_ENUM, "one of " + List.of(choices.getEnumConstants()));
    }

    <E extends Enum<E>> List<E> choices(final Class<E> choices)
    {
        final List<E> chosen = new ArrayList<>();
        for (final Fact element : elements())
        {
            chosen.add(element.choice(choices));
        }
        return chosen;
    }

    Moment moment()
    {
        final Moment moment = need().isString() ? Moment.parse(text()) : null;
        if (null == moment)
        {
            throw wrong(Refusal.BAD_TIME, "a moment as YYYY-MM-DDThh:mm:ssZ");
        }
        return moment;
    }

    /** A small number: a JSON integer that is not negative. */
    BigInteger integer()
    {
        final JsonNode node = node();
        if (!node.isIntegralNumber() || node.bigIntegerValue().signum() < 0)
        {
            throw wrongType("an integer >= 0");
        }
        return node.bigIntegerValue();
    }

    /** A count: a string, because a reader of JSON may have lost digits of a number. */
    BigInteger count()
    {
        return need().count(isString() ? text() : null);
    }

    BigInteger countOrZero()
    {
        return isThere() ? count() : BigInteger.ZERO;
    }

    Ratio ratio()
    {
        final String text = need().isString() ? text() : "";
        final int slash = text.indexOf('/');
        if (slash < 0)
        {
            return Ratio.of(count());
        }
        final BigInteger numerator = count(text.substring(0, slash));
        final BigInteger denominator = count(text.substring(slash + 1));
        if (0 == denominator.signum())
        {
            throw wrong(Refusal.BAD_NUMBER, "a denominator above 0");
        }
        return Ratio.of(numerator, denominator);
    }

    /** What is known of a figure; of a missing one nothing is. */
    Quantity quantity()
    {
        if (!isThere() || isUnknown())
        {
            return Quantity.UNKNOWN;
        }
        return value.isObject() ? interval() : Quantity.exact(count());
    }

    Quantity quantityOr(final Quantity missing)
    {
        return isThere() ? quantity() : missing;
    }

    boolean isUnknown()
    {
        return isString() && "unknown".equals(text());
    }

    PolicyException wrong(final Refusal refusal, final String expected)
    {
        return refusal.at(path, "expected " + expected + ", found " + shown());
    }

    private Quantity interval()
    {
        if (!names().equals(BOUNDS))
        {
            throw wrong(Refusal.BAD_INTERVAL, "lower, point and upper");
        }
        final Fact above = at("upper");
        final Ratio lower = Ratio.of(at("lower").count());
        final Ratio point = Ratio.of(at("point").count());
        final Ratio upper = above.isString() && "unbounded".equals(above.text()) ? null : Ratio.of(above.count());
        if (lower.compareTo(point) > 0 || !(null == upper || point.compareTo(upper) <= 0))
        {
            throw wrong(Refusal.BAD_INTERVAL, "lower <= point <= upper");
        }
        return new Quantity(lower, point, upper);
    }

    private BigInteger count(final String text)
    {
        if (null != text && COUNT.matcher(text).matches())
        {
            return new BigInteger(text);
        }
        throw null != text && NEGATIVE.matcher(text).matches() ?
            wrong(Refusal.NEGATIVE_FLOP, "a count that is not negative") :
            wrong(Refusal.BAD_NUMBER, "a string of 1 to 60 digits");
    }

    private PolicyException wrongType(final String expected)
    {
        return wrong(Refusal.BAD_FACT, expected);
    }

    private String shown()
    {
        final String text = value.toString();
        return text.length() <= SHOWN_MAX ? text : text.substring(0, SHOWN_MAX) + "...";
    }
}
