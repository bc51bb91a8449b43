// The HMA API as its clients use it, each in its own way, held to api/hma.json; what it repairs; and what is never fetched.
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { createRequire } from 'node:module'
import { createServer as createRaw } from 'node:net'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { bin } from '../programs.mjs'
import { root, startDaemon, until } from './installation.mjs'

const Ajv = createRequire(join(root, 'web/package.json'))('ajv/dist/2020.js').default
const text = readFileSync(join(root, 'api/hma.json'), 'utf8')
const contract = JSON.parse(text)
const ajv = new Ajv({ strict: false, validateFormats: false })
ajv.addSchema({ $id: 'hma', components: contract.components })
const deref = (x) => (x.$ref ? x.$ref.slice(2).split('/').reduce((at, k) => at[k], contract) : x)
const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  ['get', 'put', 'post', 'delete'].filter((m) => item[m]).map((m) => ({ method: m.toUpperCase(), path, op: item[m], params: item.parameters ?? [], pattern: new RegExp(`^${path.replace(/\{[^}]+\}/g, '[^/]+')}$`) })))
const seen = new Set()

/** Every answer of a route is one that the contract knows. */
function judge(method, path, answer) {
  const plain = path.split('?')[0].replace(/\/+/g, '/')
  const found = operations.find((o) => o.method === method && o.pattern.test(plain) && !(o.path.includes('{') && operations.some((p) => p.method === method && p.path === plain)))
    ?? operations.find((o) => o.method === method && o.path === plain)
  assert.ok(found, `${method} ${plain} is not in the contract`)
  const response = deref(found.op.responses[String(answer.status)] ?? assert.fail(`${found.op.operationId} does not document ${answer.status}: ${answer.text}`))
  const type = answer.headers.get('content-type')
  assert.ok(response.content[type], `${found.op.operationId} ${answer.status} has the type ${type}`)
  const schema = JSON.parse(JSON.stringify(response.content[type].schema).replaceAll('"#/components', '"hma#/components'))
  const check = ajv.compile(schema)
  assert.ok(check(answer.json ?? answer.text), `${found.op.operationId} ${answer.status}: ${ajv.errorsText(check.errors)} ${answer.text}`)
  seen.add(found.op.operationId)
}

let d, web
const picture = (name) => readFileSync(join(root, 'tests/data/pdq', name))
const vectors = Object.fromEntries(readFileSync(join(root, 'tests/data/pdq/vectors.tsv'), 'utf8').split('\n').filter((l) => l && !l.startsWith('#')).map((l) => l.split('\t')).map(([name, ...rest]) => [name, rest.find((x) => /^[0-9a-f]{64}$/.test(x))]))
const near = (hex, bits) => {
  const b = Buffer.from(hex, 'hex')
  for (let i = 0; i < bits; i++) b[i] ^= 1
  return b.toString('hex')
}
const video = Buffer.from('not really a video, and nobody decodes it')
const md5 = createHash('md5').update(video).digest('hex')

/** A client: a base URL, a way to send the key, nothing else. */
function client(base, headers) {
  return async (method, path, body, more = {}) => {
    const answer = await fetch(base + path, { method, body: body && !(body instanceof FormData) && !(body instanceof Uint8Array) ? JSON.stringify(body) : body, signal: AbortSignal.timeout(20_000),
      headers: { ...headers, ...(body && !(body instanceof FormData) && !(body instanceof Uint8Array) && { 'content-type': 'application/json' }), ...more } })
    const said = await answer.text()
    const out = { status: answer.status, headers: answer.headers, text: said, json: answer.headers.get('content-type') === 'application/json' ? JSON.parse(said) : null }
    judge(method, path, out)
    return out
  }
}
const form = (name, bytes, fields = {}) => {
  const f = new FormData()
  for (const [k, v] of Object.entries(fields)) f.append(k, v)
  f.append(name, new Blob([bytes]), 'file')
  return f
}

// Addresses of this machine: one that may be fetched from, and one that may not, with what was asked of it.
const ALLOWED = '127.0.0.2'
const shut = { hits: 0 }
const servers = []
const listen = (server, host) => new Promise((done) => { servers.push(server); server.on('error', () => {}).listen(0, host, () => done(`http://${host}:${server.address().port}`)) })

before(async () => {
  d = await startDaemon({ scopes: 'match banks', sets: { fetch_private_allow: `${ALLOWED}/32`, fetch_seconds: 2, media_max_bytes: 1 << 20, hma_policy: 'terms.spam' } })
  shut.url = await listen(createServer((q, r) => { shut.hits++; r.setHeader('content-type', 'image/png'); r.end(picture('scene01.png')) }), '127.0.0.1')
  web = await listen(createServer((q, r) => {
    const name = q.url.slice(1).split('?')[0]
    r.setHeader('content-type', { png: 'image/png', mp4: 'video/mp4', bin: 'application/octet-stream', html: 'text/html' }[name.split('.')[1]] ?? 'image/png')
    if (name === 'moved') r.writeHead(302, { location: '/scene01.png' }).end()
    else if (name.endsWith('.mp4') || name.endsWith('.bin')) r.end(video)
    else if (name.endsWith('.html')) r.end('<p>')
    else r.end(picture(name))
  }), ALLOWED)
})
after(async () => {
  await d?.end()
  for (const s of servers) { s.closeAllConnections?.(); s.close() }
})
const bearer = () => client(d.url, { authorization: `Bearer ${d.secret}` })
const at = (name) => encodeURIComponent(`${web}/${name}`)

