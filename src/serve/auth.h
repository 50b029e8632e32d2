/* SPDX-License-Identifier: ISC */
#ifndef SERVE_AUTH_H
#define SERVE_AUTH_H

#include "http/credentials.h"
#include "http/http.h"
#include "serve/agent.h"

/* How passwords are checked: from the options. */
struct auth_settings {
	const char *program;   /* the path of perch-auth, or NULL */
	int64_t timeout_ms;    /* for one check */
	uint64_t max_attempts; /* wrong ones on a connection */
};

/*
 * What a connection remembers of those who asked: the credentials that
 * were right last, for the file that they were right for. All zeroes: none.
 */
struct auth {
	char text[CREDENTIALS_MAX]; /* user:password, decoded */
	size_t len;
	const char *file;
	uint64_t failures;
};

/* What became of a check. */
enum auth_result {
	AUTH_GOOD,
	AUTH_ABSENT, /* no credentials came */
	AUTH_BAD,    /* why says in what way */
	AUTH_FAILED, /* they could not be checked; the log says why */
};

/* What is to be checked, and by whom. */
struct auth_question {
	const char *file;    /* of --auth */
	struct slice value;  /* of Authorization; ptr NULL: there is none */
	struct agent *agent; /* who starts perch-auth; NULL: we do */
};

/*
 * Starts perch-auth for file, to be told credentials by j->in. Returns 0 or
 * an errno value.
 */
int auth_start(const struct auth_settings *settings, const char *file,
	       struct joint *j);

/*
 * Checks the value of an Authorization field (RFC 9110, section 11.6.2)
 * against q->file, by perch-auth (checkpassword on its descriptor 3), unless
 * they are the credentials that were right before. Hashes are never in this
 * process, and of the credentials only good ones stay. What perch-auth says on
 * its standard error goes to the log.
 */
enum auth_result auth_check(struct auth *auth,
			    const struct auth_settings *settings,
			    const struct auth_question *q, const char **why);

/* The user whose credentials are remembered, or an empty slice. */
struct slice auth_user(const struct auth *auth);

#endif
