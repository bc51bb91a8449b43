// What clients see while the disk is full, read-only, slow or broken, while somebody else holds the store, while the clock
// jumps and while descriptors and memory are short; and that nothing accepted is lost and work goes on by itself
// afterwards. The shim makes the faults, so that every one of them can be had everywhere.
import assert from 'node:assert/strict'
import { execFileSync, spawn } from 'node:child_process'
import { connect } from 'node:net'
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { deflateSync } from 'node:zlib'
import { EIO, ENOSPC, EROFS, blobs, everything, install, keys, platform, root, sleep, store, until } from './shim.mjs'

const pictures = readdirSync(join(root, 'tests/data/pdq')).filter((f) => f.endsWith('.png')).map((f) => readFileSync(join(root, 'tests/data/pdq', f)))
const picture = pictures[0]
const item = (id, more = {}) => ({ id, kind: 'post', author: { id: `u-${id}` }, text: { body: `text of ${id}` }, posted_at: '2026-11-24T07:00:00Z', ...more })

let d, p
const accepted = []
before(async () => {
  d = await install({ record: false, sets: { undo_seconds: 0, decode_memory_bytes: 134217728, scan_lease_seconds: 5 } })
  p = await platform()
  d.set_up(p.url)
  await d.start()
  p.confirms(async (action) => (await d.call('POST', `/v1/actions/${action}/confirm`, { outcome: 'done' })).status === 200)
})
after(async () => {
  p?.stop()
  await d?.end()
})

/** Sends one item; remembers it when it was accepted. Returns the answer, or null when none came. */
async function hand(id, more = {}, query = '') {
  const answer = await d.call('POST', `/v1/items${query}`, item(id, more)).catch(() => null)
  if (answer && answer.status < 300) accepted.push(id)
  return answer
}

/** An item with a picture; decoding it takes memory. */
async function picturePost(id, bytes) {
  const form = new FormData()
  form.append('item', new Blob([JSON.stringify(item(id))], { type: 'application/json' }))
  form.append('media', new Blob([bytes], { type: 'image/png' }), 'a.png')
  const answer = await d.call('POST', '/v1/items', form)
  if (answer.status < 300) accepted.push(id)
  return answer
}

/** An interlaced picture: it must be held whole, and its pixels take far more memory than its file. */
function vast(side) {
  const passes = [[0, 8, 0, 8], [4, 8, 0, 8], [0, 4, 4, 8], [2, 4, 0, 4], [0, 2, 2, 4], [1, 2, 0, 2], [0, 1, 1, 2]] // Adam7: x, step, y, step
  const bytes = passes.reduce((n, [x, dx, y, dy]) => n + (Math.ceil((side - x) / dx) * 8 + 1) * Math.ceil((side - y) / dy), 0)
  const part = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data])
    const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)]
    length.writeUInt32BE(data.length)
    check.writeUInt32BE(crc(body))
    return Buffer.concat([length, body, check])
  }
  const head = Buffer.alloc(13)
  head.writeUInt32BE(side, 0)
  head.writeUInt32BE(side, 4)
  head.set([16, 6, 0, 0, 1], 8) // 16 bits, RGBA
  const rows = deflateSync(Buffer.alloc(bytes))
  return Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), part('IHDR', head), part('IDAT', rows), part('IEND', Buffer.alloc(0))])
}

function crc(bytes) {
  let c = ~0
  for (const b of bytes) {
    c ^= b
    for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1))
  }
  return ~c >>> 0
}

/** 503 with a sensible Retry-After, or accepted: nothing else. */
function refused(answer, what) {
  assert.equal(answer?.status, 503, `${what}: ${JSON.stringify(answer?.body)}`)
  assert.ok(Number(answer.headers.get('retry-after')) >= 5, `${what}: Retry-After ${answer.headers.get('retry-after')}`)
}

/** Work goes on without a restart, and everything that was ever accepted is there. */
async function well(pids) {
  d.fault()
  await until('an item to be taken again', async () => (await hand(`again-${accepted.length}-${Date.now()}`))?.status === 202, 60_000)
  const id = accepted.at(-1)
  await until('its verdict', async () => (await d.call('GET', `/v1/items/${id}`)).body?.verdict, 60_000)
  await until('readiness', d.readyz, 60_000)
  for (const a of accepted) {
    const trail = await d.call('GET', `/v1/items/${a}`)
    assert.equal(trail.status, 200, a)
    assert.equal(trail.body.text.body, `text of ${a}`)
  }
  if (pids) for (const [role, pid] of Object.entries(pids)) assert.equal(d.pid(role), pid, `${role} was restarted`)
}
const roles = () => Object.fromEntries(['server', 'worker', 'courier', 'clerk'].map((r) => [r, d.pid(r)]))

