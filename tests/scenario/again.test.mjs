// Found again: what was published before a bank knew of it is judged again when the bank grows, once, with a case and an
// action by the same rules; a finder that dies on the way neither loses nor doubles anything.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, readdirSync, rmSync, writeSync } from 'node:fs'
import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { clean, data } from '../hostile.mjs'
import { start, until } from './daemon.mjs'

let site
before(async () => { site = await start({ workers: 1, index_check_seconds: 1, again_erase_minutes: 0 }) })
after(() => site?.stop())

const picture = (name) => readFileSync(join(data, 'pdq', name))
const read = async (id) => (await site.api('GET', `/v1/items/${id}`)).body

const upload = (file, type = 'image/png') => store(picture(file), type)

async function store(body, type) {
  const response = await fetch(site.url + '/v1/media', { method: 'PUT', headers: { authorization: `Bearer ${site.key}`, 'content-type': type }, body })
  return (await response.json()).id
}

const flagged = async (id, policy = 'speech.hate') => (await site.api('POST', '/v1/flags', { subject: { kind: 'item', id }, kind: 'user', policy })).body.case

async function publish(id, file, type) {
  const media = await upload(file, type)
  const item = await site.item(id, 'hello', { media: [media] })
  assert.equal(item.verdict, 'allow')
  return media
}

test('a new hash in a bank finds what was published before', async () => {
  await publish('early', 'scene00.png')
  await publish('early-copy', 'scene00-q15.jpg', 'image/jpeg')
  await publish('other', 'scene06.png')
  site.tutela('bank', 'add', 'demo-known', clean.get('scene00.png').pdq)
  for (const id of ['early', 'early-copy']) {
    const item = await until(`${id} found again`, async () => { const i = await read(id); return i.verdict === 'block' && i })
    assert.ok(item.reasons.some((r) => r.rule === 'found-again'), JSON.stringify(item.reasons))
    assert.equal(item.cases.length, 1)
    assert.equal(item.decisions.length, 1)
  }
  assert.equal((await read('other')).verdict, 'allow')
})

test('how long that took is a metric, and how far it is a command', async () => {
  const metrics = await (await fetch(site.admin + '/metrics')).text()
  const [, count] = /^tutela_time_to_match_seconds_count (\d+)$/m.exec(metrics)
  assert.equal(count, '2')
  assert.match(metrics, /^tutela_time_to_match_seconds_bucket\{le="300"\} 2$/m)
  await until('all to be compared', () => site.tutela('again').banks.every((b) => b.percent === 100))
  await until('nothing to be left', async () => /^tutela_again_oldest_seconds 0$/m.test(await (await fetch(site.admin + '/metrics')).text()))
})

test('and one that comes back at its time, with nothing else happening', async () => {
  const [{ id }] = site.tutela('bank', 'search', 'demo-known', clean.get('scene00.png').pdq).entries
  site.tutela('bank', 'disable', 'demo-known', id, '--until', new Date(Date.now() + 2500).toISOString())
  await until('the entry to be off', async () => (await site.item(`off-${Date.now()}`, 'hello', { media: [await upload('scene00.png')] })).verdict === 'allow')
  await publish('while-off', 'scene00.png')
  const item = await until('it to be found', async () => { const i = await read('while-off'); return i.verdict === 'block' && i })
  assert.match(item.reasons.find((r) => r.rule === 'found-again').text, /an entry of the bank "demo-known" that was off for a time counts again/)
})

test('so does a digest', async () => {
  await publish('exact', 'scene07.png')
  site.tutela('bank', 'add', 'demo-known-exact', createHash('sha256').update(picture('scene07.png')).digest('hex'), '--form', 'sha256')
  await until('found by its digest', async () => (await read('exact')).verdict === 'block')
})

