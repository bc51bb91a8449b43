/* C(format, codec function): who decodes what. tl_decoder_for says in which kind of process. */
C(JPEG, tl_codec_jpeg)
C(BMP, tl_codec_bmp)
C(PNG, tl_codec_vips)
C(GIF, tl_codec_vips)
C(WEBP, tl_codec_vips)
C(HEIC, tl_codec_vips)
C(AVIF, tl_codec_vips)
