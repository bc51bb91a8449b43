/*
 * Looking things up in what people are shown.
 *
 * Promises: pure; a text that is missing in a language is there in English, which the reader of the file has checked.
 * Called by src/minors, the API and the command line.
 */
#include "core/interventions.h"

struct tl_str
tl_intervention_text(
    const struct tl_interventions *in, struct tl_str language, struct tl_str name)
{
	return tl_people_text(in->texts, in->text_count, language, name);
}

const struct tl_word_list *
tl_word_list_find(const struct tl_interventions *in, enum tl_list_use use, struct tl_str name)
{
	for (size_t i = 0; i < in->list_count; i++) {
		if (in->lists[i].use == use && tl_str_eq(in->lists[i].name, name))
			return &in->lists[i];
	}
	return NULL;
}
