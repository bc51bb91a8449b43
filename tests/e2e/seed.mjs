// Invented, harmless data for a look at the console: a harbour town's forum with a past, some reports and a few cases.
import { landscape } from '../../web/dev/picture.mjs'
import { closeSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { until } from './daemon.mjs'

const minutes = (n) => new Date(Date.now() - n * 60000).toISOString()
const day = 24 * 60

const ACCOUNTS = [
  ['u-48213', { age_band: '16-17', age_assured: 'declared', country: 'IE', language: 'en', name: 'tidewatcher', created_at: minutes(412 * day) }],
  ['u-20331', { age_band: '18+', age_assured: 'declared', country: 'IE', language: 'en', name: 'mole.end', created_at: minutes(900 * day) }],
  ['u-77102', { age_band: '18+', age_assured: 'none', country: 'FR', language: 'fr', name: 'quai nord', created_at: minutes(60 * day) }],
  ['u-99871', { age_band: 'unknown', age_assured: 'none', language: 'en', name: 'Parcel desk', created_at: minutes(180) }],
  ['u-90417', { age_band: '13-15', age_assured: 'declared', country: 'DK', language: 'da', name: 'sea.glass', created_at: minutes(12 * day) }],
]
const ITEMS = [
  { id: 'post-91700', kind: 'post', author: 'u-20331', thread: 't-311', views: 2104, minutes: 190, text: { title: 'Harbour meeting', body: 'Did anyone keep the minutes of the harbour meeting? I need them before Friday.' } },
  { id: 'post-91702', kind: 'comment', author: 'u-48213', thread: 't-311', parent: 'post-91700', views: 1980, minutes: 184, text: { body: 'I have them. You were there, so why do you ask in public?' } },
  { id: 'post-91703', kind: 'comment', author: 'u-20331', thread: 't-311', parent: 'post-91702', views: 1961, minutes: 179, text: { body: 'Because I could not read my own notes. Please just send them.' } },
  { id: 'post-91820', kind: 'comment', author: 'u-48213', thread: 't-311', parent: 'post-91703', views: 1840, engagement: 63, minutes: 81, picture: 3, text: { body: 'You keep asking, so here is your answer. Everybody who is tired of the mayor, come on Saturday and demo topple the snowman with me. This is where we stand.' } },
  { id: 'post-91826', kind: 'comment', author: 'u-77102', thread: 't-311', parent: 'post-91820', views: 702, minutes: 70, text: { body: 'Can a moderator look at this, please?' } },
  { id: 'post-91830', kind: 'post', author: 'u-99871', views: 41200, engagement: 310, minutes: 33, text: { title: 'Your parcel is waiting', body: 'Good news: demo your parcel waits for a fee of 2.99. Pay within 24 hours at harb0ur-parcels.example\u200b/pay. Zoll, douane, προθεσμία 24 ωρών.' } },
  { id: 'post-91838', kind: 'comment', author: 'u-77102', thread: 't-311', parent: 'post-91700', views: 88, minutes: 25, text: { body: 'People like him should leave. demo zorbs go home.' } },
  { id: 'post-91841', kind: 'image', author: 'u-90417', views: 12, minutes: 19, picture: 8, text: { caption: 'Evening by the sea' } },
  { id: 'post-91844', kind: 'post', author: 'u-90417', views: 40, minutes: 16, text: { body: 'Third week of the challenge, and the comments are not kind. demo i cannot go on.' } },
  { id: 'post-91850', kind: 'image', author: 'u-77102', views: 30, minutes: 9, broken: true, text: { caption: 'Boats at low tide' } },
  { id: 'post-91002', kind: 'comment', author: 'u-48213', views: 400, minutes: 60 * day / 2, text: { body: 'Everybody knows that demo zorbs go home by the last ferry.' } },
]
const FLAGS = [
  ['f-1', 'post-91820', 'user', 'violence.incitement', 'u-20331', 'He means it. He was at the market square with a shovel last week.'],
  ['f-2', 'post-91820', 'user', null, 'u-77102', null],
  ['f-3', 'post-91830', 'trusted_flagger', 'fraud.phishing', null, 'The same text goes round on three other services.'],
]

async function ask(server, method, path, body) {
  const answer = await server.api(method, path, body)
  if (answer.status >= 300) throw new Error(`${method} ${path}: ${JSON.stringify(answer.body)}`)
}

/** Fills a daemon and waits until everything has its verdict. */
export async function seed(server) {
  for (const [id, account] of ACCOUNTS) {
    await ask(server, 'PUT', `/v1/accounts/${id}`, account)
  }
  for (const { author, minutes: ago, picture, broken, ...item } of [...ITEMS].sort((a, b) => b.minutes - a.minutes)) {
    const pictures = picture ? [landscape(picture, 960, 720)] : broken ? [landscape(1, 64, 64).subarray(0, 200)] : []
    await server.publish({ ...item, author: { id: author }, language: 'en', posted_at: minutes(ago) }, pictures)
  }
  for (const [id, item, kind, policy, reporter, comment] of FLAGS) {
    await ask(server, 'POST', '/v1/flags', { id, subject: { kind: 'item', id: item }, kind, ...(policy && { policy }), ...(reporter && { reporter: { id: reporter } }), ...(comment && { comment }) })
  }
  await until('the first webhook', () => server.events().length > 0)
}

/** Moves the installation's clock: everything that happens until the next call happened so many days ago. */
function daysAgo(server, days) {
  const offset = Buffer.alloc(8)
  offset.writeBigInt64LE(BigInt(-days) * 86_400_000_000n)
  const file = openSync(join(server.data, 'clock'), 'r+')
  writeSync(file, offset, 0, 8, 0)
  closeSync(file)
}

/** A past: reports that people judged, so that reporters have a record and accounts a history. */
export async function seedPast(server) {
  for (const [id, account] of ACCOUNTS) await ask(server, 'PUT', `/v1/accounts/${id}`, account)
  let n = 0
  for (const [days, author, rounds] of [[61, 'u-77102', 8], [34, 'u-48213', 1], [9, 'u-48213', 1], [5, 'u-99871', 7]]) {
    daysAgo(server, days)
    const person = await server.person(server.name)
    for (let i = 0; i < rounds; i++) {
      const id = `post-9${String(++n).padStart(4, '0')}`
      const right = author === 'u-48213' || i % 8 !== 5
      await server.publish({ id, kind: 'comment', author: { id: author }, language: 'en', views: 300 + n * 7, text: { body: 'Nobody asked them to come. DEMO-HATE-PHRASE.' }, posted_at: minutes(days * day + 30) })
      await ask(server, 'POST', '/v1/flags', { id: `past-${n}-a`, subject: { kind: 'item', id }, kind: 'user', policy: 'speech.hate', reporter: { id: 'u-20331' } })
      if (i % 2) await ask(server, 'POST', '/v1/flags', { id: `past-${n}-b`, subject: { kind: 'item', id }, kind: 'user', reporter: { id: 'u-77102' } })
      const { case: c } = await until('a case of the past', async () => { const { body } = await person.post('work/next', { queue: null }); return body.case && body })
      const policy = c.policies.find((p) => p.suggested)
      await person.post(`cases/${c.id}/decide`, right
        ? { kind: 'act', policy: policy.name, ground: policy.ground, actions: policy.actions.map((name) => ({ name, params: null })), facts: policy.facts, note: '' }
        : { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' })
    }
  }
  daysAgo(server, 0)
}
