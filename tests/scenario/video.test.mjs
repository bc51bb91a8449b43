// Videos and sounds through the whole of it: uploaded, decoded in a jail, hashed and judged, shown to a reviewer as pixels
// of ours. A long one holds up no picture, and gives its job back when the worker stops.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
  execFileSync('ffmpeg', ['-v', 'error', '-threads', '1', ...args, path])
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
  assert.deepEqual(m.film.clip, { kind: 'video', parts: 10, part_ms: 1000 })
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
