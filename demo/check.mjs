// The demo checks itself: every item has the verdict of demo/expected.tsv, one case is decided through the console's
// API, and its action has reached the demo platform and been confirmed. Prints one JSON line; exit 0 when all is well.
//
//   node demo/check.mjs --api http://localhost:8080 --key tlk_live_… --platform http://localhost:9090 \
//     --user alex --password …      (or TUTELA_PASSWORD)
import { readFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { client } from './client.mjs'

const { values: opt } = parseArgs({
  options: {
    api: { type: 'string', default: 'http://localhost:8080' }, key: { type: 'string', default: process.env.TUTELA_KEY },
    platform: { type: 'string', default: 'http://localhost:9090' }, origin: { type: 'string' },
    user: { type: 'string', default: 'admin' }, password: { type: 'string', default: process.env.TUTELA_PASSWORD },
    expected: { type: 'string', default: new URL('expected.tsv', import.meta.url).pathname },
    seconds: { type: 'string', default: '180' }, quiet: { type: 'boolean', default: false },
  },
})
const api = client(opt.api, opt.key)
const until = Date.now() + Number(opt.seconds) * 1000
const say = text => opt.quiet || console.error(text)

async function eventually(what, look) {
  for (;;) {
    const found = await look()
    if (found) return found
    if (Date.now() > until) throw new Error(`not in time: ${what}`)
    await new Promise(r => setTimeout(r, 250))
  }
}

/** The trail of an item; null while the platform has not handed it in. */
async function trail(id) {
  try {
    return await api.get(`/v1/items/${id}`)
  } catch (e) {
    if (e.status === 404 || e.status === undefined) return null
    throw e
  }
}

/** What the platform knows; null while it does not answer. */
async function platform() {
  try {
    return await (await fetch(new URL('/state.json', opt.platform))).json()
  } catch {
    return null
  }
}

// Verdicts ----------------------------------------------------------------------------------------------------------------

/** The reason that leads: the first that was not in shadow and made the verdict. */
function leading(trail) {
  if (trail.verdict === 'allow') return null
  const list = Array.isArray(trail.reasons) ? trail.reasons : trail.reasons?.reasons ?? []
  return list.find(r => !r.shadow && (r.outcome === undefined || r.outcome === trail.verdict)) ?? list.find(r => !r.shadow)
}

function seen(trail) {
  const why = leading(trail)
  const causes = trail.cases.length === 0 ? '-' : why ? 'rule' : 'flag'
  return [trail.id, trail.kind, String(trail.media.length), trail.state, trail.verdict, why?.policy ?? '-', why?.rule ?? '-', causes]
}

async function verdicts() {
  const [head, ...rows] = readFileSync(opt.expected, 'utf8').trim().split('\n').map(l => l.split('\t'))
  const wrong = []
  let pictures = 0
  const policies = new Set()
  for (const want of rows) {
    const found = await eventually(`a verdict for ${want[0]}`, async () => {
      const t = await trail(want[0])
      return t?.verdict && (want[7] !== 'flag' || (t.cases.length > 0 && t.verdict === want[4])) && t // reports come after all items
    })
    const got = seen(found)
    // A block needs no case unless its rule asks for one; a report always has one.
    const same = want.every((w, i) => head[i] === 'case' ? w !== 'flag' || found.cases.length > 0 : w === got[i])
    if (!same) wrong.push({ item: want[0], expected: want.join(' '), seen: got.join(' ') })
    pictures += Number(want[2]) > 0
    if (want[5] !== '-') policies.add(want[5])
  }
  return { items: rows.length, pictures, policies: policies.size, wrong }
}

// One case, through the console's API as a browser does -----------------------------------------------------------------

async function console_(path, method, body, session) {
  const res = await fetch(new URL(`/console/api/${path}`, opt.api), {
    method, body: body === undefined ? undefined : JSON.stringify(body),
    headers: {
      origin: opt.origin ?? new URL(opt.api).origin, ...body === undefined ? {} : { 'content-type': 'application/json' },
      ...session ? { cookie: session.cookie, 'x-csrf-token': session.csrf } : {},
    },
  })
  const text = await res.text()
  if (!res.ok) throw new Error(`${method} ${path}: ${res.status} ${text.slice(0, 300)}`)
  return { res, json: text ? JSON.parse(text) : null }
}

async function signIn() {
  const { res, json } = await console_('session', 'POST', { name: opt.user, password: opt.password })
  const cookie = res.headers.get('set-cookie').split(';')[0]
  return { cookie, csrf: json.csrf }
}

async function decideOne() {
  const session = await signIn()
  const { json } = await console_('work/next', 'POST', { queue: null }, session)
  const c = json.case
  if (!c) throw new Error('no case waits')
  const policy = c.policies.find(p => p.suggested) ?? c.policies[0]
  const offered = new Set(c.actions.filter(a => a.subject === 'item' || c.subject.kind === 'account').map(a => a.name))
  const name = policy.actions.find(a => offered.has(a) && a !== 'preserve') ?? 'remove'
  // What is in force already would not be sent again: then something else, so that there is something to wait for.
  const other = ['label', 'demote', 'remove'].find(a => a !== name && offered.has(a))
  const decided = (await console_(`cases/${c.id}/decide`, 'POST', {
    kind: 'act', policy: policy.name, ground: policy.ground === 'none' ? 'incompatible' : policy.ground,
    actions: [name, other].filter(Boolean).map(n => ({ name: n, params: null })), facts: '', note: 'Decided by the demo check.',
  }, session)).json
  await console_('session', 'DELETE', undefined, session)
  return { case: c.id, item: c.subject.id, decision: decided.decision }
}

async function arrives(d) {
  const page = await eventually(`the action of decision ${d.decision} at the platform`, async () => {
    const state = await platform()
    const mine = state?.actions.filter(a => a.decision === d.decision) ?? []
    return mine.length > 0 && mine.every(a => a.confirmed) && { ...state, mine }
  })
  if (d.item)
    await eventually('the confirmation in the trail', async () => {
      const t = await trail(d.item)
      const actions = (t?.actions ?? []).filter(a => a.decision === d.decision)
      return actions.length > 0 && actions.every(a => a.state === 'confirmed' || a.state === 'reversed')
    })
  return page
}

/** Everything that the platform was asked to do is done. */
async function settled() {
  return eventually('all actions to be confirmed', async () => {
    const state = await platform()
    return state && state.posted === state.items && state.actions.length === state.confirmed && state
  })
}

try {
  say('waiting for verdicts')
  const v = await verdicts()
  for (const w of v.wrong) say(`expected  ${w.expected}\nseen      ${w.seen}`)
  say('deciding one case')
  const d = await decideOne()
  const page = await arrives(d)
  const all = await settled()
  const ok = v.wrong.length === 0
  console.log(JSON.stringify({
    ok, items: v.items, pictures: v.pictures, policies: v.policies, wrong: v.wrong.length, decided: 1,
    confirmed_of_decision: page.mine.length, actions: all.actions.length, confirmed: all.confirmed, webhooks: all.webhooks,
  }))
  process.exit(ok ? 0 : 1)
} catch (e) {
  console.log(JSON.stringify({ ok: false, error: e.message }))
  process.exit(1)
}
