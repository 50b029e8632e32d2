/* SPDX-License-Identifier: ISC */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "host/config.h"
#include "host/passwd.h"
#include "serve/program.h"
#include "serve/websocket.h"

#define LAUNCHERS (PROGRAM_LISTEN | PROGRAM_TLS)
#define ALL (PROGRAM_PERCH | LAUNCHERS)

/* How the text of a value becomes what is stored at its offset. */
enum option_kind {
	OPTION_FLAG,    /* bool; takes no value */
	OPTION_SECONDS, /* int64_t of milliseconds */
	OPTION_SIZE,    /* uint64_t of bytes: digits and K, M or G */
	OPTION_COUNT,   /* uint64_t */
	OPTION_OTHER,   /* take does it all */
};

struct option {
	const char *name;
	/* What the value is, for --help; NULL: none; "[=...]": it may be
	 * left out, and is no argument of its own. */
	const char *value;
	const char *help;
	enum option_kind kind;
	unsigned programs;
	size_t offset;
	uint64_t min, max; /* seconds are milliseconds here */
	/* Returns NULL, or what is wrong with the value. */
	const char *(*take)(struct config *config, struct slice value);
};

static const char *take_config(struct config *config, struct slice value);
static const char *take_env(struct config *config, struct slice value);

/*
 * A copy that stays, with a NUL behind it, or NULL where there is no memory.
 * Called a few times at start.
 */
static char *
keep(struct slice s)
{
	char *copy = malloc(s.len + 1);

	if (copy == NULL)
		return NULL;
	memcpy(copy, s.ptr, s.len);
	copy[s.len] = '\0';
	return copy;
}

/* Sets *to to such a copy. Returns NULL, or what is wrong. */
static const char *
keep_at(const char **to, struct slice s)
{
	*to = keep(s);
	return *to != NULL ? NULL : strerror(ENOMEM);
}

/* The same for a slice. */
static const char *
keep_slice(struct slice *to, struct slice s)
{
	*to = (struct slice){NULL, s.len};
	return keep_at(&to->ptr, s);
}

/*
 * Maps size bytes that are a copy of the file's: the file itself may be
 * written anew, or cut, while we run.
 */
static const char *
copy_file(int fd, size_t size, struct slice *text)
{
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE,
			   MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	size_t len = 0;
	ssize_t n;

	if (bytes == MAP_FAILED)
		return strerror(errno);
	do {
		n = read(fd, bytes + len, size - len);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0 || (n < 0 && errno == EINTR));
	if (n < 0)
		return strerror(errno);
	*text = (struct slice){bytes, len};
	return NULL;
}

/* The bytes of a file, which stay; or what is wrong with it. */
static const char *
read_file(struct slice name, struct slice *text)
{
	char path[PATH_MAX];
	const char *error = NULL;
	struct stat st;
	int fd;

	*text = (struct slice){0};
	if (name.len >= sizeof(path))
		return strerror(ENAMETOOLONG);
	memcpy(path, name.ptr, name.len);
	path[name.len] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return strerror(errno);
	if (fstat(fd, &st) != 0)
		error = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		error = "not a regular file";
	else if (st.st_size > 0)
		error = copy_file(fd, (size_t)st.st_size, text);
	close(fd);
	return error;
}

/* "line N: what", for a mistake in a file. */
static const char *
at_line(uint64_t number, const char *what)
{
	static char text[640];
	struct buf b = {.data = text, .cap = sizeof(text) - 1};

	buf_add_str(&b, "line ");
	buf_add_u64(&b, number);
	buf_add_str(&b, ": ");
	buf_add_str(&b, what);
	text[b.len] = '\0';
	return text;
}

static const char *
take_index(struct config *config, struct slice value)
{
	static const char *const bad =
	    "not the plain name of a file that is not hidden";
	struct site *site = &config->site;

	/* The first one given takes the place of the default. */
	if (site->index_count == 1 &&
	    slice_equal(site->index[0], SLICE("index.html")))
		site->index_count = 0;
	if (site->index_count == INDEX_MAX)
		return "too many of them";
	if (value.len == 0 || value.ptr[0] == '.' ||
	    memchr(value.ptr, '/', value.len) != NULL ||
	    memchr(value.ptr, '\0', value.len) != NULL)
		return bad;
	site->index[site->index_count++] = value;
	return NULL;
}

static const char *
take_header(struct config *config, struct slice value)
{
	return rules_add_header(&config->site.rules, value);
}

static const char *
take_echo(struct config *config, struct slice value)
{
	return rules_add_echo(&config->site.rules, value);
}

/*
 * What is said of programs is set up when the first word falls: NULL if there
 * is no memory for it.
 */
static struct programs *
programs(struct config *config)
{
	struct site *site = &config->site;

	if (site->programs != NULL)
		return site->programs;
	site->programs = calloc(1, sizeof(*site->programs));
	if (site->programs == NULL ||
	    take_env(config, SLICE("PATH=/usr/local/bin:/usr/bin:/bin")) ||
	    take_env(config, SLICE("TZ")) || take_env(config, SLICE("LANG")))
		return NULL;
	return site->programs;
}

static const char *
take_cgi(struct config *config, struct slice value)
{
	struct programs *p = programs(config);
	char *text = keep(value);
	const char *error;

	if (p == NULL || text == NULL)
		return strerror(ENOMEM);
	error = programs_add(p, text);
	if (error != NULL)
		free(text);
	return error;
}

static const char *
take_cgi_auth(struct config *config, struct slice value)
{
	struct programs *p = programs(config);

	(void)value;
	if (p == NULL)
		return strerror(ENOMEM);
	p->passes_authorization = true;
	return NULL;
}

static const char *
take_cgi_limit(struct config *config, struct slice value)
{
	struct programs *p = programs(config);

	return p == NULL ? strerror(ENOMEM) : programs_add_limit(p, value);
}

static const char *
take_cgi_spool(struct config *config, struct slice value)
{
	struct programs *p = programs(config);

	if (p == NULL || keep_at(&p->spool, value) != NULL)
		return strerror(ENOMEM);
	return access(p->spool, W_OK | X_OK) == 0 ? NULL : strerror(errno);
}

