// What happens because time passes, on a real daemon whose clock is moved.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { start, until } from './daemon.mjs'

let site
before(async () => { site = await start({ claim_minutes: 10 }) })
after(() => site?.stop())

/** Moves the installation's clock so many minutes from real time. */
function later(minutes) {
  try {
    site.tutela('doctor', '--clock', String(minutes * 60))
  } catch (error) {
    if (!/"check": *"clock"/.test(error.stdout)) throw error // it says that the clock is moved, and that is a warning
  }
}

test('a claim whose holder went away lapses, and the case comes back with its draft', async () => {
  await site.item('left-alone', 'DEMO-HATE-PHRASE')
  const [ann, mo] = [await site.person('ann'), await site.person('moderator')]
  const held = (await ann.post('work/next', {})).body.case
  assert.equal(held.subject.id, 'left-alone')
  assert.equal(new Date(held.claim_until) - new Date(held.updated_at), 600_000)
  const draft = { policy: 'speech.hate', actions: ['remove'], facts: 'Half a sentence', note: '' }
  assert.equal((await ann.post(`cases/${held.id}/draft`, draft)).status, 204)
  assert.equal((await mo.post(`cases/${held.id}/claim`)).status, 409)
  later(11)
  await until('the lapse', async () => (await mo.post(`cases/${held.id}/claim`)).status < 300)
  const again = (await mo.get(`cases/${held.id}`)).body
  assert.deepEqual([again.mine, again.draft], [true, draft])
  assert.equal((await ann.post(`cases/${held.id}/heartbeat`)).status, 409)
  later(0)
})
