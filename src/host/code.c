/* SPDX-License-Identifier: ISC */
#include <link.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "base/limits.h"
#include "host/code.h"

#define HUGE_PAGE ((size_t)2 << 20)
#define HUGE_MAX 4

struct copies {
	char *from[HUGE_MAX], *copy[HUGE_MAX];
	size_t count;
};

/* The first address of a huge page at or behind address. */
static uintptr_t
round_up(uintptr_t address)
{
	return (address + HUGE_PAGE - 1) & ~(HUGE_PAGE - 1);
}

/* How much of this process's memory lies on huge pages; 0: who knows. */
static size_t
sum_huge_pages(void)
{
	FILE *file = fopen("/proc/self/smaps_rollup", "re");
	static const char name[] = "AnonHugePages:";
	unsigned long kib = 0;
	char line[128];

	if (file == NULL)
		return 0;
	while (fgets(line, sizeof(line), file) != NULL)
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			kib = strtoul(line + sizeof(name) - 1, NULL, 10);
	fclose(file);
	return kib * 1024;
}

/* Makes room for a huge page; NULL if there is none. */
static char *
map_huge_page(void)
{
	char *area = mmap(NULL, 2 * HUGE_PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *page;

	if (area == MAP_FAILED)
		return NULL;
	page = area + (round_up((uintptr_t)area) - (uintptr_t)area);
	if (page > area)
		munmap(area, (size_t)(page - area));
	munmap(page + HUGE_PAGE, (size_t)(area + HUGE_PAGE - page));
	return page;
}

static void
copy_page(struct copies *c, char *from)
{
	char *page;

	if (c->count == HUGE_MAX || (page = map_huge_page()) == NULL)
		return;
	c->from[c->count] = from;
	c->copy[c->count++] = page;
	madvise(page, HUGE_PAGE, MADV_HUGEPAGE);
	memcpy(page, from, HUGE_PAGE);
}

/*
 * Of a library, what is only read lies together, code in the midst: the
 * huge pages that fit in there.
 */
static int
copy_library(struct dl_phdr_info *library, size_t size, void *argument)
{
	uintptr_t start = 0, end = 0;

	(void)size;
	for (int i = 0; i < library->dlpi_phnum; i++) {
		const ElfW(Phdr) *p = &library->dlpi_phdr[i];
		uintptr_t first = library->dlpi_addr + p->p_vaddr;

		if (p->p_type != PT_LOAD || (p->p_flags & PF_W) ||
		    !(p->p_flags & PF_R))
			continue;
		if (start == 0)
			start = first;
		/* Not what lies behind a gap. */
		if (end == 0 || first / PAGE <= (end + PAGE - 1) / PAGE)
			end = first + p->p_memsz;
	}
	for (start = round_up(start); start + HUGE_PAGE <= end;
	     start += HUGE_PAGE)
		copy_page(argument, (char *)start);
	return 0;
}

size_t
code_make_huge(void)
{
	struct copies copies = {.count = 0};
	size_t before = sum_huge_pages(), moved = 0;
	bool are_huge;

	dl_iterate_phdr(copy_library, &copies);
	are_huge = sum_huge_pages() == before + copies.count * HUGE_PAGE;
	for (size_t i = 0; i < copies.count; i++) {
		char *copy = copies.copy[i];

		if (are_huge &&
		    mprotect(copy, HUGE_PAGE, PROT_READ | PROT_EXEC) == 0 &&
		    mremap(copy, HUGE_PAGE, HUGE_PAGE,
			   MREMAP_MAYMOVE | MREMAP_FIXED,
			   copies.from[i]) == copies.from[i])
			moved += HUGE_PAGE;
		else
			munmap(copy, HUGE_PAGE);
	}
	return moved;
}