static const char *
take_program_sandbox(struct config *config, struct slice value)
{
	struct programs *p = programs(config);
	char *text = keep(value);
	struct user *user;
	const char *error;

	if (p == NULL || text == NULL)
		return strerror(ENOMEM);
	error = confinement_add(&p->confinement, text);
	free(text);
	user = &p->confinement.user;
	if (error != NULL || user->name == NULL)
		return error;
	error = passwd_find(user, user->name);
	/* It would be no less than we are. */
	return error == NULL && user->uid == 0 ? "the user is root" : error;
}

/* The same of WebSockets. */
static struct websockets *
websockets(struct config *config)
{
	struct site *site = &config->site;
	struct websockets *w = site->websockets;

	if (w != NULL)
		return w;
	/* They get the same environment and limits. */
	if (programs(config) == NULL)
		return NULL;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return NULL;
	w->policy.origin = w->origin;
	w->policy.protocol = w->protocol;
	site->websockets = w;
	return w;
}

/* A program with a slash in its name is a path; others are looked for. */
static const char *
find_program(const char **program)
{
	const char *path = getenv("PATH");
	char storage[PATH_MAX];
	struct slice directory, rest = slice_of(path != NULL ? path : "");

	if (strchr(*program, '/') != NULL)
		return access(*program, X_OK) == 0 ? NULL : strerror(errno);
	while (rest.len > 0) {
		struct buf name = BUF_OVER(storage);

		slice_cut(rest, ':', &directory, &rest);
		buf_add(&name, directory);
		buf_add_char(&name, '/');
		buf_add_str(&name, *program);
		buf_add_char(&name, '\0');
		if (directory.len == 0 || name.overflow ||
		    access(storage, X_OK) != 0)
			continue;
		name.len--;
		return keep_at(program, buf_slice(&name));
	}
	return "no such program in PATH";
}

static const char *
take_websocket(struct config *config, struct slice value)
{
	struct websockets *w = websockets(config);
	struct websocket_rule rule = {
	    .argv = calloc(WEBSOCKET_ARGS_MAX + 1, sizeof(*rule.argv))};
	const char *error = NULL;
	char *text = keep(value);

	if (w == NULL || rule.argv == NULL || text == NULL)
		error = strerror(ENOMEM);
	else if (w->rule_count == RULES_MAX)
		error = "too many of these rules";
	if (error == NULL)
		error = websocket_rule_parse(&rule, text);
	if (error == NULL)
		error = find_program(&rule.program.program);
	if (error == NULL) {
		w->rule[w->rule_count++] = rule;
		return NULL;
	}
	free(rule.argv);
	free(text);
	return error;
}

static const char *
take_websocket_auth(struct config *config, struct slice value)
{
	struct websockets *w = websockets(config);

	if (value.len == 0 || value.ptr[0] != '/')
		return "the program is no absolute path";
	if (w == NULL || keep_at(&w->auth.program, value) != NULL)
		return strerror(ENOMEM);
	w->auth.pattern = SLICE("/");
	return access(w->auth.program, X_OK) == 0 ? NULL : strerror(errno);
}

static const char *
take_websocket_origin(struct config *config, struct slice value)
{
	struct websockets *w = websockets(config);

	if (w == NULL)
		return strerror(ENOMEM);
	if (w->policy.origin_count == RULES_MAX)
		return "too many of them";
	return keep_slice(&w->origin[w->policy.origin_count++], value);
}

static const char *
take_websocket_protocol(struct config *config, struct slice value)
{
	struct websockets *w = websockets(config);

	if (w == NULL)
		return strerror(ENOMEM);
	if (!is_token(value))
		return "not a token";
	if (w->policy.protocol_count == RULES_MAX)
		return "too many of them";
	return keep_slice(&w->protocol[w->policy.protocol_count++], value);
}

/* Adds NAME=VALUE, or NAME with the value that it has for us, if any. */
static const char *
take_env(struct config *config, struct slice value)
{
	struct programs *p = programs(config);
	char text[128];
	struct buf name = {.data = text, .cap = sizeof(text) - 1};
	const char *ours, *error;
	char *kept;

	if (p == NULL)
		return strerror(ENOMEM);
	if (value.len == 0 || value.ptr[0] == '=')
		return "no name";
	if (memchr(value.ptr, '=', value.len) == NULL) {
		buf_add(&name, value);
		text[name.len] = '\0';
		ours = getenv(text);
		if (name.overflow || ours == NULL)
			return NULL;
		/* It stands behind its name. */
		value = (struct slice){ours - name.len - 1,
				       name.len + 1 + strlen(ours)};
	}
	kept = keep(value);
	if (kept == NULL)
		return strerror(ENOMEM);
	error = programs_add_variable(p, kept);
	if (error != NULL)
		free(kept);
	return error;
}

/* perch-auth lies where we do, in a build as in an installation. */
static const char *
find_auth_program(struct config *config)
{
	char path[PATH_MAX];
	struct buf name = BUF_OVER(path);
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path));

	if (config->site.auth.program != NULL)
		return NULL;
	if (n <= 0)
		return "/proc does not say where perch-auth would be";
	while (n > 0 && path[n - 1] != '/')
		n--;
	name.len = (size_t)n;
	buf_add_str(&name, "perch-auth");
	buf_add_char(&name, '\0');
	if (name.overflow || access(path, X_OK) != 0)
		return "there is no perch-auth beside this program";
	name.len--;
	return keep_at(&config->site.auth.program, buf_slice(&name));
}

static const char *
take_auth(struct config *config, struct slice value)
{
	struct slice pattern = {0};
	const char *error;
	char *file;

	slice_next_word(&value, &pattern);
	value = slice_trim(value);
	if (value.len == 0)
		return "no file behind the pattern";
	file = keep(value);
	if (file == NULL)
		return strerror(ENOMEM);
	error = access(file, F_OK) != 0
		    ? strerror(errno)
		    : rules_add_auth(&config->site.rules, pattern, file);
	if (error != NULL)
		free(file);
	return error != NULL ? error : find_auth_program(config);
}

static const char *
take_redirect(struct config *config, struct slice value)
{
	return rules_add_redirect(&config->site.rules, value);
}

static const char *
take_error_page(struct config *config, struct slice value)
{
	return rules_add_error_page(&config->site.rules, value);
}

static const char *
take_fallback(struct config *config, struct slice value)
{
	if (!pattern_is_valid(value))
		return "the path does not begin with a slash";
	return keep_slice(&config->site.fallback, value);
}

