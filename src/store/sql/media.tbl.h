/* Media rows; the bytes are blobs. */
S(MEDIA_ADD, "INSERT INTO media(platform, id, bytes, mime, state, sha256, md5, received_at, expires_at)"
	     " VALUES($1, $2, $3, $4, 'pending', $5, $6, $7, $8) ON CONFLICT(platform, id) DO UPDATE SET"
	     " state = CASE WHEN media.state = 'erased' THEN 'pending' ELSE media.state END,"
	     " blob_gone = 0, expires_at = excluded.expires_at, sha256 = excluded.sha256, md5 = excluded.md5")
S(MEDIA_GET, "SELECT id, bytes, mime, state, reason, width, height, sha256, md5, pdq, pdq_quality,"
	     " pages, duration_ms, film, pdq_turned FROM media"
	     " WHERE platform = $1 AND id = $2")
S(MEDIA_SCANNED, "UPDATE media SET state = $3, reason = $4, width = $5, height = $6, pdq = $7, pdq_quality = $8,"
		 " pages = $9, duration_ms = $10, film = $11, frames = $12, words = $13, pdq_turned = $14,"
		 " bent = $15"
		 " WHERE platform = $1 AND id = $2 AND state <> 'erased'")
S(MEDIA_HASHES, "SELECT frames, words, bent FROM media WHERE platform = $1 AND id = $2")
S(MEDIA_ERASE, "UPDATE media SET state = 'erased' WHERE platform = $1 AND id = $2")
/* What its hash is found by: given once, and only to what is good enough to compare. */
S(MEDIA_UNKEYED, "SELECT 1 FROM media WHERE platform = $1 AND id = $2 AND key IS NULL"
		 " AND ((pdq IS NOT NULL AND pdq_quality >= $3) OR frames IS NOT NULL OR words IS NOT NULL)"
		 " AND state <> 'erased'")
S(MEDIA_KEY_NEXT, "UPDATE media_counter SET key = key + 1 RETURNING key")
S(MEDIA_KEY_SET, "UPDATE media SET key = $3 WHERE platform = $1 AND id = $2")
/* Does any item name it, and does one still need its bytes? */
S(MEDIA_USES, "SELECT EXISTS (SELECT 1 FROM item_media WHERE platform = $1 AND media = $2),"
	      " EXISTS (SELECT 1 FROM item_media im JOIN items i ON i.platform = im.platform AND i.id = im.item"
	      " WHERE im.platform = $1 AND im.media = $2 AND i.state <> 'retired')")
/* Its hashes go: the index is told, and its id, which is a keyed hash, stands in the place of the digests. */
S(MEDIA_DROP_KEY, "INSERT INTO media_dropped(change, key, at) SELECT $3, key, $4 FROM media WHERE platform = $1 AND id = $2"
		  " AND key IS NOT NULL")
S(MEDIA_WIPE, "UPDATE media SET pdq = NULL, pdq_turned = NULL, pdq_quality = NULL, key = NULL, sha256 = id,"
	      " md5 = SUBSTR(id, 1, 16), film = NULL, frames = NULL, words = NULL, bent = NULL"
	      " WHERE platform = $1 AND id = $2")
S(MEDIA_ORPHANS, "SELECT platform, id FROM media WHERE state <> 'erased' AND expires_at <= $1"
		 " AND NOT EXISTS (SELECT 1 FROM item_media im WHERE im.platform = media.platform"
		 " AND im.media = media.id) LIMIT $2")
S(MEDIA_PURGEABLE, "SELECT platform, id FROM media WHERE state = 'erased' AND blob_gone = 0 LIMIT $1")
/* By the id alone, which holds the platform in its hash. */
S(MEDIA_NAMED, "SELECT 1 FROM platforms p JOIN media m ON m.platform = p.platform AND m.id = $1"
	       " WHERE m.state <> 'erased' OR m.blob_gone = 0 LIMIT 1")
S(MEDIA_PURGED, "UPDATE media SET blob_gone = 1 WHERE platform = $1 AND id = $2")
