// The server against its contract: every route, every documented refusal that can be provoked, generated requests,
// the bounds of every field, and that nothing of a refused request stays.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { contract, deref, isValid, judge, operations, schema, seen, text } from './contract.mjs'
import { root, sleep, startDaemon, until } from './installation.mjs'

let d
before(async () => {
  d = await startDaemon({ sets: { undo_seconds: 0 } })
})
after(() => d?.end())

async function call(method, path, body, options) {
  const answer = await d.call(method, path, body, options)
  judge(method, path, answer)
  return answer
}

let serial = 0
const item = (more = {}) => ({ id: `item-${++serial}`, kind: 'post', author: { id: 'user-1' }, text: { body: 'A harmless text.' }, ...more })
const ndjson = (...lines) => lines.map((l) => (typeof l === 'string' ? l : JSON.stringify(l))).join('\n') + '\n'
const nd = { type: 'application/x-ndjson' }
const png = picture(64, 48)

/** A grey wave as PNG, made here. */
function picture(width, height) {
  const rows = Buffer.alloc(height * (width + 1))
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) rows[y * (width + 1) + 1 + x] = 128 + Math.round(100 * Math.sin(x / 5) * Math.cos(y / 7))
  const crcTable = Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ (n >>> 1) : n >>> 1; return n >>> 0 })
  const crc = (bytes) => (~bytes.reduce((c, b) => crcTable[(c ^ b) & 255] ^ (c >>> 8), 0xffffffff)) >>> 0
  const chunk = (name, data) => {
    const body = Buffer.concat([Buffer.from(name), data])
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)]
    size.writeUInt32BE(data.length)
    sum.writeUInt32BE(crc(body))
    return Buffer.concat([size, body, sum])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(width)
  head.writeUInt32BE(height, 4)
  head[8] = 8
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), chunk('IHDR', head), chunk('IDAT', deflateSync(rows)), chunk('IEND', Buffer.alloc(0))])
}