static const char *
take_log(struct config *config, struct slice value)
{
	static const struct {
		struct slice name;
		enum access_format format;
	} formats[] = {{{"combined", 8}, ACCESS_COMBINED},
		       {{"common", 6}, ACCESS_COMMON},
		       {{"json", 4}, ACCESS_JSON},
		       {{"none", 4}, ACCESS_NONE}};

	for (size_t i = 0; i < sizeof(formats) / sizeof(formats[0]); i++)
		if (slice_equal(value, formats[i].name)) {
			config->conn.access = formats[i].format;
			return NULL;
		}
	return "not one of combined, common, json, none";
}

static const char *
take_date(struct config *config, struct slice value)
{
	uint64_t seconds;

	(void)config;
	if (!slice_to_u64(value, &seconds) || seconds > INT64_MAX)
		return "not a number of seconds since 1970";
	clock_fix((int64_t)seconds);
	return NULL;
}

static const char *
take_mime(struct config *config, struct slice value)
{
	struct mime_table *table = &config->site.mime;
	const char *error;
	struct slice text;
	size_t bad_line;

	if (table->rules == NULL) {
		table->rules = calloc(MIME_RULES_MAX, sizeof(*table->rules));
		if (table->rules == NULL)
			return strerror(ENOMEM);
		table->cap = MIME_RULES_MAX;
	}
	error = read_file(value, &text);
	if (error != NULL)
		return error;
	return mime_table_parse(table, text, &bad_line)
		   ? NULL
		   : at_line(bad_line, table->refusal);
}

static const char *
take_proxy_protocol(struct config *config, struct slice value)
{
	config->conn.proxy = PROXY_REQUIRED;
	if (slice_equal(value, SLICE("optional")))
		config->conn.proxy = PROXY_OPTIONAL;
	else if (value.len > 0 && !slice_equal(value, SLICE("required")))
		return "not required or optional";
	return NULL;
}

static const char *
take_trust_forwarded(struct config *config, struct slice value)
{
	if (config->trusted == NULL)
		config->trusted = calloc(1, sizeof(*config->trusted));
	if (config->trusted == NULL)
		return strerror(ENOMEM);
	return networks_add(config->trusted, value);
}

static const char *
take_sandbox(struct config *config, struct slice value)
{
	static const struct {
		struct slice name;
		enum sandbox_mode mode;
	} modes[] = {{{"on", 2}, SANDBOX_ON},
		     {{"off", 3}, SANDBOX_OFF},
		     {{"auto", 4}, SANDBOX_AUTO}};

	for (size_t i = 0; i < sizeof(modes) / sizeof(modes[0]); i++)
		if (slice_equal(value, modes[i].name)) {
			config->sandbox = modes[i].mode;
			return NULL;
		}
	return "not one of on, off, auto";
}

static const char *
take_redirect_https(struct config *config, struct slice value)
{
	uint64_t port = 443;

	if (value.len > 0 &&
	    (!slice_to_u64(value, &port) || port < 1 || port > 65535))
		return "not the number of a port";
	config->site.https_port = (unsigned)port;
	return NULL;
}

/* The value is kept where there is room for it. */
static const char *
add_path(const char *path[TLS_CERTIFICATES_MAX], size_t *count,
	 struct slice value)
{
	if (*count == TLS_CERTIFICATES_MAX)
		return "too many of them";
	return keep_at(&path[(*count)++], value);
}

static const char *
take_tls_cert(struct config *config, struct slice value)
{
	struct tls_settings *tls = &config->tls;

	return add_path(tls->certificate, &tls->certificate_count, value);
}

static const char *
take_tls_key(struct config *config, struct slice value)
{
	return add_path(config->tls.key, &config->tls.key_count, value);
}

static const char *
take_tls_ocsp(struct config *config, struct slice value)
{
	struct tls_settings *tls = &config->tls;

	if (tls->certificate_count == 0)
		return "there is no --tls-cert before it";
	return keep_at(&tls->ocsp[tls->certificate_count - 1], value);
}

static const char *
take_tls_client_ca(struct config *config, struct slice value)
{
	struct slice file = {0};

	slice_next_word(&value, &file);
	value = slice_trim(value);
	config->tls.client = TLS_CLIENT_REQUIRED;
	if (slice_equal(value, SLICE("optional")))
		config->tls.client = TLS_CLIENT_OPTIONAL;
	else if (value.len > 0 && !slice_equal(value, SLICE("required")))
		return "not required or optional";
	return file.len > 0 ? keep_at(&config->tls.client_ca, file) : "no file";
}

static const char *
take_tls_ciphers(struct config *config, struct slice value)
{
	return keep_at(&config->tls.ciphers, value);
}

static const char *
take_tls_tickets(struct config *config, struct slice value)
{
	return keep_at(&config->tls.tickets, value);
}

static const char *
take_tls_min(struct config *config, struct slice value)
{
	config->tls.is_13_only = slice_equal(value, SLICE("1.3"));
	return config->tls.is_13_only || slice_equal(value, SLICE("1.2"))
		   ? NULL
		   : "not 1.2 or 1.3";
}

static const char *
take_user(struct config *config, struct slice value)
{
	return keep_at(&config->listen.user, value);
}

static const char *
take_ready_fd(struct config *config, struct slice value)
{
	uint64_t fd;

	if (!slice_to_u64(value, &fd) || fd < 1 || fd > 1023)
		return "not the number of a descriptor";
	config->listen.ready_fd = (int64_t)fd;
	return NULL;
}

static const char *
take_socket_mode(struct config *config, struct slice value)
{
	uint64_t mode = 0;

	for (size_t i = 0; i < value.len; i++) {
		if (value.ptr[i] < '0' || value.ptr[i] > '7' || mode > 0777)
			return "not an octal mode";
		mode = mode * 8 + (uint64_t)(value.ptr[i] - '0');
	}
	if (value.len == 0 || mode > 0777)
		return "not an octal mode";
	config->listen.socket_mode = mode;
	return NULL;
}

#define AT(member) offsetof(struct config, member)
#define SECOND 1000
#define HOUR (3600 * SECOND)
#define KIB 1024