test('one decision covers the copies, each with its own; undone before it is carried out nothing is', async () => {
  const flag = (id) => site.api('POST', '/v1/flags', { subject: { kind: 'item', id }, kind: 'user', policy: 'speech.hate' })
  await publish('pic', 'scene02.png')
  await publish('pic-gif', 'scene02.gif', 'image/gif')
  await publish('pic-webp', 'scene02.webp', 'image/webp')
  await site.item('pic-other', 'another author', { author: { id: 'u-2' }, media: [await upload('scene02-444.jpg', 'image/jpeg')] })
  const { body: { case: id } } = await flag('pic')
  const ann = await site.person('ann')
  await ann.post(`cases/${id}/claim`)
  const copies = (await until('the copies', async () => { const a = await ann.get(`cases/${id}/copies?kind=act&policy=speech.hate`); return a.body?.total === 3 && a.body }))
  assert.deepEqual([copies.covered, copies.other_authors, copies.newer, copies.cut], [3, 1, 0, false])
  assert.ok(copies.copies.every((k) => k.distance <= 15 && k.covered))
  const ask = { kind: 'act', policy: 'speech.hate', ground: 'incompatible', actions: [{ name: 'remove', params: null }], facts: 'It names a group.', note: '' }
  const stale = await ann.post(`cases/${id}/decide`, { ...ask, copies: { distance: 15, expect: 2 } })
  assert.deepEqual([stale.status, stale.body.field], [409, '/copies/expect'])
  const undone = await ann.post(`cases/${id}/decide`, { ...ask, copies: { distance: 15, expect: 3 } })
  assert.equal(undone.status, 200, undone.bytes)
  assert.equal((await ann.post(`decisions/${undone.body.decision}/undo`)).status, 200)
  const done = await ann.post(`cases/${id}/decide`, { ...ask, copies: { distance: 15, expect: 3 } })
  assert.equal(done.status, 200, done.bytes)
  for (const copy of ['pic-gif', 'pic-webp', 'pic-other']) {
    const item = await until(`${copy} decided`, async () => { const i = await read(copy); return i.decisions.length && i })
    assert.equal(item.decisions.length, 1)
    assert.equal(item.decisions[0].policy, 'speech.hate')
    assert.deepEqual(item.actions.map((a) => a.name), ['remove'])
  }
  const after = (await until('the group to be done', async () => { const a = await ann.get(`cases/${id}/copies`); return a.body.group?.state === 'done' && a.body }))
  assert.deepEqual([after.group.done, after.group.left, after.decided], [3, 0, 3])
})

test('what was taken by somebody, or closed to who decided, before it is carried out is left out and told', async () => {
  const ann = await site.person('ann'), other = await site.person('specialist')
  for (const id of ['two', 'two-held', 'two-free']) await publish(id, 'scene10.png')
  const [id, held] = [await flagged('two'), await flagged('two-held')]
  await ann.post(`cases/${id}/claim`)
  await until('the copies', async () => (await ann.get(`cases/${id}/copies?kind=act&policy=speech.hate`)).body?.covered === 2)
  const finder = site.roles().find((r) => r.role === 'finder').pid
  process.kill(finder, 'SIGSTOP')
  try {
    const done = await ann.post(`cases/${id}/decide`, { kind: 'act', policy: 'speech.hate', ground: 'incompatible', actions: [{ name: 'remove', params: null }], facts: '', note: '', copies: { distance: 15, expect: 2 } })
    assert.equal(done.status, 200, done.bytes)
    assert.equal((await other.post(`cases/${held}/claim`)).status, 200)
  } finally {
    process.kill(finder, 'SIGCONT')
  }
  const { group } = await until('the group to be done', async () => { const a = await ann.get(`cases/${id}/copies`); return a.body.group?.state === 'done' && a.body })
  assert.deepEqual([group.done, group.left, group.why], [1, 1, { held: 1 }])
  const [told] = (await ann.get('audit?verb=decide.copies.end')).body.rows
  assert.equal(told.detail, '1 decided; left as they were: 1 held')
})

