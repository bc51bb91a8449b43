// Invented, harmless data for the mock, in the shapes of api.ts: a forum and video app called harbour. `full` makes far too much.
import { createHash } from 'node:crypto'

/** @typedef {import('../console/src/api.ts').Case} Case */
/** @typedef {import('../console/src/api.ts').Severity} Severity */

let serial = 0
export const uuid = () => `019abf10-${(0x7000 + (serial >> 12)).toString(16)}-7${(serial & 0xfff).toString(16).padStart(3, '0')}-9a41-${createHash('md5').update('u' + serial++).digest('hex').slice(0, 12)}`
export const hex = (/** @type {unknown} */ x) => createHash('sha256').update(String(x)).digest('hex')
export const at = (/** @type {number} */ minutes) => new Date(Date.now() + minutes * 60000).toISOString()

/** @type {[string, string, Severity, number | null, 'illegal' | 'incompatible', string[], string][]} */
const POLICY_ROWS = [
  ['csae.known', 'Known child abuse material', 'critical', 1, 'illegal', ['block', 'preserve', 'suspend'], 'A picture or video that is on a verified list of known abuse material. It is withheld at once, kept under seal and reported to the hotline.'],
  ['csae.suspected', 'Suspected child abuse', 'critical', 1, 'illegal', ['block', 'preserve'], 'Material that may show the abuse of a child and is not on a known list. A specialist looks at it.'],
  ['terror.content', 'Terrorist content', 'critical', 1, 'illegal', ['block', 'preserve'], 'Content that solicits, glorifies or instructs in terrorist offences. News, research and art about them are allowed.'],
  ['violence.threat', 'Threat of violence', 'high', 4, 'illegal', ['remove', 'strike'], 'A statement of the intent to harm a person or a place that a reader could take seriously.'],
  ['selfharm.encourage', 'Encouraging self-harm', 'high', 4, 'incompatible', ['remove', 'help_line'], 'Content that encourages or instructs. People who speak of their own distress are shown where help is, and are not punished.'],
  ['harassment.targeted', 'Targeted harassment', 'medium', 24, 'incompatible', ['remove', 'strike'], 'Repeated or coordinated unwanted contact, humiliation, or the publication of private facts about a person.\n\nAllowed: criticism of what somebody said or did in public, even sharp criticism.'],
  ['hate.protected', 'Hateful conduct', 'high', 8, 'illegal', ['remove', 'strike'], 'Attacks on people for what they are.'],
  ['scam.payment', 'Payment scam', 'medium', 12, 'illegal', ['remove', 'demonetise'], 'Offers that take money or data by deception: advance fees, fake shops, invented emergencies.'],
  ['goods.restricted', 'Restricted goods', 'medium', 24, 'illegal', ['remove'], 'Offers of goods that need a licence or may not be sold to the public.'],
  ['spam.bulk', 'Bulk posting', 'low', 72, 'incompatible', ['limit_reach'], 'The same content many times over, or accounts made to post it.'],
  ['ip.copyright', 'Copyright', 'low', 72, 'illegal', ['remove'], 'Content that a rights holder has shown to be theirs.'],
]
export const policies = POLICY_ROWS.map(([name, title, severity, hours, ground, actions, text]) => ({
  name, title, severity, ground, actions, text, clock_s: hours && hours * 3600, parent: name.includes('.') ? name.split('.')[0] ?? null : null,
  on_unknown: name.startsWith('csae') ? 'withhold' : 'review', category: 'STATEMENT_CATEGORY_' + (name.split('.')[0] ?? '').toUpperCase(),
}))
const FACTS = 'The post was found to break the policy named above. It was looked at by a person.'
/** @param {string[]} names */
export const choices = (names) => names.map((name, i) => {
  const p = policies.find((x) => x.name === name)
  if (!p) throw new Error(name)
  return { name, title: p.title, severity: p.severity, ground: p.ground, text: p.text, actions: p.actions, facts: FACTS, suggested: i === 0 }
})

