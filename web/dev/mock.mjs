// A stand-in for the daemon while working on the console: serves dist with the real headers and answers the console's API
// from memory. node dev/mock.mjs [--port N] [--scene usual|empty|full]. Any name and the password "demo" sign in; the name is the role.
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { fileURLToPath } from 'node:url'
import { actions, at, banks, hex, makeCase, policies, queues, uuid } from './data.mjs'
import { landscape } from './picture.mjs'

/** @typedef {import('../console/src/api.ts').Case} Case */
/** @typedef {{ scene: string, cases: Case[], made: Map<string, any>, keys: any[], alarms: any[], deliveries: any[], decided: number, prefs: object, switches: any, claimSeconds: number, undoSeconds: number }} World */

export const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
const DIST = fileURLToPath(new URL('../console/dist/', import.meta.url))
const TYPES = /** @type {Record<string, string>} */ ({ js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', svg: 'image/svg+xml', html: 'text/html; charset=utf-8' })

class Refuse extends Error {
  /** @param {number} status @param {string} title @param {string} [detail] @param {string} [field] */
  constructor(status, title, detail = '', field) {
    super(title)
    this.problem = { type: 'about:blank', title, status, detail, field }
  }
}

/** @param {World} w */
const alarmHead = (w) => {
  const open = w.alarms.filter((a) => a.state === 'open')
  const worst = open.find((a) => a.severity === 'critical') ?? open[0]
  return { alarms: open.length, alarm_severity: worst?.severity ?? null, alarm_text: worst?.text ?? null }
}

/** @param {string} scene @returns {World} */
function world(scene) {
  const empty = scene === 'empty'
  const full = scene === 'full'
  const n = empty ? 0 : full ? 900 : 14
  return {
    scene, cases: Array.from({ length: n }, (_, i) => makeCase(i, full)), made: new Map(), decided: empty ? 0 : 31, prefs: {}, claimSeconds: 300, undoSeconds: 8,
    switches: { observe_only: { value: 'off', set_by: '', at: null }, automatic_actions: { value: 'on', set_by: '', at: null } },
    keys: empty ? [] : [['harbour, production', true, 'tlk_live_9fQ2'], ['harbour, staging', false, 'tlk_test_x7Ka'], ['old importer', true, 'tlk_live_0aBc']].map(([label, live, prefix], i) => ({ id: uuid(), platform: 'harbour', live, label, prefix, scopes: ['ingest', 'flag', 'accounts', 'confirm', 'events', 'read'], rate_per_s: i ? 0 : 200, burst: i ? 0 : 500, networks: i ? [] : ['203.0.113.0/24'], created_at: at(-90000), last_used_at: i ? null : at(-1), expires_at: i ? null : at(60 * 24 * 9), revoked_at: i === 2 ? at(-5000) : null, replaced_by: null, unused: i === 1 })),
    alarms: empty ? [] : [
      { id: uuid(), kind: 'rules_refused', ref: 'policy', severity: 'warning', title: 'Rules were refused', text: 'The rule packs have errors; the last good rules stay in force. scam.rules:12:9: unknown name "contat"', safe: 'Nothing passes unjudged: without any good rules items wait.', remedy: 'Correct the file; `tutela rule check` shows the place.', ends_itself: true, state: full ? 'open' : 'acknowledged', owner: full ? null : 'ada', opened_at: at(-900), changed_at: at(-800), count: 1, about: 'rules', history: [...(full ? [] : [{ at: at(-800), what: 'acknowledged', who: 'ada' }]), { at: at(-900), what: 'told', who: 'mail:leads' }, { at: at(-900), what: 'opened', who: null }] },
      { id: uuid(), kind: 'delivery_dead', ref: '0197f3c2-1111-7000-8000-000000000001', severity: 'critical', title: 'A delivery was given up', text: 'A delivery was given up after 24 tries (the receiver answered 503).', safe: 'The decision stands; the platform does not know of it.', remedy: 'Mend the endpoint, then send the delivery again under Deliveries.', ends_itself: true, state: 'open', owner: null, opened_at: at(-140), changed_at: at(-140), count: 4, about: 'deliveries?state=dead', history: [{ at: at(-80), what: 'told', who: 'mail:admins' }, { at: at(-125), what: 'told', who: 'mail:leads' }, { at: at(-139), what: 'told', who: 'webhook:oncall' }, { at: at(-139), what: 'failed', who: 'mail:oncall' }, { at: at(-140), what: 'opened', who: null }] },
    ],
    deliveries: empty ? [] : Array.from({ length: full ? 100 : 12 }, (_, i) => ({ id: uuid(), platform: 'harbour', live: true, kind: i % 3 ? 'action.requested' : 'item.verdict', subject_key: `item:post-${91000 + i}`, state: i === 2 ? 'dead' : i < 2 ? 'waiting' : 'delivered', attempts: i === 2 ? 24 : 1, created_at: at(-i * 17), not_before: at(-i * 17), next_at: i < 2 ? at(3) : null, delivered_at: i > 2 ? at(-i * 17) : null, status: i === 2 ? 503 : i > 2 ? 200 : null, error: i === 2 ? 'the endpoint answered 503 for 3 days' : null, body: { id: 'x', type: 'action.requested', at: at(-i * 17), platform: 'harbour', livemode: true, data: { action: 'remove', subject: { kind: 'item', id: `post-${91000 + i}` } } } })),
  }
}

/** @param {Case} c @returns {import('../console/src/api.ts').CaseRow} */
const row = (c) => ({ id: c.id, state: c.state, platform: c.platform, live: c.live, severity: c.severity, policy: c.policy, because: c.causes[0]?.text ?? '', subject: { ...c.subject, item_kind: c.item?.kind ?? null }, account: c.account?.id ?? null, stream: c.stream?.state ?? null, stream_since: c.stream?.started_at ?? null, urgency: c.urgency, reach: c.reach, flags: c.flags.length, clock_at: c.clock_at, opened_at: c.opened_at, claimed_by: c.claimed_by, claim_until: c.claim_until })

/** @param {Case} c */
const itemRow = (c) => ({ platform: c.platform, id: c.subject.id, version: 1, live: c.live, kind: c.item?.kind ?? 'post', account: c.account?.id ?? null, state: c.item?.state ?? 'scanned', verdict: c.item?.verdict ?? null, media: c.item?.media.length ?? 0, posted_at: c.item?.posted_at ?? at(-1), received_at: c.item?.received_at ?? at(-1) })

/** At the rim of a net. @param {any} w @param {number} distance */
const rimOf = (w, distance) => Array.from({ length: 10 }, (_, i) => ({ media: w.cases[0]?.item?.media[0]?.id ?? '', distance: distance - i, platform: 'demo', id: `post-${i + 1}` }))

/** Watches of crisis mode. @param {any} w @returns {any[]} */
function watches(w) {
  if (w.scene === 'empty') return (w.watches ??= [])
  return (w.watches ??= [false, true].map((ended, i) => ({ id: uuid(), title: ended ? 'Clip of the fire' : 'Checkerboard by the sea, and its edits', policy: ended ? 'violence.graphic' : 'csae.known', effect: 'withhold', bank: uuid(), bank_name: `watch.0197f3c${i}-a1b2c3`, kind: ended ? 'video' : 'pdq', distance: 40, turned: true, entries: 1, started_by: 'lead', started_at: at(ended ? -9000 : -190), ends_at: at(ended ? -7560 : 1250), ended_at: ended ? at(-7560) : null, by_itself: ended, report: null })).map((x) => ({ ...x, report: x.ended_at ? figuresOf(x) : null })))
}
const netOf = (/** @type {number} */ d) => Math.round(3 + d * 2.4 + Math.max(0, d - 34) ** 2.6)
/** @param {any} x */
const figuresOf = (x) => ({ copies: 148, states: { waiting: 6, withheld: 19, removed: 118, standing: 5 }, views: 41230, minutes: Array.from({ length: 60 }, (_, i) => x.ended_at ? 0 : Math.max(0, Math.round(4 * Math.sin(i / 7) + i / 9))), seconds_to_action: 3.4 })
/** @param {any} x */
const watchHead = (x) => x
/** @param {any} x @param {any} w */
const watchLive = (x, w) => ({ ...x, ...figuresOf(x), hidden: w.scene === 'full' ? 3 : 0, newest: Array.from({ length: w.scene === 'full' ? 24 : 9 }, (_, i) => ({ item: hex('n' + i).slice(0, 32), platform: 'harbour', id: `post-${72000 + i}`, author: `u-${5100 + i}`, posted_at: at(-i * 3 - 1), found_at: at(-i * 3), distance: 4 * i, media: w.cases[0]?.item?.media[0]?.id ?? '', views: Math.max(0, 900 - i * 40), state: ['withheld', 'removed', 'waiting', 'standing'][i % 4], stream: i === 2 })) })

/** Others that look like the case's picture. @param {Case} c @param {World} w @param {URLSearchParams} q */
function copiesOf(c, w, q) {
  const media = c.item?.media.find((m) => m.state === 'decoded')
  const n = media && w.scene !== 'empty' ? (w.scene === 'full' ? 1240 : 7) : 0
  const from = Number(q.get('cursor') ?? 0), limit = Number(q.get('limit') ?? 50)
  const why = (/** @type {number} */ i) => i % 5 === 3 ? 'decided' : i % 7 === 6 ? 'held' : null
  const all = Array.from({ length: n }, (_, i) => ({ item: hex('copy' + i).slice(0, 32), id: `post-${70000 + i}`, author: i % 6 === 5 ? null : `u-${4000 + i * 7}`, media: media?.id ?? '', distance: i % 4 * 3, percent: i % 5 === 4 ? 90 : null, posted_at: at(-i * 43), state: 'scanned', verdict: i % 2 ? 'allow' : 'review', views: i * 31, decided: why(i) === 'decided' ? { kind: 'act', policy: 'speech.hate', automatic: false } : null, newer: i < 2, same_author: i % 4 === 0, covered: !why(i), why: why(i) }))
  const yes = all.filter((k) => k.covered)
  return { copies: all.slice(from, from + limit), distance: Number(q.get('distance') ?? 15), total: n, hidden: n ? 1 : 0, covered: yes.length, decided: all.filter((k) => k.why === 'decided').length, held: all.filter((k) => k.why === 'held').length, not_yours: 0, newer: yes.filter((k) => k.newer).length, other_authors: yes.filter((k) => !k.same_author).length, views: yes.reduce((s, k) => s + k.views, 0), cut: false, cursor: from + limit < n ? from + limit : null, group: null }
}

/** Answers one call. @param {World} w @param {string} user @param {string} method @param {string[]} p @param {URLSearchParams} q @param {any} body @returns {any} */
function answer(w, user, method, p, q, body) {
  const open = () => w.cases.filter((c) => c.state === 'open')
  const call = `${method} ${p[0]}${p.length > 1 ? '/' + (p[2] ?? '') : ''}`
  const role = ['admin', 'lead', 'moderator', 'specialist', 'viewer'].includes(user) ? user : 'admin'
  const session = () => ({ user: { id: hex(user).slice(0, 32), name: user, role, pseudonym: 'M-07', skills: ['child-safety'] }, csrf: 'mock', expires_at: at(600), enrolling: false, undo_seconds: w.undoSeconds, claim_seconds: w.claimSeconds, observe_only: w.switches.observe_only.value === 'on', automatic_actions: w.switches.automatic_actions.value === 'on', ...alarmHead(w), waiting: open().length, decided_today: w.decided, prefs: w.prefs, version: '0.1.0 (mock)' })
  const find = () => {
    const c = w.cases.find((x) => x.id === p[1])
    if (!c) throw new Refuse(404, 'There is no such case')
    return c
  }
  const claim = (/** @type {Case} */ c) => Object.assign(c, { state: 'claimed', claimed_by: user, mine: true, claim_until: new Date(Date.now() + w.claimSeconds * 1000).toISOString(), waiting: open().filter((x) => x.queue === c.queue).length })
  const held = () => {
    const c = find()
    if (c.state !== 'claimed' || !c.mine) throw new Refuse(409, 'The case is not held by you', 'Your hold ran out, or somebody else took it.')
    return c
  }
  const letGo = (/** @type {Case} */ c) => Object.assign(c, { state: 'open', claimed_by: null, mine: false, claim_until: null })
  const theBank = () => {
    const b = banks.find((x) => x.id === p[1])
    if (!b) throw new Refuse(404, 'There is no such bank')
    return b
  }
  /** @param {(typeof banks)[number]} b @param {number} i */
  const entryOf = (b, i) => ({
    id: uuid(), value: b.kind === 'text' ? `demo phrase no ${i}` : hex(b.name + i), cut: false, form: b.kind === 'text' ? 'phrase' : b.kind === 'pdq' ? 'pdq' : 'sha256',
    note: i % 7 ? null : 'seen twice', classification: i % 3 ? null : 'A2', provenance: i % 2 ? { exchange: 'hotline', member: '42', record: `r-${i}`, tags: ['series 7', 'self-made'] } : { exchange: 'own', decision: uuid() },
    state: ['live', 'off', 'live', 'review_only', 'live', 'expired'][i % 6], enabled: i % 6 !== 1, review_only: i % 6 === 3, disabled_until: i % 6 === 1 ? at(60 * 24 * 30) : null, expires_at: i % 6 === 5 ? at(-60) : null,
    added_at: at(-i * 100), added_by: i % 2 ? 'cli' : user,
  })
  switch (call) {
    case 'GET session': return session()
    case 'PUT session': w.prefs = body.prefs; return session()
    case 'POST work/': {
      const c = w.cases.find((x) => x.mine && x.state === 'claimed') ?? open().filter((x) => !body.queue || x.queue === body.queue).sort((a, b) => b.urgency - a.urgency)[0]
      return { case: c ? claim(c) : null, waiting: open().length }
    }
    case 'GET cases/': return find()
    case 'GET crisis': return { watches: watches(w).map((x) => watchHead(x)) }
    case 'POST crisis': { const x = { ...watches(w)[0], id: uuid(), title: body.title, policy: body.policy, effect: body.effect, distance: body.distance, started_at: at(0), ends_at: at(60 * body.hours) }; watches(w).unshift(x); return watchLive(x, w) }
    case 'GET crisis/': return watchLive(watches(w).find((x) => x.id === p[1]) ?? watches(w)[0], w)
    case 'POST crisis-known': return { known: [{ form: 'vpdq', value: 'AAAA' }] }
    case 'POST crisis-preview': return { kind: 'video', distance: body.distance, caught: netOf(body.distance), now: null, cut: false, sample: rimOf(w, body.distance) }
    case 'GET crisis/preview': return { kind: 'video', distance: Number(q.get('distance')), caught: netOf(Number(q.get('distance'))), now: netOf(40), cut: false, sample: rimOf(w, Number(q.get('distance'))) }
    case 'PATCH crisis/': { const x = watches(w).find((y) => y.id === p[1]); if (body.distance !== undefined) x.distance = body.distance; return watchLive(x, w) }
    case 'POST crisis/end': { const x = watches(w).find((y) => y.id === p[1]); x.ended_at = at(0); x.report = figuresOf(x); return watchLive(x, w) }
    case 'GET cases/copies': return copiesOf(find(), w, q)
    case 'POST cases/claim': { const c = find(); if (c.claimed_by && !c.mine) throw new Refuse(409, 'Somebody else holds it'); return claim(c) }
    case 'POST cases/heartbeat': { const c = held(); claim(c); return { claim_until: c.claim_until } }
    case 'POST cases/release': letGo(held()); return
    case 'POST cases/skip': { const c = held(); c.urgency -= 5; letGo(c); return }
    case 'POST cases/move': { const c = held(); c.queue = body.queue; letGo(c); return }
    case 'POST cases/draft': held().draft = body; return
    case 'POST cases/note': { const note = { id: uuid(), author: user, kind: 'note', body: body.body, at: at(0) }; find().notes.push(/** @type {any} */ (note)); return note }
    case 'POST cases/decide': {
      const c = held()
      const id = uuid()
      const decision = { id, puid: 'T-2026-48777', at: at(0), kind: body.kind, policy: body.policy ?? c.policy ?? '', ground: body.ground, actions: body.actions.map((/** @type {any} */ a) => a.name), automated: 'not', by: 'M-07', subject: c.subject, reversed: false }
      Object.assign(c, { state: 'decided', mine: false, claim_until: null, decision, draft: null })
      w.made.set(id, { case: c, decision, at: Date.now(), facts: body.facts })
      w.decided++
      return { decision: id, case: c.id, effective_at: new Date(Date.now() + w.undoSeconds * 1000).toISOString(), decided_today: w.decided }
    }
    case 'POST decisions/undo': {
      const made = w.made.get(p[1] ?? '')
      if (!made || Date.now() - made.at > w.undoSeconds * 1000) throw new Refuse(409, 'It is too late to undo', 'The action has been sent. Take it back with a new decision.')
      w.made.delete(p[1] ?? '')
      w.decided--
      made.case.decision = null
      return claim(made.case)
    }
    case 'GET queues': return { queues: w.scene === 'empty' ? [] : queues.map((qu) => { const mine = w.cases.filter((c) => c.queue === qu.name); const o = mine.filter((c) => c.state === 'open'); return { ...qu, open: o.length, claimed: mine.filter((c) => c.state === 'claimed').length, late: o.filter((c) => c.clock_at && Date.parse(c.clock_at) < Date.now()).length, by_severity: { critical: 0, high: 0, medium: 0, low: 0, ...Object.fromEntries(['critical', 'high', 'medium', 'low'].map((s) => [s, o.filter((c) => c.severity === s).length])) }, oldest_at: o[0]?.opened_at ?? null, next_clock_at: o.map((c) => c.clock_at ?? '').sort()[0] || null, mine: qu.name !== 'second-look' } }) }
    case 'GET queues/cases': { const all = w.cases.filter((c) => c.queue === p[1] && (q.get('state') ? c.state === q.get('state') : c.state === 'open' || c.state === 'claimed')); const from = Number(q.get('cursor') ?? 0); return { cases: all.slice(from, from + 50).map(row), total: all.length, next: from + 50 < all.length ? String(from + 50) : null } }
    case 'GET items/': { const s = q.get('q') ?? ''; const hit = w.cases.filter((c) => c.subject.id.startsWith(s)); return { items: hit.slice(0, 50).map(itemRow), accounts: s ? w.cases.filter((c) => c.account?.id.startsWith(s)).slice(0, 5).map((c) => ({ platform: 'harbour', id: c.account?.id, age_band: c.account?.age_band, state: 'active', strikes: 2, joined: at(-9999) })) : [], cases: s ? w.cases.filter((c) => c.id.startsWith(s)).slice(0, 5).map((c) => ({ id: c.id, queue: c.queue, state: c.state, subject: c.subject })) : [] } }
    case 'POST media/reveal': return { url: '/console/media/' + p[1], expires_at: at(1) }
    case 'GET banks': return { banks: w.scene === 'empty' ? [] : banks }
    case 'POST banks': { if (banks.some((b) => b.name === body.name)) throw new Refuse(409, 'The name is taken', 'Another bank has this name.', '/name'); const b = { classification: null, direction: 'block', distance: 31, share: 1, share_query: 0, share_known: 0, turned: false, brake: true, enabled: true, source: 'own', ...body, id: uuid(), entries: 0, matches_24h: 0, matches_7d: 0, created_at: at(0), changed_at: at(0) }; banks.push(b); return b }
    case 'GET banks/': {
      const b = theBank()
      if (q.get('q') === 'nothing') return { bank: b, entries: [], next: null }
      return { bank: b, entries: Array.from({ length: Math.min(b.entries, 100) }, (_, i) => entryOf(b, i)), next: b.entries > 100 ? 'x' : null }
    }
    case 'PATCH banks/': { const b = theBank(); if (body.name && body.name !== b.name && b.name.startsWith('demo')) throw new Refuse(409, 'It is in use', 'the rule "known-abuse" names it; take it out of the rule first', '/name'); return Object.assign(b, body, { changed_at: at(0) }) }
    case 'DELETE banks/': banks.splice(banks.indexOf(theBank()), 1); return
    case 'GET banks/history': return { rows: [{ id: uuid(), at: at(-3), who: user, verb: 'bank.change', detail: `${theBank().name}: distance 31 -> 24` }, { id: uuid(), at: at(-90), who: 'cli', verb: 'bank.import', detail: `${theBank().name}: 48211 added, 2 known, 1 refused` }] }
    case 'POST banks/entries': { const b = theBank(); b.entries++; return { ...entryOf(b, 0), value: body.value ?? 'x', note: body.note, extended: false, fresh: true } }
    case 'POST banks/known': return { known: [{ form: 'pdq', value: 'AAAA' }] }
    case 'PATCH banks/entries': return entryOf(theBank(), 1)
    case 'DELETE banks/entries': return
    case 'POST banks/bulk': return { count: 1234, done: body.do === 'count' ? 0 : 617, at: body.do === 'count' || body.at ? null : uuid() }
    case 'GET banks/rescan': return { judging: theBank().name === 'demo-known' ? [{ why: 'asked', done: 310, left: 925, more: false, since: at(-5) }] : [] }
    case 'POST banks/rescan': return { items: theBank().name === 'demo-known' ? 1235 : 0, more: false, asked: body.do === 'ask' }
    case 'POST banks/import': {
      const b = theBank()
      const lines = Buffer.from(body.bytes ?? '', 'base64').toString().split('\n').filter(Boolean)
      const bad = lines.flatMap((l, i) => /^(\p{L}|[0-9])/u.test(l) ? [] : [{ line: i + 1, column: 0, field: 'value', detail: 'begins with a sign that no entry begins with' }])
      b.entries += lines.length - bad.length
      return { format: 'lines', taken: Buffer.from(body.bytes ?? '', 'base64').length, state: 'lines', lines: lines.length, added: lines.length - bad.length, present: 0, extended: 0, expired: 0, refused: bad.length, errors: bad, from: uuid(), to: uuid() }
    }
    case 'POST banks/export': return { type: 'text/csv', ending: 'csv', text: 'value,form\n', next: body.before ? null : uuid() }
    case 'GET deliveries': { const s = q.get('state'); const counts = /** @type {any} */ ({ waiting: 0, leased: 0, delivered: 0, dead: 0, cancelled: 0, held: 0 }); for (const d of w.deliveries) counts[d.state]++; return { deliveries: w.deliveries.filter((d) => !s || d.state === s), counts, next: null } }
    case 'POST deliveries/replay': return Object.assign(w.deliveries.find((d) => d.id === p[1]), { state: 'waiting', next_at: at(0) })
    case 'GET audit': {
      const long = 'x'.repeat(380)
      const kinds = [['case.view', uuid()], ['reveal', 'a'.repeat(64)], ['signin', null], ['item.view', 'harbour/post-91819'], ['user.role', uuid()], ['search', null]]
      const rows = w.scene === 'empty' ? [] : Array.from({ length: w.scene === 'full' ? 100 : 14 }, (_, i) => ({ id: uuid(), seq: i < 2 ? null : 9000 - i, at: at(-i * 7), actor: i % 4 ? `user:${uuid()}` : 'cli', who: i % 4 ? user : 'cli', verb: kinds[i % 6]?.[0] ?? '', subject: w.scene === 'full' && i === 3 ? `harbour/${long}` : kinds[i % 6]?.[1] ?? null, detail: w.scene === 'full' && i === 5 ? long : i % 6 === 5 ? 'post-9' : null }))
      return { rows, next: w.scene === 'full' ? uuid() : null, proof: { sealed: rows.length ? 8998 : 0, waiting: rows.length ? 2 : 0, signed: rows.length ? 8800 : null, signed_at: rows.length ? at(-6) : null, broken: w.scene === 'full' }, verbs: kinds.map(([verb]) => ({ verb, help: 'What it means.' })) }
    }
    case 'GET alarms': { const s = q.get('state'); return { alarms: w.alarms.filter((a) => (s ? a.state === s : a.state !== 'closed')) } }
    case 'POST alarms/acknowledge': return Object.assign(w.alarms.find((a) => a.id === p[1]), { state: 'acknowledged', owner: user })
    case 'POST alarms/close': return Object.assign(w.alarms.find((a) => a.id === p[1]), { state: 'closed', owner: user })
    case 'GET keys': return { keys: w.keys, platforms: ['harbour'] }
    case 'POST keys': { const key = { ...body, id: uuid(), prefix: 'tlk_live_Zq81', created_at: at(0), last_used_at: null, revoked_at: null, replaced_by: null, unused: false }; w.keys.unshift(key); return { key, secret: 'tlk_live_Zq81pN0exampleexampleexampleexampleexam' } }
    case 'PUT keys/': return Object.assign(w.keys.find((k) => k.id === p[1]), body)
    case 'POST keys/rotate': { const old = w.keys.find((k) => k.id === p[1]); const key = { ...old, id: uuid(), prefix: 'tlk_live_Rt55', created_at: at(0), last_used_at: null }; Object.assign(old, { replaced_by: key.id, expires_at: at(60 * body.hours) }); w.keys.unshift(key); return { key, secret: 'tlk_live_Rt55pN0exampleexampleexampleexampleexam' } }
    case 'DELETE keys/': Object.assign(w.keys.find((k) => k.id === p[1]), { revoked_at: at(0) }); return
    case 'GET policies': return { version: 'p7', policies }
    case 'GET actions': return { actions }
    case 'GET rules': return { version: 'r42', loaded_at: at(-60), refused: w.scene === 'full' ? 'scam.rules:12:19: unknown function in_list\n    when text.in_list("scam")\n              ^' : null, rules: w.scene === 'empty' ? [] : policies.map((pol, i) => ({ name: pol.name.replace('.', '-') + '-1', policy: pol.name, pack: `${pol.name.split('.')[0]}.rules`, line: 3 + i * 8, active: i !== 4, reason: i === 4 ? 'needs the detector model, which is not installed' : null, shadow_until: i === 6 ? at(60 * 24 * 60) : null, source: `rule ${pol.name.replace('.', '-')}-1\n    policy  ${pol.name}\n    when    text.matches("demo")\n    then    case("general", ${pol.severity})`, hits_7d: i * 7 })) }
    case 'GET figures': return { from: at(-60 * 24 * 7), to: at(0), policies: w.scene === 'empty' ? [] : policies.map((pol, i) => ({ policy: pol.name, review: 40 * i, withhold: i * 3, block: i, decided_act: 31 * i, decided_clear: 9 * i, automatic: i, reversed: i % 3, flags: 12 * i })), items: { pending: 0, scanned: 184213, unscannable: 12, deleted: 40 }, verdicts: { allow: 183000, review: 1100, withhold: 90, block: 23 }, cases: { open: open().length, claimed: 1, decided: 812, closed: 40 }, actions: { waiting: 2, sent: 3, confirmed: 790, refused: 1, cancelled: 8, reversed: 4, held: 0 }, deliveries: { waiting: 2, leased: 0, delivered: 1290, dead: 1, cancelled: 8, held: 0 }, median_queued_s: 840, median_decided_s: 47 }
    case 'GET switches': return { switches: Object.entries(w.switches).map(([name, s]) => ({ name, .../** @type {any} */ (s) })) }
    case 'PUT switches': w.switches[body.name] = { value: body.value, set_by: user, at: at(0) }; return answer(w, user, 'GET', ['switches'], q, null)
  }
  if (method === 'GET' && p[0] === 'items') {
    const c = w.cases.find((x) => x.subject.id === p[2])
    if (!c) throw new Refuse(404, 'There is no such item')
    const made = [...w.made.values()].find((m) => m.case === c)
    return { item: c.item, account: c.account, ruleset: 'r42', verdict_at: at(-79), rules: c.rules, signals: c.signals, flags: c.flags, cases: [row(c)], decisions: made ? [decisionPage(made, w)] : [] }
  }
  if (method === 'GET' && p[0] === 'accounts') {
    const c = w.cases.find((x) => x.account?.id === p[2])
    if (!c) throw new Refuse(404, 'There is no such account')
    const mine = w.cases.filter((x) => x.account?.id === p[2])
    return { account: c.account, strikes: [{ decision: uuid(), policy: 'harassment.targeted', weight: 1, at: at(-9000), expires_at: at(90000), revoked_at: null }], items: mine.slice(0, 100).map(itemRow), cases: mine.slice(0, 50).map(row) }
  }
  throw new Refuse(404, 'There is no such route', call)
}

/** @param {any} made @param {World} w */
function decisionPage(made, w) {
  const past = Date.now() - made.at - w.undoSeconds * 1000
  const state = past < 0 ? 'waiting' : past < 700 ? 'sent' : 'confirmed'
  return { ...made.decision, seq: past > 0 ? 4211 : null, policy_version: 'p7', facts: made.facts, trigger: 'own_initiative', effective_at: at(0), statement: [{ heading: 'What we decided', text: 'Your comment is no longer shown.' }, { heading: 'What you can do', text: 'You can complain within six months, free of charge. A different person decides.' }], done: made.decision.actions.map((/** @type {string} */ name) => ({ id: uuid(), name, params: null, reverses: null, state, created_at: at(0), clock_at: at(60), confirmed_at: state === 'confirmed' ? at(0) : null, confirm_note: null })), events: [], deliveries: [{ id: uuid(), platform: 'harbour', live: true, kind: 'action.requested', subject_key: 'item', state: past < 0 ? 'waiting' : 'delivered', attempts: past < 0 ? 0 : 1, created_at: at(0), not_before: at(0), next_at: null, delivered_at: past < 0 ? null : at(0), status: 200, error: null, body: {} }] }
}

/** Starts the mock; resolves with its address. @param {{ port?: number, scene?: string }} [options] */
export function start({ port = 0, scene = 'usual' } = {}) {
  const w = world(scene)
  let user = ''
  const server = createServer((req, res) => {
    const url = new URL(req.url ?? '/', 'http://x')
    res.setHeader('Content-Security-Policy', CSP)
    res.setHeader('X-Content-Type-Options', 'nosniff')
    const send = (/** @type {number} */ status, /** @type {string} */ type, /** @type {string | Buffer} */ body) => res.writeHead(status, { 'Content-Type': type, 'Cache-Control': 'no-store' }).end(body)
    const path = url.pathname
    if (path === '/') return res.writeHead(302, { Location: '/console/' }).end()
    if (path.endsWith('/tiny')) return send(200, 'image/png', landscape(parseInt(path.split('/')[4]?.slice(0, 4) ?? '0', 16), 32, 24))
    if (path.startsWith('/console/media/')) return send(200, 'image/png', landscape(parseInt(path.split('/')[3]?.slice(0, 4) ?? '0', 16), 640, 480))
    if (path === '/console/api/live') {
      res.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' })
      const tell = () => res.write(`event: counters\ndata: ${JSON.stringify({ ...alarmHead(w), waiting: w.cases.filter((c) => c.state === 'open').length, watches: watches(w).filter((x) => !x.ended_at).length, queues: Object.fromEntries(queues.map((qu) => [qu.name, w.cases.filter((c) => c.queue === qu.name && c.state === 'open').length])), observe_only: w.switches.observe_only.value === 'on', automatic_actions: w.switches.automatic_actions.value === 'on' })}\n\n`)
      tell()
      const timer = setInterval(tell, 1000)
      return req.on('close', () => clearInterval(timer))
    }
    if (path.startsWith('/console/api/')) {
      let text = ''
      req.on('data', (part) => { text += part })
      req.on('end', () => {
        const parts = path.slice('/console/api/'.length).split('/').map(decodeURIComponent)
        const body = text && req.headers['content-type'] === 'application/json' ? JSON.parse(text) : null
        try {
          if (path === '/console/api/session' && req.method === 'POST') {
            if (body.password !== 'demo') throw new Refuse(401, 'Name or password is not right')
            user = body.name
          } else if (path === '/console/api/session' && req.method === 'DELETE') {
            user = ''
            return res.writeHead(204).end()
          } else if (!user) {
            throw new Refuse(401, 'You are not signed in')
          }
          const method = path === '/console/api/session' && req.method === 'POST' ? 'GET' : req.method ?? 'GET'
          const value = answer(w, user, method, parts, url.searchParams, body)
          if (value === undefined) return res.writeHead(204).end()
          send(200, 'application/json', JSON.stringify(value))
        } catch (error) {
          if (!(error instanceof Refuse)) throw error
          send(error.problem.status, 'application/problem+json', JSON.stringify(error.problem))
        }
      })
      return
    }
    const name = path.startsWith('/console/assets/') ? path.slice('/console/assets/'.length) : 'index.html'
    try {
      send(200, TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream', readFileSync(DIST + name))
    } catch {
      send(404, 'text/plain', 'not there')
    }
  })
  return new Promise((/** @type {(v: { url: string, stop: () => void, pause: () => void, resume: () => Promise<unknown>, endSession: () => void }) => void} */ resolve) => {
    server.listen(port, '127.0.0.1', () => {
      const address = /** @type {import('node:net').AddressInfo} */ (server.address())
      const pause = () => { server.close(); server.closeAllConnections() }
      const resume = () => new Promise((/** @type {(v: unknown) => void} */ back) => { server.listen(address.port, '127.0.0.1', () => back(null)) })
      resolve({ url: `http://localhost:${address.port}`, pause, resume, stop: () => { server.closeAllConnections(); server.close() }, endSession: () => { user = '' } })
    })
  })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (/** @type {string} */ name, /** @type {string} */ usual) => (process.argv.includes(name) ? process.argv[process.argv.indexOf(name) + 1] ?? usual : usual)
  const mock = await start({ port: Number(option('--port', '8088')), scene: option('--scene', 'usual') })
  console.log(`mock at ${mock.url}`)
}
