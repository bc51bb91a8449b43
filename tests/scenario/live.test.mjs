// Live streams: segments with verdicts of their own, one case a stream that later segments join, running ones first, the stop
// carried out and confirmed, what still comes after it, and three ways to end: by word, by silence, by a rule.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { root } from '../programs.mjs'
import { start, until } from './daemon.mjs'

let d, ann
before(async () => {
  d = await start()
  ann = await d.person('ann')
})
after(() => d?.stop())

const hate = 'look at this: DEMO-HATE-PHRASE'
const trail = async (id) => (await d.api('GET', `/v1/items/${id}`)).body
const heard = (id, type = 'action.requested') =>
  d.platform.heard.map((h) => h.event).filter((e) => e.type === type && e.data.subject.id === id)
/** Moves the installation's clock so many minutes from real time. */
function later(minutes) {
  try {
    d.tutela('doctor', '--clock', String(minutes * 60))
  } catch (error) {
    if (!/"check": *"clock"/.test(error.stdout)) throw error // it says that the clock is moved, and that is a warning
  }
}
/** A segment and its verdict. */
const segment = (stream, seq, { body = 'a harmless minute', ended, ...more } = {}) =>
  d.item(`${stream}-${seq}`, body, { kind: 'live_stream', author: { id: 'u-live' }, stream: { id: stream, seq, ...(ended && { ended }) }, ...more })
const theCase = (stream) => until(`the case of ${stream}`, async () => (await trail(stream)).cases[0])
const stateOf = async (stream) => (await trail(stream)).stream.state

test('each segment has its verdict, the stream one case, and what comes later joins it', async () => {
  assert.equal((await segment('show', 1, { views: 40 })).verdict, 'allow')
  const bad = await segment('show', 2, { body: hate, views: 2500 })
  assert.equal(bad.verdict, 'review')
  assert.deepEqual([bad.stream.id, bad.stream.seq, bad.stream.state, bad.cases.length], ['show', 2, 'running', 0])
  const c = await theCase('show')
  assert.equal(c.queue, 'live')
  assert.equal((await segment('show', 3, { body: hate, views: 9000 })).verdict, 'review')
  assert.equal((await segment('show', 4)).verdict, 'allow')
  const t = await trail('show')
  assert.equal(t.cases.length, 1)
  assert.deepEqual([t.stream.segments, t.stream.viewers, t.stream.state], [4, 9000, 'running'])
  const { body } = await ann.get(`cases/${c.case}`)
  assert.deepEqual(body.stream.newest.map((s) => s.seq), [4, 3, 2, 1])
  assert.equal(body.stream.newest[1].signals[0].policy, 'speech.hate')
  assert.equal(body.stream.newest[1].verdict, 'review')
  assert.equal(body.reach, 9000)
})

test('who watches is a sign of life and raises the case', async () => {
  assert.equal((await d.api('PUT', '/v1/items/show/counters', { views: 60000 })).status, 200)
  const c = await theCase('show')
  await until('the higher place', async () => (await ann.get(`cases/${c.case}`)).body.reach === 60000)
  assert.equal((await trail('show')).stream.viewers, 60000)
})

test('a running stream comes before what is graver but does not run, and a flag on it joins its case', async () => {
  await d.item('post-high', 'look at this: DEMO-THREAT-PHRASE and demo topple the snowman')
  const rows = (await ann.get('queues/live/cases')).body.cases
  assert.equal(rows[0].subject.id, 'show')
  assert.equal(rows[0].stream, 'running')
  const flag = await d.api('POST', '/v1/flags', { subject: { kind: 'item', id: 'show-3' }, kind: 'user', policy: 'speech.hate', reporter: { id: 'u-9' } })
  assert.equal(flag.status, 202)
  const next = await ann.post('work/next', {})
  assert.equal(next.status, 200)
  assert.equal(next.body.case.subject.id, 'show')
  assert.ok(next.body.case.causes.some((k) => k.kind === 'flag'))
})

