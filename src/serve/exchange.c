/* SPDX-License-Identifier: ISC */
#include "serve/exchange.h"

void
exchange_explain(struct exchange *x, const char *what, struct slice detail)
{
	if (x->explanation == NULL)
		return;
	buf_add_str(x->explanation, "; ");
	buf_add_str(x->explanation, what);
	buf_add_char(x->explanation, ' ');
	buf_add(x->explanation, detail);
}

static ssize_t
read_nothing(struct source *self, void *dst, size_t cap)
{
	(void)self;
	(void)dst;
	(void)cap;
	return 0;
}

struct source *
exchange_no_content(void)
{
	static struct source nothing = {read_nothing};

	return &nothing;
}