test('a full disk: intake answers 503 with Retry-After, what was accepted is kept', async () => {
  const before_ = roles()
  for (let i = 0; i < 10; i++) await hand(`full-${i}`)
  d.fault({ files: everything, grow_errno: ENOSPC, no_space: 1 })
  await until('refusal', async () => (await hand('full-no'))?.status === 503, 30_000)
  refused(await hand('full-no'), 'an item')
  refused(await d.call('PUT', '/v1/media', picture), 'media')
  assert.equal((await d.call('GET', '/v1/items/full-3')).status, 200, 'reading goes on')
  const found = d.doctor()
  assert.ok(found.some((f) => /free on the data folder/.test(f.text) && /room/i.test(f.remedy)), JSON.stringify(found))
  await sleep(2500) // the clerk's duties and checkpoints meet the full disk too
  await well(before_)
})

test('a disk that is nearly full: an alarm says so, and is over when there is room', async () => {
  const alarms = () => d.tutela('alarm', 'list').alarms.filter((a) => a.kind === 'disk')
  d.fault({ no_space: 1 })
  const [alarm] = await until('the alarm', () => alarms().length && alarms(), 60_000)
  assert.match(JSON.stringify(alarm), /room|space/i)
  d.fault()
  await until('its end', () => alarms().length === 0, 60_000)
  await well()
})

test('the disk fills up unseen: each write fails, and is answered 503', async () => {
  const before_ = roles()
  d.fault({ files: store | keys | blobs, write_errno: ENOSPC })
  refused(await hand('unseen-1'), 'an item')
  refused(await d.call('PUT', '/v1/media', Buffer.concat([picture, Buffer.from('x')])), 'media')
  refused(await d.call('POST', '/v1/flags', { id: 'f-1', subject: { kind: 'item', id: 'full-1' }, kind: 'user', policy: 'terms.spam', comment: 'no' }), 'a flag')
  await sleep(1500)
  await well(before_)
})

test('a read-only disk: nothing is accepted, reading goes on, and so does work afterwards', async () => {
  const before_ = roles()
  d.fault({ files: everything, write_errno: EROFS })
  refused(await hand('ro-1'), 'an item')
  refused(await d.call('PUT', '/v1/media', Buffer.concat([picture, Buffer.from('y')])), 'media')
  assert.equal((await d.call('GET', '/v1/items/full-3')).status, 200)
  const found = d.doctor()
  assert.ok(found.some((f) => f.level === 'problem' && /written|read-only/i.test(f.text)), JSON.stringify(found))
  await well(before_)
})

/** SQLite itself syncs the first write into a log that begins anew; later ones are synced by us. */
const begunAnew = () => execFileSync('python3', ['-c', 'import sqlite3, sys; sqlite3.connect(sys.argv[1]).execute("PRAGMA wal_checkpoint(TRUNCATE)")', join(d.data, 'store.db')])

for (const [log, prepare] of [['that goes on', () => {}], ['that begins anew', begunAnew]]) {
  test(`a sync that fails, of a log ${log}, is not taken for done by the next one`, async () => {
    const before_ = roles()
    assert.equal((await hand(`eio-0-${log.length}`))?.status, 202)
    prepare()
    d.fault({ files: store, sync_errno: EIO, sync_count: 1000 })
    refused(await hand(`eio-1-${log.length}`), 'an item')
    const found = d.doctor()
    assert.ok(found.some((f) => f.level === 'problem' && /sync/i.test(f.text)), JSON.stringify(found))
    d.fault({ files: store, sync_errno: EIO, sync_count: 1 })
    if (prepare === begunAnew) refused(await hand(`eio-2-${log.length}`), 'an item whose write did not begin') // nothing to write again: the client tries again
    assert.equal((await hand(`eio-3-${log.length}`))?.status, 202, 'written again and synced')
    await well(before_)
    assert.ok(!d.doctor().some((f) => /sync/i.test(f.text)))
  })
}

test('a slow disk: answers take longer, deadlines hold, nothing is leased twice', async () => {
  d.fault({ files: everything, sync_ms: 500 })
  const started = Date.now()
  const answers = await Promise.all(Array.from({ length: 12 }, (_, i) => hand(`slow-${i}`, {}, i % 3 ? '' : '?wait=1000')))
  assert.ok(answers.every((a) => a?.status === 202 || a?.status === 200), answers.map((a) => a?.status).join())
  assert.ok(Date.now() - started < 30_000, 'one sync serves many')
  d.fault()
  for (let i = 0; i < 12; i++) {
    const t = (await until(`the verdict of slow-${i}`, async () => {
      const a = await d.call('GET', `/v1/items/slow-${i}`)
      return a.body?.verdict && a
    }, 60_000)).body
    assert.equal(t.decisions.length, 0)
  }
  await well(roles())
})

