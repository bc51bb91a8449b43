import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ago, clause, count, DAY, HOUR, left, MINUTE, seconds, short } from '../src/app/format.ts'

const at = Date.parse('2026-11-24T12:00:00.000Z')
const time = (ms: number) => new Date(at + ms).toISOString()

test('how long ago is said in one unit', () => {
  assert.equal(ago(time(-10_000), at), 'just now')
  assert.equal(ago(time(-5 * MINUTE), at), '5 min ago')
  assert.equal(ago(time(-26 * HOUR), at), '26 h ago')
  assert.equal(ago(time(-12 * DAY), at), '12 d ago')
  assert.equal(ago(time(-400 * DAY), at), '13 months ago')
  assert.equal(ago(time(3 * MINUTE), at), 'in 3 min')
  assert.equal(ago(null, at), 'unknown')
})

test('a clock says what is left, and is loud only when it must be', () => {
  assert.deepEqual(left(time(161 * MINUTE), at), { text: '2:41 h left', late: false, soon: false })
  assert.deepEqual(left(time(9 * MINUTE + 5000), at), { text: '9:05 min left', late: false, soon: true })
  assert.deepEqual(left(time(-7 * MINUTE), at), { text: 'late by 7:00 min', late: true, soon: false })
  assert.equal(left(time(41 * MINUTE), at).text, '41 min left')
  assert.equal(left(time(5 * DAY), at).text, '5 d left')
  assert.equal(left(null, at).text, 'no clock')
})

test('a sentence becomes a clause', () => {
  assert.equal(clause('A text has a term of the list "demo" (in the body).'), 'a text has a term of the list “demo” (in the body)')
  assert.equal(clause('PDQ says so'), 'PDQ says so')
})

test('numbers are grouped, ids shortened, seconds readable', () => {
  assert.equal(count(1234567), '1\u2009234\u2009567')
  assert.equal(short('019abf10-7000-7abc-9a41-0123456789ab'), '456789ab')
  assert.equal(short('post-1'), 'post-1')
  assert.equal(seconds(null), '–')
  assert.equal(seconds(840), '14 min')
})
