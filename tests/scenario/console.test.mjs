// The console's API on a real daemon: every route, with who may and who may not, from an item to its confirmed action.
import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { Person, password, start, until } from './daemon.mjs'
import { misfits } from './shape.mjs'

// Every answer of every test below has exactly the shape that the console expects.
const shapes = [
  [/^\w+ session$/, 'Session'], [/^POST work\/next$/, 'WorkNextAnswer'], [/^GET cases\/[^/]+$/, 'Case'], [/^POST cases\/.*\/claim$/, 'Case'],
  [/^POST cases\/.*\/heartbeat$/, 'Heartbeat'], [/^POST cases\/.*\/note$/, 'Note'], [/^POST cases\/.*\/decide$/, 'Decided'],
  [/^POST decisions\/.*\/undo$/, 'Undone'], [/^POST decisions\/.*\/reverse$/, 'Reversed'], [/^GET queues$/, 'Queues'], [/^GET queues\/.*\/cases/, 'CaseRows'], [/^GET items\/search/, 'Found'],
  [/^GET items\//, 'Trail'], [/^GET accounts\/.*\/settings$/, 'AccountSettings'], [/^GET accounts\//, 'AccountPage'], [/^POST media\/.*\/reveal$/, 'Revealed'], [/^GET banks$/, 'Banks'],
  [/^POST banks\/.*\/export$/, 'Exported'], [/^POST banks\/.*\/bulk$/, 'BulkDone'], [/^GET banks\/.*\/history$/, 'BankHistory'], [/^PATCH banks\/.*\/entries/, 'BankEntry'],
  [/^POST banks$/, 'Bank'], [/^PATCH banks\//, 'Bank'], [/^GET banks\/.*\/rescan$/, 'Judging'], [/^POST banks\/.*\/rescan$/, 'Rescanned'],
  [/^GET banks\//, 'BankPage'], [/^POST banks\/.*\/entries$/, 'AddedEntry'],
  [/^POST banks\/.*\/import$/, 'Imported'], [/^GET deliveries/, 'Deliveries'], [/^GET audit/, 'Audit'], [/^POST deliveries\/.*\/replay$/, 'Delivery'],
  [/^GET alarms/, 'Alarms'], [/^POST alarms\//, 'Alarm'], [/^GET keys$/, 'Keys'], [/^POST keys$/, 'CreatedKey'], [/^POST keys\/.*\/rotate$/, 'CreatedKey'], [/^PUT keys\//, 'ApiKey'], [/^GET policies$/, 'Policies'],
  [/^GET actions$/, 'Actions'], [/^GET rules$/, 'Rules'], [/^GET figures/, 'Figures'], [/^\w+ switches$/, 'Switches'],
]
const wrong = new Set()
const seen = new Set()
Person.heard = (method, path, { status, body }) => {
  if (!body) return
  const call = `${method} ${path.replace('/console/api/', '')}`
  if (status >= 400) delete body.request // an extension member: the id to quote to the operator
  const type = status >= 400 ? 'Problem' : shapes.find(([pattern]) => pattern.test(call))?.[1]
  if (!type) return void wrong.add(`${call}: an answer of no known shape`)
  seen.add(type)
  for (const misfit of misfits(type, body)) wrong.add(misfit.replace(/\[\d+\]/g, '[]'))
}

let d, ann, mod
before(async () => {
  d = await start()
  ann = await d.person('ann')
  mod = await d.person('moderator')
})
after(() => d?.stop())

const picture = readFileSync(new URL('../data/pdq/scene00.png', import.meta.url))
const hate = 'look at this: DEMO-HATE-PHRASE'
let n = 0
/** A new case in the queue conduct, as its trail shows it. */
async function newCase(text = hate, more = {}) {
  const id = `item-${++n}`
  await d.item(id, text, more)
  return until(`the case of ${id}`, async () => (await ann.get(`items/demo/${id}`)).body.cases[0])
}
const clear = { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' }
const remove = { kind: 'act', policy: 'speech.hate', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' }
async function empty(who) {
  for (;;) {
    const { body } = await who.post('work/next', { queue: null })
    if (!body.case) return
    assert.equal((await who.post(`cases/${body.case.id}/decide`, clear)).status, 200)
  }
}

test('a session: cookie, csrf, preferences, wrong passwords, signing out', async () => {
  const who = new Person(d.url)
  assert.equal((await who.get('session')).status, 401)
  const wrong = await who.signIn('moderator', 'wrong password')
  assert.equal(wrong.status, 401)
  assert.match(wrong.headers.get('content-type'), /problem\+json/)
  const nobody = await who.signIn('nobody', 'wrong password')
  assert.equal(nobody.body.detail, wrong.body.detail)
  const answer = await who.signIn('moderator')
  assert.equal(answer.status, 200)
  const cookie = answer.headers.get('set-cookie')
  for (const part of ['__Host-tutela=', 'Path=/', 'Secure', 'HttpOnly', 'SameSite=Strict']) assert.ok(cookie.includes(part), part)
  assert.equal(answer.body.user.role, 'moderator')
  assert.equal(answer.body.undo_seconds, 1)
  assert.equal((await who.call('PUT', '/console/api/session', { prefs: { theme: 'dark' } })).body.prefs.theme, 'dark')
  assert.deepEqual((await who.call('PUT', '/console/api/session', { prefs: { blur: 'strong' } })).body.prefs, { blur: 'strong', theme: 'dark' })
  assert.equal((await who.get('session')).body.csrf, who.csrf)
  assert.equal((await who.call('DELETE', '/console/api/session')).status, 204)
  assert.equal((await who.get('session')).status, 401)
})

test('what changes something needs the token and our origin', async () => {
  const next = (headers) => mod.call('POST', '/console/api/work/next', { queue: null }, headers)
  assert.equal((await next({ 'x-csrf-token': 'wrong' })).status, 403)
  assert.equal((await next({ 'x-csrf-token': '' })).status, 403)
  assert.equal((await next({ origin: 'https://elsewhere.example' })).status, 403)
  assert.equal((await mod.call('POST', '/console/api/session', { name: 'ann', password }, { origin: 'https://elsewhere.example' })).status, 403)
})

test('too many wrong passwords must wait', async () => {
  const who = new Person(d.url)
  for (let i = 0; i < 5; i++) assert.equal((await who.signIn('specialist', 'wrong password')).status, 401)
  const late = await who.signIn('specialist')
  assert.equal(late.status, 429)
  assert.ok(Number(late.headers.get('retry-after')) > 0)
  d.tutela('user', 'passwd', 'specialist', '--password-stdin')
  assert.equal((await who.signIn('specialist')).status, 200)
})

test('every route asks for a session and a permission', async () => {
  const none = new Person(d.url)
  const viewer = await d.person('viewer')
  const id = '01a20c58-45f7-7000-86c9-49bf848c72a5', hex = 'ab'.repeat(32)
  const routes = [
    ['GET', 'queues', 200], ['GET', 'policies', 200], ['GET', 'actions', 200], ['GET', 'rules', 200], ['GET', 'figures', 200], ['GET', 'switches', 200],
    ['POST', 'work/next', 403], ['POST', `cases/${id}/claim`, 403], ['POST', `cases/${id}/decide`, 403], ['POST', `decisions/${id}/undo`, 403],
    ['GET', 'items/search?q=x', 403], ['GET', 'items/demo/x', 403], ['GET', 'accounts/demo/x', 403], ['POST', `media/${hex}/reveal`, 403],
    ['GET', 'banks', 403], ['POST', 'banks', 403], ['POST', `banks/${id}/import`, 403], ['POST', `banks/${id}/export`, 403], ['DELETE', `banks/${id}/entries/${id}`, 403],
    ['GET', 'deliveries', 403], ['POST', `deliveries/${id}/replay`, 403], ['POST', `alarms/${id}/close`, 403],
    ['GET', 'keys', 403], ['POST', 'keys', 403], ['DELETE', `keys/${id}`, 403], ['PUT', 'switches', 403],
  ]
  for (const [method, path, status] of routes) {
    const body = ['POST', 'PUT', 'PATCH'].includes(method) ? {} : undefined
    assert.equal((await none.call(method, '/console/api/' + path, body)).status, 401, `${method} ${path} without a session`)
    assert.equal((await viewer.call(method, '/console/api/' + path, body)).status, status, `${method} ${path} as a viewer`)
  }
  for (const path of ['keys', 'deliveries']) assert.equal((await mod.get(path)).status, 403, path)
  assert.equal((await mod.call('PUT', '/console/api/switches', { name: 'observe_only', value: 'on' })).status, 403)
})

test('from an item to the confirmed action', async () => {
  await empty(mod)
  const row = await newCase()
  const { body: next } = await mod.post('work/next', { queue: null })
  const c = next.case
  assert.equal(c.id, row.id)
  assert.ok(c.mine && c.state === 'claimed' && c.claimed_by === 'moderator')
  assert.match(c.causes[0].text, /demo-hate/)
  assert.equal(c.rules[0].rule, 'hate-phrase')
  assert.ok(c.rules[0].values.length)
  assert.equal(c.signals[0].bank.name, 'demo-hate')
  assert.equal(Buffer.from(c.item.text[0].text).subarray(c.signals[0].span_from, c.signals[0].span_to).toString(), 'DEMO-HATE-PHRASE')
  assert.equal(c.policies[0].name, 'speech.hate')
  assert.ok(c.policies[0].suggested && c.policies[0].actions.includes('remove'))
  assert.ok(c.actions.some((a) => a.name === 'remove') && !c.actions.some((a) => a.name === 'restore'))

  const refused = await mod.post(`cases/${c.id}/decide`, { ...remove, policy: 'no.such' })
  assert.equal(refused.status, 422)
  assert.equal(refused.body.field, '/policy')
  assert.equal((await ann.post(`cases/${c.id}/decide`, remove)).status, 409, 'somebody else holds it')
  const decided = await mod.post(`cases/${c.id}/decide`, { ...remove, note: 'plain' })
  assert.equal(decided.status, 200)
  assert.equal((await mod.post(`cases/${c.id}/decide`, remove)).status, 409, 'only once')

  const { event } = await until('the webhook', () => d.platform.heard.find((h) => h.event.data.decision_id === decided.body.decision))
  assert.equal(event.type, 'action.requested')
  assert.equal(event.data.action, 'remove')
  assert.equal((await mod.post(`decisions/${decided.body.decision}/undo`)).status, 409, 'too late to undo')
  const path = new URL(event.data.confirm_url).pathname
  assert.equal((await d.api('POST', path, { outcome: 'done', note: 'gone' })).status, 200)

  const { body: trail } = await ann.get(`items/demo/${c.item.id}`)
  const decision = trail.decisions.find((x) => x.id === decided.body.decision)
  assert.equal(decision.done[0].state, 'confirmed')
  assert.match(decision.by, /^R-/, 'a pseudonym, not a name')
  assert.ok(decision.statement.length >= 4)
  assert.ok(decision.seq > 0)
  await until('the delivery', async () => (await ann.get('deliveries?state=delivered')).body.deliveries.some((x) => x.id === event.id))
  await until('the end of the case', async () => (await ann.get(`items/demo/${c.item.id}`)).body.cases[0].state === 'closed')
  const { body: page } = await ann.get('accounts/demo/u-1')
  assert.ok(page.account.strikes >= 1 && page.strikes.length >= 1)
  assert.ok(page.items.length && page.cases.length && page.account.decisions.length)
  await d.api('PUT', '/v1/accounts/u-1/guardians/parent')
  await d.api('PUT', '/v1/accounts/u-1', { age_band: '16-17', age_assured: 'estimated', age_confidence: 0.9 })
  const { body: known } = await ann.get('accounts/demo/u-1/settings')
  assert.deepEqual([known.age.assured, known.age.confidence, known.said.length, known.guardians.length, known.more_history], ['estimated', 0.9, 1, 1, false])
  assert.ok(known.settings.length > 20 && known.history.some((h) => h.event === 'linked'))
})

test('undo gives the case back to who decided, and nothing leaves', async () => {
  const row = await newCase()
  assert.equal((await mod.post(`cases/${row.id}/claim`)).status, 200)
  const { body } = await mod.post(`cases/${row.id}/decide`, remove)
  assert.equal((await ann.post(`decisions/${body.decision}/undo`)).status, 403)
  const back = await mod.post(`decisions/${body.decision}/undo`)
  assert.equal(back.status, 200)
  assert.ok(back.body.mine)
  assert.equal(back.body.decision, null)
  await new Promise((done) => setTimeout(done, 1500))
  assert.ok(!d.platform.heard.some((h) => h.event.data.decision_id === body.decision))
  assert.equal((await mod.post(`cases/${row.id}/decide`, clear)).status, 200)
})

test('a lead takes a decision back later: a new decision, and the platform restores', async () => {
  const row = await newCase()
  assert.equal((await mod.post(`cases/${row.id}/claim`)).status, 200)
  const { body } = await mod.post(`cases/${row.id}/decide`, remove)
  const trail = async () => (await ann.get(`items/demo/item-${n}`)).body
  const heard = (decision) => until('the webhook', () => d.platform.heard.map((h) => h.event).find((e) => e.data.decision_id === decision))
  const asked = await heard(body.decision)
  assert.equal((await d.api('POST', new URL(asked.data.confirm_url).pathname, { outcome: 'done' })).status, 200)
  assert.equal((await mod.post(`decisions/${body.decision}/reverse`, { reason: 'a quotation' })).status, 403)
  assert.equal((await ann.post(`decisions/${body.decision}/reverse`, { reason: '' })).body.field, '/reason')
  const taken = await ann.post(`decisions/${body.decision}/reverse`, { reason: 'It was a quotation.' })
  assert.equal(taken.status, 200)
  assert.equal((await heard(taken.body.decision)).data.action, 'restore')
  assert.equal((await trail()).decisions.find((x) => x.id === body.decision).reversed, true)
  assert.equal((await ann.post(`decisions/${body.decision}/reverse`, { reason: 'again' })).status, 409)
})

test('claims are exclusive, kept by heartbeats, given back and skipped with a reason', async () => {
  await empty(mod)
  const row = await newCase()
  const [a, b] = await Promise.all([mod.post(`cases/${row.id}/claim`), ann.post(`cases/${row.id}/claim`)])
  assert.deepEqual([a.status, b.status].sort(), [200, 409])
  const [holder, other] = a.status === 200 ? [mod, ann] : [ann, mod]
  assert.equal((await holder.post(`cases/${row.id}/heartbeat`)).status, 200)
  assert.equal((await other.post(`cases/${row.id}/heartbeat`)).status, 409)
  const draft = { policy: 'speech.hate', actions: ['remove'], facts: 'half', note: '' }
  assert.equal((await holder.post(`cases/${row.id}/draft`, draft)).status, 204)
  assert.equal((await holder.post(`cases/${row.id}/note`, { body: 'seen before' })).status, 201)
  assert.equal((await holder.post(`cases/${row.id}/release`)).status, 204)
  const got = await other.post(`cases/${row.id}/claim`)
  assert.deepEqual(got.body.draft, draft, 'the draft goes with the case')
  assert.equal(got.body.notes.at(-1).body, 'seen before')
  assert.equal((await other.post(`cases/${row.id}/skip`, { reason: '' })).status, 422)
  assert.equal((await other.post(`cases/${row.id}/skip`, { reason: 'I know this person' })).status, 204)
  assert.equal((await other.post('work/next', { queue: null })).body.case, null, 'not offered again')
  assert.equal((await holder.post('work/next', { queue: null })).body.case.id, row.id)
  assert.equal((await holder.post(`cases/${row.id}/move`, { queue: 'nowhere', reason: '' })).body.field, '/queue')
  assert.equal((await holder.post(`cases/${row.id}/move`, { queue: 'terror', reason: 'looks organised' })).status, 204)
  assert.equal((await mod.post(`cases/${row.id}/claim`)).status, 403, 'the queue needs a skill')
  assert.equal((await ann.get(`cases/${row.id}`)).body.queue, 'terror')
  assert.equal((await ann.get('cases/nothing')).status, 404)
})

test('reports join the case of what they are about; decisions judge them; a reporter has an accuracy', async () => {
  await empty(mod)
  const flag = async (item, reporter) => {
    const { status, body } = await d.api('POST', '/v1/flags', { subject: { kind: 'item', id: item }, kind: 'user', policy: 'speech.hate', reporter: { id: reporter }, comment: `please look at ${item}` })
    assert.equal(status, 202)
    return body.case
  }
  const rows = []
  for (let i = 0; i < 4; i++) {
    const row = await newCase()
    assert.equal(await flag(row.subject.id, 'r-1'), row.id, 'one case')
    rows.push(row)
  }
  assert.equal(await flag(rows[3].subject.id, 'r-2'), rows[3].id)
  for (const [i, decision] of [remove, remove, clear].entries()) {
    await mod.post(`cases/${rows[i].id}/claim`)
    assert.equal((await mod.post(`cases/${rows[i].id}/decide`, decision)).status, 200)
  }
  const { body: c } = await mod.get(`cases/${rows[3].id}`)
  assert.deepEqual(c.causes.map((x) => x.kind).sort(), ['flag', 'flag', 'rule'])
  assert.equal(c.flags.length, 2)
  const judged = c.flags.find((x) => x.reporter === 'r-1')
  assert.ok(Math.abs(judged.reporter_accuracy - 2 / 3) < 0.01)
  assert.equal(judged.reporter_flags, 4)
  assert.equal(judged.comment, `please look at ${rows[3].subject.id}`)
  assert.equal(c.flags.find((x) => x.reporter === 'r-2').reporter_accuracy, null, 'too few to say')
  const { body: account } = await d.api('POST', '/v1/flags', { subject: { kind: 'account', id: 'u-1' }, kind: 'trusted_flagger', policy: 'speech.hate', comment: 'all of it' })
  const { body: about } = await ann.get(`cases/${account.case}`)
  assert.equal(about.subject.kind, 'account')
  assert.equal(about.item, null)
  assert.equal(about.account.id, 'u-1')
  assert.ok(about.actions.every((a) => a.subject === 'account'), 'what can be done to an account')
  await ann.post(`cases/${about.id}/claim`)
  const suspend = { kind: 'act', policy: 'speech.hate', ground: 'incompatible', actions: [{ name: 'account_suspend', params: null }], facts: '', note: '' }
  const decided = await ann.post(`cases/${about.id}/decide`, suspend)
  assert.equal(decided.status, 200, JSON.stringify(decided.body))
  await until('the webhook about the account', () => d.platform.heard.some((h) => h.event.data.decision_id === decided.body.decision && h.event.data.subject?.kind === 'account'))
})

test('queues and search', async () => {
  const row = await newCase()
  const { body } = await mod.get('queues')
  const conduct = body.queues.find((q) => q.name === 'conduct')
  assert.ok(conduct.open >= 1 && conduct.mine && conduct.by_severity.high >= 1)
  assert.ok(!body.queues.find((q) => q.name === 'terror').mine)
  const list = await mod.get('queues/conduct/cases?limit=1')
  assert.equal(list.body.cases.length, 1)
  assert.equal(list.body.total, conduct.open + conduct.claimed)
  assert.equal((await mod.get('queues/nowhere/cases')).status, 404)
  assert.equal((await mod.get('queues/conduct/cases?state=lost')).status, 422)
  const found = await mod.get(`items/search?q=item-${n}`)
  assert.equal(found.body.items[0].id, `item-${n}`)
  assert.equal((await mod.get('items/search?q=u-')).body.accounts[0].id, 'u-1')
  assert.ok((await mod.get(`items/search?q=${row.id.slice(0, 13)}`)).body.cases.some((x) => x.id === row.id))
  assert.ok((await mod.get('items/search?q=')).body.items.length > 1)
  assert.equal((await mod.get('items/demo/never-sent')).status, 404)
  assert.equal((await mod.get('accounts/elsewhere/u-1')).status, 404)
})

test('media: the small derivative, then a preview once, and every look is recorded', async () => {
  const { body: uploaded } = await d.api('PUT', '/v1/media', picture)
  const row = await newCase(hate, { kind: 'image', media: [uploaded.id] })
  assert.equal((await mod.post(`cases/${row.id}/claim`)).body.seen_whole, false)
  const tiny = await mod.get(`media/${uploaded.id}/tiny?case=${row.id}`)
  assert.equal(tiny.status, 200)
  assert.match(tiny.headers.get('content-type'), /^image\//)
  assert.ok(tiny.bytes.length < 4000)
  const other = await newCase()
  assert.equal((await mod.get(`media/${uploaded.id}/tiny?case=${other.id}`)).status, 404)
  const reveal = await mod.post(`media/${uploaded.id}/reveal`, { case: row.id })
  assert.equal(reveal.status, 200)
  assert.equal((await ann.call('GET', reveal.body.url)).status, 403, 'made for somebody else')
  const shown = await mod.call('GET', reveal.body.url)
  assert.equal(shown.status, 200)
  assert.match(shown.headers.get('content-security-policy'), /sandbox/)
  assert.match(shown.headers.get('cache-control'), /no-store/)
  assert.notDeepEqual(shown.bytes, picture, 're-encoded, never the original')
  assert.equal((await mod.call('GET', reveal.body.url)).status, 410)
  assert.equal((await mod.get(`cases/${row.id}`)).body.seen_whole, true)
  assert.ok((await ann.get('audit?verb=reveal')).body.rows.some((r) => r.subject === uploaded.id))
  assert.ok(d.tutela('audit', '--limit', '50').audit.some((line) => line.verb === 'reveal' && line.subject === uploaded.id))
  assert.equal((await mod.get(`media/${'00'.repeat(32)}/tiny`)).status, 404)

  assert.equal((await mod.post(`cases/${row.id}/move`, { queue: 'child-safety', reason: 'a child' })).status, 204)
  assert.equal((await mod.get(`media/${uploaded.id}/tiny`)).status, 403, 'its queue needs a skill now')
  assert.equal((await mod.post(`media/${uploaded.id}/reveal`, { case: null })).status, 403)
  assert.equal((await ann.get(`media/${uploaded.id}/tiny`)).status, 200)
  assert.ok((await ann.get('audit?verb=media.tiny')).body.rows.some((r) => r.subject === uploaded.id && r.who === 'ann'))
})

test('banks: create, import line by line, add from a picture, change, remove', async () => {
  const lead = await d.person('lead')
  assert.equal((await mod.post('banks', {})).status, 403)
  const bad = await lead.post('banks', { name: 'b-1', kind: 'text', policy: 'no.such', source: 'me', distance: null })
  assert.equal(bad.body.field, '/policy')
  const made = await lead.post('banks', { name: 'b-1', kind: 'text', policy: 'terms.spam', source: 'me', distance: null })
  assert.equal(made.status, 201)
  assert.equal((await lead.post('banks', { name: 'b-1', kind: 'text', policy: 'terms.spam', source: 'me', distance: null })).status, 409)
  const bank = made.body.id
  const sent = await lead.post(`banks/${bank}/import`, { form: 'phrase', text: ['buy now demo', 'regex:(', '# a comment', 'buy now demo', 'word:zorb\tnew'].join('\n'), last: true })
  assert.equal(sent.body.added, 2)
  assert.equal(sent.body.present, 1)
  assert.deepEqual(sent.body.errors.map((e) => [e.line, e.field]), [[2, 'value']])
  assert.ok((await mod.get('banks')).body.banks.some((b) => b.name === 'b-1' && b.entries === 2))
  const page = await lead.get(`banks/${bank}`)
  assert.equal(page.body.bank.entries, 2)
  assert.equal((await lead.get(`banks/${bank}?q=zorb`)).body.entries.length, 1)
  const entry = await lead.post(`banks/${bank}/entries`, { form: 'phrase', value: 'free zorbs', note: null })
  assert.equal(entry.status, 201)
  assert.equal((await lead.post(`banks/${bank}/entries`, { form: 'phrase', value: 'free zorbs', note: null })).status, 409)
  assert.equal((await lead.post(`banks/${bank}/entries`, { form: 'pdq', value: 'free zorbs', note: null })).body.field, '/form')
  assert.equal((await lead.call('DELETE', `/console/api/banks/${bank}/entries/${entry.body.id}`)).status, 204)
  assert.equal((await lead.call('DELETE', `/console/api/banks/${bank}/entries/${entry.body.id}`)).status, 404)
  const changed = await lead.call('PATCH', `/console/api/banks/${bank}`, { enabled: false, share: 0.5, direction: 'allow', classification: 'A1' })
  assert.deepEqual([changed.body.enabled, changed.body.share, changed.body.direction, changed.body.classification], [false, 0.5, 'allow', 'A1'])
  assert.match((await lead.get(`banks/${bank}/history`)).body.rows[0].detail, /^b-1: enabled yes -> no; classification none -> A1; direction block -> allow; share 1 -> 0.5$/)

  const first = await lead.post(`banks/${bank}/import`, { name: 'x.csv', text: 'value;form;record\nalpha;word;r-1\nbe', last: false })
  assert.deepEqual([first.body.added, first.body.format, first.body.taken], [1, 'csv', 33])
  const second = await lead.post(`banks/${bank}/import`, { state: first.body.state, bytes: Buffer.from('beta;word;r-2\ngamma;none;\n').toString('base64'), exchange: 'ours', last: true })
  assert.deepEqual([second.body.added, second.body.errors[0].line, second.body.errors[0].field], [1, 4, 'form'])
  assert.equal((await lead.post(`banks/${bank}/import`, { state: 'nonsense', text: 'x', last: true })).body.field, '/state')
  const [alpha] = (await lead.get(`banks/${bank}?record=r-1`)).body.entries
  const entryUrl = `/console/api/banks/${bank}/entries/${alpha.id}`
  assert.equal((await lead.call('PATCH', entryUrl, { disabled_until: '2099-01-01' })).body.state, 'off')
  assert.equal((await lead.call('PATCH', entryUrl, { disabled_until: '2000-01-01' })).body.field, '/disabled_until')
  assert.equal((await lead.get(`banks/${bank}?state=off`)).body.entries.length, 1)
  assert.equal((await lead.call('PATCH', entryUrl, { enabled: true, note: 'seen', expires_at: '2098-01-01' })).body.state, 'live')
  assert.equal((await lead.post(`banks/${bank}/bulk`, { do: 'disable', exchange: '' })).body.field, '/exchange')
  assert.equal((await lead.post(`banks/${bank}/rescan`, { do: 'count' })).status, 200)
  assert.equal((await lead.get(`banks/${bank}/rescan`)).status, 200)
  assert.equal((await lead.post(`banks/${bank}/bulk`, { do: 'count', exchange: 'ours' })).body.count, 1)
  assert.deepEqual((await lead.post(`banks/${bank}/bulk`, { do: 'remove', exchange: 'ours' })).body, { count: 1, done: 1, at: null })
  // What an import added comes out again: nothing that was there, nothing of other people.
  const batch = (await lead.post(`banks/${bank}/import`, { text: 'word:delta\nword:alpha\nword:epsilon', last: true })).body
  assert.deepEqual([batch.added, batch.present], [2, 1])
  const span = { from: batch.from, to: batch.to }
  assert.equal((await ann.post(`banks/${bank}/bulk`, { do: 'count', ...span })).body.count, 0)
  assert.equal((await lead.post(`banks/${bank}/bulk`, { do: 'remove', ...span, exchange: 'ours' })).body.field, '/from')
  assert.equal((await lead.post(`banks/${bank}/bulk`, { do: 'remove', from: batch.from })).body.field, '/from')
  assert.deepEqual((await lead.post(`banks/${bank}/bulk`, { do: 'remove', ...span })).body, { count: 2, done: 2, at: null })
  assert.equal((await lead.get(`banks/${bank}?record=r-1`)).body.entries.length, 1)
  assert.match((await lead.get(`banks/${bank}/history`)).body.rows[0].detail, /2 entries of an import/)
  const file = await lead.post(`banks/${bank}/export`, { format: 'ndjson' })
  assert.ok(file.body.next === null && file.body.text.includes('"record":"r-1"'))

  assert.equal((await lead.call('PATCH', `/console/api/banks/${bank}`, { name: 'b-3' })).body.name, 'b-3')
  const named = (await ann.get('banks')).body.banks.find((b) => b.name === 'demo-hate')
  const kept = await ann.call('PATCH', `/console/api/banks/${named.id}`, { name: 'other' })
  assert.deepEqual([kept.status, kept.body.field], [409, '/name'])
  assert.equal((await ann.call('DELETE', `/console/api/banks/${named.id}`, { confirm: 'demo-hate' })).status, 409)
  assert.equal((await lead.call('DELETE', `/console/api/banks/${bank}`, { confirm: 'b-1' })).body.field, '/confirm')
  assert.equal((await lead.call('DELETE', `/console/api/banks/${bank}`, { confirm: 'b-3' })).status, 204)
  assert.equal((await lead.get(`banks/${bank}`)).status, 404)

  const { body: uploaded } = await d.api('PUT', '/v1/media', picture)
  const pdq = (await lead.post('banks', { name: 'b-2', kind: 'pdq', policy: 'terms.spam', source: 'me', distance: 20 })).body
  assert.equal((await lead.post(`banks/${pdq.id}/entries`, { media: uploaded.id, case: null, note: 'seen' })).status, 403, 'it was published in a child-safety case')
  const added = await ann.post(`banks/${pdq.id}/entries`, { media: uploaded.id, case: null, note: 'seen' })
  assert.equal(added.status, 201)
  assert.equal(added.body.form, 'pdq')
  assert.equal(added.body.value.length, 64)
})

test('keys: made once in the open, used, revoked', async () => {
  const wrong = await ann.post('keys', { platform: 'demo', live: true, label: 'x', scopes: ['everything'], rate_per_s: 0, expires_at: null })
  assert.equal(wrong.body.field, '/scopes')
  const { body, status } = await ann.post('keys', { platform: 'demo', live: false, label: 'x', scopes: ['read'], rate_per_s: 0, expires_at: null })
  assert.equal(status, 201)
  assert.match(body.secret, /^tlk_test_/)
  const list = (await ann.get('keys')).body
  assert.ok(list.platforms.includes('demo') && list.keys.some((k) => k.id === body.key.id) && !JSON.stringify(list).includes(body.secret))
  const put = (change) => ann.call('PUT', `/console/api/keys/${body.key.id}`, { label: 'y', scopes: ['read', 'match'], rate_per_s: 5, burst: 9, networks: ['10.0.0.0/8', '::1'], expires_at: null, ...change })
  const changed = await put({})
  assert.equal(changed.status, 200)
  assert.deepEqual([changed.body.label, changed.body.scopes, changed.body.rate_per_s, changed.body.burst, changed.body.networks], ['y', ['match', 'read'], 5, 9, ['10.0.0.0/8', '::1']])
  for (const [change, field] of [[{ networks: ['10.0.0.1/8'] }, '/networks'], [{ networks: ['a b'] }, '/networks'], [{ networks: [7] }, '/networks'], [{ scopes: [] }, '/scopes'], [{ rate_per_s: -1 }, '/rate_per_s'], [{ expires_at: '2020-01-01T00:00:00Z' }, '/expires_at'], [{ platform: 'other' }, '/platform'], [{ live: true }, '/live']]) {
    const refused = await put(change)
    assert.equal(refused.status, 422, JSON.stringify(change))
    assert.equal(refused.body.field, field)
  }
  const next = await ann.post(`keys/${body.key.id}/rotate`, { hours: 1 })
  assert.equal(next.status, 201)
  assert.notEqual(next.body.secret, body.secret)
  assert.deepEqual(next.body.key.networks, ['10.0.0.0/8', '::1'])
  assert.equal((await ann.post(`keys/${body.key.id}/rotate`, { hours: 1 })).status, 409)
  assert.equal((await mod.post(`keys/${body.key.id}/rotate`, { hours: 1 })).status, 403)
  const old = (await ann.get('keys')).body.keys.find((k) => k.id === body.key.id)
  assert.ok(old.replaced_by === next.body.key.id && old.expires_at && !old.revoked_at)
  assert.equal((await ann.call('DELETE', `/console/api/keys/${body.key.id}`)).status, 204)
  assert.equal((await put({})).status, 409)
  assert.ok((await ann.get('keys')).body.keys.find((k) => k.id === body.key.id).revoked_at)
})

test('deliveries again, alarms, switches, figures, what is in force', async () => {
  const { body: all } = await ann.get('deliveries')
  assert.ok(all.counts.delivered >= 1)
  const decided = all.deliveries.find((x) => x.kind === 'case.decided' && x.state === 'delivered')
  const before = d.platform.heard.length
  const again = await ann.post(`deliveries/${decided.id}/replay`)
  assert.ok([200, 409].includes(again.status))
  if (again.status === 200) await until('the replay', () => d.platform.heard.length > before)
  assert.equal((await ann.get('deliveries?state=lost')).status, 422)
  assert.deepEqual((await ann.get('alarms?state=closed')).body.alarms, [])
  assert.equal((await ann.post('alarms/01a20c58-45f7-7000-86c9-49bf848c72a5/close')).status, 404)

  const on = await ann.call('PUT', '/console/api/switches', { name: 'observe_only', value: 'on' })
  assert.deepEqual(on.body.switches.map((s) => s.value), ['on', 'on'])
  assert.equal(on.body.switches[0].set_by, 'ann')
  const row = await newCase()
  await mod.post(`cases/${row.id}/claim`)
  const { body } = await mod.post(`cases/${row.id}/decide`, remove)
  const trail = (await ann.get(`items/demo/item-${n}`)).body
  assert.equal(trail.decisions.find((x) => x.id === body.decision).deliveries[0].state, 'held')
  await ann.call('PUT', '/console/api/switches', { name: 'observe_only', value: 'off' })

  const figures = (await ann.get('figures?days=1')).body
  assert.ok(figures.policies.find((p) => p.policy === 'speech.hate').decided_act >= 1)
  assert.ok(figures.verdicts.review >= 1 && figures.items.scanned >= 1)
  assert.equal((await ann.get('figures?days=0')).status, 422)
  const rules = (await ann.get('rules')).body
  assert.equal(rules.refused, null)
  const hatePhrase = rules.rules.find((r) => r.name === 'hate-phrase')
  assert.ok(hatePhrase.hits_7d >= 1)
  assert.equal(hatePhrase.pack, 'conduct.rules')
  assert.ok(rules.rules.some((r) => !r.active && r.reason), 'what needs a model is shown as inactive')
  const pack = d.data + '/policy/rules/fraud.rules'
  const good = readFileSync(pack, 'utf8')
  writeFileSync(pack, good + '\nrule broken\n    policy nowhere\n')
  const after = (await ann.get('rules')).body
  assert.match(after.refused, /fraud\.rules:\d+:\d+: error/)
  assert.equal(after.version, rules.version, 'the last good rules stay')
  assert.equal(after.rules.length, rules.rules.length)
  writeFileSync(pack, good)
  assert.equal((await ann.get('rules')).body.refused, null)
  assert.ok((await ann.get('policies')).body.policies.length > 50)
  assert.ok((await ann.get('actions')).body.actions.every((a) => a.help && a.title))
})

test('console, command line and metrics say the same figures', async () => {
  const page = (await ann.get('figures?days=7')).body
  const line = d.tutela('figures', '--days', '7')
  assert.deepEqual(line.policies, page.policies)
  for (const part of ['items', 'verdicts', 'cases', 'actions', 'deliveries']) assert.deepEqual(line[part], page[part], part)
  const text = await (await fetch(d.admin + '/metrics')).text()
  const metric = (family, name, policy) => Number(text.match(new RegExp(`^${family}\\{name="${name}",policy="${policy}",mode="live"\\} (\\d+)$`, 'm'))?.[1] ?? 0)
  for (const row of page.policies) {
    const named = { review: 'verdict_review', withhold: 'verdict_withhold', block: 'verdict_block', flags: 'flags_received', automatic: 'automatic' }
    for (const [column, name] of Object.entries(named)) assert.equal(metric('tutela_events_total', name, row.policy), row[column], `${column} of ${row.policy}`)
    for (const name of ['decided_act', 'decided_clear', 'reversed']) assert.equal(metric('tutela_decisions', name, row.policy), row[name], `${name} of ${row.policy}`)
  }
  assert.ok(page.policies.some((row) => row.decided_act > 0))
  assert.match(text, /# TYPE tutela_decisions gauge/) // an undone decision makes it fall
})

test('an open console hears what changed', async () => {
  const stop = new AbortController()
  const who = await d.person('moderator')
  const response = await fetch(d.url + '/console/api/live', { headers: { cookie: `__Host-tutela=${who.cookie}` }, signal: stop.signal })
  assert.match(response.headers.get('content-type'), /event-stream/)
  const events = []
  const reading = (async () => {
    let text = ''
    for await (const chunk of response.body) {
      text += Buffer.from(chunk).toString()
      for (let end; (end = text.indexOf('\n\n')) >= 0; text = text.slice(end + 2))
        if (text.startsWith('event: counters')) events.push(JSON.parse(/^data: (.*)$/m.exec(text)[1]))
    }
  })().catch(() => {})
  await until('the first event', () => events.length)
  const waiting = events.at(-1).waiting
  await newCase()
  await until('the news', () => events.at(-1).waiting > waiting)
  await who.call('DELETE', '/console/api/session')
  await Promise.race([reading, new Promise((_, fail) => setTimeout(fail, 15_000, new Error('it hears on after signing out')).unref())])
  stop.abort()
  await reading
})

test('wrong requests name the field, and the log holds nothing of what was said', async () => {
  assert.equal((await mod.post('work/next', { queue: 5 })).body.field, '/queue')
  assert.equal((await mod.post('work/next', { surprise: 1 })).body.field, '/surprise')
  assert.equal((await mod.call('POST', '/console/api/work/next', undefined, { 'content-type': 'text/plain' })).status, 415)
  for (const word of ['DEMO-HATE-PHRASE', 'zorb', password, mod.cookie, mod.csrf, 'moderator']) assert.ok(!d.log().includes(word), word)
})

test('every answer had the shape that the console expects', () => {
  assert.deepEqual([...wrong], [])
  assert.deepEqual(shapes.map(([, type]) => type).filter((type) => !seen.has(type) && type !== 'Alarm'), [])
})