test('the table of routes and the contract say the same', () => {
  const table = readFileSync(join(root, 'src/api/routes.tbl.h'), 'utf8')
  const rows = [...table.matchAll(/R\("(\w+)", "([^"]+)", \w+, "(\w*)", "([^"]*)"/g)].map(([, method, path, scope, query]) => ({ method, path, scope, query }))
  const mine = operations.filter((o) => o.path.startsWith('/v1/'))
  assert.deepEqual(rows.map((r) => `${r.method} ${r.path}`).sort(), mine.map((o) => `${o.method} ${o.path}`).sort())
  for (const { method, path, op } of mine) {
    const row = rows.find((r) => r.method === method && r.path === path)
    const params = [...(op.parameters ?? []), ...(contract.paths[path].parameters ?? [])].map(deref)
    const names = [...new Set(params.filter((p) => p.in === 'query').map((p) => p.name))].join(' ')
    assert.equal(row.query, names, `query of ${method} ${path}`)
    if (row.scope) assert.match(op.description, new RegExp(`Scope \`${row.scope}\``))
  }
})

test('the words of the contract are the words of the domain', () => {
  const table = readFileSync(join(root, 'src/core/words.tbl.h'), 'utf8')
  const lists = {}
  for (const [, tag, body] of table.matchAll(/^W\((\w+), \w+\)\n([\s\S]*?)^END/gm)) lists[tag] = [...body.matchAll(/V\(\w+, "([^"]+)"\)/g)].map((m) => m[1])
  const same = (tag, list) => assert.deepEqual([...list].filter((x) => x !== null).sort(), [...lists[tag]].sort(), tag)
  same('tl_item_kind', schema('ItemKind').enum)
  same('tl_audience', schema('Audience').enum)
  same('tl_item_state', schema('ItemState').enum)
  same('tl_verdict_word', schema('Verdict').enum)
  same('tl_severity', schema('Severity').enum)
  same('tl_age_band', schema('Account').properties.age_band.enum)
  same('tl_age_assured', schema('Account').properties.age_assured.enum)
  same('tl_account_state', schema('AccountAnswer').properties.state.enum)
  same('tl_flag_kind', schema('Flag').properties.kind.enum)
  same('tl_action_state', schema('ActionState').enum)
})

test('the contract is served as it stands here', async () => {
  const answer = await call('GET', '/v1/openapi.yaml', undefined, { key: null })
  assert.equal(answer.text, text)
})

test('an item comes in, is judged, and its trail is whole', async () => {
  const one = item({ text: { title: 'Hello', body: 'A harmless first post.' }, url: 'https://social.example/1', language: 'de-AT', territory: 'at', posted_at: '2026-11-24T10:00:00+02:00', views: 3, x_note: 'ignored' })
  const taken = await call('POST', '/v1/items', one)
  assert.equal(taken.status, 202)
  const again = await call('POST', '/v1/items', { ...one, text: { body: one.text.body, title: one.text.title } })
  assert.equal(again.text, taken.text)
  const judged = await until('a verdict', async () => {
    const answer = await call('GET', `/v1/items/${one.id}`)
    return answer.json.verdict ? answer.json : null
  })
  assert.equal(judged.verdict, 'allow')
  assert.equal(judged.language, 'de')
  assert.equal(judged.territory, 'AT')
  assert.equal(judged.posted_at, '2026-11-24T08:00:00.000Z')
  assert.deepEqual(judged.text, one.text)
  const waited = await call('POST', '/v1/items?wait=2000', item())
  assert.equal(waited.status, 200, waited.text)
  assert.equal(waited.json.verdict, 'allow')
  const known = await call('POST', '/v1/items?wait=2000', one)
  assert.equal(known.json.verdict, 'allow')
})

test('other content under the same version is refused, a new version is not', async () => {
  const one = item()
  await call('POST', '/v1/items', one)
  const other = await call('POST', '/v1/items', { ...one, text: { body: 'Something else.' } })
  assert.equal(other.status, 409)
  assert.equal(other.json.field, '/version')
  assert.equal((await call('POST', '/v1/items', { ...one, version: 2, text: { body: 'Something else.' } })).status, 202)
  assert.equal((await call('GET', `/v1/items/${one.id}`)).json.version, 2)
  assert.equal((await call('GET', `/v1/items/${one.id}?version=1`)).json.text.body, one.text.body)
})

test('the same item from fifty sides at once is one item', async () => {
  const one = item()
  const answers = await Promise.all(Array.from({ length: 50 }, () => call('POST', '/v1/items', one)))
  assert.deepEqual([...new Set(answers.map((a) => a.text))].length, 1)
  const two = item()
  const mixed = await Promise.all(Array.from({ length: 50 }, (_, i) => call('POST', '/v1/items', { ...two, text: { body: `variant ${i % 5}` } })))
  const kept = (await call('GET', `/v1/items/${two.id}`)).json.text.body
  for (const [i, answer] of mixed.entries()) assert.equal(answer.status, `variant ${i % 5}` === kept ? 202 : 409)
})

test('lines of a batch stand alone', async () => {
  const [one, two] = [item(), item()]
  const answer = await call('POST', '/v1/items:batch', ndjson(one, '{"id":', { ...item(), kind: 'poem' }, '', two, one, { ...one, text: { body: 'other' } }, item({ media: ['ab'.repeat(32)] })), nd)
  const lines = answer.text.trim().split('\n').map((l) => JSON.parse(l))
  assert.deepEqual(lines.map((l) => l.line), [1, 2, 3, 5, 6, 7, 8])
  assert.deepEqual(lines.map((l) => l.problem?.status ?? 202), [202, 400, 422, 202, 202, 409, 422])
  assert.equal(lines[2].problem.field, '/kind')
  assert.equal(lines[6].problem.field, '/media/0')
  assert.equal((await call('GET', `/v1/items/${two.id}`)).status, 200)
  const many = Array.from({ length: 1500 }, () => item())
  const all = await call('POST', '/v1/items:batch', ndjson(...many), nd)
  const taken = all.text.trim().split('\n').map((l) => JSON.parse(l))
  assert.deepEqual(taken.map((l) => l.id), many.map((m) => m.id))
  const long = await call('POST', '/v1/items:batch', ndjson(item(), 'x'.repeat(300_000), item()), nd)
  assert.deepEqual(long.text.trim().split('\n').map((l) => JSON.parse(l).problem?.status ?? 202), [202, 413, 202])
})

test('a batch that breaks off keeps what was committed, and can be sent again', async () => {
  for (let round = 0; round < 8; round++) {
    const many = Array.from({ length: 400 }, () => item())
    const body = ndjson(...many)
    await new Promise((done) => {
      const socket = connect(d.port, '127.0.0.1', () => {
        socket.write(`POST /v1/items:batch HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${d.secret}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ${body.length + 10}\r\n\r\n`)
        socket.write(body, () => setTimeout(() => socket.destroy(), 3 * round))
      })
      socket.on('close', done).on('error', () => {})
    })
    const again = await call('POST', '/v1/items:batch', body, nd)
    assert.deepEqual(again.text.trim().split('\n').map((l) => JSON.parse(l).id), many.map((m) => m.id))
  }
})

test('media are stored once, and named by what they are', async () => {
  const put = await call('PUT', '/v1/media', png, { type: 'image/jpeg' })
  assert.equal(put.status, 201)
  assert.equal(put.json.mime, 'image/png')
  assert.equal((await call('PUT', '/v1/media', png, { type: 'application/octet-stream' })).status, 200)
  const named = item({ kind: 'image', media: [put.json.id] })
  assert.equal((await call('POST', '/v1/items', named)).status, 202)
  const form = new FormData()
  const one = item({ kind: 'image' })
  form.append('item', new Blob([JSON.stringify(one)], { type: 'application/json' }))
  form.append('media', new Blob([png]), 'a.png')
  form.append('media', new Blob(['plain words']), 'b.txt')
  const answer = await call('POST', '/v1/items', form)
  assert.equal(answer.status, 202, answer.text)
  assert.equal(answer.json.media[0], put.json.id)
  const trail = (await call('GET', `/v1/items/${one.id}`)).json
  assert.deepEqual(trail.media.map((m) => m.mime), ['image/png', 'application/octet-stream'])
})

test('a flag opens a case, the next one joins it', async () => {
  const one = item()
  await call('POST', '/v1/items', one)
  const flag = { id: `flag-${one.id}`, kind: 'user', subject: { kind: 'item', id: one.id }, comment: 'Please look.', reporter: { id: 'user-9' } }
  const first = await call('POST', '/v1/flags', flag)
  assert.equal(first.status, 202, first.text)
  assert.equal((await call('POST', '/v1/flags', flag)).text, first.text)
  const next = await call('POST', '/v1/flags', { kind: 'trusted_flagger', subject: { kind: 'item', id: one.id } })
  assert.equal(next.json.case, first.json.case)
  assert.equal((await call('POST', '/v1/flags', { ...flag, kind: 'notice' })).status, 409)
  const trail = (await call('GET', `/v1/items/${one.id}`)).json
  assert.equal(trail.flags.length, 2)
  assert.equal(trail.cases.length, 1)
  assert.equal((await call('POST', '/v1/flags', { kind: 'user', subject: { kind: 'account', id: 'user-1' } })).status, 202)
  assert.equal((await call('POST', '/v1/flags', { kind: 'user', subject: { kind: 'item', id: 'nobody' } })).json.field, '/subject/id')
})

test('accounts keep what is not said, and are forgotten with all they wrote', async () => {
  const id = 'person%2F%C3%A4'
  const put = await call('PUT', `/v1/accounts/${id}`, { age_band: '13-15', country: 'fr', name: 'Demo' })
  assert.equal(put.json.id, 'person/ä')
  const more = await call('PUT', `/v1/accounts/${id}`, { language: 'fr', birth_month: '2011-05' })
  assert.deepEqual([more.json.age_band, more.json.country, more.json.language], ['13-15', 'FR', 'fr'])
  const one = item({ author: { id: 'person/ä' } })
  await call('POST', '/v1/items', one)
  assert.equal((await call('DELETE', `/v1/accounts/${id}`)).status, 204)
  const gone = (await call('GET', `/v1/items/${one.id}`)).json
  assert.equal(gone.text, null)
  assert.equal(gone.state, 'deleted')
  assert.equal((await call('DELETE', '/v1/accounts/never-seen')).status, 404)
})

test('settings by age: what must be, what may be, and what is said to a wish', async () => {
  const at = (id) => `/v1/accounts/${id}/settings`
  const of = (answer, key) => answer.json.settings.find((s) => s.key === key)
  const stranger = await call('GET', at('never-described'))
  assert.deepEqual([stranger.status, stranger.json.age_band, stranger.json.treated_as], [200, 'unknown', '13-15'])
  assert.deepEqual(of(stranger, 'account_visibility').must_be, 'private')
  assert.deepEqual(of(stranger, 'unsolicited_messages').may_be, ['blocked'])

  await call('PUT', '/v1/accounts/teen', { age_band: '13-15', language: 'de' })
  const first = await call('GET', at('teen'))
  const etag = first.headers.get('etag')
  assert.match(first.headers.get('cache-control'), /^private, max-age=\d+$/)
  assert.deepEqual(first.json.quiet_hours, { from: '21:00', to: '08:00' })
  assert.notEqual(of(first, 'comments').reason_text, of(stranger, 'comments').reason_text)
  assert.equal((await call('GET', at('teen'), undefined, { headers: { 'if-none-match': etag } })).status, 304)
  const english = await call('GET', `${at('teen')}?language=en`)
  assert.equal(of(english, 'gifts').reason_text, 'At your age this setting cannot be loosened.')

  const wish = (settings, more = {}) => call('PUT', at('teen'), { settings, ...more })
  const said = (answer) => answer.json.answers.map((a) => a.answer)
  const both = await wish({ comments: 'nobody', private_messages: 'everyone', account_visibility: 'public' })
  assert.deepEqual(said(both), ['allow', 'refuse', 'warn'])
  assert.equal(of(both, 'comments').must_be, 'nobody')
  assert.equal(of(both, 'private_messages').must_be, 'nobody')
  assert.equal(of(both, 'account_visibility').must_be, 'private')
  assert.deepEqual(said(await wish({ account_visibility: 'public', geolocation: 'on' }, { warned: true })), ['allow', 'allow'])
  const now = await call('GET', at('teen'))
  assert.equal(of(now, 'account_visibility').must_be, 'public')
  assert.ok(of(now, 'geolocation').until)
  assert.notEqual(now.headers.get('etag'), etag)

  await call('PUT', '/v1/accounts/teen', { age_band: 'under13' })
  assert.ok((await call('GET', at('teen'))).json.settings.every((s) => s.may_be.length === 1 && s.must_be === s.may_be[0]))
  await call('DELETE', '/v1/accounts/teen')
  await call('PUT', '/v1/accounts/teen', { age_band: '13-15' })
  assert.equal(of(await call('GET', at('teen')), 'account_visibility').must_be, 'private')
})

test('relations: events count by their own time, in any order, and each line of a batch stands alone', async () => {
  const put = async (...event) => (await call('PUT', '/v1/relations', Object.assign({ from: 'r-1', to: 'r-2' }, ...event))).json
  const at = (second) => ({ at: `2026-11-20T10:00:${second}Z` })
  const told = (applied) => ({ applied, safety_notice: null })
  assert.deepEqual(await put({ kind: 'follow' }, at('05')), told(true))
  assert.deepEqual(await put({ kind: 'follow' }, at('05')), told(false))
  assert.deepEqual(await put({ kind: 'end', ends: 'follow' }, at('04')), told(false))
  assert.deepEqual(await put({ kind: 'end', ends: 'follow' }, at('06')), told(true))
  const lines = [{ from: 'r-1', to: 'r-2', kind: 'block' }, { from: 'r-2', to: 'r-2', kind: 'block' }, { from: 'r-2', to: 'r-3', kind: 'contact' }]
  const answer = await call('PUT', '/v1/relations:batch', lines.map((l) => JSON.stringify(l)).join('\n') + '\n{\n', { type: 'application/x-ndjson' })
  const got = answer.text.trim().split('\n').map((l) => JSON.parse(l))
  assert.deepEqual([got.map((l) => l.line), got.map((l) => l.applied)], [[1, 2, 3, 4], [true, undefined, true, undefined]])
  assert.deepEqual([got[1].problem.field, got[3].problem.status], ['/to', 400])
  const many = `${JSON.stringify(lines[0])}\n`.repeat(10_001)
  assert.equal((await call('PUT', '/v1/relations:batch', many, { type: 'application/x-ndjson' })).status, 413)
})

test('a search is told by topic, age band and country, and who is not known is told most', async () => {
  const ask = async (body) => { const a = await call('POST', '/v1/search/check', body); assert.equal(a.status, 200, a.text); return a.json }
  await call('PUT', '/v1/accounts/grown', { age_band: '18+', country: 'FR', language: 'fr' })
  await call('PUT', '/v1/accounts/teen-16', { age_band: '16-17', country: 'DE', language: 'de' })
  const calm = await ask({ query: 'cats and dogs', account: 'grown' })
  assert.deepEqual([calm.answer, calm.topic, calm.notice], ['nothing', null, null])
  const grown = await ask({ query: 'DEMO-SELF-HARM-WORD', account: 'grown' })
  assert.deepEqual([grown.answer, grown.topic, grown.notice.results_text], ['notice', 'self-harm', null])
  assert.deepEqual(grown.notice.help.lines.map((l) => l.phone), ['3114'])
  const teen = await ask({ query: 'what is a demo-self-harm-word?', account: 'teen-16' })
  assert.deepEqual([teen.answer, teen.age_band], ['block', '16-17'])
  assert.deepEqual(teen.notice.help.lines.map((l) => l.phone), ['116 111', '116 123'])
  assert.match(teen.notice.text, /Du bist nicht allein/)
  assert.equal((await ask({ query: 'DEMO-EATING-WORD', account: 'teen-16' })).answer, 'notice')
  for (const account of [undefined, 'never-described']) {
    const unknown = await ask({ query: 'DEMO-EATING-WORD', account, language: 'en' })
    assert.deepEqual([unknown.answer, unknown.age_band, unknown.notice.help.known, unknown.notice.help.lines], ['block', 'unknown', false, []])
    assert.match(unknown.notice.help.text, /emergency number of your country/)
  }
  const abroad = await ask({ query: 'DEMO-EATING-WORD', account: 'teen-16', country: 'us', language: 'en-US' })
  assert.deepEqual([abroad.notice.help.country, abroad.notice.help.lines.map((l) => l.phone)], ['US', ['988']])
})

test('a search that is spelt in disguise is told the same', async () => {
  for (const query of ['dеmо-sеlf-hаrm-wоrd', 'D3M0-S3LF-H4RM-W0RD', 'ＤＥＭＯ-ＳＥＬＦ-ＨＡＲＭ-ＷＯＲＤ', 'demo  words  of\u200b despair'])
    assert.equal((await call('POST', '/v1/search/check', { query })).json.topic, 'self-harm', query)
  assert.equal((await call('POST', '/v1/search/check', { query: 'demo-self-harm-words' })).json.answer, 'nothing')
})

test('ages: younger counts at once, older is offered, accepted and taken back', async () => {
  const put = (body, id = 'growing') => call('PUT', `/v1/accounts/${id}`, body)
  const answer = (word, band, id = 'growing') => call('PUT', `/v1/accounts/${id}/age`, { answer: word, age_band: band })
  const settings = async () => (await call('GET', '/v1/accounts/growing/settings')).json
  const first = (await put({ age_band: '13-15', age_assured: 'declared' })).json
  assert.deepEqual([first.age_heard, first.age.state, first.age.assured], ['accepted', 'held', 'declared'])
  assert.equal((await put({ age_band: '13-15', age_assured: 'declared' })).json.age_heard, 'as_known')
  const offered = (await put({ age_band: '16-17', age_assured: 'declared' })).json
  assert.deepEqual([offered.age_heard, offered.age_band, offered.age.offered], ['offered', '13-15', '16-17'])
  const waiting = await settings()
  assert.deepEqual([waiting.age_band, waiting.age.offered, typeof waiting.offer_text], ['13-15', '16-17', 'string'])
  assert.equal((await answer('accept', '18+')).status, 409)
  for (let twice = 0; twice < 2; twice++) assert.equal((await answer('accept', '16-17')).json.age_band, '16-17')
  assert.equal((await settings()).settings.find((s) => s.key === 'group_invitations').must_be, 'ask')
  assert.deepEqual((await answer('revert', '16-17')).json.age, { ...offered.age, state: 'declined', since: (await settings()).age.since })
  assert.equal((await settings()).settings.find((s) => s.key === 'group_invitations').must_be, 'never')
  assert.equal((await answer('accept', '16-17', 'nobody-here')).status, 404)

  // Weaker means never make older; a correction says so.
  assert.equal((await put({ age_band: '18+', age_assured: 'declared' })).json.field, '/age_band')
  assert.equal((await put({ age_band: '18+', age_assured: 'estimated', age_confidence: 0.5 })).status, 422)
  assert.equal((await put({ age_band: '18+', age_assured: 'verified' })).json.age_band, '18+')
  assert.equal((await put({ age_band: '13-15', age_assured: 'declared' })).json.age_band, '13-15')
  assert.match((await put({ age_band: '18+', age_assured: 'declared' })).json.detail, /13-15.*age_correction/)
  assert.equal((await put({ age_band: '18+', age_assured: 'declared', age_correction: 'appeal' })).json.age_band, '18+')

  // Below the minimum age a person looks, and no birthday lets anybody in meanwhile.
  const young = (await put({ birth_month: '2015-01', age_assured: 'declared' }, 'young')).json
  assert.deepEqual([young.age_band, young.age_heard], ['under13', 'accepted'])
  assert.equal((await put({ age_band: '13-15', age_assured: 'none' }, 'young')).status, 422)
  assert.equal((await put({ age_band: 'unknown' }, 'young')).status, 422)
})

test('guardians only make stricter, the child is told, and either side may end it', async () => {
  const link = (guardian, ward = 'ward') => call('PUT', `/v1/accounts/${ward}/guardians/${guardian}`)
  const end = (guardian, by = 'holder') => call('DELETE', `/v1/accounts/${'ward'}/guardians/${guardian}?by=${by}`)
  const bound = (guardian, settings) => call('PUT', `/v1/accounts/ward/guardians/${guardian}/settings`, { settings })
  const of = (answer, key) => answer.json.settings.find((s) => s.key === key)
  await call('PUT', '/v1/accounts/ward', { age_band: '16-17', language: 'fr' })
  await call('PUT', '/v1/accounts/adult', { age_band: '18+' })
  await call('PUT', '/v1/accounts/sibling', { age_band: '16-17' })
  assert.equal((await bound('mother', { comments: 'nobody' })).status, 404)
  const first = await link('mother')
  assert.equal(first.status, 200)
  assert.match(first.json.notice_text, /parent est maintenant lié/)
  assert.equal((await link('mother')).json.linked_at, first.json.linked_at)
  assert.equal((await link('opaque%3A7')).status, 200)
  for (const [guardian, ward, status] of [['ward', 'ward', 422], ['sibling', 'ward', 422], ['mother', 'adult', 409]])
    assert.equal((await link(guardian, ward)).status, status, guardian)

  const now = await bound('mother', { comments: 'nobody', downloads: 'off' })
  assert.deepEqual(now.json.answers.map((a) => a.answer), ['allow', 'allow'])
  assert.deepEqual([of(now, 'comments').must_be, of(now, 'comments').may_be, of(now, 'comments').reason], ['nobody', ['nobody'], 'guardian'])
  await bound('opaque%3A7', { comments: 'friends' })
  const refused = (await call('PUT', '/v1/accounts/ward/settings', { settings: { comments: 'friends', downloads: 'on' }, warned: true })).json
  assert.deepEqual(refused.answers.map((a) => [a.answer, a.reason]), [['refuse', 'guardian'], ['refuse', 'guardian']])
  assert.deepEqual(refused.guardians.map((g) => g.guardian), ['mother', 'opaque:7'])
  // Nothing looser than the policy comes of a wide bound, and the other's bound stays when one goes.
  const wide = await bound('mother', { comments: 'everyone', private_messages: 'everyone' })
  assert.deepEqual([of(wide, 'comments').must_be, of(wide, 'comments').may_be.at(-1), of(wide, 'private_messages').must_be], ['friends', 'friends', 'friends'])
  assert.equal((await end('mother', 'nobody')).json.field, 'by')
  assert.equal((await end('mother', 'guardian')).status, 204)
  assert.equal((await end('mother')).status, 404)
  const left = await call('GET', '/v1/accounts/ward/settings')
  assert.deepEqual([of(left, 'downloads').may_be, of(left, 'comments').may_be], [['off', 'on'], ['nobody', 'friends']])

  for (let n = 1; n < 8; n++) assert.equal((await link(`g${n}`)).status, 200)
  assert.match((await link('g8')).json.detail, /8 guardians/)
  // Nor is one that turns out to be a minor's, or that is described as one only later.
  await call('PUT', '/v1/accounts/pretender', { age_band: '18+' })
  for (const g of ['pretender', 'never-seen']) assert.equal((await link(g, 'sibling')).status, 200)
  for (const g of ['pretender', 'never-seen']) await call('PUT', `/v1/accounts/${g}`, { age_band: '13-15' })
  assert.deepEqual((await call('GET', '/v1/accounts/sibling/settings')).json.guardians, [])
  // An account that is deleted is nobody's guardian, and adults have none.
  await link('adult', 'sibling')
  await call('PUT', '/v1/accounts/sibling/guardians/adult/settings', { settings: { comments: 'nobody' } })
  await call('DELETE', '/v1/accounts/adult')
  const free = await call('GET', '/v1/accounts/sibling/settings')
  assert.deepEqual([free.json.guardians, of(free, 'comments').must_be], [[], 'friends'])
  await call('PUT', '/v1/accounts/ward', { age_band: '18+', age_assured: 'verified' })
  const grown = await call('GET', '/v1/accounts/ward/settings')
  assert.deepEqual([grown.json.guardians, of(grown, 'comments').must_be], [[], 'everyone'])
  assert.equal((await call('PUT', '/v1/accounts/ward/guardians/a%07b')).json.field, 'guardian')
})

test('a text that goes with a contact counts only where it may be looked at', async () => {
  const check = async (kind, more) => (await call('POST', '/v1/contacts/check', { from: 'texter', to: 'reader', kind, ...more })).json.text_used
  for (const id of ['texter', 'reader']) await call('PUT', `/v1/accounts/${id}`, { age_band: '18+', country: 'DE' })
  assert.equal(await check('message', { text: 'add me on snap' }), false)
  assert.equal(await check('message', { has_link: true, record: false }), false)
  assert.equal(await check('group_invitation', { text: 'come along' }), false)
  assert.equal(await check('comment', { text: 'look at https://example.org', origin: 'device-1' }), true)
  assert.equal(await check('message', { origin: 'device-1' }), undefined)
  // What the other made of it stands in the log, whose words are numbers: 4 declined, 6 reported.
  const told = (outcome) => +execFileSync('sqlite3', ['-readonly', '-cmd', '.timeout 10000', join(d.dir, 'store.db'), `SELECT COUNT(*) FROM contact_log l JOIN accounts a ON a.id = l.sender JOIN accounts b ON b.id = l.receiver WHERE a.ext_id = 'texter' AND b.ext_id = 'reader' AND l.outcome = ${outcome}`], { encoding: 'utf8' })
  assert.deepEqual([told(4), told(6)], [0, 0])
  await call('PUT', '/v1/relations', { from: 'reader', to: 'texter', kind: 'decline' })
  await call('POST', '/v1/flags', { subject: { kind: 'account', id: 'texter' }, kind: 'user', reporter: { id: 'reader' } })
  assert.deepEqual([told(4), told(6)], [1, 1])
})

test('quiet hours are those of the place, and the answer holds until they begin or end', async () => {
  await call('PUT', '/v1/accounts/night', { age_band: '13-15' })
  const at = async (zone, id = 'night') => call('GET', `/v1/accounts/${id}/settings?time_zone=${encodeURIComponent(zone)}`)
  assert.equal((await call('GET', '/v1/accounts/night/settings')).json.quiet, null)
  for (const zone of ['Europe/Berlin', 'Asia/Kathmandu', 'Pacific/Kiritimati', 'America/St_Johns', 'UTC']) {
    const answer = await at(zone)
    const minute = (date) => { const [h, m] = date.toLocaleTimeString('en-GB', { timeZone: zone }).split(':'); return h * 60 + +m }
    const before = new Date(Date.parse(answer.json.quiet.until) - 1)
    const expected = (date) => minute(date) >= 21 * 60 || minute(date) < 8 * 60
    assert.equal(answer.json.quiet.now, expected(before), zone)
    assert.equal(expected(new Date(answer.json.quiet.until)), !answer.json.quiet.now, zone)
    const age = +/max-age=(\d+)/.exec(answer.headers.get('cache-control'))[1]
    assert.ok(age <= Math.max(0, (Date.parse(answer.json.quiet.until) - Date.now()) / 1000 + 2), zone)
  }
  const around = await Promise.all(['UTC', 'Etc/GMT-6', 'Etc/GMT-12', 'Etc/GMT+6'].map(async (zone) => (await at(zone)).json.quiet.now))
  assert.deepEqual([...new Set(around)].sort(), [false, true]) // it is night somewhere, and day
  for (const zone of ['Mars/Olympus', 'europe/berlin', 'GMT+5', 'Etc/Unknown', '', 'Europe/ Berlin', 'x'.repeat(64)])
    assert.deepEqual([(await at(zone)).status, (await at(zone)).json.field], [422, 'time_zone'], zone)
  await call('PUT', '/v1/accounts/owl', { age_band: '18+' })
  assert.deepEqual((await at('Europe/Paris', 'owl')).json.quiet, { now: false, until: null })
})

test('no day of birth is taken, wherever it stands', async () => {
  const put = (body) => call('PUT', '/v1/accounts/born', body)
  const refused = [
    [{ birth_month: '2011-05-17' }, '/birth_month'], [{ birth_date: '2011-05-17' }, '/birth_date'], [{ dob: '17.05.2011' }, '/dob'],
    [{ birthday: '05-17' }, '/birthday'], [{ birth_month: '2011-05', created_at: '2011-05-17T00:00:00Z' }, '/created_at'],
    [{ created_at: '1985-05-17T00:00:00Z' }, '/created_at'],
    ...['2011-05-17', '17.05.2011', '5/17/2011', '20110517', 'since 2011/05/17.'].map((day) => [{ settings: { note: day } }, '/settings']),
    [{ settings: { nested: [{ day: { of: '2011-05-17' } }] } }, '/settings'], [{ settings: { n: 20110517 } }, '/settings'],
    [{ settings: { birth_day: 17 } }, '/settings'], [{ settings: { 'x 2011-05-17': true } }, '/settings'],
    [{ settings: { DateOfBirth: '17 May' } }, '/settings'],
  ]
  for (const [body, field] of refused) {
    const answer = await put(body)
    assert.deepEqual([answer.status, answer.json.field], [422, field], JSON.stringify(body))
    if (/birth|dob|created/.test(field)) assert.match(answer.json.detail, /year and (a|the) month/)
  }
  assert.equal((await put({ birth_month: '2011-05', settings: { chosen_at: '2026-05-17', show_birthday: 'off', limit: 12345678, v: '1.2.3' } })).status, 200)
})

test('a comment: published, asked about, held or refused', async () => {
  const ask = async (body) => { const a = await call('POST', '/v1/comments/check', { author: 'c-author', owner: 'c-owner', language: 'en', ...body }); assert.equal(a.status, 200, a.text); return a.json }
  const said = (a) => [a.answer, a.why, a.list]
  assert.deepEqual(said(await ask({ text: 'hello' })), ['refuse', 'closed', null], 'unknown ages take comments of friends only')
  for (const id of ['c-author', 'c-owner']) await call('PUT', `/v1/accounts/${id}`, { age_band: '18+', language: 'de' })
  assert.deepEqual(said(await ask({ text: 'hello' })), ['publish', 'none', null])
  const insult = await ask({ text: 'you DEMO-INSULT-W0RD', language: undefined })
  assert.deepEqual(said(insult), ['ask', 'list', 'insults'])
  assert.match(insult.text, /Warte kurz/)
  assert.equal((await ask({ text: 'you DEMO-INSULT-WORD', confirmed: true })).answer, 'publish')
  const threat = await ask({ text: 'DEMO-THREAT-WORD', confirmed: true })
  assert.deepEqual(said(threat), ['refuse', 'list', 'threats'])
  assert.ok(threat.statement.dsa && threat.statement.sections.length > 3)
  assert.match(threat.statement.text, /automated/i)
  assert.equal((await ask({ text: 'DEMO-INSULT-WORD', author: 'c-owner' })).answer, 'ask')

  const filter = (body) => call('PUT', '/v1/accounts/c-owner/comment-filter', body)
  assert.deepEqual((await call('GET', '/v1/accounts/c-owner/comment-filter')).json, { account: 'c-owner', words: [], filtered: 'hold', approve_all: false, changed_at: null })
  assert.equal((await filter({ words: ['Kartoffelsalat', 'two words'] })).status, 200)
  assert.deepEqual((await call('GET', '/v1/accounts/c-owner/comment-filter')).json.words, ['Kartoffelsalat', 'two words'])
  assert.deepEqual(said(await ask({ text: 'k4rtoffels4lat!' })), ['hold', 'owner_word', null])
  assert.deepEqual(said(await ask({ text: 'TWO   WORDS', author: 'c-owner' })), ['publish', 'none', null])
  await filter({ words: ['two words'], filtered: 'refuse', approve_all: true })
  assert.deepEqual(said(await ask({ text: 'two words' })), ['refuse', 'owner_word', null])
  assert.deepEqual(said(await ask({ text: 'other' })), ['hold', 'owner_approves', null])
  await call('DELETE', '/v1/accounts/c-owner')
  await call('PUT', '/v1/accounts/c-owner', { age_band: '18+' })
  assert.deepEqual((await call('GET', '/v1/accounts/c-owner/comment-filter')).json.words, [])
  assert.equal((await ask({ text: 'other' })).answer, 'publish')
})

test('what may be shown and recommended to whom', async () => {
  const ask = async (body) => { const a = await call('POST', '/v1/items:reach', body); assert.equal(a.status, 200, a.text); return a.json }
  await call('PUT', '/v1/accounts/writer', { age_band: '18+' })
  await call('PUT', '/v1/accounts/young-writer', { age_band: '13-15' })
  const [one, young] = [item({ author: { id: 'writer' } }), item({ author: { id: 'young-writer' } })]
  for (const i of [one, young]) await call('POST', '/v1/items?wait=2000', i)
  const judged = await until('a verdict', async () => { const a = await call('GET', `/v1/items/${young.id}`); return a.json.verdict && a.json })
  assert.deepEqual(judged.reach['18+'], { show: 'yes', recommend: false, why: [{ code: 'author_setting', action_id: null }] })
  const said = await ask({ items: [one.id, young.id, 'never-seen'], age_band: '13-15' })
  assert.deepEqual(said.items.map((i) => [i.id, i.known, i.show, i.recommend]), [[one.id, true, 'yes', true], [young.id, true, 'yes', false], ['never-seen', false, 'yes', false]])
  assert.equal((await ask({ items: [one.id], account: 'nobody-we-know' })).age_band, 'unknown')
  const blocked = item({ text: { body: 'demo your parcel waits for a fee' }, author: { id: 'writer' } })
  await call('POST', '/v1/items?wait=2000', blocked)
  const [gone] = await until('the removal', async () => { const i = (await ask({ items: [blocked.id], age_band: '18+' })).items; return i[0].show === 'hide' && i })
  assert.equal(gone.recommend, false)
  assert.ok(gone.why.some((w) => w.code === 'remove' && w.action_id))
})

test('contacts: strangers never reach a minor, adults are asked first, blocks win, and the sender reads the same words', async () => {
  const check = async (from, to, kind, more = {}) => (await call('POST', '/v1/contacts/check', { from, to, kind, ...more })).json
  const tell = (from, to, kind, more = {}) => call('PUT', '/v1/relations', { from, to, kind, ...more })
  const bands = { 'c-adult': '18+', 'c-other': '18+', 'c-teen': '16-17', 'c-child': '13-15' }
  for (const [id, age_band] of Object.entries(bands)) await call('PUT', `/v1/accounts/${id}`, { age_band })
  await call('PUT', '/v1/accounts/c-other', { language: 'de' })

  const asked = await check('c-adult', 'c-other', 'message')
  assert.deepEqual([asked.outcome, asked.why, asked.recipient.text], ['request', 'unsolicited', 'contact_request'])
  assert.match(asked.recipient.words, /^Jemand, den du nicht angenommen hast/)
  for (const to of ['c-teen', 'c-child', 'c-never-described'])
    for (const kind of ['message', 'message_media', 'group_invitation']) {
      const said = await check('c-adult', to, kind)
      assert.deepEqual([said.outcome, said.why, said.recipient], ['deny', 'unsolicited_minor', null])
      assert.deepEqual(said.sender, asked.sender)
    }
  await tell('c-other', 'c-adult', 'block')
  assert.deepEqual((await check('c-adult', 'c-other', 'message')).sender, asked.sender)
  assert.equal((await check('c-adult', 'c-other', 'mention')).outcome, 'deny')
  await tell('c-other', 'c-adult', 'end', { ends: 'block' })
  assert.equal((await check('c-adult', 'c-other', 'mention')).outcome, 'allow')

  await tell('c-teen', 'c-adult', 'contact')
  assert.equal((await check('c-adult', 'c-teen', 'message')).outcome, 'allow')
  assert.equal((await check('c-adult', 'c-teen', 'message_media')).why, 'media_off')
  await call('PUT', '/v1/accounts/c-teen/settings', { settings: { private_messages: 'nobody' } })
  assert.equal((await check('c-adult', 'c-teen', 'message')).why, 'messages_off')
  assert.equal((await check('c-teen', 'c-adult', 'message')).why, 'sender_messages_off')
  await tell('c-teen', 'c-adult', 'decline')
  assert.equal((await check('c-adult', 'c-teen', 'follow')).why, 'declined')
  await call('DELETE', '/v1/accounts/c-teen')
  assert.equal((await check('c-adult', 'c-teen', 'message')).outcome, 'deny')

  const lines = [{ from: 'c-adult', to: 'c-child', kind: 'follow' }, { from: 'c-adult', to: 'c-adult', kind: 'follow' }, { from: 'c-adult', to: 'c-other', kind: 'comment', record: false }]
  const answer = await call('POST', '/v1/contacts/check:batch', lines.map((l) => JSON.stringify(l)).join('\n'), { type: 'application/x-ndjson' })
  const got = answer.text.trim().split('\n').map((l) => JSON.parse(l))
  assert.deepEqual(got.map((l) => [l.line, l.outcome ?? l.problem.field]), [[1, 'request'], [2, '/to'], [3, 'allow']])
  const many = `${JSON.stringify(lines[0])}\n`.repeat(1001)
  assert.equal((await call('POST', '/v1/contacts/check:batch', many, { type: 'application/x-ndjson' })).status, 413)
  const metrics = await (await fetch(d.admin + '/metrics')).text()
  assert.match(metrics, /^tutela_contact_checks_total\{outcome="deny"\} [1-9]/m)
})

test('counters follow the latest version', async () => {
  const one = item()
  await call('POST', '/v1/items', one)
  await call('POST', '/v1/items', { ...one, version: 7 })
  assert.deepEqual((await call('PUT', `/v1/items/${one.id}/counters`, { views: 12 })).json, { id: one.id, version: 7, views: 12, engagement: 0 })
  assert.equal((await call('PUT', `/v1/items/${one.id}/counters?version=1`, { engagement: 2 })).json.version, 1)
  assert.equal((await call('PUT', '/v1/items/nothing/counters', { views: 1 })).status, 404)
})

test('erasing twice is the same as once', async () => {
  const one = item()
  await call('POST', '/v1/items', one)
  await call('POST', '/v1/items', { ...one, version: 2 })
  assert.equal((await call('DELETE', `/v1/items/${one.id}`)).status, 204)
  assert.equal((await call('DELETE', `/v1/items/${one.id}`)).status, 204)
  for (const version of [1, 2]) assert.equal((await call('GET', `/v1/items/${one.id}?version=${version}`)).json.text, null)
  assert.equal((await call('DELETE', '/v1/items/nothing')).status, 404)
})

test('what a legal hold keeps is not erased, and the refusal says why', async () => {
  const one = item({ author: { id: 'held' }, text: { body: term('demo-csae') } })
  assert.equal((await call('POST', '/v1/items?wait=2000', one)).json.verdict, 'withhold')
  for (const path of [`/v1/items/${one.id}`, '/v1/accounts/held']) {
    const refused = await call('DELETE', path)
    assert.equal(refused.status, 409, path)
    assert.match(refused.json.detail, /legal hold.*csae/)
  }
  assert.equal((await call('GET', `/v1/items/${one.id}`)).json.text.body, one.text.body)
})

test('banks and lists answer at once', async () => {
  const list = readFileSync(join(root, 'policy/lists/demo-spam.txt'), 'utf8').split('\n').find((l) => l && !l.startsWith('#'))
  const hit = await call('POST', '/v1/match', { text: { body: `see ${list.split('\t')[0]} here` }, hashes: [{ kind: 'md5', value: '0'.repeat(32) }] })
  assert.equal(hit.status, 200, hit.text)
  assert.ok(hit.json.matches.some((m) => m.label === 'demo-spam'), hit.text)
  const none = await call('POST', '/v1/match', { text: { body: 'nothing' } })
  assert.deepEqual(none.json.matches, [])
  const picture = await call('POST', '/v1/match', png, { type: 'image/png' })
  assert.equal(picture.status, 200, picture.text)
})

test('a blocked item becomes an action, an event and a confirmation', async () => {
  const stream = await events(0)
  const one = item({ text: { body: term('demo-products') } })
  await call('POST', '/v1/items', one)
  const event = await stream.next((e) => e.event === 'action.requested' && e.data.data.subject.id === one.id)
  assert.ok(isValid('Event', event.data), JSON.stringify(event.data))
  const id = event.data.data.action_id
  const done = await call('POST', `/v1/actions/${id}/confirm`, { outcome: 'done', note: 'ok' })
  assert.equal(done.json.state, 'confirmed', done.text)
  assert.equal((await call('POST', `/v1/actions/${id}/confirm`, { outcome: 'done' })).status, 200)
  assert.equal((await call('POST', `/v1/actions/${id}/confirm`, { outcome: 'refused' })).status, 409)
  const trail = (await call('GET', `/v1/items/${one.id}`)).json
  assert.ok(['withhold', 'block'].includes(trail.verdict))
  assert.ok(trail.decisions.length >= 1 && trail.actions.length >= 1)
  assert.equal(trail.actions.find((a) => a.action === id).state, 'confirmed')
  stream.close()
  // Resuming right behind an event does not repeat it.
  const two = item({ text: { body: term('demo-products') } })
  await call('POST', '/v1/items', two)
  const later = await events(event.id)
  const next = await later.next((e) => e.event === 'action.requested')
  assert.ok(Number(next.id) > Number(event.id))
  later.close()
})

/** A phrase of a list that ships with the rules. */
function term(name) {
  return readFileSync(join(root, `policy/lists/${name}.txt`), 'utf8').split('\n').find((l) => l && !l.startsWith('#')).split('\t')[0]
}

async function events(after) {
  const control = new AbortController()
  const answer = await fetch(`${d.url}/v1/events`, { headers: { authorization: `Bearer ${d.secret}`, 'last-event-id': String(after) }, signal: control.signal })
  assert.equal(answer.status, 200)
  judge('GET', '/v1/events', { status: 200, headers: answer.headers, text: '', json: null })
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader()
  let buffered = ''
  return {
    async next(wanted) {
      const end = Date.now() + 15_000
      for (;;) {
        const at = buffered.indexOf('\n\n')
        if (at >= 0) {
          const block = buffered.slice(0, at)
          buffered = buffered.slice(at + 2)
          const field = (name) => block.split('\n').find((l) => l.startsWith(name + ': '))?.slice(name.length + 2)
          if (!field('data')) continue
          const event = { id: field('id'), event: field('event'), data: JSON.parse(field('data')) }
          if (wanted(event)) return event
          continue
        }
        if (Date.now() > end) throw new Error('no such event in 15 s')
        const { value, done } = await reader.read()
        if (done) throw new Error('the stream ended')
        buffered += value
      }
    },
    close: () => control.abort(),
  }
}

test('wrong requests are refused with the field that is wrong', async () => {
  const base = item()
  const rows = [
    // method, path, body, status, field
    ['POST', '/v1/items', '{"id":"a"', 400],
    ['POST', '/v1/items', '{"id":"a","id":"b","kind":"post","author":{"id":"u"}}', 400],
    ['POST', '/v1/items', '[]', 422, ''],
    ['POST', '/v1/items', '"x"', 400],
    ['POST', '/v1/items', '', 400],
    ['POST', '/v1/items', Buffer.from('{"id":"\xff"}', 'latin1'), 400],
    ['POST', '/v1/items', '[' .repeat(100), 400],
    ['POST', '/v1/items', { ...base, id: undefined }, 422, '/id'],
    ['POST', '/v1/items', { ...base, id: '' }, 422, '/id'],
    ['POST', '/v1/items', { ...base, id: 'a\nb' }, 422, '/id'],
    ['POST', '/v1/items', { ...base, id: 7 }, 422, '/id'],
    ['POST', '/v1/items', { ...base, kind: 'poem' }, 422, '/kind'],
    ['POST', '/v1/items', { ...base, author: undefined }, 422, '/author'],
    ['POST', '/v1/items', { ...base, author: {} }, 422, '/author/id'],
    ['POST', '/v1/items', { ...base, author: { id: 'u', mail: 'x' } }, 422, '/author/mail'],
    ['POST', '/v1/items', { ...base, version: 1.5 }, 422, '/version'],
    ['POST', '/v1/items', { ...base, version: 0 }, 422, '/version'],
    ['POST', '/v1/items', { ...base, views: -1 }, 422, '/views'],
    ['POST', '/v1/items', { ...base, posted_at: 'yesterday' }, 422, '/posted_at'],
    ['POST', '/v1/items', { ...base, posted_at: '2026-02-30T00:00:00Z' }, 422, '/posted_at'],
    ['POST', '/v1/items', { ...base, text: { 'a b': 'x' } }, 422, '/text/a b'],
    ['POST', '/v1/items', { ...base, text: { body: 1 } }, 422, '/text/body'],
    ['POST', '/v1/items', { ...base, text: 'x' }, 422, '/text'],
    ['POST', '/v1/items', { ...base, media: ['00'] }, 422, '/media/0'],
    ['POST', '/v1/items', { ...base, media: ['00'.repeat(32)] }, 422, '/media/0'],
    ['POST', '/v1/items', { ...base, url: 'java script:x' }, 422, '/url'],
    ['POST', '/v1/items', { ...base, language: 'deutsch' }, 422, '/language'],
    ['POST', '/v1/items', { ...base, territory: 'D1' }, 422, '/territory'],
    ['POST', '/v1/items', { ...base, surprise: 1 }, 422, '/surprise'],
    ['POST', '/v1/items?wiat=1', base, 422, 'wiat'],
    ['POST', '/v1/items?wait=x', base, 422, 'wait'],
    ['POST', '/v1/items?wait=1&wait=2', base, 422, 'wait'],
    ['GET', '/v1/items/a?version=0', undefined, 422, 'version'],
    ['GET', '/v1/items/' + 'a'.repeat(256), undefined, 422, 'id'],
    ['PUT', '/v1/items/a/counters', {}, 422, '/views'],
    ['PUT', '/v1/items/a/counters', { views: '1' }, 422, '/views'],
    ['POST', '/v1/flags', { kind: 'user' }, 422, '/subject'],
    ['POST', '/v1/flags', { kind: 'user', subject: { kind: 'item' } }, 422, '/subject/id'],
    ['POST', '/v1/flags', { kind: 'user', subject: { kind: 'account', id: 'a', version: 1 } }, 422, '/subject/version'],
    ['POST', '/v1/flags', { kind: 'user', subject: { kind: 'item', id: 'a' }, policy: 'no.such' }, 422, '/policy'],
    ['PUT', '/v1/accounts/a', { age_band: '12' }, 422, '/age_band'],
    ['PUT', '/v1/accounts/a', { birth_month: '2011-13' }, 422, '/birth_month'],
    ['PUT', '/v1/accounts/a', { birth_date: '2011-05-01' }, 422, '/birth_date'],
    ['PUT', '/v1/accounts/a', { birth_month: '2011-05', age_band: '18+' }, 422, '/age_band'],
    ['PUT', '/v1/accounts/a', { birth_month: '2126-05' }, 422, '/birth_month'],
    ['PUT', '/v1/accounts/a', { birth_month: '1890-05' }, 422, '/birth_month'],
    ['PUT', '/v1/accounts/a', { age_band: '18+', age_confidence: 0.9 }, 422, '/age_confidence'],
    ['PUT', '/v1/accounts/a/age', { answer: 'accept' }, 422, '/age_band'],
    ['PUT', '/v1/accounts/a/age', { answer: 'perhaps', age_band: '18+' }, 422, '/answer'],
    ['PUT', '/v1/accounts/a/age', { answer: 'accept', age_band: 'unknown' }, 422, '/age_band'],
    ['PUT', '/v1/accounts/a/settings', {}, 422, '/settings'],
    ['PUT', '/v1/accounts/a/settings', { settings: {} }, 422, '/settings'],
    ['PUT', '/v1/accounts/a/settings', { settings: { shoe_size: 'large' } }, 422, '/settings/shoe_size'],
    ['PUT', '/v1/accounts/a/settings', { settings: { comments: 'strangers' } }, 422, '/settings/comments'],
    ['PUT', '/v1/accounts/a/settings', { settings: { comments: 1 } }, 422, '/settings/comments'],
    ['PUT', '/v1/accounts/a/settings', '{', 400],
    ['GET', '/v1/accounts/' + 'a'.repeat(256) + '/settings', undefined, 422, 'id'],
    ['PUT', '/v1/relations', { to: 'b', kind: 'follow' }, 422, '/from'],
    ['PUT', '/v1/relations', { from: 'a', to: 'a', kind: 'follow' }, 422, '/to'],
    ['PUT', '/v1/relations', { from: 'a', to: 'b', kind: 'marry' }, 422, '/kind'],
    ['PUT', '/v1/relations', { from: 'a', to: 'b', kind: 'end' }, 422, '/ends'],
    ['PUT', '/v1/relations', { from: 'a', to: 'b', kind: 'end', ends: 'end' }, 422, '/ends'],
    ['PUT', '/v1/relations', { from: 'a', to: 'b', kind: 'follow', ends: 'block' }, 422, '/ends'],
    ['PUT', '/v1/relations', { from: 'a', to: 'b', kind: 'follow', at: '2999-01-01T00:00:00Z' }, 422, '/at'],
    ['PUT', '/v1/relations', '{', 400],
    ['POST', '/v1/search/check', {}, 422, '/query'],
    ['POST', '/v1/search/check', { query: '' }, 422, '/query'],
    ['POST', '/v1/search/check', { query: 'x'.repeat(1025) }, 422, '/query'],
    ['POST', '/v1/search/check', { query: 'x', account: 'a\u0001' }, 422, '/account'],
    ['POST', '/v1/search/check', { query: 'x', country: 'D1' }, 422, '/country'],
    ['POST', '/v1/search/check', { query: 'x', language: 'deutsch' }, 422, '/language'],
    ['POST', '/v1/search/check', '{', 400],
    ['POST', '/v1/items:reach', {}, 422, '/items'],
    ['POST', '/v1/items:reach', { items: [] }, 422, '/items'],
    ['POST', '/v1/items:reach', { items: Array(201).fill('a') }, 422, '/items'],
    ['POST', '/v1/items:reach', { items: ['a', 1] }, 422, '/items/1'],
    ['POST', '/v1/items:reach', { items: ['a'], account: 'a', age_band: '18+' }, 422, '/age_band'],
    ['POST', '/v1/items:reach', { items: ['a'], age_band: '12' }, 422, '/age_band'],
    ['POST', '/v1/items:reach', '{', 400],
    ['POST', '/v1/contacts/check', { from: 'a', to: 'a', kind: 'follow' }, 422, '/to'],
    ['POST', '/v1/contacts/check', { from: 'a', to: 'b', kind: 'wave' }, 422, '/kind'],
    ['POST', '/v1/contacts/check', { from: 'a', to: 'b' }, 422, '/kind'],
    ['POST', '/v1/contacts/check', { from: 'a', to: 'b', kind: 'message', text: 7 }, 422, '/text'],
    ['POST', '/v1/contacts/check', { from: 'a', to: 'b', kind: 'message', origin: '' }, 422, '/origin'],
    ['POST', '/v1/contacts/check', '{', 400],
    ['POST', '/v1/comments/check', {}, 422, '/author'],
    ['POST', '/v1/comments/check', { author: 'a', owner: 'b' }, 422, '/text'],
    ['POST', '/v1/comments/check', { author: 'a', owner: 'b\u0001', text: 'x' }, 422, '/owner'],
    ['POST', '/v1/comments/check', { author: 'a', owner: 'b', text: 'x'.repeat(65537) }, 422, '/text'],
    ['POST', '/v1/comments/check', '{', 400],
    ['GET', '/v1/accounts/' + 'a'.repeat(256) + '/comment-filter', undefined, 422, 'id'],
    ['PUT', '/v1/accounts/a/comment-filter', {}, 422, '/words'],
    ['PUT', '/v1/accounts/a/comment-filter', { words: Array(201).fill('a') }, 422, '/words'],
    ['PUT', '/v1/accounts/a/comment-filter', { words: ['fine', '\u200b '] }, 422, '/words/1'],
    ['PUT', '/v1/accounts/a/comment-filter', { words: ['x'.repeat(201)] }, 422, '/words/0'],
    ['PUT', '/v1/accounts/a/comment-filter', { words: [], filtered: 'ask' }, 422, '/filtered'],
    ['PUT', '/v1/accounts/a/comment-filter', '{', 400],
    ['POST', '/v1/match', {}, 422, '/text'],
    ['POST', '/v1/match', { hashes: [{ kind: 'md5', value: '00'.repeat(32) }] }, 422, '/hashes/0/value'],
    ['POST', '/v1/match', { hashes: [{ kind: 'sha1', value: '00'.repeat(32) }] }, 422, '/hashes/0/kind'],
    ['POST', '/v1/match', '{', 400],
    ['POST', '/v1/actions/00000000-0000-0000-0000-000000000000/confirm', { outcome: 'done' }, 404],
    ['POST', '/v1/actions/00000000-0000-0000-0000-000000000000/confirm', { outcome: 'perhaps' }, 422, '/outcome'],
    ['POST', '/v1/actions/00000000-0000-0000-0000-000000000000/confirm', '{', 400],
    ['POST', '/v1/flags', '{', 400],
    ['PUT', '/v1/accounts/a', '{', 400],
    ['PUT', '/v1/items/a/counters', '{', 400],
  ]
  for (const [method, path, body, status, field] of rows) {
    const answer = await call(method, path, body)
    const where = `${method} ${path} ${JSON.stringify(body)}: ${answer.text}`
    assert.equal(answer.status, status, where)
    if (field) assert.equal(answer.json.field, field, where)
  }
  assert.equal((await call('GET', `/v1/items/${base.id}`)).status, 404)
  for (const [path, method] of [['/v1/items', 'POST'], ['/v1/items:batch', 'POST'], ['/v1/flags', 'POST'], ['/v1/match', 'POST'], ['/v1/search/check', 'POST'], ['/v1/items:reach', 'POST'], ['/v1/comments/check', 'POST'], ['/v1/accounts/a/comment-filter', 'PUT'], ['/v1/accounts/a', 'PUT'], ['/v1/accounts/a/settings', 'PUT'], ['/v1/accounts/a/age', 'PUT'], ['/v1/relations', 'PUT'], ['/v1/relations:batch', 'PUT'], ['/v1/contacts/check', 'POST'], ['/v1/contacts/check:batch', 'POST'], ['/v1/items/a/counters', 'PUT'], ['/v1/media', 'PUT'], ['/v1/actions/00000000-0000-0000-0000-000000000000/confirm', 'POST'], ['/v1/minors/snapshots/a', 'PUT'], ['/v1/accounts/a/guardians/b/settings', 'PUT']])
    assert.equal((await call(method, path, 'x', { type: 'text/plain' })).status, 415, path)
})

test('what is too large is refused before it is read', async () => {
  const big = 'x'.repeat(300_000)
  assert.equal((await call('POST', '/v1/items', item({ x_big: big }))).status, 413)
  assert.equal((await call('POST', '/v1/flags', { x_big: big })).status, 413)
  assert.equal((await call('PUT', '/v1/accounts/a', { x_big: big })).status, 413)
  assert.equal((await call('POST', '/v1/match', { text: { body: big } })).status, 413)
  assert.equal((await call('PUT', '/v1/media', Buffer.alloc(21 << 20), { type: 'application/octet-stream' })).status, 413)
})

test('broken multipart stores nothing', async () => {
  const boundary = 'xYzZy'
  const type = `multipart/form-data; boundary=${boundary}`
  const part = (name, body) => `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${body}\r\n`
  const end = `--${boundary}--\r\n`
  const one = item({ kind: 'image' })
  const json = JSON.stringify(one)
  const wrong = [
    part('item', json) + part('media', 'x'), // no end
    part('media', 'x') + part('item', json) + end,
    part('item', json) + part('item', json) + end,
    part('item', json) + part('file', 'x') + end,
    part('item', json) + part('media', '') + end,
    part('item', '{') + part('media', 'x') + end,
    part('item', JSON.stringify({ ...one, kind: 'poem' })) + part('media', 'x') + end,
    'preamble\r\n' + part('item', json) + end,
    part('media', 'x') + end,
    end,
  ]
  for (const body of wrong) {
    const answer = await call('POST', '/v1/items', body, { type })
    assert.ok([400, 422].includes(answer.status), `${answer.status} for ${body}`)
  }
  assert.equal((await call('POST', '/v1/items', 'x', { type: 'multipart/form-data' })).status, 400)
  assert.equal((await call('GET', `/v1/items/${one.id}`)).status, 404)
})

test('keys open what their scopes say, no more and no longer', async () => {
  assert.equal((await call('GET', '/v1/items/a', undefined, { key: null })).status, 401)
  assert.equal((await call('GET', '/v1/items/a', undefined, { key: 'tlk_live_' + 'A'.repeat(43) })).status, 401)
  const narrow = d.key('match')
  for (const { method, path, op } of operations.filter((o) => o.path.startsWith('/v1/') && !/match|openapi/.test(o.path))) {
    const concrete = path.replace('{id}', path.includes('actions') ? '00000000-0000-0000-0000-000000000000' : 'a')
    const answer = await call(method, concrete, undefined, { key: narrow.secret })
    assert.equal(answer.status, 403, `${op.operationId}: ${answer.text}`)
    assert.equal((await call(method, concrete, undefined, { key: 'none' })).status, 401)
  }
  assert.equal((await call('POST', '/v1/match', { text: { body: 'x' } }, { key: d.key('read').secret })).status, 403)
  d.cli('key', 'revoke', narrow.id)
  await until('the key to stop working', async () => (await call('POST', '/v1/match', { text: { body: 'x' } }, { key: narrow.secret })).status === 401)
  const slow = d.key('read', '--rate', '2')
  const statuses = []
  for (let i = 0; i < 6; i++) statuses.push((await call('GET', '/v1/items/none', undefined, { key: slow.secret })).status)
  assert.ok(statuses.includes(429), String(statuses))
  const platform = d.cli('platform', 'add', 'other')
  const foreign = d.cli('key', 'add', '--platform', 'other', '--scopes', 'ingest read')
  const one = item()
  await call('POST', '/v1/items', one)
  assert.equal((await call('GET', `/v1/items/${one.id}`, undefined, { key: foreign.secret })).status, 404, String(platform))
})

test('a full disk stops intake with 503 and nothing else', async () => {
  const full = await startDaemon({ sets: { disk_free_min_bytes: 1099511627776 }, ready: false })
  try {
    // 503 is also what a server says that has only begun.
    await until('the server', async () => (await (await fetch(full.admin + '/readyz')).json()).status === 'full')
    for (const [method, path, body, options] of [
      ['POST', '/v1/items', item()],
      ['POST', '/v1/items:batch', ndjson(item()), nd],
      ['PUT', '/v1/media', png, { type: 'image/png' }],
      ['POST', '/v1/flags', { kind: 'user', subject: { kind: 'account', id: 'a' } }],
    ]) {
      const answer = await full.call(method, path, body, options)
      judge(method, path, answer)
      assert.equal(answer.status, 503)
      assert.ok(Number(answer.headers.get('retry-after')) >= 1)
    }
    assert.equal((await full.call('DELETE', '/v1/items/none')).status, 404)
  } finally {
    await full.end()
  }
})

test('a snapshot of settings in force is held against the policy, and sent again counts once', async () => {
  await call('PUT', '/v1/accounts/snap-young', { age_band: '13-15' })
  await call('PUT', '/v1/accounts/snap-grown', { age_band: '18+' })
  await call('PUT', '/v1/accounts/snap-young/settings', { settings: { account_visibility: 'public' }, warned: true })
  const put = (lines, query = '', id = 'first') => call('PUT', `/v1/minors/snapshots/${id}${query}`, lines.length ? ndjson(...lines) : '', nd)
  const lines = [
    { account: 'snap-young', settings: { account_visibility: 'public', comments: 'everyone', gifts: 'on' } },
    { account: 'snap-grown', settings: { account_visibility: 'public', gifts: 'on', shoe_size: 'large' } },
    '{', '', { account: 'snap-young', settings: { comments: 'friends' } }, { account: 'nobody-knows', settings: { comments: 'loud', gifts: 'on' } },
  ]
  const open = await put(lines.slice(0, 2), '?more=true&taken_at=2026-11-24T06:00:00Z')
  assert.deepEqual([open.status, open.json.state, open.json.lines], [200, 'open', 2])
  assert.equal((await put(lines.slice(2), '?from=3')).status, 409)
  const whole = (await put(lines.slice(2), '?from=2')).json
  assert.deepEqual([whole.state, whole.lines, whole.accounts, whole.looser_accounts, whole.looser_settings], ['ended', 6, 3, 2, 3])
  assert.deepEqual(whole.findings, { bad_line: 1, repeated_account: 1, unknown_account: 1, erased_account: 0, unknown_setting: 1, unknown_value: 1 })
  assert.deepEqual((await put(lines)).json, whole)
  assert.equal((await put([...lines, lines[0]])).status, 409)
  assert.equal((await put([lines[1], ...lines.slice(1)])).status, 409)
  assert.equal((await put(lines.slice(0, 1))).status, 409)
  assert.equal((await put([], '?more=perhaps')).json.field, 'more')
  assert.equal((await put([], '?taken_at=now')).json.field, 'taken_at')
  assert.match((await put(lines, '?taken_at=2099-01-01T00:00:00Z', 'ahead')).json.detail, /lies in the future/)

  const odd = (await call('GET', '/v1/minors/snapshots/first/findings')).json.findings
  assert.deepEqual(odd.map((f) => [f.line, f.kind, f.what]), [[2, 'unknown_setting', 'shoe_size'], [3, 'bad_line', null], [5, 'repeated_account', null], [6, 'unknown_account', null], [6, 'unknown_value', 'comments']])
  const page = (await call('GET', '/v1/minors/snapshots/first/findings?limit=2')).json
  assert.deepEqual((await call('GET', `/v1/minors/snapshots/first/findings?limit=2&cursor=${page.cursor}`)).json.findings, odd.slice(2, 4))
  const mend = (await call('GET', '/v1/minors/mend')).json.accounts
  assert.deepEqual(mend.find((a) => a.account === 'snap-young').settings, [{ key: 'comments', is: 'everyone', must_be: 'friends' }, { key: 'gifts', is: 'on', must_be: 'off' }])
  assert.deepEqual(mend.map((a) => a.account).sort(), ['nobody-knows', 'snap-young'])

  const yaml = { type: 'application/yaml' }
  const matrix = readFileSync(join(root, 'policy/minors.yaml'), 'utf8')
  const look = (text, query = '') => call('POST', `/v1/minors/preview${query}`, text, yaml)
  const same = (await look(matrix)).json
  assert.deepEqual([same.changes, same.cursor], [[], null])
  const stricter = (await look(matrix.replace('13-15: {default: private, loosest: public, warn: true}', '13-15: {default: private}'))).json.changes.filter((c) => c.age_band === '13-15')
  assert.deepEqual([stricter[0].key, stricter[0].stricter >= 1, stricter[0].choices_lapse >= 1, stricter[0].looser], ['account_visibility', true, true, 0])
  assert.ok((await look(matrix, '?limit=1')).json.cursor)
  const wrong = await look(matrix.replace('minimum_age: 13', 'minimum_age: 7'))
  assert.equal(wrong.status, 400)
  assert.match(wrong.json.detail, /^minors\.yaml:\d+:\d+/)

  await put([{ account: 'snap-young', settings: { comments: 'everyone', gifts: 'off' } }], '', 'second')
  const second = (await call('GET', '/v1/minors/snapshots/second')).json
  const of = (key) => second.settings.find((s) => s.key === key && s.age_band === '13-15')
  assert.deepEqual([of('comments').looser, of('comments').looser_before, of('gifts').looser, of('gifts').looser_before], [1, 1, 0, 1])
  assert.equal(of('autoplay').not_told, 1)
  assert.deepEqual((await call('GET', '/v1/minors/snapshots')).json.snapshots.map((s) => s.id), ['second', 'first'])
  assert.equal((await call('GET', '/v1/minors/snapshots/third')).status, 404)
  await call('DELETE', '/v1/accounts/snap-young')
  assert.deepEqual((await call('GET', '/v1/minors/mend')).json.accounts.map((a) => a.account), ['nobody-knows'])
  assert.equal((await put([{ account: 'snap-young', settings: { gifts: 'on' } }], '', 'third')).json.findings.erased_account, 1)
})


test('a stop is in good order: streams end, questions are answered, nothing hangs', async () => {
  const one = await startDaemon()
  const stream = await fetch(one.url + '/v1/events', { headers: { authorization: `Bearer ${one.secret}` } })
  const reading = stream.text()
  const flag = { stop: false }
  let accepted = 0
  const sending = Promise.all(Array.from({ length: 8 }, async (_, k) => {
    for (let i = 0; !flag.stop; i++) {
      const answer = await one.call('POST', '/v1/items?wait=500', { ...item(), id: `s-${k}-${i}` }).catch(() => ({ status: 0 }))
      if (answer.status === 0) await sleep(20)
      else {
        assert.ok([200, 202, 503].includes(answer.status), answer.text)
        accepted += answer.status < 300
      }
    }
  }))
  await until('some items', () => accepted > 20)
  const at = Date.now()
  assert.equal(await one.stop(), 0)
  assert.ok(Date.now() - at < 6000, `the stop took ${Date.now() - at} ms`)
  flag.stop = true
  await sending
  assert.match(await reading, /^: tutela/)
  await one.end()
})

// Generated requests ------------------------------------------------------------------------------------------------

let state = 20261124
const random = (n) => (state = (Math.imul(state, 1103515245) + 12345) >>> 0) % n
const strange = () =>
  [null, true, -1, 0, 1.5, 1e300, 9007199254740991, '', 'x', 'é'.repeat(200), '\u0001', [], [1], {}, { id: 1 }, ['a', null], '2026-11-24T10:00:00Z'][random(17)]

function spoil(value) {
  const copy = structuredClone(value)
  for (let n = 1 + random(3); n > 0; n--) {
    const keys = Object.keys(copy)
    const key = keys[random(keys.length)] ?? 'x'
    const how = random(4)
    if (how === 0) delete copy[key]
    else if (how === 1) copy[['extra', 'x_extra', 'version', 'media', 'text', 'language'][random(6)]] = strange()
    else if (how === 2 && copy[key] && typeof copy[key] === 'object') copy[key] = spoil(copy[key])
    else copy[key] = strange()
  }
  return copy
}

test('600 generated requests: documented answers only, and valid is accepted', async () => {
  const kinds = [
    ['POST', '/v1/items', 'Item', () => item({ media: [], thread: 't', parent: 'p', audience: 'group', views: 1, engagement: 1, url: 'https://a.example/', language: 'en', territory: 'DE', posted_at: '2026-11-24T10:00:00Z' })],
    ['POST', '/v1/flags', 'Flag', () => ({ kind: 'user', subject: { kind: 'account', id: 'user-1' }, reporter: { id: 'user-2' }, comment: 'c' })],
    ['PUT', '/v1/accounts/generated', 'Account', () => ({ age_band: '18+', age_assured: 'none', birth_month: '2000-01', country: 'DE', language: 'de', name: 'n', created_at: '2026-11-24T10:00:00Z', settings: { a: 1 } })],
    ['PUT', '/v1/relations', 'Relation', () => ({ from: 'user-1', to: 'user-2', kind: 'end', ends: 'follow', at: '2026-11-20T10:00:00Z' })],
    ['POST', '/v1/contacts/check', 'ContactCheck', () => ({ from: 'user-1', to: 'user-2', kind: 'message', has_link: true, has_handle: false, record: true })],
    ['POST', '/v1/match', 'Match', () => ({ text: { body: 'b' }, hashes: [{ kind: 'pdq', value: '0'.repeat(64) }] })],
  ]
  const counts = { accepted: 0, refused: 0 }
  for (let i = 0; i < 600; i++) {
    const [method, path, name, make] = kinds[i % kinds.length]
    const body = spoil(make())
    const answer = await call(method, path, body)
    counts[answer.status < 300 ? 'accepted' : 'refused']++
    // What the contract calls wrong is never accepted. (null stands for absent.)
    const bare = JSON.parse(JSON.stringify(body), (k, v) => (v === null && !Array.isArray(this) ? undefined : v))
    if (answer.status < 300) assert.ok(isValid(name, bare), `accepted against the contract: ${JSON.stringify(body)}`)
  }
  assert.ok(counts.accepted > 30 && counts.refused > 200, JSON.stringify(counts))
})

test('every bound of the item is where the contract says', async () => {
  const properties = schema('Item').properties
  for (const [name, raw] of Object.entries(properties)) {
    const s = { ...(raw.$ref ? deref(raw) : {}), ...raw }
    const tries = []
    if (s.maximum !== undefined) tries.push([s.maximum, true], [s.minimum, true], [s.minimum - 1, false])
    if (s.maxLength !== undefined && !s.pattern && !['language', 'territory'].includes(name)) tries.push(['a'.repeat(s.maxLength), true], ['a'.repeat(s.maxLength + 1), false])
    if (s.maxItems !== undefined) tries.push([Array.from({ length: s.maxItems + 1 }, () => '0'.repeat(64)), false])
    for (const [value, good] of tries) {
      const one = { ...item(), [name]: value }
      const answer = await call('POST', '/v1/items', one)
      assert.equal(answer.status < 300, good, `${name}=${String(value).slice(0, 40)}…: ${answer.text}`)
      if (!good) assert.equal(answer.json.field, `/${name}`)
    }
  }
  const fields = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`f${i}`, 'x']))
  assert.equal((await call('POST', '/v1/items', item({ text: fields }))).status, 422)
  delete fields.f16
  assert.equal((await call('POST', '/v1/items', item({ text: fields }))).status, 202)
  assert.equal((await call('POST', '/v1/items', item({ text: { body: 'x'.repeat(65536) } }))).status, 202)
  assert.equal((await call('POST', '/v1/items', item({ text: { body: 'x'.repeat(65537) } }))).status, 422)
})

