-- What a one-time address shows: the preview of a picture, which for a video is its storyboard; or the clip.
ALTER TABLE reveals ADD COLUMN part {text} NOT NULL DEFAULT 'preview';
