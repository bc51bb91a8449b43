-- Fingerprints of the sound at other speeds, packed (hash/sound.h): copies at another pitch are found by them.
ALTER TABLE media ADD COLUMN bent {bytes};
