#!/usr/bin/env python3
"""Makes hostile, corrupt and odd pictures for tests/unit/media_hostile.c, tests/hostile/ and ./bench hostile.

Usage: make_hostile.py DATA OUT [SEED]   (DATA: tests/data, OUT: an existing empty folder)
Writes one file for each row of DATA/media/hostile.tsv, which says what must become of it; fails when the two lists
differ. All content is synthetic. The same seed makes the same files.
"""
import os
import random
import struct
import sys
import zlib

data, out = sys.argv[1], sys.argv[2]
rng = random.Random(int(sys.argv[3]) if len(sys.argv) > 3 else 7)
made = set()


def read(name):
    with open(f"{data}/{name}", "rb") as f:
        return f.read()


def put(name, *parts):
    if name in made:
        sys.exit(f"make_hostile: {name} is made twice")
    made.add(name)
    with open(f"{out}/{name}", "wb") as f:
        f.write(b"".join(parts))


def noise(n):
    return rng.randbytes(n)


def noisy(content, first, last, count):
    b = bytearray(content)
    for _ in range(count):
        b[rng.randrange(first, last)] = rng.randrange(256)
    return bytes(b)


def cut(stem, ending, content, *percent):
    for p in percent:
        put(f"{stem}-{p}.{ending}", content[:len(content) * p // 100])


# --- PNG ---

def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def ihdr(width, height, depth, colour, interlaced=0):
    return chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))


PNG, IEND = b"\x89PNG\r\n\x1a\n", chunk(b"IEND", b"")


def png(width, height, depth, colour, idat, extra=b"", interlaced=0):
    return (PNG + ihdr(width, height, depth, colour, interlaced) + extra
            + (chunk(b"IDAT", idat) if idat is not None else b"") + IEND)


def zeros(n):
    """n zero bytes, deflated in pieces."""
    z, parts = zlib.compressobj(9), []
    for at in range(0, n, 1 << 20):
        parts.append(z.compress(bytes(min(1 << 20, n - at))))
    return b"".join(parts) + z.flush()


def paeth(a, b, c):
    pa, pb, pc = abs(b - c), abs(a - c), abs(a + b - 2 * c)
    return a if pa <= pb and pa <= pc else b if pb <= pc else c


def unfilter(kind, line, before, bpp):
    for i in range(len(line)):
        a, b, c = (line[i - bpp] if i >= bpp else 0), before[i], (before[i - bpp] if i >= bpp else 0)
        line[i] = (line[i] + (0, a, b, (a + b) // 2, paeth(a, b, c))[kind]) & 255
    return bytes(line)


def pixels(content):
    """Width, height and RGB rows of an 8-bit RGB PNG."""
    width, height = struct.unpack(">II", content[16:24])
    at, packed = 8, b""
    while at < len(content):
        n, kind = struct.unpack(">I4s", content[at:at + 8])
        packed += content[at + 8:at + 8 + n] if kind == b"IDAT" else b""
        at += 12 + n
    raw, stride, before, rows = zlib.decompress(packed), 3 * width, bytes(3 * width), []
    for y in range(height):
        at = y * (stride + 1)
        before = unfilter(raw[at], bytearray(raw[at + 1:at + 1 + stride]), before, 3)
        rows.append(before)
    return width, height, rows


def plain(rows):
    return zlib.compress(b"".join(b"\0" + r for r in rows), 6)


def adam7(width, height, rows, bpp):
    parts = []
    for x0, y0, dx, dy in ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)):
        for y in range(y0, height, dy):
            parts.append(b"\0" + b"".join(rows[y][bpp * x:bpp * x + bpp] for x in range(x0, width, dx)))
    return zlib.compress(b"".join(parts), 6)


# --- what several formats carry ---

def tiff(entries, at=8, following=0):
    """A TIFF block with one directory of (tag, type, count, value) rows."""
    return (b"MM\0*" + struct.pack(">IH", at, len(entries)) + b"".join(struct.pack(">HHIHH", *e, 0) for e in entries)
            + struct.pack(">I", following))


def icc(size=None, tags=((b"desc", 132, 40),), space=b"RGB "):
    """The shell of a colour profile: a head, a tag table and some bytes."""
    table = struct.pack(">I", len(tags)) + b"".join(struct.pack(">4sII", *t) for t in tags)
    head = struct.pack(">I4sI4s4s4s", 0, b"none", 0x02400000, b"mntr", space, b"XYZ ") + bytes(12) + b"acsp"
    body = head + bytes(128 - len(head)) + table + noise(200)
    return struct.pack(">I", len(body) if size is None else size) + body[4:]


