-- What waits for a second person: who proposed what, and what became of it. The state changes once (core/proposal_state.tbl.h).
CREATE TABLE proposals(
  id {bytes} PRIMARY KEY,
  op {text} NOT NULL,                   -- word of core/guarded.tbl.h
  method {text} NOT NULL,
  path {text} NOT NULL,                 -- of the console's API
  body {text} NOT NULL,                 -- JSON, as it will be done
  what {text} NOT NULL,                 -- JSON: subject and changes, as both persons see it
  policy {text},                        -- who may not see this policy does not see the proposal
  reason {text} NOT NULL,
  proposer {bytes} NOT NULL,
  created_at {int} NOT NULL,
  expires_at {int} NOT NULL,
  state {text} NOT NULL,                -- open done refused withdrawn expired
  closed_by {bytes},
  closed_at {int},
  note {text}                           -- why it was refused
) {strict};
CREATE INDEX proposals_state ON proposals(state, created_at);

-- Open cases by queue and policy are counted every second for every open console.
CREATE INDEX cases_open_policy ON cases(queue, policy) WHERE state = 'open';
