// An installation whose programs run with the shim (shim.c): what they do to the data folder is recorded, and fails or
// slows when a test says so. `mark` adds to the record what a client was promised.
import { execFileSync, spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { bin, freePort, root, sleep, until } from '../programs.mjs'
import { Person, password } from '../scenario/daemon.mjs'

export { root, sleep, until }

const builds = resolve(root, process.env.TUTELA_BUILD ?? 'build')
export const built = (name) => join(builds, 'tests/crash', name)

const words = ['files', 'grow_errno', 'write_errno', 'sync_errno', 'sync_count', 'sync_ms', 'no_space', 'hits']
export const store = 1, keys = 2, blobs = 4, other = 8, everything = 15
export const EIO = 5, ENOSPC = 28, EROFS = 30

/** A mark is a record of its own kind; the layout is struct shim_head. */
function markBytes(what) {
  const text = Buffer.from(JSON.stringify(what))
  const head = Buffer.alloc(40)
  head.writeUInt32LE(0x314d4853, 0)
  head.writeUInt16LE(10, 4)
  head.writeUInt32LE(process.pid, 8)
  head.writeBigUInt64LE(BigInt(text.length), 32)
  return Buffer.concat([head, text])
}

export async function install({ sets = {}, record = true, prlimit = [] } = {}) {
  const top = mkdtempSync(join(tmpdir(), 'tutela-power-'))
  const data = join(top, 'data')
  const files = { record: join(top, 'record'), faults: join(top, 'faults') }
  writeFileSync(files.record, '')
  writeFileSync(files.faults, Buffer.alloc(4 * words.length))
  execFileSync('mkdir', [data])
  const env = { ...process.env, LD_PRELOAD: built('libtutela-shim.so'), TUTELA_SHIM_DIR: data, TUTELA_SHIM_FAULTS: files.faults,
    ...(record && { TUTELA_SHIM_RECORD: files.record }) }
  const [log, page] = [openSync(files.record, 'a'), openSync(files.faults, 'r+')]
  const mark = (what) => void (record && writeSync(log, markBytes(what)))
  /** What is not named is well again. */
  const fault = (wanted = {}) => {
    const bytes = Buffer.alloc(4 * words.length)
    for (const [name, value] of Object.entries(wanted)) bytes.writeUInt32LE(value, 4 * words.indexOf(name))
    writeSync(page, bytes, 0, bytes.length, 0)
  }
  const hits = () => readFileSync(files.faults).readUInt32LE(28)
  const tutela = (...args) => {
    const asked = args.includes('--password-stdin') // whoever reads nothing may be gone before it is written
    return JSON.parse(execFileSync(bin('tutela'), ['--data', data, '--json', ...args],
      { ...(asked && { input: password + '\n' }), encoding: 'utf8', env, stdio: [asked ? 'pipe' : 'ignore', 'pipe', 'pipe'] }) || 'null')
  }
  const doctor = (...args) => {
    try {
      return tutela('doctor', ...args).findings ?? []
    } catch (error) {
      return JSON.parse(error.stdout || '{"findings":[]}').findings
    }
  }
  const [port, admin] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const all = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}`, public_url: url, undo_seconds: 0, webhook_private_allow: '127.0.0.0/8', ...sets }
  let child = null, text = ''
  const readyz = () => fetch(`http://127.0.0.1:${admin}/readyz`).then((r) => r.ok, () => false)

  async function start({ wait = true } = {}) {
    const args = ['--data', data, ...Object.entries(all).flatMap(([k, v]) => ['--set', `${k}=${v}`])]
    const from = text.length
    child = prlimit.length ? spawn('prlimit', [...prlimit, bin('tutelad'), ...args], { stdio: ['ignore', 'ignore', 'pipe'], env })
      : spawn(bin('tutelad'), args, { stdio: ['ignore', 'ignore', 'pipe'], env })
    child.stderr.setEncoding('utf8').on('data', (chunk) => { text += chunk })
    if (!wait) return
    await until('readiness', readyz, 60_000).catch((e) => { throw new Error(`${e.message}\n${text.slice(-3000)}`) })
    await until('the rules', () => /RULES_LOADED/.test(text.slice(from)), 60_000)
  }
  async function stop(signal = 'SIGTERM') {
    if (!child || child.exitCode !== null || child.signalCode !== null) return child?.exitCode
    const gone = new Promise((done) => child.once('exit', done))
    child.kill(signal)
    await gone
    return child.exitCode
  }
  const secret = {}
  async function call(method, path, body, { timeout = 60_000 } = {}) {
    const bytes = body instanceof Buffer
    const response = await fetch(url + path, {
      method, signal: AbortSignal.timeout(timeout),
      headers: { authorization: `Bearer ${secret.key}`, ...(body && !(body instanceof FormData) && { 'content-type': bytes ? 'image/png' : 'application/json' }) },
      body: body === undefined || bytes || body instanceof FormData ? body : JSON.stringify(body),
    })
    const said = await response.text()
    return { status: response.status, headers: response.headers, body: said.startsWith('{') ? JSON.parse(said) : null }
  }
  return {
    top, data, files, mark, fault, hits, tutela, doctor, start, stop, call, secret, url, readyz, admin: `http://127.0.0.1:${admin}`,
    child: () => child,
    log: () => text,
    async person(name) {
      const who = new Person(url)
      const answer = await who.signIn(name)
      if (answer.status !== 200) throw new Error(`${name} cannot sign in: ${answer.status}`)
      return who
    },
    /** The process of a role, or null. */
    pid(role) {
      const parents = child ? [child.pid] : []
      for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n)))
        try {
          const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
          const parent = Number(/^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1])
          if (parents.includes(parent) && args[args.indexOf('--role') + 1] === role && args.includes('--role')) return Number(name)
        } catch { /* it has ended meanwhile */ }
      return null
    },
    /** A platform, its administrator, its key, its endpoint at `hook`. */
    set_up(hook) {
      tutela('init', '--admin', 'ann', '--platform', 'demo', '--policy', join(root, 'policy'), '--password-stdin')
      mark({ t: 'made' })
      const key = tutela('key', 'add', '--platform', 'demo', '--label', 'test')
      mark({ t: 'key', id: key.id })
      secret.key = key.secret
      if (hook) tutela('endpoint', 'add', hook, '--platform', 'demo', '--private')
      tutela('user', 'skills', 'ann', 'child_safety terror self_harm')
    },
    async end() {
      fault()
      await stop()
      closeSync(log)
      closeSync(page)
      rmSync(top, { recursive: true, force: true })
    },
  }
}

/** A platform that applies what it hears once and confirms it; `told` hears of both. */
export async function platform(told = () => {}) {
  const heard = new Map()
  const doubled = []
  const later = new Set()
  let confirm = null
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (part) => { body += part }).on('end', () => {
      const event = JSON.parse(body)
      told({ t: 'heard', id: event.id })
      if (!heard.has(event.id)) heard.set(event.id, event)
      else doubled.push(event.id)
      response.end()
      if (event.type !== 'action.requested' || !confirm) return
      const work = confirm(event.data.action_id).then((ok) => ok && told({ t: 'confirmed', id: event.data.action_id }), () => {})
      later.add(work)
      work.finally(() => later.delete(work))
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { heard, doubled, url: `http://127.0.0.1:${server.address().port}/hook`,
    confirms(fn) { confirm = fn },
    rest: () => Promise.all(later),
    stop() {
      server.closeAllConnections()
      server.close()
    } }
}

/** Numbers that are the same for the same seed. */
export function random(seed) {
  let s = seed >>> 0
  return (below) => {
    s = (Math.imul(s, 1664525) + 1013904223) >>> 0
    return Math.floor((s / 2 ** 32) * below)
  }
}
