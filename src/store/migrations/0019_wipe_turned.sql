-- What was erased kept the turned hashes of its picture.
UPDATE media SET pdq_turned = NULL WHERE state = 'erased' AND pdq IS NULL AND pdq_turned IS NOT NULL;
