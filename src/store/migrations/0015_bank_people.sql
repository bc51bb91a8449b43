-- Banks for people: who added an entry, what an entry is looked for by, and banks that were deleted.
ALTER TABLE bank_entries ADD COLUMN added_by {text};  -- as in the audit trail
ALTER TABLE bank_entries ADD COLUMN exchange {text};  -- these three as in the provenance
ALTER TABLE bank_entries ADD COLUMN record {text};
ALTER TABLE bank_entries ADD COLUMN member {text};
ALTER TABLE banks ADD COLUMN deleted_at {int};        -- in force for nothing; the clerk removes its entries

UPDATE bank_entries SET exchange = json_extract(provenance, '$.exchange'), record = json_extract(provenance, '$.record'),
  member = json_extract(provenance, '$.member') WHERE provenance IS NOT NULL AND json_valid(provenance);
-- Until now the member of an entry of one's own was the person who added it.
UPDATE bank_entries SET added_by = member, member = NULL, provenance = json_remove(provenance, '$.member')
  WHERE exchange = 'own' AND member LIKE 'user:%';

CREATE INDEX bank_entries_record ON bank_entries(bank, record, id) WHERE record IS NOT NULL;
CREATE INDEX bank_entries_member ON bank_entries(bank, member, id) WHERE member IS NOT NULL;
CREATE INDEX bank_entries_note ON bank_entries(bank, lower(note), id) WHERE note IS NOT NULL;
