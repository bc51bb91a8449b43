// What must be true of a store after any number of deaths: rules that find each row that breaks them, and what was promised
// to the platform and to its moderators (feed.mjs) held against the rows.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

/** Rows of one query, read beside the running daemon. */
export function rows(it, sql) {
  const text = execFileSync('sqlite3', ['-readonly', '-json', '-cmd', '.timeout 10000', join(it.data, 'store.db'), sql], { encoding: 'utf8', maxBuffer: 1 << 28 })
  return text.trim() ? JSON.parse(text) : []
}

export const count = (it, sql) => Object.values(rows(it, sql)[0] ?? { n: 0 })[0]

/** Under way: 0 when nothing is. */
export const busy = {
  'scans': "SELECT COUNT(*) FROM jobs WHERE state <> 'buried'",
  'events without a number': "SELECT COUNT(*) FROM outbox WHERE event_seq IS NULL AND state NOT IN ('cancelled', 'held')",
  'deliveries': "SELECT COUNT(*) FROM outbox WHERE state IN ('waiting', 'leased')",
  'actions': "SELECT COUNT(*) FROM actions WHERE state IN ('waiting', 'sent')",
  'unsealed decisions': 'SELECT COUNT(*) FROM decisions WHERE seq IS NULL',
  'unsealed events': 'SELECT COUNT(*) FROM decision_events WHERE seq IS NULL',
  'unsealed audit': 'SELECT COUNT(*) FROM audit WHERE seq IS NULL',
  'claims': "SELECT COUNT(*) FROM cases WHERE state = 'claimed'",
  'decided cases': "SELECT COUNT(*) FROM cases WHERE state = 'decided'",
  'compared banks': "SELECT COUNT(*) FROM bank_entries e WHERE e.form <> 'word' AND e.form <> 'phrase' AND e.form <> 'regex' AND NOT EXISTS (SELECT 1 FROM again a WHERE a.form = e.form AND a.change >= e.change)",
  'decisions for copies': "SELECT COUNT(*) FROM group_decisions WHERE state = 'waiting'",
  'items to judge again': 'SELECT (SELECT COUNT(*) FROM again_found) + (SELECT COUNT(*) FROM again_asked)',
  'migrations of settings': "SELECT COUNT(*) FROM settings_moves WHERE state IN ('running', 'undoing')",
  'accounts to be judged': 'SELECT COUNT(*) FROM contact_watch WHERE state <> 0',
  'erased files': "SELECT COUNT(*) FROM media WHERE state = 'erased' AND blob_gone = 0",
}

const undone = "EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'undone')"

