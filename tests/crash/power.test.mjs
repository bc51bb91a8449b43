// Power cuts: a real run is recorded, write by write and sync by sync, together with what was promised when. Then the
// data folder is laid out as a power cut would leave it at each of those moments and held to what was promised.
// LONG=1 records a longer feed and replays all variants everywhere.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { bin } from '../programs.mjs'
import { EIO, built, install, platform, random, root, sleep, store, until } from './shim.mjs'

const long = Boolean(process.env.LONG)
const seed = Number(process.env.SEED ?? 1)
const items = long ? 400 : 48
const texts = ['demo your parcel waits for a fee', 'demo topple the snowman', 'look at this: DEMO-HATE-PHRASE', 'a walk by the river', 'nothing to see']
const pictures = readdirSync(join(root, 'tests/data/pdq')).filter((f) => f.endsWith('.png')).map((f) => readFileSync(join(root, 'tests/data/pdq', f)))
const work = mkdtempSync(join(existsSync('/dev/shm') ? '/dev/shm' : tmpdir(), 'tutela-power-'))
const pick = random(seed)

let d, p
before(async () => {
  d = await install()
  p = await platform(d.mark)
})
after(async () => {
  p?.stop()
  await d?.end()
  rmSync(work, { recursive: true, force: true })
})

const item = (id, account, body, more = {}) => ({ id, kind: 'post', author: { id: account }, text: { body }, posted_at: '2026-11-24T07:00:00Z', ...more })

/** One item in one of the ways in; what was answered is marked. */
async function hand(i) {
  const [id, account, body] = [`cut-${i}`, `u-${pick(12)}`, `${texts[pick(texts.length)]} ${i}`]
  const promise = { t: 'item', id, text: body, account }
  let answer
  if (i % 6 === 1) {
    const form = new FormData()
    form.append('item', new Blob([JSON.stringify(item(id, account, body))], { type: 'application/json' }))
    form.append('media', new Blob([pictures[pick(pictures.length)]], { type: 'image/png' }), 'a.png')
    answer = await d.call('POST', '/v1/items', form)
  } else if (i % 6 === 3) {
    const media = await d.call('PUT', '/v1/media', Buffer.concat([pictures[pick(pictures.length)], Buffer.from(`\n${i}`)]))
    assert.ok(media.status === 201 || media.status === 200, JSON.stringify(media.body))
    d.mark({ t: 'media', id: media.body.id })
    answer = await d.call('POST', '/v1/items', item(id, account, body, { media: [media.body.id] }))
  } else {
    answer = await d.call('POST', `/v1/items${i % 5 === 0 ? '?wait=300' : ''}`, item(id, account, body))
  }
  assert.ok([200, 202].includes(answer.status), JSON.stringify(answer.body))
  d.mark(promise)
  return id
}

async function erase(id) {
  d.mark({ t: 'erasing', id })
  const answer = await d.call('DELETE', `/v1/items/${id}`)
  if (answer.status < 300) d.mark({ t: 'erased', id })
}

async function feed() {
  const lanes = 6
  await Promise.all(Array.from({ length: lanes }, async (_, lane) => {
    for (let i = lane; i < items; i += lanes) {
      const id = await hand(i)
      if (i % 9 === 4) {
        const flag = { id: `flag-${i}`, subject: { kind: 'item', id }, kind: 'user', policy: 'terms.spam', comment: 'I do not like it.', reporter: { id: `u-${pick(12)}` } }
        const answer = await d.call('POST', '/v1/flags', flag)
        if (answer.status < 300) d.mark({ t: 'flag', id: flag.id })
      }
      if (i % 10 === 7) await erase(id)
    }
  }))
  d.mark({ t: 'forgetting', id: 'u-3' })
  await d.call('DELETE', '/v1/accounts/u-3')
}

