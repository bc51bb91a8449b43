// Intake held to its promises by requests: live and test apart, erasure, what is stored after an error.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { start, until } from './daemon.mjs'

let site
let testKey
before(async () => {
  site = await start()
  testKey = site.tutela('key', 'add', '--platform', 'demo', '--test').secret
})
after(() => site?.stop())

/** A request with a test key. */
async function tried(method, path, body) {
  const response = await fetch(site.url + path, {
    method, headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' }, body: body && JSON.stringify(body),
  })
  return { status: response.status, body: await response.json().catch(() => null) }
}
const post = (id, body, more = {}) => ({ id, kind: 'post', author: { id: 'pat' }, text: { body }, posted_at: '2026-11-24T07:00:00Z', ...more })

test('a test key neither sees nor changes what is live', async () => {
  await site.api('PUT', '/v1/accounts/pat', { age_band: '18+', country: 'DE' })
  await site.item('same', 'hello', { author: { id: 'pat' } })
  assert.equal((await tried('GET', '/v1/items/same')).status, 404)
  assert.equal((await tried('DELETE', '/v1/items/same')).status, 404)
  assert.equal((await tried('PUT', '/v1/items/same/counters', { views: 5 })).status, 404)
  assert.equal((await tried('POST', '/v1/flags', { subject: { kind: 'item', id: 'same' }, kind: 'user' })).status, 404)
  assert.equal((await tried('POST', '/v1/flags', { subject: { kind: 'account', id: 'pat' }, kind: 'user' })).status, 404)
  assert.equal((await tried('DELETE', '/v1/accounts/pat')).status, 404)

  assert.equal((await tried('PUT', '/v1/accounts/pat', { age_band: '13-15' })).body.country, null)
  assert.equal((await tried('POST', '/v1/items', post('same', 'DEMO-HATE-PHRASE, another text'))).status, 202)
  const theirs = await until('the verdict', async () => {
    const { body } = await tried('GET', '/v1/items/same')
    return body.verdict && body
  })
  assert.equal(theirs.verdict, 'review')
  assert.equal((await tried('DELETE', '/v1/accounts/pat')).status, 204)
  const ours = (await site.api('GET', '/v1/items/same')).body
  assert.deepEqual([ours.live, ours.verdict, ours.text.body, ours.cases.length], [true, 'allow', 'hello', 0])
  assert.equal((await site.api('PUT', '/v1/accounts/pat', {})).body.age_band, '18+')
})

test('the same id of a flag may be used in both worlds', async () => {
  const flag = { id: 'flag-1', subject: { kind: 'account', id: 'quinn' }, kind: 'user' }
  await site.api('PUT', '/v1/accounts/quinn', {})
  await tried('PUT', '/v1/accounts/quinn', {})
  const [a, b] = [await site.api('POST', '/v1/flags', flag), await tried('POST', '/v1/flags', flag)]
  assert.deepEqual([a.status, b.status], [202, 202])
  assert.notEqual(a.body.case, b.body.case)
})

test('erasing an account closes the cases of what it published', async () => {
  await site.item('gone-1', 'DEMO-HATE-PHRASE', { author: { id: 'rae' } })
  const { body: flag } = await site.api('POST', '/v1/flags', { subject: { kind: 'account', id: 'rae' }, kind: 'user' })
  assert.equal((await site.api('GET', '/v1/items/gone-1')).body.cases[0].state, 'open')
  assert.equal((await site.api('DELETE', '/v1/accounts/rae')).status, 204)
  const erased = (await site.api('GET', '/v1/items/gone-1')).body
  assert.deepEqual([erased.state, erased.text, erased.cases[0].state], ['deleted', null, 'closed'])
  assert.ok(!JSON.stringify(site.tutela('case', 'list')).includes(flag.case))
})

test('what was erased is not taken again under the same version, and has no counters', async () => {
  const item = post('gone-2', 'hello')
  assert.equal((await site.api('POST', '/v1/items', item)).status, 202)
  assert.equal((await site.api('DELETE', '/v1/items/gone-2')).status, 204)
  assert.equal((await site.api('DELETE', '/v1/items/gone-2')).status, 204)
  const again = await site.api('POST', '/v1/items', item)
  assert.deepEqual([again.status, again.body.field], [409, '/version'])
  assert.equal((await site.api('PUT', '/v1/items/gone-2/counters', { views: 1 })).status, 409)
  assert.equal((await site.api('POST', '/v1/items', { ...item, version: 2 })).status, 202)
})

