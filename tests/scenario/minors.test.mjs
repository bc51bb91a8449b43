// What doc/minors-audit.md promises, on a population of some thousands: snapshots held against the policy, and the page's own
// examples, run as they stand.
import assert from 'node:assert/strict'
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { tmpdir } from 'node:os'
import { after, before, test } from 'node:test'
import { bin, root } from '../programs.mjs'
import { start, until } from './daemon.mjs'

const POPULATION = 2000
const BANDS = ['13-15', '16-17', '18+', null] // null: never described
const language = (i) => ['en', 'de'][(i >> 2) % 2]
let d, dir

before(async () => {
  d = await start()
  dir = mkdtempSync(join(tmpdir(), 'tutela-minors-'))
  for (let i = 0; i < POPULATION; i += 50)
    await Promise.all(Array.from({ length: 50 }, (_, k) => BANDS[(i + k) % 4] && d.api('PUT', `/v1/accounts/p-${i + k}`, { age_band: BANDS[(i + k) % 4], age_assured: 'declared', language: language(i + k) })))
})
after(async () => {
  await d?.stop()
  if (dir) rmSync(dir, { recursive: true })
})

const tutela = (...args) => {
  const run = spawnSync(bin('tutela'), ['--data', d.data, '--json', ...args], { encoding: 'utf8' })
  return { code: run.status, out: run.stdout, json: run.stdout.startsWith('{') && !run.stdout.includes('}\n{') ? JSON.parse(run.stdout) : null, err: run.stderr }
}
const file = (name, lines) => {
  writeFileSync(join(dir, name), lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l)) + '\n').join(''))
  return join(dir, name)
}
const everybody = (settings) => Array.from({ length: POPULATION }, (_, i) => ({ account: `p-${i}`, settings: settings(BANDS[i % 4], i) }))

test('a population is held against the policy, whichever way it comes in', async () => {
  const lines = everybody((band, i) => ({ account_visibility: 'public', comments: band === '18+' ? 'everyone' : 'friends', gifts: i % 8 === 0 ? 'on' : 'off' }))
  lines.splice(1000, 0, 'not a line', lines[5])
  const path = file('day-1.ndjson', lines)
  const taken = tutela('minors', 'audit', path)
  assert.equal(taken.code, 5, taken.err)
  const looser = (POPULATION / 4) * 3 // every minor's account is public, of unknown age too; gifts of 13-15 come on top
  assert.deepEqual([taken.json.accounts, taken.json.looser_accounts, taken.json.looser_settings], [POPULATION, looser, looser + POPULATION / 8])
  assert.deepEqual([taken.json.findings.bad_line, taken.json.findings.repeated_account, taken.json.findings.unknown_account], [1, 1, POPULATION / 4])
  const of = (key, band) => taken.json.settings.find((s) => s.key === key && s.age_band === band)
  assert.deepEqual(['13-15', '16-17', '18+', 'unknown'].map((band) => of('account_visibility', band).looser), Array.from({ length: 4 }, (_, i) => (i === 2 ? 0 : POPULATION / 4)))
  assert.deepEqual([of('gifts', '13-15').looser, of('gifts', '13-15').looser_before, of('comments', '16-17').looser], [POPULATION / 8, null, 0])

  const sent = await fetch(`${d.url}/v1/minors/snapshots/day-2`, { method: 'PUT', headers: { authorization: `Bearer ${d.key}`, 'content-type': 'application/x-ndjson' }, body: readFileSync(path) })
  const same = await sent.json()
  assert.deepEqual([same.accounts, same.looser_accounts, same.looser_settings, same.findings.unknown_account], [POPULATION, looser, looser + POPULATION / 8, 0])
  assert.equal(tutela('minors', 'snapshots').json.snapshots.length, 2)
  const mend = tutela('minors', 'mend').out.trim().split('\n').map((l) => JSON.parse(l))
  assert.equal(mend.length, looser)
  assert.deepEqual(mend.find((m) => m.account === 'p-0').settings.map((s) => s.key), ['account_visibility', 'gifts'])
  assert.equal(tutela('alarm', 'list').json.alarms.filter((a) => a.kind === 'settings_looser').length, 1)
})

