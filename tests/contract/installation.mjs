// A real installation for the tests of the platform's API: its own folder, free ports, the built programs.
//   const d = await startDaemon({ sets: { undo_seconds: 0 } })
//   d.call('POST', '/v1/items', {...}), d.cli('key', 'list'), d.kill('server'), await d.stop()
import { execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, freePort, root, sleep, until } from '../programs.mjs'

export { root, sleep, until }

/** `ready: false` waits for life only: an installation that is meant to refuse work. */
export async function startDaemon({ sets = {}, scopes = 'ingest match flag accounts confirm events read', ready: wait = true } = {}) {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-'))
  const [port, adminPort] = [await freePort(), await freePort()]
  const all = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${adminPort}`, public_url: `http://localhost:${port}`, ...sets }
  const cli = (...args) =>
    JSON.parse(execFileSync(bin('tutela'), ['--data', dir, ...args, '--json'], { ...(args.includes('--password-stdin') && { input: 'correct horse battery staple\n' }), stdio: [args.includes('--password-stdin') ? 'pipe' : 'ignore', 'pipe', 'pipe'] }).toString() || 'null')
  cli('init', '--admin', 'alex', '--platform', 'demo', '--policy', join(root, 'policy'), '--password-stdin')
  const key = (wanted = scopes, ...more) => cli('key', 'add', '--platform', 'demo', '--scopes', wanted, ...more)
  const secret = key().secret
  let child = null
  let log = ''

  async function start() {
    const args = ['--data', dir, ...Object.entries(all).flatMap(([k, v]) => ['--set', `${k}=${v}`])]
    child = spawn(bin('tutelad'), args, { stdio: ['ignore', 'ignore', 'pipe'] })
    child.stderr.on('data', (bytes) => (log += bytes))
    await ready().catch((error) => {
      child.kill('SIGKILL')
      throw error
    })
  }
  async function ready() {
    await until(`readiness; the log says:\n${log.slice(-2000)}`, async () => {
      const answer = await fetch(`http://127.0.0.1:${adminPort}/${wait ? 'readyz' : 'healthz'}`).catch(() => null)
      return answer?.ok
    })
  }
  async function stop() {
    if (child && child.exitCode === null && child.signalCode === null) {
      const gone = new Promise((done) => child.once('exit', done))
      child.kill('SIGTERM')
      await gone
    }
    return child?.exitCode
  }
  /** The process of a role. */
  function pid(role) {
    for (const name of readdirSync('/proc').filter((n) => /^\d+$/.test(n))) {
      try {
        const args = readFileSync(`/proc/${name}/cmdline`, 'utf8').split('\0')
        const parent = /^PPid:\s*(\d+)/m.exec(readFileSync(`/proc/${name}/status`, 'utf8'))?.[1]
        if (Number(parent) === child.pid && args[args.indexOf('--role') + 1] === role && args.includes('--role')) return Number(name)
      } catch {
        // it has ended meanwhile
      }
    }
    return null
  }
  async function call(method, path, body, { key: with_ = secret, type, headers = {}, raw = false } = {}) {
    const isBytes = typeof body === 'string' || body instanceof Uint8Array
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, {
      method,
      headers: {
        ...(with_ ? { authorization: `Bearer ${with_}` } : {}),
        ...(body !== undefined && !(body instanceof FormData) ? { 'content-type': type ?? 'application/json' } : {}),
        ...headers,
      },
      body: body === undefined || isBytes || body instanceof FormData ? body : JSON.stringify(body),
    })
    if (raw) return answer
    const text = await answer.text()
    const json = /[/+]json$/.test(answer.headers.get('content-type')?.split(';')[0] ?? '') ? JSON.parse(text) : null
    return { status: answer.status, headers: answer.headers, text, json }
  }

  await start()
  return {
    dir, port, adminPort, secret, key, cli, call, start, stop, ready, pid,
    supervisor: () => child.pid,
    url: `http://127.0.0.1:${port}`,
    admin: `http://127.0.0.1:${adminPort}`,
    log: () => log,
    kill: (role, signal = 'SIGKILL') => process.kill(pid(role), signal),
    killAll: () => {
      const pids = ['server', 'worker', 'courier', 'clerk'].map(pid).filter(Boolean)
      child.kill('SIGKILL')
      for (const p of pids) try { process.kill(p, 'SIGKILL') } catch { /* gone */ }
    },
    async end() {
      await stop()
      rmSync(dir, { recursive: true, force: true })
      const found = /(WARNING|ERROR): \w+Sanitizer[\s\S]{0,3000}|runtime error:.*/.exec(log)
      if (found) throw new Error(found[0])
    },
  }
}