// Real clients' ways ------------------------------------------------------------------------------------------------

test('as Coop does: a base that ends in a slash, numbers as text, banks of an organisation, hashes by address', async () => {
  const coop = client(`${d.url}/`, { authorization: `Bearer ${d.secret}` })
  const bank = 'COOP_ORG1_SPAM'
  const made = await coop('POST', '/c/banks', { name: bank, enabled_ratio: '1.0' })
  assert.equal(made.status, 201, made.text)
  assert.deepEqual(made.json, { name: bank, matching_enabled_ratio: 1 })
  assert.equal((await coop('POST', '/c/banks', { name: bank })).json.message, 'Bank already exists')
  assert.deepEqual((await coop('PUT', `/c/bank/${bank}`, { enabled_ratio: '0.25' })).json, { name: bank, matching_enabled_ratio: 0.25 })
  await coop('PUT', `/c/bank/${bank}`, { enabled_ratio: '1' })
  assert.equal((await coop('GET', '/c/bank/COOP_ORG1_NONE')).status, 404)
  const hashes = await coop('GET', `/h/hash?url=${at('scene01.png')}`)
  assert.deepEqual(hashes.json, { pdq: vectors['scene01.png'] })
  assert.deepEqual((await coop('GET', `/m/lookup?signal=${hashes.json.pdq}&signal_type=pdq`)).json, {})
  const added = await coop('POST', `/c/bank/${bank}/content?url=${at('scene01.png')}&content_type=photo`)
  assert.equal(added.status, 200)
  assert.ok(Number.isInteger(added.json.id))
  await until('the match', async () => {
    const found = await coop('GET', `/m/lookup?signal=${near(hashes.json.pdq, 4)}&signal_type=pdq`)
    return found.json[bank] && assert.deepEqual(found.json, { [bank]: [{ bank_content_id: added.json.id, distance: '4' }] }) === undefined
  })
  assert.deepEqual((await coop('GET', '/c/exchanges/apis')).json, [])
  assert.equal((await coop('POST', '/c/exchanges', { bank: 'COOP_X', api: 'ncmec', api_json: {} })).status, 400)
  for (const path of ['/c/exchange/x', '/c/exchange/x/status', '/c/exchanges/api/ncmec', '/c/exchanges/api/ncmec/schema']) assert.equal((await coop('GET', path)).status, 404)
  assert.equal((await coop('DELETE', `/c/bank/${bank}`)).json.message, 'Done')
  assert.equal((await coop('GET', `/c/bank/${bank}`)).status, 404)
  assert.equal((await coop('DELETE', `/c/bank/${bank}`)).status, 200)
})

test('as the Ruby gem does: text for true, types by commas, metadata in the address or a form, parts that say they are binary', async () => {
  const gem = client(d.url, { 'x-api-key': d.secret })
  assert.equal((await gem('POST', '/c/banks', { name: 'GEM', enabled: 'true' })).status, 201)
  assert.equal((await gem('PUT', '/c/bank/GEM', { enabled: 'false' })).json.matching_enabled_ratio, 0)
  assert.equal((await gem('PUT', '/c/bank/GEM', { enabled: 'true' })).json.matching_enabled_ratio, 1)
  const meta = { content_id: 'p-7', content_uri: 'https://social.example/p/7', json: { reason: 'reported' } }
  const one = (await gem('POST', `/c/bank/GEM/content?url=${at('scene04.png')}&types=pdq,sha256&metadata=${encodeURIComponent(JSON.stringify(meta))}&note=seen`)).json
  assert.deepEqual(Object.keys(one.signals), ['pdq', 'sha256'])
  const held = (await gem('GET', `/c/bank/GEM/content/${one.id}?include_signals=true`)).json
  assert.deepEqual(held.metadata, { ...meta, collab: {} })
  assert.deepEqual([held.note, held.disable_until_ts, held.original_media_uri, held.bank.name], ['seen', 1, meta.content_uri, 'GEM'])
  assert.deepEqual(held.signals, one.signals)
  const boundary = '-----------RubyMultipartPost-1'
  const part = (head, bytes) => Buffer.concat([Buffer.from(`--${boundary}\r\n${head}\r\n\r\n`), bytes, Buffer.from('\r\n')])
  const body = Buffer.concat([
    part('Content-Disposition: form-data; name="metadata"', Buffer.from(JSON.stringify(meta))),
    part(`Content-Disposition: form-data; name="video"; filename="a.mp4"\r\nContent-Length: ${video.length}\r\nContent-Type: video/mp4\r\nContent-Transfer-Encoding: binary`, video),
    Buffer.from(`--${boundary}--\r\n`)])
  const two = await gem('POST', '/c/bank/GEM/content', body, { 'content-type': `multipart/form-data; boundary=${boundary}` })
  assert.deepEqual(two.json.signals, { video_md5: md5 })
  assert.deepEqual((await gem('GET', `/m/lookup?signal=${md5.toUpperCase()}&signal_type=video_md5`)).json, { GEM: [{ bank_content_id: two.json.id, distance: '-' }] })
  assert.equal((await gem('POST', `/c/bank/GEM/content?url=${at('a.mp4')}`, Buffer.from(`note=a+b%21&metadata=${encodeURIComponent(JSON.stringify({ content_id: 'q' }))}`), { 'content-type': 'application/x-www-form-urlencoded' })).status, 200)
  assert.equal((await gem('POST', `/c/bank/GEM/content?url=${at('scene04.png')}`, { metadata: { other: 1 } })).status, 400)
  assert.equal((await gem('GET', '/c/bank/GEM/content/999999')).status, 404)
  const row = (await gem('PUT', `/c/bank/GEM/content/${one.id}`, { disable_until_ts: '0' })).json
  assert.equal(row.disable_until_ts, 0)
  assert.deepEqual((await gem('DELETE', `/c/bank/GEM/content/${one.id}`)).json, { deleted: 1 })
  assert.deepEqual((await gem('DELETE', `/c/bank/GEM/content/${one.id}`)).json, { deleted: 0 })
})

