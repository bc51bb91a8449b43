// The upgrade drill: the sample store of every release (tests/make_store.mjs) is taken over by these programs, as an operator
// would: a copy first, new programs, start. Everything is there and goes on; the copy brings the old state back.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, freePort, root, until } from '../programs.mjs'
import { Person } from './daemon.mjs'

const stores = join(root, 'tests/data/stores')

for (const file of readdirSync(stores).filter((name) => name.endsWith('.tar.gz'))) {
  test(`a store of ${file.replace('.tar.gz', '')} goes on`, async (t) => {
    const home = mkdtempSync(join(tmpdir(), 'tutela-upgrade-'))
    t.after(() => rmSync(home, { recursive: true, force: true }))
    execFileSync('tar', ['-xzf', join(stores, file), '-C', home])
    const was = JSON.parse(readFileSync(join(home, 'expected.json'), 'utf8'))
    const data = join(home, 'data')
    const run = (...args) => spawnSync(bin('tutela'), ['--data', data, '--json', ...args], { encoding: 'utf8' })
    const tutela = (...args) => {
      const r = run(...args)
      assert.equal(r.status, 0, `${args.join(' ')}: ${r.stderr}`)
      return JSON.parse(r.stdout || 'null')
    }

    // The copy is taken by hand here: `tutela backup` of these programs would upgrade the store before copying it.
    execFileSync('cp', ['-a', data, join(home, 'before')])

    const heard = []
    const platform = createServer((request, response) => {
      let text = ''
      request.on('data', (chunk) => { text += chunk }).on('end', () => { heard.push(JSON.parse(text)); response.end() })
    }).listen(0, '127.0.0.1')
    t.after(() => platform.close())
    await until('the platform', () => platform.address())
    tutela('endpoint', 'add', `http://127.0.0.1:${platform.address().port}/hook`, '--platform', 'demo', '--private', '--replace')

    const [port, admin] = [await freePort(), await freePort()]
    const url = `http://127.0.0.1:${port}`
    const sets = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}`, public_url: url, webhook_private_allow: '127.0.0.0/8' }
    const daemon = spawn(bin('tutelad'), ['--data', data, ...Object.entries(sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])], { stdio: ['ignore', 'ignore', 'pipe'] })
    let log = ''
    daemon.stderr.setEncoding('utf8').on('data', (text) => { log += text })
    const ended = new Promise((done) => daemon.on('exit', done))
    t.after(() => { daemon.kill('SIGKILL') })
    await until('the daemon', () => fetch(`http://127.0.0.1:${admin}/readyz`).then((r) => r.ok, () => false), 30_000).catch((error) => { throw new Error(error.message + log) })

    const call = async (method, path, body) => {
      const r = await fetch(url + path, { method, headers: { authorization: `Bearer ${was.key}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body) })
      return { status: r.status, body: await r.json() }
    }
    for (const id of ['plain-0', 'picture', 'decided', 'waiting']) assert.equal((await call('GET', `/v1/items/${id}`)).status, 200, id)
    assert.match(JSON.stringify(tutela('item', 'show', 'plain-7', '--text')), /harmless words number 7/)
    assert.equal((await call('POST', '/v1/items?wait=2000', { id: 'new', kind: 'post', author: { id: 'author-of-plain-0' }, text: { body: 'after the upgrade' }, posted_at: '2026-11-24T08:00:00Z' })).body.id, 'new')
    await until('the new verdict', async () => (await call('GET', '/v1/items/new')).body.verdict, 30_000)
    await until('what waited at the upgrade', () => heard.some((event) => event.type === 'action.requested'), 60_000).catch((error) => { throw new Error(error.message + log) })

    const ann = new Person(url)
    assert.equal((await ann.signIn('ann', was.password)).status, 200, 'the old password')
    const noted = await ann.get(`cases/${was.noted}`)
    assert.ok(noted.body.notes.some((note) => note.body === 'seen before'))
    const work = (await ann.post('work/next', { queue: null })).body.case
    const decided = await ann.post(`cases/${work.id}/decide`, { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' })
    assert.equal(decided.status, 200, decided.bytes)

    daemon.kill('SIGTERM')
    assert.equal(await ended, 0, log)
    const copy = tutela('backup', join(home, 'after.db'))
    assert.ok(copy.sealed_rows > was.sealed, 'the chain goes on where it was')
    assert.ok(copy.items >= was.items)

    // The way back: the old folder, with the old programs. These programs can still read it as well.
    execFileSync('rm', ['-rf', data])
    execFileSync('cp', ['-a', join(home, 'before'), data])
    assert.equal(tutela('backup', join(home, 'again.db')).sealed_rows, was.sealed)
  })
}

test('a store of a newer program is refused and left as it is', (t) => {
  const data = mkdtempSync(join(tmpdir(), 'tutela-newer-'))
  t.after(() => rmSync(data, { recursive: true, force: true }))
  const run = (name, ...args) => spawnSync(bin(name), ['--data', data, ...args], { encoding: 'utf8' })
  assert.equal(run('tutela', 'init').status, 0)
  execFileSync('sqlite3', [join(data, 'store.db'), 'PRAGMA user_version=999'])
  for (const [name, ...args] of [['tutela', 'queue', 'list'], ['tutelad', '--role', 'clerk']]) {
    const r = run(name, ...args)
    assert.notEqual(r.status, 0)
    assert.match(r.stderr, /999/)
    assert.match(r.stderr, /newer/)
  }
  assert.equal(execFileSync('sqlite3', [join(data, 'store.db'), 'PRAGMA user_version'], { encoding: 'utf8' }).trim(), '999')
})
