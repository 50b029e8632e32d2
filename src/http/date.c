/* SPDX-License-Identifier: ISC */
#include <string.h>

#include "http/date.h"

#define DAY 86400

static const char days[] = "SunMonTueWedThuFriSat";
static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";

struct civil {
	int64_t year;
	unsigned month, day, hour, minute, second, weekday; /* month from 1 */
};

/* Days from 1970-01-01 to a date of the proleptic Gregorian calendar. */
static int64_t
days_from_civil(int64_t year, unsigned month, unsigned day)
{
	/* Years that begin in March have the leap day at their end. */
	int64_t y = month <= 2 ? year - 1 : year;
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t year_of_era = y - era * 400;
	int64_t day_of_year =
	    (153 * ((int64_t)month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + year_of_era * 365 + year_of_era / 4 -
	       year_of_era / 100 + day_of_year - 719468;
}

static struct civil
civil_of(int64_t seconds)
{
	int64_t first = days_from_civil(0, 1, 1) * DAY;
	int64_t last = days_from_civil(10000, 1, 1) * DAY - 1;
	int64_t day, left, era, in_era, year, in_year;
	struct civil c;
	unsigned month;

	if (seconds < first)
		seconds = first;
	if (seconds > last)
		seconds = last;
	day = seconds / DAY;
	left = seconds % DAY;
	if (left < 0) {
		left += DAY;
		day--;
	}
	c.hour = (unsigned)(left / 3600);
	c.minute = (unsigned)(left / 60 % 60);
	c.second = (unsigned)(left % 60);
	/* 1970-01-01 was a Thursday; 719468 days before lies 0000-03-01. */
	c.weekday = (unsigned)(((day + 4) % 7 + 7) % 7);
	day += 719468;
	era = (day >= 0 ? day : day - 146096) / 146097;
	in_era = day - era * 146097;
	year =
	    (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
	in_year = in_era - (365 * year + year / 4 - year / 100);
	month = (unsigned)((5 * in_year + 2) / 153);
	c.day = (unsigned)(in_year - (153 * month + 2) / 5 + 1);
	c.month = month < 10 ? month + 3 : month - 9;
	c.year = year + era * 400 + (c.month <= 2);
	return c;
}

static struct slice
name(const char *names, unsigned index)
{
	return (struct slice){names + index * 3, 3};
}

static void
add_time(struct buf *out, const struct civil *c)
{
	buf_add_padded(out, c->hour, 2);
	buf_add_char(out, ':');
	buf_add_padded(out, c->minute, 2);
	buf_add_char(out, ':');
	buf_add_padded(out, c->second, 2);
}

static void
put_two_digits(char *at, unsigned n)
{
	at[0] = (char)('0' + n / 10);
	at[1] = (char)('0' + n % 10);
}

/* At once: nearly every response has two of these. */
void
date_add(struct buf *out, int64_t seconds)
{
	char text[] = "Thu, 01 Jan 1970 00:00:00 GMT";
	struct civil c = civil_of(seconds);
	unsigned year = (unsigned)c.year;

	memcpy(text, name(days, c.weekday).ptr, 3);
	put_two_digits(text + 5, c.day);
	memcpy(text + 8, name(months, c.month - 1).ptr, 3);
	put_two_digits(text + 12, year / 100);
	put_two_digits(text + 14, year % 100);
	put_two_digits(text + 17, c.hour);
	put_two_digits(text + 20, c.minute);
	put_two_digits(text + 23, c.second);
	buf_add(out, (struct slice){text, sizeof(text) - 1});
}

void
date_add_log(struct buf *out, int64_t seconds)
{
	struct civil c = civil_of(seconds);

	buf_add_padded(out, c.day, 2);
	buf_add_char(out, '/');
	buf_add(out, name(months, c.month - 1));
	buf_add_char(out, '/');
	buf_add_padded(out, (uint64_t)c.year, 4);
	buf_add_char(out, ':');
	add_time(out, &c);
	buf_add_str(out, " +0000");
}

void
date_add_iso(struct buf *out, int64_t seconds)
{
	struct civil c = civil_of(seconds);

	buf_add_padded(out, (uint64_t)c.year, 4);
	buf_add_char(out, '-');
	buf_add_padded(out, c.month, 2);
	buf_add_char(out, '-');
	buf_add_padded(out, c.day, 2);
	buf_add_char(out, 'T');
	add_time(out, &c);
	buf_add_char(out, 'Z');
}

/* Takes exactly text off s. */
static bool
take(struct slice *s, struct slice text)
{
	if (!slice_starts(*s, text))
		return false;
	*s = slice_skip(*s, text.len);
	return true;
}

/* Takes exactly count digits off s. */
static bool
take_number(struct slice *s, size_t count, unsigned *value)
{
	struct slice digits = {s->ptr, count};
	uint64_t n;

	if (s->len < count || !slice_to_u64(digits, &n))
		return false;
	*value = (unsigned)n;
	*s = slice_skip(*s, count);
	return true;
}

/* Takes one of the three-letter names off s; its number counts from 0. */
static bool
take_name(struct slice *s, const char *names, unsigned count, unsigned *index)
{
	for (unsigned i = 0; i < count; i++)
		if (take(s, name(names, i))) {
			*index = i;
			return true;
		}
	return false;
}

static bool
take_time(struct slice *s, struct civil *c)
{
	return take_number(s, 2, &c->hour) && take(s, SLICE(":")) &&
	       take_number(s, 2, &c->minute) && take(s, SLICE(":")) &&
	       take_number(s, 2, &c->second);
}

/* The time that was read, in another year; its month counts from 0. */
static int64_t
seconds_in(int64_t year, const struct civil *c)
{
	return days_from_civil(year, c->month + 1, c->day) * DAY +
	       (int64_t)c->hour * 3600 + c->minute * 60 + c->second;
}

/* "Sun, 06 Nov 1994 08:49:37 GMT", the day's name already taken */
static bool
take_imf_fixdate(struct slice s, struct civil *c)
{
	unsigned year;

	if (!take(&s, SLICE(", ")) || !take_number(&s, 2, &c->day) ||
	    !take(&s, SLICE(" ")) || !take_name(&s, months, 12, &c->month) ||
	    !take(&s, SLICE(" ")) || !take_number(&s, 4, &year) ||
	    !take(&s, SLICE(" ")) || !take_time(&s, c))
		return false;
	c->year = year;
	return slice_equal(s, SLICE(" GMT"));
}

/* "Sunday, 06-Nov-94 08:49:37 GMT" */
static bool
take_rfc850(struct slice s, int64_t now, struct civil *c)
{
	static const struct slice ends[] = {
	    {"day", 3},   {"day", 3}, {"sday", 4}, {"nesday", 6},
	    {"rsday", 5}, {"day", 3}, {"urday", 5}};
	int64_t this_year = civil_of(now).year;
	unsigned year;

	if (!take(&s, ends[c->weekday]) || !take(&s, SLICE(", ")) ||
	    !take_number(&s, 2, &c->day) || !take(&s, SLICE("-")) ||
	    !take_name(&s, months, 12, &c->month) || !take(&s, SLICE("-")) ||
	    !take_number(&s, 2, &year) || !take(&s, SLICE(" ")) ||
	    !take_time(&s, c))
		return false;
	c->year = this_year - this_year % 100 + year;
	/* "more than 50 years in the future" (RFC 9110, section 5.6.7) */
	if (seconds_in(c->year - 50, c) > now)
		c->year -= 100;
	return slice_equal(s, SLICE(" GMT"));
}

/* "Sun Nov  6 08:49:37 1994", the format of asctime */
static bool
take_asctime(struct slice s, struct civil *c)
{
	unsigned year;

	if (!take(&s, SLICE(" ")) || !take_name(&s, months, 12, &c->month) ||
	    !take(&s, SLICE(" ")))
		return false;
	if (!(take(&s, SLICE(" ")) ? take_number(&s, 1, &c->day)
				   : take_number(&s, 2, &c->day)))
		return false;
	if (!take(&s, SLICE(" ")) || !take_time(&s, c) ||
	    !take(&s, SLICE(" ")) || !take_number(&s, 4, &year))
		return false;
	c->year = year;
	return s.len == 0;
}

bool
date_parse(struct slice text, int64_t now, int64_t *seconds)
{
	struct civil c, same;
	int64_t result;

	if (!take_name(&text, days, 7, &c.weekday))
		return false;
	if (!take_imf_fixdate(text, &c) && !take_rfc850(text, now, &c) &&
	    !take_asctime(text, &c))
		return false;
	/* Second 60 is a leap second; day 31 of June is nothing. */
	if (c.hour > 23 || c.minute > 59 || c.second > 60 || c.day < 1)
		return false;
	result = seconds_in(c.year, &c);
	same = civil_of(result - (c.second == 60));
	if (same.day != c.day)
		return false;
	*seconds = result;
	return true;
}
