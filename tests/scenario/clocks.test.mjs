// What happens because time passes, on a real daemon whose clock is moved.
import { test, before, after } from 'node:test'
import assert from 'node:assert/strict'
import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { start, until } from './daemon.mjs'

let site
before(async () => { site = await start({ claim_minutes: 10 }) })
after(() => site?.stop())

/** Moves the installation's clock so many minutes from real time. */
function later(minutes) {
  try {
    site.tutela('doctor', '--clock', String(minutes * 60))
  } catch (error) {
    if (!/"check": *"clock"/.test(error.stdout)) throw error // it says that the clock is moved, and that is a warning
  }
}

test('a claim whose holder went away lapses, and the case comes back with its draft', async () => {
  await site.item('left-alone', 'DEMO-HATE-PHRASE')
  const [ann, mo] = [await site.person('ann'), await site.person('moderator')]
  const held = (await ann.post('work/next', {})).body.case
  assert.equal(held.subject.id, 'left-alone')
  assert.equal(new Date(held.claim_until) - new Date(held.updated_at), 600_000)
  const draft = { policy: 'speech.hate', actions: ['remove'], facts: 'Half a sentence', note: '' }
  assert.equal((await ann.post(`cases/${held.id}/draft`, draft)).status, 204)
  assert.equal((await mo.post(`cases/${held.id}/claim`)).status, 409)
  later(11)
  await until('the lapse', async () => (await mo.post(`cases/${held.id}/claim`)).status < 300)
  const again = (await mo.get(`cases/${held.id}`)).body
  assert.deepEqual([again.mine, again.draft], [true, draft])
  assert.equal((await ann.post(`cases/${held.id}/heartbeat`)).status, 409)
  later(0)
})

const told = (type, account) => site.platform.heard.map((h) => h.event).filter((e) => e.type === type && (!account || e.data.account === account))
const settings = async (id) => (await site.api('GET', `/v1/accounts/${id}/settings`)).body
const days = (n) => n * 24 * 60

test('a birthday is offered, told once, and changes nothing until it is accepted', async () => {
  const born = new Date()
  born.setUTCDate(1)
  born.setUTCFullYear(born.getUTCFullYear() - 16)
  const month = born.toISOString().slice(0, 7) // sixteen when this month is over
  await site.api('PUT', '/v1/accounts/lee', { birth_month: month, age_assured: 'declared', language: 'de' })
  await site.api('PUT', '/v1/accounts/lee/settings', { settings: { geolocation: 'on', suggested_to_others: 'on' }, warned: true })
  assert.deepEqual([(await settings('lee')).age_band, (await settings('lee')).age.offered], ['13-15', null])
  later(days(40))
  await until('the offer', async () => (await settings('lee')).age.offered === '16-17')
  const [offer] = await until('the event of it', () => told('account.age_offered', 'lee').length && told('account.age_offered', 'lee'))
  assert.match(offer.data.notice_text, /Altersgruppe/)
  assert.equal((await settings('lee')).age_band, '13-15')
  // The loosened value of a session ended meanwhile: one event for the account.
  const [lapsed] = await until('the lapse', () => told('account.settings_changed', 'lee').length && told('account.settings_changed', 'lee'))
  assert.deepEqual([lapsed.data.cause, lapsed.data.settings], ['lapsed', ['geolocation']])
  assert.equal((await site.api('PUT', '/v1/accounts/lee/age', { answer: 'accept', age_band: '16-17' })).body.age_band, '16-17')
  await until('the change', () => told('account.settings_changed', 'lee').length === 2)
  const [, changed] = told('account.settings_changed', 'lee')
  assert.deepEqual([changed.data.cause, changed.data.age_band, changed.data.settings.includes('message_media')], ['age', '16-17', true])
  assert.equal((await site.api('PUT', '/v1/accounts/lee/age', { answer: 'revert', age_band: '16-17' })).body.age_band, '13-15')
  await until('the way back', () => told('account.settings_changed', 'lee').length === 3)
  assert.equal(told('account.age_offered', 'lee').length, 1)
  const shown = site.tutela('account', 'show', 'lee', '--history', '6')
  assert.deepEqual([shown.age_band, shown.birth_month, shown.age.state, shown.age.offered, shown.said[0].assured], ['13-15', month, 'declined', '16-17', 'declared'])
  assert.deepEqual(shown.history.map((h) => `${h.what} ${h.event} by ${h.by}`).sort(), ['age_band accept by holder', 'age_band offered by system', 'age_band revert by holder',
    'geolocation lapsed by system', 'geolocation set by holder', 'suggested_to_others set by holder'])
  assert.equal(shown.more_history, true)
  assert.equal(shown.settings.find((x) => x.key === 'suggested_to_others').must_be, 'on')
  assert.throws(() => site.tutela('account', 'show', 'nobody-here'), /no account/)
  later(0)
})