/* In alphabetical order, as the manual has them. */
static const struct option options[] = {
    {"auth", "'PATTERN FILE'", "ask for a user and password of FILE",
     OPTION_OTHER, ALL, 0, 0, 0, take_auth},
    {"auth-attempts", "N", "wrong passwords on a connection (5)", OPTION_COUNT,
     ALL, AT(site.auth.max_attempts), 1, 1000, NULL},
    {"auth-timeout", "SECONDS", "time for checking a password (10)",
     OPTION_SECONDS, ALL, AT(site.auth.timeout_ms), 1, HOUR, NULL},
    {"backlog", "N", "connections that may wait to be accepted (1024)",
     OPTION_COUNT, LAUNCHERS, AT(listen.backlog), 1, 65535, NULL},
    {"body-timeout", "SECONDS",
     "time without progress of a request's content "
     "(30)",
     OPTION_SECONDS, ALL, AT(conn.body.timeout_ms), 0, 24 * HOUR, NULL},
    {"cgi", "'PATTERN [PROGRAM]'", "run programs beneath it, or this one",
     OPTION_OTHER, ALL, 0, 0, 0, take_cgi},
    {"cgi-auth", NULL, "let programs see Authorization", OPTION_OTHER, ALL, 0,
     0, 0, take_cgi_auth},
    {"cgi-continue", "SECONDS",
     "for a program to answer without the content (0.1)", OPTION_SECONDS, ALL,
     AT(conn.program.continue_ms), 0, HOUR, NULL},
    {"cgi-grace", "SECONDS", "between SIGTERM and SIGKILL for a program (2)",
     OPTION_SECONDS, ALL, AT(conn.program.grace_ms), 0, HOUR, NULL},
    {"cgi-limit", "'RESOURCE N'", "limit a resource of each program",
     OPTION_OTHER, ALL, 0, 0, 0, take_cgi_limit},
    {"cgi-spool", "DIRECTORY", "where chunked content waits for its length",
     OPTION_OTHER, ALL, 0, 0, 0, take_cgi_spool},
    {"cgi-timeout", "SECONDS", "for a program to move a byte (60)",
     OPTION_SECONDS, ALL, AT(conn.program.timeout_ms), 0, 24 * HOUR, NULL},
    {"check", NULL, "read the options, say what is wrong, exit", OPTION_FLAG,
     ALL, AT(checks), 0, 0, NULL},
    {"chroot", NULL, "connections see nothing but the directory", OPTION_FLAG,
     LAUNCHERS, AT(listen.has_chroot), 0, 0, NULL},
    {"config", "FILE", "more options, one a line, without the dashes",
     OPTION_OTHER, ALL, 0, 0, 0, take_config},
    {"crash-pause", "SECONDS",
     "without an address whose processes crashed, doubled each time (1)",
     OPTION_SECONDS, LAUNCHERS, AT(listen.crash_pause_ms), 0, HOUR, NULL},
    {"date", "SECONDS", "a clock that stands still, for tests", OPTION_OTHER,
     ALL, 0, 0, 0, take_date},
    {"drain-timeout", "SECONDS", "time for reading on what is not wanted (2)",
     OPTION_SECONDS, ALL, AT(conn.body.drain_ms), 1, HOUR, NULL},
    {"echo", "PATTERN", "send a request's content back", OPTION_OTHER, ALL, 0,
     0, 0, take_echo},
    {"env", "NAME[=VALUE]", "a variable for programs", OPTION_OTHER, ALL, 0, 0,
     0, take_env},
    {"error-page", "'STATUS PATH'", "a page of the site for an error",
     OPTION_OTHER, ALL, 0, 0, 0, take_error_page},
    {"exec", NULL, "a fresh image for each connection", OPTION_FLAG,
     PROGRAM_LISTEN, AT(listen.executes), 0, 0, NULL},
    {"explain", NULL, "say on stderr what decided each answer", OPTION_FLAG,
     ALL, AT(conn.explain), 0, 0, NULL},
    {"fallback", "PATH", "what is served where there is no such file",
     OPTION_OTHER, ALL, 0, 0, 0, take_fallback},
    {"file-cache", "BYTES",
     "answers kept for a connection that asks again (64K)", OPTION_SIZE, ALL,
     AT(conn.cache.size), 0, FILE_CACHE_CAP, NULL},
    {"file-cache-valid", "SECONDS", "then a file is looked at again (1)",
     OPTION_SECONDS, ALL, AT(conn.cache.valid_ms), 0, HOUR, NULL},
    {"grace", "SECONDS", "time for responses under way when told to stop (10)",
     OPTION_SECONDS, LAUNCHERS, AT(listen.grace_ms), 0, HOUR, NULL},
    {"gzip", "LEVEL", "compress on the fly, 1 to 9, 0: never (6)", OPTION_COUNT,
     ALL, AT(site.gzip_level), 0, 9, NULL},
    {"half-close-grace", "SECONDS",
     "for a program whose client has ended its side (5)", OPTION_SECONDS, ALL,
     AT(conn.program.half_close_ms), 0, 24 * HOUR, NULL},
    {"header", "'PATTERN NAME: VALUE'", "set a response field, or remove it",
     OPTION_OTHER, ALL, 0, 0, 0, take_header},
    {"header-timeout", "SECONDS", "time for a whole head (10)", OPTION_SECONDS,
     ALL, AT(conn.header_ms), 0, 24 * HOUR, NULL},
    {"help", NULL, "say this, and exit", OPTION_OTHER, ALL, 0, 0, 0, NULL},
    {"hosts", NULL, "DIRECTORY has a directory for each host, and default",
     OPTION_FLAG, ALL, AT(site.has_hosts), 0, 0, NULL},
    {"idle-timeout", "SECONDS", "time between two requests (60)",
     OPTION_SECONDS, ALL, AT(conn.idle_ms), 0, 24 * HOUR, NULL},
    {"index", "NAME", "index file of a directory, repeatable (index.html)",
     OPTION_OTHER, ALL, 0, 0, 0, take_index},
    {"listing", NULL, "list a directory that has no index file", OPTION_FLAG,
     ALL, AT(site.lists), 0, 0, NULL},
    {"log", "combined|common|json|none", "a line for each request (combined)",
     OPTION_OTHER, ALL, 0, 0, 0, take_log},
    {"log-redact", NULL, "without queries, which may be secret", OPTION_FLAG,
     ALL, AT(conn.log_redact), 0, 0, NULL},
    {"max-body", "BYTES", "content of a request, 0: any (1G)", OPTION_SIZE, ALL,
     AT(conn.body.content), 0, UINT64_MAX, NULL},
    {"max-cgi-head", "BYTES", "head of what a program sends (64K)", OPTION_SIZE,
     ALL, AT(conn.program.head), 64, CGI_HEAD_CAP, NULL},
    {"max-cgi-log", "BYTES", "that a program may say into the log (64K)",
     OPTION_SIZE, ALL, AT(conn.program.complaints), 0, UINT64_MAX, NULL},
    {"max-chunk-extensions", "BYTES", "chunk extensions of a request (16K)",
     OPTION_SIZE, ALL, AT(conn.body.chunk_extension), 0, 1024 * KIB, NULL},
    {"max-connections", "N", "connections at a time (512)", OPTION_COUNT,
     LAUNCHERS, AT(listen.max_connections), 1, 100000, NULL},
    {"max-drain", "BYTES", "content that is read on unwanted (256K)",
     OPTION_SIZE, ALL, AT(conn.body.drain), 0, 1024 * 1024 * KIB, NULL},
    {"max-fields", "N", "fields of a request (128)", OPTION_COUNT, ALL,
     AT(conn.head.fields), 1, FIELDS_CAP, NULL},
    {"max-head", "BYTES", "head of a request (32K)", OPTION_SIZE, ALL,
     AT(conn.head.head), 64, HEAD_CAP - 16, NULL},
    {"max-per-address", "N", "connections of one address, 0: any number (64)",
     OPTION_COUNT, LAUNCHERS, AT(listen.max_per_address), 0, 100000, NULL},
    {"max-proxy-header", "BYTES", "header of the PROXY protocol (4K)",
     OPTION_SIZE, ALL, AT(conn.max_proxy_header), 256, PROXY_V2_MAX, NULL},
    {"max-request-line", "BYTES", "request line (8K)", OPTION_SIZE, ALL,
     AT(conn.head.request_line), 16, REQUEST_LINE_CAP, NULL},
    {"max-requests", "N", "requests on a connection, 0: any number (1000)",
     OPTION_COUNT, ALL, AT(conn.max_requests), 0, UINT64_MAX, NULL},
    {"mime", "FILE", "more media types, in the format of mime.types",
     OPTION_OTHER, ALL, 0, 0, 0, take_mime},
    {"min-rate", "BYTES", "a second, that a client must read or send (256)",
     OPTION_SIZE, ALL, AT(conn.pace.min_rate), 0, 1024 * 1024 * KIB, NULL},
    {"no-precompressed", NULL, "do not look for FILE.zst, FILE.br, FILE.gz",
     OPTION_FLAG, ALL, AT(site.ignores_siblings), 0, 0, NULL},
    {"pages-rules", NULL, "read _headers and _redirects in the root",
     OPTION_FLAG, ALL, AT(site.has_page_rules), 0, 0, NULL},
    {"program-sandbox", "WORD[,WORD]...",
     "for programs: no-network, read-only, write=DIRECTORY, user=NAME",
     OPTION_OTHER, ALL, 0, 0, 0, take_program_sandbox},
    {"proxy-protocol", "[=optional]", "a PROXY header comes first, or may come",
     OPTION_OTHER, ALL, 0, 0, 0, take_proxy_protocol},
    {"ready-fd", "N", "write a newline to this descriptor when ready",
     OPTION_OTHER, LAUNCHERS, 0, 0, 0, take_ready_fd},
    {"redirect", "'PATTERN TARGET [STATUS]'", "send clients elsewhere (302)",
     OPTION_OTHER, ALL, 0, 0, 0, take_redirect},
    {"redirect-https", "[=PORT]", "send clients to https, on that port (443)",
     OPTION_OTHER, PROGRAM_PERCH | PROGRAM_LISTEN, 0, 0, 0,
     take_redirect_https},
    {"retry-after", "SECONDS", "that a refused connection is told (5)",
     OPTION_COUNT, LAUNCHERS, AT(listen.retry_after), 0, 86400, NULL},
    {"sandbox", "on|off|auto",
     "keep connections from all that they do not need (auto)", OPTION_OTHER,
     ALL, 0, 0, 0, take_sandbox},
    {"socket-mode", "MODE", "permissions of unix: sockets (0666)", OPTION_OTHER,
     LAUNCHERS, 0, 0, 0, take_socket_mode},
    {"tls-cert", "FILE", "certificate and chain in PEM, repeatable",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_cert},
    {"tls-ciphers", "LIST", "of TLS 1.2 (ECDHE+AESGCM:ECDHE+CHACHA20)",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_ciphers},
    {"tls-client-ca", "'FILE [optional]'", "whose certificates clients need",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_client_ca},
    {"tls-handshake-timeout", "SECONDS", "time for a whole handshake (10)",
     OPTION_SECONDS, PROGRAM_TLS, AT(tls.handshake_ms), 1, HOUR, NULL},
    {"tls-key", "FILE", "of the certificate, repeatable (that of --tls-cert)",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_key},
    {"tls-min", "VERSION", "1.2 or 1.3 (1.2)", OPTION_OTHER, PROGRAM_TLS, 0, 0,
     0, take_tls_min},
    {"tls-ocsp", "FILE", "OCSP response for the --tls-cert before it",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_ocsp},
    {"tls-tickets", "FILE", "keys of session tickets, shared by machines",
     OPTION_OTHER, PROGRAM_TLS, 0, 0, 0, take_tls_tickets},
    {"tls-watch", "SECONDS", "between two looks at these files, 0: none (20)",
     OPTION_SECONDS, PROGRAM_TLS, AT(tls_watch_ms), 0, HOUR, NULL},
    {"trust-forwarded", "NETWORK", "take a client's address from its fields",
     OPTION_OTHER, ALL, 0, 0, 0, take_trust_forwarded},
    {"user", "NAME", "become this user before the first connection",
     OPTION_OTHER, LAUNCHERS, 0, 0, 0, take_user},
    {"version", NULL, "say the version, and exit", OPTION_OTHER, ALL, 0, 0, 0,
     NULL},
    {"websocket", "'PATTERN [MODE] PROGRAM [ARG]...'",
     "talk with a program, by lines or packets (lines)", OPTION_OTHER, ALL, 0,
     0, 0, take_websocket},
    {"websocket-auth", "PROGRAM", "a CGI program that lets clients in",
     OPTION_OTHER, ALL, 0, 0, 0, take_websocket_auth},
    {"websocket-close-timeout", "SECONDS",
     "for a client to answer the end of a WebSocket (2)", OPTION_SECONDS, ALL,
     AT(conn.websocket.close_ms), 1, HOUR, NULL},
    {"websocket-deflate-level", "LEVEL", "1 to 9 (6)", OPTION_COUNT, ALL,
     AT(conn.websocket.deflate_level), 1, 9, NULL},
    {"websocket-deflate-memory", "LEVEL", "memory for compressing, 1 to 9 (5)",
     OPTION_COUNT, ALL, AT(conn.websocket.deflate_memory), 1, 9, NULL},
    {"websocket-deflate-min", "BYTES", "shorter ones are not compressed (64)",
     OPTION_SIZE, ALL, AT(conn.websocket.deflate_min), 0, UINT64_MAX, NULL},
    {"websocket-deflate-window", "BITS", "window for compressing (12)",
     OPTION_COUNT, ALL, AT(conn.websocket.deflate_window), 8, 15, NULL},
    {"websocket-grace", "SECONDS",
     "for a program to end, then SIGTERM, SIGKILL (2)", OPTION_SECONDS, ALL,
     AT(conn.websocket.grace_ms), 1, HOUR, NULL},
    {"websocket-inflate-window", "BITS", "window of what clients send (15)",
     OPTION_COUNT, ALL, AT(conn.websocket.inflate_window), 8, 15, NULL},
    {"websocket-lines-escape", NULL,
     "lines hold newlines, as \\n, and binary messages", OPTION_FLAG, ALL,
     AT(conn.websocket.escapes), 0, 0, NULL},
    {"websocket-max-message", "BYTES", "one message, either way (1M)",
     OPTION_SIZE, ALL, AT(conn.websocket.message_max), 1, 1024 * 1024 * KIB,
     NULL},
    {"websocket-max-parts", "BYTES", "a program's messages in parts (16M)",
     OPTION_SIZE, ALL, AT(conn.websocket.parts), 64 * KIB, 4096ull * 1024 * KIB,
     NULL},
    {"websocket-no-deflate", NULL, "compress no messages", OPTION_FLAG, ALL,
     AT(conn.websocket.has_no_deflate), 0, 0, NULL},
    {"websocket-origin", "PATTERN", "pages elsewhere that may connect",
     OPTION_OTHER, ALL, 0, 0, 0, take_websocket_origin},
    {"websocket-ping", "SECONDS", "of silence, then the client is pinged (30)",
     OPTION_SECONDS, ALL, AT(conn.websocket.ping_ms), 0, 24 * HOUR, NULL},
    {"websocket-pong-timeout", "SECONDS", "of silence after a ping (30)",
     OPTION_SECONDS, ALL, AT(conn.websocket.pong_ms), 0, 24 * HOUR, NULL},
    {"websocket-protocol", "NAME", "a subprotocol that there is", OPTION_OTHER,
     ALL, 0, 0, 0, take_websocket_protocol},
    {"write-timeout", "SECONDS", "time without progress of a response (30)",
     OPTION_SECONDS, ALL, AT(conn.pace.timeout_ms), 0, 24 * HOUR, NULL},
};