test('a person stops it; the platform confirms; what still comes opens nothing; it cannot be started again', async () => {
  const c = await theCase('show')
  const stop = { kind: 'act', policy: 'speech.hate', ground: 'illegal', actions: [{ name: 'stop_stream', params: null }], facts: '', note: '' }
  const decided = await ann.post(`cases/${c.case}/decide`, stop)
  assert.equal(decided.status, 200, JSON.stringify(decided.body))
  const [asked] = await until('the stop', () => heard('show').length && heard('show'))
  assert.equal(asked.data.action, 'stop_stream')
  assert.equal((await segment('show', 5, { body: hate })).verdict, 'review')
  assert.equal((await trail('show')).cases.length, 1)
  assert.equal((await d.api('POST', `/v1/actions/${asked.data.action_id}/confirm`, { outcome: 'done' })).body.state, 'confirmed')
  const t = await trail('show')
  assert.deepEqual([t.stream.state, t.stream.ended_by], ['stopped', 'action'])
  const metrics = await (await fetch(`${d.admin}/metrics`)).text()
  for (const name of ['segments_judged', 'segment_verdict_ms', 'streams_started', 'streams_stopped', 'stream_stop_ms'])
    assert.match(metrics, new RegExp(`tutela_events_total\\{name="${name}"`), name)
  d.tutela('decision', 'reverse', t.decisions[0].decision, '--by', 'ann', '--facts', 'It was a play.', '--set', 'undo_seconds=0')

  const back = await until('the reversal', async () => (await trail('show')).decisions.find((x) => x.kind === 'reverse'))
  assert.match(back.facts, /It was a play/)
  const [told] = await until('the word of it', () => heard('show', 'decision.reversed').length && heard('show', 'decision.reversed'))
  assert.equal(told.data.reverses, t.decisions[0].decision)
  assert.match(told.data.statement.text, /It was a play/)
  assert.deepEqual((await trail('show')).actions.map((a) => [a.name, a.state]), [['stop_stream', 'confirmed']])
  assert.equal(await stateOf('show'), 'stopped')
})

test('what is known is stopped by a rule, without a person, while a case is opened', async () => {
  const file = readFileSync(join(root, 'tests/data/pdq/scene04.png'))
  const media = (await d.api('PUT', '/v1/media', file)).body.id
  const hash = execFileSync(join(root, process.env.TUTELA_BUILD ?? 'build', 'src/bin/tutela'), ['hash', join(root, 'tests/data/pdq/scene04.png')], { encoding: 'utf8' }).trim().split('\t')[2]
  d.tutela('bank', 'add', 'demo-known', hash)
  const t = await until('the match', async () => {
    const got = await segment('known', Date.now() % 1e9, { media: [media] })
    return got.verdict === 'block' && got
  })
  assert.equal(t.decisions.length, 0)
  await until('the stop', () => heard('known').some((e) => e.data.action === 'stop_stream'))
  const of = await trail('known')
  assert.equal(of.decisions[0].automated_decision, 'fully')
  assert.equal(of.cases[0].queue, 'child-safety')
  assert.equal((await d.api('DELETE', `/v1/items/${t.id}`)).status, 409, 'what was preserved is not erased, the segment no more than the stream')
  assert.ok(of.cases[0].urgency > (await theCase('show')).urgency)
})

test('it ends by the platform’s word or by silence, and then its case is one like others', async () => {
  await segment('word', 1, { body: hate })
  const running = (await theCase('word')).urgency
  await segment('word', 2, { ended: true })
  assert.deepEqual([(await trail('word')).stream.state, (await trail('word')).stream.ended_by], ['ended', 'platform'])
  await until('the lower place', async () => (await theCase('word')).urgency < running - 20)
  await segment('quiet', 1)
  later(3)
  await until('the silence', async () => (await stateOf('quiet')) === 'ended')
  assert.equal((await trail('quiet')).stream.ended_by, 'silence')
  await segment('quiet', 2)
  assert.equal(await stateOf('quiet'), 'running')
})

test('a stream that goes on after its stop was confirmed opens an alarm, and nothing else', async () => {
  await segment('show', 6, { body: hate }) // the clock is three minutes on
  const alarm = await until('the alarm', async () => (await ann.get('alarms')).body.alarms.find((a) => a.kind === 'stream_goes_on'))
  assert.match(alarm.text, /still sends parts of it/)
  assert.equal(await stateOf('show'), 'stopped')
  assert.equal((await trail('show')).cases.filter((c) => c.state === 'open').length, 0)
})

