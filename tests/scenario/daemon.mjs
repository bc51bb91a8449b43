// A real installation for one test file: a data folder made by `tutela init`, the daemon on free ports, people signed
// in, a platform that receives webhooks. Everything is stopped and removed by `stop()`.
import { spawn, execFileSync } from 'node:child_process'
import { createServer } from 'node:http'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { bin, freePort, until } from '../programs.mjs'

export { until }
export const password = 'correct horse battery'

/** A person's browser, as far as the API can tell. `Person.heard` may look at every answer. */
export class Person {
  static heard = () => {}

  constructor(url) { this.url = url }

  async call(method, path, body, headers = {}) {
    const response = await fetch(this.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...(this.cookie && { cookie: `__Host-tutela=${this.cookie}` }),
        ...(method !== 'GET' && { origin: this.url }),
        ...(method !== 'GET' && this.csrf && { 'x-csrf-token': this.csrf }),
        ...(body !== undefined && { 'content-type': 'application/json' }),
        ...headers,
      },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const bytes = Buffer.from(await response.arrayBuffer())
    const type = response.headers.get('content-type') ?? ''
    const answer = { status: response.status, headers: response.headers, bytes, body: type.includes('json') ? JSON.parse(bytes) : null }
    Person.heard(method, path, answer)
    return answer
  }

  get(path) { return this.call('GET', '/console/api/' + path) }
  post(path, body = {}) { return this.call('POST', '/console/api/' + path, body) }

  async signIn(name, secret = password) {
    const answer = await this.post('session', { name, password: secret })
    this.cookie = /__Host-tutela=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1]
    this.csrf = answer.body?.csrf
    return answer
  }
}

/** What the platform hears. `confirm` answers every requested action as done. */
async function startPlatform() {
  const heard = []
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (chunk) => { text += chunk }).on('end', () => {
      heard.push({ headers: request.headers, event: JSON.parse(text) })
      response.end()
    })
  })
  await new Promise((done) => server.listen(0, '127.0.0.1', done))
  return { heard, port: server.address().port, stop: () => server.close() }
}

/** `host` is the name in public_url: passkeys need one. */
export async function start({ host = '127.0.0.1', ...settings } = {}) {
  const data = mkdtempSync(join(tmpdir(), 'tutela-scenario-'))
  const tutela = (...args) => JSON.parse(execFileSync(bin('tutela'), ['--data', data, '--json', ...args], { input: password + '\n', encoding: 'utf8' }) || 'null')
  const platform = await startPlatform()
  tutela('init', '--admin', 'ann', '--password-stdin', '--platform', 'demo')
  tutela('user', 'skills', 'ann', 'child_safety terror self_harm')
  for (const role of ['moderator', 'specialist', 'lead', 'viewer'])
    tutela('user', 'add', role, '--role', role, '--password-stdin')
  const key = tutela('key', 'add', '--platform', 'demo', '--label', 'test').secret
  tutela('endpoint', 'add', `http://127.0.0.1:${platform.port}/hook`, '--platform', 'demo', '--private')

  const [port, admin] = [await freePort(), await freePort()]
  const url = `http://127.0.0.1:${port}`
  const sets = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}`, public_url: `http://${host}:${port}`, undo_seconds: 1,
    webhook_private_allow: '127.0.0.0/8', ...settings }
  const child = spawn(bin('tutelad'), ['--data', data, ...Object.entries(sets).flatMap(([k, v]) => ['--set', `${k}=${v}`])],
    { stdio: ['ignore', 'ignore', 'pipe'] })
  let log = ''
  child.stderr.setEncoding('utf8').on('data', (chunk) => { log += chunk })
  const ended = new Promise((done) => child.on('exit', done))
  const api = async (method, path, body) => {
    const response = await fetch(url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': body instanceof Buffer ? 'image/png' : 'application/json' },
      body: body instanceof Buffer ? body : body && JSON.stringify(body),
    })
    return { status: response.status, body: await response.json().catch(() => null) }
  }
  const stop = async () => {
    child.kill('SIGTERM')
    await ended
    platform.stop()
    rmSync(data, { recursive: true, force: true })
    if (/Sanitizer|runtime error/.test(log)) throw new Error(log)
  }
  try {
    await until('the daemon', () => fetch(`http://127.0.0.1:${admin}/readyz`).then((r) => r.ok, () => false))
    await until('the rules', () => /RULES_LOADED/.test(log))
  } catch (error) {
    await stop()
    throw new Error(`${error.message}\n${log}`)
  }
  return { url, admin: `http://127.0.0.1:${admin}`, data, key, tutela, api, platform, stop, log: () => log, pid: child.pid,
    async person(name) {
      const who = new Person(url)
      const answer = await who.signIn(name)
      if (answer.status !== 200) throw new Error(`${name} cannot sign in: ${answer.bytes}`)
      return who
    },
    /** Sends an item and waits for its verdict. */
    async item(id, body, more = {}) {
      const answer = await api('POST', '/v1/items?wait=2000', { id, kind: 'post', author: { id: 'u-1' }, text: { body }, posted_at: '2026-11-24T07:00:00Z', ...more })
      if (answer.status >= 300) throw new Error(JSON.stringify(answer.body))
      await until(`the verdict of ${id}`, async () => (await api('GET', `/v1/items/${id}`)).body.verdict)
      return (await api('GET', `/v1/items/${id}`)).body
    } }
}
