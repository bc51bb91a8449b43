// What a person may not see leaks by no door: case, queue, search, trail, account, thread, media, banks, deliveries, figures,
// counters, undo, reversal. Grants act at once, and child safety fails closed while stopping it is open to whoever finds it.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Person, start, until } from './daemon.mjs'

let d, ann, mod, lead, safe
const sealed = {}
const shut = async (who, method, path, body) => {
  const answer = await who.call(method, '/console/api/' + path, body)
  assert.equal(answer.status, 403, `${method} ${path}: ${answer.bytes}`)
  assert.doesNotMatch(answer.bytes.toString(), /csae|child|u-hidden|sealed-1/, `${method} ${path} says what is hidden`)
  return answer
}
const caseOf = (id) => until(`the case of ${id}`, async () => (await ann.get(`items/demo/${id}`)).body.cases?.[0])
const hidden = (body, word) => assert.ok(!JSON.stringify(body).includes(word), `${word} is in ${JSON.stringify(body).slice(0, 500)}`)

before(async () => {
  d = await start({ undo_seconds: 2 })
  d.tutela('user', 'skills', 'specialist', 'child_safety')
  ;[ann, mod, lead, safe] = await Promise.all(['ann', 'moderator', 'lead', 'specialist'].map((n) => d.person(n)))
  const picture = readFileSync(new URL('../data/pdq/scene01.png', import.meta.url))
  sealed.media = (await d.api('PUT', '/v1/media', picture)).body.id
  await d.item('sealed-1', 'DEMO-CODED-OFFER in words', { author: { id: 'u-hidden' }, kind: 'image', media: [sealed.media], thread: 't-1' })
  await d.item('open-1', 'look: DEMO-HATE-PHRASE', { author: { id: 'u-hidden' }, thread: 't-1' })
  sealed.case = (await caseOf('sealed-1')).id
  sealed.open = (await caseOf('open-1')).id
})
after(() => d?.stop())

test('without clearance a sealed case is shut at every door', async () => {
  for (const [method, path, body] of [
    ['GET', `cases/${sealed.case}`], ['POST', `cases/${sealed.case}/claim`, {}], ['POST', `cases/${sealed.case}/note`, { body: 'x' }],
    ['POST', `cases/${sealed.case}/move`, { queue: 'general', reason: 'x' }], ['GET', 'queues/child-safety/cases'], ['GET', 'items/demo/sealed-1'],
    ['GET', `media/${sealed.media}/tiny`], ['POST', `media/${sealed.media}/reveal`, { case: sealed.case }], ['POST', `media/${sealed.media}/reveal`, {}],
  ]) await shut(lead, method, path, body)
  assert.ok(!(await lead.get('items/search?q=sealed')).body.items.length)
  assert.ok(!(await lead.get('items/search?q=')).body.items.some((i) => i.id === 'sealed-1'))
  assert.ok(!(await lead.get(`items/search?q=${sealed.case.slice(0, 13)}`)).body.cases.some((c) => c.id === sealed.case))
  const { body: page } = await lead.get('accounts/demo/u-hidden')
  assert.ok(page.items.some((i) => i.id === 'open-1'))
  hidden(page, 'sealed-1')
  hidden((await lead.get(`cases/${sealed.open}`)).body.thread, 'sealed-1')
  assert.ok(JSON.stringify((await ann.get(`cases/${sealed.open}`)).body.thread).includes('sealed-1'), 'who is cleared sees the thread whole')
})

test('figures, counters, banks and rules are as narrow', async () => {
  const { body: queues } = await lead.get('queues')
  const safety = queues.queues.find((q) => q.name === 'child-safety')
  assert.deepEqual([safety.open, safety.claimed, safety.late, safety.by_severity.critical, safety.oldest_at, safety.next_clock_at, safety.mine], [null, null, null, null, null, null, false])
  assert.ok((await ann.get('queues')).body.queues.find((q) => q.name === 'child-safety').open > 0)
  hidden((await lead.get('figures')).body, 'csae')
  assert.ok(JSON.stringify((await safe.get('figures')).body).includes('csae'))
  const banks = (await ann.get('banks')).body.banks
  const csae = banks.find((b) => b.policy.startsWith('csae'))
  hidden((await lead.get('banks')).body, 'csae')
  await shut(lead, 'GET', `banks/${csae.id}`)
  await shut(lead, 'PATCH', `banks/${csae.id}`, { enabled: false })
  await shut(lead, 'POST', `banks/${csae.id}/entries`, { form: 'phrase', value: 'x', note: null })
  await shut(lead, 'POST', 'banks', { name: 'mine', kind: 'text', policy: 'csae.known', source: 'me', distance: null })
  const rules = (await lead.get('rules')).body.rules
  assert.ok(rules.every((r) => (r.hits_7d === null) === /^(csae|minors)/.test(r.policy)))
  const counters = async (who) => {
    const stop = new AbortController()
    const answer = await fetch(d.url + '/console/api/live', { headers: { cookie: `__Host-tutela=${who.cookie}` }, signal: stop.signal })
    const { value } = await answer.body.getReader().read()
    stop.abort()
    return JSON.parse(/^data: (.*)$/m.exec(Buffer.from(value).toString())[1])
  }
  const [narrow, wide] = [await counters(lead), await counters(ann)]
  assert.ok(!('child-safety' in narrow.queues) && wide.queues['child-safety'] > 0)
  assert.equal(narrow.waiting, (await lead.get('session')).body.waiting)
  assert.ok(narrow.waiting < wide.waiting)
})

