/*
 * Items, accounts, media and flags as plain data. Views borrow from the arena or request that made them.
 * Times are microseconds UTC, 0 when unknown. Text exists here in the clear and nowhere else: the store
 * keeps it sealed.
 */
#pragma once

#include "core/words.h"
#include "sys/id.h"

#define TL_ITEM_FIELDS_MAX 16
#define TL_ITEM_FIELD_BYTES_MAX 65536
#define TL_ITEM_MEDIA_MAX 16
#define TL_EXT_ID_MAX 256
#define TL_MEDIA_ID_BYTES 32
#define TL_MEDIA_TURNS 7

struct tl_media_id {
	uint8_t b[TL_MEDIA_ID_BYTES];
};

struct tl_field {
	struct tl_str name; /* title, body, caption, bio … */
	struct tl_str text;
};

struct tl_media {
	struct tl_media_id id;
	int64_t bytes;
	struct tl_str mime;
	enum tl_media_state state;
	struct tl_str reason; /* why unscannable; empty otherwise */
	int width, height;
	int pages; /* of an animation more than 1; 0 until decoded */
	uint8_t sha256[32];
	uint8_t md5[16];
	bool has_pdq;
	int pdq_quality;
	uint8_t pdq[32];
	int64_t duration_ms; /* of a video or sound */
	int pictures;        /* of a video, as `film` says; 0: none, or not known */
	bool has_sound;      /* likewise */
	struct tl_str
	    film; /* JSON: what it is made of; empty for pictures, and until decoded */
	struct tl_str frames,
	    words; /* hashes of its frames (hash/video.h, packed), fingerprint of its sound
					(big-endian); empty until tl_media_hashes, without such a track too */
	struct tl_str
	    bent; /* and of its sound at other speeds (hash/sound.h, packed); likewise */
	struct tl_str
	    turned; /* PDQ hashes of the picture turned and mirrored, TL_MEDIA_TURNS of them (hash/pdq.h); or empty */
};

/* What an item of kind live_stream says of the stream that it is a segment of; without an id it is the stream itself. */
struct tl_item_stream {
	struct tl_str id; /* the platform's id of the stream */
	int64_t seq;
	bool ended; /* nothing comes after it */
};

struct tl_item {
	int64_t platform;
	struct tl_id id;
	struct tl_str ext_id;
	int64_t version;
	bool live;
	enum tl_item_kind kind;
	struct tl_id account;      /* nil when the platform names none */
	struct tl_str account_ext; /* the platform's id of the author */
	struct tl_str thread_ext, parent_ext;
	enum tl_audience audience;
	int64_t views, engagement;
	struct tl_str language;  /* ISO 639-1 lower case, or empty */
	struct tl_str territory; /* ISO 3166-1 alpha-2, or empty */
	struct tl_str url;
	int64_t posted_at, received_at;
	enum tl_item_state state;
	struct tl_field fields[TL_ITEM_FIELDS_MAX];
	size_t field_count;
	struct tl_media media[TL_ITEM_MEDIA_MAX];
	size_t media_count;
	struct tl_item_stream stream; /* as it came in; tl_stream_of_item (store) knows later */
};

/* A live stream. Segments are items of their own; cases, decisions and actions are about the stream's own item. */
struct tl_stream {
	int64_t platform;
	struct tl_id item;
	bool live;
	struct tl_str ext_id;
	enum tl_stream_state state;
	enum tl_stream_end ended_by; /* once it is not running */
	int64_t started_at, last_at, ended_at;
	int64_t segments, seq; /* how many, and the highest number */
	int64_t viewers;       /* now */
	bool is_segment;       /* what was asked for is a segment: */
	int64_t segment_seq;
};

struct tl_account {
	int64_t platform;
	struct tl_id id;
	struct tl_str ext_id;
	enum tl_age_band age_band;
	enum tl_age_assured age_assured;
	struct tl_str birth_month; /* YYYY-MM; a day is never kept */
	struct tl_str country, language;
	struct tl_str name;     /* in the clear here, sealed in the store */
	struct tl_str settings; /* JSON */
	int64_t created_at;
	enum tl_account_state state;
	int64_t strikes;
	bool live;
};

struct tl_flag {
	int64_t platform;
	bool live;
	struct tl_id id;
	struct tl_str ext_id;
	enum tl_subject_kind subject_kind;
	struct tl_id subject;
	enum tl_flag_kind kind;
	struct tl_str policy;
	struct tl_id reporter; /* nil when unnamed */
	struct tl_str comment;
	int64_t received_at;
};
