// Known content against the real daemon: an entry counts at once and says where it came from, allow-lists set aside, what
// matches too much goes to people, and the index of known hashes survives deaths and damage.
import assert from 'node:assert/strict'
import { execFile, execFileSync } from 'node:child_process'
import { closeSync, openSync, readFileSync, readdirSync, truncateSync, writeFileSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { promisify } from 'node:util'
import { bin, root } from '../programs.mjs'
import { start, until } from './daemon.mjs'

const run = promisify(execFile)
const LIMIT = 5 // items an hour
const scene = (n) => join(root, 'tests/data/pdq', typeof n === 'string' ? n : `scene0${n}.png`)
let d, ann, banks

before(async () => {
  d = await start({ brake_per_hour: LIMIT, brake_factor: 1, index_check_seconds: 1 })
  ann = await d.person('ann')
  banks = Object.fromEntries((await ann.get('banks')).body.banks.map((b) => [b.name, b.id]))
})
after(() => d?.stop())

const sql = (text) => execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(d.data, 'store.db'), text], { encoding: 'utf8' }).trim()
const hashes = (n) => d.tutela('hash', '--all', scene(n)).files[0]
const match = async (body) => (await d.api('POST', '/v1/match', body)).body
const found = async (value, more = {}) => (await match({ hashes: [{ kind: value.length === 32 ? 'md5' : 'pdq', value }], ...more })).matches
/** Until the banks say so: within a second on a machine that has the time. */
const soon = (what, value, n, more) => until(what, async () => (await found(value, more)).length === n)
const add = async (bank, form, value) => {
  const answer = await ann.post(`banks/${banks[bank]}/entries`, { form, value, note: 'seen before' })
  assert.equal(answer.status, 201, `${answer.bytes}`)
  return answer.body.id
}

let serial = 0
/** An item with this picture, judged: its trail. */
async function post(n) {
  const bytes = readFileSync(scene(n))
  const media = (await d.api('PUT', '/v1/media', bytes)).body.id
  return d.item(`known-${++serial}`, 'a picture', { kind: 'image', media: [media] })
}

test('an entry counts at once, says where it came from, and stops when it is removed', async () => {
  const { pdq } = hashes(0)
  assert.deepEqual(await found(pdq), [])
  const id = await add('demo-known', 'pdq', pdq)
  await soon('the entry', pdq, 1)
  const [hit] = await found(pdq)
  assert.equal(hit.entry, id)
  assert.equal(hit.effect, 'full')
  assert.equal(hit.distance, 0)
  assert.equal(hit.hash, 0)
  assert.deepEqual(hit.bank, { name: 'demo-known', source: 'init' })
  assert.equal(hit.provenance.exchange, 'own')
  const trail = await post(0)
  assert.equal(trail.verdict, 'block')
  const signal = trail.signals.find((s) => s.detector === 'pdq')
  assert.deepEqual([signal.entry, signal.effect, signal.provenance.exchange], [id, 'full', 'own'])
  assert.ok((await ann.call('DELETE', `/console/api/banks/${banks['demo-known']}/entries/${id}`)).status < 300)
  await soon('its end', pdq, 0)
  assert.equal((await d.api('GET', `/v1/items/${trail.id}`)).body.signals[0].provenance.exchange, 'own') // as it was then
})

test('a question narrows banks, sets the distance and turns pictures', async () => {
  const { pdq, pdq_flip_y: mirrored, md5 } = hashes(1)
  await add('demo-near', 'pdq', mirrored)
  await add('demo-known-exact', 'md5', md5)
  await soon('the entries', md5, 1)
  await soon('the picture', mirrored, 1)
  assert.deepEqual(await found(pdq), [])
  const far = Buffer.from(mirrored, 'hex')
  far[0] ^= 0xff
  far[9] ^= 0xff
  assert.equal((await found(far.toString('hex')))[0].distance, 16)
  assert.deepEqual(await found(far.toString('hex'), { distance: 15 }), [])
  assert.deepEqual(await found(md5, { banks: ['demo-near'] }), [])
  const ask = async (query) => (await d.api('POST', `/v1/match?${query}`, readFileSync(scene(1)))).body
  assert.deepEqual((await ask('banks=demo-near')).matches, [])
  const { matches } = await ask('turned=true')
  assert.deepEqual(matches.map((m) => [m.bank.name, m.turned]).sort(), [['demo-known-exact', null], ['demo-near', 'flip_y']])
  for (const [body, field] of [[{ banks: ['demo-nearr'] }, '/banks/0'], [{ distance: 64 }, '/distance'], [{ turned: true }, '/turned']]) {
    const refused = await d.api('POST', '/v1/match', { hashes: [{ kind: 'pdq', value: pdq }], ...body })
    assert.deepEqual([refused.status, refused.body.field], [422, field])
  }
})