test('as the Python client does: a file, an address, five seconds', async () => {
  const python = bearer()
  assert.deepEqual((await python('POST', '/h/hash', form('photo', picture('scene02.png')))).json, { pdq: vectors['scene02.png'] })
  assert.deepEqual((await python('POST', '/h/hash', form('video', video))).json, { video_md5: md5 })
  assert.deepEqual((await python('GET', `/h/hash?url=${at('moved')}`)).json, { pdq: vectors['scene01.png'] })
  assert.deepEqual((await python('GET', `/h/hash?url=${at('a.mp4')}`)).json, { video_md5: md5 })
  assert.deepEqual((await python('GET', `/h/hash?url=${at('a.bin')}&content_type=video&types=video_md5,sha256`)).json, { video_md5: md5, sha256: createHash('sha256').update(video).digest('hex') })
  assert.equal((await python('GET', `/h/hash?url=${at('a.bin')}`)).status, 400)
})

test('as the image for Matrix does: a key per role, and what each may', async () => {
  const hasher = client(d.url, { authorization: `Bearer ${d.key('match').secret}` })
  const curator = client(d.url, { authorization: `Bearer ${d.key('banks').secret}` })
  assert.equal((await hasher('POST', '/h/hash', form('photo', picture('scene01.png')))).status, 200)
  assert.equal((await hasher('GET', '/c/banks')).status, 403)
  assert.equal((await curator('GET', '/c/banks')).status, 200)
  assert.equal((await curator('GET', `/m/raw_lookup?signal=${'0'.repeat(64)}&signal_type=pdq`)).status, 403)
  assert.equal((await client(d.url, {})('GET', '/c/banks')).status, 401)
  assert.equal((await client(d.url, { authorization: `Bearer ${d.secret}`, 'x-api-key': 'tlk_live_x' })('GET', '/c/banks')).status, 401)
  const trial = client(d.url, { 'x-api-key': d.key('match banks', '--test').secret })
  assert.equal((await trial('GET', '/c/banks')).status, 200)
  assert.match((await trial('POST', '/c/banks', { name: 'TRIAL' })).json.message, /test key/)
})

// Shapes and repairs ------------------------------------------------------------------------------------------------

test('lookups: raw and by bank, wrapped and not, filtered, sampled by a seed', async () => {
  const hma = bearer()
  const hash = vectors['scene07.png']
  const ids = {}
  for (const [name, ratio, bits] of [['LOOK_A', 1, 0], ['LOOK_B', '0.5', 6], ['LOOK_OFF', 0, 2]]) {
    await hma('POST', '/c/banks', { name, enabled_ratio: ratio, enabled: true })
    ids[name] = (await hma('POST', `/c/bank/${name}/signal`, { pdq: near(hash, bits), note: 'x' })).json.id
  }
  const raw = (more = '') => hma('GET', `/m/raw_lookup?signal=${hash}&signal_type=pdq${more}`)
  await until('both', async () => (await raw()).json.matches.length >= 2)
  assert.deepEqual((await raw()).json.matches.sort(), [ids.LOOK_A, ids.LOOK_B].sort())
  assert.deepEqual((await raw('&include_distance=true&banks=LOOK_B,NONE')).json, { matches: [{ bank_content_id: ids.LOOK_B, distance: '6' }] })
  const look = async (more = '') => Object.keys((await hma('GET', `/m/lookup?signal=${hash}&signal_type=pdq${more}`)).json)
  assert.deepEqual(await look('&bypass_coinflip=true'), ['LOOK_A', 'LOOK_B'])
  const draws = []
  for (let i = 0; i < 24; i++) draws.push((await look(`&seed=s${i}`)).includes('LOOK_B'))
  assert.ok(draws.includes(true) && draws.includes(false), String(draws))
  for (let i = 0; i < 3; i++) assert.equal((await look('&seed=s5')).includes('LOOK_B'), draws[5])
  const url = (await hma('GET', `/m/lookup?url=${at('scene07.png')}&bypass_coinflip=true`)).json
  assert.deepEqual(Object.keys(url.pdq), ['LOOK_A', 'LOOK_B'])
  assert.deepEqual(Object.keys((await hma('GET', `/m/lookup?url=${at('scene07.png')}&signal_type=pdq&banks=LOOK_A`)).json), ['LOOK_A'])
  assert.deepEqual((await hma('POST', '/m/lookup?bypass_coinflip=true&banks=LOOK_A', form('photo', picture('scene07.png')))).json, { pdq: { LOOK_A: [{ bank_content_id: ids.LOOK_A, distance: '0' }] } })
  assert.deepEqual((await hma('POST', '/m/lookup?banks=LOOK_A', form('photo', picture('scene02.png')))).json, { pdq: {} })
  for (const path of ['raw_lookup', 'lookup']) assert.ok((await hma('GET', `/m/${path}?signal=${hash}&signal_type=pdq`)).headers.get('x-matches-incomplete') === null)
  const from = (await raw('&include_provenance=true&banks=LOOK_A')).json.matches[0].provenance
  assert.match(from.member, /^key:/)
  await hma('PUT', '/c/signal_type/pdq', { enabled_ratio: '0' })
  assert.deepEqual((await raw()).json, { matches: [] })
  await hma('PUT', '/c/signal_type/pdq', { enabled_ratio: 1 })
  const { pdq: index } = await until('the files of the index', async () => {
    const { json } = await hma('GET', '/c/signal_type/index')
    return json.pdq.index_out_of_date === false && json
  })
  assert.deepEqual([index.index_size, index.index_built_to], [index.db_size, index.newest_db_item])
  const { pdq: status } = (await hma('GET', '/m/index/status?signal_type=pdq')).json
  assert.deepEqual(status, { present: true, built_to: index.index_built_to, size: index.index_size })
  assert.ok(status.size >= 3 && status.built_to > 0)
})

