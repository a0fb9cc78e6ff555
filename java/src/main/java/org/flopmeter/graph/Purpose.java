/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 */
package org.flopmeter.graph;

/** What a computation was for: how a total is split by cause, and what rules about compute tell apart. */
public enum Purpose
{
    /** Collecting, cleaning and tokenising data by program. */
    PREPARATION("preparation"),
    /** Models that choose or score data: filters, classifiers, reward models at work. */
    SELECTION("selection"),
    /** Output of models made to be trained on: synthetic data, roll-outs, logits of a teacher. */
    SYNTHESIS("synthesis"),
    /** Updates of weights: pre-training, fine-tuning, reinforcement learning. */
    TRAINING("training"),
    /** A run among several of which a program kept one. */
    TRIAL("trial"),
    /** Work that was lost, to a fault or to a rollback. */
    FAILED("failed"),
    EVALUATION("evaluation"),
    /** Answers to people and programs. */
    SERVING("serving"),
    /** Nobody said. */
    UNSPECIFIED("unspecified");

    private static final Purpose[] PURPOSES = values();

    private final String jsonName;

    Purpose(final String jsonName)
    {
        this.jsonName = jsonName;
    }

    public String jsonName()
    {
        return jsonName;
    }

    /** The purpose of this name, or null: names come from documents. */
    public static Purpose ofName(final String jsonName)
    {
        for (final Purpose purpose : PURPOSES)
        {
            if (purpose.jsonName.equals(jsonName))
            {
                return purpose;
            }
        }
        return null;
    }
}