test('crisis mode withholds what is like the clip, finds what was there before, and ends with its figures', async () => {
  const lead = await site.person('lead')
  await publish('clip-before', 'scene04.png')
  await site.item('clip', 'look at this', { media: [await upload('scene04.png')] })
  const { body: { case: of } } = await site.api('POST', '/v1/flags', { subject: { kind: 'item', id: 'clip' }, kind: 'user', policy: 'speech.hate' })
  const ask = { case: of, title: 'the clip', policy: 'speech.hate', effect: 'withhold', distance: 40, hours: 1 }
  assert.equal((await (await site.person('moderator')).post('crisis', ask)).status, 403)
  assert.deepEqual([(await lead.post('crisis', { ...ask, policy: 'none.such' })).body.field], ['/policy'])
  const started = await lead.post('crisis', ask)
  assert.equal(started.status, 201, started.bytes)
  const live = async () => (await lead.get(`crisis/${started.body.id}`)).body
  const key = site.tutela('key', 'add', '--platform', 'demo', '--scopes', 'match banks').secret
  const clients = await fetch(`${site.url}/c/banks`, { headers: { authorization: `Bearer ${key}` } })
  assert.deepEqual((await clients.json()).map((b) => b.name).filter((name) => name.startsWith('watch.')), [], 'what a watch looks with is no bank of a client')
  await until('what was there before', async () => (await read('clip-before')).verdict === 'withhold')
  const later = await site.item('clip-later', 'again', { media: [await upload('scene04.png')] })
  assert.equal(later.verdict, 'withhold')
  assert.ok(later.reasons.some((r) => r.rule === 'crisis-watch'), JSON.stringify(later.reasons))
  const seen = await until('the dashboard', async () => { const w = await live(); return w.copies >= 3 && w })
  assert.equal(seen.minutes.reduce((a, b) => a + b, 0), seen.copies)
  assert.equal(seen.newest.length, seen.copies)
  assert.equal(Object.values(seen.states).reduce((a, b) => a + b, 0), seen.copies)
  const preview = (await until('the preview', async () => { const p = (await lead.get(`crisis/${seen.id}/preview?distance=31`)).body; return p.caught && p }))
  assert.deepEqual([preview.caught, preview.now, preview.cut, preview.sample.length], [1, 1, false, 1]) // one file, published three times
  const narrowed = await lead.call('PATCH', `/console/api/crisis/${seen.id}`, { distance: 10 })
  assert.equal(narrowed.body.distance, 10)
  const ended = await lead.post(`crisis/${seen.id}/end`)
  assert.deepEqual([ended.status, ended.body.report.copies], [200, seen.copies])
  assert.equal((await lead.post(`crisis/${seen.id}/end`)).status, 409)
  await until('the net to be taken in', async () => (await site.item(`free-${Date.now()}`, 'hello', { media: [await upload('scene04.png')] })).verdict === 'allow')
})

test('a video that shows nothing but the picture is a copy of it; one that shows it among much else is not', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-again-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const film = async (name, ...args) => {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', ...args, '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p', join(dir, `${name}.mp4`)])
    await site.item(name, 'a film', { kind: 'video', media: [await store(readFileSync(join(dir, `${name}.mp4`)), 'video/mp4')] })
  }
  const still = ['-loop', '1', '-framerate', '2', '-t', '4', '-i', join(data, 'pdq/scene01.png')]
  await publish('still', 'scene01.png')
  await film('still-film', ...still, '-vf', 'scale=512:512', '-crf', '18')
  await film('still-among', ...still, '-f', 'lavfi', '-i', 'testsrc2=s=512x512:r=2:d=6', '-filter_complex', '[0]scale=512:512,setsar=1[a];[1]setsar=1[b];[a][b]concat')
  const lead = await site.person('lead'), of = await flagged('still')
  const seen = await until('the copies', async () => { const a = (await lead.get(`cases/${of}/copies`)).body; return a.total && a })
  assert.deepEqual(seen.copies.map((k) => [k.id, k.percent]), [['still-film', 100]])
})

