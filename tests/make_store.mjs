// Makes the sample store of a release: what a small installation looks like that has been running it. Run once at every
// release with that release's programs; tests/scenario/upgrade.test.mjs upgrades every one of them for ever.
//
//   TUTELA_BUILD=build node tests/make_store.mjs tests/data/stores/0.1.0.tar.gz
import { execFileSync, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { bin, freePort, root, until } from './programs.mjs'
import { password, Person } from './scenario/daemon.mjs'

const out = process.argv[2]
const home = mkdtempSync(join(tmpdir(), 'tutela-store-'))
const data = join(home, 'data')
const tutela = (...args) => JSON.parse(execFileSync(bin('tutela'), ['--data', data, '--json', ...args], { input: password + '\n', encoding: 'utf8' }) || 'null')
tutela('init', '--admin', 'ann', '--password-stdin', '--platform', 'demo')
tutela('user', 'skills', 'ann', 'child_safety terror self_harm')
tutela('user', 'add', 'kim', '--role', 'moderator', '--password-stdin')
const key = tutela('key', 'add', '--platform', 'demo', '--label', 'web').secret
tutela('endpoint', 'add', 'http://127.0.0.1:1/hook', '--platform', 'demo', '--private') // nobody answers: its deliveries wait

const [port, admin] = [await freePort(), await freePort()]
const url = `http://127.0.0.1:${port}`
const sets = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}`, public_url: url, undo_seconds: 0, webhook_private_allow: '127.0.0.0/8' }
const daemon = spawn(bin('tutelad'), ['--data', data, ...Object.entries(sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])], { stdio: ['ignore', 'ignore', 'pipe'] })
let log = ''
daemon.stderr.setEncoding('utf8').on('data', (text) => { log += text })
const ended = new Promise((done) => daemon.on('exit', done))
await until('the rules', () => /RULES_LOADED/.test(log))
await until('the daemon', () => fetch(`http://127.0.0.1:${admin}/readyz`).then((r) => r.ok, () => false))

const call = async (method, path, body) => {
  const bytes = body instanceof Buffer
  const r = await fetch(url + path, { method, headers: { authorization: `Bearer ${key}`, 'content-type': bytes ? 'image/jpeg' : 'application/json' }, body: bytes ? body : JSON.stringify(body) })
  if (!r.ok) throw new Error(`${path}: ${r.status} ${await r.text()}`)
  return r.json()
}
const item = (id, body, more) => call('POST', '/v1/items', { id, kind: 'post', author: { id: `author-of-${id}` }, text: { body }, posted_at: '2026-11-24T07:00:00Z', ...more })
const media = await call('PUT', '/v1/media', readFileSync(join(root, 'tests/data/media/scene04-progressive.jpg')))
for (let i = 0; i < 20; i++) await item(`plain-${i}`, `harmless words number ${i}`)
await item('picture', 'a picture', { kind: 'image', media: [media.id] })
for (const id of ['decided', 'drafted', 'waiting']) await item(id, `DEMO-BANNED-PHRASE in ${id}`)
await call('POST', '/v1/flags', { id: 'flag-1', subject: { kind: 'item', id: 'plain-1' }, kind: 'user', comment: 'look at this' })

const ann = new Person(url)
await ann.signIn('ann')
const next = () => until('a case', async () => (await ann.post('work/next', { queue: null })).body?.case)
const first = await next()
const decided = await ann.post(`cases/${first.id}/decide`, { kind: 'act', policy: 'csae.suspected', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: 'It repeats the banned phrase.', note: '' })
if (decided.status !== 200) throw new Error(`decide: ${decided.bytes}`)
const second = await next()
await ann.post(`cases/${second.id}/note`, { body: 'seen before' })
await ann.post(`cases/${second.id}/release`)
await until('the seal', () => tutela('doctor', '--deep').findings.every((f) => f.check !== 'clerk'))
await new Promise((done) => setTimeout(done, 3000))
daemon.kill('SIGTERM')
await ended
// What the test must find again; the key opens nothing but this store.
const sealed = JSON.parse(execFileSync(bin('tutela'), ['--data', data, '--json', 'backup', join(home, 'copy.db')], { encoding: 'utf8' })).sealed_rows
writeFileSync(join(home, 'expected.json'), JSON.stringify({ key, password, items: 24, sealed, noted: second.id, media: media.id }, null, 2))
mkdirSync(dirname(out), { recursive: true })
execFileSync('tar', ['-czf', out, '--owner=0', '--group=0', '--sort=name', '-C', home, 'data', 'expected.json'])
rmSync(home, { recursive: true })
