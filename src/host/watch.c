/* SPDX-License-Identifier: ISC */
#include <assert.h>

#include "host/opener.h"
#include "host/watch.h"

/* True if the file is another than it was, which is noted. */
static bool
look(struct watched *f)
{
	struct stat st;

	if (opener_stat(f->path, &st) != 0 ||
	    (st.st_dev == f->device && st.st_ino == f->inode &&
	     st.st_size == f->size && st.st_ctim.tv_sec == f->changed.tv_sec &&
	     st.st_ctim.tv_nsec == f->changed.tv_nsec))
		return false;
	f->device = st.st_dev;
	f->inode = st.st_ino;
	f->size = st.st_size;
	f->changed = st.st_ctim;
	return true;
}

void
watch_add(struct watch *w, const char *path)
{
	struct watched *f = &w->file[w->count++];

	assert(w->count <= sizeof(w->file) / sizeof(w->file[0]));
	*f = (struct watched){.path = path};
	look(f);
}

bool
watch_has_settled(struct watch *w)
{
	bool had = w->has_change;

	w->has_change = false;
	for (size_t i = 0; i < w->count; i++)
		if (look(&w->file[i]))
			w->has_change = true;
	return had && !w->has_change;
}
