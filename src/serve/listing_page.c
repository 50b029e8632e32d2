/* SPDX-License-Identifier: ISC */
#include "serve/listing_page.h"
#include "http/date.h"
#include "http/target.h"

static const char style[] =
    ":root{color-scheme:light dark}"
    "body{font:1em/1.5 system-ui,sans-serif;max-width:60em;"
    "margin:2em auto;padding:0 .5em}"
    "h1,p{padding:0 .5rem}"
    "h1{font-size:1.5em;line-height:1.3;overflow-wrap:anywhere}"
    "p,td{opacity:.8}"
    "table{width:100%;border-collapse:collapse}"
    "th,td{padding:.4em .5em;text-align:left;vertical-align:baseline}"
    "tr{border-bottom:1px solid #8884}"
    "tbody tr:hover{background:#8881}"
    "tbody th{font-weight:400;overflow-wrap:anywhere}"
    "td,thead th+th{white-space:nowrap;text-align:right;"
    "font-variant-numeric:tabular-nums}"
    "bdi{white-space:pre-wrap}"
    "a{text-decoration:none}"
    "a:hover,a:focus{text-decoration:underline}"
    "tbody a[href$=\"/\"]{font-weight:600}"
    /* On a telephone size and time stand below the name. */
    "@media(max-width:36em){"
    "thead{position:absolute;clip-path:inset(50%)}"
    "tr{display:flex;flex-wrap:wrap;padding:.4em .5em}"
    "th,td{padding:0}"
    "tbody th{flex:0 0 100%}"
    "td:last-child{margin-left:auto}}";

void
listing_page_add_head(struct buf *out, struct slice path)
{
	buf_add_str(out, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n"
			 "<meta charset=\"utf-8\">\n"
			 "<meta name=\"viewport\" "
			 "content=\"width=device-width, initial-scale=1\">\n"
			 "<title>Index of ");
	escape_html(out, path);
	buf_add_str(out, "</title>\n<style>");
	buf_add_str(out, style);
	buf_add_str(out, "</style>\n</head>\n<body>\n<main>\n<h1>Index of ");
}

void
listing_page_add_segment(struct buf *out, struct slice *rest)
{
	struct slice segment = *rest, behind;
	size_t depth = 0;

	slice_cut(*rest, '/', &segment, &behind);
	/* With its slash. */
	segment.len++;
	*rest = behind;
	for (size_t i = 0; i < behind.len; i++)
		depth += behind.ptr[i] == '/';
	if (depth == 0) {
		escape_html(out, segment);
		return;
	}
	buf_add(out, SLICE("<a href=\""));
	while (depth-- > 0)
		buf_add(out, SLICE("../"));
	buf_add(out, SLICE("\">"));
	escape_html(out, segment);
	buf_add(out, SLICE("</a>"));
}

void
listing_page_add_top(struct buf *out, struct slice path)
{
	buf_add_str(out,
		    "</h1>\n<table>\n<thead><tr><th scope=\"col\">Name</th>"
		    "<th scope=\"col\">Size</th>"
		    "<th scope=\"col\">Modified (UTC)</th></tr></thead>\n"
		    "<tbody>\n");
	if (path.len > 1)
		buf_add_str(out, "<tr><th scope=\"row\" colspan=\"3\">"
				 "<a href=\"../\">Parent directory</a>"
				 "</th></tr>\n");
}

/* The link to an entry. It may hold an apostrophe or an ampersand. */
static void
add_link(struct buf *out, struct name name)
{
	buf_add(out, SLICE("./"));
	target_encode_path(out, name.bytes);
	if (name.kind == ENTRY_DIRECTORY)
		buf_add_char(out, '/');
}