test('an item of kind audio and its near copies: encoded anew, at another pitch, cut, with noise; one decision for all', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-again-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const sound = async (id, name, type, ...args) => {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', ...args, join(dir, name)])
    const media = await store(readFileSync(join(dir, name)), type)
    const { status, body } = await site.api('POST', '/v1/items', { id, kind: 'audio', author: { id: `by-${id}` }, media: [media] })
    assert.equal(status, 202, JSON.stringify(body))
    return await until(`the verdict of ${id}`, async () => { const i = await read(id); return i.verdict && i }, 60_000)
  }
  const tune = (a, b) => ['-f', 'lavfi', '-i', `aevalsrc=0.3*sin(2*PI*t*(220+35*mod(floor(3*t)*${a}\\,11)))+0.2*sin(2*PI*t*(330+50*mod(floor(2*t)*${b}\\,7))):d=30:s=22050`]
  const own = ['-i', join(dir, 'song.wav')]
  const first = await sound('song-own', 'song.wav', 'audio/wav', ...tune(7, 5))
  assert.deepEqual([first.kind, first.verdict, first.media[0].mime, first.media[0].state], ['audio', 'allow', 'audio/wav', 'decoded'], JSON.stringify(first))
  await sound('song-coded', 'coded.mp3', 'audio/mpeg', ...own, '-b:a', '32k')
  await sound('song-higher', 'higher.mp3', 'audio/mpeg', ...own, '-af', 'asetrate=22050*1.015,aresample=22050', '-b:a', '64k')
  await sound('song-cut', 'cut.mp3', 'audio/mpeg', ...own, '-ss', '4.3', '-t', '21', '-b:a', '64k')
  await sound('song-noise', 'noise.mp3', 'audio/mpeg', ...own, '-f', 'lavfi', '-i', 'anoisesrc=r=22050:a=0.04:d=30', '-filter_complex', '[0][1]amix=inputs=2:duration=first:normalize=0', '-b:a', '64k')
  await sound('song-part', 'part.mp3', 'audio/mpeg', ...own, '-t', '10', '-b:a', '64k')
  await sound('song-other', 'other.wav', 'audio/wav', ...tune(4, 3))
  const of = await flagged('song-own')
  const ann = await site.person('ann')
  await ann.post(`cases/${of}/claim`)
  const copies = ['song-coded', 'song-cut', 'song-higher', 'song-noise']
  const seen = await until('the copies', async () => { const a = (await ann.get(`cases/${of}/copies?kind=act&policy=speech.hate`)).body; return a?.total >= 4 && a })
  assert.deepEqual(seen.copies.map((k) => k.id).sort(), copies, 'a third of it is no copy, nor is another tune')
  assert.ok(seen.copies.every((k) => k.percent >= 80 && k.distance <= 9 && k.covered), JSON.stringify(seen.copies))
  const done = await ann.post(`cases/${of}/decide`, { kind: 'act', policy: 'speech.hate', ground: 'incompatible', actions: [{ name: 'remove', params: null }], facts: '', note: '', copies: { distance: seen.distance, expect: 4 } })
  assert.equal(done.status, 200, done.bytes)
  for (const id of ['song-own', ...copies]) {
    const item = await until(`${id} decided`, async () => { const i = await read(id); return i.decisions.length && i })
    assert.deepEqual([item.decisions[0].policy, item.actions.map((a) => a.name)], ['speech.hate', ['remove']])
  }
  for (const id of ['song-part', 'song-other']) assert.deepEqual((await read(id)).decisions, [])

  const lead = await site.person('lead')
  const preview = async (of, distance) => (await lead.post('crisis-preview', { ...of, distance })).body
  const wide = await preview({ case: of }, 40)
  assert.deepEqual([wide.kind, wide.distance, wide.caught, wide.now, wide.cut], ['sound', 9, 6, null, false], 'a part of it too')
  assert.deepEqual(wide.sample.map((s) => [s.platform, s.id]).sort(), ['song-own', 'song-part', ...copies].sort().map((id) => ['demo', id]))
  assert.equal((await preview({ case: of }, 0)).caught, 1)
  const [{ decision }] = (await read('song-coded')).decisions
  assert.equal((await preview({ decision }, 9)).caught, 6)
  const give = async (name) => (await fetch(`${site.url}/console/api/crisis-known`, { method: 'POST', headers: { cookie: `__Host-tutela=${lead.cookie}`, origin: site.url, 'x-csrf-token': lead.csrf, 'content-type': 'application/octet-stream' }, body: readFileSync(join(dir, name)) })).json()
  const { known } = await give('noise.mp3')
  assert.equal((await preview({ known }, 9)).caught, 6)
  assert.equal((await (await site.person('moderator')).post('crisis-preview', { case: of, distance: 9 })).status, 403)
  const started = await lead.post('crisis', { case: of, title: 'the song', policy: 'speech.hate', effect: 'review', distance: 9, hours: 1 })
  assert.equal(started.status, 201, started.bytes)
  assert.deepEqual(await lead.get(`crisis/${started.body.id}/preview?distance=0`).then(({ body: p }) => [p.caught, p.now]), [1, 6])
  const live = async () => (await lead.get(`crisis/${started.body.id}`)).body
  await until('as many as the preview said', async () => (await live()).copies === wide.caught)
  await lead.post(`crisis/${started.body.id}/end`)

  const cli = (...args) => site.tutela('watch', 'start', 'the song again', '--policy', 'speech.hate', '--file', join(dir, 'coded.mp3'), '--effect', 'review', ...args)
  const said = cli()
  assert.deepEqual([said.kind, said.distance, said.would_catch, said.preview.sample.length], ['sound', 9, 6, 6])
  const begun = cli('--hours', '2', '--yes')
  assert.deepEqual([begun.title, begun.state, begun.effect, begun.kind, begun.distance], ['the song again', 'runs', 'review', 'sound', 9])
  await until('what was there before', () => site.tutela('watch', 'list').watches.find((w) => w.id === begun.id).figures.copies === 6)
  assert.equal((await lead.get('alarms')).body.alarms.filter((a) => a.kind === 'watch_runs' && a.text.includes('the song again')).length, 1)
  const over = site.tutela('watch', 'end', begun.id)
  assert.deepEqual([over.state, over.figures.copies], ['ended', 6])
  const trail = (await ann.get('audit?actor=cli&verb=watch.')).body.rows.filter((r) => r.verb !== 'watch.view')
  assert.deepEqual(trail.map((r) => [r.verb, r.subject]), [['watch.end', begun.id], ['watch.start', begun.id], ['watch.preview', null]])

  await sound('song-short', 'short.mp3', 'audio/mpeg', ...own, '-t', '3.2')
  const short = /sound is too short to be found again: its fingerprint has \d+ words, at least 32 are needed \(4 seconds\)/
  assert.match((await give('short.mp3')).detail, short)
  assert.match((await lead.post('crisis', { case: await flagged('song-short'), title: 'too short', policy: 'speech.hate', effect: 'review', distance: 9, hours: 1 })).body.detail, short)
  const few = Buffer.concat([Buffer.from([1, 0, 0, 0, 4]), Buffer.alloc(16, 7)]).toString('base64')
  assert.match((await lead.post('crisis-preview', { known: [{ form: 'chromaprint', value: few }], distance: 9 })).body.detail, /too short to be found again: it has 4 words/)
})