test('a guardian is told of to the child, and what it bounds is one event', async () => {
  await site.api('PUT', '/v1/accounts/kim', { age_band: '16-17', language: 'fr' })
  await site.api('PUT', '/v1/accounts/kim/guardians/parent')
  await site.api('PUT', '/v1/accounts/kim/guardians/parent/settings', { settings: { comments: 'nobody', mentions: 'nobody' } })
  await until('the bound', () => told('account.settings_changed', 'kim').length)
  assert.match(told('account.guardian_linked', 'kim')[0].data.notice_text, /parent/)
  const [bound] = told('account.settings_changed', 'kim')
  assert.deepEqual([bound.data.cause, bound.data.settings], ['guardian', ['comments', 'mentions']])
  assert.match(bound.data.notice_text, /réglages/)
  await site.api('DELETE', '/v1/accounts/kim/guardians/parent?by=holder')
  await until('the end', () => told('account.guardian_ended', 'kim').length && told('account.settings_changed', 'kim').length === 2)
  assert.deepEqual(told('account.guardian_ended', 'kim')[0].data.by, 'holder')
})

test('whoever is too young waits in the queue of the child-safety team', async () => {
  await site.api('PUT', '/v1/accounts/tiny', { age_band: 'under13', age_assured: 'declared' })
  const ann = await site.person('ann')
  const work = (await ann.post('work/next', { queue: 'child-safety' })).body.case
  assert.deepEqual([work.subject.kind, work.subject.id, work.policy, work.causes[0].kind], ['account', 'tiny', 'minors.underage', 'age'])
  const still = await settings('tiny')
  assert.ok(still.settings.every((x) => x.may_be.length === 1))
})

test('a changed matrix is one event for the version, not one for each account', async () => {
  const file = join(site.data, 'policy/minors.yaml')
  const was = readFileSync(file, 'utf8')
  const before = (await settings('kim')).policy_version
  writeFileSync(file, was.replace('22:00-08:00', '21:30-08:00').replace('16-17: {default: ask}', '16-17: {default: never}'))
  const [event] = await until('the event', () => told('policy.settings_changed').length && told('policy.settings_changed'))
  assert.deepEqual([event.data.before, event.data.changed, event.data.gone], [before, ['quiet_hours', 'settings/group_invitations'], []])
  await until('the answer', async () => (await settings('kim')).policy_version === event.data.policy_version)
  assert.equal((await settings('kim')).settings.find((x) => x.key === 'group_invitations').must_be, 'never')
  assert.equal(told('policy.settings_changed').length, 1)
})

/** Every byte of the data folder, and what was logged. */
function everything() {
  const files = readdirSync(site.data, { recursive: true, withFileTypes: true }).filter((f) => f.isFile())
  return Buffer.concat([Buffer.from(site.log()), ...files.map((f) => readFileSync(join(f.parentPath ?? f.path, f.name)))])
}

test('no day of birth is anywhere on disk or in the log, whatever was sent', async () => {
  const written = ['2011-07-19', '2011/07/19', '19.07.2011', '7/19/2011', '20110719', '1311033600']
  for (const day of written) {
    const bodies = [{ birth_month: day }, { birth_date: day }, { date_of_birth: day }, { dob: day }, { birthday: day },
      { age_band: day }, { age_assured: day }, { created_at: day }, { created_at: '2011-07-19T00:00:00Z', birth_month: '2011-07' },
      { country: day }, { language: day }, { x_birth: day }, { birth_month: '2011-07', x_day: day }, { settings: { birthday: day } },
      { settings: { deep: [{ birth: [{ day }] }] } }, { settings: { [`birth ${day}`]: true } }]
    for (const body of bodies) await site.api('PUT', '/v1/accounts/born', body)
    await site.api('PUT', '/v1/accounts/born/settings', { settings: { comments: day }, x_birth: day })
    await site.api('PUT', '/v1/accounts/born/settings', { settings: { [day]: 'nobody' } })
    await site.api('PUT', '/v1/accounts/born/age', { answer: day, age_band: day, x_birth: day })
    await site.api('PUT', '/v1/accounts/born/guardians/parent')
    await site.api('PUT', '/v1/accounts/born/guardians/parent/settings', { settings: { comments: day }, x_birth: day })
    await site.api('GET', `/v1/accounts/born/settings?time_zone=${encodeURIComponent(day)}&language=${encodeURIComponent(day)}`)
  }
  await site.api('PUT', '/v1/accounts/born', { birth_month: '2011-07' })
  await site.halt()
  const all = everything()
  assert.ok(all.includes('2011-07')) // the month is there: this looks in the right place
  for (const day of written) assert.ok(!all.includes(day), day)
})