/** @type {import('../console/src/api.ts').Actions['actions']} */
export const actions = [
  { name: 'remove', title: 'Remove', help: 'Takes the item away for everybody. The author is told why.', key: 'R', subject: 'item', reversible: true, clock_s: 3600 },
  { name: 'block', title: 'Block', help: 'Removes the item and stops copies of it from being posted again.', key: 'B', subject: 'item', reversible: true, clock_s: 900 },
  { name: 'limit_reach', title: 'Limit reach', help: 'Keeps the item, but not in recommendations, search or trends.', key: 'L', subject: 'item', reversible: true, clock_s: 3600 },
  { name: 'warning', title: 'Warning screen', help: 'Shows a warning that a reader must pass.', key: 'W', subject: 'item', reversible: true, clock_s: 3600 },
  { name: 'age_restrict', title: 'Age restriction', help: 'Only accounts of 18 or older see it.', key: 'A', subject: 'item', reversible: true, clock_s: 3600 },
  { name: 'demonetise', title: 'No payments', help: 'Stops payments to the author for this item.', key: 'D', subject: 'item', reversible: true, clock_s: 86400 },
  { name: 'help_line', title: 'Show a help line', help: 'Shows the author where help is.', key: 'H', subject: 'item', reversible: true, clock_s: 3600 },
  { name: 'preserve', title: 'Preserve', help: 'Keeps the item as evidence.', key: null, subject: 'item', reversible: false, clock_s: null },
  { name: 'strike', title: 'Strike', help: 'Counts against the account for 90 days.', key: 'X', subject: 'account', reversible: true, clock_s: null },
  { name: 'limit_contact', title: 'Limit contact', help: 'The account cannot write to strangers.', key: 'C', subject: 'account', reversible: true, clock_s: 3600 },
  { name: 'suspend', title: 'Suspend', help: 'The account cannot post until it is lifted.', key: null, subject: 'account', reversible: true, clock_s: 3600 },
]

export const queues = [
  ['child-safety', 'Child safety', 'child-safety'],
  ['urgent-harm', 'Urgent harm', ''],
  ['general', 'General', ''],
  ['scams', 'Scams and spam', ''],
  ['second-look', 'Second look', 'lead'],
].map(([name, title, skills]) => ({ name: name ?? '', title: title ?? '', skills: skills ? skills.split(' ') : [] }))

export const banks = [
  ['demo-known', 'pdq', 'csae.known', 'hotline exchange', 31, 48213, 2],
  ['demo-known-exact', 'digest', 'csae.known', 'hotline exchange', 0, 48213, 0],
  ['terror-hashes', 'pdq', 'terror.content', 'industry exchange', 24, 9120, 1],
  ['press-photos', 'pdq', 'terror.content', 'news agencies', 12, 381, 4],
  ['threat-phrases', 'text', 'violence.threat', 'own team', 0, 214, 38],
  ['scam-phrases', 'text', 'scam.payment', 'own team, partner bank', 0, 1893, 112],
].map(([name, kind, policy, source, distance, entries, matches]) => ({
  id: uuid(), name: String(name), kind: /** @type {import('../console/src/api.ts').BankKind} */ (kind), policy: String(policy), source: String(source),
  classification: kind === 'pdq' ? 'A1' : null, direction: /** @type {import('../console/src/api.ts').BankDirection} */ (name === 'press-photos' ? 'allow' : 'block'), share: name === 'terror-hashes' ? 0.25 : 1,
  share_query: 0, share_known: 0, turned: name === 'demo-known', brake: true, distance: Number(distance), enabled: name !== 'terror-hashes', entries: Number(entries),
  compared: kind === 'text' ? null : name === 'demo-known' ? 83 : 100, matches_24h: Math.round(Number(matches) / 5), matches_7d: Number(matches), created_at: at(-60 * 24 * 40), changed_at: at(-60 * 7),
}))
/** @param {string} name */
const bank = (name) => {
  const b = banks.find((x) => x.name === name)
  return b ? { id: b.id, name: b.name, source: b.source } : null
}