/** Reads server-sent events until one of this name comes. */
async function event(person, query, name, meanwhile) {
  const stop = new AbortController()
  const response = await fetch(`${site.url}/console/api/live?${query}`, { headers: { cookie: `__Host-tutela=${person.cookie}` }, signal: stop.signal })
  assert.equal(response.status, 200)
  let text = '', seen = 0
  for await (const part of response.body) {
    text += Buffer.from(part).toString()
    const n = text.split(`event: ${name}\n`).length - 1
    if (n > seen && ++seen === 1) await meanwhile()
    if (n > 1) break
  }
  stop.abort()
}

test('crisis mode on a video: an edited copy of before and one that comes, in a live stream too, and the dashboard tells', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-again-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  const lead = await site.person('lead')
  const clip = readFileSync(join(data, 'vpdq/mandelbrot.mp4'))
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', '-i', join(data, 'vpdq/mandelbrot.mp4'), '-t', '8', '-vf', 'hflip,scale=240:180', '-an', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '30', join(dir, 'edit.mp4')])
  const edit = await store(readFileSync(join(dir, 'edit.mp4')), 'video/mp4')
  await site.item('film', 'a clip', { kind: 'video', media: [await store(clip, 'video/mp4')] })
  assert.equal((await site.item('film-edit', 'a clip', { kind: 'video', media: [edit] })).verdict, 'allow')
  const of = await flagged('film')
  const copies = await until('its copies', async () => { const a = (await lead.get(`cases/${of}/copies`)).body; return a.total && a })
  assert.deepEqual(copies.copies.map((k) => [k.id, k.percent > 80]), [['film-edit', true]])
  const ask = { title: 'the film', policy: 'speech.hate', effect: 'withhold', distance: 31, hours: 1 }
  const started = await lead.post('crisis', { ...ask, case: of })
  assert.deepEqual([started.status, started.body.kind, started.body.entries], [201, 'video', 1], started.bytes)
  const id = started.body.id
  const alarm = async () => (await lead.get('alarms')).body.alarms.find((a) => a.kind === 'watch_runs' && a.text.includes('the film'))
  assert.match((await alarm()).text, /31 bits are withheld at once\. One person started it: lead/)
  const { caught, now } = (await lead.get(`crisis/${id}/preview?distance=40`)).body
  assert.deepEqual([caught, now], [2, 2])
  await until('the edit of before', async () => (await read('film-edit')).verdict === 'withhold')
  await until('what was there before on the dashboard', async () => (await lead.get(`crisis/${id}`)).body.copies === 2)
  await event(lead, `watch=${id}`, 'screen', async () => {
    const segment = await site.api('POST', '/v1/items?wait=2000', { id: 'seg-1', kind: 'live_stream', author: { id: 'u-9' }, stream: { id: 'live-1', seq: 0 }, media: [edit] })
    assert.ok(segment.status < 300, JSON.stringify(segment.body))
  })
  const seen = await until('the stream', async () => { const w = (await lead.get(`crisis/${id}`)).body; return w.copies === 3 && w.states.withheld === 3 && w })
  assert.equal(seen.states.standing, 0)
  assert.deepEqual(seen.newest.map((k) => [k.id, k.stream]), [['live-1', true], ...seen.newest.slice(1).map((k) => [k.id, false])])
  await flagged('film-edit', 'csae.suspected')
  const hidden = (await lead.get(`crisis/${id}`)).body
  assert.deepEqual([hidden.hidden, hidden.newest.some((k) => k.id === 'film-edit')], [1, false], 'sealed for a lead without clearance')
  await lead.post(`crisis/${id}/end`)
  assert.equal(await alarm(), undefined)

  const [decision] = (await read('film-edit')).decisions
  const again = await lead.post('crisis', { ...ask, decision: decision.decision })
  assert.equal(again.status, 403, 'what it is about is sealed now')
  const fromFilm = await lead.post('crisis', { ...ask, decision: (await read('film')).decisions[0].decision })
  assert.deepEqual([fromFilm.status, fromFilm.body.kind], [201, 'video'], fromFilm.bytes)

  const give = (body) => fetch(`${site.url}/console/api/crisis-known`, { method: 'POST', headers: { cookie: `__Host-tutela=${lead.cookie}`, origin: site.url, 'x-csrf-token': lead.csrf, 'content-type': 'application/octet-stream' }, body })
  const { known, ...wrong } = await (await give(clip)).json()
  assert.deepEqual(wrong, {})
  assert.equal(known[0].form, 'vpdq')
  const fromFile = await lead.post('crisis', { ...ask, known })
  assert.deepEqual([fromFile.status, fromFile.body.kind], [201, 'video'], fromFile.bytes)
  assert.equal((await (await give(picture('scene01.png'))).json()).known[0].form, 'pdq')
  assert.equal((await give(Buffer.from('no picture at all'))).status, 422)
  for (const [body, field] of [[{ known: [{ form: 'vpdq', value: 'AAAA' }] }, '/known/0/value'], [{ known, case: of }, '/case'], [{}, '/case']])
    assert.equal((await lead.post('crisis', { ...ask, ...body })).body.field, field)
  for (const w of [fromFilm, fromFile]) assert.equal((await lead.post(`crisis/${w.body.id}/end`)).status, 200)
})