test('a share of a band is moved, told and put back', async () => {
  const whole = tutela('minors', 'migrate', 'preview', '--band', '13-15').json.changes
  assert.deepEqual(whole.map((c) => [c.setting, c.age_band, c.from, c.to, c.accounts]), [['account_visibility', '13-15', 'public', 'private', POPULATION / 4], ['gifts', '13-15', 'on', 'off', POPULATION / 8]])
  const some = tutela('minors', 'migrate', 'preview', '--band', '13-15', '--percent', '8').json.changes[0].accounts
  assert.ok(some > 5 && some < 200, `${some} of a quarter`)
  const status = () => tutela('minors', 'migrate', 'status').json.migrations[0]
  const begun = tutela('minors', 'migrate', 'start', '--band', '13-15', '--percent', '8', '--batch', '50', '--per-minute', '1000000')
  assert.equal(begun.code, 0, begun.err)
  await until('the end of the migration', () => status().state === 'done')
  assert.equal(status().moved, some)
  const told = (type) => d.platform.heard.map((h) => h.event).filter((e) => e.type === type).map((e) => e.data)
  await until('all to be told', () => told('account.settings_migrated').length >= some)
  const data = told('account.settings_migrated')
  assert.equal(new Set(data.map((e) => e.account)).size, some)
  assert.ok(data.every((e) => e.review_followers && e.notice_text && e.migration === status().id && e.settings[0].to === 'private'))
  for (const e of data) assert.match(e.notice_text, language(Number(e.account.slice(2))) === 'de' ? /^Wir / : /^We /)
  assert.equal(tutela('minors', 'migrate', 'preview', '--band', '13-15').json.changes[0].accounts, POPULATION / 4 - some)

  const [first, second] = data.map((e) => e.account)
  await d.api('PUT', `/v1/accounts/${second}/settings`, { settings: { account_visibility: 'private' } })
  assert.equal(tutela('minors', 'migrate', 'undo').code, 0)
  await until('the way back', () => status().state === 'undone')
  assert.equal(status().undone, some - 1)
  const must = async (id) => (await d.api('GET', `/v1/accounts/${id}/settings`)).body.settings.find((s) => s.key === 'account_visibility').must_be
  assert.deepEqual([await must(first), await must(second)], ['public', 'private'])
  assert.equal(tutela('minors', 'migrate', 'undo').code, 1)
})

test('the console sees it, and a migration passes the two-person rule of who may', async () => {
  const [lead, viewer] = await Promise.all(['lead', 'viewer'].map((name) => d.person(name)))
  const list = (await lead.get('minors/snapshots?platform=demo')).body.snapshots
  assert.deepEqual(list.map((s) => s.id), ['day-2', 'day-1.ndjson'])
  assert.ok((await lead.get('minors/snapshots/day-2?platform=demo')).body.settings.length)
  assert.ok((await lead.get('minors/mend?platform=demo')).body.accounts.length)
  assert.equal((await viewer.post('minors/migrations', { platform: 'demo' })).status, 403)
  const begun = await lead.post('minors/migrations', { platform: 'demo', age_band: '18+' })
  assert.equal(begun.status, 201, begun.bytes)
  const all = async () => (await lead.get('minors/migrations?platform=demo')).body.migrations
  await until('its end', async () => (await all())[0].state === 'done')
  assert.equal((await lead.post(`minors/migrations/${begun.body.id}/resume`)).status, 409)
  assert.equal((await lead.post(`minors/migrations/${begun.body.id}/undo`)).status, 200)
  await until('its way back', async () => (await all())[0].state === 'undone')
})