test('somebody else holds the store: writes wait, then answer 503, and go on once it is free', async () => {
  const before_ = roles()
  const holder = spawn('python3', ['-c', `
import sqlite3, sys
c = sqlite3.connect(sys.argv[1], isolation_level=None)
c.execute('BEGIN IMMEDIATE')
print('held', flush=True)
sys.stdin.read()
`, join(d.data, 'store.db')], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = new Promise((done) => holder.once('exit', done))
  try {
    await new Promise((done) => holder.stdout.once('data', done))
    refused(await hand('locked-1'), 'an item')
    assert.equal((await d.call('GET', '/v1/items/full-3')).status, 200, 'reading goes on')
    const found = d.doctor()
    assert.ok(found.some((f) => /holds the store/.test(f.text)), JSON.stringify(found))
  } finally {
    holder.stdin.end()
    await gone
  }
  await well(before_)
})

test('the clock jumps forward and back by hours: nothing is lost, nothing is done twice', async () => {
  const before_ = roles()
  const heard = p.heard.size
  for (const hours of [5, -3, 0]) {
    d.doctor('--clock', String(hours * 3600))
    const id = `clock-${hours}`
    assert.equal((await hand(id, { text: { body: `text of ${id}` } }))?.status, 202)
    await until(`the verdict of ${id}`, async () => (await d.call('GET', `/v1/items/${id}`)).body?.verdict, 60_000)
  }
  assert.equal(p.doubled.length, 0, p.doubled.join())
  assert.ok(p.heard.size >= heard)
  await well(before_)
})

for (const [spare, name] of [[6, 'few descriptors are left'], [0, 'no descriptor is left']])
  test(`${name}: new connections wait or are refused, without a busy loop, and come back`, async () => {
    const pid = d.pid('server')
    const open = Number(execFileSync('sh', ['-c', `ls /proc/${pid}/fd | wc -l`]).toString())
    const sockets = []
    try {
      execFileSync('prlimit', ['--pid', String(pid), `--nofile=${open + spare}:4096`])
      for (let i = 0; i < 40; i++) sockets.push(connect(Number(new URL(d.url).port), '127.0.0.1').on('error', () => {}))
      await sleep(500)
      const ticks = () => readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\) /s, '').split(' ').slice(11, 13).reduce((a, b) => a + Number(b), 0)
      const [from, at] = [ticks(), Date.now()]
      await sleep(2000)
      const share = ((ticks() - from) * 10) / (Date.now() - at)
      assert.ok(share < 0.6, `the server is busy for ${share} of the time`)
    } finally { // the tests that follow need them again, whatever came of this one
      for (const s of sockets) s.destroy()
      execFileSync('prlimit', ['--pid', String(pid), '--nofile=4096:4096'])
    }
    await well()
    assert.equal(d.pid('server'), pid)
  })

test('a role without memory ends, is started again, and nothing is lost', async () => {
  const pid = d.pid('worker')
  const size = Number(/VmSize:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1])
  execFileSync('prlimit', ['--pid', String(pid), `--as=${(size - 1024) * 1024}:unlimited`])
  for (let i = 0; i < 12; i++) assert.equal((await picturePost(`memory-${i}`, pictures[i % pictures.length])).status, 202)
  await until('the worker to be started again', () => d.pid('worker') && d.pid('worker') !== pid, 60_000)
  await well()
  for (let i = 0; i < 12; i++) // one that it held comes back when its lease has run out
    await until(`the verdict of memory-${i}`, async () => (await d.call('GET', `/v1/items/memory-${i}`)).body?.verdict, 180_000)
})

test('a decoder without memory: its item is unscannable, the others are scanned', async () => {
  assert.equal((await picturePost('bomb-1', vast(5000))).status, 202)
  assert.equal((await picturePost('bomb-2', pictures[1])).status, 202)
  const verdict = (id) => until(`the verdict of ${id}`, async () => {
    const { body } = await d.call('GET', `/v1/items/${id}`)
    return body?.verdict && body
  }, 180_000)
  assert.equal((await verdict('bomb-2')).state, 'scanned')
  const bomb = await verdict('bomb-1')
  assert.equal(bomb.state, 'unscannable', JSON.stringify(bomb))
  assert.equal(bomb.media[0].reason, 'memory')
  await well()
})

test('a role that dies at once is started ever more slowly, and the others go on', async () => {
  const server = d.pid('server')
  const throttled = () => /CHILD_THROTTLED/.test(d.log())
  let last = 0
  await until('the throttle', () => {
    const pid = d.pid('courier')
    if (pid && pid !== last) {
      last = pid
      try { process.kill(pid, 'SIGKILL') } catch { /* it has ended by itself */ }
    }
    return throttled()
  }, 120_000)
  assert.equal(d.pid('courier'), null, 'not at once')
  assert.equal(d.pid('server'), server)
  assert.equal((await hand('throttle-1'))?.status, 202)
  await until('the courier again', () => d.pid('courier'), 40_000)
})

test('a read-only disk at the start: it says so and ends, and starts once it may write', async () => {
  assert.equal(await d.stop(), 0)
  d.fault({ files: everything, write_errno: EROFS })
  await d.start({ wait: false })
  const code = await until('the end of tutelad', () => d.child().exitCode ?? 0, 60_000)
  assert.equal(code, 1)
  assert.match(d.log().slice(-2000), /[Rr]ead-only file system/)
  d.fault()
  await d.start()
  await well()
})