/* "812 B", "1.5 KiB", "15 KiB": rounded */
static void
add_size(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = {"B",   "KiB", "MiB", "GiB",
					    "TiB", "PiB", "EiB"};
	uint64_t whole = bytes, rest = 0, tenths;
	size_t unit = 0;

	while (whole >= 1024) {
		rest = whole % 1024;
		whole /= 1024;
		unit++;
	}
	tenths = whole * 10 + (rest * 10 + 512) / 1024;
	if (unit == 0 || tenths >= 100) {
		/* Rounded up it may be the next unit. */
		whole = (tenths + 5) / 10;
		if (whole == 1024) {
			whole = 1;
			unit++;
		}
		buf_add_u64(out, whole);
	} else {
		buf_add_u64(out, tenths / 10);
		buf_add_char(out, '.');
		buf_add_u64(out, tenths % 10);
	}
	buf_add_char(out, ' ');
	buf_add_str(out, units[unit]);
}

static void
add_count(struct buf *out, uint64_t count, const char *one, const char *many)
{
	buf_add_u64(out, count);
	buf_add_char(out, ' ');
	buf_add_str(out, count == 1 ? one : many);
}

static void
add_size_cell(struct buf *out, const struct entry *entry)
{
	if (entry->name.kind == ENTRY_DIRECTORY) {
		buf_add(out, SLICE("<td></td>"));
		return;
	}
	buf_add(out, SLICE("<td title=\""));
	add_count(out, entry->size, "byte", "bytes");
	buf_add(out, SLICE("\">"));
	add_size(out, entry->size);
	buf_add(out, SLICE("</td>"));
}

/* "2020-09-13T12:26:40Z" for programs, "2020-09-13 12:26" for people */
static void
add_time_cell(struct buf *out, int64_t seconds)
{
	char storage[32];
	struct buf iso = BUF_OVER(storage);

	date_add_iso(&iso, seconds);
	buf_add(out, SLICE("<td><time datetime=\""));
	buf_add(out, buf_slice(&iso));
	buf_add(out, SLICE("\">"));
	buf_add(out, (struct slice){iso.data, 10});
	buf_add_char(out, ' ');
	buf_add(out, (struct slice){iso.data + 11, 5});
	buf_add(out, SLICE("</time></td>"));
}

void
listing_page_add_entry(struct buf *out, const struct entry *entry)
{
	char storage[NAME_LEN_MAX * 3 + 3];
	struct buf link = BUF_OVER(storage);

	add_link(&link, entry->name);
	buf_add(out, SLICE("<tr><th scope=\"row\"><a href=\""));
	escape_html(out, buf_slice(&link));
	/* A name may turn the direction of writing, its own and no other's. */
	buf_add(out, SLICE("\"><bdi>"));
	escape_html(out, entry->name.bytes);
	if (entry->name.kind == ENTRY_DIRECTORY)
		buf_add_char(out, '/');
	buf_add(out, SLICE("</bdi></a></th>"));
	add_size_cell(out, entry);
	add_time_cell(out, entry->modified);
	buf_add(out, SLICE("</tr>\n"));
}

void
listing_page_add_end(struct buf *out, const struct listing_totals *totals)
{
	buf_add(out, SLICE("</tbody>\n</table>\n<p>"));
	add_count(out, totals->directories, "directory", "directories");
	buf_add(out, SLICE(", "));
	add_count(out, totals->files, "file", "files");
	if (totals->files > 0) {
		buf_add(out, SLICE(", "));
		add_size(out, totals->bytes);
	}
	buf_add(out, SLICE("</p>\n</main>\n</body>\n</html>\n"));
}

void
listing_json_add_entry(struct buf *out, const struct entry *entry)
{
	bool is_directory = entry->name.kind == ENTRY_DIRECTORY;

	buf_add(out, SLICE("{\"name\":"));
	escape_json(out, entry->name.bytes);
	/* What a link is made of needs no escape in a string. */
	buf_add(out, SLICE(",\"href\":\""));
	add_link(out, entry->name);
	buf_add(out, SLICE("\",\"type\":"));
	if (is_directory) {
		buf_add(out, SLICE("\"directory\""));
	} else {
		buf_add(out, SLICE("\"file\",\"size\":"));
		buf_add_u64(out, entry->size);
	}
	buf_add(out, SLICE(",\"modified\":\""));
	date_add_iso(out, entry->modified);
	buf_add(out, SLICE("\"}"));
}
