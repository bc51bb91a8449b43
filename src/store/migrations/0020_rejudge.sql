-- What matched a bank is judged again when what comes of a match has changed: a rule names the bank, an allow-list shrinks, a
-- share rises, an entry leaves review-only; or when a person asks for it.
CREATE TABLE again_passes(              -- walks over the items that have signals of a bank, until they are done
  bank {bytes} NOT NULL,
  why {text} NOT NULL,                  -- entries allow share review rules asked (core/words.tbl.h)
  platform {int} NOT NULL,              -- all items up to this one were looked at
  item {bytes} NOT NULL,
  received_from {int} NOT NULL,         -- only items that came in since; 0: all
  since {int} NOT NULL,                 -- when it changed, or was asked for
  done {int} NOT NULL,                  -- items that were asked for so far
  PRIMARY KEY(bank, why)
) {strict};

CREATE TABLE again_rules(               -- the rules that were in force last, as far as they name this bank
  bank {bytes} PRIMARY KEY,             -- nil: its stamp rises with every change of the others
  stamp {int} NOT NULL
) {strict};

ALTER TABLE again_asked ADD COLUMN why {text};  -- as in again_passes; NULL: a bank has grown
CREATE INDEX signals_bank_item ON signals(bank, platform, item) WHERE bank IS NOT NULL;
CREATE INDEX items_retired ON items(platform) WHERE state = 'retired';
