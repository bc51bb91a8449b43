// A real Tutela for one test: its own data folder, an administrator, a platform that sends items, receives webhooks and
// confirms what it is asked to do. Everything on loopback; nothing outlives stop().
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createServer as createSocket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const BUILD = join(ROOT, process.env.BUILD ?? 'build')
const NAME = 'ada'
const PASSWORD = 'quiet harbour evening 4'

async function freePort() {
  const server = createSocket().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  return port
}

function program(name) {
  return join(BUILD, 'src/bin', name)
}

export function tutela(data, args, input) {
  return execFileSync(program('tutela'), ['--data', data, ...args, '--json'], { input, encoding: 'utf8', stdio: ['pipe', 'pipe', 'pipe'] })
}

/** Calls `attempt` until it gives something, at most `ms`. */
export async function until(attempt, what, ms = 20_000) {
  const end = Date.now() + ms
  for (;;) {
    const value = await attempt().catch(() => null)
    if (value) return value
    if (Date.now() > end) throw new Error(`gave up waiting for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

/** The platform's side: answers every webhook, and confirms each action that is asked for. */
async function startPlatform(api) {
  const received = []
  const server = createServer((req, res) => {
    let text = ''
    req.on('data', (part) => { text += part })
    req.on('end', async () => {
      res.writeHead(200).end()
      const event = JSON.parse(text)
      received.push(event)
      if (event.type !== 'action.requested') return
      const answer = await api('POST', `/v1/actions/${event.data.action_id}/confirm`, { outcome: 'done', note: 'carried out' }).catch((e) => e)
      if (answer?.status >= 300) console.error('confirm refused', answer.status, await answer.text())
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { received, url: `http://127.0.0.1:${server.address().port}/hooks`, stop: () => { server.closeAllConnections(); server.close() } }
}

/** settings: configuration keys to set. */
export async function startDaemon(settings = {}) {
  const data = mkdtempSync(join(tmpdir(), 'tutela-e2e-'))
  const [port, admin] = [await freePort(), await freePort()]
  const url = `http://localhost:${port}`
  tutela(data, ['init', '--admin', NAME, '--platform', 'harbour', '--policy', join(ROOT, 'policy'), '--password-stdin'], PASSWORD + '\n')
  tutela(data, ['user', 'skills', NAME, 'child_safety terror self_harm'])
  const key = JSON.parse(tutela(data, ['key', 'add', '--platform', 'harbour', '--label', 'harbour, production']))
  const secret = key.secret ?? key.key?.secret
  const api = (method, path, body, headers = {}) => fetch(url + path, {
    method, body: typeof body === 'string' || body instanceof FormData ? body : JSON.stringify(body),
    headers: { Authorization: `Bearer ${secret}`, ...(body instanceof FormData ? {} : { 'Content-Type': 'application/json' }), ...headers },
  })
  const platform = await startPlatform(api)
  tutela(data, ['endpoint', 'add', platform.url, '--platform', 'harbour', '--private', '--set', 'webhook_private_allow=127.0.0.0/8'])
  const all = { listen: `127.0.0.1:${port}`, admin_listen: `127.0.0.1:${admin}`, public_url: url, webhook_private_allow: '127.0.0.0/8', undo_seconds: '2', ...settings }
  const child = spawn(program('tutelad'), ['--data', data, ...Object.entries(all).flatMap(([k, v]) => ['--set', `${k}=${v}`])], { stdio: ['ignore', 'pipe', 'pipe'] })
  let log = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => { log = (log + part).slice(-200_000) })
  const stop = async () => {
    platform.stop()
    if (child.exitCode === null) {
      child.kill('SIGTERM')
      const killer = setTimeout(() => child.kill('SIGKILL'), 8000)
      await once(child, 'exit')
      clearTimeout(killer)
    }
    if (process.env.KEEP) writeFileSync(join(data, 'log'), log)
    else rmSync(data, { recursive: true, force: true })
  }
  try {
    await until(async () => {
      if (child.exitCode !== null) throw new Error('the daemon ended')
      return (await fetch(`http://127.0.0.1:${admin}/readyz`)).ok
    }, 'the daemon to be ready')
  } catch (error) {
    console.error(log.slice(-4000))
    await stop()
    throw error
  }
  return {
    url, name: NAME, password: PASSWORD, data, secret, api, platform, stop, log: () => log,
    /** Hands in one item, with pictures as [bytes]. */
    async item(item, pictures = []) {
      if (!pictures.length) return api('POST', '/v1/items', item)
      const form = new FormData()
      form.append('item', new Blob([JSON.stringify(item)], { type: 'application/json' }))
      for (const picture of pictures) form.append('media', new Blob([picture], { type: 'application/octet-stream' }), 'picture')
      return api('POST', '/v1/items', form)
    },
    verdict: (id) => until(async () => { const t = await (await api('GET', `/v1/items/${id}`)).json(); return (t.item ?? t).verdict && t }, `the verdict of ${id}`),
  }
}

/** A picture of the project's test data. */
export function testPicture(name) {
  return readFileSync(join(ROOT, 'tests/data', name))
}