test('probes and metrics stand on the admin port only', async () => {
  for (const path of ['/healthz', '/readyz', '/metrics']) {
    const answer = await fetch(d.admin + path)
    const body = await answer.text()
    judge('GET', path, { status: answer.status, headers: answer.headers, text: body, json: path === '/metrics' ? null : JSON.parse(body) })
    assert.equal((await fetch(d.url + path)).status, 404)
  }
  const metrics = await (await fetch(d.admin + '/metrics')).text()
  assert.match(metrics, /tutela_http_requests_total\{method="POST",route="\/v1\/items",status="202"\} \d+/)
  assert.match(metrics, /tutela_events_total\{name="items_received",policy="",mode="live"\} \d+/)
  for (const line of metrics.split('\n')) assert.match(line, /^(#.*|[a-z_]+(\{.*\})? [-+0-9.e]+|)$/)
})

test('every operation was answered, and nearly every documented status', async () => {
  await sleep(0)
  for (const { id, op } of operations) {
    const got = seen.get(id) ?? new Set()
    assert.ok([...got].some((s) => s < 300), `${id} never succeeded`)
    const rare = ['429', '503', '409', '413', '400', '422', '404']
    const missing = Object.keys(op.responses).filter((s) => !got.has(Number(s)) && !rare.includes(s))
    assert.deepEqual(missing, [], `${id} never answered ${missing}`)
  }
  const all = operations.flatMap(({ id, op }) => Object.keys(op.responses).map((s) => [id, s]))
  const hit = all.filter(([id, s]) => seen.get(id)?.has(Number(s)))
  assert.ok(hit.length / all.length > 0.6, `${hit.length} of ${all.length} documented answers were seen`)
})