test('and a video, by a known picture that it shows and by a clip of it, and a sound, by a part of it', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-again-'))
  const make = (name, ...args) => {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', ...args, join(dir, name)])
    return readFileSync(join(dir, name))
  }
  try {
    const post = async (id, kind, bytes, type) => {
      const { status } = await site.api('POST', '/v1/items', { id, kind, author: { id: 'pat' }, media: [await store(bytes, type)] })
      assert.equal(status, 202)
    }
    const tune = 'aevalsrc=0.3*sin(2*PI*t*(220+35*mod(floor(3*t)*7\\,11)))+0.2*sin(2*PI*t*(330+50*mod(floor(2*t)*5\\,7))):d=30'
    await post('early-film', 'video', make('film.mp4', '-f', 'lavfi', '-i', 'testsrc2=size=320x240:rate=5:duration=10', '-pix_fmt', 'yuv420p'), 'video/mp4')
    await post('slides', 'video', make('slides.mp4', '-loop', '1', '-i', join(data, 'pdq', 'scene01.png'), '-t', '3', '-r', '4', '-vf', 'scale=320:240', '-pix_fmt', 'yuv420p'), 'video/mp4')
    await post('song', 'post', make('song.wav', '-f', 'lavfi', '-i', tune), 'audio/wav')
    for (const id of ['early-film', 'slides', 'song']) await until(`the verdict of ${id}`, async () => (await read(id)).verdict === 'allow', 60_000)
    const hashed = (name) => site.tutela('hash', '--all', join(dir, name)).files[0]
    const frames = hashed('film.mp4').frames.filter((f) => f.plain)
    for (const [bank, kind] of [['late-films', 'video'], ['late-songs', 'sound']]) site.tutela('bank', 'create', bank, '--kind', kind, '--policy', 'csae.known')
    site.tutela('bank', 'add', 'demo-known', clean.get('scene01.png').pdq)
    site.tutela('bank', 'add', 'late-films', JSON.stringify(frames.slice(0, 9).map((f) => `${f.pdq},${f.quality},${f.seconds}`)), '--form', 'vpdq')
    const { fingerprint } = hashed('song.wav')
    site.tutela('bank', 'add', 'late-songs', fingerprint.split(',').slice(40, 200).join())
    for (const id of ['slides', 'early-film', 'song']) {
      const signals = await until(`${id} found again`, async () => { const i = await read(id); return i.signals.some((s) => s.status === 'ok') && i.signals })
      assert.deepEqual(signals.filter((s) => s.status === 'ok').map((s) => s.label), [{ slides: 'demo-known', 'early-film': 'late-films', song: 'late-songs' }[id]])
    }
    await until('all to be compared', () => site.tutela('again').banks.filter((b) => ['late-films', 'late-songs'].includes(b.bank) && b.percent === 100).length === 2)
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
})