test('videos by their frames, when that is asked for', async () => {
  const hma = bearer()
  const film = join(d.dir, 'film.mp4')
  const made = spawnSync('ffmpeg', ['-loglevel', 'error', '-y', '-f', 'lavfi', '-i', 'mandelbrot=size=320x240:rate=10', '-t', '8', '-c:v', 'libx264', '-pix_fmt', 'yuv420p', film], { encoding: 'utf8' })
  assert.equal(made.status, 0, made.stderr)
  const bytes = readFileSync(film)
  assert.deepEqual(Object.keys((await hma('POST', '/h/hash', form('video', bytes))).json), ['video_md5'])
  const hashed = await hma('POST', '/h/hash?types=vpdq', form('video', bytes))
  assert.equal(hashed.status, 200, hashed.text)
  assert.equal(JSON.parse(hashed.json.vpdq).length, 8)
  await hma('POST', '/c/banks', { name: 'FILMS' })
  const { id } = (await hma('POST', '/c/bank/FILMS/content?types=vpdq,video_md5', form('video', bytes))).json
  assert.deepEqual(Object.keys((await hma('GET', `/c/bank/FILMS/content/${id}?include_signals=true`)).json.signals).sort(), ['video_md5', 'vpdq'])
  const matches = { FILMS: [{ bank_content_id: id, distance: '100%' }] }
  await until('the match', async () => {
    const found = await hma('POST', '/m/lookup?types=vpdq&banks=FILMS', form('video', bytes))
    assert.ok([200, 503].includes(found.status), found.text)
    return found.json.vpdq?.FILMS && assert.deepEqual(found.json, { vpdq: matches }) === undefined
  })
  assert.deepEqual((await hma('GET', `/m/lookup?signal_type=vpdq&banks=FILMS&signal=${encodeURIComponent(hashed.json.vpdq)}`)).json, matches)
  assert.deepEqual((await hma('POST', '/m/compare', { vpdq: [hashed.json.vpdq, hashed.json.vpdq] })).json, { vpdq: [true, { query_match_percent: 100, compared_match_percent: 100 }] })
  assert.equal((await hma('POST', '/h/hash?types=vpdq', form('video', video))).status, 400)
  assert.equal((await hma('POST', '/m/compare', { vpdq: ['[]', 'x'] })).status, 400)
})

test('what is disabled is never returned, and a content is found in its own bank only', async () => {
  const hma = bearer()
  await hma('POST', '/c/banks', { name: 'MINE' })
  await hma('POST', '/c/banks', { name: 'OTHER' })
  const hash = vectors['scene09.png']
  const { id } = (await hma('POST', '/c/bank/MINE/signal', { pdq: hash, video_md5: md5 })).json
  const found = async () => (await hma('GET', `/m/raw_lookup?signal=${hash}&signal_type=pdq&banks=MINE`)).json.matches
  await until('the match', async () => (await found()).includes(id))
  assert.deepEqual((await hma('GET', `/m/raw_lookup?signal=${md5}&signal_type=video_md5&banks=MINE`)).json.matches, [id])
  assert.equal((await hma('POST', '/c/bank/MINE/signal', { pdq: hash })).json.id, id, 'the same hash is the same content')
  for (const [method, body] of [['GET'], ['PUT', { disable_until_ts: 0 }]]) assert.equal((await hma(method, `/c/bank/OTHER/content/${id}`, body)).status, 404)
  assert.deepEqual((await hma('DELETE', `/c/bank/OTHER/content/${id}`)).json, { deleted: 0 })
  assert.deepEqual(await found(), [id])
  for (const until_ts of [0, Math.floor(Date.now() / 1000) + 3600]) {
    await hma('PUT', `/c/bank/MINE/content/${id}`, { disable_until_ts: until_ts })
    assert.deepEqual(await found(), [], `disabled until ${until_ts}`)
    assert.equal((await hma('GET', `/c/bank/MINE/content/${id}`)).json.disable_until_ts, until_ts)
  }
  await hma('PUT', `/c/bank/MINE/content/${id}`, { disable_until_ts: 1 })
  await until('it is back', async () => (await found()).includes(id))
  await hma('PUT', '/c/bank/MINE', { enabled: false })
  assert.deepEqual(await found(), [])
  assert.equal((await hma('PUT', '/c/bank/MINE', { enabled: true, name: 'OURS' })).json.name, 'OURS')
  assert.equal((await hma('GET', '/c/bank/MINE')).status, 404)
  assert.equal((await hma('GET', `/c/bank/OURS/content/${id}`)).status, 200)
  for (const ts of [-1, 4e9]) assert.equal((await hma('PUT', `/c/bank/OURS/content/${id}`, { disable_until_ts: ts })).status, 400)
})

