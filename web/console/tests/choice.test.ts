import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ActionChoice, Case, PolicyChoice } from '../src/api.ts'
import { RESERVED } from '../src/app/keys.tbl.ts'
import { assignKeys, choosePolicy, CLEAR, missing, NOTHING, toDecide, toggleAction, told } from '../src/work/choice.ts'

const action = (name: string, title: string, key: string | null = null): ActionChoice => ({ name, title, help: '', key, subject: 'item' })
const policy = (name: string, actions: string[]): PolicyChoice => ({ name, title: name, severity: 'high', ground: 'illegal', text: '', facts: 'facts of ' + name, actions, suggested: false })
const actions = [action('remove', 'Remove', 'R'), action('strike', 'Strike', 'S'), action('skip_feed', 'Skip the feed'), action('block', 'Block', 'b')]
const c = { policies: [policy('a', ['remove', 'gone']), policy('b', [])], actions } as unknown as Case

test('every action gets a letter of its own that Work does not use', () => {
  const keys = assignKeys(actions)
  assert.equal(keys.get('remove'), 'r')
  assert.equal(keys.get('block'), 'b')
  assert.equal(new Set(keys.values()).size, actions.length)
  for (const key of keys.values()) assert.equal(RESERVED.has(key), false, key)
  assert.equal(assignKeys(Array.from({ length: 40 }, (_, i) => action('x' + i, 'X'))).size, 26 - RESERVED.size)
})

test('a policy brings those of its actions that exist, and its facts; again takes it back', () => {
  const one = choosePolicy(c, NOTHING, 'a')
  assert.deepEqual(one, { policy: 'a', actions: ['remove'], facts: 'facts of a', note: '' })
  assert.equal(choosePolicy(c, one, 'a').policy, null)
  assert.equal(choosePolicy(c, NOTHING, 'unknown'), NOTHING)
})

test('not violating has no actions', () => {
  const clear = choosePolicy(c, choosePolicy(c, NOTHING, 'a'), CLEAR)
  assert.deepEqual(clear.actions, [])
  assert.equal(toggleAction(clear, 'remove'), clear)
  assert.deepEqual(toDecide(c, { ...clear, note: ' x ' }), { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: 'x' })
  assert.equal(told(c, clear), 'Not violating')
})

test('what is missing is said in words', () => {
  assert.match(missing(NOTHING) ?? '', /policy/)
  assert.match(missing(choosePolicy(c, NOTHING, 'b')) ?? '', /action/)
  assert.equal(missing(choosePolicy(c, NOTHING, 'a')), null)
  assert.equal(missing(choosePolicy(c, NOTHING, CLEAR)), null)
})

test('a decision says policy, ground, actions and facts', () => {
  const choice = toggleAction(choosePolicy(c, NOTHING, 'a'), 'block')
  assert.deepEqual(toDecide(c, choice), { kind: 'act', policy: 'a', ground: 'illegal', actions: [{ name: 'remove', params: null }, { name: 'block', params: null }], facts: 'facts of a', note: '' })
  assert.equal(told(c, choice), 'a: remove, block')
})
