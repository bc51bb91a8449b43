// Kill -9 while items come in: whatever was answered 202 is there after the restart, once, with its job or verdict.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { sleep, startDaemon, until } from '../contract/installation.mjs'

const ROUNDS = Number(process.env.ROUNDS ?? 4)
let d
before(async () => {
  d = await startDaemon()
})
after(() => d?.end())

/** Sends until told to stop; remembers what was accepted. */
async function sender(name, flag, accepted) {
  for (let i = 0; !flag.stop; i++) {
    const id = `${name}-${i}`
    const body = { id, kind: 'post', author: { id: `user-${i % 50}` }, text: { body: `text of ${id}` } }
    const answer = await d.call('POST', '/v1/items', body).catch(() => null)
    if (answer?.status === 202) accepted.set(id, answer.text)
    else await sleep(10)
  }
}

async function round(number, kill) {
  const accepted = new Map()
  const flag = { stop: false }
  const senders = Array.from({ length: 16 }, (_, i) => sender(`r${number}-${i}`, flag, accepted))
  await sleep(400 + 150 * (number % 3))
  await kill()
  await sleep(100)
  flag.stop = true
  await Promise.all(senders)
  await until('readiness', async () => (await fetch(d.admin + '/readyz').catch(() => null))?.ok)
  assert.ok(accepted.size > 20, `only ${accepted.size} were accepted`)
  for (const [id, receipt] of accepted) {
    const body = { id, kind: 'post', author: { id: `user-${Number(id.split('-')[2]) % 50}` }, text: { body: `text of ${id}` } }
    const again = await d.call('POST', '/v1/items', body)
    assert.equal(again.text, receipt, id)
    const trail = await d.call('GET', `/v1/items/${id}`)
    assert.equal(trail.json.text.body, `text of ${id}`)
  }
  return accepted
}

test('the server dies: it is restarted, and nothing accepted is lost', async () => {
  for (let i = 0; i < ROUNDS; i++) await round(i, async () => d.kill('server'))
})

test('everything dies at once: after a start nothing accepted is lost, and all of it is judged', async () => {
  const all = []
  for (let i = 0; i < Math.ceil(ROUNDS / 2); i++) {
    const accepted = await round(100 + i, async () => {
      d.killAll()
      await sleep(200)
      await d.start()
    })
    all.push(...accepted.keys())
  }
  for (const id of all)
    await until(`the verdict of ${id}`, async () => (await d.call('GET', `/v1/items/${id}`)).json.verdict, 60_000)
})