test('a bank that has very many near a hash hides no other, and the answer says that there are more', async () => {
  const hma = bearer()
  const hash = vectors['scene10.png']
  const flip = (i) => { // another hash for each i, 2 to 14 bits away
    const b = Buffer.from(hash, 'hex')
    for (let k = 0; k < 12; k++) b[k] ^= i >> k & 1
    b[31] ^= 3
    return b.toString('hex')
  }
  for (const name of ['CROWD', 'QUIET']) assert.equal((await hma('POST', '/c/banks', { name })).status, 201)
  const lines = join(d.dir, 'crowd.txt')
  writeFileSync(lines, Array.from({ length: 1100 }, (_, i) => `pdq:${flip(i)}`).join('\n'))
  d.cli('bank', 'import', 'CROWD', lines)
  const { id } = (await hma('POST', '/c/bank/QUIET/signal', { pdq: near(hash, 20) })).json
  const ask = (more = '') => hma('GET', `/m/lookup?signal=${hash}&signal_type=pdq${more}`)
  await until('the quiet bank', async () => (await ask('&banks=QUIET')).json.QUIET && (await ask()).headers.get('x-matches-incomplete'))
  const all = await ask()
  assert.deepEqual(all.json.QUIET, [{ bank_content_id: id, distance: '20' }])
  assert.equal(all.headers.get('x-matches-incomplete'), 'pdq')
  const told = all.json.CROWD.map((m) => Number(m.distance))
  assert.ok(told.length === 999 && told[0] === 2 && told.every((x, i) => i === 0 || x >= told[i - 1]), String(told))
  const one = await ask('&banks=QUIET')
  assert.deepEqual([one.json, one.headers.get('x-matches-incomplete')], [{ QUIET: [{ bank_content_id: id, distance: '20' }] }, null])
  assert.equal((await ask('&banks=CROWD')).json.CROWD.length, 1000)
  for (const name of ['CROWD', 'QUIET']) await hma('DELETE', `/c/bank/${name}`)
})

test('allow-lists set matches aside as in scans, by all that is known of the file', async () => {
  const hma = bearer()
  const hash = vectors['scene00.png'], bytes = picture('scene00.png')
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  await hma('POST', '/c/banks', { name: 'SET_ASIDE' })
  await hma('POST', '/c/bank/SET_ASIDE/signal', { pdq: near(hash, 6), sha256 })
  const ask = (n = 0) => hma('GET', `/m/lookup?signal=${near(hash, n)}&signal_type=pdq&banks=SET_ASIDE`)
  const file = (types) => hma('POST', `/m/lookup?banks=SET_ASIDE&types=${types}`, form('photo', bytes))
  const left = (a) => [a.json, a.headers.get('x-matches-allowed')]
  await until('the match', async () => (await ask()).json.SET_ASIDE)
  d.cli('bank', 'create', 'ours-to-show', '--policy', 'terms.spam', '--kind', 'pdq', '--direction', 'allow')
  d.cli('bank', 'create', 'ours-to-show.digest', '--policy', 'terms.spam', '--kind', 'digest', '--direction', 'allow')
  d.cli('bank', 'add', 'ours-to-show', hash, '--form', 'pdq')
  await until('the allow-list', async () => (await ask()).headers.get('x-matches-allowed') === '1')
  assert.deepEqual(left(await ask()), [{}, '1'])
  assert.deepEqual(left(await hma('GET', `/m/raw_lookup?signal=${hash}&signal_type=pdq&banks=SET_ASIDE`)), [{ matches: [] }, '1'])
  assert.deepEqual(left(await ask(6))[0].SET_ASIDE[0].distance, '0', 'closer to what is known than to what is allowed')
  assert.deepEqual(left(await file('pdq')), [{ pdq: {} }, '1'])
  assert.deepEqual(Object.keys((await file('sha256')).json.sha256), ['SET_ASIDE'], 'known byte for byte, allowed only nearly')
  d.cli('bank', 'add', 'ours-to-show.digest', sha256, '--form', 'sha256')
  await until('the file is allowed', async () => (await file('sha256')).headers.get('x-matches-allowed') === '1')
  assert.deepEqual(left(await file('pdq,sha256')), [{ pdq: {}, sha256: {} }, '2'])
  assert.ok(!(await hma('GET', '/c/banks')).json.some((b) => b.name.startsWith('ours-to-show')), 'an allow-list is no bank of these clients')
})

test('a bank that compares turned pictures finds them by file, by address and by hash; others do not', async () => {
  const hma = bearer()
  const turned = d.cli('hash', '--all', join(root, 'tests/data/pdq/scene09.png')).files[0]
  const ids = {}
  for (const name of ['TURNS', 'STRAIGHT']) {
    await hma('POST', '/c/banks', { name })
    ids[name] = (await hma('POST', `/c/bank/${name}/signal`, { pdq: turned.pdq_rot90 })).json.id
  }
  d.cli('bank', 'set', 'TURNS', '--turned', 'on')
  const both = '&banks=TURNS,STRAIGHT'
  const file = async () => (await hma('POST', `/m/lookup?types=pdq${both}`, form('photo', picture('scene09.png')))).json
  await until('the turned picture', async () => (await file()).pdq.TURNS)
  const match = [{ bank_content_id: ids.TURNS, distance: '0' }]
  assert.deepEqual(await file(), { pdq: { TURNS: match } })
  assert.deepEqual((await hma('GET', `/m/lookup?types=pdq&url=${at('scene09.png')}${both}`)).json, { pdq: { TURNS: match } })
  const sent = (await hma('GET', `/m/lookup?signal=${turned.pdq}&signal_type=pdq${both}`)).json
  assert.deepEqual([Object.keys(sent), sent.TURNS.map((m) => m.bank_content_id)], [['TURNS'], [ids.TURNS]])
  assert.ok(Number(sent.TURNS[0].distance) <= 20, 'as near as its hash can tell')
  const straight = (await hma('GET', `/m/lookup?signal=${turned.pdq_rot90}&signal_type=pdq${both}`)).json
  assert.deepEqual(Object.keys(straight).sort(), ['STRAIGHT', 'TURNS'])
  for (const name of ['TURNS', 'STRAIGHT']) await hma('DELETE', `/c/bank/${name}`)
})

