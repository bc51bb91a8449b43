// Tools for young people in a running installation: what searches and comments are told, that nothing of them is kept, what actions do to
// the answers and back again, and the examples of doc/young-people.md.
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { readFileSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { bin, root } from '../programs.mjs'
import { start, until } from './daemon.mjs'

let d, key
before(async () => {
  d = await start()
  key = d.tutela('key', 'add', '--platform', 'demo', '--label', 'young').secret
  await d.api('PUT', '/v1/accounts/teen', { age_band: '13-15', country: 'DE', language: 'de' })
})
after(() => d?.stop())

const ask = async (path, body) => {
  const { status, body: answer } = await d.api('POST', path, body)
  assert.equal(status, 200, JSON.stringify(answer))
  return answer
}

const sql = (text) => execFileSync('sqlite3', ['-readonly', join(d.data, 'store.db'), text], { encoding: 'utf8' }).trim()

function* files(dir) {
  for (const name of readdirSync(dir)) {
    const path = join(dir, name)
    if (statSync(path).isDirectory()) yield* files(path)
    else yield path
  }
}

describe('tools for young people', { concurrency: 1 }, () => {
  test('nothing of a search or a comment is kept, only that there was one', async () => {
    const said = await ask('/v1/search/check', { query: 'canary-of-a-search DEMO-SELF-HARM-WORD', account: 'teen' })
    assert.equal(said.answer, 'block')
    await until('the figure', () => sql("SELECT SUM(n) FROM intervention_counts WHERE list = 'self-harm' AND country = 'DE' AND age_band = '13-15' AND said = 'block'") === '1')
    assert.equal((await ask('/v1/search/check', { query: 'canary-of-a-search', account: 'teen' })).answer, 'nothing')
    await d.api('PUT', '/v1/accounts/teen/comment-filter', { words: ['canary-of-a-search'] })
    for (const text of ['canary-of-a-search', 'canary-of-a-search DEMO-THREAT-WORD'])
      assert.equal((await ask('/v1/comments/check', { author: 'u-2', owner: 'teen', text })).answer, 'refuse')
    await until('the figure of comments', () => sql("SELECT SUM(n) FROM intervention_counts WHERE used = 'comment' AND said = 'refuse'") === '2')
    await d.halt()
    let seen = 0
    for (const path of files(d.data)) {
      seen++
      assert.ok(!/canary-of-a-search/i.test(readFileSync(path, 'latin1')), path)
    }
    assert.ok(seen > 5)
    assert.ok(!/canary-of-a-search/i.test(d.log()))
    await d.resume()
  })

  test('a warning screen by age, not recommended, and taken back: the answers follow the actions', async () => {
    const ann = await d.person('ann')
    await d.api('PUT', '/v1/accounts/grown', { age_band: '18+' })
    const t = await d.item('young-1', 'look at this: DEMO-HATE-PHRASE', { author: { id: 'grown' } })
    const reach = async (id, who) => (await ask('/v1/items:reach', { items: [id], ...who })).items[0]
    assert.deepEqual((await reach('young-1', { age_band: '18+' })).why.map((w) => w.code), t.verdict === 'review' ? [] : ['under_review'])
    const decide = async (id, body, kind = 'item') => {
      const c = kind === 'item'
        ? await until('the case', async () => (await d.api('GET', `/v1/items/${id}`)).body.cases[0]?.case)
        : (await d.api('POST', '/v1/flags', { id: `f-${id}`, subject: { kind: 'account', id }, kind: 'trusted_flagger', policy: 'selfharm', comment: 'x' })).body.case
      assert.equal((await ann.post(`cases/${c}/claim`)).status, 200)
      const made = await ann.post(`cases/${c}/decide`, { kind: 'act', ground: 'incompatible', facts: '', note: '', ...body })
      assert.equal(made.status, 200, JSON.stringify(made.body))
      return made.body.decision
    }
    const decision = await decide('young-1', { policy: 'speech.hate', actions: [{ name: 'warning_screen', params: { age: 18 } }, { name: 'no_recommendation', params: { age: 16 } }] })
    const heard = () => d.platform.heard.map((h) => h.event).filter((e) => e.type === 'action.requested' && e.data.subject.id === 'young-1')
    const asked = await until('both actions', () => heard().length === 2 && heard())
    assert.ok(asked.every((e) => e.data.statement.text.length > 100 && e.data.statement.dsa))
    for (const e of asked) assert.equal((await d.api('POST', `/v1/actions/${e.data.action_id}/confirm`, { outcome: 'done' })).body.state, 'confirmed')
    const by = async (band) => { const r = await reach('young-1', { age_band: band }); return [r.show, r.recommend] }
    assert.deepEqual([await by('unknown'), await by('16-17'), await by('18+')], [['screen', false], ['screen', false], ['yes', true]])
    assert.equal((await reach('young-1', { account: 'teen' })).why.find((w) => w.code === 'warning_screen').action_id, asked.find((e) => e.data.action === 'warning_screen').data.action_id)
    d.tutela('decision', 'reverse', decision, '--by', 'ann', '--appeal', '--facts', 'The complaint was right.')
    assert.deepEqual([await by('unknown'), await by('18+')], [['yes', true], ['yes', true]])

    // Help beside every search of an account, until it is taken back.
    assert.equal((await ask('/v1/search/check', { query: 'cats', account: 'grown' })).answer, 'nothing')
    const help = await decide('grown', { policy: 'selfharm', actions: [{ name: 'search_intervention', params: null }] }, 'account')
    const cared = await ask('/v1/search/check', { query: 'cats', account: 'grown', language: 'en' })
    assert.deepEqual([cared.answer, cared.topic], ['notice', null])
    assert.ok(cared.action_id && /hard time/.test(cared.notice.text))
    d.tutela('decision', 'reverse', help, '--by', 'ann', '--facts', 'All is well.')
    assert.equal((await ask('/v1/search/check', { query: 'cats', account: 'grown' })).answer, 'nothing')
  })

  test('a young person is told what they can do after a refused approach, and not too often', async () => {
    await d.api('PUT', '/v1/accounts/pen-pal', { age_band: '16-17', country: 'FR', language: 'fr' })
    const approach = async (more) => ask('/v1/contacts/check', { from: 'grown', to: 'pen-pal', kind: 'message', ...more })
    assert.equal((await approach({ record: false })).safety_notice, null)
    const first = await approach()
    assert.equal(first.outcome, 'deny')
    assert.equal(first.safety_notice.notice, 'approach')
    assert.match(first.safety_notice.text, /Tu n’as rien fait de mal/)
    assert.deepEqual(first.safety_notice.steps.map((s) => s.step), ['block', 'report', 'talk'])
    assert.deepEqual(first.safety_notice.help.lines.map((l) => l.phone), ['119', '3114'])
    assert.equal((await approach()).safety_notice, null, 'not twice in a day')
    assert.equal((await ask('/v1/contacts/check', { from: 'u-77', to: 'pen-pal', kind: 'group_invitation' })).safety_notice, null)
    assert.equal((await ask('/v1/contacts/check', { from: 'pen-pal', to: 'grown', kind: 'message' })).safety_notice, null, 'adults get none')
    const said = async (from, to, kind, at) => (await d.api('PUT', '/v1/relations', { from, to, kind, ...(at && { at }) })).body.safety_notice
    assert.equal((await said('pen-pal', 'grown', 'block')).notice, 'refused')
    assert.equal(await said('pen-pal', 'u-77', 'block'), null)
    assert.equal(await said('grown', 'u-77', 'block'), null)
    // It goes with the account.
    const row = () => sql("SELECT COUNT(*) FROM notices_shown")
    assert.equal(row(), '2')
    assert.equal((await d.api('DELETE', '/v1/accounts/pen-pal')).status, 204)
    assert.equal(row(), '0')
  })

  test('figures for the console: by topic, none of few people', async () => {
    const ann = await d.person('ann')
    for (let i = 0; i < 5; i++) await ask('/v1/search/check', { query: 'DEMO-EATING-WORD', account: 'teen' })
    const row = await until('the figures', async () => {
      const { status, body } = await ann.get('interventions?days=1')
      assert.equal(status, 200)
      assert.deepEqual([body.least, body.more], [5, false])
      assert.ok(body.counts.some((c) => c.list === 'self-harm' && c.n === null))
      return body.counts.find((c) => c.list === 'eating-disorders' && c.n === 5)
    })
    assert.deepEqual(row, { used: 'search', list: 'eating-disorders', title: 'Eating disorders', country: 'DE', age_band: '13-15', said: 'block', n: 5 })
  })

  test('the examples of the page', () => {
    const page = readFileSync(join(root, 'doc/young-people.md'), 'utf8')
    for (const [, block] of page.matchAll(/```sh\n([\s\S]*?)```/g)) {
      const out = execFileSync('bash', ['-euc', block.replaceAll(/^tutela /gm, `${bin('tutela')} --data ${d.data} `)], { encoding: 'utf8', env: { ...process.env, TUTELA_URL: d.url, TUTELA_KEY: key } })
      for (const line of out.split('\n').filter((l) => l.startsWith('{'))) assert.ok(!/"status":4/.test(line), line)
    }
  })
})
