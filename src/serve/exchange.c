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