test('what is wrong is 400 with a message, whatever it is', async () => {
  const hma = bearer()
  await hma('POST', '/c/banks', { name: 'WRONG' })
  const hash = vectors['scene01.png']
  const bad = [
    ['POST', '/h/hash', form('photo', Buffer.from('no picture')), /./],
    ['POST', '/h/hash', form('photo', picture('scene01.png').subarray(0, 300)), /./],
    ['POST', '/h/hash', form('sound', picture('scene01.png')), /photo or video/],
    ['POST', '/h/hash', form('photo', Buffer.alloc(0)), /empty/],
    ['POST', '/h/hash?types=video_md5', form('photo', picture('scene01.png')), /photo has no video_md5/],
    ['POST', '/h/hash?types=raw_text', form('photo', picture('scene01.png')), /no such signal type/],
    ['POST', '/h/hash', undefined, /file/],
    ['GET', '/h/hash', undefined, /url/],
    ['GET', `/h/hash?url=${at('a.html')}&content_type=photo`, undefined, /text/],
    ['GET', '/m/raw_lookup?signal_type=pdq', undefined, /signal/],
    ['GET', `/m/raw_lookup?signal=${hash}&signal_type=tlsh`, undefined, /no such signal type/],
    ['GET', `/m/raw_lookup?signal=${hash.slice(1)}&signal_type=pdq`, undefined, /64 hex/],
    ['GET', `/m/lookup?signal=${hash}&signal_type=pdq&bypass_coinflip=perhaps`, undefined, /true or false/],
    ['POST', '/m/compare', { pdq: [hash] }, /two/],
    ['POST', '/m/compare', { pdq: [hash, 'x'] }, /64 hex/],
    ['POST', '/c/banks', { name: 'lower' }, /A to Z/],
    ['POST', '/c/banks', {}, /name/],
    ['POST', '/c/banks', { name: 'X', enabled_ratio: '2' }, /0 to 1/],
    ['POST', '/c/banks', { name: 'X', enabled_ratio: 'much' }, /number/],
    ['POST', '/c/banks', { name: 'X', policy: 'no.such' }, /policy/],
    ['POST', '/c/bank/WRONG/signal', { pdq: 'x' }, /64 hex/],
    ['POST', '/c/bank/WRONG/signal', { tlsh: 'x' }, /no such signal type/],
    ['POST', '/c/bank/WRONG/signal', {}, /no signal/],
    ['POST', '/c/bank/WRONG/content', form('photo', picture('flat.png')), /too plain.*quality is 0/],
    ['POST', '/c/bank/WRONG/content', form('photo', picture('scene01.png'), { note: 'x'.repeat(300) }), /255/],
    ['POST', '/c/bank/WRONG/content', form('photo', picture('scene01.png'), { metadata: '{' }), /metadata/],
  ]
  for (const [method, path, body, why] of bad) {
    const answer = await hma(method, path, body)
    assert.equal(answer.status, 400, `${method} ${path}: ${answer.status} ${answer.text}`)
    assert.match(answer.json.message, why, `${method} ${path}`)
  }
  const two = form('photo', picture('scene01.png'))
  two.append('photo', new Blob([picture('scene02.png')]), 'b.png')
  assert.match((await hma('POST', '/h/hash', two)).json.message, /exactly one/)
  assert.equal((await hma('POST', '/h/hash', form('video', Buffer.alloc((1 << 20) + 1)))).status, 413)
  const plain = await hma('POST', '/h/hash', form('photo', picture('flat.png')))
  assert.deepEqual([plain.status, plain.json, plain.headers.get('x-pdq-quality')], [200, { pdq: '' }, '0'])
  assert.deepEqual((await hma('POST', '/m/compare', { pdq: [hash, near(hash, 9)], video_md5: [md5, md5.toUpperCase()] })).json, { pdq: [true, { distance: 9 }], video_md5: [true, {}] })
  assert.deepEqual((await hma('POST', '/m/compare', { pdq: [hash, near(hash, 32)] })).json, { pdq: [false, { distance: 32 }] })
})

test('long names, also two that begin alike', async () => {
  const hma = bearer()
  const names = ['A', 'B'].map((end) => `COOP_${'LONG_'.repeat(20)}${end}`)
  for (const name of names) {
    assert.equal((await hma('POST', '/c/banks', { name })).status, 201)
    const { id } = (await hma('POST', `/c/bank/${name}/signal`, { video_md5: md5 })).json
    assert.deepEqual((await hma('GET', `/m/lookup?signal=${md5}&signal_type=video_md5&banks=${name}`)).json, { [name]: [{ bank_content_id: id, distance: '-' }] })
  }
  assert.equal((await hma('POST', '/c/banks', { name: 'X'.repeat(256) })).status, 400)
})