/** The order of bits in an index's files (src/hash/index_mix.c): both halves of a hash as they stand there. */
function mixed(hash) {
  const place = Array.from({ length: 256 }, (_, i) => i), out = Buffer.alloc(32)
  let s = 0x7475746c61n
  for (let i = 255; i > 0; i--) {
    s ^= BigInt.asUintN(64, s << 13n)
    s ^= s >> 7n
    s ^= BigInt.asUintN(64, s << 17n)
    const k = Number((s >> 24n) % BigInt(i + 1))
    ;[place[i], place[k]] = [place[k], place[i]]
  }
  for (let i = 0; i < 256; i++) if (hash[i >> 3] >> (i & 7) & 1) out[place[i] >> 3] |= 1 << (place[i] & 7)
  return [out.subarray(0, 16), out.subarray(16)]
}

test('what a platform erases leaves every file: store, log, index, blobs', async (t) => {
  const dir = mkdtempSync(join(tmpdir(), 'tutela-again-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', '-f', 'lavfi', '-i', 'life=s=320x240:seed=11:ratio=0.3:mold=20:r=4', '-t', '3', '-pix_fmt', 'yuv420p', join(dir, 'film.mp4')])
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'cellauto=s=256x256:rule=110:r=1', '-frames:v', '1', join(dir, 'own.png')])
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-f', 'lavfi', '-i', 'cellauto=s=256x256:rule=30:r=1:seed=5', '-frames:v', '1', join(dir, 'theirs.png')])
  const needles = []
  for (const [name, id, type, author] of [['own.png', 'to-erase', 'image/png', 'u-1'], ['film.mp4', 'film-to-erase', 'video/mp4', 'u-1'], ['theirs.png', 'with-account', 'image/png', 'leaver']]) {
    const bytes = readFileSync(join(dir, name))
    await site.item(id, `CANARY-${id}`, { author: { id: author }, kind: type === 'video/mp4' ? 'video' : 'post', media: [await store(bytes, type)] })
    const [file] = site.tutela('hash', '--all', join(dir, name)).files
    const hashes = [file.pdq, ...(file.frames ?? []).slice(0, 3).map((f) => f.pdq)].filter(Boolean).map((h) => Buffer.from(h, 'hex'))
    assert.ok(hashes.length)
    for (const hash of [...hashes, ...['sha256', 'md5'].map((n) => createHash(n).update(bytes).digest())])
      needles.push([`${id} ${hash.length}`, hash], [`${id} hex`, Buffer.from(hash.toString('hex'))], [`${id} base64`, Buffer.from(hash.toString('base64').slice(0, 20))])
    for (const half of hashes.flatMap((h) => [...mixed(Buffer.from(h).reverse()), ...mixed(h)])) if (half.some((b) => b)) needles.push([`${id} in an index`, half])
    needles.push([`${id} text`, Buffer.from(`CANARY-${id}`)])
  }
  const files = () => readdirSync(site.data, { recursive: true, withFileTypes: true }).filter((e) => e.isFile()).map((e) => join(e.parentPath ?? e.path, e.name))
  const found = () => files().flatMap((path) => {
    let bytes
    try { bytes = readFileSync(path) } catch { return [] } // merged away meanwhile
    return needles.filter(([, n]) => bytes.includes(n)).map(([what]) => `${path.slice(site.data.length + 1)}: ${what}`)
  })
  const blobs = () => files().filter((f) => f.includes('/blobs/')).length
  await until('all of it in files', () => {
    const f = found()
    return ['to-erase', 'film-to-erase', 'with-account'].every((id) => ['store.db', 'again/'].every((where) => f.some((w) => w.startsWith(where) && w.includes(`: ${id} `))))
  }).catch((e) => { throw new Error([...new Set(found())].join('\n'), { cause: e }) })
  const many = blobs()
  for (const id of ['to-erase', 'film-to-erase']) assert.equal((await site.api('DELETE', `/v1/items/${id}`)).status, 204)
  assert.equal((await site.api('DELETE', '/v1/accounts/leaver')).status, 204)
  await until('nothing of it in any file', () => found().length === 0, 60_000).catch((e) => { throw new Error([...new Set(found())].join('\n'), { cause: e }) })
  await until('their blobs to be gone', () => blobs() < many)
})

