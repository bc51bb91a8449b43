// Continuous copies of a living installation: everything answered 202 is in the copy a moment later, whoever is killed; a
// restore on an empty machine brings items, texts, media and decisions back; a moment of the past can be asked for.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, freePort, root, sleep, until } from '../programs.mjs'

const picture = readFileSync(join(root, 'tests/data/media/scene04-progressive.jpg'))

class Installation {
  constructor(home) {
    this.home = home
    this.data = join(home, 'data')
    this.copies = join(home, 'copies')
    this.keys = join(home, 'keys')
    this.sets = { backup_dir: this.copies, backup_keys_dir: this.keys, media_max_bytes: 1 << 20 }
  }

  run(data, ...args) {
    const sets = Object.entries(this.sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])
    return spawnSync(bin('tutela'), ['--data', data, '--json', ...sets, ...args], { encoding: 'utf8' })
  }

  tutela(...args) {
    const r = this.run(this.data, ...args)
    assert.equal(r.status, 0, r.stderr)
    return JSON.parse(r.stdout || 'null')
  }

  async start() {
    const [port, admin] = [await freePort(), await freePort()]
    this.url = `http://127.0.0.1:${port}`
    this.admin = `http://127.0.0.1:${admin}`
    const sets = { ...this.sets, listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}` }
    this.log = ''
    this.daemon = spawn(bin('tutelad'), ['--data', this.data, ...Object.entries(sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])],
      { stdio: ['ignore', 'ignore', 'pipe'], detached: true })
    this.daemon.stderr.setEncoding('utf8').on('data', (text) => { this.log += text })
    this.ended = new Promise((done) => this.daemon.on('exit', done))
    await until('the daemon', () => fetch(this.admin + '/readyz').then((r) => r.ok, () => false), 30_000)
  }

  async stop(signal = 'SIGTERM') {
    if (!this.daemon) return
    process.kill(signal === 'SIGKILL' ? -this.daemon.pid : this.daemon.pid, signal)
    await this.ended
    this.daemon = null
  }

  /** The process of a role. */
  pid(role) {
    const out = execFileSync('ps', ['-eo', 'pid,args'], { encoding: 'utf8' })
    const line = out.split('\n').find((text) => text.includes(`--data ${this.data} --role ${role}`))
    return line ? Number(line.trim().split(' ')[0]) : null
  }

  async api(method, path, body) {
    const bytes = body instanceof Buffer
    const response = await fetch(this.url + path, { method, body: bytes ? body : body && JSON.stringify(body),
      headers: { authorization: `Bearer ${this.key}`, 'content-type': bytes ? 'image/jpeg' : 'application/json' } })
    return { status: response.status, body: await response.json().catch(() => null) }
  }

  async publish(id, media) {
    const answer = await this.api('POST', '/v1/items', { id, kind: media ? 'image' : 'post', author: { id: `u-${id}` }, text: { body: `words of ${id}` },
      posted_at: '2026-11-24T07:00:00Z', ...(media && { media: [media] }) })
    assert.equal(answer.status, 202, JSON.stringify(answer.body))
  }

  /** The newest moment of both copies is past `since`. */
  async copied(since) {
    return until('the copies', () => {
      const r = this.run(this.data, 'backup', 'status')
      if (r.status !== 0) return false
      const s = JSON.parse(r.stdout)
      return Date.parse(s.last) > since && s
    }, 60_000).catch((error) => { throw new Error(`${error.message}\n${this.log}`) })
  }
}

function setUp(t) {
  const home = mkdtempSync(join(tmpdir(), 'tutela-backup-'))
  const at = new Installation(home)
  t.after(async () => {
    await at.stop('SIGKILL')
    rmSync(home, { recursive: true, force: true })
  })
  at.tutela('init', '--admin', 'ann', '--platform', 'demo')
  at.key = at.tutela('key', 'add', '--label', 'test').secret
  return at
}

/** Another machine: nothing but the operator's copy of master.key. */
function newMachine(at, name) {
  const data = join(at.home, name)
  mkdirSync(data, { mode: 0o700 })
  copyFileSync(join(at.data, 'master.key'), join(data, 'master.key'))
  chmodSync(join(data, 'master.key'), 0o600)
  return data
}

const texts = (at, data, ids) => ids.map((id) => {
  const r = at.run(data, 'item', 'show', id, '--text')
  return r.status === 0 ? JSON.stringify(JSON.parse(r.stdout).text) : null
})

test('what was accepted is in the copies, though roles are killed, and comes back on an empty machine', async (t) => {
  const at = setUp(t)
  await at.start()
  const media = (await at.api('PUT', '/v1/media', picture)).body.id
  const ids = []
  for (let round = 0; round < 6; round++) {
    for (let i = 0; i < 40; i++) {
      ids.push(`r${round}-${i}`)
      await at.publish(ids.at(-1), i === 0 ? media : undefined)
    }
    const victim = ['backup', 'clerk', 'backup', 'server', 'backup'][round]
    const pid = victim && at.pid(victim)
    if (pid) process.kill(pid, 'SIGKILL')
    if (victim === 'server') await until('the server', () => fetch(at.admin + '/readyz').then((r) => r.ok, () => false))
  }
  await at.copied(Date.now())
  await at.stop('SIGKILL') // the machine is lost at this moment

  const data = newMachine(at, 'other')
  const back = at.run(data, 'restore', at.copies, '--keys', at.keys)
  assert.equal(back.status, 0, back.stderr)
  const report = JSON.parse(back.stdout)
  assert.equal(report.items, ids.length)
  assert.equal(report.verified, true)
  assert.ok(report.media_files >= 1)
  const read = texts(at, data, [ids[0], ids[100], ids.at(-1)])
  assert.match(read[0], /words of r0-0/)
  assert.match(read[1], /words of r2-20/)
  assert.match(read[2], /words of r5-39/)

  at.data = data // and it goes on from there, with copies of its own life
  await at.start()
  await at.publish('after')
  await at.copied(Date.now())
  assert.equal((await at.api('GET', '/v1/items/r3-7')).status, 200)
  const doctor = JSON.parse(at.run(at.data, 'doctor', '--deep').stdout)
  assert.deepEqual(doctor.findings.filter((f) => f.level === 'problem'), [])
})

test('a moment of the past, a drill, and a clean stop that leaves one file', async (t) => {
  const at = setUp(t)
  await at.start()
  await at.publish('first')
  const status = await at.copied(Date.now())
  assert.ok(status.behind_s < 30)
  const between = new Date().toISOString()
  await sleep(5)
  await at.publish('second')
  await at.copied(Date.now())

  const drill = at.tutela('backup', 'drill')
  assert.equal(drill.items, 2)
  assert.equal(drill.texts_opened, 2)
  assert.equal(drill.media_missing, 0)
  assert.ok(!readdirSync(at.data).some((name) => name.startsWith('drill-')), 'nothing is left of it')

  await at.stop()
  assert.ok(!existsSync(join(at.data, 'store.db-wal')), 'the log is merged')
  const data = newMachine(at, 'past')
  const back = at.run(data, 'restore', at.copies, '--keys', at.keys, '--until', between)
  assert.equal(back.status, 0, back.stderr)
  assert.equal(JSON.parse(back.stdout).items, 1)

  const before = readdirSync(join(at.copies, 'store')).length
  await at.start()
  await at.publish('third')
  await at.copied(Date.now())
  assert.equal(readdirSync(join(at.copies, 'store')).length, before, at.log + 'the same generation goes on after a clean stop')
})

test('what is missing is said before anything is touched', (t) => {
  const at = setUp(t)
  const empty = join(at.home, 'nothing')
  mkdirSync(empty)
  const data = join(at.home, 'new')
  mkdirSync(data)
  const said = (...args) => {
    const r = at.run(data, ...args)
    assert.notEqual(r.status, 0)
    return r.stderr + r.stdout
  }
  assert.match(said('restore', empty), /there is no master.key/)
  copyFileSync(join(at.data, 'master.key'), join(data, 'master.key'))
  assert.match(said('restore', empty), /--keys FOLDER/)
  assert.match(said('restore', empty, '--keys', empty), /no complete copy/)
  assert.match(said('restore', empty, '--keys', empty, '--until', 'yesterday'), /not a moment/)
  assert.match(at.run(at.data, 'restore', empty).stderr, /there is a store/)
  at.sets.backup_dir = ''
  assert.match(at.run(at.data, 'backup', 'status').stderr, /backup_dir is not set/)
})

test('a target that cannot be written stops nobody, and copies go on when it can be', async (t) => {
  const at = setUp(t)
  mkdirSync(at.copies)
  at.sets.backup_dir = join(at.home, 'file/copies')
  execFileSync('touch', [join(at.home, 'file')])
  await at.start()
  await at.publish('during')
  await until('the log line', () => /BACKUP_FAILED/.test(at.log), 30_000)
  await until('the verdict', async () => (await at.api('GET', '/v1/items/during')).body.verdict, 30_000)
  rmSync(join(at.home, 'file'))
  await until('copies', () => /BACKUP_AGAIN/.test(at.log), 30_000).catch((error) => { throw new Error(error.message + at.log) })
  await at.copied(Date.now())
})
