import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pieces } from '../src/app/utf8.ts'

const span = (text: string, term: string) => {
  const from = Buffer.byteLength(text.slice(0, text.indexOf(term)))
  return { from, to: from + Buffer.byteLength(term), title: 'list' }
}
const marked = (text: string, spans: { from: number; to: number; title: string }[]) =>
  pieces(text, spans).filter((p) => p.titles.length).map((p) => p.text).join('')

test('a span in bytes marks the same characters in every script', () => {
  for (const [text, term] of [['plain word here', 'word'], ['schön größer Zoll', 'größer'], ['προθεσμία 24', 'προθεσμία'], ['好的 東西 。', '東西'], ['a 😀👍🏽 b', '👍🏽'], ['e\u0301tat', 'e\u0301']] as const) {
    assert.equal(marked(text, [span(text, term)]), term)
  }
})

test('the pieces together are the text', () => {
  const text = 'x\u202ey\u200bz \ud83d 😀 end'
  assert.equal(pieces(text, [{ from: 2, to: 9, title: 'a' }, { from: 5, to: 999, title: 'b' }]).map((p) => p.text).join(''), text)
  assert.deepEqual(pieces('', []), [])
})

test('a span that cuts a character takes the whole of it; one outside takes nothing', () => {
  assert.equal(marked('aäb', [{ from: 2, to: 3, title: 't' }]), 'ä')
  assert.equal(marked('abc', [{ from: 7, to: 9, title: 't' }]), '')
  assert.equal(marked('abc', [{ from: 2, to: 1, title: 't' }]), '')
})

test('overlapping spans name all their lists', () => {
  const titles = pieces('abcdef', [{ from: 0, to: 4, title: 'one' }, { from: 2, to: 6, title: 'two' }]).map((p) => [p.text, p.titles.join()])
  assert.deepEqual(titles, [['ab', 'one'], ['cd', 'one,two'], ['ef', 'two']])
})

test('characters that hide or reorder text are shown', () => {
  for (const char of ['\u202e', '\u200b', '\u2066', '\ufeff', '\u00ad', '\u{e0041}', '\u0007']) {
    const found = pieces(`a${char}b`, []).find((p) => p.hidden)
    assert.equal(found?.hidden, 'U+' + char.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0'))
  }
  assert.equal(pieces('tab\tline\nend', []).some((p) => p.hidden), false)
})
