// Every hostile file through the whole of it: uploaded, scanned in a jail, judged. Each ends in the state of its row, a
// known picture stays known in every disguise, good pictures in between do not notice, and nothing is left behind.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, readlinkSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { clean, data, distance, hostileFiles } from '../hostile.mjs'
import { start, until } from './daemon.mjs'

const MB = 1 << 20
const MEMORY = 512 * MB // decode_memory_bytes, its default
const BESIDE = 64 * MB // decode/item.c: the file, the answer, stacks
const MATCH = 31 // the distance of the bank demo-known
const GOOD = ['scene10.png', 'scene01.png', 'scene06.png']

let site
let watcher
let largest = 0 // bytes of a file
before(async () => {
  site = await start({ workers: 1 })
  for (const name of ['scene00.png', 'scene02.png', 'scene04.png']) site.tutela('bank', 'add', 'demo-known', clean.get(name).pdq)
  await until('the bank', async () => (await judged('known', readFileSync(join(data, 'pdq/scene04.png')), 'image/png')).verdict === 'block')
  watcher = watch()
})
after(async () => {
  watcher?.stop()
  await site?.stop()
})

async function upload(bytes, type) {
  const response = await fetch(site.url + '/v1/media', { method: 'PUT', headers: { authorization: `Bearer ${site.key}`, 'content-type': type }, body: bytes })
  return { status: response.status, body: await response.json() }
}

let serial = 0
async function post(name, bytes, type) {
  const { status, body } = await upload(bytes, type)
  if (status >= 300) return { name, status, body }
  const id = `${name}-${serial++}`
  const { status: taken } = await site.api('POST', '/v1/items', { id, kind: 'image', author: { id: 'pat' }, media: [body.id] })
  assert.equal(taken, 202)
  return { name, id, media: body.id, status }
}

const read = async (id) => (await site.api('GET', `/v1/items/${id}`)).body
async function judged(name, bytes, type) {
  const { id } = await post(name, bytes, type)
  return until(`the verdict of ${name}`, async () => {
    const item = await read(id)
    return item.verdict && item
  }, 60_000)
}

const proc = (pid, file) => {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8')
  } catch {
    return '' // it has ended meanwhile
  }
}
const children = (pid) => proc(pid, `task/${pid}/children`).trim().split(' ').filter(Boolean).map(Number)
const role = (name) => children(site.pid).find((pid) => proc(pid, 'cmdline').includes(`--role\0${name}`))
const opened = (pid) => readdirSync(`/proc/${pid}/fd`).map((fd) => {
  try {
    return readlinkSync(`/proc/${pid}/fd/${fd}`)
  } catch {
    return '' // it was closed meanwhile
  }
})
const fds = (pid) => opened(pid).length

/** Looks at the processes of decoded items as often as it can: their most memory, and the limit that each has. */
function watch() {
  const shared = new Int32Array(new SharedArrayBuffer(8))
  const most = new BigInt64Array(new SharedArrayBuffer(32))
  const thread = new Worker(`
    const { workerData: { parent, shared, most } } = require('node:worker_threads')
    const { readFileSync } = require('node:fs')
    const read = (pid, file) => { try { return readFileSync('/proc/' + pid + '/' + file, 'utf8') } catch { return '' } }
    const children = (pid) => read(pid, 'task/' + pid + '/children').trim().split(' ').filter(Boolean)
    const kib = (text, name) => BigInt(text.match(new RegExp(name + ':\\\\s*(\\\\d+)'))?.[1] ?? 0) * 1024n
    const keep = (i, v) => { if (v > most[i]) most[i] = v }
    while (!Atomics.load(shared, 0)) {
      for (const decoder of children(parent)) {
        const program = kib(read(decoder, 'status'), 'VmSize')
        for (const item of children(decoder)) {
          const limit = read(item, 'limits').match(/Max address space +(\\d+)/)?.[1]
          const status = read(item, 'status')
          keep(0, kib(status, 'VmHWM'))
          if (limit && program) { // it may have ended meanwhile
            keep(1, BigInt(limit) - program)
            keep(2, kib(status, 'VmPeak') - program)
          }
          Atomics.add(shared, 1, 1)
        }
      }
      Atomics.wait(shared, 0, 0, 1)
    }`, { eval: true, workerData: { parent: role('worker'), shared, most } })
  return {
    seen: () => Atomics.load(shared, 1), resident: () => Number(most[0]), allowed: () => Number(most[1]), taken: () => Number(most[2]),
    stop: () => {
      Atomics.store(shared, 0, 1)
      Atomics.notify(shared, 0)
      return thread.terminate()
    },
  }
}

/** What the store holds of every medium: its hash is not told by the API. */
function hashes() {
  const rows = execFileSync('sqlite3', ['-readonly', join(site.data, 'store.db'), 'SELECT lower(hex(id)), lower(hex(pdq)) FROM media WHERE pdq IS NOT NULL'], { encoding: 'utf8' })
  return new Map(rows.trim().split('\n').map((l) => l.split('|')))
}

function verdictOf(row) {
  if (row.state === 'unscannable') return 'withhold'
  if (['scanned', 'partly'].includes(row.state) && row.like && row.away <= MATCH) return 'block'
  return null
}

