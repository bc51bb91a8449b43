// Roles, jails and the whole tree die at every kill point of src/sys/killpoint.tbl.h, again and again, while a platform hands
// in and moderators decide. Afterwards nothing that was promised is missing and nothing is there twice.
// KILLS (60; 300 and more: at least 5 at each point) says how many deaths at least, SEED which throws; the first line printed repeats a run, KEEP=1 keeps its folder.
import assert from 'node:assert/strict'
import { writeSync, openSync, closeSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { Installation } from '../installation.mjs'
import { until } from '../programs.mjs'
import { busy, checkFiles, checkLedger, checkPromises, checkRows, count, Findings } from './check.mjs'
import { Dice } from './dice.mjs'
import { Feed } from './feed.mjs'
import { KillPoints, table } from './killpoints.mjs'

const KILLS = Number(process.env.KILLS ?? 60)
const SEED = Number(process.env.SEED ?? Date.now() % 1_000_000)
const EACH = Math.max(1, Math.min(5, Math.floor(KILLS / 60))) // deaths at each point, at least: 5 from 300 on
const LIFE_MS = 4000 // how long one tree may live
const PATIENCE_MS = 1500 // how long a point may stay armed in vain; longer each time, up to a life, for what is seldom passed on a slow machine
const ROLE_DEATHS = { server: 5, worker: 3, courier: 3, clerk: 3, finder: 3, any: 3 } // in one life: each makes the supervisor wait for longer
const people = ['ann', 'ben', 'cleo']
const again = `SEED=${SEED} KILLS=${KILLS} node --test tests/crash/kills.test.mjs`

const dice = new Dice(SEED)
let it, points, feed, ahead = 0

/** The clock of the whole installation goes forward: leases, duties, claims and pauses of the dead end. */
function hurry(seconds) {
  ahead += seconds
  const fd = openSync(join(it.data, 'clock'), 'r+'), b = Buffer.alloc(8)
  b.writeBigInt64LE(BigInt(ahead) * 1_000_000n)
  writeSync(fd, b, 0, 8, 0)
  closeSync(fd)
}

before(async () => {
  console.log(`kills: ${again}`)
  it = await Installation.create({ prefix: 'tutela-crash-', init: ['--admin', 'ann', '--platform', 'demo'], sets: {
    workers: 2, undo_seconds: 2, claim_minutes: 5, webhook_timeout_seconds: 1, webhook_private_allow: '127.0.0.0/8',
    scan_tries: 20, scan_lease_seconds: 20, retention_days: 1, events_days: 365, session_hours: 720, session_idle_minutes: 1440 } })
  points = new KillPoints(it.data)
  it.tutela('user', 'skills', 'ann', 'child_safety terror self_harm')
  for (const name of people.slice(1)) it.tutela('user', 'add', name, '--role', 'lead', '--password-stdin', '--skills', 'child_safety terror self_harm')
  const key = it.tutela('key', 'add', '--platform', 'demo', '--label', 'test').secret
  feed = new Feed(it, key, dice.branch('feed'))
  it.tutela('endpoint', 'add', await feed.listen(), '--platform', 'demo', '--private')
})
after(async () => {
  it?.killAll()
  await feed?.abandon()
  if (process.env.KEEP) console.log(`kept: ${it.data}`)
  else await it?.end()
  points?.close()
})

const deaths = { points: 0, roles: 0, jails: 0, trees: 0 }
const total = () => deaths.points + deaths.roles + deaths.jails + deaths.trees

/** The others no daemon passes that has no long films: they have tests of their own, and nobody waits for them here. */
const living = table.filter((p) => p.role !== 'cli' && !['migration.before', 'moments.stored'].includes(p.name))

/** Passed once when a clerk begins, then once in a while. */
const upkeep = ['retention.erased', 'blob.removed']
const lanes = {
  ...Object.fromEntries(Object.entries(ROLE_DEATHS).map(([role, deaths]) =>
    [role, { names: living.filter((p) => p.role === role && !upkeep.includes(p.name)).map((p) => p.name), deaths, patience: PATIENCE_MS }])),
  upkeep: { names: upkeep, deaths: 1, patience: LIFE_MS },
}

/** name -> how often it was armed in vain since somebody died there. */
const vain = new Map()
const patience = (name, least) => Math.min(LIFE_MS, least * (1 + (vain.get(name) ?? 0)))

/** One point at a time, the one with the fewest deaths first, then by lot: whoever passes it dies, and the clock goes on. */
class Lane {
  died = 0
  seen = new Set()

  constructor(lane) { Object.assign(this, lane) }
  get over() { return this.died >= this.deaths }

  step(now, group = 0) {
    if (this.name && points.armed(this.name) && now < this.until) return
    if (this.name && points.armed(this.name)) {
      points.disarm(this.name)
      vain.set(this.name, (vain.get(this.name) ?? 0) + 1)
    }
    if (this.name && points.kills(this.name) > this.before) {
      vain.delete(this.name)
      this.died++
      deaths.points++
      hurry(20)
    }
    this.name = null
    if (this.over) return
    const list = this.names.map((name) => ({ name, order: points.kills(name) + dice.next() })).sort((a, b) => a.order - b.order)
    const { name } = list.find((p) => !this.seen.has(p.name)) ?? list[0]
    this.seen.add(name)
    this.name = name
    this.before = points.kills(name)
    this.until = now + patience(name, this.patience)
    // What is seldom passed must not be waited for a second time.
    points.arm(name, 1 + (vain.has(name) ? 0 : dice.below(dice.chance(0.3) ? 8 : 2)), group)
  }

  end() {
    if (!this.name) return
    points.disarm(this.name)
    if (points.kills(this.name) > this.before) deaths.points++
    this.name = null
  }
}

/** A process that the table does not choose. */
function killSomebody(jail = dice.chance(0.4)) {
  const list = jail ? it.jails() : it.roles().map((r) => r.pid)
  if (!list.length) return
  try {
    process.kill(dice.pick(list), 'SIGKILL')
    deaths[jail ? 'jails' : 'roles']++
    hurry(20)
  } catch {
    // it was faster
  }
}

/** From a start to the death of the whole tree. */
async function life(n) {
  const atStart = n % 6 === 5
  if (atStart) points.arm('role.started', 1 + dice.below(5))
  const before = points.kills('role.started')
  await it.start({ group: true, ready: null })
  const all = Object.values(lanes).map((lane) => new Lane(lane))
  const end = Date.now() + LIFE_MS
  while (!it.gone && Date.now() < end && !all.every((lane) => lane.over)) {
    for (const lane of all) lane.step(Date.now())
    if (dice.chance(0.01)) killSomebody()
    await sleep(10)
  }
  for (const lane of all) lane.end()
  points.disarm('role.started')
  if (atStart && points.kills('role.started') > before) deaths.points++
  await fell(n)
  hurry(60)
}

/** The tree ends: at a point of any role, because the supervisor dies, or out of the blue. */
async function fell(n) {
  if (it.gone) return
  if (n % 3 === 0) {
    const before = points.kills('role.ended')
    points.arm('role.ended')
    killSomebody(false)
    await until('the supervisor to die', () => it.gone, 3000).catch(() => it.killAll())
    points.disarm('role.ended')
    deaths.points += points.kills('role.ended') - before
  } else if (n % 3 === 1) {
    const lane = new Lane(lanes[dice.pick(Object.keys(ROLE_DEATHS))])
    lane.step(Date.now(), it.pid)
    await until('the tree to die', () => it.gone, 3000).catch(() => it.killAll())
    lane.end()
  } else {
    it.killAll()
  }
  await it.ended
  deaths.trees++
}

const missing = () => living.filter((p) => points.kills(p.name) < EACH).map((p) => p.name)

test('whatever dies, whenever: nothing promised is lost, nothing is doubled', async (t) => {
  feed.start(people)
  const began = Date.now(), most = KILLS * 10 // at points: on a slow machine those that the dice choose come on top
  let lives = 0
  while ((total() < KILLS || missing().length) && deaths.points < most && !feed.refused.length) {
    await life(lives++)
    if (lives % 3 === 0) hurry(25 * 3600) // items expire
  }
  t.diagnostic(`${table.length} kill points, ${total()} deaths (${JSON.stringify(deaths)}) in ${lives} lives and ${Math.round((Date.now() - began) / 1000)} s`)
  assert.deepEqual(feed.refused, [], `again with: ${again}`)
  assert.deepEqual(missing(), [], `points at which too few died; again with: ${again}`)

  await it.start({ rules: true })
  await feed.stop()
  await until(`everything to come to its end; again with: ${again}`, async () => {
    hurry(30)
    await sleep(300)
    const open = Object.entries(busy).map(([what, sql]) => [what, count(it, sql)]).filter(([, n]) => n > 0)
    feed.open = open
    return open.length === 0
  }, 90_000).catch((e) => assert.fail(`${e.message}\nopen: ${JSON.stringify(feed.open)}`))
  await feed.stop()
  await until('the clerk to see the time', () => count(it, "SELECT until FROM duties WHERE name = 'clerk'") > (Date.now() + ahead * 1000) * 1000)
  const f = new Findings()
  checkRows(it, f)
  checkFiles(it, f)
  checkLedger(it, f)
  await checkPromises(it, feed, f)
  t.diagnostic(`${feed.items.size} items, ${feed.flags.size} flags, ${feed.decided.size} decisions of people, ${feed.heard.size} deliveries (${feed.repeats} sent again), ${feed.events.size} events, ${feed.answers} answers`)
  if (f.list.length) console.log(`again with: ${again}`)
  f.none()
})