/** Each finds the rows that are wrong. */
const rules = {
  'an item without an end': "SELECT ext_id, state, verdict FROM items WHERE state = 'pending' OR (state <> 'deleted' AND verdict IS NULL)",
  'an item that lost its text': "SELECT ext_id, state FROM items WHERE state NOT IN ('deleted', 'retired') AND body IS NULL",
  'an item that kept its text': "SELECT ext_id, state FROM items WHERE state IN ('deleted', 'retired') AND body IS NOT NULL",
  'a hash that outlived its item': "SELECT hex(id) m FROM media m WHERE state = 'erased' AND (pdq IS NOT NULL OR sha256 <> id) AND NOT EXISTS (SELECT 1 FROM item_media im WHERE im.platform = m.platform AND im.media = m.id)",
  'a copy that was decided for nothing': `SELECT hex(i.item) i FROM group_items i JOIN group_decisions g ON g.id = i.group_id JOIN decisions d ON d.id = g.decision WHERE i.state = 'done' AND (g.state <> 'done' OR ${undone} OR i.decision IS NULL)`,
  'a copy that was forgotten': "SELECT hex(i.item) i FROM group_items i JOIN group_decisions g ON g.id = i.group_id WHERE i.state = 'waiting' AND g.state = 'done'",
  'a copy that was decided twice': "SELECT hex(i.decision) d, COUNT(*) n FROM group_items i WHERE i.decision IS NOT NULL GROUP BY i.decision HAVING n > 1",
  'a decision for a copy that no group knows': "SELECT hex(e.decision) d FROM decision_events e WHERE e.kind = 'copy_of' AND NOT EXISTS (SELECT 1 FROM group_items i WHERE i.decision = e.decision)",
  'a verdict on an account without its case': "SELECT hex(account) a FROM account_verdicts v WHERE v.verdict = 'review' AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.platform = v.platform AND c.subject_kind = 'account' AND c.subject = v.account)",
  'a known file that stands': "SELECT i.ext_id, i.state, i.verdict FROM bank_entries e JOIN media m ON m.sha256 = e.value JOIN item_media im ON im.platform = m.platform AND im.media = m.id JOIN items i ON i.platform = im.platform AND i.id = im.item WHERE e.form = 'sha256' AND i.state <> 'deleted' AND i.verdict <> 'block'",
  'a job that was given up': "SELECT reason, tries FROM jobs WHERE state = 'buried'",
  'a job without its item': 'SELECT hex(item) i FROM jobs j WHERE NOT EXISTS (SELECT 1 FROM items i WHERE i.platform = j.platform AND i.id = j.item)',
  'a medium without its row': 'SELECT hex(media) m FROM item_media im WHERE NOT EXISTS (SELECT 1 FROM media m WHERE m.platform = im.platform AND m.id = im.media)',
  'an erased medium of an item': "SELECT hex(im.media) m FROM item_media im JOIN media m ON m.platform = im.platform AND m.id = im.media JOIN items i ON i.platform = im.platform AND i.id = im.item WHERE m.state = 'erased' AND i.state <> 'retired'",
  'a medium of an item that was never decoded': "SELECT hex(m.id) m, m.state, m.reason FROM item_media im JOIN media m ON m.platform = im.platform AND m.id = im.media WHERE m.state NOT IN ('decoded', 'erased')",
  'a flag without a case': 'SELECT ext_id FROM flags f WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE c.id = f.case_id)',
  'a case without a cause': 'SELECT hex(id) c FROM cases c WHERE NOT EXISTS (SELECT 1 FROM case_causes x WHERE x.case_id = c.id)',
  'a cause without a case': 'SELECT hex(case_id) c FROM case_causes x WHERE NOT EXISTS (SELECT 1 FROM cases c WHERE x.case_id = c.id)',
  'an item for a person without a case': "SELECT ext_id, verdict FROM items i WHERE i.verdict IN ('review', 'withhold') AND i.state <> 'deleted' AND NOT EXISTS (SELECT 1 FROM cases c WHERE c.subject = i.id)",
  'two open cases of one subject': "SELECT hex(subject) s, COUNT(*) n FROM cases WHERE state IN ('open', 'claimed') GROUP BY platform, subject_kind, subject HAVING n > 1",
  'a decided case without its decision': "SELECT hex(id) c FROM cases c WHERE decision IS NOT NULL AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = c.decision)",
  'an open case with a decision': "SELECT hex(id) c FROM cases WHERE state IN ('open', 'claimed') AND decision IS NOT NULL",
  'two standing decisions of one case': `SELECT hex(case_id) c, COUNT(*) n FROM decisions d WHERE case_id IS NOT NULL AND kind <> 'reverse' AND NOT ${undone} GROUP BY case_id HAVING n > 1`,
  'a decision that is not its case\'s': `SELECT hex(d.id) d FROM decisions d JOIN cases c ON c.id = d.case_id WHERE d.kind <> 'reverse' AND c.decision IS NOT d.id AND NOT ${undone}`,
  'two automatic decisions of one item': "SELECT item_ext, COUNT(*) n FROM decisions d WHERE automated_decision = 'fully' AND kind = 'act' AND NOT EXISTS (SELECT 1 FROM decisions c WHERE c.platform = d.platform AND c.subject = d.subject AND c.automated_decision <> 'fully') GROUP BY platform, subject, policy HAVING n > 1",
  'a block without a decision': "SELECT ext_id FROM items i WHERE verdict = 'block' AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.subject = i.id)",
  'a decision undone twice': "SELECT hex(decision) d, COUNT(*) n FROM decision_events WHERE kind = 'undone' GROUP BY decision HAVING n > 1",
  'a decision reversed twice': `SELECT hex(reverses) d, COUNT(*) n FROM decisions d WHERE reverses IS NOT NULL AND NOT ${undone} GROUP BY reverses HAVING n > 1`,
  'an automatic act without an action': "SELECT hex(id) d, item_ext FROM decisions d WHERE kind = 'act' AND automated_decision = 'fully' AND NOT EXISTS (SELECT 1 FROM actions a WHERE a.decision = d.id)",
  'an action without its decision': 'SELECT hex(id) a, name FROM actions a WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = a.decision)',
  'an action without one delivery': "SELECT hex(id) a, name, (SELECT COUNT(*) FROM outbox o WHERE o.cause = a.id) n FROM actions a WHERE name <> 'preserve' AND n <> 1",
  'an action without an end': "SELECT hex(id) a, name, state FROM actions WHERE state NOT IN ('confirmed', 'cancelled', 'reversed')",
  'an action confirmed twice': "SELECT ref, COUNT(*) n FROM decision_events WHERE kind = 'confirmed' GROUP BY ref HAVING n > 1",
  'a confirmed action that its ledger does not know': "SELECT hex(id) a FROM actions a WHERE state = 'confirmed' AND name <> 'preserve' AND (SELECT COUNT(*) FROM decision_events e WHERE e.decision = a.decision AND e.kind = 'confirmed') = 0",
  'a cancelled delivery with a number': "SELECT hex(id) o FROM outbox WHERE state = 'cancelled' AND event_seq IS NOT NULL",
  'a dead delivery': "SELECT hex(id) o, error FROM outbox WHERE state IN ('dead', 'held')",
  'a seal without its row': "SELECT seq FROM seals s WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = s.ref AND d.seq = s.seq) AND NOT EXISTS (SELECT 1 FROM decision_events e WHERE e.id = s.ref AND e.seq = s.seq) AND NOT EXISTS (SELECT 1 FROM audit a WHERE a.id = s.ref AND a.seq = s.seq)",
  'a strike without its decision': 'SELECT hex(decision) d FROM strikes s WHERE NOT EXISTS (SELECT 1 FROM decisions d WHERE d.id = s.decision)',
  'a migration that does not add up': "SELECT hex(id) m, moved, undone FROM settings_moves m WHERE moved <> (SELECT COUNT(*) FROM settings_moved s WHERE s.move = m.id) OR state IN ('running', 'undoing') OR (state = 'undone' AND EXISTS (SELECT 1 FROM settings_moved s WHERE s.move = m.id AND s.undone_at IS NULL))",
  'an account that was moved and not told, or told twice': "SELECT (SELECT SUM(moved) FROM settings_moves) moved, (SELECT COUNT(*) FROM outbox WHERE kind = 'account.settings_migrated') told WHERE COALESCE(moved, 0) <> told",
  'a snapshot that does not add up': "SELECT id, lines, accounts FROM snapshots s WHERE ended_at IS NULL OR accounts + bad_line + repeated_account + erased_account <> lines OR accounts <> (SELECT COALESCE(SUM(c.accounts), 0) FROM snapshot_counts c WHERE c.snapshot = s.seq AND c.setting = 'gifts') OR listed <> (SELECT COUNT(*) FROM snapshot_findings f WHERE f.snapshot = s.seq)",
  'an alarm that should be over': "SELECT kind, ref FROM alarms WHERE state <> 'closed' AND kind IN ('action_clock', 'delivery_dead', 'job_buried', 'chain_broken', 'rules_refused')",
}

