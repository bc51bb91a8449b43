/*
 * What the robustness bench makes and what it does to it.
 *
 * FILM(what ffmpeg's lavfi draws, how many, how many when small): %1$d is 1, 2, 3 …; "film%1$d" is one of film.h.
 * FILM_EDIT(name, filter, crf, also when small). Films are 320 x 180, 10 pictures a second.
 * SONG(kind of song.h, how many, how many when small). SONG_EDIT(name, filter, end of the file's name, bit rate, also when
 * small): the filter has the sound as [0:a] and some talk as [1:a]. SONG_LIMIT: the same, beyond what the fingerprint is
 * made for (it tells notes apart): shown, and not asked for.
 */
#define FONT "fontfile=/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf"
#define NOISE "anoisesrc=r=22050:a=0.04[n];[0:a][n]amix=2:duration=first:normalize=0"
#define TALK "[1:a]volume=0.3[t];[0:a][t]amix=2:duration=first:normalize=0"
#define MANDELBROT(x, y)                                                                       \
	"mandelbrot=s=320x180:r=10:start_x=" x ":start_y=" y                                   \
	":start_scale=0.3:end_scale=0.004:end_pts=400"

FILM("film%1$d", 40, 2)
FILM("testsrc2=s=320x180:r=10", 1, 0)
FILM(MANDELBROT("-0.743643887", "0.131825904"), 1, 1)
FILM(MANDELBROT("-1.25066", "0.02012"), 1, 0)
FILM(MANDELBROT("0.2755", "0.0061"), 1, 0)
FILM(MANDELBROT("-0.16", "1.0405"), 1, 0)
FILM(MANDELBROT("-1.7687788", "0.0017389"), 1, 0)
FILM("life=s=32x18:r=2:seed=%1$d:ratio=0.3:mold=20:mold_color=#205080:death_color=#103040,"
     "scale=320x180,fps=10",
    9, 0)
FILM("gradients=s=320x180:r=10:seed=%1$d:n=6:speed=0.01,drawtext=" FONT
     ":text='film %1$d':fontsize=60:x=20+%1$d*9:y=30+mod(n*%1$d\\,80):fontcolor=white",
    9, 0)
FILM("cellauto=s=40x24:r=4:rule=%1$d0:seed=%1$d,scale=320x180,fps=10", 6, 0)

FILM_EDIT("the same file again", "null", "20", false)
FILM_EDIT("clip of 8 s, between the seconds", "trim=start=5.5:duration=8,setpts=PTS-STARTPTS",
    "23", false)
FILM_EDIT("low bit rate (crf 40)", "null", "40", true)
FILM_EDIT("half the size", "scale=160:90", "26", false)
FILM_EDIT("letterbox", "scale=320:134,pad=320:180:0:23", "26", true)
FILM_EDIT("pillarbox", "scale=240:180,pad=320:180:40:0", "26", false)
FILM_EDIT("mirrored", "hflip", "26", true)
FILM_EDIT("5 % faster", "setpts=PTS/1.05,fps=10", "26", true)
FILM_EDIT("5 % slower", "setpts=PTS*1.05,fps=10", "26", false)
FILM_EDIT("logo (an eighth of either side)",
    "drawbox=x=270:y=10:w=40:h=24:c=red:t=fill,drawbox=x=278:y=15:w=22:h=14:c=white:t=fill", "26",
    false)
FILM_EDIT("line of text",
    "drawtext=" FONT
    ":text='watch more of this':fontsize=20:x=60:y=150:fontcolor=white:borderw=2",
    "26", true)
FILM_EDIT("brighter", "eq=brightness=0.12", "26", false)
FILM_EDIT("more contrast", "eq=contrast=1.4", "26", false)
FILM_EDIT("grey", "hue=s=0", "26", false)

SONG(SONG_MUSIC, 24, 2)
SONG(SONG_SWEEPS, 6, 1)
SONG(SONG_BURSTS, 6, 0)
SONG(SONG_TALK, 8, 1)

SONG_EDIT("the same file again", "[0:a]anull", "wav", "352k", false)
SONG_EDIT("MP3, 32 kbit/s", "[0:a]anull", "mp3", "32k", true)
SONG_EDIT("Opus, 24 kbit/s", "[0:a]anull", "ogg", "24k", false)
SONG_EDIT("15 s from the middle",
    "[0:a]atrim=start=10.37:duration=15,asetpts=PTS-STARTPTS", "mp3", "64k", true)
SONG_EDIT("a third as loud", "[0:a]volume=0.3", "mp3", "64k", false)
SONG_EDIT("resampled to 8 kHz", "[0:a]aresample=8000", "wav", "352k", false)
SONG_EDIT("white noise, some 15 dB below", NOISE, "mp3", "64k", true)
SONG_EDIT("talk over it", TALK, "mp3", "64k", false)
SONG_EDIT("2 % faster, same pitch", "[0:a]atempo=1.02", "mp3", "64k", true)
SONG_EDIT("2 % slower, same pitch", "[0:a]atempo=0.98", "mp3", "64k", false)
SONG_EDIT("1 % faster and higher", "[0:a]asetrate=22050*1.01,aresample=22050", "mp3", "64k", false)
SONG_EDIT("1.5 % slower and lower", "[0:a]asetrate=22050*0.985,aresample=22050", "mp3", "64k", false)
SONG_EDIT("2 % faster and higher", "[0:a]asetrate=22050*1.02,aresample=22050", "mp3", "64k", true)
SONG_EDIT("2 % slower and lower", "[0:a]asetrate=22050*0.98,aresample=22050", "mp3", "64k", false)
SONG_LIMIT("3 % faster and higher", "[0:a]asetrate=22050*1.03,aresample=22050", "mp3", "64k", false)
SONG_LIMIT("3 % slower and lower", "[0:a]asetrate=22050*0.97,aresample=22050", "mp3", "64k", false)

#undef FONT
#undef NOISE
#undef TALK
#undef MANDELBROT
