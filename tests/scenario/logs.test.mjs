// Nothing that people wrote, no name, no secret and no known hash reaches a log, at its most talkative level, whatever goes
// right or wrong. Canaries are planted wherever text comes in; then every line of every role is searched for them.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { root, sleep } from '../programs.mjs'
import { password, Person, start, until } from './daemon.mjs'

const CANARY = 'canary7f3a'
let planted = 0
/** A word that occurs nowhere else; `where` is part of it, so that a finding says where it came from. */
const canary = (where) => `${CANARY}-${where}-${++planted}`

test('no line of the log holds content, names, secrets or known hashes', async (t) => {
  const site = await start({ log_level: 'debug', undo_seconds: 0 })
  t.after(() => site.stop())
  const secrets = [site.key, password]
  const pdq = 'f8f8f0cce0f4e84d0e370a22028f67f0b36e2ed596623e1d33e6339c4e9c9b22'
  const md5 = 'd41d8cd98f00b204e9800998ecf8427e'

  // Content: accepted, refused, cut off, not JSON, not UTF-8.
  const item = (id, more) => ({ id, kind: 'post', author: { id: canary('author'), name: canary('name') }, posted_at: '2026-11-24T07:00:00Z', ...more })
  for (let i = 0; i < 5; i++) await site.api('POST', '/v1/items', item(canary('item'), { text: { title: canary('title'), body: `DEMO-BANNED-PHRASE ${canary('body')}` }, url: `https://example.org/${canary('url')}` }))
  await site.api('POST', '/v1/items', item('x', { [canary('field')]: 1 }))
  await site.api('POST', '/v1/items', item('x', { kind: canary('kind') }))
  await site.api('POST', '/v1/items', Buffer.from(`{"id":"${canary('broken')}`))
  await site.api('POST', '/v1/items:batch', Buffer.from(`{"id":"${canary('batch')}"}\n${canary('line')}\n`))
  await fetch(site.url + '/v1/items', { method: 'POST', headers: { authorization: `Bearer ${site.key}`, 'content-type': 'application/json' }, body: Buffer.concat([Buffer.from(canary('utf8')), Buffer.from([0xff, 0xfe])]) })
  await fetch(`${site.url}/v1/items/${canary('path')}?${canary('query')}=1`, { headers: { authorization: `Bearer ${canary('key')}` } })
  await fetch(site.url + '/' + canary('nowhere'), { headers: { 'user-agent': canary('agent'), 'x-forwarded-for': canary('forwarded') } })
  await site.api('PUT', `/v1/accounts/${canary('account')}`, { name: canary('display'), birth_month: '2010-01', country: 'FR' })
  await site.api('POST', '/v1/flags', { id: canary('flag'), subject: { kind: 'item', id: 'noted' }, kind: 'user', comment: canary('comment') })

  // Media: one that is fine, one that is not; their digests are known hashes to somebody.
  const media = await site.api('PUT', '/v1/media', readFileSync(join(root, 'tests/data/media/scene04.heic')))
  await site.api('PUT', '/v1/media', Buffer.from('GIF89a' + canary('media')))
  const noted = await site.item('noted', `DEMO-BANNED-PHRASE ${canary('noted')}`, { media: [media.body.id] })
  assert.ok(noted.verdict)

  // People: wrong and right passwords, notes, decisions, searches, banks.
  const stranger = new Person(site.url)
  await stranger.signIn(canary('user'), canary('password'))
  await stranger.signIn('ann', canary('password'))
  const ann = await site.person('ann')
  secrets.push(ann.cookie, ann.csrf)
  await ann.get(`items/search?q=${canary('search')}`)
  const bank = (await ann.post('banks', { name: canary('bank'), kind: 'pdq', policy: 'csae.known' })).body
  await ann.post(`banks/${bank?.id}/entries`, { value: pdq, form: 'pdq', note: canary('entry') })
  await ann.post(`banks/${bank?.id}/entries`, { value: md5, form: 'md5', note: canary('entry') })
  const work = await until('a case', async () => (await ann.post('work/next', { queue: null })).body?.case)
  await ann.post(`cases/${work.id}/note`, { body: canary('note') })
  await ann.post(`cases/${work.id}/draft`, { policy: canary('draft') })
  const decided = await ann.post(`cases/${work.id}/decide`, { kind: 'act', policy: 'csae.suspected', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: canary('facts'), note: canary('remark') })
  assert.equal(decided.status, 200, decided.bytes)
  await ann.post('keys', { platform: 'demo', label: canary('label'), scopes: ['read'], live: true })
  await ann.call('PUT', '/console/api/switches', { name: canary('switch'), on: true })

  await until('something delivered', () => site.platform.heard.length)
  await sleep(1500) // every role's second look, after which nothing more is written about all this

  const log = site.log()
  assert.ok(planted > 30 && log.split('\n').length > 8, log)
  const found = log.split('\n').filter((line) => line.includes(CANARY) || secrets.some((s) => line.includes(s)) || line.includes(pdq) || line.includes(md5))
  assert.deepEqual(found, [])
  for (const line of log.split('\n').filter(Boolean)) assert.doesNotThrow(() => JSON.parse(line), line)
})
