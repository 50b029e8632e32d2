/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/log.h"
#include "host/handover.h"
#include "host/monitor.h"
#include "host/notify.h"
#include "host/opener.h"
#include "host/orders.h"
#include "host/reload.h"

/* argv with --check in front of all other arguments. */
static char *const *
with_check(char **argv)
{
	static char option[] = "--check";
	size_t count = 0;
	char **copy;

	while (argv[count] != NULL)
		count++;
	copy = calloc(count + 2, sizeof(*copy));
	if (copy == NULL)
		return NULL;
	copy[0] = argv[0];
	copy[1] = option;
	for (size_t i = 1; i < count; i++)
		copy[i + 1] = argv[i];
	return copy;
}

const char *
reload_init(struct reload *r, char **argv)
{
	const char *error = image_find_self(&r->self);

	if (error != NULL)
		return error;
	r->self.argv = argv;
	r->checker = r->self;
	r->checker.argv = with_check(argv);
	return r->checker.argv != NULL ? NULL : "no memory";
}

void
reload_fail(struct reload *r, const char *why)
{
	log_message(LOG_LEVEL_ERROR, "not reloaded", why);
	r->is_good = false;
	/* Ready it is, with the old options. */
	notify_ready();
}

/* Returns the process, or a negative errno value. */
static int
start_checker(void *argument)
{
	struct reload *r = argument;
	int result = -handover_lend(HANDOVER_OPENER, opener_fd());

	r->checker.environment = environ;
	if (result == 0)
		result = (int)image_start(&r->checker, -1);
	handover_take_back(HANDOVER_OPENER, opener_fd());
	return result;
}

bool
reload_is_due(struct reload *r)
{
	pid_t pid;

	if (orders_take_reload())
		r->is_wanted = true;
	if (r->is_good || !r->is_wanted || r->pid > 0)
		return r->is_good;
	r->is_wanted = false;
	notify_reloading();
	pid = monitor_run(start_checker, r);
	if (pid > 0)
		r->pid = pid;
	else
		reload_fail(r, strerror(-pid));
	return false;
}

bool
reload_take_end(struct reload *r, pid_t pid, int status)
{
	if (pid != r->pid)
		return false;
	r->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		r->is_good = true;
	else
		reload_fail(r, "the new options are refused");
	return true;
}
