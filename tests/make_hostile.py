#!/usr/bin/env python3
"""Makes hostile, corrupt and odd pictures for tests/unit/media_hostile.c.

Usage: make_hostile.py DATA OUT   (DATA: tests/data, OUT: an existing empty folder)
Writes the files and OUT/expected.tsv: name, then the reasons that are right for it (sys/decode_reason.tbl.h).
All content is synthetic. Same output on every run.
"""
import random
import struct
import sys
import zlib

data, out = sys.argv[1], sys.argv[2]
rng = random.Random(7)
rows = []


def read(name):
    with open(f"{data}/{name}", "rb") as f:
        return f.read()


def put(name, content, *reasons):
    with open(f"{out}/{name}", "wb") as f:
        f.write(content)
    rows.append(f"{name}\t{','.join(reasons)}\n")


def chunk(kind, body):
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))


def png(width, height, depth, colour, idat, extra=b""):
    ihdr = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", ihdr) + extra
            + (chunk(b"IDAT", idat) if idat is not None else b"") + chunk(b"IEND", b""))


def sof_at(jpeg):
    at = 2
    while jpeg[at + 1] not in (0xC0, 0xC1, 0xC2):
        at += 2 + struct.unpack(">H", jpeg[at + 2:at + 4])[0]
    return at


def with_size(jpeg, width, height):
    at = sof_at(jpeg)
    return jpeg[:at + 5] + struct.pack(">HH", height, width) + jpeg[at + 9:]


def bmp(width, height, bits, pixels, palette=b"", compression=0, masks=b"", colours=0):
    offset = 54 + len(masks) + len(palette)
    head = struct.pack("<2sIHHI", b"BM", offset + len(pixels), 0, 0, offset)
    info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, compression, len(pixels), 0, 0, colours, 0)
    return head + info + masks + palette + pixels


def noise(n):
    return rng.randbytes(n)


# Not pictures at all.
put("empty.jpg", b"", "truncated")
put("one-byte.png", b"\x89", "unsupported")
put("text.jpg", b"DEMO-BANNED-PHRASE is only a text\n" * 50, "unsupported")
put("page.gif", b"<!doctype html><script>1</script>", "unsupported")
put("drawing.png", b'<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>', "unsupported")
put("document.jpg", b"%PDF-1.7\n1 0 obj\n", "unsupported")
put("program.webp", b"\x7fELF\x02\x01\x01" + noise(300), "unsupported")
put("tiff.jpg", b"II*\0\x08\0\0\0" + noise(100), "unsupported")
put("random.bin", noise(4096), "unsupported")