scene = read("pdq/scene04.png")
W, H, RGB = pixels(scene)
GREY = [bytes((299 * r[3 * x] + 587 * r[3 * x + 1] + 114 * r[3 * x + 2] + 500) // 1000 for x in range(W)) for r in RGB]
ZIP = b"PK\x03\x04" + noise(200) + b"PK\x05\x06" + bytes(18)
ORIENTATION = 0x0112
exif_loop = tiff([(0x8769, 4, 1, 0)], following=8)[:-4] + struct.pack(">I", 8)
exif_far = tiff([(0x010E, 2, 0xFFFFFFFF, 0xFFFF), (ORIENTATION, 3, 1, 1)], following=0xFFFFFFF0)
exif_many = b"MM\0*\0\0\0\x08\xff\xff" + noise(600)
profiles = {"cut": icc()[:90], "size-lie": icc(size=0xFFFFFFFF), "tags-lie": icc(tags=((b"A2B0", 0xFFFFFFF0, 0xFFFFFFFF),) * 3),
            "cmyk-lie": icc(space=b"CMYK"), "many-tags": icc()[:128] + b"\xff\xff\xff\xff" + noise(100), "noise": noise(3000)}

# --- not pictures at all, or not for this decoder ---

put("empty.jpg")
put("one-byte.png", b"\x89")
put("text.jpg", b"DEMO-BANNED-PHRASE is only a text\n" * 50)
put("page.gif", b"<!doctype html><script>1</script>")
put("page-then-jpeg.jpg", b"<!doctype html><p>\n", read("pdq/scene00-q15.jpg"))
put("script-then-png.png", b"alert(1)//", scene)
put("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>')
put("drawing-bomb.svg", b'<?xml version="1.0"?><!DOCTYPE svg [<!ENTITY a "aaaaaaaaaa">',
    b"".join(b'<!ENTITY %c "%s">' % (98 + i, b"&%c;" % (97 + i) * 10) for i in range(9)), b"]><svg>&j;</svg>")
put("document.jpg", b"%PDF-1.7\n1 0 obj\n")
put("document-and-jpeg.pdf", b"%PDF-1.7\n1 0 obj\nstream\n", read("pdq/scene00-q15.jpg"), b"\nendstream\n%%EOF")
put("program.webp", b"\x7fELF\x02\x01\x01", noise(300))
put("tiff.jpg", b"II*\0\x08\0\0\0", noise(100))
put("tiff-loop.tiff", tiff([(256, 3, 1, 9)], following=8))
put("film.mp4", struct.pack(">I", 24), b"ftypisom\0\0\2\0isommp41", struct.pack(">I", 8), b"mdat", noise(500))
put("sound.heic", b"RIFF\x24\0\0\0WAVEfmt ", noise(100))
put("archive.zip", ZIP)
put("archive-then-jpeg.jpg", ZIP, read("pdq/scene00-q15.jpg"))
put("gzip-bomb.png", zlib.compress(bytes(30_000_000), 9, 31))
put("icon.bmp", b"\0\0\1\0\1\0\x10\x10\0\0\1\0\x20\0", noise(400))
put("random.bin", noise(4096))

# --- JPEG ---


def seg(marker, body=b""):
    return bytes((0xFF, marker)) + struct.pack(">H", len(body) + 2) + body


def sof_at(jpeg):
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    return at


def with_size(jpeg, width, height):
    at = sof_at(jpeg)
    return jpeg[:at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9:]


def with_segments(jpeg, *segments):
    return jpeg[:2] + b"".join(segments) + jpeg[2:]


def without(jpeg, marker):
    at = jpeg.index(bytes((0xFF, marker)))
    return jpeg[:at] + jpeg[at + 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]:]


def progressive_bomb(side, scans):
    """All grey, of `scans` valid scans over the whole picture that cost some fifty bytes each."""
    blocks = (side + 7) // 8 * ((side + 7) // 8)
    head = (b"\xff\xd8" + seg(0xDB, b"\0" + b"\1" * 64) + seg(0xC2, struct.pack(">BHHB", 8, side, side, 1) + b"\1\x11\0")
            + seg(0xC4, b"\0" + b"\1" + bytes(15) + b"\0") + seg(0xC4, b"\x10" + b"\1" + bytes(15) + b"\xe0"))
    bits = ("0" + "1" * 14) * (blocks // 32767) + "0" * 15 + "0" * 15
    runs = int(bits.ljust((len(bits) + 7) // 8 * 8, "1"), 2).to_bytes((len(bits) + 7) // 8, "big")
    parts = [head, seg(0xDA, b"\1\1\0\0\0\0"), bytes((blocks + 7) // 8)]
    for i in range(scans - 1):
        level, k = divmod(i, 63)
        parts += [seg(0xDA, b"\1\1\0" + bytes((k + 1, k + 1, level and (14 - level) << 4 | (13 - level) or 13))),
                  runs.replace(b"\xff", b"\xff\0")]
    return b"".join(parts) + b"\xff\xd9"


def app1_exif(block):
    return seg(0xE1, b"Exif\0\0" + block)


jpeg = read("pdq/scene00-q15.jpg")
grey = read("pdq/scene00-grey.jpg")
progressive = read("media/scene04-progressive.jpg")
at = sof_at(jpeg)
cut("cut", "jpg", jpeg, 1, 10, 25, 50, 75, 90, 99)
cut("cut-progressive", "jpg", progressive, 1, 10, 50, 90)
cut("cut-arithmetic", "jpg", read("media/scene04-arithmetic.jpg"), 60)
put("no-end.jpg", jpeg[:-2])
put("cut-in-marker.jpg", jpeg[:at + 6])
put("magic-only.jpg", b"\xff\xd8\xff")
put("magic-and-noise.jpg", b"\xff\xd8\xff", noise(2000))
put("enormous.jpg", with_size(jpeg, 65500, 65500))
put("wide.jpg", with_size(jpeg, 65500, 100))
put("no-size.jpg", with_size(jpeg, 0, 0))
put("size-lie.jpg", with_size(jpeg, 20000, 4000))
put("size-lie-within.jpg", with_size(jpeg, 8000, 6000))
put("height-later.jpg", with_size(jpeg, 512, 0))
put("twelve-bits.jpg", jpeg[:at + 4] + b"\x0c" + jpeg[at + 5:])
put("lossless-sof.jpg", jpeg[:at + 1] + b"\xc3" + jpeg[at + 2:])
put("many-components.jpg", jpeg[:at + 9] + b"\xff" + jpeg[at + 10:])
put("no-components.jpg", jpeg[:at + 9] + b"\0" + jpeg[at + 10:])
put("no-sampling.jpg", jpeg[:at + 11] + b"\0" + jpeg[at + 12:])
put("odd-sampling.jpg", jpeg[:at + 11] + b"\x77" + jpeg[at + 12:])
put("no-tables.jpg", without(without(jpeg, 0xC4), 0xDB))
put("segment-length-0.jpg", with_segments(jpeg, b"\xff\xe5\0\0"))
put("segment-length-lie.jpg", with_segments(jpeg, b"\xff\xe5\xff\xff"))
put("two-heads.jpg", jpeg[:at] + jpeg[at:at + 19] + jpeg[at:])
for i in range(4):
    put(f"noise-{i}.jpg", noisy(jpeg, 700, len(jpeg) - 2, 20))
scan = progressive.rindex(b"\xff\xda")
put("scan-bomb.jpg", progressive[:scan] + progressive[scan:-2] * 3000 + b"\xff\xd9")
put("progressive-bomb-99.jpg", progressive_bomb(7000, 99))
put("progressive-bomb-800.jpg", progressive_bomb(3000, 800))
put("progressive-fair-60.jpg", progressive_bomb(300, 60))
put("tail.jpg", jpeg, noise(5000))
put("long-tail.jpg", jpeg, noise(300_000))
put("and-zip.jpg", jpeg, ZIP)
put("and-page.jpg", with_segments(jpeg, seg(0xFE, b"<script>alert(1)</script><?php 1;")), b"</html>")
put("and-document.jpg", with_segments(jpeg, seg(0xFE, b"%PDF-1.7\n1 0 obj\n")), b"\nendobj\n%%EOF\n")
put("two-pictures.jpg", jpeg, progressive)
put("jpeg-called.png", grey)
put("jpeg-called-gif.gif", jpeg)
put("jpeg-without-type", jpeg)
put("arithmetic.jpg", read("media/scene04-arithmetic.jpg"))
put("cmyk.jpg", read("media/scene04-cmyk.jpg"))
put("ycck.jpg", read("media/scene04-ycck.jpg"))
put("restarts.jpg", read("media/scene04-restarts.jpg"))
put("sampling-411.jpg", read("media/scene04-411.jpg"))
put("progressive.jpg", progressive)
put("exif-lie.jpg", with_segments(jpeg, app1_exif(exif_many)))
put("exif-loop.jpg", with_segments(jpeg, app1_exif(exif_loop)))
put("exif-far.jpg", with_segments(jpeg, app1_exif(exif_far)))
put("exif-cut.jpg", with_segments(jpeg, app1_exif(b"MM\0*\0")))
for o in (0, 9, 65535):
    put(f"exif-orientation-{o}.jpg", with_segments(jpeg, app1_exif(tiff([(ORIENTATION, 3, 1, o)]))))
put("exif-thumbnail-lie.jpg", with_segments(jpeg, app1_exif(tiff([(0x0201, 4, 1, 0)]) + progressive)))
put("xmp-huge.jpg", with_segments(jpeg, *[seg(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + noise(65000))] * 20))
put("comments-3000.jpg", with_segments(jpeg, *[seg(0xFE, b"x")] * 3000))
put("segments-20000.jpg", with_segments(jpeg, *[seg(0xE0 + i % 16) for i in range(1, 20000) if i % 16 not in (0, 14)]))
put("fill-bytes.jpg", jpeg[:2] + b"\xff" * 50000 + jpeg[2:])
for name, profile in profiles.items():
    put(f"icc-{name}.jpg", with_segments(jpeg, seg(0xE2, b"ICC_PROFILE\0\1\1" + profile)))
put("icc-parts-lie.jpg", with_segments(jpeg, *[seg(0xE2, b"ICC_PROFILE\0" + bytes((200 - i, 3)) + noise(60000)) for i in range(12)]))

# --- PNG ---

body = plain(RGB)
cut("cut", "png", scene, 1, 30, 60, 95)
put("no-end.png", scene[:-12])
put("jpeg-inside.png", scene[:16], jpeg)
put("bad-crc.png", scene[:29], b"\0\0\0\0", scene[33:])
put("bad-crc-data.png", scene[:-16], b"\0\0\0\0", scene[-12:])
put("enormous.png", png(100000, 100000, 8, 0, zlib.compress(bytes(1000))))
put("over-2-to-31.png", png(0x80000001, 5, 8, 0, zlib.compress(bytes(1000))))
put("all-bits.png", png(0xFFFFFFFF, 0xFFFFFFFF, 16, 6, zlib.compress(bytes(1000))))
put("no-size.png", png(0, 0, 8, 0, zlib.compress(b"")))
put("no-height.png", png(64, 0, 8, 0, zlib.compress(b"")))
put("thin-65535.png", png(65535, 1, 8, 0, zlib.compress(bytes(65536))))
put("bomb.png", png(12000, 12000, 8, 0, zeros(12001 * 12000)))
put("bomb-interlaced.png", png(12000, 12000, 16, 6, zeros(20_000_000), interlaced=1))
put("memory-interlaced.png", png(7000, 7000, 16, 6, zeros(30_000_000), interlaced=1))
put("no-data.png", png(64, 64, 8, 0, None))
put("little-data.png", png(64, 64, 8, 0, zlib.compress(bytes(100))))
put("not-zlib.png", png(64, 64, 8, 0, noise(500)))
put("bad-adler.png", png(W, H, 8, 2, body[:-4] + b"\0\0\0\0"))
put("bad-filter.png", png(64, 64, 8, 0, zlib.compress((b"\x63" + bytes(64)) * 64)))
put("bad-depth.png", png(64, 64, 7, 2, body))
put("bad-colour.png", png(64, 64, 8, 5, body))
put("bad-interlace.png", png(W, H, 8, 2, body, interlaced=9))
put("no-palette.png", png(8, 8, 8, 3, zlib.compress(bytes(9 * 8))))
put("palette-300.png", png(8, 8, 8, 3, zlib.compress(bytes(9 * 8)), chunk(b"PLTE", noise(900))))
put("data-first.png", PNG, chunk(b"IDAT", body), ihdr(W, H, 8, 2), IEND)
put("chunk-length-lie.png", scene[:33], b"\xff\xff\xff\xf0tEXt", scene[33:])
put("critical-unknown.png", scene[:33], chunk(b"EVIL", b"1"), scene[33:])
put("text-bomb.png", png(64, 64, 8, 0, zlib.compress(bytes(65 * 64)), chunk(b"zTXt", b"k\0\0" + zeros(60_000_000))))
put("text-bombs-100.png", scene[:33], chunk(b"zTXt", b"k\0\0" + zeros(60_000_000)) * 100, scene[33:])
put("profile-bomb.png", png(W, H, 8, 2, body, chunk(b"iCCP", b"p\0\0" + zeros(200_000_000))))
put("chunks-20000.png", scene[:33], chunk(b"tEXt", b"k\0v") * 20000, scene[33:])
put("tail.png", scene, noise(3000))
put("and-zip.png", scene, ZIP)
put("declared-jpeg.jpg", scene)
put("plain.png", png(W, H, 8, 2, body))
put("grey.png", png(W, H, 8, 0, plain(GREY)))
put("grey-alpha.png", png(W, H, 8, 4, plain([bytes(v for g in r for v in (g, 77)) for r in GREY])))
put("all-transparent.png", png(W, H, 8, 6, plain([b"".join(r[3 * x:3 * x + 3] + b"\0" for x in range(W)) for r in RGB])))
put("sixteen.png", read("media/scene04-16bit.png"))
put("sixteen-grey.png", png(W, H, 16, 0, plain([bytes(v for g in r for v in (g, g)) for r in GREY])))
put("interlaced.png", png(W, H, 8, 2, adam7(W, H, RGB, 3), interlaced=1))
put("interlaced-grey.png", png(W, H, 8, 0, adam7(W, H, GREY, 1), interlaced=1))
palette = bytes(v for i in range(256) for v in (i, i, i))
put("palette.png", png(W, H, 8, 3, plain(GREY), chunk(b"PLTE", palette)))
put("palette-see-through.png", png(W, H, 8, 3, plain(GREY), chunk(b"PLTE", palette) + chunk(b"tRNS", bytes(256))))
put("palette-short.png", png(W, H, 8, 3, plain(GREY), chunk(b"PLTE", palette[:300])))
put("data-in-bytes.png", PNG, ihdr(W, H, 8, 2), *[chunk(b"IDAT", body[i:i + 4]) for i in range(0, len(body), 4)], IEND)
put("data-empty-10000.png", PNG, ihdr(W, H, 8, 2), chunk(b"IDAT", b"") * 10000, chunk(b"IDAT", body), IEND)
put("stored.png", png(W, H, 8, 2, zlib.compress(b"".join(b"\0" + r for r in RGB), 0)))
put("large-but-fair.png", png(5000, 4000, 1, 0, zeros(626 * 4000)))
put("large-interlaced.png", png(4000, 4000, 8, 0, zeros(30_000_000), interlaced=1))
put("one-pixel.png", png(1, 1, 8, 0, zlib.compress(b"\0\x55")))
put("thin-32768.png", png(32768, 1, 8, 0, zlib.compress(bytes(32769))))
frames = [chunk(b"acTL", struct.pack(">II", 0xFFFF, 0)), chunk(b"fcTL", struct.pack(">IIIIIHHBB", 0, W, H, 0, 0, 1, 1, 0, 0))]
put("animated-lie.png", PNG, ihdr(W, H, 8, 2), *frames, chunk(b"IDAT", body), IEND)
for name, profile in profiles.items():
    put(f"icc-{name}.png", png(W, H, 8, 2, body, chunk(b"iCCP", b"p\0\0" + zlib.compress(profile))))
put("exif-loop.png", png(W, H, 8, 2, body, chunk(b"eXIf", exif_loop)))
put("exif-orientation-9.png", png(W, H, 8, 2, body, chunk(b"eXIf", tiff([(ORIENTATION, 3, 1, 9)]))))
put("gamma-0.png", png(W, H, 8, 2, body, chunk(b"gAMA", bytes(4)) + chunk(b"cHRM", b"\x7f" * 32)))

# --- GIF ---


def lzw(values, bits=8):
    """LZW as GIF wants it, in sub-blocks."""
    clear, end = 1 << bits, (1 << bits) + 1
    table, size, acc, held, outb = {}, bits + 1, 0, 0, bytearray()

    def code(c):
        nonlocal acc, held
        acc, held = acc | c << held, held + size
        while held >= 8:
            outb.append(acc & 255)
            acc, held = acc >> 8, held - 8

    code(clear)
    word = (values[0],)
    for v in values[1:]:
        longer = word + (v,)
        if longer in table or len(longer) == 1:
            word = longer
            continue
        code(table[word] if len(word) > 1 else word[0])
        table[longer] = end + 1 + len(table)
        if end + len(table) == 1 << size and size < 12:
            size += 1
        if end + len(table) >= 4094:
            code(clear)
            table, size = {}, bits + 1
        word = (v,)
    code(table[word] if len(word) > 1 else word[0])
    code(end)
    outb.append(acc & 255)
    return blocks(bytes(outb))


def blocks(content):
    return b"".join(bytes((len(content[i:i + 255]),)) + content[i:i + 255] for i in range(0, len(content), 255)) + b"\0"


def gif(width, height, *parts, colours=256, kind=b"GIF89a", end=b";"):
    power = colours.bit_length() - 2
    table = bytes(v * 255 // (colours - 1) for v in range(colours) for _ in range(3))
    return kind + struct.pack("<HHBBB", width, height, 0x80 | 0x70 | power, 0, 0) + table + b"".join(parts) + end


def frame(width, height, packed, x=0, y=0, flags=0, bits=8):
    return b"," + struct.pack("<HHHHBB", x, y, width, height, flags, bits) + packed


def delay():
    return b"!\xf9\4\0\1\0\0\0"


picture = lzw(b"".join(GREY))
whole = frame(W, H, picture)
rows_in_gif_order = [y for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for y in range(first, H, step)]
dot = frame(1, 1, lzw(b"\0", 2), bits=2)
animation = read("media/animated.gif")
cut("cut", "gif", animation, 1, 10, 90)
cut("cut-single", "gif", gif(W, H, whole), 50, 95)
put("enormous.gif", b"GIF89a", struct.pack("<HH", 65535, 65535), animation[10:])
put("enormous-canvas-dot.gif", gif(65535, 65535, dot))
put("enormous-frame.gif", gif(4, 4, frame(65535, 65535, lzw(b"\0", 2), bits=2)))
put("no-frame.gif", b"GIF89a", struct.pack("<HHBBB", 10, 10, 0, 0, 0), b";")
put("no-size.gif", gif(0, 0, frame(0, 0, lzw(b"\0"))))
put("script.gif", b"GIF89a/*", noise(40), b"*/=1;alert(1)")
put("noise.gif", noisy(animation, 900, 5000, 600))
put("code-size-0.gif", gif(W, H, frame(W, H, picture, bits=0)))
put("code-size-12.gif", gif(W, H, frame(W, H, picture, bits=12)))
put("no-table.gif", b"GIF89a", struct.pack("<HHBBB", W, H, 0, 0, 0), whole, b";")
put("little-data.gif", gif(W, H, frame(W, H, lzw(bytes(500)))))
put("plain.gif", gif(W, H, whole))
put("plain-87.gif", gif(W, H, whole, kind=b"GIF87a"))
put("interlaced.gif", gif(W, H, frame(W, H, lzw(b"".join(GREY[y] for y in rows_in_gif_order)), flags=0x40)))
put("tail.gif", gif(W, H, whole), noise(2000))
put("and-script.gif", gif(W, H, b"!\xfe", blocks(b"*/=1;alert(1);/*" * 20), whole), b"/**/")
put("comment-huge.gif", gif(W, H, b"!\xfe", blocks(noise(1_500_000)), whole))
put("frames-3.gif", gif(W, H, b"!\xff\x0bNETSCAPE2.0\3\1\xff\xff\0", *[delay() + whole] * 3))
put("frames-5000.gif", gif(W, H, delay(), whole, *[delay() + dot] * 4999))
put("frames-100000.gif", gif(W, H, delay(), whole, *[dot] * 99999))
put("frame-outside.gif", gif(W, H, delay(), whole, delay(), frame(50, 50, lzw(bytes(2500)), x=60000, y=60000)))
put("dot-4096.gif", gif(4096, 4096, dot))

# --- WebP ---


def riff(*chunks, size=None):
    inner = b"WEBP" + b"".join(chunks)
    return b"RIFF" + struct.pack("<I", len(inner) if size is None else size) + inner


def piece(kind, content):
    return kind + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def u24(v):
    return struct.pack("<I", v)[:3]


def extended(flags, width, height):
    return piece(b"VP8X", bytes((flags, 0, 0, 0)) + u24(width - 1) + u24(height - 1))


def moving(content, width, height, x=0, y=0):
    return piece(b"ANMF", u24(x // 2) + u24(y // 2) + u24(width - 1) + u24(height - 1) + u24(40) + b"\0" + content)


lossless, lossy, film = read("media/scene04-lossless.webp"), read("pdq/scene02.webp"), read("media/animated.webp")
vp8, vp8l = lossy[12:], lossless[12:]
first = film.index(b"ANMF")
small = film[first:first + 8 + struct.unpack("<I", film[first + 4:first + 8])[0]]
loop = piece(b"ANIM", bytes(6))
cut("cut", "webp", lossless, 1, 5, 50, 95)
cut("cut-lossy", "webp", lossy, 10, 50, 95)
put("enormous.webp", riff(piece(b"VP8X", bytes(4) + b"\xff" * 6), vp8))
put("enormous-lossless.webp", riff(vp8l[:9] + b"\xff\xff\xff\x0f" + vp8l[13:]))
put("no-size.webp", riff(vp8[:14] + bytes(4) + vp8[18:]))
put("noise.webp", lossy[:30], noise(len(lossy) - 30))
put("riff-size-lie.webp", riff(vp8, size=0xFFFFFFF0))
put("riff-size-0.webp", riff(vp8, size=0))
put("chunk-size-lie.webp", riff(vp8[:4] + b"\xff\xff\xff\x7f" + vp8[8:]))
put("alpha-noise.webp", riff(extended(0x10, 512, 512), piece(b"ALPH", noise(500)), vp8))
put("frame-outside.webp", riff(extended(2, 512, 512), loop, moving(vp8, 512, 512, 60000, 60000)))
put("plain.webp", lossless)
put("lossy.webp", lossy)
put("tail.webp", lossy, noise(100))
put("extended.webp", riff(extended(0, 512, 512), vp8))
put("exif-loop.webp", riff(extended(8, 512, 512), vp8, piece(b"EXIF", exif_loop)))
put("icc-noise.webp", riff(extended(0x20, 512, 512), piece(b"ICCP", noise(3000)), vp8))
put("icc-size-lie.webp", riff(extended(0x20, 512, 512), piece(b"ICCP", profiles["size-lie"]), vp8))
put("chunks-5000.webp", riff(extended(0, 512, 512), vp8, piece(b"JUNK", noise(3)) * 5000))
put("frames-3.webp", riff(extended(2, 512, 512), loop, moving(vp8, 512, 512), small, small))
put("frames-3000.webp", riff(extended(2, 512, 512), loop, moving(vp8, 512, 512), small * 2999))

# --- HEIC and AVIF ---


def box(kind, content):
    return struct.pack(">I", len(content) + 8) + kind + content


def box_at(content, kind):
    at = content.index(kind) - 4
    return at, at + struct.unpack(">I", content[at:at + 4])[0]


def with_meta(heif, change):
    """The meta box goes to the end, where its growth moves no picture data."""
    start, end = box_at(heif, b"meta")
    meta = heif[start + 12:end]
    return heif[:start] + box(b"free", heif[start + 8:end]) + heif[end:] + box(b"meta", bytes(4) + change(meta))


def nested(kind, levels):
    content = b""
    for _ in range(levels):
        content = box(kind, content)
    return content


def with_property(heif, kind, change):
    at, end = box_at(heif, kind)
    return heif[:at + 8] + change(heif[at + 8:end]) + heif[end:]


def references(kind, *pairs):
    return box(b"iref", bytes(4) + b"".join(box(kind, struct.pack(">HHH", a, 1, b)) for a, b in pairs))


for kind, codec in (("heic", b"hvc1"), ("avif", b"av01")):
    heif = read(f"media/scene04.{kind}")
    meta_at, meta_end = box_at(heif, b"meta")
    cut("cut", kind, heif, 2, 5, 50, 80)
    put(f"brand-only.{kind}", heif[:box_at(heif, b"ftyp")[1]])
    put(f"noise.{kind}", heif[:-1500], noise(1500))
    put(f"box-lie.{kind}", heif[:meta_at], b"\x7f\xff\xff\xff", heif[meta_at + 4:])
    put(f"box-size-4.{kind}", heif[:meta_at], b"\0\0\0\4", heif[meta_at + 4:])
    put(f"boxes-deep.{kind}", heif[:meta_at], nested(b"meta", 4000), heif[meta_at:])
    put(f"properties-deep.{kind}", with_meta(heif, lambda m: nested(b"iprp", 3000) + m))
    put(f"enormous.{kind}", with_property(heif, b"ispe", lambda p: p[:4] + b"\x7f\xff\xff\xff" * 2))
    put(f"no-size.{kind}", with_property(heif, b"ispe", lambda p: p[:4] + bytes(8)))
    put(f"offset-lie.{kind}", with_property(heif, b"iloc", lambda p: p[:-8] + b"\xff\xff\xff\xf0" + p[-4:]))
    put(f"length-lie.{kind}", with_property(heif, b"iloc", lambda p: p[:-4] + b"\xff\xff\xff\xf0"))
    put(f"grid-of-itself.{kind}", with_meta(heif.replace(codec + b"\0", b"grid\0", 1),
        lambda m: m + references(b"dimg", (1, 1))))
    put(f"items-lie.{kind}", with_property(heif, b"iinf", lambda p: p[:4] + b"\xff\xff" + p[6:]))
    put(f"references-loop.{kind}", with_meta(heif, lambda m: m + references(b"thmb", (1, 2), (2, 1), (1, 1))))
    put(f"plain.{kind}", heif)
    put(f"tail.{kind}", heif, box(b"free", noise(3000)))
    put(f"meta-last.{kind}", with_meta(heif, lambda m: m))

# --- BMP, our own reader ---


def bmp(width, height, bits, content, table=b"", compression=0, masks=b"", colours=0):
    offset = 54 + len(masks) + len(table)
    head = struct.pack("<2sIHHI", b"BM", offset + len(content), 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(content), 0, 0, colours, 0)
    return head + info + masks + table + content


bgr = [bytes(r[3 * x + c] for x in range(W) for c in (2, 1, 0)) for r in RGB]
blue_first = bytes(v for i in range(256) for v in (i, i, i, 0))
bits565 = [b"".join(struct.pack("<H", r[i] >> 3 << 11 | r[i + 1] >> 2 << 5 | r[i + 2] >> 3) for i in range(0, 3 * W, 3)) for r in RGB]
masks565 = struct.pack("<III", 0xF800, 0x7E0, 0x1F)
put("24.bmp", bmp(W, H, 24, b"".join(reversed(bgr))))
put("24-top-down.bmp", bmp(W, -H, 24, b"".join(bgr)))
put("32.bmp", bmp(W, H, 32, b"".join(b"".join(r[i:i + 3] + b"\7" for i in range(0, 3 * W, 3)) for r in reversed(bgr))))
put("8.bmp", bmp(W, H, 8, b"".join(reversed(GREY)), blue_first))
put("565.bmp", bmp(W, H, 16, b"".join(reversed(bits565)), compression=3, masks=masks565))
core = struct.pack("<2sIHHIIHHHH", b"BM", 26 + 3 * W * H, 0, 0, 26, 12, W, H, 1, 24)
put("old-header.bmp", core, *reversed(bgr))
put("tail.bmp", bmp(W, H, 24, b"".join(reversed(bgr))), noise(900))
put("8-few-colours.bmp", bmp(30, 20, 8, noise(32 * 20), noise(40), colours=10))
put("4.bmp", bmp(30, 20, 4, noise(16 * 20), noise(64)))
put("1.bmp", bmp(33, 20, 1, noise(8 * 20), noise(8)))
put("16.bmp", bmp(30, 20, 16, noise(60 * 20)))
put("odd-masks.bmp", bmp(30, 20, 32, noise(2400), compression=3, masks=struct.pack("<III", 5, 0, 0)))
put("rle.bmp", bmp(30, 20, 8, noise(100), noise(1024), compression=1))
put("jpeg-inside.bmp", bmp(30, 20, 0, jpeg, compression=4))
put("cut.bmp", bmp(30, 20, 24, noise(100)))
put("no-palette.bmp", bmp(300, 200, 8, b"", noise(20)))
put("header-only.bmp", bmp(30, 20, 24, b"")[:20])
put("enormous.bmp", bmp(0x7FFFFFFF, 0x7FFFFFFF, 24, noise(100)))
put("overflow.bmp", bmp(30000, 3000, 32, noise(100)))
put("announced.bmp", bmp(7000, 7000, 24, noise(100)))
put("negative.bmp", bmp(-30, 20, 24, noise(100)))
put("least-height.bmp", bmp(30, -0x80000000, 24, noise(100)))
put("no-size.bmp", bmp(0, 0, 24, b""))
put("offset-lie.bmp", bmp(30, 20, 24, noise(92 * 20))[:10], b"\xff\xff\xff\xff", bmp(30, 20, 24, noise(92 * 20))[14:])
put("header-lie.bmp", bmp(30, 20, 24, noise(1840))[:14], b"\x7c\0\0\0", bmp(30, 20, 24, b"")[18:40])

with open(f"{data}/media/hostile.tsv", encoding="ascii") as f:
    wanted = {line.split("\t")[0] for line in f if not line.startswith("#")}
if wanted != made and not os.environ.get("HOSTILE_DRAFT"):
    sys.exit(f"make_hostile: only in the table: {sorted(wanted - made)}; only made: {sorted(made - wanted)}")
