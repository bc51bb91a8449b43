/*
 * Finds days of birth in what platforms send.
 *
 * Promises: one pass, no recursion; a full date of more than YEARS_MIN years ago, written with dashes, dots, slashes or as
 * eight digits, is found in any value and key, and so is a number in a member whose name speaks of birth, and beside such words
 * one that may be a moment. Younger dates (when
 * something was chosen, when it ends) pass. Failures: FIELD. Called by decode.c; the test greps a whole data folder.
 */
#include "intake/birthday.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#define YEARS_MIN 5
#define YEARS_MAX 130
#define US_A_YEAR (INT64_C(31556952) * 1000000)

static const char refused[] =
    "a day of birth is not taken: of a birth only the year and the month may be sent, as"
    " birth_month";

int
tl_birthday_refuse_members(json_t *account)
{
	static const char *const names[] = {"birth_date", "birthdate", "birthday", "birth_day",
	    "date_of_birth", "dob", "born", "born_at", "born_on"};
	for (size_t i = 0; i < TL_COUNT(names); i++) {
		char at[32];
		if (!json_object_get(account, names[i]))
			continue;
		(void)snprintf(at, sizeof at, "/%s", names[i]);
		return tl_fail_at(TL_EFIELD, at, "%s", refused);
	}
	return 0;
}

/* The digits at `i`: how many, at most 9, and their number. */
static size_t
digits(struct tl_str s, size_t i, int *ret)
{
	size_t n = 0;
	*ret = 0;
	while (i + n < s.n && n < 9 && isdigit(s.p[i + n]))
		*ret = *ret * 10 + (s.p[i + n++] - '0');
	return n;
}

static bool
is_day(int year, int month, int day, int this_year)
{
	return year <= this_year - YEARS_MIN && year >= this_year - YEARS_MAX && month >= 1 &&
	       month <= 12 && day >= 1 && day <= 31;
}

/* Three numbers with the same mark between them: 2011-05-17, 17.05.2011, 5/17/2011. */
static bool
is_marked(struct tl_str s, size_t i, int this_year)
{
	int v[3];
	size_t n[3];
	uint8_t mark = 0;
	for (size_t k = 0; k < 3; k++) {
		n[k] = digits(s, i, &v[k]);
		if (n[k] == 0 || n[k] > 4)
			return false;
		i += n[k];
		if (k == 2)
			break;
		if (i >= s.n || !strchr("-./", s.p[i]) || (mark && s.p[i] != mark))
			return false;
		mark = s.p[i++];
	}
	if (n[0] == 4)
		return n[1] <= 2 && n[2] <= 2 && is_day(v[0], v[1], v[2], this_year);
	return n[0] <= 2 && n[1] <= 2 && n[2] == 4 &&
	       (is_day(v[2], v[1], v[0], this_year) || is_day(v[2], v[0], v[1], this_year));
}

/* `speaks`: of birth; then a long number can be a moment of one as well. */
static bool
is_date(struct tl_str s, size_t i, int this_year, bool speaks)
{
	int v;
	size_t n = digits(s, i, &v);
	if (n == 9 && speaks)
		return true;
	if (n == 8)
		return is_day(v / 10000, v / 100 % 100, v % 100, this_year);
	return is_marked(s, i, this_year);
}

/* Between `from` and `end` there is a word of birth. */
static bool
names_birth(struct tl_str s, size_t from, size_t end)
{
	static const char *const words[] = {"birth", "dob", "geburt", "naissance"};
	for (size_t k = from; k < end; k++) {
		for (size_t w = 0; w < TL_COUNT(words); w++) {
			size_t n = strlen(words[w]);
			if (k + n <= end &&
			    strncasecmp((const char *)s.p + k, words[w], n) == 0)
				return true;
		}
	}
	return false;
}

/* `"birth…": 17` or `"birth…": "17…`, in compact JSON. */
static bool
is_birth_number(struct tl_str s, size_t i)
{
	size_t next = i + 2, from = i;
	if (s.p[i] != '"' || next >= s.n || s.p[i + 1] != ':')
		return false;
	if (s.p[next] == '"')
		next++;
	while (from > 0 && s.p[from - 1] != '"')
		from--;
	return next < s.n && isdigit(s.p[next]) && names_birth(s, from, i);
}

int
tl_birthday_refuse_text(struct tl_str s, int64_t now)
{
	int this_year = 1970 + (int)(now / US_A_YEAR);
	bool speaks = names_birth(s, 0, s.n);
	for (size_t i = 0; i < s.n; i++) {
		bool begins = isdigit(s.p[i]) && (i == 0 || !isdigit(s.p[i - 1]));
		if ((begins && is_date(s, i, this_year, speaks)) || is_birth_number(s, i))
			return tl_fail_at(TL_EFIELD, "/settings", "%s", refused);
	}
	return 0;
}
