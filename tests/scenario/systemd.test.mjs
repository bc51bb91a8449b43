// The unit file for systemd: how exposed the analysis finds it, that the daemon lives and works within it (under its
// system call filter, without capabilities, not as root), and that it tells the manager when it is ready and when it stops.
import assert from 'node:assert/strict'
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { chmodSync, chownSync, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { bin, freePort, root, until } from '../programs.mjs'

const unit = join(root, 'packaging/systemd/tutela.service')
const lines = readFileSync(unit, 'utf8').split('\n')
const setting = (name) => lines.find((line) => line.startsWith(name + '='))?.slice(name.length + 1)
const NOBODY = 65534

test('the analysis of systemd finds less than 2.0 of exposure, and no setting that it does not know', () => {
  const seen = spawnSync('systemd-analyze', ['security', '--offline=true', unit], { encoding: 'utf8' })
  const level = /Overall exposure level for tutela.service: ([0-9.]+)/.exec(seen.stdout)
  assert.ok(level, seen.stderr)
  assert.ok(Number(level[1]) < 2.0, `exposure ${level[1]}`)
  assert.doesNotMatch(seen.stderr, /[Uu]nknown|ignoring|Failed to parse/)
})

/** The names behind SystemCallFilter=, groups opened up. */
function systemCalls() {
  const names = new Set()
  const waiting = setting('SystemCallFilter').split(' ')
  while (waiting.length) {
    const name = waiting.pop()
    if (names.has(name)) continue
    names.add(name)
    if (!name.startsWith('@')) continue
    const text = execFileSync('systemd-analyze', ['syscall-filter', name], { encoding: 'utf8' })
    waiting.push(...text.split('\n').slice(1).map((line) => line.trim()).filter((line) => line && !line.startsWith('#')))
  }
  return [...names].filter((name) => !name.startsWith('@'))
}

/** The programs as they would be installed, where anybody may read them, and a folder for data. */
function installed(t) {
  const at = mkdtempSync(join(tmpdir(), 'tutela-systemd-'))
  t.after(() => rmSync(at, { recursive: true, force: true }))
  chmodSync(at, 0o755)
  mkdirSync(join(at, 'bin'))
  for (const name of ['tutela', 'tutelad', 'tutela-decode']) copyFileSync(bin(name), join(at, 'bin', name))
  cpSync(join(root, 'policy'), join(at, 'share/tutela/policy'), { recursive: true })
  mkdirSync(join(at, 'data'), { mode: 0o700 })
  if (process.getuid() === 0) chownSync(join(at, 'data'), NOBODY, NOBODY)
  return { data: join(at, 'data'), program: (name) => join(at, 'bin', name) }
}

/** A socket that hears what is told to a service manager. */
function manager(t, at) {
  const hear = `import socket,os,sys
s=socket.socket(socket.AF_UNIX,socket.SOCK_DGRAM);s.bind(sys.argv[1]);os.chmod(sys.argv[1],0o777);s.settimeout(120)
while True: print(s.recv(4096).decode(),flush=True)`
  const child = spawn('python3', ['-c', hear, at], { stdio: ['ignore', 'pipe', 'ignore'] })
  t.after(() => child.kill('SIGKILL'))
  const heard = []
  child.stdout.setEncoding('utf8').on('data', (text) => heard.push(...text.trim().split('\n')))
  return heard
}

test('the daemon starts, scans a picture and stops within what the unit allows, and says so', async (t) => {
  const { data, program } = installed(t)
  const calls = systemCalls().join('\n') + '\n'
  assert.ok(calls.length > 2000)
  const confine = join(bin('tutela'), '../../../tests/confine')
  assert.ok(existsSync(confine), 'tests/confine is not built')
  const confined = (name, ...args) => spawnSync(confine, [program(name), '--data', data, ...args], { input: calls, encoding: 'utf8', cwd: '/' })
  const init = confined('tutela', 'init', '--platform', 'demo')
  assert.equal(init.status, 0, init.stderr)
  const key = JSON.parse(confined('tutela', '--json', 'key', 'add', '--label', 'test').stdout).secret

  const address = join(data, '../manager')
  const heard = manager(t, address)
  await until('the manager', () => existsSync(address))
  const [port, admin] = [await freePort(), await freePort()]
  const daemon = spawn(confine, [program('tutelad'), '--data', data, '--set', `listen=127.0.0.1:${port}`, '--set', `admin_listen=127.0.0.1:${admin}`],
    { cwd: '/', env: { ...process.env, NOTIFY_SOCKET: address }, stdio: ['pipe', 'ignore', 'pipe'] })
  daemon.stdin.end(calls)
  t.after(() => daemon.kill('SIGKILL'))
  let log = ''
  daemon.stderr.setEncoding('utf8').on('data', (text) => { log += text })
  const ended = new Promise((done) => daemon.on('exit', (code) => done(code)))
  await until('READY', () => heard.includes('READY=1'), 30_000).catch((error) => { throw new Error(error.message + '\n' + log) })
  assert.equal((await fetch(`http://127.0.0.1:${admin}/readyz`)).status, 200, 'ready means ready')

  const form = new FormData()
  form.append('item', new Blob([JSON.stringify({ id: 'p1', kind: 'image', author: { id: 'u1' }, posted_at: '2026-11-24T07:00:00Z' })], { type: 'application/json' }))
  form.append('media', new Blob([readFileSync(join(root, 'tests/data/media/scene04.heic'))]), 'p.heic')
  const headers = { authorization: `Bearer ${key}` }
  const sent = await fetch(`http://127.0.0.1:${port}/v1/items`, { method: 'POST', headers, body: form })
  assert.equal(sent.status, 202, await sent.text())
  const item = await until('the verdict', async () => {
    const seen = await (await fetch(`http://127.0.0.1:${port}/v1/items/p1`, { headers })).json()
    return seen.verdict && seen
  }, 30_000).catch((error) => { throw new Error(error.message + '\n' + log) })
  assert.equal(item.state, 'scanned', log)
  assert.equal(item.media?.[0]?.state ?? 'decoded', 'decoded')

  daemon.kill('SIGTERM')
  assert.equal(await ended, 0, log)
  await until('STOPPING', () => heard.includes('STOPPING=1'))
  assert.doesNotMatch(log, /JAIL_WEAK/)
})