test('frames of a video and the fingerprint of a sound can be asked for', async () => {
  const word = (i) => createHash('sha256').update(`word ${i}`).digest()
  const frames = (from) => JSON.stringify(Array.from({ length: 12 }, (_, i) => `${word(from + i).toString('hex')},90,${i}.000`))
  const sound = (from) => Array.from({ length: 200 }, (_, i) => word(from + i).readUInt32LE()).join(',')
  for (const [kind, form, value] of [['video', 'vpdq', frames], ['sound', 'chromaprint', sound]]) {
    d.tutela('bank', 'create', `known-${kind}`, '--kind', kind, '--policy', 'terms.spam')
    d.tutela('bank', 'add', `known-${kind}`, value(1000))
    const ask = async (from) => (await d.api('POST', '/v1/match', { hashes: [{ kind: form, value: value(from) }] })).body.matches
    const [hit] = await until(`the ${kind}`, async () => { const m = await ask(1000); return m.length && m })
    assert.deepEqual([hit.detector, hit.bank.name, hit.status, hit.effect], [kind, `known-${kind}`, 'ok', 'full'])
    assert.deepEqual(await ask(5000), [])
    const refused = await d.api('POST', '/v1/match', { hashes: [{ kind: form, value: 'nothing' }] })
    assert.deepEqual([refused.status, refused.body.field], [422, '/hashes/0/value'])
  }
})

test('an allow-list sets aside what is not closer; both stay visible', async () => {
  const { pdq } = hashes(2)
  await add('demo-known', 'pdq', pdq)
  await soon('the entry', pdq, 1)
  assert.equal((await post(2)).verdict, 'block')
  d.tutela('bank', 'create', 'harmless', '--kind', 'pdq', '--policy', 'terms.spam', '--direction', 'allow')
  d.tutela('bank', 'add', 'harmless', pdq)
  await soon('the allow-list', pdq, 2)
  assert.deepEqual((await found(pdq)).map((m) => [m.bank.name, m.effect]).sort(), [['demo-known', 'allowed'], ['harmless', 'allow']])
  const trail = await post(2)
  assert.equal(trail.verdict, 'allow')
  assert.deepEqual(trail.signals.filter((s) => s.detector === 'pdq').map((s) => s.effect).sort(), ['allow', 'allowed'])
})

test('an entry that matches too much goes to people and stays withheld where its policy says so', async () => {
  const { sha256 } = hashes('checker16.png')
  const id = await add('demo-known-exact', 'sha256', sha256)
  await until('the entry', async () => (await match({ hashes: [{ kind: 'sha256', value: sha256 }] })).matches.length === 1)
  for (let i = 0; i < LIMIT; i++) assert.equal((await post('checker16.png')).verdict, 'block')
  await until('the brake', async () => (await match({ hashes: [{ kind: 'sha256', value: sha256 }] })).matches[0].effect === 'review')
  const trail = await post('checker16.png')
  assert.equal(trail.verdict, 'withhold') // csae.known: never published
  assert.deepEqual(trail.actions.map((a) => a.name), ['withhold'])
  assert.equal(trail.cases.length, 1)
  assert.equal(trail.reasons[0].review_only, true)
  const { alarms } = (await ann.get('alarms')).body
  const alarm = alarms.find((a) => a.kind === 'entry_flood')
  assert.match(alarm.text, new RegExp(`demo-known-exact.*${id}.*${LIMIT} items`))
  const open = async () => (await ann.get('alarms')).body.alarms.filter((a) => a.kind === 'entry_flood' && a.state !== 'closed').length
  assert.equal(await open(), 1)
  d.tutela('bank', 'restore', 'demo-known-exact', id)
  assert.equal(await open(), 0)
  await until('its full weight', async () => (await match({ hashes: [{ kind: 'sha256', value: sha256 }] })).matches[0].effect === 'full')
  assert.equal((await post('checker16.png')).verdict, 'block')
  assert.ok(sql(`SELECT COUNT(*) FROM audit WHERE verb = 'bank.entry_brake' AND subject = '${id}'`) === '1')
})

