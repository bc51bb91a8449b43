// Videos and sounds through the whole of it: uploaded, decoded in a jail, hashed and judged, shown to a reviewer as pixels
// of ours. A long one holds up no picture, and gives its job back when the worker stops.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { KillPoints } from '../crash/killpoints.mjs'
import { data } from '../hostile.mjs'
import { start, until } from './daemon.mjs'

let site, dir
before(async () => {
  dir = mkdtempSync(join(tmpdir(), 'tutela-video-'))
  site = await start({ workers: 1 })
})
after(async () => {
  await site?.stop()
  rmSync(dir, { recursive: true, force: true })
})

/** A file made by ffmpeg from sources of its own. */
function make(name, ...args) {
  const path = join(dir, name)
  execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-threads', '1', ...args, path])
  return readFileSync(path)
}

const sql = (text) => execFileSync('sqlite3', ['-readonly', '-cmd', '.timeout 20000', join(site.data, 'store.db'), text], { encoding: 'utf8' }).trim()

let serial = 0
async function post(bytes, type, kind) {
  const response = await fetch(site.url + '/v1/media', { method: 'PUT', headers: { authorization: `Bearer ${site.key}`, 'content-type': type }, body: bytes })
  const { id: media, mime } = await response.json()
  const id = `film-${serial++}`
  const { status } = await site.api('POST', '/v1/items', { id, kind, author: { id: 'pat' }, media: [media] })
  assert.equal(status, 202)
  return { id, media, mime }
}

const read = async (id) => (await site.api('GET', `/v1/items/${id}`)).body
const judged = (id) => until(`the verdict of ${id}`, async () => {
  const item = await read(id)
  return item.verdict && item
}, 60_000)

test('a video is decoded, hashed each second and told of', async () => {
  const { id } = await post(readFileSync(join(data, 'vpdq/mandelbrot.mp4')), 'video/mp4', 'video')
  const { media: [m], state } = await judged(id)
  assert.equal(state, 'scanned')
  assert.equal(m.state, 'decoded')
  assert.equal(m.film.kind, 'video')
  assert.equal(m.film.video, 'h264')
  assert.deepEqual([m.width, m.height], [320, 240])
  assert.equal(m.film.duration_ms, 12_000)
  assert.equal(m.film.board.times_ms.length, 12)
  assert.deepEqual([m.film.clip.parts, m.film.clip.part_ms], [10, 1000])
  const packed = Number(sql(`SELECT length(frames) FROM media WHERE film IS NOT NULL`))
  assert.ok(packed >= 5 + 42 * 12 && (packed - 5) % 42 === 0, `${packed} bytes`) // of 12 seconds
})

test('a sound is fingerprinted and can be heard', async () => {
  const sound = make('tone.mp3', '-f', 'lavfi', '-i', 'aevalsrc=0.4*sin(2*PI*t*(200+40*floor(3*t))):d=20', '-c:a', 'libmp3lame')
  const { id, mime } = await post(sound, 'audio/mpeg', 'post')
  assert.equal(mime, 'audio/mpeg')
  const { media: [m] } = await judged(id)
  assert.equal(m.film.kind, 'sound')
  assert.equal(m.film.sound, 'mp3')
  assert.ok(!m.film.board)
  const words = Number(sql(`SELECT length(words) / 4 FROM media WHERE mime = 'audio/mpeg'`))
  assert.ok(words > 130 && words < 170, `${words} words of 20 seconds`)
})

/** Posts until a detector says something: banks are read again within a second. */
const matched = (bytes, type, kind, detector) => until(`a match of ${detector}`, async () => {
  const { id } = await post(bytes, type, kind)
  const { signals } = await judged(id)
  return signals.find((s) => s.detector === detector && s.status === 'ok')
}, 60_000)

const asked = (what, bank) => site.tutela('match', what, '--bank', bank).matches