#define OPTION_COUNT_ALL (sizeof(options) / sizeof(options[0]))

const char *
config_program_name(enum program program)
{
	return program == PROGRAM_PERCH    ? "perch"
	       : program == PROGRAM_LISTEN ? "perch-listen"
					   : "perch-tls";
}

static const struct option *
find_option(unsigned programs, struct slice name)
{
	for (size_t i = 0; i < OPTION_COUNT_ALL; i++)
		if ((options[i].programs & programs) &&
		    slice_equal(name, slice_of(options[i].name)))
			return &options[i];
	return NULL;
}

static bool
value_is_optional(const struct option *option)
{
	return option->value != NULL && option->value[0] == '[';
}

static bool
has_nonzero_digit(struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		if (text.ptr[i] > '0' && text.ptr[i] <= '9')
			return true;
	return false;
}

/* "10" or "0.25": milliseconds, what is finer being cut off. */
static bool
parse_seconds(struct slice text, uint64_t *ms)
{
	struct slice whole, fraction;
	uint64_t seconds, part, scale = 100;

	*ms = 0;
	if (slice_cut(text, '.', &whole, &fraction)) {
		if (!slice_to_u64(fraction, &part))
			return false;
		for (size_t i = 0; i < fraction.len && i < 3; i++) {
			*ms += (uint64_t)(fraction.ptr[i] - '0') * scale;
			scale /= 10;
		}
	}
	if (!slice_to_u64(whole, &seconds) || seconds > INT64_MAX / 1000 - 1)
		return false;
	*ms += seconds * 1000;
	return true;
}