/** Figures that must not need a scan, against the scan. */
const figures = {
  items_received: 'SELECT COUNT(*) FROM items',
  items_deleted: "SELECT COUNT(*) FROM items WHERE state = 'deleted'",
  flags_received: 'SELECT COUNT(*) FROM flags',
  cases_opened: 'SELECT COUNT(*) FROM cases',
  automatic: "SELECT COUNT(*) FROM decisions WHERE automated_decision = 'fully'",
  decided_act: `SELECT COUNT(*) FROM decisions d WHERE kind = 'act' AND automated_decision <> 'fully' AND NOT ${undone}`,
  decided_clear: `SELECT COUNT(*) FROM decisions d WHERE kind = 'clear' AND NOT ${undone}`,
  reversed: `SELECT COUNT(*) FROM decisions d WHERE kind = 'reverse' AND NOT ${undone}`,
  actions_confirmed: "SELECT COUNT(*) FROM decision_events WHERE kind = 'confirmed'",
}

/** Everything at once, so that one run tells all that is wrong. */
export class Findings {
  list = []

  add(what, found) {
    if (found.length) this.list.push(`${what} (${found.length}): ${found.slice(0, 3).map((f) => JSON.stringify(f)).join(' ')}`)
  }

  none() { assert.deepEqual(this.list, []) }
}

