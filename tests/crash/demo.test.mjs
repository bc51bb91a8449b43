// The demo's platform, as it is, while it, the courier and the server are killed: every action is delivered under one id,
// carried out once and confirmed. SEED says which throws.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Installation } from '../installation.mjs'
import { freePort, root, until } from '../programs.mjs'
import { busy, count, rows } from './check.mjs'
import { Dice } from './dice.mjs'
import { KillPoints } from './killpoints.mjs'

const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const ROUNDS = 8
const who = { 'webhook.answered': 'courier', 'confirm.committed': 'server', 'outbox.leased': 'courier', 'webhook.started': 'courier',
  'confirm.applied': 'server', 'webhook.noted': 'courier' }
const dice = new Dice(SEED)
const lost = new Set() // deliveries of actions that arrived, their answers did not
let it, points, demo, start, proxy

/** Between Tutela and the platform: loses the first answer about each of some actions. */
async function listen(port) {
  proxy = createServer((request, response) => {
    const parts = []
    request.on('data', (part) => parts.push(part)).on('end', async () => {
      const body = Buffer.concat(parts), id = request.headers['webhook-id']
      const headers = Object.fromEntries(Object.entries(request.headers).filter(([name]) => name.startsWith('webhook-')))
      const answer = await fetch(`http://127.0.0.1:${port}/hook`, { method: 'POST', headers, body }).catch(() => null)
      const loses = answer?.ok && body.includes('"action.requested"') && !lost.has(id) && lost.size < 15
      if (loses) lost.add(id)
      if (!answer || loses) response.destroy()
      else response.writeHead(answer.status).end()
    })
  })
  await new Promise((done) => proxy.listen(0, '127.0.0.1', done))
  return `http://127.0.0.1:${proxy.address().port}/hook`
}

before(async () => {
  if (!existsSync(join(root, 'demo/node_modules')))
    execFileSync('npm', ['ci', '--silent', '--no-audit', '--no-fund'], { cwd: join(root, 'demo') })
  it = await Installation.create({ prefix: 'tutela-demo-', sets: { webhook_timeout_seconds: 2, webhook_private_allow: '127.0.0.0/8', undo_seconds: 1 } })
  points = new KillPoints(it.data)
  const port = await freePort()
  const key = it.tutela('key', 'add', '--platform', 'demo', '--label', 'test').secret
  const { secret } = it.tutela('endpoint', 'add', await listen(port), '--platform', 'demo', '--private')
  const file = join(it.data, 'flip.json')
  start = () => {
    demo = spawn('node', [join(root, 'demo/platform.mjs'), '--api', it.url, '--key', key, '--secret', secret, '--port', String(port), '--state', file, '--quiet'],
      { stdio: ['ignore', 'ignore', 'pipe'] })
    demo.said = ''
    demo.stderr.setEncoding('utf8').on('data', (text) => { demo.said += text })
  }
  start.state = () => JSON.parse(readFileSync(file, 'utf8'))
  await it.start({ rules: true })
})
after(async () => {
  demo?.kill('SIGKILL')
  await it?.end()
  proxy?.close()
  points?.close()
})

test('every action under one id, carried out once, whoever dies', async (t) => {
  const deaths = { platform: 0, courier: 0, server: 0 }
  const ended = () => demo.exitCode !== null || demo.signalCode !== null
  start()
  for (let round = 0; round < ROUNDS; round++) {
    const point = Object.keys(who)[round % 6], before = points.kills(point)
    points.arm(point, 1 + dice.below(3))
    const died = () => points.kills(point) > before
    await until('a death', died, deaths[who[point]] ? 1500 : 15_000).catch(() => {}) // nothing may be under way
    points.disarm(point)
    if (died()) deaths[who[point]]++
    if (round % 2 === 0) {
      const gone = new Promise((done) => (ended() ? done() : demo.once('exit', done)))
      demo.kill('SIGKILL')
      await gone
      deaths.platform++
    }
    if (ended()) start()
  }
  await until('everything to be handed in and carried out', async () => {
    if (ended()) start() // its feed ended because the server was away
    return (await fetch(`http://127.0.0.1:${demo.spawnargs[demo.spawnargs.indexOf('--port') + 1]}/state.json`).then((r) => r.json(), () => null))?.flags > 0 &&
      ['scans', 'deliveries', 'actions', 'events without a number'].every((what) => count(it, busy[what]) === 0)
  }, 180_000)
  const stored = new Map(rows(it, "SELECT lower(hex(id)) id, name, state FROM actions WHERE name <> 'preserve'").map((a) => [a.id, a]))
  const done = new Map(Object.entries(start.state().actions).map(([id, a]) => [id.replaceAll('-', ''), a]))
  t.diagnostic(`SEED=${SEED}: ${stored.size} actions, ${lost.size} answers lost, deaths ${JSON.stringify(deaths)}`)
  assert.ok(stored.size > 50 && deaths.courier > 0 && deaths.server > 0 && lost.size === 15, JSON.stringify([stored.size, lost.size, deaths]))
  assert.deepEqual([...stored.keys()].filter((id) => !done.has(id)), [], 'asked for and not carried out')
  assert.deepEqual([...done.keys()].filter((id) => !stored.has(id)), [], 'carried out and not asked for')
  assert.deepEqual([...done].filter(([, a]) => a.times !== 1 || !a.confirmed), [], 'not once, or not confirmed')
  assert.deepEqual([...stored.values()].filter((a) => !['confirmed', 'reversed', 'cancelled'].includes(a.state)), [])
  assert.deepEqual(rows(it, 'SELECT cause, COUNT(*) n FROM outbox WHERE cause IN (SELECT id FROM actions) GROUP BY cause HAVING n > 1'), [])
})
