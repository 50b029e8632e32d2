/* SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "check.h"
#include "http/date.h"

/* clang-format off */
/* A row's name, which is its input as C writes it, and the input itself. */
#define QUOTE(literal) #literal
#define IN(literal) QUOTE(literal), {"" literal, sizeof(literal) - 1}
/* clang-format on */
#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

/* the first second of year 0, and the last of 9999 */
#define FIRST INT64_C(-62167219200)
#define LAST INT64_C(253402300799)

/* 2024-06-15 12:00:00 */
#define NOW INT64_C(1718452800)

/*
 * A copy that ends where its block of memory ends, for ASan to see what is
 * read behind it. It lives until the next call.
 */
static struct slice
exact(struct slice s)
{
	static char *block;

	free(block);
	block = malloc(s.len + 1);
	if (block == NULL)
		abort();
	if (s.len > 0)
		memcpy(block + 1, s.ptr, s.len);
	return (struct slice){block + 1, s.len};
}

/* clang-format off */
static const struct {
	int64_t seconds;
	const char *http, *log, *iso;
} writings[] = {
    /* the example of RFC 9110, section 5.6.7 */
    {784111777,		"Sun, 06 Nov 1994 08:49:37 GMT",
			"06/Nov/1994:08:49:37 +0000", "1994-11-06T08:49:37Z"},
    {0,			"Thu, 01 Jan 1970 00:00:00 GMT",
			"01/Jan/1970:00:00:00 +0000", "1970-01-01T00:00:00Z"},
    {1,			"Thu, 01 Jan 1970 00:00:01 GMT",
			"01/Jan/1970:00:00:01 +0000", "1970-01-01T00:00:01Z"},
    {86399,		"Thu, 01 Jan 1970 23:59:59 GMT",
			"01/Jan/1970:23:59:59 +0000", "1970-01-01T23:59:59Z"},
    {86400,		"Fri, 02 Jan 1970 00:00:00 GMT",
			"02/Jan/1970:00:00:00 +0000", "1970-01-02T00:00:00Z"},
    /* before 1970 */
    {-1,		"Wed, 31 Dec 1969 23:59:59 GMT",
			"31/Dec/1969:23:59:59 +0000", "1969-12-31T23:59:59Z"},
    {-86400,		"Wed, 31 Dec 1969 00:00:00 GMT",
			"31/Dec/1969:00:00:00 +0000", "1969-12-31T00:00:00Z"},
    {-86401,		"Tue, 30 Dec 1969 23:59:59 GMT",
			"30/Dec/1969:23:59:59 +0000", "1969-12-30T23:59:59Z"},
    /* a leap year, and one that ends a century */
    {951782399,		"Mon, 28 Feb 2000 23:59:59 GMT",
			"28/Feb/2000:23:59:59 +0000", "2000-02-28T23:59:59Z"},
    {951782400,		"Tue, 29 Feb 2000 00:00:00 GMT",
			"29/Feb/2000:00:00:00 +0000", "2000-02-29T00:00:00Z"},
    {951868800,		"Wed, 01 Mar 2000 00:00:00 GMT",
			"01/Mar/2000:00:00:00 +0000", "2000-03-01T00:00:00Z"},
    {-2203891201,	"Wed, 28 Feb 1900 23:59:59 GMT",
			"28/Feb/1900:23:59:59 +0000", "1900-02-28T23:59:59Z"},
    {-2203891200,	"Thu, 01 Mar 1900 00:00:00 GMT",
			"01/Mar/1900:00:00:00 +0000", "1900-03-01T00:00:00Z"},
    {1709164800,	"Thu, 29 Feb 2024 00:00:00 GMT",
			"29/Feb/2024:00:00:00 +0000", "2024-02-29T00:00:00Z"},
    {4107542400,	"Mon, 01 Mar 2100 00:00:00 GMT",
			"01/Mar/2100:00:00:00 +0000", "2100-03-01T00:00:00Z"},
    /* where 31 and 32 bits end */
    {2147483647,	"Tue, 19 Jan 2038 03:14:07 GMT",
			"19/Jan/2038:03:14:07 +0000", "2038-01-19T03:14:07Z"},
    {2147483648,	"Tue, 19 Jan 2038 03:14:08 GMT",
			"19/Jan/2038:03:14:08 +0000", "2038-01-19T03:14:08Z"},
    {4294967296,	"Sun, 07 Feb 2106 06:28:16 GMT",
			"07/Feb/2106:06:28:16 +0000", "2106-02-07T06:28:16Z"},
    {-2147483649,	"Fri, 13 Dec 1901 20:45:51 GMT",
			"13/Dec/1901:20:45:51 +0000", "1901-12-13T20:45:51Z"},
    /* "year = 4DIGIT": beyond, the nearest there is */
    {FIRST,		"Sat, 01 Jan 0000 00:00:00 GMT",
			"01/Jan/0000:00:00:00 +0000", "0000-01-01T00:00:00Z"},
    {FIRST - 1,		"Sat, 01 Jan 0000 00:00:00 GMT",
			"01/Jan/0000:00:00:00 +0000", "0000-01-01T00:00:00Z"},
    {INT64_MIN,		"Sat, 01 Jan 0000 00:00:00 GMT",
			"01/Jan/0000:00:00:00 +0000", "0000-01-01T00:00:00Z"},
    {LAST,		"Fri, 31 Dec 9999 23:59:59 GMT",
			"31/Dec/9999:23:59:59 +0000", "9999-12-31T23:59:59Z"},
    {LAST + 1,		"Fri, 31 Dec 9999 23:59:59 GMT",
			"31/Dec/9999:23:59:59 +0000", "9999-12-31T23:59:59Z"},
    {INT64_MAX,		"Fri, 31 Dec 9999 23:59:59 GMT",
			"31/Dec/9999:23:59:59 +0000", "9999-12-31T23:59:59Z"},
};