test('bytes of its index that go bad while everybody runs are found, named and made anew', async () => {
  const epochs = () => readdirSync(join(site.data, 'again')).map(Number)
  await publish('before-damage', 'scene06.png')
  const finder = site.roles().find((r) => r.role === 'finder').pid
  const [was] = await until('its files', () => epochs().length === 1 && readdirSync(join(site.data, 'again', `${epochs()[0]}`)).some((n) => n.endsWith('.segment')) && epochs())
  const dir = join(site.data, 'again', `${was}`)
  for (const name of readdirSync(dir).filter((n) => n.endsWith('.segment'))) {
    const from = Number(readFileSync(join(dir, name)).readBigUInt64LE(56)) // of the first section, behind the header
    const file = openSync(join(dir, name), 'r+')
    writeSync(file, Buffer.alloc(16, 0x5a), 0, 16, from)
    closeSync(file)
  }
  await until('another index', () => epochs().length === 1 && epochs()[0] > was)
  assert.match(site.log(), /INDEX_DAMAGED.*media/)
  assert.equal(site.roles().find((r) => r.role === 'finder').pid, finder) // it had not to begin anew
  await publish('after-damage', 'scene09.png')
  site.tutela('bank', 'add', 'demo-known', clean.get('scene09.png').pdq)
  await until('found again', async () => (await read('after-damage')).verdict === 'block')
  await until('the end of the alarm', () => site.tutela('alarm', 'list').alarms.every((a) => a.kind !== 'index_damaged'))
})