/* "4096", "32K", "1M", "2G" */
static bool
parse_size(struct slice text, uint64_t *bytes)
{
	unsigned shift = 0;

	if (text.len == 0)
		return false;
	switch (text.ptr[text.len - 1]) {
	case 'K':
	case 'k':
		shift = 10;
		break;
	case 'M':
	case 'm':
		shift = 20;
		break;
	case 'G':
	case 'g':
		shift = 30;
		break;
	}
	if (shift > 0)
		text.len--;
	if (!slice_to_u64(text, bytes) || *bytes > UINT64_MAX >> shift)
		return false;
	*bytes <<= shift;
	return true;
}

static const char *
take_value(struct config *config, const struct option *option,
	   struct slice value)
{
	void *at = (char *)config + option->offset;
	uint64_t n = 0;
	int64_t ms;

	switch (option->kind) {
	case OPTION_FLAG:
		*(bool *)at = true;
		return NULL;
	case OPTION_OTHER:
		return option->take(config, value);
	case OPTION_SECONDS:
		if (!parse_seconds(value, &n))
			return "not a number of seconds";
		break;
	case OPTION_SIZE:
		if (!parse_size(value, &n))
			return "not a number of bytes";
		break;
	case OPTION_COUNT:
		if (!slice_to_u64(value, &n))
			return "not a number";
		break;
	}
	/* 0 means no time-out, which a tiny one must not become. */
	if (n == 0 && has_nonzero_digit(value))
		return "too small";
	if (n < option->min || n > option->max)
		return n < option->min ? "too small" : "too large";
	ms = (int64_t)n;
	memcpy(at, option->kind == OPTION_SECONDS ? (void *)&ms : (void *)&n,
	       sizeof(n));
	return NULL;
}