test('every hostile file ends as its row says, and good pictures do not notice', async () => {
  const rows = hostileFiles()
  largest = Math.max(...rows.map((r) => r.bytes.length))
  const good = GOOD.map((name) => ({ name, bytes: readFileSync(join(data, 'pdq', name)) }))
  const worker = role('worker')
  const server = role('server')
  for (const row of rows.slice(0, 20)) await post('warm-' + row.name, Buffer.concat([row.bytes, Buffer.from('warm')]), row.declared)
  const before = { worker: fds(worker), server: fds(server) }

  const sent = []
  for (let at = 0; at < rows.length; at += 4) {
    const some = await Promise.all(rows.slice(at, at + 4).map((row) => post(row.name, row.bytes, row.declared)))
    sent.push(...some.map((s, i) => ({ ...s, row: rows[at + i] })))
    const g = good[sent.length % good.length]
    sent.push({ ...(await post('good', Buffer.concat([g.bytes, Buffer.from(`good ${at}`)]), 'image/png')), good: g })
  }
  const items = new Map()
  for (const s of sent) {
    if (!s.id) continue
    items.set(s, await until(`the verdict of ${s.name}`, async () => {
      const item = await read(s.id)
      return item.verdict && item
    }, 120_000))
  }

  const known = hashes()
  let right = 0
  for (const s of sent) {
    const item = items.get(s)
    const medium = item?.media[0]
    if (s.good) {
      assert.deepEqual([item.verdict, medium.state, known.get(s.media)], ['allow', 'decoded', clean.get(s.good.name).pdq])
      continue
    }
    const { row } = s
    if (row.state === 'refused') {
      assert.equal(s.status, 422, row.name)
      continue
    }
    const verdict = verdictOf(row)
    if (verdict) assert.equal(item.verdict, verdict, `${row.name}: ${medium.state} ${medium.reason}`)
    if (row.state === 'unscannable') {
      assert.deepEqual([row.name, medium.state, row.reasons.includes(medium.reason)], [row.name, 'unscannable', true], medium.reason)
      assert.equal(item.cases.length, 1, row.name)
      continue
    }
    if (!['scanned', 'partly'].includes(row.state)) continue
    const state = row.state === 'partly' && ['timeout', 'too_long'].includes(medium.reason) ? 'unscannable' : 'decoded'
    assert.deepEqual([row.name, medium.state, medium.width, medium.height, medium.pages], [row.name, state, row.width, row.height, row.pages])
    if (!row.like) continue
    assert.ok(medium.pdq_quality >= row.quality, row.name)
    assert.ok(distance(known.get(s.media), clean.get(row.like).pdq) <= row.away, row.name)
    right++
  }
  assert.ok(rows.length >= 80 && right >= 30)

  // The same processes, no more of them, nothing open, nothing lying about.
  assert.deepEqual([role('worker'), role('server')], [worker, server])
  const decoders = children(worker)
  assert.ok(decoders.length <= 8, `${decoders.length} decoders`)
  await until('the last jail to end', () => decoders.every((d) => children(d).length === 0))
  // Two for each decoder that was started since, none for the files.
  assert.ok(fds(worker) <= before.worker + 16, `${before.worker} descriptors, then ${fds(worker)}: ${opened(worker)}`)
  assert.deepEqual(opened(worker).filter((name) => name.includes('memfd')), [])
  await until('the connections to end', () => fds(server) <= before.server + 16)
  assert.deepEqual(readdirSync(site.data, { recursive: true }).filter((name) => /\btmp|\.new$|\.part$/.test(name)), [])
  assert.doesNotMatch(site.log(), /JOB_BURIED|STORE_ERROR|no_jail/)
  // No decoder died of anything, and nothing ran out of its time.
  assert.doesNotMatch(site.log(), /JAIL_DIED/)
  assert.doesNotMatch(site.log(), /"reason":"timeout"/)
})

test('no decoder took more memory than is configured', async () => {
  assert.ok(watcher.seen() > 0, 'no item was seen in its jail')
  if (watcher.allowed() === 0) return // a build with sanitizers, which reserve terabytes
  // The file itself comes on top.
  assert.ok(watcher.allowed() > MEMORY + BESIDE && watcher.allowed() <= MEMORY + BESIDE + largest, `${watcher.allowed()} bytes allowed`)
  assert.ok(watcher.taken() <= MEMORY + BESIDE + largest, `${watcher.taken()} bytes beside the program`)
  assert.ok(watcher.resident() > 8 * MB && watcher.resident() <= MEMORY + BESIDE + largest, `${watcher.resident()} bytes resident`)
  console.log(`most memory of one item: ${Math.round(watcher.resident() / MB)} MB; looked ${watcher.seen()} times`)
})

test('a file that is compared by hand, but not to its end, is not called clean', () => {
  const partly = hostileFiles().filter((r) => r.state === 'partly')
  assert.ok(partly.length > 0)
  const file = join(site.data, 'partly')
  for (const row of partly) {
    writeFileSync(file, row.bytes)
    assert.throws(() => site.tutela('match', file), (e) => e.status === 3 && /only what was read before that is compared/.test(e.stderr), row.name)
  }
  rmSync(file)
})

test('the daemon is alive, and says the same of the same bytes', async () => {
  const row = hostileFiles().find((r) => r.name === 'progressive-bomb-99.jpg')
  const { body } = await upload(row.bytes, row.declared)
  const item = await site.item('again', 'the same bomb', { media: [body.id] })
  assert.deepEqual([item.verdict, item.media[0].reason], ['withhold', 'bomb'])
  assert.equal((await site.item('text', 'nothing special')).verdict, 'allow')
  assert.equal((await fetch(site.admin + '/readyz')).status, 200)
})