test('decisions on it are shut as well: page, deliveries, reversal', async () => {
  assert.equal((await safe.post(`cases/${sealed.case}/claim`)).status, 200)
  const decided = await safe.post(`cases/${sealed.case}/decide`, { kind: 'act', policy: 'csae.suspected', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' })
  assert.equal(decided.status, 200, decided.bytes)
  const { event } = await until('the webhook', () => d.platform.heard.find((h) => h.event.data.decision_id === decided.body.decision))
  await shut(lead, 'POST', `decisions/${decided.body.decision}/reverse`, { reason: 'x' })
  const { body: page } = await lead.get('accounts/demo/u-hidden')
  hidden(page, 'csae')
  hidden(page, 'sealed-1')
  const sent = (await lead.get('deliveries')).body.deliveries.find((x) => x.id === event.id)
  assert.deepEqual([sent.body, sent.subject_key], [null, ''])
  assert.ok((await ann.get('deliveries')).body.deliveries.find((x) => x.id === event.id).body)
  hidden((await lead.get('deliveries')).body, 'sealed-1')
})

test('what a specialist cleared is open again', async () => {
  await d.item('sealed-2', 'DEMO-CODED-OFFER again', { author: { id: 'u-2' } })
  const { id } = await caseOf('sealed-2')
  await shut(lead, 'GET', 'items/demo/sealed-2')
  assert.equal((await safe.post(`cases/${id}/claim`)).status, 200)
  assert.equal((await safe.post(`cases/${id}/decide`, { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' })).status, 200)
  const { status, body } = await lead.get('items/demo/sealed-2')
  assert.equal(status, 200)
  assert.ok(body.cases.every((c) => c.queue !== 'child-safety'))
})

test('whoever comes upon child abuse may stop it and take the mistake back, and sees it no more afterwards', async () => {
  await d.item('found-1', 'look: DEMO-HATE-PHRASE and more', { author: { id: 'u-3' } })
  const { id } = await caseOf('found-1')
  const act = { kind: 'act', policy: 'csae.suspected', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' }
  assert.equal((await mod.post(`cases/${id}/claim`)).status, 200)
  const first = await mod.post(`cases/${id}/decide`, act)
  assert.equal(first.status, 200, first.bytes)
  await shut(mod, 'GET', `cases/${id}`)
  const back = await mod.post(`decisions/${first.body.decision}/undo`)
  assert.equal(back.status, 200, back.bytes)
  assert.equal(back.body.id, id)
  assert.equal((await mod.post(`cases/${id}/decide`, act)).status, 200)
  await shut(mod, 'GET', 'items/demo/found-1')
  assert.equal((await safe.get('items/demo/found-1')).status, 200)
})

test('grants narrow a person at once, without a new sign-in, and an ended one is wide again', async () => {
  await d.item('fraud-1', 'DEMO-OFFICIAL-SUPPORT here', { author: { id: 'u-4' }, kind: 'profile' })
  const { id } = await caseOf('fraud-1')
  const me = (await mod.get('session')).body.user.id
  const grant = async (grants) => assert.equal((await ann.call('PATCH', `/console/api/people/${me}`, { grants })).status, 200)
  assert.equal((await mod.get(`cases/${id}`)).status, 200)
  await grant([{ kind: 'queue', name: 'conduct', acts: ['see', 'work', 'decide'] }])
  await shut(mod, 'GET', `cases/${id}`)
  await shut(mod, 'POST', `cases/${id}/claim`, {})
  assert.ok((await mod.get('queues')).body.queues.every((q) => (q.open !== null) === (q.name === 'conduct')))
  await grant([{ kind: 'policy', name: 'fraud', acts: ['see'] }])
  assert.equal((await mod.get(`cases/${id}`)).status, 200)
  await shut(mod, 'POST', `cases/${id}/claim`, {})
  assert.equal((await mod.post('work/next', { queue: 'fraud' })).body.case, null)
  await grant([{ kind: 'policy', name: 'fraud', acts: ['see', 'work'] }])
  assert.equal((await mod.post('work/next', { queue: 'fraud' })).body.case.id, id)
  await shut(mod, 'POST', `cases/${id}/decide`, { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' })
  await grant([{ kind: 'queue', name: 'conduct', acts: ['see', 'work'] }])
  await shut(mod, 'POST', `cases/${id}/heartbeat`, {})
  assert.equal((await mod.post(`cases/${id}/release`)).status, 204, 'what was closed meanwhile can be given back')
  await grant([])
  assert.equal((await mod.get(`cases/${id}`)).status, 200)
  assert.deepEqual(d.tutela('grant', 'list', 'moderator').grants, [])
  assert.equal((await ann.call('PATCH', `/console/api/people/${me}`, { grants: [{ kind: 'queue', name: 'nowhere', acts: [] }] })).body.field, '/grants/0')
})

test('a preview address is worth nothing once the clearance is gone', async () => {
  const user = (await safe.get('session')).body.user.id
  const reveal = await safe.post(`media/${sealed.media}/reveal`, {})
  assert.equal(reveal.status, 200, reveal.bytes)
  assert.equal((await ann.call('PATCH', `/console/api/people/${user}`, { skills: [] })).status, 200)
  assert.equal((await safe.call('GET', reveal.body.url)).status, 403)
  assert.equal((await ann.call('PATCH', `/console/api/people/${user}`, { skills: ['child_safety'] })).status, 200)
  assert.equal((await safe.call('GET', reveal.body.url)).status, 200)
})

test('people: added, changed, signed out, shut out; nobody changes themselves; the last administrator stays', async () => {
  const people = async () => (await ann.get('people')).body.people
  const change = (who, id, body) => who.call('PATCH', `/console/api/people/${id}`, body)
  const me = (await people()).find((p) => p.me)
  for (const body of [{ role: 'lead' }, { skills: [] }, { grants: [] }, { disabled: true }]) assert.ok([403, 409].includes((await change(ann, me.id, body)).status), JSON.stringify(body))
  assert.equal((await ann.post('people', { name: 'Kim', role: 'moderator' })).body.field, '/name')
  const { body: made, status } = await ann.post('people', { name: 'kim', role: 'moderator', skills: ['terror'] })
  assert.equal(status, 201)
  assert.equal((await ann.post('people', { name: 'kim', role: 'moderator' })).status, 409)
  const kim = new Person(d.url)
  assert.equal((await kim.signIn('kim', made.password)).status, 200)
  assert.equal((await people()).find((p) => p.name === 'kim').sessions, 1)
  assert.equal((await ann.call('DELETE', `/console/api/people/${made.person.id}/sessions`)).status, 204)
  assert.equal((await kim.get('session')).status, 401)
  const { body: fresh } = await ann.post(`people/${made.person.id}/password`)
  assert.equal((await kim.signIn('kim', made.password)).status, 401)
  assert.equal((await kim.signIn('kim', fresh.password)).status, 200)
  assert.equal((await change(ann, made.person.id, { role: 'admin' })).body.role, 'admin')
  assert.equal((await kim.get('session')).status, 401, 'a new role ends the sessions')
  assert.equal((await kim.signIn('kim', fresh.password)).status, 200)
  assert.equal((await change(kim, me.id, { role: 'lead' })).status, 200)
  assert.equal((await kim.post(`people/${made.person.id}/password`)).status, 403)
  assert.equal((await change(kim, me.id, { role: 'admin' })).status, 200)
  await ann.signIn('ann')
  assert.equal((await change(ann, made.person.id, { disabled: true })).status, 200)
  assert.equal((await kim.get('session')).status, 401)
  assert.equal((await kim.signIn('kim', fresh.password)).status, 401)
  const verbs = d.tutela('audit', '--limit', '60').audit.map((l) => l.verb)
  for (const verb of ['user.add', 'user.role', 'user.skills', 'user.grants', 'user.disable', 'user.password', 'user.sessions_end']) assert.ok(verbs.includes(verb), verb)
})
