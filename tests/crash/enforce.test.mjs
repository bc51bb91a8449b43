// Roles are killed with -9 while decisions are made and carried out. Afterwards every action has reached a receiver that
// applies each webhook-id once, exactly once, in the order of its subject, and is confirmed. KILLS says how many.
import assert from 'node:assert/strict'
import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { start, until } from '../scenario/daemon.mjs'

const kills = Number(process.env.KILLS ?? 25)
const items = 60

/** Applies each webhook-id once; is slow at times, fails at times, and confirms what it was asked to do. */
function receiver(confirm) {
  const applied = new Map() // webhook-id -> event, in order of arrival
  let n = 0
  const server = createServer((request, response) => {
    let text = ''
    request.on('data', (part) => { text += part }).on('end', async () => {
      if (++n % 5 === 0) await sleep(150)
      if (n % 7 === 0) return response.writeHead(500).end()
      const id = request.headers['webhook-id']
      const event = JSON.parse(text)
      assert.equal(event.id, id)
      if (!applied.has(id)) applied.set(id, event)
      response.writeHead(204).end()
      if (event.type === 'action.requested') confirm(event.data.action_id)
    })
  })
  return new Promise((done) => server.listen(0, '127.0.0.1', () => done({ applied, server, port: server.address().port })))
}

let d, r
before(async () => {
  d = await start({ webhook_timeout_seconds: 1, undo_seconds: 0 })
  // As doc/integrate.md asks of a platform: it confirms until it is heard, for the server may just be away.
  r = await receiver((action) => until(`${action} to be heard`, async () => {
    const answer = await d.api('POST', `/v1/actions/${action}/confirm`, { outcome: 'done' }).catch(() => ({ status: 0 }))
    return answer.status > 0 && answer.status < 500
  }, 60_000).catch(() => {}))
  d.tutela('endpoint', 'add', `http://127.0.0.1:${r.port}/hook`, '--platform', 'demo', '--private')
})
after(async () => {
  await d?.stop()
  r?.server.closeAllConnections()
  r?.server.close()
})

function roles() {
  return readdirSync('/proc').filter((p) => /^\d+$/.test(p)).flatMap((pid) => {
    try {
      const parent = Number(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) \S+ (\d+).*/s, '$1'))
      const role = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')
      return parent === d.pid ? [{ pid: Number(pid), role: role[role.indexOf('--role') + 1] }] : []
    } catch {
      return []
    }
  })
}

/** The server may be away for a moment; the same item again is the same item. */
async function hand(id, body) {
  await until(`${id} to be accepted`, async () => {
    const answer = await d.api('POST', '/v1/items', { id, kind: 'post', author: { id: 'u-1' }, text: { body }, posted_at: '2026-11-24T07:00:00Z' })
      .catch(() => ({ status: 0 }))
    return answer.status === 202 || answer.status === 200
  })
}

const trail = (id) => d.api('GET', `/v1/items/${id}`).then((a) => a.body, () => null)

test('kill -9 in the middle: every action arrives, once, and is confirmed', async () => {
  const feeding = (async () => {
    for (let i = 0; i < items; i++) await hand(`crash-${i}`, i % 2 ? 'demo your parcel waits for a fee' : 'demo topple the snowman')
  })()
  const killed = {}
  for (let i = 0; i < kills; i++) {
    await sleep(120)
    const some = roles().filter((p) => p.role !== undefined)
    const victim = some[i % some.length]
    if (!victim) continue
    process.kill(victim.pid, 'SIGKILL')
    killed[victim.role] = (killed[victim.role] ?? 0) + 1
  }
  await feeding
  assert.ok(killed.courier > 0 && killed.clerk > 0, JSON.stringify(killed))
  const actions = []
  for (let i = 0; i < items; i++) {
    const t = await until(`crash-${i} to be carried out`, async () => {
      const found = await trail(`crash-${i}`)
      return found?.actions?.length > 0 && found.actions.every((a) => a.state === 'confirmed') && found
    }, 120_000).catch(async (e) => assert.fail(`${e.message}: ${JSON.stringify(await trail(`crash-${i}`))}`))
    assert.equal(t.actions.length, 1, JSON.stringify(t.actions))
    assert.equal(t.decisions.length, 1)
    actions.push(t.actions[0].action)
  }
  const asked = [...r.applied.values()].filter((e) => e.type === 'action.requested').map((e) => e.data.action_id)
  assert.equal(new Set(asked).size, asked.length, 'an action under two webhook-ids')
  for (const a of actions) assert.ok(asked.includes(a), `${a} never arrived`)
})

test('the ledger is whole afterwards', () => {
  const found = d.tutela('doctor', '--deep')
  assert.ok(!JSON.stringify(found).includes('seal_break'))
})
