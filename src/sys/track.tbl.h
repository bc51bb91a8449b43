/*
 * T(NAME, word, is_sound, decoder): codecs of tracks that are decoded; NAME and decoder are FFmpeg's. The numbers are on
 * the wire to the decoder: only append. A track of any other kind makes a file unscannable.
 */
T(H264, "h264", false, "h264")
T(HEVC, "hevc", false, "hevc")
T(VP8, "vp8", false, "vp8")
T(VP9, "vp9", false, "vp9")
T(AV1, "av1", false, "libdav1d")
T(MPEG4, "mpeg4", false, "mpeg4")
T(MPEG2VIDEO, "mpeg2", false, "mpeg2video")
T(MJPEG, "mjpeg", false, "mjpeg")
T(PNG, "png", false, "png") /* covers */
T(AAC, "aac", true, "aac")
T(MP3, "mp3", true, "mp3float")
T(MP2, "mp2", true, "mp2float")
T(OPUS, "opus", true, "opus")
T(VORBIS, "vorbis", true, "vorbis")
T(FLAC, "flac", true, "flac")
T(ALAC, "alac", true, "alac")
T(AC3, "ac3", true, "ac3")
T(EAC3, "eac3", true, "eac3")
T(PCM_U8, "pcm_u8", true, "pcm_u8")
T(PCM_S16LE, "pcm_s16le", true, "pcm_s16le")
T(PCM_S16BE, "pcm_s16be", true, "pcm_s16be")
T(PCM_S24LE, "pcm_s24le", true, "pcm_s24le")
T(PCM_S32LE, "pcm_s32le", true, "pcm_s32le")
T(PCM_F32LE, "pcm_f32le", true, "pcm_f32le")
