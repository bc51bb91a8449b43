/*
 * What the first bytes of a file claim. S(format, at, bytes, at2, bytes2): both places must hold those bytes; the
 * first row that fits wins. A file that fits no row is refused before any library sees it.
 */
S(JPEG, 0, "\xff\xd8\xff", 0, "")
S(PNG, 0, "\x89PNG\r\n\x1a\n", 12, "IHDR")
S(GIF, 0, "GIF87a", 0, "")
S(GIF, 0, "GIF89a", 0, "")
S(WEBP, 0, "RIFF", 8, "WEBPVP8")
S(AVIF, 4, "ftyp", 8, "avif")
S(AVIF, 4, "ftyp", 8, "avis")
S(HEIC, 4, "ftyp", 8, "heic")
S(HEIC, 4, "ftyp", 8, "heix")
S(HEIC, 4, "ftyp", 8, "heim")
S(HEIC, 4, "ftyp", 8, "heis")
S(HEIC, 4, "ftyp", 8, "mif1")
S(HEIC, 4, "ftyp", 8, "msf1")
S(BMP, 0, "BM", 14, "\x0c\0\0\0")
S(BMP, 0, "BM", 14, "\x28\0\0\0")
S(BMP, 0, "BM", 14, "\x34\0\0\0")
S(BMP, 0, "BM", 14, "\x38\0\0\0")
S(BMP, 0, "BM", 14, "\x6c\0\0\0")
S(BMP, 0, "BM", 14, "\x7c\0\0\0")