export function checkRows(it, f) {
  for (const [what, sql] of Object.entries(rules)) f.add(what, rows(it, sql))
  const counters = Object.fromEntries(rows(it, 'SELECT name, SUM(n) n FROM counters GROUP BY name').map((r) => [r.name, r.n]))
  for (const [name, sql] of Object.entries(figures)) {
    const n = count(it, sql)
    f.add(`the figure ${name}`, (counters[name] ?? 0) === n ? [] : [{ says: counters[name] ?? 0, there_are: n }])
  }
  const numbers = rows(it, 'SELECT MIN(event_seq) first, MAX(event_seq) last, COUNT(event_seq) n FROM outbox')[0]
  f.add('gaps in the event numbers', numbers.last - numbers.first + 1 === numbers.n && (numbers.first ?? 1) === 1 ? [] : [numbers])
  const seals = rows(it, 'SELECT MIN(seq) first, MAX(seq) last, COUNT(*) n FROM seals')[0]
  f.add('gaps in the ledger', seals.n === seals.last && seals.first === 1 ? [] : [seals])
}

export function checkFiles(it, f) {
  const path = (hex) => join(it.data, 'blobs', hex.slice(0, 2).toLowerCase(), hex.toLowerCase())
  const kept = rows(it, "SELECT hex(id) id FROM media WHERE state <> 'erased'").map((r) => r.id)
  f.add('a medium without its file', kept.filter((id) => !existsSync(path(id))))
  const purged = rows(it, 'SELECT hex(id) id FROM media WHERE blob_gone = 1').map((r) => r.id)
  f.add('a file that was erased', purged.filter((id) => existsSync(path(id))))
  const previews = rows(it, "SELECT DISTINCT hex(m.id) id FROM media m JOIN item_media im ON im.media = m.id WHERE m.state = 'decoded'").map((r) => r.id)
  f.add('a decoded medium without previews', previews.filter((id) => !existsSync(path(id) + '.tiny') || !existsSync(path(id) + '.preview')))
  return readdirSync(join(it.data, 'blobs')).filter((name) => name.startsWith('new-')).length
}

function doctor(it) {
  try {
    return it.tutela('doctor', '--deep').findings
  } catch (e) { // its exit status says that it found something
    return JSON.parse(e.stdout).findings
  }
}

export function checkLedger(it, f) {
  f.add('doctor', doctor(it).filter((x) => ['store', 'ledger', 'scans', 'actions', 'clerk'].includes(x.check)))
}

