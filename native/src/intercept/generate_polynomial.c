/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Formula text to polynomial with exact rational coefficients: + - * / ^ and parentheses, division by numbers only.
 */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "generate.h"

typedef struct parser_stct
{
    const formula_t *formula;
    const char *text;
    const char *at;
}
parser_t;

static polynomial_t parse_sum(parser_t *parser);

static int64_t divisor(int64_t a, int64_t b)
{
    while (0 != b)
    {
        const int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a < 0 ? -a : a;
}

static void add_term(polynomial_t *const sum, const term_t *const term)
{
    for (int i = 0; i < sum->count; i++)
    {
        term_t *const same = &sum->term[i];

        if (0 == memcmp(same->exponent, term->exponent, sizeof(term->exponent)))
        {
            same->numerator = same->numerator * term->denominator + term->numerator * same->denominator;
            same->denominator *= term->denominator;
            const int64_t common = divisor(same->numerator, same->denominator);

            same->numerator /= common;
            same->denominator /= common;
            return;
        }
    }
    if (sum->count >= TERMS_MAX)
    {
        generate_fail("too many terms", "");
    }
    sum->term[sum->count++] = *term;
}

static polynomial_t product(const polynomial_t *const left, const polynomial_t *const right)
{
    polynomial_t result = {0};

    for (int i = 0; i < left->count; i++)
    {
        for (int j = 0; j < right->count; j++)
        {
            term_t term = left->term[i];

            term.numerator *= right->term[j].numerator;
            term.denominator *= right->term[j].denominator;
            for (int p = 0; p < PARAMETERS_MAX; p++)
            {
                term.exponent[p] += right->term[j].exponent[p];
            }
            add_term(&result, &term);
        }
    }
    return result;
}

static char peek(parser_t *const parser)
{
    while (' ' == *parser->at)
    {
        parser->at++;
    }
    return *parser->at;
}

static polynomial_t parse_name(parser_t *const parser)
{
    const char *const begin = parser->at;

    while (isalnum((unsigned char)*parser->at) || '_' == *parser->at)
    {
        parser->at++;
    }
    const size_t length = (size_t)(parser->at - begin);

    for (int p = 0; p < parser->formula->parameter_count; p++)
    {
        if (strlen(parser->formula->parameter[p]) == length &&
            0 == strncmp(parser->formula->parameter[p], begin, length))
        {
            polynomial_t result = {.count = 1, .term = {{.numerator = 1, .denominator = 1}}};

            result.term[0].exponent[p] = 1;
            return result;
        }
    }
    generate_fail("unknown name in formula", begin);
}

static polynomial_t parse_factor(parser_t *const parser)
{
    polynomial_t result = {.count = 1, .term = {{.numerator = 1, .denominator = 1}}};
    const char c = peek(parser);

    if ('(' == c)
    {
        parser->at++;
        result = parse_sum(parser);
        if (')' != peek(parser))
        {
            generate_fail("no closing parenthesis", parser->text);
        }
        parser->at++;
    }
    else if (isdigit((unsigned char)c))
    {
        result.term[0].numerator = strtoll(parser->at, (char **)&parser->at, 10);
    }
    else if (isalpha((unsigned char)c))
    {
        result = parse_name(parser);
    }
    else
    {
        generate_fail("formula", parser->text);
    }

    if ('^' == peek(parser))
    {
        parser->at++;
        const polynomial_t base = result;

        for (long power = strtol(parser->at, (char **)&parser->at, 10); power > 1; power--)
        {
            result = product(&result, &base);
        }
    }
    return result;
}

static polynomial_t parse_product(parser_t *const parser)
{
    polynomial_t result = parse_factor(parser);

    for (char c = peek(parser); '*' == c || '/' == c; c = peek(parser))
    {
        parser->at++;
        polynomial_t right = parse_factor(parser);

        if ('/' == c)
        {
            const int64_t numerator = right.term[0].numerator;

            right.term[0].numerator = right.term[0].denominator;
            right.term[0].denominator = numerator;
        }
        result = product(&result, &right);
    }
    return result;
}

static polynomial_t parse_sum(parser_t *const parser)
{
    polynomial_t result = {0};
    char c = peek(parser);

    do
    {
        const int64_t sign = '-' == c ? -1 : 1;

        if ('-' == c || '+' == c)
        {
            parser->at++;
        }
        const polynomial_t part = parse_product(parser);

        for (int i = 0; i < part.count; i++)
        {
            term_t term = part.term[i];

            term.numerator *= sign;
            add_term(&result, &term);
        }
        c = peek(parser);
    } while ('+' == c || '-' == c);
    return result;
}

polynomial_t generate_polynomial(const formula_t *const formula, const char *const text)
{
    parser_t parser = {.formula = formula, .text = text, .at = text};
    const polynomial_t result = parse_sum(&parser);

    if ('\0' != peek(&parser))
    {
        generate_fail("rest of formula", parser.at);
    }
    return result;
}