const THREAD = [
  ['u-20331', 'Did anyone keep the minutes of the harbour meeting? I need them before Friday.', -190],
  ['u-48213', 'I have them. You were there, so why do you ask in public?', -184],
  ['u-20331', 'Because I could not read my own notes. Please just send them.', -179],
]
const BODY = 'You keep asking, so here is your answer: I know where you park every morning, and DEMO-THREAT-PHRASE if you write to my sister again. Everybody here should see what kind of person you are.'
const SCAM = 'Congratulations! Your parcel is held at customs. Pay the small fee of 2.99 within 24 hours at harb0ur-parcels.example\u200b/pay and DEMO-SCAM-PHRASE. Zoll, douane, προθεσμία 24 ωρών.'

/** @param {string} text @param {string} term */
function span(text, term) {
  const i = text.indexOf(term)
  const from = Buffer.byteLength(text.slice(0, i))
  return { span_from: from, span_to: from + Buffer.byteLength(term) }
}
/** @param {Partial<import('../console/src/api.ts').Signal> & { detector: string, label: string }} s @returns {import('../console/src/api.ts').Signal} */
const signal = (s) => ({ n: 0, version: '1.0', status: 'ok', score: null, policy: null, bank: null, distance: null, media: null, field: null, span_from: null, span_to: null, at: at(-42), ...s })
/** @param {number} i @param {Partial<import('../console/src/api.ts').Media>} [m] @returns {import('../console/src/api.ts').Media} */
const media = (i, m) => ({ id: hex('m' + i), state: 'decoded', reason: null, mime: 'image/jpeg', bytes: 214_000 + i * 7919, width: 1280, height: 960, film: null, ...m })

/** @param {number} n @returns {import('../console/src/api.ts').DecisionRow[]} */
const earlier = (n) => Array.from({ length: n }, (_, i) => ({
  id: uuid(), puid: 'T-2026-' + (48100 - i), at: at(-60 * 24 * (9 + i * 17)), kind: i % 3 === 2 ? 'clear' : 'act', policy: ['harassment.targeted', 'spam.bulk', 'violence.threat'][i % 3] ?? '',
  ground: 'incompatible', actions: i % 3 === 2 ? [] : ['remove', 'strike'].slice(0, 1 + (i % 2)), automated: i % 4 === 1 ? 'fully' : 'not', by: 'M-' + (12 + i),
  subject: { kind: 'item', id: 'post-' + (90000 - i * 37) }, reversed: i === 3,
}))

