// An installation for the tests of the platform's API, with one key.
//   const d = await startDaemon({ sets: { undo_seconds: 0 } })
//   d.call('POST', '/v1/items', {...}), d.cli('key', 'list'), d.kill('server'), await d.end()
import { join } from 'node:path'
import { Installation } from '../installation.mjs'
import { root, sleep, until } from '../programs.mjs'

export { root, sleep, until }

/** `ready: false` waits for life only: an installation that is meant to refuse work. */
export async function startDaemon({ sets = {}, scopes = 'ingest match flag accounts confirm events read', ready: wait = true, testing = false } = {}) {
  const it = await Installation.create({ sets, name: 'localhost', init: ['--admin', 'alex', '--platform', 'demo', '--policy', join(root, 'policy')] })
  it.testing = testing
  const key = (wanted = scopes, ...more) => it.tutela('key', 'add', '--platform', 'demo', '--scopes', wanted, ...more)
  const secret = key().secret

  async function call(method, path, body, { key: with_ = secret, type, headers = {}, raw = false } = {}) {
    const isBytes = typeof body === 'string' || body instanceof Uint8Array
    const answer = await fetch(it.url + path, {
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

  const start = () => it.start({ ready: wait ? 'readyz' : 'healthz' })
  await start()
  return {
    dir: it.data, port: it.port, adminPort: it.adminPort, url: it.url, admin: it.admin, secret, key, call, start,
    cli: (...args) => it.tutela(...args),
    stop: () => it.stop(),
    end: () => it.end(),
    ready: () => it.ready(wait ? 'readyz' : 'healthz'),
    pid: (role) => it.roles().find((r) => r.role === role)?.pid ?? null,
    supervisor: () => it.pid,
    log: () => it.log,
    kill: (role, signal) => it.kill(role, signal),
    killAll: () => it.killAll(),
  }
}
