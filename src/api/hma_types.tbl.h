/*
 * Y(tag, name, form of entry, kind of bank, contents that have it, contents that it is made of by itself,
 * hex digits; 0: the text of frame hashes): the signal types of the HMA API. Names are those that its clients know; sha256 is
 * ours.
 */
Y(PDQ, "pdq", TL_FORM_PDQ, TL_BANK_PDQ, HMA_PHOTO, HMA_PHOTO, 64)
Y(VIDEO_MD5, "video_md5", TL_FORM_MD5, TL_BANK_DIGEST, HMA_VIDEO, HMA_VIDEO, 32)
Y(VPDQ, "vpdq", TL_FORM_VPDQ, TL_BANK_VIDEO, HMA_VIDEO, 0, 0)
Y(SHA256, "sha256", TL_FORM_SHA256, TL_BANK_DIGEST, HMA_PHOTO | HMA_VIDEO, 0, 64)