test('a connection that breaks off leaves a place to go on from', async () => {
  const lines = everybody(() => ({ account_visibility: 'private', gifts: 'off' })).map((l) => JSON.stringify(l) + '\n')
  const put = (body, query = '') => fetch(`${d.url}/v1/minors/snapshots/day-3${query}`, { method: 'PUT', duplex: 'half', headers: { authorization: `Bearer ${d.key}`, 'content-type': 'application/x-ndjson' }, body })
  const broken = new ReadableStream({ async pull(to) {
    if (this.sent) {
      await until('a part to be taken', async () => (await d.api('GET', '/v1/minors/snapshots/day-3')).body.lines > 0)
      to.error(new Error('the cable'))
    } else to.enqueue(new TextEncoder().encode(lines.slice(0, 1500).join('')))
    this.sent = true
  } })
  await assert.rejects(put(broken))
  const at = (await d.api('GET', '/v1/minors/snapshots/day-3')).body
  assert.equal(at.state, 'open')
  const whole = await (await put(lines.slice(at.lines).join(''), `?from=${at.lines}`)).json()
  assert.deepEqual([whole.state, whole.lines, whole.accounts, whole.looser_accounts], ['ended', POPULATION, POPULATION, 0])
  assert.deepEqual(await (await put(lines.join(''))).json(), whole)
  assert.deepEqual(tutela('alarm', 'list').json.alarms.filter((a) => a.kind === 'settings_looser'), [])
  assert.equal(tutela('minors', 'mend').out, '')
  const metrics = await (await fetch(d.admin + '/metrics')).text()
  assert.match(metrics, new RegExp(`^tutela_settings_looser_accounts 0\ntutela_settings_accounts ${POPULATION}$`.replace('\n', '\n(?:#.*\n)*'), 'm'))
})

test('the matrix is shown, a changed one is looked at first, and versions are kept', async () => {
  const own = join(d.data, 'policy/minors.yaml')
  const text = readFileSync(own, 'utf8')
  const changed = file('changed.yaml', [text.replace('13-15: {default: friends}', '13-15: {default: nobody}')])
  const shown = (...args) => tutela('minors', 'show', ...args).json.settings.find((s) => s.setting === 'comments')['13-15']
  assert.deepEqual([shown(), shown(changed)], ['friends', 'nobody'])
  const rows = tutela('minors', 'preview', changed).json.changes
  assert.deepEqual(rows.map((r) => [r.setting, r.age_band, r.stricter, r.looser]), [['comments', 'unknown', POPULATION / 4, 0], ['comments', '13-15', POPULATION / 4, 0]].sort((a, b) => rows.findIndex((r) => r.age_band === a[1]) - rows.findIndex((r) => r.age_band === b[1])))
  const broken = tutela('minors', 'preview', file('broken.yaml', [text.replace('13-15: {default: friends}', '13-15: {default: strangers}')]))
  assert.equal(broken.code, 3)
  assert.match(broken.err, /broken\.yaml:\d+:\d+/)
  await until('the version in force', () => tutela('minors', 'history').json.versions.length === 1)
  writeFileSync(own, readFileSync(changed))
  await until('the new version', () => tutela('minors', 'history').json.versions.length === 2)
  assert.equal(tutela('minors', 'history', '1').out, text)
  writeFileSync(own, text)
})

test('the examples of the pages run as they stand', async () => {
  const of = (page) => [...readFileSync(join(root, page), 'utf8').matchAll(/```sh\n([\s\S]*?)```/g)].map((m) => m[1])
  const blocks = of('doc/minors-audit.md')
  const run = (text) => execFileSync('bash', ['-euc', `tutela() { "${bin('tutela')}" --data "${d.data}" "$@" || [ $? = 5 ]; }\n${text}`], { cwd: dir, encoding: 'utf8', env: { ...process.env, TUTELA_URL: d.url, TUTELA_KEY: d.key, TUTELA_DATA: d.data } })
  const out = blocks.map(run)
  assert.match(out[0], /"looser_accounts":2/)
  assert.match(out[2], /account_visibility/)
  run(of('doc/minors.md').find((block) => block.includes('minors preview')))
  for (const block of of('doc/minors-migrate.md')) {
    run(block)
    await until('the migration to rest', () => tutela('minors', 'migrate', 'status').json.migrations.every((m) => !/ing$/.test(m.state)))
  }
})