test('a mirrored clip of a known video is found, with its place', async () => {
  const frames = readFileSync(join(data, 'vpdq/mandelbrot.txt'), 'utf8').trim().split('\n').map((line) => line.split(','))
  site.tutela('bank', 'create', 'films', '--kind', 'video', '--policy', 'terms.spam')
  site.tutela('bank', 'add', 'films', JSON.stringify(frames.map(([, quality, hash, seconds]) => `${hash},${quality},${seconds}`)))
  const clip = make('clip.mp4', '-ss', '3.4', '-i', join(data, 'vpdq/mandelbrot.mp4'), '-t', '6', '-vf', 'hflip,scale=240:180', '-c:v', 'libx264', '-crf', '30')
  const s = await matched(clip, 'video/mp4', 'video', 'video')
  assert.deepEqual([s.label, s.turned], ['films', 'flip_y'])
  assert.ok(s.part.share_item >= 0.8 && s.part.share_entry < 0.8, JSON.stringify(s.part))
  assert.ok(Math.abs(s.part.offset_ms - 3400) < 1000, JSON.stringify(s.part))
  assert.ok(s.part.shown.length === 1 && s.part.shown[0].from_ms < 1500 && Math.abs(s.part.shown[0].to_ms - 6000) < 1500, JSON.stringify(s.part))
  const [m] = asked(join(dir, 'clip.mp4'), 'films')
  assert.deepEqual([m.bank, m.turned], ['films', 'flip_y'])
})

test('the command line finds a known picture in a video that shows it for two seconds', () => {
  const [still, other] = ['0f3c5a69'.repeat(8), 'b1d72e48'.repeat(8)]
  site.tutela('bank', 'create', 'stills', '--kind', 'pdq', '--policy', 'terms.spam')
  for (const hash of [still, other]) site.tutela('bank', 'add', 'stills', hash)
  const found = asked(JSON.stringify([still, still, other].map((hash, i) => `${hash},100,${i}`)), 'stills')
  assert.deepEqual(found.map((m) => [m.form, m.distance, m.share_query]), [['pdq', 0, 0.667]])
})

test('a part of a known sound is found under a video', async () => {
  const tune = 'aevalsrc=0.3*sin(2*PI*t*(220+35*mod(floor(3*t)*7\\,11)))+0.2*sin(2*PI*t*(330+50*mod(floor(2*t)*5\\,7))):d=30'
  const { id } = await post(make('tune.wav', '-f', 'lavfi', '-i', tune), 'audio/wav', 'post')
  await judged(id)
  const words = Buffer.from(sql(`SELECT hex(words) FROM media WHERE mime LIKE 'audio/%wav%' ORDER BY received_at DESC LIMIT 1`), 'hex')
  site.tutela('bank', 'create', 'songs', '--kind', 'sound', '--policy', 'terms.spam')
  site.tutela('bank', 'add', 'songs', Array.from({ length: words.length / 4 }, (_, i) => words.readUInt32BE(4 * i)).join())
  const film = make('tune.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=160x120:r=10', '-ss', '9', '-i', join(dir, 'tune.wav'), '-t', '14', '-c:v', 'libx264', '-c:a', 'aac', '-b:a', '48k', '-shortest')
  const s = await matched(film, 'video/mp4', 'video', 'sound')
  assert.equal(s.label, 'songs')
  assert.ok(Math.abs(s.part.offset_ms - 9000) < 1000, JSON.stringify(s.part))
  assert.ok(s.part.matched_ms >= 7000 && s.part.share_entry < 0.7, JSON.stringify(s.part))
  assert.ok(s.part.shown.length && s.part.shown.at(-1).to_ms <= 14_500, JSON.stringify(s.part))
  const [m] = asked(join(dir, 'tune.mp4'), 'songs')
  assert.ok(m.distance !== null && m.share_known < 0.7, JSON.stringify(m))
})

