-- Videos and sounds: how long, what they are made of (JSON), the hashes of their frames (hash/video.h, packed) and the
-- fingerprint of their sound (32-bit words, big-endian). Their storyboard and clip are derivatives of the blob.
ALTER TABLE media ADD COLUMN duration_ms {int} NOT NULL DEFAULT 0;
ALTER TABLE media ADD COLUMN film {text};
ALTER TABLE media ADD COLUMN frames {bytes};
ALTER TABLE media ADD COLUMN words {bytes};
