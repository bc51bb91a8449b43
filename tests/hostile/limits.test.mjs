// How fast an address may ask, who says whose address it is, and what keys are held to.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { startDaemon } from '../contract/installation.mjs'
import { exchange, figure } from './wire.mjs'

let d
before(async () => {
  d = await startDaemon({ sets: { trusted_proxies: '127.0.0.1,10.0.0.0/8', anonymous_per_address: 1, requests_per_address: 5, signin_per_address: 4 } })
})
after(() => d?.end())

const ask = (how = {}) => {
  const { path = '/v1/openapi.yaml', method = 'GET', head = '', body = '', from = '127.0.0.1' } = how
  return exchange(d.port, `${method} ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${head}${body && `Content-Length: ${body.length}\r\n`}\r\n${body}`, { from })
}
/** At one time, so that a slow machine does not give the buckets time to fill. */
const spend = (n, how) => Promise.all(Array.from({ length: n }, (_, i) => ask(typeof how === 'function' ? how(i) : how).then((p) => p.statuses()[0])))
const free = (list, status) => list.filter((s) => s === status).length
const through = (client) => ({ head: `X-Forwarded-For: ${client}\r\n` })
const limited = (list) => list.filter((s) => s === 429).length

test('who shows no key has a tighter limit, address by address', async () => {
  // a burst of 10, then one a second
  const got = await spend(25, { from: '127.0.0.20' })
  assert.ok(limited(got) >= 5 && free(got, 200) >= 10, String(got))
  assert.equal((await ask({ from: '127.0.0.21' })).statuses()[0], 200, 'another address is free of it')
  const refused = await ask({ from: '127.0.0.20' })
  if (refused.statuses()[0] === 429) {
    assert.match(refused.heard, /retry-after: [1-9]/i)
    assert.match(refused.heard, /application\/problem\+json/)
  }
  const key = { from: '127.0.0.20', path: '/v1/items/none', head: `Authorization: Bearer ${d.secret}\r\n` }
  assert.equal((await ask(key)).statuses()[0], 404, 'a key from there is heard')
  assert.ok((await figure(d, /^tutela_http_limited_total\{limit="anonymous"\}/)) >= 5)
})

test('wrong keys and refused heads count as showing none', async () => {
  assert.ok(limited(await spend(25, { from: '127.0.0.22', path: '/v1/items/x', head: 'Authorization: Bearer tlk_live_no\r\n' })) >= 5)
  assert.ok(limited(await spend(25, { from: '127.0.0.23', head: 'X : y\r\n' })) >= 5)
  assert.ok(limited(await spend(25, { from: '127.0.0.24', path: '/nowhere' })) >= 5)
})

test('a key is held to its address as well, when that is configured', async () => {
  const key = { from: '127.0.0.25', path: '/v1/items/none', head: `Authorization: Bearer ${d.secret}\r\n` }
  const got = await spend(120, key) // a burst of 50, then five a second
  assert.ok(limited(got) >= 20 && free(got, 404) >= 50, String(got))
})

test('a trusted proxy says who asks; nobody else does', async () => {
  assert.ok(limited(await spend(25, through('203.0.113.1'))) >= 5)
  assert.equal((await ask(through('203.0.113.2'))).statuses()[0], 200)
  // what the client itself wrote stands to the left and is not believed
  assert.ok(limited(await spend(25, (i) => through(`203.0.113.${100 + i}, 203.0.113.1`))) >= 5)
  assert.equal((await ask(through('203.0.113.1, 203.0.113.4'))).statuses()[0], 200)
  // a second trusted proxy in between
  assert.ok(limited(await spend(25, through('203.0.113.6, 10.1.2.3'))) >= 5)
  // two lines are one list
  assert.ok(limited(await spend(25, (i) => ({ head: `X-Forwarded-For: 203.0.113.${100 + i}\r\nX-Forwarded-For: 203.0.113.7\r\n` }))) >= 5)
  // from elsewhere the header is noise: changing it buys nothing
  const got = await spend(25, (i) => ({ from: '127.0.0.26', ...through(`198.51.100.${i}`) }))
  assert.ok(limited(got) >= 5, String(got))
})

test('an IPv6 customer is one address', async () => {
  const got = await spend(25, (i) => through(`2001:db8:1:2::${(i + 1).toString(16)}`))
  assert.ok(limited(got) >= 5, String(got))
  assert.equal((await ask(through('2001:db8:1:3::1'))).statuses()[0], 200)
})

test('tries to sign in that fail are few from one address, and right ones are free', async () => {
  const sign = (password, client) => ask({ method: 'POST', path: '/console/api/session', body: JSON.stringify({ name: 'alex', password }),
    head: `X-Forwarded-For: ${client}\r\nOrigin: http://localhost:${d.port}\r\nContent-Type: application/json\r\n` })
  const nobody = (client, i) => ask({ method: 'POST', path: '/console/api/session', body: JSON.stringify({ name: `nobody-${i}`, password: 'x'.repeat(12) }),
    head: `X-Forwarded-For: ${client}\r\nOrigin: http://localhost:${d.port}\r\nContent-Type: application/json\r\n` })
  for (let i = 0; i < 6; i++) assert.equal((await sign('correct horse battery staple', '203.0.113.30')).statuses()[0], 200, 'six right ones where four wrong ones are allowed')
  const got = await Promise.all(Array.from({ length: 10 }, (_, i) => nobody('203.0.113.31', i).then((p) => p.statuses()[0])))
  assert.ok(got.filter((s) => s === 401).length >= 4 && limited(got) >= 1, `whatever name: ${got}`)
  assert.equal((await sign('correct horse battery staple', '203.0.113.32')).statuses()[0], 200, 'the person is not locked out elsewhere')
})