/** What feed.mjs was told, against the store. */
export async function checkPromises(it, feed, f) {
  f.add('refused', feed.refused)
  const stored = new Map(rows(it, 'SELECT ext_id, state, received_at FROM items').map((r) => [r.ext_id, r]))
  f.add('accepted and lost', [...feed.items.keys()].filter((id) => !stored.has(id)))
  f.add('stored and never accepted', [...stored.keys()].filter((id) => !feed.items.has(id)))
  f.add('erased and still there', [...feed.items].filter(([id, i]) => i.deleted && stored.get(id)?.state !== 'deleted').map(([id]) => id))
  const flags = new Set(rows(it, 'SELECT ext_id FROM flags').map((r) => r.ext_id))
  f.add('reported and lost', [...feed.flags.keys()].filter((id) => !flags.has(id)))

  const made = new Map(rows(it, `SELECT lower(hex(id)) id, ${undone} undone, EXISTS (SELECT 1 FROM decisions r WHERE r.reverses = d.id AND r.kind = 'reverse') reversed FROM decisions d WHERE reviewer IS NOT NULL AND kind <> 'reverse' AND NOT EXISTS (SELECT 1 FROM decision_events e WHERE e.decision = d.id AND e.kind = 'copy_of')`).map((r) => [r.id, r]))
  const plain = (id) => id.replaceAll('-', '').toLowerCase()
  const told = new Map([...feed.decided].map(([id, d]) => [plain(id), d]))
  f.add('decided and lost', [...told.keys()].filter((id) => !made.has(id)))
  f.add('decided by nobody', [...made.keys()].filter((id) => !told.has(id)))
  f.add('undone or not', [...told].filter(([id, d]) => made.has(id) && d.undone !== !!made.get(id).undone).map(([id]) => id))
  f.add('reversed or not', [...told].filter(([id, d]) => made.has(id) && d.reversed !== !!made.get(id).reversed).map(([id]) => id))

  const byAction = new Map()
  for (const [id, e] of feed.heard)
    if (e.type === 'action.requested') byAction.set(e.data.action_id, [...(byAction.get(e.data.action_id) ?? []), id])
  f.add('an action under two webhook-ids', [...byAction].filter(([, ids]) => ids.length > 1))
  const due = rows(it, "SELECT lower(hex(id)) id, event_seq seq FROM outbox WHERE state = 'delivered'")
  const heard = new Map([...feed.heard.keys()].map((id) => [plain(id), id]))
  f.add('delivered and never heard', due.filter((o) => !heard.has(o.id)))
  const seqs = new Map(due.map((o) => [o.id, o.seq]))
  f.add('heard and not delivered', [...heard.keys()].filter((id) => !seqs.has(id)))
  checkOrder(feed, seqs, plain, f)

  await checkItems(feed, [...stored].filter(([, row]) => !['deleted', 'retired'].includes(row.state)).map(([id]) => id), f)
  const newest = count(it, 'SELECT MAX(event_seq) n FROM outbox')
  await feed.readOn(newest)
  f.add('missing in the event stream', Array.from({ length: newest }, (_, i) => i + 1).filter((seq) => !feed.events.has(seq)))
  f.add('more in the event stream', [...feed.events.keys()].filter((seq) => seq > newest))
}

/** What is kept can be read as it was sent, and the same again gives the same receipt. */
async function checkItems(feed, ids, f) {
  const wrong = { text: [], receipt: [] }
  const left = ids.filter((id) => feed.items.get(id)?.receipt)
  const one = async (id) => {
    const { body, receipt } = feed.items.get(id)
    const trail = await feed.hand('GET', `/v1/items/${id}`, undefined, { ends: () => true })
    if (trail.json?.text?.body !== body.text.body) wrong.text.push([id, trail.status])
    if (receipt.media.length && !body.media) return // as multipart, another time
    const { status, json } = await feed.hand('POST', '/v1/items', body)
    if (status !== 202 || json.received_at !== receipt.received_at || json.version !== receipt.version) wrong.receipt.push([id, status, json])
  }
  await Promise.all(Array.from({ length: 8 }, async () => {
    while (left.length) await one(left.pop())
  }))
  f.add('kept and not readable', wrong.text)
  f.add('another receipt', wrong.receipt)
  return ids.length
}

/** First arrivals about one subject come in the order of their numbers. */
function checkOrder(feed, seqs, plain, f) {
  const last = new Map(), wrong = []
  for (const [id, e] of feed.heard) {
    const about = e.data.subject ?? { kind: 'account', id: e.data.account }
    const key = JSON.stringify([about.kind, about.id]), seq = seqs.get(plain(id))
    if (seq < last.get(key)) wrong.push(id)
    last.set(key, seq)
  }
  f.add('out of order', wrong)
}
