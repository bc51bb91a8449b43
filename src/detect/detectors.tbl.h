/* D(name): every detector, in the order in which they run; `tl_detector_<name>` is its struct tl_detector. */
D(digest)
D(pdq)
D(video)
D(sound)
D(text)
