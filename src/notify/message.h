/* One message about many alarms, as a mail's subject and text and as a webhook's JSON. */
#pragma once

#include "base/buf.h"
#include "store/alarms.h"
#include "store/notices.h"

struct tl_told {
	const struct tl_notice *notice;
	const struct tl_alarm *alarm;
};

struct tl_message {
	const struct tl_told *told;
	size_t count;
	const char *service, *public_url;
	struct tl_id id;
	int64_t at;
};

void tl_message_subject(struct tl_buf *out, const struct tl_message *m);
void tl_message_text(struct tl_buf *out, const struct tl_message *m);
void tl_message_json(struct tl_buf *out, const struct tl_message *m);