/** @param {number} i @param {boolean} full @returns {Case} */
export function makeCase(i, full) {
  const kind = i % 5
  const id = uuid()
  const item = `post-${91820 - i}`
  /** @type {Case} */
  const c = {
    id, state: 'open', stream: null, platform: 'harbour', live: i % 11 !== 7, queue: 'urgent-harm', queue_title: 'Urgent harm', severity: 'high', policy: 'violence.threat',
    urgency: 8.4 - i / 10, confidence: 0.9, reach: 1840, clock_at: at(161 - i * 3), opened_at: at(-79), updated_at: at(-4), claimed_by: null, mine: false, claim_until: null,
    seen_whole: false, waiting: 0, subject: { kind: 'item', id: item },
    causes: [
      { kind: 'rule', ref: 'threat-phrases', policy: 'violence.threat', text: 'the body holds a phrase of the list threat-phrases', at: at(-79) },
      { kind: 'flag', ref: uuid(), policy: 'harassment.targeted', text: 'two people flagged it, one of them nearly always right', at: at(-31) },
    ],
    rules: [{ rule: 'threat-phrases', policy: 'violence.threat', ruleset: 'r42', outcome: 'held', text: 'The body holds a phrase of the list threat-phrases.', values: [{ expr: 'text.matches("threat-phrases")', value: 'true: 1 phrase' }, { expr: 'item.audience', value: 'public' }] }],
    signals: [signal({ detector: 'text', label: 'threat-phrases', policy: 'violence.threat', bank: bank('threat-phrases'), score: 1, field: 'body', ...span(BODY, 'DEMO-THREAT-PHRASE') }), signal({ n: 1, detector: 'digest', label: 'no match' })],
    flags: [
      { id: uuid(), kind: 'user', policy: 'harassment.targeted', comment: 'He waits for her at the car park. This is not a joke.', reporter: 'u-20331', reporter_accuracy: 0.91, reporter_flags: 34, received_at: at(-31), outcome: null },
      { id: uuid(), kind: 'user', policy: null, comment: null, reporter: 'u-77102', reporter_accuracy: 0.4, reporter_flags: 15, received_at: at(-18), outcome: null },
    ],
    item: {
      platform: 'harbour', id: item, uuid: uuid(), version: 1, live: true, kind: 'comment', state: 'scanned', verdict: 'review', text: [{ field: 'body', text: BODY }], erased: false, media: [], audience: 'public',
      views: 1840, engagement: 63, language: 'en', territory: 'IE', url: 'https://harbour.example/p/' + item, posted_at: at(-81), received_at: at(-80),
    },
    account: { platform: 'harbour', id: 'u-48213', name: 'tidewatcher', age_band: '18+', age_assured: 'declared', country: 'IE', language: 'en', joined: at(-60 * 24 * 412), state: 'active', strikes: 2, items: 318, decisions: earlier(full ? 50 : 5) },
    thread: { before: THREAD.map(([account, text, t], n) => ({ id: `post-${91700 + n}`, account: String(account), kind: 'comment', text: String(text), media: 0, posted_at: at(Number(t)), verdict: 'allow' })), after: [{ id: 'post-91999', account: 'u-77102', kind: 'comment', text: 'Can a moderator look at this, please?', media: 0, posted_at: at(-70), verdict: null }] },
    policies: choices(['violence.threat', 'harassment.targeted', 'hate.protected', 'selfharm.encourage']), actions, notes: [{ id: uuid(), author: 'ines', kind: 'skip', body: 'I may know somebody in it', at: at(-12) }], draft: null, decision: null,
  }
  const it = /** @type {import('../console/src/api.ts').Item} */ (c.item)
  const who = /** @type {import('../console/src/api.ts').Account} */ (c.account)
  if (kind === 0) {
    Object.assign(c, { queue: 'child-safety', queue_title: 'Child safety', severity: 'critical', policy: 'csae.known', clock_at: at(41 + i), policies: choices(['csae.known', 'csae.suspected', 'terror.content']), notes: [] })
    c.causes = [{ kind: 'rule', ref: 'known-abuse', policy: 'csae.known', text: 'a picture is like one in the bank demo-known, 6 of 256 bits differ', at: at(-19) }, { kind: 'flag', ref: uuid(), policy: null, text: 'two people flagged it', at: at(-9) }]
    c.rules = [{ rule: 'known-abuse', policy: 'csae.known', ruleset: 'r42', outcome: 'held', text: 'A picture is in the bank demo-known.', values: [{ expr: 'media.exists(m, m.in_bank("demo-known"))', value: 'true' }, { expr: 'm.distance("demo-known")', value: '6' }] }]
    Object.assign(it, { kind: 'image', verdict: 'withhold', media: full ? Array.from({ length: 14 }, (_, n) => media(i * 20 + n)) : [media(i * 20)], text: [{ field: 'caption', text: 'Checkerboard by the sea, evening light. DEMO-BANNED-PHRASE' }], views: 12, engagement: 0 })
    c.signals = [signal({ detector: 'pdq', label: 'demo-known', policy: 'csae.known', bank: bank('demo-known'), distance: 6, score: 0.98, media: it.media[0]?.id ?? null }), signal({ n: 1, detector: 'text', label: 'scam-phrases', bank: bank('scam-phrases'), field: 'caption', ...span(it.text[0]?.text ?? '', 'DEMO-BANNED-PHRASE') })]
    Object.assign(who, { id: 'u-90417', name: 'sea.glass', age_band: '13-15', joined: at(-60 * 24 * 12), strikes: 0, decisions: earlier(full ? 30 : 2) })
    c.thread = { before: [], after: [] }
  } else if (kind === 2) {
    Object.assign(c, { queue: 'scams', queue_title: 'Scams and spam', severity: 'medium', policy: 'scam.payment', clock_at: at(60 * 11 - i), flags: [], policies: choices(['scam.payment', 'spam.bulk', 'ip.copyright']), notes: [] })
    c.causes = [{ kind: 'rule', ref: 'scam-phrases', policy: 'scam.payment', text: 'the body holds a phrase of the list scam-phrases and an address that looks like ours', at: at(-33) }]
    Object.assign(it, { kind: 'post', text: [{ field: 'title', text: 'Your parcel is waiting' }, { field: 'body', text: SCAM }], views: 41200, engagement: 310, language: 'de' })
    c.signals = [signal({ detector: 'text', label: 'scam-phrases', policy: 'scam.payment', bank: bank('scam-phrases'), field: 'body', ...span(SCAM, 'DEMO-SCAM-PHRASE') })]
    Object.assign(who, { id: 'u-99871', name: 'Parcel\u202ecivreS', age_band: 'unknown', joined: at(-60 * 3), strikes: 0, decisions: [], country: null })
    c.thread = { before: [], after: [] }
  } else if (kind === 3) {
    Object.assign(c, { queue: 'general', queue_title: 'General', severity: 'low', policy: 'ip.copyright', clock_at: at(60 * 24 * 4), policies: choices(['ip.copyright', 'spam.bulk', 'goods.restricted']), notes: [], rules: [], signals: [] })
    c.causes = [{ kind: 'unscannable', ref: 'truncated', policy: null, text: 'a file could not be decoded (truncated file), so nobody and nothing has seen it yet', at: at(-200) }]
    Object.assign(it, { kind: 'image', state: 'unscannable', verdict: 'withhold', media: [media(i * 20, { state: 'unscannable', reason: 'truncated file', width: null, height: null })], text: [{ field: 'caption', text: 'Boats at low tide' }] })
  } else if (kind === 4) {
    Object.assign(c, { clock_at: at(-7), severity: 'high', policy: 'selfharm.encourage', policies: choices(['selfharm.encourage', 'harassment.targeted']) })
    c.causes = [{ kind: 'unknown', ref: 'encourage-model', policy: 'selfharm.encourage', text: 'the rule encourage-model could not be decided, since a detector failed', at: at(-247) }]
    it.media = [media(i * 20), media(i * 20 + 1), media(i * 20 + 2)]
    it.text = [{ field: 'body', text: 'Third day of the challenge. I am tired, and the comments are not kind.' }]
    c.signals = [signal({ detector: 'model', label: 'time limit', status: 'failed' })]
  }
  if (full) {
    it.text.push({ field: 'body', text: (BODY + ' ').repeat(40) })
    c.notes = Array.from({ length: 25 }, (_, n) => ({ id: uuid(), author: 'ines', kind: 'note', body: `Note ${n}: the same person wrote to the front desk of the harbour office, see the trail of post-9${n}.`, at: at(-n * 30) }))
    c.flags = Array.from({ length: 40 }, (_, n) => ({ ...(c.flags[n % 2] ?? { kind: 'user', policy: null, comment: 'again', reporter: 'u-1', reporter_accuracy: null, reporter_flags: 1, received_at: at(-n), outcome: null }), id: uuid() }))
    c.thread.before = Array.from({ length: 20 }, (_, n) => ({ id: `post-8${n}`, account: 'u-' + n, kind: 'comment', text: BODY.slice(0, 40 + n * 5), media: n % 3, posted_at: at(-300 + n), verdict: 'allow' }))
    c.policies = choices(policies.map((p) => p.name).slice(0, 9))
  }
  return c
}
