/*
 * Copyright The flopmeter authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * The other side of flopmeter pause, as org.flopmeter.node.hold does it: a wish is written, answers are read.
 */

#ifndef FLOPMETER_TEST_HOLD_FILES_H
#define FLOPMETER_TEST_HOLD_FILES_H

#include <stdbool.h>
#include <stdint.h>

#define HOLD_WITHOUT_END (UINT64_MAX)

/** Wish a pause in `folder` until then, 0 = to resume. Return the wish's number. */
uint64_t hold_wish(const char *folder, uint64_t until_ns);

/** Put this text there in place of a wish, whatever it is. */
void hold_wish_text(const char *folder, const char *text);

/** How many files of holders there are in `folder`. */
int hold_count(const char *folder);

/** The text of the one that is called `name`, "" = none is. Until the next call. */
const char *hold_text(const char *folder, const char *name);

/** Has it seen that wish, and does it say that it holds nothing, or something? */
bool hold_has_said(const char *folder, const char *name, uint64_t number, bool is_free);

#endif /* FLOPMETER_TEST_HOLD_FILES_H */
