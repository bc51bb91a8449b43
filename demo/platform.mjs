// A small platform ("flip") that uses Tutela as any platform would: it hands in accounts, items and reports, receives
// signed webhooks, carries the actions out, confirms them, and shows its pages before and after.
//
//   node demo/platform.mjs --api http://localhost:8080 --key tlk_live_… --secret whsec_… --port 9090
//
// --state FILE keeps what it knows over a restart; --quiet prints only the last line.
import { createServer } from 'node:http'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { Webhook } from 'standardwebhooks'
import { client } from './client.mjs'
import { pages } from './pages.mjs'
import { accounts, at, flags, items } from './scene.mjs'

const { values: opt } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://localhost:8080' },
    key: { type: 'string', default: process.env.TUTELA_KEY },
    secret: { type: 'string', default: process.env.TUTELA_SECRET },
    port: { type: 'string', default: '9090' },
    host: { type: 'string', default: '127.0.0.1' },
    state: { type: 'string' },
    quiet: { type: 'boolean', default: false },
  },
})
if (!opt.key || !opt.secret) {
  console.error('usage: node demo/platform.mjs --api URL --key KEY --secret WHSEC --port N [--state FILE] [--quiet]')
  process.exit(2)
}

const api = client(opt.api, opt.key)
const webhook = new Webhook(opt.secret)

// What the platform knows: its content, what holds on it, and which webhooks it has seen ------------------------------

const content = new Map(items.map(i => [i.id, i]))
const state = {
  posted: {}, // item id -> true once Tutela has it
  flagged: false,
  seen: {}, // webhook id -> type
  actions: {}, // action id -> { name, params, subject, decision, policy, confirmed, reverses, at, times carried out }
  verdicts: {}, // item id -> verdict, as told
}
if (opt.state) {
  try {
    Object.assign(state, JSON.parse(readFileSync(opt.state, 'utf8')))
  } catch (e) {
    if (e.code !== 'ENOENT') throw e
  }
}

let saving = null
/** Resolves when all that is known now is in the file: several changes share one writing. */
function save() {
  if (!opt.state) return Promise.resolve()
  saving ??= sleep(20).then(() => {
    saving = null
    writeFileSync(`${opt.state}.new`, JSON.stringify(state))
    renameSync(`${opt.state}.new`, opt.state)
  })
  return saving
}

/** What holds on an item or account now: actions that nothing has taken back. */
function holding(kind, id) {
  const of = Object.entries(state.actions).filter(([, a]) => a.subject.kind === kind && a.subject.id === id)
  const gone = new Set(of.map(([, a]) => a.reverses).filter(Boolean))
  return of.filter(([key, a]) => !a.reverses && !gone.has(key)).map(([, a]) => a)
}

// Webhooks: verified by an existing library, applied once, answered when that is written down, confirmed afterwards ----

async function confirm(id, action, wait = 500) {
  try {
    await api.post(`/v1/actions/${id}/confirm`, { outcome: 'done', note: `flip: ${action.name}` })
    action.confirmed = true
    save()
  } catch (e) {
    if (e.status >= 400 && e.status < 500 && e.status !== 429) console.error(`confirm ${id}: ${e.message}`)
    else setTimeout(confirm, wait, id, action, Math.min(wait * 2, 60000))
  }
}

function receive(event) {
  const d = event.data
  if (event.type === 'item.verdict') state.verdicts[d.subject.id] = d.verdict
  if (event.type !== 'action.requested') return
  const action = {
    name: d.action, params: d.params, subject: d.subject, decision: d.decision_id, policy: d.policy, reverses: d.reverses,
    statement: d.statement, at: event.at, confirmed: false, times: (state.actions[d.action_id]?.times ?? 0) + 1,
  }
  state.actions[d.action_id] = action
  save().then(() => confirm(d.action_id, action))
}

/** What was to be confirmed when we ended. */
for (const [id, action] of Object.entries(state.actions)) if (!action.confirmed) confirm(id, action)

async function onHook(body, headers) {
  webhook.verify(body, headers) // throws when the signature or the time does not fit
  const id = headers['webhook-id']
  if (!state.seen[id]) {
    const event = JSON.parse(body)
    state.seen[id] = event.type
    receive(event)
  }
  await save() // once it is answered, nobody sends it again
}

// HTTP ------------------------------------------------------------------------------------------------------------------

const show = pages({ accounts, items, content, state, holding })

