// An installation with people, a key and a platform that receives webhooks. Everything is stopped and removed by `stop()`.
import { createServer } from 'node:http'
import { Installation, password } from '../installation.mjs'
import { until } from '../programs.mjs'

export { password, until }

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
    const answer = { status: response.status, headers: response.headers, bytes, body: /[/+]json/.test(type) ? JSON.parse(bytes) : null }
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
  const platform = await startPlatform()
  const it = await Installation.create({ prefix: 'tutela-scenario-', name: host, sets: { undo_seconds: 1, webhook_private_allow: '127.0.0.0/8', ...settings } })
  const tutela = (...args) => it.tutela(...args)
  tutela('user', 'skills', 'ann', 'child_safety terror self_harm')
  for (const role of ['moderator', 'specialist', 'lead', 'viewer'])
    tutela('user', 'add', role, '--role', role, '--password-stdin')
  const key = tutela('key', 'add', '--platform', 'demo', '--label', 'test').secret
  tutela('endpoint', 'add', `http://127.0.0.1:${platform.port}/hook`, '--platform', 'demo', '--private')

  const api = async (method, path, body) => {
    const response = await fetch(it.url + path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': body instanceof Buffer ? 'image/png' : 'application/json' },
      body: body instanceof Buffer ? body : body && JSON.stringify(body),
    })
    return { status: response.status, body: await response.json().catch(() => null) }
  }
  const stop = async () => {
    platform.stop()
    await it.end()
  }
  try {
    await it.start({ rules: true })
  } catch (error) {
    await stop()
    throw error
  }
  return { url: it.url, admin: it.admin, data: it.data, key, tutela, api, platform, stop, log: () => it.log, pid: it.pid, roles: () => it.roles(), jails: () => it.jails(),
    /** Stops the daemon and keeps its data, for resume(). */
    halt: () => it.stop(),
    resume: () => it.start({ rules: true }),
    async person(name) {
      const who = new Person(it.url)
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