# JPEG.
jpeg = read("pdq/scene00-q15.jpg")
grey = read("pdq/scene00-grey.jpg")
progressive = read("media/scene04-progressive.jpg")
for share in (1, 10, 50, 90):
    put(f"cut-{share}.jpg", jpeg[:len(jpeg) * share // 100], "truncated", "corrupt")
    put(f"cut-progressive-{share}.jpg", progressive[:len(progressive) * share // 100], "truncated", "corrupt")
put("no-end.jpg", jpeg[:-2], "truncated", "corrupt")
put("tail.jpg", jpeg + noise(5000), "ok")
put("and-zip.jpg", jpeg + b"PK\x03\x04" + noise(200) + b"PK\x05\x06" + bytes(18), "ok")
put("jpeg-called.png", grey, "ok")
put("magic-only.jpg", b"\xff\xd8\xff", "truncated", "corrupt")
put("magic-and-noise.jpg", b"\xff\xd8\xff" + noise(2000), "truncated", "corrupt", "unsupported")
put("enormous.jpg", with_size(jpeg, 65500, 65500), "too_large")
put("wide.jpg", with_size(jpeg, 65500, 100), "too_large")
put("no-size.jpg", with_size(jpeg, 0, 0), "corrupt", "unsupported")
put("size-lie.jpg", with_size(jpeg, 20000, 4000), "truncated", "corrupt")
at = sof_at(jpeg)
put("twelve-bits.jpg", jpeg[:at + 4] + b"\x0c" + jpeg[at + 5:], "unsupported", "corrupt")
put("lossless-sof.jpg", jpeg[:at + 1] + b"\xc3" + jpeg[at + 2:], "unsupported", "corrupt")
put("many-components.jpg", jpeg[:at + 9] + b"\xff" + jpeg[at + 10:], "corrupt", "unsupported")
for i in range(4):
    noisy = bytearray(jpeg)
    for _ in range(20):
        noisy[rng.randrange(700, len(noisy) - 2)] = rng.randrange(256)
    put(f"noise-{i}.jpg", bytes(noisy), "ok", "corrupt", "truncated")
scan = progressive.rindex(b"\xff\xda")
put("scan-bomb.jpg", progressive[:scan] + progressive[scan:-2] * 3000 + b"\xff\xd9", "bomb", "corrupt")
exif = b"Exif\0\0MM\0*\0\0\0\x08\xff\xff" + noise(600)
put("exif-lie.jpg", jpeg[:2] + b"\xff\xe1" + struct.pack(">H", len(exif) + 2) + exif + jpeg[2:], "ok")

# PNG.
good = read("pdq/scene04.png")
for share in (1, 30, 95):
    put(f"cut-{share}.png", good[:len(good) * share // 100], "truncated", "corrupt")
put("tail.png", good + noise(3000), "ok")
put("jpeg-inside.png", good[:16] + jpeg, "corrupt", "truncated", "too_large")
put("bad-crc.png", good[:29] + b"\0\0\0\0" + good[33:], "corrupt")
put("enormous.png", png(100000, 100000, 8, 0, zlib.compress(bytes(1000))), "too_large", "corrupt", "truncated")
put("no-size.png", png(0, 0, 8, 0, zlib.compress(b"")), "corrupt", "too_large", "truncated")
put("bomb.png", png(12000, 12000, 8, 0, zlib.compress(bytes(12001 * 12000), 9)), "too_large")
put("large-but-fair.png", png(5000, 4000, 1, 0, zlib.compress(bytes(626 * 4000), 9)), "ok")
put("no-data.png", png(64, 64, 8, 0, None), "corrupt", "truncated")
put("little-data.png", png(64, 64, 8, 0, zlib.compress(bytes(100))), "corrupt", "truncated")
put("not-zlib.png", png(64, 64, 8, 0, noise(500)), "corrupt", "truncated")
put("no-palette.png", png(8, 8, 8, 3, zlib.compress(bytes(9 * 8))), "corrupt")
text = chunk(b"zTXt", b"k\0\0" + zlib.compress(bytes(60_000_000), 9))
put("text-bomb.png", png(64, 64, 8, 0, zlib.compress(bytes(65 * 64)), text), "ok", "memory", "corrupt", "crashed")

# GIF.
gif = read("media/animated.gif")
put("cut-1.gif", gif[:10], "truncated", "corrupt")
put("cut-40.gif", gif[:len(gif) * 2 // 5], "truncated", "corrupt", "ok")
put("enormous.gif", b"GIF89a" + struct.pack("<HH", 65535, 65535) + gif[10:], "ok", "too_large", "corrupt")
put("no-frame.gif", b"GIF89a" + struct.pack("<HHBBB", 10, 10, 0, 0, 0) + b";", "corrupt", "truncated")
put("script.gif", b"GIF89a/*" + noise(40) + b"*/=1;alert(1)", "corrupt", "truncated", "too_large", "memory")
noisy = bytearray(gif)
for i in range(900, 5000, 7):
    noisy[i] = rng.randrange(256)
put("noise.gif", bytes(noisy), "ok", "corrupt", "truncated")

# WebP.
webp = read("media/scene04-lossless.webp")
lossy = read("pdq/scene02.webp")
put("cut-5.webp", webp[:40], "truncated", "corrupt")
put("cut-50.webp", webp[:len(webp) // 2], "truncated", "corrupt")
put("cut-50-lossy.webp", lossy[:len(lossy) // 2], "truncated", "corrupt")
put("tail.webp", lossy + noise(100), "ok", "corrupt")
vp8x = b"VP8X" + struct.pack("<I", 10) + bytes(4) + b"\xff\xff\xff" + b"\xff\xff\xff"
put("enormous.webp", b"RIFF" + struct.pack("<I", 4 + len(vp8x) + len(lossy) - 12) + b"WEBP" + vp8x + lossy[12:],
    "too_large", "corrupt", "truncated")
put("noise.webp", lossy[:30] + noise(len(lossy) - 30), "ok", "corrupt", "truncated")

# HEIC and AVIF.
for kind in ("heic", "avif"):
    heif = read(f"media/scene04.{kind}")
    put(f"cut-5.{kind}", heif[:60], "truncated", "corrupt", "unsupported")
    put(f"cut-80.{kind}", heif[:len(heif) * 4 // 5], "truncated", "corrupt", "ok")
    put(f"noise.{kind}", heif[:-1500] + noise(1500), "ok", "corrupt", "truncated", "crashed", "timeout")
    meta = heif.index(b"meta")
    put(f"box-lie.{kind}", heif[:meta - 4] + b"\x7f\xff\xff\xff" + heif[meta:], "corrupt", "truncated", "unsupported")

# BMP, our own reader.
put("24.bmp", bmp(31, 17, 24, noise(96 * 17)), "ok")
put("24-top-down.bmp", bmp(31, -17, 24, noise(96 * 17)), "ok")
put("8.bmp", bmp(30, 20, 8, noise(32 * 20), noise(1024)), "ok")
put("8-few-colours.bmp", bmp(30, 20, 8, noise(32 * 20), noise(40), colours=10), "ok")
put("4.bmp", bmp(30, 20, 4, noise(16 * 20), noise(64)), "ok")
put("1.bmp", bmp(33, 20, 1, noise(8 * 20), noise(8)), "ok")
put("16.bmp", bmp(30, 20, 16, noise(60 * 20)), "ok")
put("565.bmp", bmp(30, 20, 16, noise(60 * 20), compression=3, masks=struct.pack("<III", 0xF800, 0x7E0, 0x1F)), "ok")
put("32.bmp", bmp(30, 20, 32, noise(120 * 20)), "ok")
put("odd-masks.bmp", bmp(30, 20, 32, noise(2400), compression=3, masks=struct.pack("<III", 5, 0, 0)), "corrupt")
put("rle.bmp", bmp(30, 20, 8, noise(100), noise(1024), compression=1), "unsupported")
put("cut.bmp", bmp(30, 20, 24, noise(100)), "truncated")
put("no-palette.bmp", bmp(300, 200, 8, b"", noise(20)), "truncated")
put("header-only.bmp", bmp(30, 20, 24, b"")[:20], "truncated", "unsupported")
put("enormous.bmp", bmp(0x7FFFFFFF, 0x7FFFFFFF, 24, noise(100)), "too_large")
put("overflow.bmp", bmp(30000, 3000, 32, noise(100)), "truncated")
put("negative.bmp", bmp(-30, 20, 24, noise(100)), "corrupt", "too_large")
put("no-size.bmp", bmp(0, 0, 24, b""), "corrupt")
put("offset-lie.bmp", bmp(30, 20, 24, noise(92 * 20))[:10] + b"\xff\xff\xff\xff" + bmp(30, 20, 24, noise(92 * 20))[14:],
    "truncated")

with open(f"{out}/expected.tsv", "w", encoding="ascii") as f:
    f.writelines(rows)