function summary() {
  const actions = Object.entries(state.actions).map(([id, a]) => ({ id, ...a, statement: undefined }))
  return {
    items: items.length, posted: Object.keys(state.posted).length, flags: state.flagged ? flags.length : 0,
    webhooks: Object.keys(state.seen).length, actions, confirmed: actions.filter(a => a.confirmed).length,
  }
}

function answer(res, status, type, body) {
  res.writeHead(status, {
    'content-type': type, 'content-length': Buffer.byteLength(body), 'x-content-type-options': 'nosniff',
    'content-security-policy': "default-src 'none'; style-src 'self'; img-src 'self'",
  })
  res.end(body)
}

const server = createServer((req, res) => {
  if (req.method === 'POST' && req.url === '/hook') {
    const parts = []
    req.on('data', p => parts.push(p))
    req.on('end', async () => {
      try {
        await onHook(Buffer.concat(parts).toString(), req.headers)
        res.writeHead(204).end()
      } catch (e) {
        answer(res, 400, 'text/plain', `${e.message}\n`)
      }
    })
    return
  }
  if (req.url === '/state.json') return answer(res, 200, 'application/json', JSON.stringify(summary()))
  const page = show(new URL(req.url, 'http://flip'))
  answer(res, page ? 200 : 404, page?.type ?? 'text/plain', page?.body ?? 'There is no such page.\n')
})

// Handing everything in, like any platform: accounts, then items (in batches, one by one, with pictures), then reports ---

const tty = process.stderr.isTTY && !opt.quiet
function progress(what, n, of) {
  if (tty) process.stderr.write(`\r${what} ${n}/${of}   ${n === of ? '\n' : ''}`)
  else if (!opt.quiet && n === of) console.error(`${what} ${n}/${of}`)
}

const wire = i => ({
  id: i.id, kind: i.kind, author: { id: i.author }, text: i.text, audience: i.audience, views: i.views, language: i.language,
  ...i.parent ? { parent: i.parent, thread: i.thread } : {}, ...i.stream ? { stream: i.stream } : {}, url: `http://localhost:${opt.port}/items/${i.id}`,
})

async function sendPictures(i, n) {
  if (n % 2) return api.multipart('/v1/items', wire(i), i.pictures)
  const media = []
  for (const p of i.pictures) media.push((await api.put('/v1/media', p)).id)
  return api.post('/v1/items', { ...wire(i), media })
}

/** The same again is answered the same; another content under a known id is not ours to change here. */
const once = async promise => {
  try {
    return await promise
  } catch (e) {
    if (e.status !== 409) throw e
  }
}

async function inBatches(list, done) {
  for (let k = 0; k < list.length; k += 50) {
    const part = list.slice(k, k + 50)
    for (const line of await api.batch('/v1/items:batch', part.map(wire)))
      if (line.problem && line.problem.status !== 409) throw new Error(`${part[line.line - 1].id}: ${line.problem.detail}`)
    part.forEach(done)
  }
}

async function feed() {
  for (const [n, a] of accounts.entries()) {
    await api.put(`/v1/accounts/${a.id}`, {
      name: a.name, age_band: a.age_band, age_assured: a.age_band === 'unknown' ? 'none' : 'declared', country: a.country,
      created_at: at(a.days),
    })
    progress('accounts', n + 1, accounts.length)
  }
  const open = items.filter(i => !state.posted[i.id])
  let n = items.length - open.length
  const done = i => {
    state.posted[i.id] = true
    save()
    progress('items', ++n, items.length)
  }
  const plain = open.filter(i => i.pictures.length === 0)
  await inBatches(plain.filter((_, k) => k % 4), done)
  for (const i of plain.filter((_, k) => k % 4 === 0)) {
    await once(api.post('/v1/items', wire(i)))
    done(i)
  }
  for (const [k, i] of open.filter(x => x.pictures.length > 0).entries()) {
    await once(sendPictures(i, k))
    done(i)
  }
  for (const [k, f] of state.flagged ? [] : flags.entries()) {
    await once(api.post('/v1/flags', f))
    progress('reports', k + 1, flags.length)
  }
  state.flagged = true
  save()
}

server.listen(Number(opt.port), opt.host, async () => {
  const url = `http://${opt.host === '127.0.0.1' ? 'localhost' : opt.host}:${server.address().port}/`
  opt.port = String(server.address().port)
  try {
    await feed()
    console.log(`The demo platform shows its pages on ${url}`)
  } catch (e) {
    console.error(`The demo platform could not hand in its content: ${e.message}`)
    process.exit(1)
  }
})
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => {
    server.close()
    server.closeAllConnections?.()
    if (saving) writeFileSync(opt.state, JSON.stringify(state))
    process.exit(0)
  })
