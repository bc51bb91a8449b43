-- Sounds stand in the media index now: they are not gone through any more, and its files of before lack them.
DROP INDEX media_words;
DELETE FROM bank_index WHERE form = 'media';
