/*
 * Error codes and the thread's last error text.
 *
 * Every function that can fail returns 0 or one negative `enum tl_err`. The code's *kind* decides what the
 * caller does (retry, hold, bury, refuse); the text explains it to a person. `tl_fail` stores the text for
 * this thread and returns the code, so that a failure is one line: `return tl_fail(TL_EPARSE, "…")`.
 */
#pragma once

#include <stddef.h>

#define TL_MUST __attribute__((warn_unused_result))
#define TL_PRINTF(f, a) __attribute__((format(printf, f, a)))
#define TL_CLEANUP(fn) __attribute__((cleanup(fn)))

/* Hands ownership out of a variable that has a cleanup attribute. */
#define TL_TAKE(p)                                                                             \
	__extension__({                                                                        \
		__typeof__(p) tl_taken = (p);                                                  \
		(p) = NULL;                                                                    \
		tl_taken;                                                                      \
	})

enum tl_kind { TL_KIND_OK, TL_INPUT, TL_LIMIT, TL_RETRY, TL_STATE, TL_DENIED, TL_BUG };

enum tl_err {
	TL_OK = 0,
#define E(name, num, kind, help) name = -(num),
#include "base/err.tbl.h"
#undef E
};

/* The kind of a code; anything unknown is TL_BUG. */
enum tl_kind tl_err_kind(int err);

/* Short stable name ("parse", "too_large") for logs, problem documents and the CLI. */
const char *tl_err_name(int err);

/*
 * tl_fail(err, "text …", …) stores the text of this thread's last failure and yields `err`. tl_fail_at also names
 * the input field as a JSON Pointer ("/text/title"). Macros, so that compilers and analysers see which code leaves.
 */
#define tl_fail(err, ...) tl_fail_at((err), "", __VA_ARGS__)
#define tl_fail_at(err, pointer, ...)                                                          \
	__extension__({                                                                        \
		int tl_code = (err);                                                           \
		tl_fail_text((pointer), __VA_ARGS__);                                          \
		tl_code;                                                                       \
	})
void tl_fail_text(const char *pointer, const char *fmt, ...) TL_PRINTF(2, 3);

/* Text and field of this thread's last failure; "" when there was none. Valid until the next failure. */
const char *tl_err_text(void);
const char *tl_err_field(void);