test('what cannot be a segment is refused with its place', async () => {
  const post = (more) => d.api('POST', '/v1/items', { id: 'x-1', kind: 'live_stream', author: { id: 'u-1' }, ...more })
  const wrong = [[{ kind: 'post', stream: { id: 's', seq: 1 } }, '/stream'], [{ stream: { id: 'x-1', seq: 1 } }, '/stream/id'],
    [{ stream: { id: 's' } }, '/stream/seq'], [{ stream: { id: 's', seq: -1 } }, '/stream/seq']]
  for (const [more, field] of wrong) {
    const answer = await post(more)
    assert.equal(answer.status, 422, JSON.stringify(answer.body))
    assert.equal(answer.body.field, field)
  }
})

test('a segment of another author, or for what is no stream, is refused with its place and leaves nothing', async () => {
  const post = (more) => d.api('POST', '/v1/items', { id: 'y-1', kind: 'live_stream', author: { id: 'u-live' }, ...more })
  await segment('whose', 1)
  await d.item('a-post', 'a harmless post')
  const wrong = [[{ author: { id: 'u-other' }, stream: { id: 'whose', seq: 2 } }, '/author/id', /another author/],
    [{ stream: { id: 'a-post', seq: 1 } }, '/stream/id', /no live stream/],
    [{ id: 'whose', version: 2, author: { id: 'u-other' } }, '/author/id', /another author/],
    [{ id: 'whose', version: 2, kind: 'post' }, '/kind', /live stream/]]
  for (const [more, field, detail] of wrong) {
    const { status, body } = await post(more)
    assert.deepEqual([status, body.field], [422, field], JSON.stringify(body))
    assert.match(body.detail, detail)
  }
  const lines = [{ author: { id: 'u-other' }, stream: { id: 'whose', seq: 2 } }, { id: 'y-2', stream: { id: 'whose', seq: 2 } }]
  const batch = await fetch(`${d.url}/v1/items:batch`, { method: 'POST', headers: { authorization: `Bearer ${d.key}`, 'content-type': 'application/x-ndjson' },
    body: lines.map((l) => JSON.stringify({ id: 'y-1', kind: 'live_stream', author: { id: 'u-live' }, ...l })).join('\n') })
  assert.match(await batch.text(), /another author/)
  assert.equal((await d.api('GET', '/v1/items/y-1')).status, 404)
  assert.equal((await d.api('GET', '/v1/items/a-post')).body.stream, undefined)
  assert.equal((await trail('whose')).stream.segments, 2)
  assert.equal((await post({ stream: { id: 'whose', seq: 3 } })).status, 202, 'the refused id is free')
})

test('segments in any order, and twice; what is late does not wake a stream that ended; a decided stream that offends again asks again', async () => {
  await segment('order', 7, { views: 70 })
  await segment('order', 3, { views: 30 })
  const again = { id: 'order-7', kind: 'live_stream', author: { id: 'u-live' }, text: { body: 'a harmless minute' }, posted_at: '2026-11-24T07:00:00Z', stream: { id: 'order', seq: 7 }, views: 70 }
  assert.equal((await d.api('POST', '/v1/items', again)).status, 202)
  assert.equal((await d.api('POST', '/v1/items', { ...again, stream: { id: 'order', seq: 8 } })).status, 409)
  let t = await trail('order')
  assert.deepEqual([t.stream.segments, t.stream.viewers, t.stream.state], [2, 70, 'running'])
  await segment('order', 9, { ended: true })
  await segment('order', 8, { body: hate })
  assert.equal(await stateOf('order'), 'ended')
  const c = await theCase('order')
  const claimed = await ann.post(`cases/${c.case}/claim`, {})
  assert.equal(claimed.status, 200, JSON.stringify(claimed.body))
  assert.equal((await ann.post(`cases/${c.case}/decide`, { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: '' })).status, 200)
  await segment('order', 10, { body: hate })
  t = await until('the second case', async () => { const x = await trail('order'); return x.cases.length === 2 && x })
  assert.deepEqual([t.stream.state, t.cases.filter((x) => x.state === 'open').length], ['running', 1])
})