test('banks that people made are seen, and neither renamed nor deleted; changes are in the trail', async () => {
  const hma = bearer()
  const seenThere = (await hma('GET', '/c/banks')).json.map((b) => b.name)
  assert.ok(seenThere.includes('demo-known'), String(seenThere))
  assert.equal((await hma('DELETE', '/c/bank/demo-known')).status, 403)
  assert.equal((await hma('PUT', '/c/bank/demo-known', { name: 'MY_OWN' })).status, 403)
  const rows = d.cli('audit', 'list', '--limit', '1000', '--verb', 'bank.').audit
  for (const verb of ['bank.create', 'bank.change', 'bank.add', 'bank.remove', 'bank.content', 'bank.delete'])
    assert.ok(rows.some((r) => r.verb === verb && /^key:/.test(r.actor)), verb)
  const banks = d.cli('bank', 'list').banks
  const mine = banks.find((b) => b.name === 'GEM')
  assert.deepEqual([mine.policy, mine.kind], ['terms.spam', 'pdq'])
  assert.ok(banks.some((b) => b.name === 'GEM.digest'))
})

// Addresses that are not fetched --------------------------------------------------------------------------------------

const raw = (text, more) => createRaw((s) => { s.on('error', () => {}).once('data', () => { s.write(text); more ? more(s) : s.end() }) })
const pour = (s, piece) => { const go = () => { while (s.writable && s.write(piece)); }; s.on('drain', go); go() }

test('a shut address is never connected to, however it is written or reached', async () => {
  const hma = bearer()
  const port = new URL(shut.url).port
  const to = async (location) => listen(raw(`HTTP/1.1 302 Found\r\nLocation: ${location}\r\nContent-Length: 0\r\n\r\n`), ALLOWED)
  const hostile = [
    shut.url, `http://localhost:${port}/a.png`, `http://2130706433:${port}/`, `http://0x7f000001:${port}/`, `http://127.1:${port}/`, `http://[::1]:${port}/`,
    `http://[::ffff:127.0.0.1]:${port}/`, `http://0.0.0.0:${port}/`, 'http://169.254.169.254/latest/meta-data/', 'http://10.0.0.1:8080/a.png', 'http://192.168.1.1/a.png',
    'http://[fd00:ec2::254]/a.png', 'http://[fe80::1%25eth0]/a.png', `http://user:pass@${ALLOWED}:8080/a.png`, 'file:///etc/passwd', 'gopher://127.0.0.1:70/', 'ftp://127.0.0.1/a.png',
    `http://${ALLOWED}:22/a.png`, `http://${ALLOWED}:6379999/`, 'http:///a.png', 'not an address', 'http://exämple.org/a.png', `http://${ALLOWED}:8080/${'a'.repeat(2100)}`,
    await to(shut.url), await to(`//127.0.0.1:${port}/a.png`), await to('file:///etc/passwd'), await to('http://169.254.169.254/'), await to(`http://localhost:${port}/`),
  ]
  const answers = await Promise.all(hostile.map(async (url, i) => {
    await new Promise((done) => setTimeout(done, (i >> 3) * 60)) // no more at one time than are read
    return hma('GET', `/h/hash?content_type=photo&url=${encodeURIComponent(url)}`)
  }))
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.status, 400, `${hostile[i]}: ${answer.status} ${answer.text}`)
    assert.match(answer.json.message, /^url: /, hostile[i])
  }
  assert.equal(shut.hits, 0)
})

test('an address that attacks is bounded, and named', async () => {
  const hma = bearer()
  const loop = await listen(raw('HTTP/1.1 302 Found\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n'), ALLOWED)
  const attacks = [
    [await listen(raw('HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 99999999\r\n\r\n', (s) => pour(s, 'x'.repeat(65536))), ALLOWED), 413, /larger/],
    [await listen(raw('HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nTransfer-Encoding: chunked\r\n\r\n', (s) => pour(s, `1000\r\n${'x'.repeat(4096)}\r\n`)), ALLOWED), 413, /larger/],
    [await listen(raw('HTTP/1.1 200 OK\r\n', (s) => pour(s, `X-A: ${'b'.repeat(1000)}\r\n`)), ALLOWED), 400, /too many headers|broke/],
    [await listen(raw('HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 1000\r\n\r\nx', (s) => { const t = setInterval(() => s.writable ? s.write('x') : clearInterval(t), 100).unref() }), ALLOWED), 400, /in time/],
    [await listen(raw('', () => {}), ALLOWED), 400, /in time/],
    [await listen(raw('hello'), ALLOWED), 400, /does not speak HTTP/],
    [await listen(raw('HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n'), ALLOWED), 400, /answered 404/],
    [await listen(raw('HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 0\r\n\r\n'), ALLOWED), 400, /empty/],
    [loop, 400, /redirects more than/],
    [`http://${ALLOWED}:9`, 400, /shut/],
  ]
  const answers = await Promise.all(attacks.map(([url]) => hma('GET', `/h/hash?content_type=photo&url=${encodeURIComponent(`${url}/a.png`)}`)))
  for (const [i, answer] of answers.entries()) {
    assert.equal(answer.status, attacks[i][1], `${i}: ${answer.text}`)
    assert.match(answer.json.message, attacks[i][2], String(i))
  }
  assert.equal((await hma('GET', `/h/hash?url=${at('scene01.png')}`)).status, 200, 'the courier goes on')
})

// The rest ----------------------------------------------------------------------------------------------------------

