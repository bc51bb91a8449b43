/*
 * Private to the console's routes: one call as its handler sees it. A handler writes JSON into `out` and returns 0,
 * or a failure; it begins and ends its own transactions with tl_call_begin and tl_call_end.
 */
#pragma once

#include "api/app.h"
#include "api/http.h"
#include "people/people.h"
#include "people/second.h"
#include "people/session.h"
#include "review/view.h"
#include "store/tags.h"

/* What a route leaves in the audit trail (audit.tbl.h). */
struct tl_call_trail {
	enum { TL_TRAIL_NONE, TL_TRAIL_READ, TL_TRAIL_DOES, TL_TRAIL_OWN } how;
	const char *verb;
	const char *detail; /* a query parameter, or NULL */
};

/* What is being done with an operation that may need a second person. */
enum tl_call_mode { TL_CALL_DIRECT, TL_CALL_PROPOSE, TL_CALL_EXECUTE };

struct tl_proposed;

struct tl_call {
	struct tl_req *req;
	struct tl_app *app;
	struct tl_db *db;
	struct tl_arena *arena;
	const struct tl_policy_set *set;
	const struct tl_session *session; /* NULL only while signing in */
	struct tl_reviewer who;
	char actor[TL_ACTOR_MAX]; /* "user:<id>" for the audit trail */
	int status;               /* 200 unless the handler says otherwise */
	bool answered;            /* the handler has answered by itself */
	struct tl_buf out;        /* empty: 204 */
	const struct tl_call_trail *trail;
	uint64_t audited; /* rows of this thread when the transaction began */
	enum tl_call_mode mode;
	struct tl_proposed
	    *proposed; /* not DIRECT: the request, and what it turned out to be */
};

typedef int (*tl_call_fn)(struct tl_call *c);

/* Runs a handler for a request and answers. */
void tl_console_call(struct tl_req *req, tl_call_fn fn, const struct tl_call_trail *trail);

/* The page and its files, for everybody (console_page.c). */
void tl_console_page(struct tl_req *req);
void tl_console_home(struct tl_req *req);

/* The signed-in person, the CSRF token and Origin of what changes something, and the permission. */
int tl_console_gate(struct tl_req *req, const char *need) TL_MUST;

/*
 * A handler of a guarded operation (core/guarded.tbl.h) calls this when everything is checked and nothing written.
 * 0: go on. Otherwise the failure that ends the call: it needs a second person, or it was only being proposed.
 * `what` says subject and changes as both persons see them: tl_what_begin, tl_what_change, tl_what_end. `policy`: who
 * may not see it does not see the proposal.
 */
struct tl_what {
	struct tl_buf json;
	struct tl_str policy;
};
void tl_what_begin(struct tl_what *w, struct tl_str subject);
void tl_what_change(
    struct tl_what *w, const char *field, struct tl_str was, struct tl_str will);
void tl_what_fini(struct tl_what *w);
int tl_call_guard(struct tl_call *c, enum tl_guarded op, struct tl_what *w) TL_MUST;

/* Who proposed and who confirms, as actors separated by a space: both answer for what is done. */
const char *tl_call_both(const struct tl_call *c);

/* The gravest permissions ask for a proof of the last minutes that it is still the same person. */
int tl_console_proof(const struct tl_req *req, const struct tl_app *app,
    const struct tl_session *s, const char *need) TL_MUST;

int tl_call_begin(struct tl_call *c) TL_MUST;
/* The same, when the first part of the address is an id. */
int tl_call_begin_on(struct tl_call *c, struct tl_id *ret) TL_MUST;
/* Commits when rc >= 0, else rolls back; returns rc or the commit's failure. */
int tl_call_end(struct tl_call *c, enum tl_sync sync, int rc) TL_MUST;

/* The n-th part of the address; as an id: NOTFOUND when it is none. */
struct tl_str tl_call_param(const struct tl_call *c, size_t n);
int tl_call_id(struct tl_call *c, size_t n, struct tl_id *ret) TL_MUST;
/* The body of what is proposed or done after a confirmation; NULL: the request's own. */
json_t *tl_call_proposed_body(const struct tl_call *c);
/* The body, which must be an object of these fields. */
int tl_call_json(
    struct tl_call *c, const struct tl_json_field *fields, size_t count, void *ret) TL_MUST;
#define TL_CALL_JSON(c, fields, ret) tl_call_json((c), (fields), TL_COUNT(fields), (ret))

int tl_call_audit(
    struct tl_call *c, const char *verb, struct tl_id subject, const char *detail) TL_MUST;

struct tl_alarm_head; /* what every screen shows of the alarms */
void tl_console_alarm_head(struct tl_buf *b, const struct tl_alarm_head *h);

/* What the person may do: something under this queue or policy, and something that carries all these tags. */
bool tl_call_may(
    const struct tl_call *c, enum tl_act act, struct tl_str queue, struct tl_str policy);
int tl_call_need_policy(const struct tl_call *c, enum tl_act act, struct tl_str policy) TL_MUST;
/* `rc` is that of reading the tags. */
int tl_call_need_tags(
    struct tl_call *c, enum tl_act act, int rc, const struct tl_tags *tags) TL_MUST;

/* Sessions and what is asked for between two requests (console_session.c, console_signin.c). */
#define TL_CONSOLE_COOKIE "__Host-tutela"
struct tl_step;
struct tl_webauthn_site;
void tl_call_set_cookie(
    struct tl_call *c, const char *name, const char *value, int64_t seconds);
int tl_call_write_session(struct tl_call *c, const struct tl_user *u, const char *csrf,
    int64_t expires_at, bool enrolling) TL_MUST;
bool tl_call_site(struct tl_call *c, struct tl_webauthn_site *ret);
void tl_call_set_step(struct tl_call *c, const struct tl_step *s);
int tl_call_step(struct tl_call *c, struct tl_str *ret) TL_MUST;
int tl_call_write_passkey_ask(
    struct tl_call *c, const char *key, const struct tl_step *s, bool verify) TL_MUST;
/* Base64url to bytes, in place. */
int tl_call_bytes(struct tl_call *c, const char *field, struct tl_str *text) TL_MUST;
/* The person's own password, now; counted and recorded. TL_EFIELD at /password when it is wrong. */
int tl_call_password(struct tl_call *c, struct tl_str password) TL_MUST;

struct tl_view tl_call_view(struct tl_call *c);
struct tl_signin_rules tl_call_signin_rules(const struct tl_config *config);
/* Open proposals, for counting how many are by others and of the kind that a person could have done themselves. */
struct tl_open_proposal {
	const char *need;
	struct tl_str policy;
	struct tl_id proposer;
};
int tl_approvals_open(struct tl_db *db, struct tl_arena *a, struct tl_open_proposal **ret,
    size_t *ret_count) TL_MUST;
int64_t tl_approvals_waiting(const struct tl_open_proposal *list, size_t n, struct tl_id who,
    const struct tl_access *access);

/* Loads the rules a first time, so that a later error leaves something to show; and forgets them. */
void tl_console_rules_begin(struct tl_app *app);
void tl_console_rules_end(void);

/* 0 when no rule in force names this bank; TL_ECONFLICT at `field` when one does. */
int tl_call_rules_name(struct tl_call *c, struct tl_str bank, const char *field) TL_MUST;

/* Of a route whose body is a file (console_known.c). */
extern const struct tl_body tl_console_file_body;

/* Handlers: one for each row of routes_console.tbl.h. */
#define R(method, path, name, need, query, limit, help)                                        \
	int tl_console_##name(struct tl_call *c);
#include "api/routes_console.tbl.h"
#undef R