test('every one of very many versions is erased', async () => {
  const lines = Array.from({ length: 600 }, (_, i) => JSON.stringify(post('many', `text ${i}`, { version: i + 1 })))
  const batch = await fetch(site.url + '/v1/items:batch', {
    method: 'POST', headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/x-ndjson' }, body: lines.join('\n'),
  })
  assert.equal((await batch.text()).match(/"pending"/g).length, 600)
  assert.equal((await site.api('DELETE', '/v1/items/many')).status, 204)
  for (const version of [1, 256, 257, 512, 513, 600])
    assert.equal((await site.api('GET', `/v1/items/many?version=${version}`)).body.state, 'deleted')
})

test('rules see reports: three of users bring an item before people, and it is told once', async () => {
  await site.item('reported', 'nothing in any list', { author: { id: 'sam' } })
  const flag = (n) => site.api('POST', '/v1/flags', { id: `rep-${n}`, subject: { kind: 'item', id: 'reported' }, kind: 'user', reporter: { id: `r-${n}` } })
  const seen = async () => (await site.api('GET', '/v1/items/reported')).body
  for (const n of [1, 2]) await flag(n)
  assert.equal((await seen()).cases.length, 1)
  for (const n of [3, 4, 5]) await flag(n)
  const after = await until('the rule', async () => {
    const item = await seen()
    return item.reasons?.[0]?.rule === 'reported-by-several' && item
  })
  assert.equal(after.verdict, 'review')
  assert.equal(after.cases.length, 1)
  await until('the event', () => site.platform.heard.some(({ event }) => event.data.subject?.id === 'reported'))
  await site.api('POST', '/v1/flags', { subject: { kind: 'item', id: 'reported' }, kind: 'user' })
  await new Promise((done) => setTimeout(done, 1500))
  assert.equal(site.platform.heard.filter(({ event }) => event.data.subject?.id === 'reported').length, 1)
})

test('an item is scanned again on demand', async () => {
  await site.item('later', 'a snorfle here', { author: { id: 'tim' } })
  site.tutela('bank', 'add', 'demo-hate', 'snorfle', '--form', 'word')
  await until('the bank', async () => (await site.api('POST', '/v1/match', { text: { body: 'a snorfle' } })).body.matches.length)
  assert.equal((await site.api('GET', '/v1/items/later')).body.verdict, 'allow')
  site.tutela('item', 'rescan', 'later')
  await until('the verdict', async () => (await site.api('GET', '/v1/items/later')).body.verdict === 'review')
})

test('a flood of reports neither buries an item nor makes it judged for ever', async () => {
  await site.item('flooded', 'nothing at all', { author: { id: 'uma' } })
  const flag = (n) => site.api('POST', '/v1/flags', { subject: { kind: 'item', id: 'flooded' }, kind: 'user', reporter: { id: `f-${n}` } })
  for (let n = 0; n < 300; n += 30) await Promise.all(Array.from({ length: 30 }, (_, i) => flag(n + i)))
  await until('the rule', async () => (await site.api('GET', '/v1/items/flooded')).body.verdict === 'review')
  await new Promise((done) => setTimeout(done, 1500))
  const item = (await site.api('GET', '/v1/items/flooded')).body
  assert.deepEqual([item.state, item.cases.length, item.reasons[0].rule], ['scanned', 1, 'reported-by-several'])
  assert.doesNotMatch(site.log(), /JOB_BURIED/)
})

test('of an animation every picture is looked at, and no person need be', async () => {
  const frame = Buffer.concat([Buffer.from('2c00000000' + '20002000' + '00' + '02', 'hex'), lzw(32 * 32), Buffer.from([0])])
  const gif = (n) => Buffer.concat([Buffer.from('GIF89a'), Buffer.from('20002000800000ffffff000000', 'hex'),
    ...Array.from({ length: n }, () => Buffer.concat([Buffer.from('21f904000a000000', 'hex'), frame])), Buffer.from([0x3b])])
  for (const [n, verdict] of [[1, 'allow'], [3, 'allow']]) {
    const { body: media } = await site.api('PUT', '/v1/media', gif(n))
    const item = await site.item(`gif-${n}`, 'a picture', { media: [media.id] })
    assert.deepEqual([item.verdict, item.media[0].pages, item.media[0].state], [verdict, n, 'decoded'])
  }
})

/** So many pixels of colour 0, as GIF writes them: 3-bit codes, cleared before the table grows. */
function lzw(pixels) {
  const codes = []
  for (let i = 0; i < pixels; i++) codes.push(...(i % 2 ? [] : [4]), 0)
  codes.push(5)
  let bits = ''
  for (const code of codes) bits = code.toString(2).padStart(3, '0') + bits
  bits = bits.padStart(Math.ceil(bits.length / 8) * 8, '0')
  const bytes = Buffer.from(bits.match(/.{8}/g).reverse().map((b) => parseInt(b, 2)))
  const blocks = []
  for (let at = 0; at < bytes.length; at += 255) {
    const part = bytes.subarray(at, at + 255)
    blocks.push(Buffer.from([part.length]), part)
  }
  return Buffer.concat(blocks)
}