enum config_result
config_refuse(const char *what, const char *detail)
{
	log_message(LOG_LEVEL_ERROR, what, detail);
	return CONFIG_EXIT_USAGE;
}

/* --NAME: what, or FILE:LINE: NAME: what. Always false. */
static const char *
describe(const char *where, struct slice name, const char *what)
{
	static char text[512];
	struct buf b = {.data = text, .cap = sizeof(text) - 1};

	buf_add_str(&b, where);
	buf_add(&b, name.len < 64 ? name : (struct slice){name.ptr, 64});
	buf_add_str(&b, ": ");
	buf_add_str(&b, what);
	text[b.len] = '\0';
	return text;
}

/* A line "name value"; blank lines and those that begin with # are none. */
static const char *
take_line(struct config *config, struct slice line)
{
	const struct option *option;
	struct slice name;
	const char *error;

	if (line.len > 0 && line.ptr[line.len - 1] == '\r')
		line.len--;
	if (!slice_next_word(&line, &name) || name.ptr[0] == '#')
		return NULL;
	option = find_option(config->program, name);
	/* One file may be for all the programs of a site. */
	if (option == NULL && find_option(ALL, name) != NULL)
		return NULL;
	if (option == NULL || (option->kind == OPTION_OTHER && !option->take))
		return describe("", name, "no such option");
	if (!value_is_optional(option) &&
	    (option->value == NULL) != (line.len == 0))
		return describe("", name,
				option->value ? "wants a value"
					      : "takes no value");
	error = take_value(config, option, line);
	return error != NULL ? describe("", name, error) : NULL;
}

static const char *
take_config(struct config *config, struct slice value)
{
	static unsigned depth;
	struct slice text, line;
	const char *error = read_file(value, &text);
	uint64_t number = 0;

	if (error != NULL)
		return error;
	if (depth > 0)
		return "a --config file cannot name another";
	depth++;
	while (error == NULL && text.len > 0) {
		slice_cut(text, '\n', &line, &text);
		number++;
		error = take_line(config, line);
	}
	depth--;
	return error == NULL ? NULL : at_line(number, error);
}

static void
set_defaults(struct config *config, enum program program)
{
	*config = (struct config){
	    .program = program,
	    .site = {.directory = ".",
		     .index = {SLICE("index.html")},
		     .index_count = 1,
		     .auth = {.timeout_ms = 10 * SECOND, .max_attempts = 5},
		     .gzip_level = 6},
	    .conn = {.head = {.request_line = 8 * KIB,
			      .head = 32 * KIB,
			      .fields = 128},
		     .body = {.content = 1024 * 1024 * KIB,
			      .chunk_extension = 16 * KIB,
			      .drain = 256 * KIB,
			      .drain_ms = 2 * SECOND,
			      .timeout_ms = 30 * SECOND},
		     .pace = {.timeout_ms = 30 * SECOND, .min_rate = 256},
		     .program = {.timeout_ms = 60 * SECOND,
				 .continue_ms = 100,
				 .half_close_ms = 5 * SECOND,
				 .grace_ms = 2 * SECOND,
				 .head = 64 * KIB,
				 .complaints = 64 * KIB},
		     .websocket = {.message_max = 1024 * KIB,
				   .parts = 16 * 1024 * KIB,
				   .ping_ms = 30 * SECOND,
				   .pong_ms = 30 * SECOND,
				   .grace_ms = 2 * SECOND,
				   .close_ms = 2 * SECOND,
				   .deflate_min = 64,
				   .deflate_level = 6,
				   .deflate_memory = 5,
				   .deflate_window = 12,
				   .inflate_window = 15},
		     .cache = {.size = 64 * KIB, .valid_ms = SECOND},
		     .header_ms = 10 * SECOND,
		     .idle_ms = 60 * SECOND,
		     .max_requests = 1000,
		     .max_proxy_header = 4 * KIB,
		     .access = ACCESS_COMBINED},
	    .listen = {.backlog = 1024,
		       .max_connections = 512,
		       .max_per_address = 64,
		       .crash_pause_ms = SECOND,
		       .retry_after = 5,
		       .socket_mode = 0666,
		       .grace_ms = 10 * SECOND,
		       .ready_fd = -1},
	    .tls = {.handshake_ms = 10 * SECOND},
	    .tls_watch_ms = 20 * SECOND,
	};
}

static void
print(struct slice text)
{
	ssize_t n;

	do
		n = write(STDOUT_FILENO, text.ptr, text.len);
	while (n < 0 && errno == EINTR);
}

static void
print_help(enum program program)
{
	char storage[8192];
	struct buf out = BUF_OVER(storage);

	buf_add_str(&out,
		    program == PROGRAM_PERCH
			? "usage: perch [OPTION]... [DIRECTORY]\n"
			  "Serves the one HTTP connection on standard input "
			  "and output from DIRECTORY (.).\n\n"
		    : program == PROGRAM_TLS
			? "usage: perch-tls [OPTION]... --tls-cert FILE "
			  "ADDRESS[,ADDRESS]... [DIRECTORY]\n"
			  "Accepts TLS connections and serves each in a "
			  "process of its own from DIRECTORY\n"
			  "(.). ADDRESS: 8443, 127.0.0.1:8443, [::1]:8443, "
			  "unix:/path, systemd, inetd\n\n"
			: "usage: perch-listen [OPTION]... "
			  "ADDRESS[,ADDRESS]... [DIRECTORY]\n"
			  "       perch-listen [OPTION]... "
			  "ADDRESS[,ADDRESS]... -- PROGRAM [ARG]...\n"
			  "Accepts connections and serves each in a process "
			  "of its own from DIRECTORY (.),\n"
			  "or runs PROGRAM for it. ADDRESS: 8080, "
			  "127.0.0.1:8080, [::1]:8080, unix:/path, "
			  "systemd, inetd\n\n");
	for (size_t i = 0; i < OPTION_COUNT_ALL; i++) {
		const struct option *o = &options[i];
		size_t before = out.len;

		if (!(o->programs & program))
			continue;
		buf_add_str(&out, "  --");
		buf_add_str(&out, o->name);
		if (o->value != NULL) {
			if (!value_is_optional(o))
				buf_add_char(&out, ' ');
			buf_add_str(&out, o->value);
		}
		do
			buf_add_char(&out, ' ');
		while (out.len - before < 34);
		buf_add_str(&out, o->help);
		buf_add_char(&out, '\n');
	}
	print(buf_slice(&out));
}

