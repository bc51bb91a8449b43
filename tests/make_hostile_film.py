#!/usr/bin/env python3
"""Videos and sounds that are built to break a decoder, or only broken, from the small good ones in tests/data/film.
usage: make_hostile_film.py FOLDER. What must become of each stands in tests/data/film/hostile.tsv."""
import os
import random
import struct
import sys

data = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data/film")
out = sys.argv[1]


def good(name):
    with open(os.path.join(data, name), "rb") as f:
        return bytearray(f.read())


def put(name, content):
    with open(os.path.join(out, name), "wb") as f:
        f.write(content)


def box(kind, content=b""):
    return struct.pack(">I", 8 + len(content)) + kind + bytes(content)


def patched(name, *changes):
    """Each change: (what is looked for, offset from it, new bytes); every place where it stands."""
    b = good(name)
    for needle, offset, new in changes:
        at = b.find(needle)
        assert at >= 0, (name, needle)
        while at >= 0:
            b[at + offset:at + offset + len(new)] = new
            at = b.find(needle, at + len(needle))
    return b


# cut off
for name in ("h264-aac.mp4", "vp8-vorbis.webm", "mpeg2.ts", "mpeg4.avi", "vorbis.ogg", "tone.mp3", "tone.flac", "tone.wav", "tone.aac"):
    stem, ext = name.split(".")
    b = good(name)
    for percent in (1, 50, 95):
        put(f"cut-{percent}.{ext}", b[:len(b) * percent // 100])

# what has no pictures or sound of its own, and what names other files
put("list.m3u8", b"#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\nhttp://127.0.0.1/secret.ts\n#EXT-X-ENDLIST\n")
put("list.ffconcat", b"ffconcat version 1.0\nfile /etc/passwd\n")
put("stream.sdp", b"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video 5004 RTP/AVP 96\n")
put("subtitles.srt", b"1\n00:00:01,000 --> 00:00:02,000\nwords\n")
put("elsewhere-url.mp4", patched("h264-aac.mp4", (b"url \0\0\0\x01", 4, b"\0\0\0\0")))
put("elsewhere-alias.mov", patched("h264-alac.mov", (b"url \0\0\0\x01", 0, b"alis\0\0\0\0")))
put("nothing.mp4", box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov"))
put("only-head.mp4", box(b"ftyp", b"isom\0\0\2\0isom"))
put("mislabelled.mp4", patched("h264-aac.mp4", (b"vide\0", 0, b"meta"), (b"soun\0", 0, b"meta")))
put("two-pictures.mp4", good("two-pictures.mp4"))
put("two-sounds.webm", good("two-sounds.webm"))
put("other-codec.mkv", good("other-codec.mkv"))
put("unknown-codec.mp4", patched("hevc.mp4", (b"hvc1", 0, b"zzzz")))
put("lying-codec.mp4", patched("h264-aac.mp4", (b"avc1\0", 0, b"hvc1"), (b"avcC", 0, b"hvcC")))

# absurd sizes
put("wide-entry.mp4", patched("h264-aac.mp4", (b"avc1\0", 28, b"\xff\xff\xff\xff")))
put("huge-pictures.mov", patched("mjpeg.mov", (b"\xff\xc0\0\x11\x08", 5, b"\xff\xdc\xff\xdc")))
put("many-samples.mp4", patched("h264-aac.mp4", (b"stsz\0\0\0\0", 12, b"\x7f\xff\xff\xff")))
put("one-size-samples.mp4", patched("h264-aac.mp4", (b"stsz\0\0\0\0", 8, b"\0\0\0\x01\x03\0\0\0")))
put("many-times.mp4", patched("h264-aac.mp4", (b"stts\0\0\0\0", 8, b"\0\0\0\x01\x7f\xff\xff\xff")))
put("deep.mp4", box(b"ftyp", b"isom\0\0\2\0isom") + b"".join(struct.pack(">I", 8 + 8 * (20000 - i)) + b"moov" for i in range(20000)))
put("endless-box.mp4", box(b"ftyp", b"isom\0\0\2\0isom") + b"\0\0\0\x01moov\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(100))
b = good("h264-aac.mp4")
moov = b.find(b"moov") - 4
trak = b.find(b"trak", moov) - 4
size = struct.unpack_from(">I", b, trak)[0]
more = bytes(b[trak:trak + size]) * 60
c = bytearray(b[:trak] + more + b[trak:])
c[moov:moov + 4] = struct.pack(">I", struct.unpack_from(">I", b, moov)[0] + len(more))
put("many-tracks.mp4", c)
words = box(b"udta", box(b"meta", b"\0\0\0\0" + box(b"ilst", box(b"\xa9nam", box(b"data", b"\0\0\0\x01\0\0\0\0" + b"A" * 8_000_000)))))
c = bytearray(b[:trak] + words + b[trak:])
c[moov:moov + 4] = struct.pack(">I", struct.unpack_from(">I", b, moov)[0] + len(words))
put("long-words.mp4", c)

# time
put("no-time.mp4", patched("hevc.mp4", (b"stts\0\0\0\0\0\0\0\x01", 16, b"\0\0\0\0")))
put("slow.mp4", patched("hevc.mp4", (b"stts\0\0\0\0\0\0\0\x01", 16, b"\x7f\xff\xff\xff")))
put("an-hour-of-one-second.mp4", patched("hevc.mp4", (b"stts\0\0\0\0\0\0\0\x01", 16, b"\0\x20\0\0")))
put("no-clock.mp4", patched("hevc.mp4", (b"mdhd\0\0\0\0", 16, b"\0\0\0\0")))
put("fast-clock.mp4", patched("hevc.mp4", (b"mdhd\0\0\0\0", 16, b"\x7f\xff\xff\xff")))
put("long-duration.webm", patched("vp8-vorbis.webm", (b"\x44\x89\x88", 3, struct.pack(">d", 1e300))))
put("no-duration.webm", patched("vp8-vorbis.webm", (b"\x44\x89\x88", 3, struct.pack(">d", float("nan")))))

# sounds
wav = good("tone.wav")


def wav_with(at, fmt, value):
    c = bytearray(wav)
    struct.pack_into(fmt, c, at, value)
    return c


put("rate-0.wav", wav_with(24, "<I", 0))
put("rate-4g.wav", wav_with(24, "<I", 0xFFFFFFFF))
put("rate-1.wav", wav_with(24, "<I", 1))
put("channels-0.wav", wav_with(22, "<H", 0))
put("channels-65535.wav", wav_with(22, "<H", 65535))
put("align-0.wav", wav_with(32, "<H", 0))
put("not-pcm.wav", wav_with(20, "<H", 0x2000))
put("tag-256mb.mp3", b"ID3\x04\0\0\x7f\x7f\x7f\x7f" + good("tone.mp3"))
put("tag-of-tags.mp3", b"ID3\x04\0\0\0\0\0\x0aCHAP\0\0\0\0\0\0" * 2000 + good("tone.mp3"))
put("comment-1g.flac", b"fLaC\x04\xff\xff\xff" + bytes(1000))
put("channels-255.ogg", patched("opus.ogg", (b"OpusHead\x01", 9, b"\xff")))
put("twice.aac", good("tone.aac") + good("tone.aac"))
put("silence.wav", wav[:44] + bytes(len(wav) - 44))

# streams that change
put("grows.ts", good("grows.ts"))
# a second track of pictures in the middle, too late and too early for those who look only at both ends
put("late-track.ts", good("nine-seconds.ts") + good("late-track.ts") + (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 1500 + good("nine-seconds.ts"))
put("other.ts", good("h264-ac3.ts") + good("mpeg2.ts"))
put("nothing.ts", (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 500)
put("zeros.mp4", box(b"ftyp", b"isom\0\0\2\0isom") + bytes(500_000))
put("rubbish.webm", b"\x1a\x45\xdf\xa3" + random.Random(1).randbytes(100_000))
put("rubbish.avi", b"RIFF\xff\xff\xff\x7fAVI " + random.Random(2).randbytes(100_000))
put("rubbish.mp3", b"\xff\xfb" + random.Random(3).randbytes(100_000))
put("rate-0.avi", patched("mpeg4.avi", (b"strh8\0\0\0vids", 28, bytes(8))))

# flipped bits: whatever comes of them, it ends
for name in ("h264-aac.mp4", "hevc.mp4", "vp8-vorbis.webm", "vp9-opus.webm", "av1.mkv", "mpeg2.ts", "mpeg4.avi", "vorbis.ogg", "opus.ogg", "tone.flac"):
    r = random.Random(name)
    b = good(name)
    for _ in range(len(b) // 500):
        b[r.randrange(64, len(b))] ^= 1 << r.randrange(8)
    put("flipped-" + name, b)