/** A moderator decides what comes until told to stop. */
async function decide(flag) {
  const ann = await d.person('ann')
  while (!flag.stop) {
    const { body } = await ann.post('work/next', { queue: null })
    if (!body?.case) {
      await sleep(100)
      continue
    }
    const act = { kind: 'act', policy: 'terms.spam', ground: 'incompatible', actions: [{ name: 'remove', params: null }], facts: '', note: '' }
    const clear = { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' }
    const answer = await ann.post(`cases/${body.case.id}/decide`, pick(2) ? act : clear)
    if (answer.status === 200) d.mark({ t: 'decision', id: answer.body.decision })
  }
}

/** Reads the event stream; each event that is seen is a promise: its number is never given to another. */
async function listen(stop) {
  const response = await fetch(`${d.url}/v1/events?after=0`, { headers: { authorization: `Bearer ${d.secret.key}` }, signal: stop })
  let text = ''
  for await (const part of response.body) {
    text += Buffer.from(part).toString()
    for (let at; (at = text.indexOf('\n\n')) >= 0; text = text.slice(at + 2)) {
      const lines = Object.fromEntries(text.slice(0, at).split('\n').map((l) => l.split(/: (.*)/s)))
      if (lines.data) d.mark({ t: 'event', n: Number(lines.id), id: JSON.parse(lines.data).id })
    }
  }
}

test('a run is recorded, with all that it promised', async () => {
  d.set_up(p.url)
  d.tutela('bank', 'create', 'own-words', '--kind', 'text', '--policy', 'terms.spam')
  d.tutela('bank', 'add', 'own-words', 'purple elephant parade')
  d.mark({ t: 'entry', id: 'purple elephant parade' })
  d.fault({ files: 15, sync_ms: 3 }) // so that others write while a sync is under way
  await d.start()
  p.confirms(async (action) => (await d.call('POST', `/v1/actions/${action}/confirm`, { outcome: 'done' })).status === 200)
  const flag = { stop: false }
  const stop = new AbortController()
  const listening = listen(stop.signal).catch((e) => e.name === 'AbortError' || Promise.reject(e))
  const deciding = decide(flag)
  await feed()
  await until('decisions and confirmations', () => p.heard.size > items / 6, 60_000)
  await sleep(long ? 5000 : 1500) // the clerk checkpoints meanwhile; nothing is asserted about it
  flag.stop = true
  await deciding
  await p.rest()
  stop.abort()
  await listening
  assert.equal(await d.stop(), 0)
  // Retention: 40 days later what is old goes, at the next start.
  d.mark({ t: 'expiring' })
  d.doctor('--clock', String(40 * 86400))
  await d.start()
  await sleep(1500)
  assert.equal(await d.stop(), 0)
})

/** Replays a record in two processes; returns what both counted. */
async function replay(of, name, ...more) {
  const run = promisify(execFile)
  const parts = await Promise.all([0, 1].map((i) => run(built('power-cut'),
    [of.files.record, join(work, `${name}${i}`), '--seed', String(seed), '--part', `${i}/2`, '--compare', of.data, ...more],
    { maxBuffer: 1 << 26 }).catch((e) => e)))
  for (const part of parts) console.log(part.stdout || part, part.stderr?.slice(0, 6000))
  const [one, two] = parts.map((x) => JSON.parse(x.stdout))
  const states = Object.fromEntries(['dropped', 'kept', 'subset', 'torn', 'names'].map((v) => [v, one[v] + two[v]]))
  return { failed: one.failed + two.failed, boundaries: one.boundaries, states }
}

test('every power cut leaves a store that opens and has all that was promised', { timeout: 1_800_000 }, async () => {
  const { failed, boundaries, states } = await replay(d, 'cut', ...(long ? ['--all'] : []))
  assert.equal(failed, 0)
  assert.ok(boundaries > 300, `${boundaries} boundaries`)
  for (const [name, n] of Object.entries(states)) assert.ok(n > 20, `${n} ${name}`)
})

test('what a failed sync lost is not promised by a later one', { timeout: 900_000 }, async () => {
  const e = await install()
  try {
    e.set_up()
    await e.start()
    let promised = 0
    for (let i = 0; i < (long ? 100 : 24); i++) {
      if (i % 4 === 1) e.fault({ files: store, sync_errno: EIO, sync_count: 1 + (i % 3) })
      const [id, account, text] = [`eio-${i}`, `v-${i}`, `a walk by the river ${i}`]
      const answer = await e.call('POST', '/v1/items', item(id, account, text))
      if (answer.status === 202) e.mark({ t: 'item', id, text, account })
      promised += answer.status === 202
    }
    e.fault()
    assert.ok(promised >= 12, `${promised} promises`)
    assert.equal(await e.stop(), 0)
    const { failed, states } = await replay(e, 'eio', '--all')
    assert.equal(failed, 0)
    assert.ok(states.dropped > 20)
  } finally {
    await e.end()
  }
})

test('the real program finds nothing wrong with what is left', async () => {
  const { length } = readFileSync(d.files.record)
  assert.ok(length > 0)
  const folder = join(work, 'cut0') // the last moment that was replayed
  const found = JSON.parse(execFileSync('sh', ['-c', `"$0" --data "$1" --json doctor --deep || true`, bin('tutela'), folder], { encoding: 'utf8' })).findings
  assert.ok(!found.some((f) => f.level === 'problem' && ['store', 'ledger', 'disk', 'files', 'audit'].includes(f.check)), JSON.stringify(found))
})