static void
print_version(enum program program)
{
	char storage[64];
	struct buf out = BUF_OVER(storage);

	buf_add_str(&out, config_program_name(program));
	buf_add_str(&out, " " VERSION "\n");
	print(buf_slice(&out));
}

/* Splits "--name=value". */
static const struct option *
parse_option(enum program program, const char *argument, struct slice *name,
	     struct slice *value, bool *has_value)
{
	*has_value =
	    slice_cut(slice_skip(slice_of(argument), 2), '=', name, value);
	return find_option(program, *name);
}

static enum config_result
take_option(struct config *config, int argc, char **argv, int *at)
{
	struct slice name, value = {0};
	bool has_value;
	const struct option *option =
	    parse_option(config->program, argv[*at], &name, &value, &has_value);
	const char *error;

	if (option == NULL)
		return config_refuse(describe("--", name, "no such option"),
				     NULL);
	if (option->value == NULL && has_value)
		return config_refuse(describe("--", name, "takes no value"),
				     NULL);
	if (option->kind == OPTION_OTHER && option->take == NULL) {
		if (option->name[0] == 'h')
			print_help(config->program);
		else
			print_version(config->program);
		return CONFIG_EXIT_OK;
	}
	if (option->value != NULL && !has_value && !value_is_optional(option)) {
		if (*at + 1 >= argc)
			return config_refuse(
			    describe("--", name, "wants a value"), NULL);
		value = slice_of(argv[++*at]);
	}
	error = take_value(config, option, value);
	return error == NULL ? CONFIG_SERVE
			     : config_refuse(describe("--", name, error), NULL);
}

static enum config_result
take_addresses(struct config *config, struct slice list)
{
	struct listen_settings *l = &config->listen;
	struct slice address;

	while (slice_next_element(&list, &address)) {
		if (l->address_count == ADDRESSES_MAX)
			return config_refuse("too many addresses", NULL);
		l->address[l->address_count++] = address;
	}
	return l->address_count > 0 ? CONFIG_SERVE
				    : config_refuse("no address", NULL);
}

/* What stands behind the options: [ADDRESS...] [DIRECTORY] */
static enum config_result
take_operand(struct config *config, const char *operand, unsigned *count)
{
	unsigned number = (*count)++;

	if (config->program != PROGRAM_PERCH && number-- == 0)
		return take_addresses(config, slice_of(operand));
	if (number > 0)
		return config_refuse("one argument too many", operand);
	config->site.directory = operand;
	return CONFIG_SERVE;
}

bool
config_starts_programs(const struct config *config)
{
	return config->site.programs != NULL ||
	       config->site.auth.program != NULL;
}

const struct user *
config_program_user(const struct config *config)
{
	const struct programs *p = config->site.programs;

	return p != NULL && p->confinement.user.name != NULL
		   ? &p->confinement.user
		   : NULL;
}

/* What no option can see by itself. */
static enum config_result
check_together(const struct config *config, unsigned operands)
{
	const struct listen_settings *l = &config->listen;
	const struct tls_settings *t = &config->tls;

	if (config->program != PROGRAM_PERCH && operands == 0)
		return config_refuse("no ADDRESS to listen on", NULL);
	if (config->program == PROGRAM_TLS && t->certificate_count == 0)
		return config_refuse("no --tls-cert", NULL);
	if (t->key_count > 0 && t->key_count != t->certificate_count)
		return config_refuse("not a --tls-key for each --tls-cert",
				     NULL);
	if (l->program != NULL && operands > 1)
		return config_refuse("a DIRECTORY and a PROGRAM",
				     config->site.directory);
	/* What was promised and cannot be held is refused. */
	if (config->sandbox == SANDBOX_ON && l->program != NULL)
		return config_refuse("--sandbox",
				     "a PROGRAM is started outside of it");
	if (l->has_chroot && l->user == NULL)
		return config_refuse("--chroot", "it needs --user");
	if (l->has_chroot && (l->program != NULL || l->executes))
		return config_refuse("--chroot",
				     "what is executed is outside of it");
	/* It would have lost the right to. */
	if (l->executes && l->user != NULL && config_program_user(config))
		return config_refuse("--exec", "it cannot change to the user "
					       "of --program-sandbox");
	return CONFIG_SERVE;
}

enum config_result
config_read(struct config *config, enum program program, int argc, char **argv)
{
	enum config_result result = CONFIG_SERVE;
	unsigned operands = 0;
	bool has_dashes = false;

	/* A launcher's connections are on none of its own descriptors. */
	if (program != PROGRAM_PERCH)
		log_open(config_program_name(program), -1, -1);
	else
		log_open(config_program_name(program), STDIN_FILENO,
			 STDOUT_FILENO);
	log_expect_journal(getenv("JOURNAL_STREAM"));
	set_defaults(config, program);
	for (int i = 1; i < argc && result == CONFIG_SERVE; i++) {
		const char *argument = argv[i];

		if (strcmp(argument, "--") == 0) {
			has_dashes = true;
			if (program == PROGRAM_PERCH)
				continue;
			if (program == PROGRAM_TLS)
				return config_refuse(
				    "--", "only perch-listen runs a PROGRAM");
			if (i + 1 == argc)
				return config_refuse("--",
						     "no PROGRAM follows");
			config->listen.program = argv + i + 1;
			break;
		}
		if (has_dashes || argument[0] != '-' || argument[1] == '\0')
			result = take_operand(config, argument, &operands);
		else if (argument[1] == '-')
			result = take_option(config, argc, argv, &i);
		else
			result = config_refuse(argument, "no such option");
	}
	if (result == CONFIG_SERVE)
		result = check_together(config, operands);
	if (config->site.programs != NULL)
		config->site.programs->own_count =
		    config->site.programs->variable_count;
	/* One rate holds for both directions. */
	config->conn.body.min_rate = config->conn.pace.min_rate;
	config->conn.body.trailer = config->conn.head.head;
	if (config->site.websockets != NULL) {
		const struct websocket_limits *w = &config->conn.websocket;

		config->site.websockets->policy.deflate =
		    (struct deflate_policy){
			.is_on = !w->has_no_deflate,
			.server_bits = (int)w->deflate_window,
			.client_bits = (int)w->inflate_window};
	}
	return result;
}