test('status, words and the contract', async () => {
  const open = client(`${d.url}/`, {})
  assert.equal((await open('GET', '/status')).text, 'I-AM-ALIVE')
  assert.equal((await open('GET', '/status/live')).text, 'I-AM-ALIVE')
  assert.ok((await open('GET', '/site-map')).json.includes('/m/lookup'))
  assert.equal((await open('GET', '/openapi/openapi.json')).text, text)
  const hma = bearer()
  assert.deepEqual((await hma('GET', '/c/content_type')).json, [{ name: 'photo', enabled: true }, { name: 'video', enabled: true }])
  assert.deepEqual((await hma('GET', '/c/signal_type')).json.slice(0, 2), [{ name: 'pdq', enabled_ratio: 1 }, { name: 'video_md5', enabled_ratio: 1 }])
  assert.equal((await fetch(`${d.url}/dev/factory_reset`, { method: 'POST', headers: { authorization: `Bearer ${d.secret}` } })).status, 404)
  for (const path of ['/c/nothing', '//h//nothing']) {
    const none = await fetch(d.url + path)
    assert.deepEqual([none.status, Object.keys(await none.json())], [404, ['message']], path)
  }
  assert.equal((await (await fetch(`${d.url}/nothing`)).json()).status, 404)
  for (const path of ['/c/exchanges', '/m/index/status']) assert.equal((await hma('GET', path)).status, 200)
  assert.equal((await hma('PUT', '/c/exchange/x', { enabled: true })).status, 404)
  assert.equal((await hma('POST', '/c/exchanges/api/ncmec', { credential_json: {} })).status, 404)
  assert.equal((await hma('DELETE', '/c/exchange/x')).json.message, 'Exchange deleted')
})

test('the example of doc/hma.md runs as it stands there', () => {
  const script = readFileSync(join(root, 'doc/hma.md'), 'utf8').match(/```bash\n([\s\S]*?)```/)[1]
  const ran = spawnSync('bash', ['-s'], { input: script, encoding: 'utf8', env: { ...process.env, TUTELA: d.url, KEY: d.secret, PICTURE: join(root, 'tests/data/pdq/scene06.png') } })
  assert.equal(ran.status, 0, ran.stdout + ran.stderr)
  const last = JSON.parse(ran.stdout.trim().split('\n').pop())
  assert.equal(last.KNOWN_SPAM[0].distance, '0', ran.stdout)
})

test('the table of routes and the contract say the same', () => {
  const table = readFileSync(join(root, 'src/api/routes_hma.tbl.h'), 'utf8').replace(/\s+/g, ' ')
  const rows = [...table.matchAll(/[HT]\("(\w+)", "([^"]+)", \w+, "(\w*)", "([^"]*)"/g)].map(([, method, path, scope, query]) => ({ method, path, scope, query }))
  assert.deepEqual(rows.map((r) => `${r.method} ${r.path}`).sort(), operations.map((o) => `${o.method} ${o.path}`).sort())
  for (const o of operations) {
    const row = rows.find((r) => r.method === o.method && r.path === o.path)
    const names = (o.op.parameters ?? []).filter((p) => p.in === 'query').map((p) => p.name)
    assert.deepEqual(names.sort(), row.query.split(' ').filter(Boolean).sort(), `query of ${o.method} ${o.path}`)
    assert.match(o.op.description, row.scope ? new RegExp(`Scope \`${row.scope}\``) : /Open to all/)
  }
})

test('deleting a bank asks for two people where deleting, removing or switching off does', async () => {
  const it = await startDaemon({ scopes: 'match banks', sets: { two_person: 'bank.delete' } })
  try {
    const hma = client(it.url, { authorization: `Bearer ${it.secret}` })
    assert.equal((await hma('POST', '/c/banks', { name: 'KEPT' })).status, 201)
    const refused = await hma('DELETE', '/c/bank/KEPT')
    assert.equal(refused.status, 403, refused.text)
    assert.equal((await hma('GET', '/c/bank/KEPT')).json.matching_enabled_ratio, 1)
  } finally {
    await it.end()
  }
})

test('--testing: reset, on a folder that never ran without it', async () => {
  const it = await startDaemon({ scopes: 'match banks', testing: true })
  try {
    const hma = client(it.url, { authorization: `Bearer ${it.secret}` })
    await hma('POST', '/c/banks', { name: 'GONE' })
    await hma('POST', '/c/bank/GONE/signal', { pdq: vectors['scene01.png'] })
    assert.match(it.log(), /TESTING/)
    const doctor = spawnSync(bin('tutela'), ['--data', it.dir, '--json', 'doctor'], { encoding: 'utf8' })
    assert.ok(JSON.parse(doctor.stdout).findings.some((f) => f.check === 'testing'))
    assert.equal((await fetch(`${it.url}/dev/factory_reset`, { method: 'POST' })).status, 401)
    assert.equal((await hma('POST', '/dev/factory_reset')).status, 200)
    assert.ok(!(await hma('GET', '/c/banks')).json.some((b) => b.name === 'GONE'))
    assert.deepEqual((await hma('GET', `/m/raw_lookup?signal=${vectors['scene01.png']}&signal_type=pdq&banks=GONE`)).json.matches, [])
    assert.equal((await hma('POST', '/c/banks', { name: 'GONE' })).status, 201)
  } finally {
    await it.end()
  }
  const refused = spawnSync(bin('tutelad'), ['--data', d.dir, '--testing'], { encoding: 'utf8' })
  assert.equal(refused.status, 2)
  assert.match(refused.stderr, /started without it before/)
  assert.deepEqual(operations.map((o) => o.op.operationId).filter((id) => !seen.has(id)), [], 'every operation was asked')
})