/** Two minutes of video, made of five seconds. */
let minutes
function longVideo() {
  if (minutes) return minutes
  make('short.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=640x360:r=25:d=5', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p')
  minutes = make('long.mp4', '-stream_loop', '23', '-i', join(dir, 'short.mp4'), '-c', 'copy')
  return minutes
}

test('a known picture behind a harmless first one is found in every kind of animation', async () => {
  const still = make('hidden-still.png', '-i', join(data, 'animation/hidden.png'), '-vf', 'select=eq(n\\,3)', '-frames:v', '1', '-update', '1')
  assert.ok(still.length > 1000)
  site.tutela('bank', 'create', 'hidden', '--kind', 'pdq', '--policy', 'terms.spam')
  site.tutela('bank', 'add', 'hidden', '--file', join(dir, 'hidden-still.png'))
  for (const [ending, type] of [['gif', 'image/gif'], ['png', 'image/png'], ['webp', 'image/webp']]) {
    const file = join(data, 'animation/hidden.' + ending)
    const s = await matched(readFileSync(file), type, 'image', 'pdq')
    assert.equal(s.label, 'hidden')
    assert.ok(s.part.offset_ms <= -290 && s.part.offset_ms >= -310, JSON.stringify(s.part))
    assert.equal(asked(file, 'hidden')[0].bank, 'hidden')
  }
  const { media: [m] } = await judged((await post(readFileSync(join(data, 'animation/hidden.gif')), 'image/gif', 'image')).id)
  assert.deepEqual([m.state, m.pages, m.film.kind, m.film.board.times_ms.length], ['decoded', 6, 'animation', 6])
})

test('a file goes into a bank as what it is known by, and a broken copy of it is found and waits for a person', async () => {
  const whole = join(data, 'vpdq/testsrc2.mp4')
  site.tutela('bank', 'create', 'known-films', '--kind', 'video', '--policy', 'csae.known')
  site.tutela('bank', 'add', 'known-films', '--file', whole, '--exchange', 'hotline', '--record', 'f-1')
  make('own.mp3', '-f', 'lavfi', '-i', 'aevalsrc=0.3*sin(2*PI*t*(220+35*mod(floor(3*t)*7\\,11))):d=12', '-c:a', 'libmp3lame')
  for (const [bank, kind, file] of [['known-stills', 'pdq', join(data, 'pdq/scene10.png')], ['known-songs', 'sound', join(dir, 'own.mp3')], ['known-bytes', 'digest', join(dir, 'own.mp3')]]) {
    site.tutela('bank', 'create', bank, '--kind', kind, '--policy', 'terms.spam')
    site.tutela('bank', 'add', bank, '--file', file)
    assert.equal(asked(file, bank)[0].bank, bank)
  }
  assert.throws(() => site.tutela('bank', 'add', 'known-films', '--file', join(data, 'film/tone.mp3')), /a video bank holds videos/)
  const bytes = readFileSync(whole)
  const moov = bytes.indexOf('moov') - 4, mdat = bytes.indexOf('mdat') - 4
  const length = Math.floor((moov - mdat) * 0.7)
  const broken = Buffer.concat([bytes.subarray(0, mdat + length), bytes.subarray(moov)])
  broken.writeUInt32BE(length, mdat)
  const { signals, media: [m], state, verdict } = await until('a match of the broken copy', async () => {
    const { id } = await post(broken, 'video/mp4', 'video')
    const item = await judged(id)
    return item.signals.some((s) => s.label === 'known-films') && item
  }, 60_000)
  assert.equal(signals.find((s) => s.label === 'known-films').provenance.record, 'f-1')
  assert.ok(['truncated', 'corrupt'].includes(m.reason), m.reason)
  assert.deepEqual([m.state, state, verdict], ['unscannable', 'unscannable', 'withhold'])
  assert.ok(m.film.board && signals.some((s) => s.status === 'failed' && s.detector === 'video'))
})

test('of a long video a clip is cut around what was found', async () => {
  make('moment.mp4', '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10:d=20', '-loop', '1', '-t', '3', '-i', join(data, 'pdq/scene10.png'), '-f', 'lavfi', '-i', 'testsrc2=s=320x180:r=10:d=17',
    '-filter_complex', '[1]scale=320:180,fps=10,setsar=1[s];[0][s][2]concat=n=3:v=1[v]', '-map', '[v]', '-c:v', 'libx264', '-preset', 'ultrafast', '-pix_fmt', 'yuv420p')
  site.tutela('bank', 'create', 'moments', '--kind', 'pdq', '--policy', 'terms.spam', '--distance', '63')
  site.tutela('bank', 'add', 'moments', '--file', join(data, 'pdq/scene10.png'))
  const { id } = await post(readFileSync(join(dir, 'moment.mp4')), 'video/mp4', 'video')
  const { signals, media: [before] } = await judged(id)
  const { part: { shown: [at] } } = signals.find((s) => s.label === 'moments')
  assert.ok(at.from_ms >= 19_000 && at.to_ms <= 24_500, JSON.stringify(at))
  const { moments } = await until('the clip of moments', async () => {
    const { film } = (await read(id)).media[0]
    return film.moments && film
  }, 60_000)
  assert.deepEqual([moments.parts, moments.part_ms, moments.places], [1, 10_000, 1])
  assert.ok(Math.abs(moments.starts_ms[0] + 5000 - (at.from_ms + at.to_ms) / 2) < 200, JSON.stringify(moments))
  assert.equal(before.film.clip.parts, 10)
  await until('nothing is due', () => sql('SELECT count(*) FROM moments') === '0')
})

test('a long video holds up no picture', async () => {
  const workers = site.roles().filter((r) => r.role === 'worker')
  for (const { pid } of workers) process.kill(pid, 'SIGSTOP') // on a busy machine the video would be done before the last picture is here
  const pictures = []
  let video
  try {
    video = await post(longVideo(), 'video/mp4', 'video')
    for (const name of ['scene10.png', 'scene01.png', 'scene06.png']) pictures.push(await post(readFileSync(join(data, 'pdq', name)), 'image/png', 'image'))
  } finally {
    for (const { pid } of workers) process.kill(pid, 'SIGCONT')
  }
  for (const { id } of pictures) await judged(id)
  const { media: [m], verdict_at: last } = await judged(video.id)
  for (const { id } of pictures) assert.ok((await read(id)).verdict_at < last, 'the picture first')
  assert.equal(m.film.duration_ms, 120_000)
  assert.equal(m.film.board.times_ms.length, 24)
  assert.deepEqual([m.film.clip.parts, m.film.clip.part_ms], [10, 1000])
})

test('more than there is room for all come through', async () => {
  const film = readFileSync(join(data, 'film/scenes.mp4'))
  const ids = []
  for (let i = 0; i < 10; i++) ids.push((await post(Buffer.concat([film, Buffer.from(`copy ${i}`)]), 'video/mp4', 'video')).id)
  for (const id of ids) assert.equal((await judged(id)).state, 'scanned')
})

test('a stop ends decoding, and the job goes back as it was', async () => {
  const { id } = await post(Buffer.concat([longVideo(), Buffer.from('again')]), 'video/mp4', 'video') // other bytes, so not known
  await until('its decoder', () => sql(`SELECT count(*) FROM jobs WHERE state = 'leased'`) === '1' && site.jails().some((pid) => {
    try {
      return readFileSync(`/proc/${pid}/cmdline`, 'utf8').includes('\0film')
    } catch {
      return false
    }
  }))
  await site.halt()
  assert.equal(sql(`SELECT state || ' ' || tries FROM jobs`), 'ready 0')
  await site.resume()
  assert.equal((await judged(id)).state, 'scanned')
})

test('a clip of moments whose worker dies over it is cut by the next one', async () => {
  await site.halt()
  const points = new KillPoints(site.data)
  await site.resume()
  points.arm('moments.stored')
  const { id } = await post(Buffer.concat([readFileSync(join(dir, 'moment.mp4')), Buffer.from('again')]), 'video/mp4', 'video')
  await judged(id)
  await until('its death', () => points.kills('moments.stored') === 1, 60_000)
  assert.equal((await read(id)).media[0].film.moments, undefined)
  assert.equal(sql('SELECT tries FROM moments'), '1')
  execFileSync('sqlite3', ['-cmd', '.timeout 20000', join(site.data, 'store.db'), 'UPDATE moments SET run_at = 0']) // its lease has run out
  await until('the clip of moments', async () => (await read(id)).media[0].film.moments, 60_000)
  points.close()
})