static const struct {
	const char *name;
	struct slice in;
	bool ok;
	int64_t want;
} readings[] = {
    /* "MUST accept all three HTTP-date formats" (RFC 9110, section 5.6.7):
     * its examples */
    {IN("Sun, 06 Nov 1994 08:49:37 GMT"),	true,	784111777},
    {IN("Sunday, 06-Nov-94 08:49:37 GMT"),	true,	784111777},
    {IN("Sun Nov  6 08:49:37 1994"),		true,	784111777},

    /* IMF-fixdate = day-name "," SP date1 SP time-of-day SP GMT */
    {IN("Thu, 01 Jan 1970 00:00:00 GMT"),	true,	0},
    {IN("Wed, 31 Dec 1969 23:59:59 GMT"),	true,	-1},
    {IN("Mon, 28 Feb 2000 23:59:59 GMT"),	true,	951782399},
    {IN("Tue, 29 Feb 2000 00:00:00 GMT"),	true,	951782400},
    {IN("Thu, 29 Feb 2024 00:00:00 GMT"),	true,	1709164800},
    {IN("Wed, 28 Feb 1900 23:59:59 GMT"),	true,	-2203891201},
    {IN("Tue, 19 Jan 2038 03:14:08 GMT"),	true,	2147483648},
    {IN("Sat, 01 Jan 0000 00:00:00 GMT"),	true,	FIRST},
    {IN("Tue, 29 Feb 0000 00:00:00 GMT"),	true,	FIRST + 59 * 86400},
    {IN("Fri, 31 Dec 9999 23:59:59 GMT"),	true,	LAST},
    /* The day's name is read and not held against the date. */
    {IN("Mon, 06 Nov 1994 08:49:37 GMT"),	true,	784111777},
    /* "00:00:00 - 23:59:60 (leap second)" */
    {IN("Sat, 31 Dec 2016 23:59:60 GMT"),	true,	1483228800},
    {IN("Sat, 29 Feb 2020 23:59:60 GMT"),	true,	1583020800},
    {IN("Fri, 31 Dec 9999 23:59:60 GMT"),	true,	LAST + 1},
    {IN("Sat, 31 Dec 2016 23:59:61 GMT"),	false,	0},
    {IN("Sat, 31 Dec 2016 23:60:00 GMT"),	false,	0},
    {IN("Sat, 31 Dec 2016 24:00:00 GMT"),	false,	0},
    {IN("Sat, 31 Dec 2016 99:99:99 GMT"),	false,	0},
    /* no such day */
    {IN("Wed, 29 Feb 1900 00:00:00 GMT"),	false,	0},
    {IN("Tue, 30 Feb 2000 00:00:00 GMT"),	false,	0},
    {IN("Sat, 29 Feb 2025 00:00:00 GMT"),	false,	0},
    {IN("Sat, 29 Feb 2025 23:59:60 GMT"),	false,	0},
    {IN("Sun, 31 Jun 2024 00:00:00 GMT"),	false,	0},
    {IN("Sun, 31 Apr 2024 00:00:00 GMT"),	false,	0},
    {IN("Sun, 32 Jan 2024 00:00:00 GMT"),	false,	0},
    {IN("Sun, 99 Jan 2024 00:00:00 GMT"),	false,	0},
    {IN("Sun, 00 Jan 2024 00:00:00 GMT"),	false,	0},
    {IN("Fri, 32 Dec 9999 00:00:00 GMT"),	false,	0},
    /* "HTTP-date is case sensitive" */
    {IN("sun, 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("SUN, 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 NOV 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 gmt"),	false,	0},
    /* GMT and nothing else */
    {IN("Sun, 06 Nov 1994 08:49:37 UTC"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 +0000"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 EST"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37"),		false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 "),		false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 GMT "),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 GMT0"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 GMT\0"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37 GM"),	false,	0},
    /* one blank each, two digits each, four for the year */
    {IN(" Sun, 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun,  06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun,06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 6 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun,  6 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 006 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, +6 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, -6 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 0: Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 94 08:49:37 GMT"),		false,	0},
    {IN("Sun, 06 Nov 994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 11994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov -994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 8:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49 GMT"),		false,	0},
    {IN("Sun, 06 Nov 1994 08:49:37.0 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08.49.37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49: 7 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994\t08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:\xb3\xb7 GMT"),	false,	0},
    {IN("Sun, 06 Nov 1994 08:49:3\0 GMT"),	false,	0},
    {IN("Sun, 06 Noe 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 November 1994 08:49:37 GMT"),	false,	0},
    {IN("Sun, 06 11 1994 08:49:37 GMT"),	false,	0},
    {IN("Sux, 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN(", 06 Nov 1994 08:49:37 GMT"),		false,	0},
    {IN("06 Nov 1994 08:49:37 GMT"),		false,	0},
    {IN("1994-11-06T08:49:37Z"),		false,	0},
    {IN("784111777"),				false,	0},
    {IN("0"),					false,	0},
    {IN(""),					false,	0},
    {IN(" "),					false,	0},
    {IN("\0"),					false,	0},
    {IN("\xff"),				false,	0},
    {IN("Sun"),					false,	0},
    {IN("Sun,"),				false,	0},
    {IN("Su"),					false,	0},

    /* rfc850-date = day-name-l "," SP date2 SP time-of-day SP GMT */
    {IN("Monday, 07-Nov-94 08:49:37 GMT"),	true,	784198177},
    {IN("Tuesday, 08-Nov-94 08:49:37 GMT"),	true,	784284577},
    {IN("Wednesday, 09-Nov-94 08:49:37 GMT"),	true,	784370977},
    {IN("Thursday, 10-Nov-94 08:49:37 GMT"),	true,	784457377},
    {IN("Friday, 11-Nov-94 08:49:37 GMT"),	true,	784543777},
    {IN("Saturday, 12-Nov-94 08:49:37 GMT"),	true,	784630177},
    {IN("Tuesday, 29-Feb-00 00:00:00 GMT"),	true,	951782400},
    {IN("Sun, 06-Nov-94 08:49:37 GMT"),		false,	0},
    {IN("Sunda, 06-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("Sundays, 06-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("Sunnesday, 06-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("SUNDAY, 06-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06 Nov 94 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06 Nov 1994 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06-Nov-1994 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 6-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06-Nov-4 08:49:37 GMT"),	false,	0},
    {IN("Sunday 06-Nov-94 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06-Nov-94 08:49:37"),		false,	0},
    {IN("Sunday, 06-Nov-94 08:49:37 GMT "),	false,	0},
    {IN("Sunday, 31-Jun-94 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 29-Feb-93 08:49:37 GMT"),	false,	0},
    {IN("Sunday, 06-Nov-94 24:00:00 GMT"),	false,	0},
    {IN("Sunday"),				false,	0},

    /* asctime-date = day-name SP date3 SP time-of-day SP year, date3 =
     * month SP ( 2DIGIT / ( SP 1DIGIT )) */
    {IN("Thu Jan  1 00:00:00 1970"),		true,	0},
    {IN("Wed Nov 16 08:49:37 1994"),		true,	784975777},
    {IN("Sun Nov 06 08:49:37 1994"),		true,	784111777},
    {IN("Tue Feb 29 00:00:00 2000"),		true,	951782400},
    {IN("Sat Dec 31 23:59:60 2016"),		true,	1483228800},
    {IN("Sun Nov 6 08:49:37 1994"),		false,	0},
    {IN("Sun Nov   6 08:49:37 1994"),		false,	0},
    {IN("Sun Nov  16 08:49:37 1994"),		false,	0},
    {IN("Sun Nov  6 08:49:37 94"),		false,	0},
    {IN("Sun Nov  6 08:49:37 1994 GMT"),	false,	0},
    {IN("Sun Nov  6 08:49:37 GMT 1994"),	false,	0},
    {IN("Sun Nov  6 08:49:37 1994\n"),		false,	0},
    {IN("Sun Nov  6 08:49:37"),			false,	0},
    {IN("Sun, Nov  6 08:49:37 1994"),		false,	0},
    {IN("Sunday Nov  6 08:49:37 1994"),		false,	0},
    {IN("Sun nov  6 08:49:37 1994"),		false,	0},
    {IN("Sun Nov  0 08:49:37 1994"),		false,	0},
    {IN("Thu Feb 29 00:00:00 1900"),		false,	0},
};

/* "MUST interpret a timestamp that appears to be more than 50 years in the
 * future as representing the most recent year in the past that had the same
 * last two digits" (RFC 9110, section 5.6.7) */
static const struct {
	const char *name;
	struct slice in;
	const char *now, *want;
} centuries[] = {
    {IN("Saturday, 15-Jun-24 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Sat, 15 Jun 2024 12:00:00 GMT"},
    {IN("Thursday, 15-Jun-23 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Thu, 15 Jun 2023 12:00:00 GMT"},
    {IN("Sunday, 15-Jun-25 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Sun, 15 Jun 2025 12:00:00 GMT"},
    {IN("Saturday, 01-Jan-00 00:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Sat, 01 Jan 2000 00:00:00 GMT"},
    {IN("Friday, 31-Dec-99 23:59:59 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Fri, 31 Dec 1999 23:59:59 GMT"},
    {IN("Tuesday, 15-Jun-73 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Thu, 15 Jun 2073 12:00:00 GMT"},
    {IN("Sunday, 15-Jun-75 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Sun, 15 Jun 1975 12:00:00 GMT"},
    /* 50 years, and a second more */
    {IN("Friday, 15-Jun-74 12:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Fri, 15 Jun 2074 12:00:00 GMT"},
    {IN("Saturday, 15-Jun-74 12:00:01 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Sat, 15 Jun 1974 12:00:01 GMT"},
    {IN("Tuesday, 31-Dec-74 00:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Tue, 31 Dec 1974 00:00:00 GMT"},
    {IN("Monday, 01-Jan-74 00:00:00 GMT"),
	"Sat, 15 Jun 2024 12:00:00 GMT", "Mon, 01 Jan 2074 00:00:00 GMT"},
    {IN("Saturday, 29-Feb-48 00:00:00 GMT"),
	"Sat, 28 Feb 1998 00:00:00 GMT", "Sun, 29 Feb 1948 00:00:00 GMT"},
    {IN("Wednesday, 01-Jan-70 00:00:00 GMT"),
	"Thu, 01 Jan 1970 00:00:00 GMT", "Thu, 01 Jan 1970 00:00:00 GMT"},
    {IN("Thursday, 31-Dec-69 23:59:59 GMT"),
	"Thu, 01 Jan 1970 00:00:00 GMT", "Wed, 31 Dec 1969 23:59:59 GMT"},
};
/* clang-format on */

/* What add writes, until the next call. */
static struct slice
write_date(void (*add)(struct buf *, int64_t), int64_t seconds)
{
	static char storage[40];
	struct buf out = BUF_OVER(storage);

	add(&out, seconds);
	return out.overflow ? SLICE("overflow") : buf_slice(&out);
}

static bool
writes(void (*add)(struct buf *, int64_t), int64_t seconds, const char *want)
{
	return slice_equal(write_date(add, seconds), slice_of(want));
}

static void
check_writing(void)
{
	for (size_t i = 0; i < COUNT(writings); i++) {
		int64_t s = writings[i].seconds;

		CHECK(writings[i].http,
		      writes(date_add, s, writings[i].http) &&
			  writes(date_add_log, s, writings[i].log) &&
			  writes(date_add_iso, s, writings[i].iso));
	}
}

static void
check_reading(void)
{
	int64_t seconds, now;

	for (size_t i = 0; i < COUNT(readings); i++) {
		bool ok;

		seconds = 42;
		ok = date_parse(exact(readings[i].in), NOW, &seconds);
		/* Results are written only on success. */
		CHECK(readings[i].name,
		      ok == readings[i].ok &&
			  seconds == (ok ? readings[i].want : 42));
	}
	for (size_t i = 0; i < COUNT(centuries); i++)
		CHECK(centuries[i].name,
		      date_parse(slice_of(centuries[i].now), 0, &now) &&
			  date_parse(exact(centuries[i].in), now, &seconds) &&
			  writes(date_add, seconds, centuries[i].want));
}

/* No prefix of a date is a date, and no date with a byte more. */
static void
check_lengths(void)
{
	/* In the order of the examples in RFC 9110. */
	for (size_t i = 0; i < 3; i++) {
		struct slice whole = readings[i].in;
		bool ok = true;
		char longer[64];
		int64_t seconds;

		for (size_t len = 0; len < whole.len; len++)
			if (date_parse(exact((struct slice){whole.ptr, len}),
				       NOW, &seconds))
				ok = false;
		memcpy(longer, whole.ptr, whole.len);
		for (int c = 0; c < 256; c++) {
			longer[whole.len] = (char)c;
			if (date_parse(
				exact((struct slice){longer, whole.len + 1}),
				NOW, &seconds))
				ok = false;
		}
		CHECK("cut short anywhere, or with a byte more", ok);
	}
}

static bool
is_like_libc(int64_t seconds)
{
	static const char days[][4] = {"Sun", "Mon", "Tue", "Wed",
				       "Thu", "Fri", "Sat"};
	static const char months[][4] = {"Jan", "Feb", "Mar", "Apr",
					 "May", "Jun", "Jul", "Aug",
					 "Sep", "Oct", "Nov", "Dec"};
	time_t t = (time_t)seconds;
	char text[80];
	struct tm tm;

	if (gmtime_r(&t, &tm) == NULL)
		return false;
	snprintf(text, sizeof(text), "%s, %02d %s %04d %02d:%02d:%02d GMT",
		 days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		 tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return writes(date_add, seconds, text);
}

static bool
is_read_like_libc(int64_t year, int month, int day)
{
	struct tm tm = {.tm_year = (int)year - 1900,
			.tm_mon = month - 1,
			.tm_mday = day,
			.tm_hour = 23,
			.tm_min = 59,
			.tm_sec = 59};
	char text[80];
	int64_t want = (int64_t)timegm(&tm), seconds;
	bool exists = tm.tm_mon == month - 1 && tm.tm_mday == day, ok;

	snprintf(text, sizeof(text), "Sun, %02d %.3s %04d 23:59:59 GMT", day,
		 &"JanFebMarAprMayJunJulAugSepOctNovDec"[(month - 1) * 3],
		 (int)year);
	ok = date_parse(slice_of(text), NOW, &seconds);
	return ok == exists && (!ok || seconds == want);
}

static bool
comes_back(int64_t seconds)
{
	struct slice text = exact(write_date(date_add, seconds));
	int64_t back;

	return text.len == 29 && date_parse(text, NOW, &back) &&
	       back == seconds;
}

static void
check_ranges(void)
{
	bool libc = true, back = true, read = true, far = true;

	/* Coprime to the days' length: every time of day comes by. */
	for (int64_t s = FIRST; s <= LAST; s += 86400 * 97 + 7919) {
		libc = libc && is_like_libc(s);
		back = back && comes_back(s);
	}
	CHECK("as gmtime_r has it, over ten thousand years", libc);
	CHECK("what is written is read as the same second", back);
	libc = true;
	/* 1999 to 2001, each hour */
	for (int64_t s = 915148800 - 1; s < 1009843200; s += 3600)
		libc = libc && is_like_libc(s) && comes_back(s);
	CHECK("each hour of three years, one a leap year", libc);
	for (int day = 1; day <= 31; day++)
		for (int month = 1; month <= 12; month++)
			for (int year = 1890; year <= 2110; year += 10)
				read =
				    read && is_read_like_libc(year, month, day);
	CHECK("read as timegm has it, each day of every tenth year", read);
	for (int year = 0; year <= 9999; year++)
		far = far && is_read_like_libc(year, 2, 29) &&
		      is_read_like_libc(year, 12, 31);
	CHECK("29 February of each of ten thousand years", far);
}

int
main(void)
{
	check_writing();
	check_reading();
	check_lengths();
	check_ranges();
	return check_done();
}