const epoch = () => sql("SELECT epoch FROM bank_index WHERE form = 'pdq'")
const random = (i) => createHash('sha256').update(`entry ${i}`).digest('hex')

test('the index survives deaths while it is written', async () => {
  const N = 12_000, file = join(d.data, 'import.txt')
  writeFileSync(file, Array.from({ length: N }, (_, i) => random(i)).join('\n') + '\n')
  const kill = setInterval(() => { const r = d.roles().find((x) => x.role === 'clerk'); if (r) try { process.kill(r.pid, 'SIGKILL') } catch { /* it was faster */ } }, 300)
  const deaths = setTimeout(() => clearInterval(kill), 900)
  try {
    await run(bin('tutela'), ['--data', d.data, 'bank', 'import', 'demo-near', file])
  } finally {
    clearInterval(kill)
    clearTimeout(deaths)
  }
  await until('the last entry', async () => (await found(random(N - 1))).length === 1)
  for (let i = 0; i < N; i += 997) assert.equal((await found(random(i)))[0]?.distance, 0, `entry ${i}`)
  await until('the files', () => Number(sql("SELECT upto >= (SELECT MAX(change) FROM bank_entries WHERE form = 'pdq') FROM bank_index WHERE form = 'pdq'")))
})

test('damaged files are found, named and built again; meanwhile nothing passes unseen', async () => {
  const was = epoch(), dir = join(d.data, 'index', 'pdq', was)
  for (const name of readdirSync(dir)) {
    try {
      if (name !== 'lock') truncateSync(join(dir, name), 30)
    } catch (e) {
      if (e.code !== 'ENOENT') throw e // it was merged away meanwhile
    }
  }
  for (const { pid, role } of d.roles()) {
    try {
      if (role === 'worker' || role === 'clerk') process.kill(pid, 'SIGKILL')
    } catch (e) {
      if (e.code !== 'ESRCH') throw e // it was still dying of the last test
    }
  }
  await until('another index', () => Number(epoch()) > Number(was))
  assert.match(d.log(), /INDEX_DAMAGED.*pdq/)
  await until('an answer', async () => (await match({ hashes: [{ kind: 'pdq', value: random(5) }] })).matches?.length === 1)
  for (let i = 0; i < 12_000; i += 2999) assert.equal((await found(random(i)))[0]?.distance, 0, `entry ${i}`)
  await until('the end of the alarm', () => sql("SELECT COUNT(*) FROM alarms WHERE kind = 'index_damaged' AND state <> 'closed'") === '0')
  assert.ok(Number(sql("SELECT COUNT(*) FROM alarms WHERE kind = 'index_damaged'")) >= 1)
})

test('bytes of a segment that go bad while everybody runs are found, named and built again', async () => {
  const alarms = () => Number(sql("SELECT COUNT(*) FROM alarm_events e JOIN alarms a ON a.id = e.alarm WHERE a.kind = 'index_damaged'"))
  const was = epoch(), before = alarms(), dir = join(d.data, 'index', 'pdq', was)
  const clerk = d.roles().find((r) => r.role === 'clerk').pid
  for (const name of readdirSync(dir).filter((n) => n.endsWith('.segment'))) {
    const file = openSync(join(dir, name), 'r+')
    writeSync(file, Buffer.alloc(16, 0x5a), 0, 16, 200)
    closeSync(file)
  }
  await until('another index', () => Number(epoch()) > Number(was))
  assert.ok(alarms() > before)
  await until('an answer', async () => (await match({ hashes: [{ kind: 'pdq', value: random(5) }] })).matches?.length === 1)
  for (let i = 0; i < 12_000; i += 2999) assert.equal((await found(random(i)))[0]?.distance, 0, `entry ${i}`)
  await until('the end of the alarm', () => sql("SELECT COUNT(*) FROM alarms WHERE kind = 'index_damaged' AND state <> 'closed'") === '0')
  assert.equal(d.roles().find((r) => r.role === 'clerk').pid, clerk) // nobody had to begin anew
})
