// A platform and its moderators while everything around them dies: they hand in, look, decide, take back and confirm, and
// repeat what was not answered, as doc/integrate.md asks of them. What was promised to them is remembered, for check.mjs.
import { execFile } from 'node:child_process'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { promisify } from 'node:util'
import { bin } from '../programs.mjs'
import { Person } from '../scenario/daemon.mjs'
import { rows } from './check.mjs'

const run = promisify(execFile)

const PLAIN = ['a walk by the lake', 'soup again', 'look at this cloud', 'who has a spare ticket']
const ACTS = ['demo your parcel waits for a fee', 'demo topple the snowman']
const REVIEWS = ['DEMO-HATE-PHRASE of the day']
const REMOVE = { kind: 'act', policy: 'speech.hate', ground: 'incompatible', actions: [{ name: 'remove', params: null }], facts: 'It names a group.', note: '' }
const CLEAR = { kind: 'clear', policy: null, ground: 'none', actions: [], facts: '', note: 'nothing' }
const POSTED = '2026-11-24T07:00:00Z'

/** A picture that nobody has seen before: 24 bits, 64 × 64. */
function picture(dice) {
  const side = 64, bytes = Buffer.alloc(54 + side * side * 3)
  bytes.write('BM')
  bytes.writeUInt32LE(bytes.length, 2)
  bytes.writeUInt32LE(54, 10)
  bytes.writeUInt32LE(40, 14)
  bytes.writeInt32LE(side, 18)
  bytes.writeInt32LE(side, 22)
  bytes.writeUInt16LE(1, 26)
  bytes.writeUInt16LE(24, 28)
  const [r, g, b] = [dice.below(256), dice.below(256), dice.below(256)]
  for (let i = 54, n = 0; i < bytes.length; i += 3, n++)
    bytes.set([(r + n) & 255, (g + (n >> 6) * 3) & 255, (b + dice.below(64)) & 255], i)
  return bytes
}

export class Feed {
  items = new Map() // id -> { body, media, receipt, deleted }
  flags = new Map() // id -> case
  decided = new Map() // decision -> { case, undone, reversed }
  uploads = new Set()
  strangers = new Set() // who approached six minors, and was answered
  heard = new Map() // webhook-id -> event, as applied, in order of arrival
  repeats = 0
  refused = []
  events = new Map() // number -> event
  answers = 0
  #stopping = false
  #abandoned = false
  #running = []

  constructor(it, key, dice) {
    Object.assign(this, { it, key, dice })
  }

  start(people) {
    for (let n = 0; n < 3; n++) this.#run(this.#sender(n, this.dice.branch(`sender ${n}`)))
    this.#run(this.#uploader(this.dice.branch('uploader')))
    this.#run(this.#reporter(this.dice.branch('reporter')))
    this.#run(this.#stranger(this.dice.branch('stranger')))
    people.forEach((name) => this.#run(this.#moderator(name, this.dice.branch(name))))
    this.#run(this.#reader())
    this.#run(this.#banker(this.dice.branch('banker')))
    this.#run(this.#auditor(this.dice.branch('auditor')))
    this.#run(this.#migrator(this.dice.branch('migrator')))
  }

  #run(promise) { this.#running.push(promise.catch((e) => { this.refused.push(e.message) })) }

  /** No new work; whatever was begun is answered first. */
  async stop() {
    this.#stopping = true
    await Promise.all(this.#running)
  }

  /** Whatever is under way is given up. */
  async abandon() {
    this.#stopping = this.#abandoned = true
    this.server?.closeAllConnections()
    this.server?.close()
    await Promise.all(this.#running)
  }

  // One request, repeated until the server says something that is not its own trouble ------------------------------------

  async hand(method, path, body, { type = 'application/json', ends = (s) => s < 500 && s !== 429 } = {}) {
    for (let tries = 0; tries < 6000 && !this.#abandoned; tries++) {
      const answer = await fetch(this.it.url + path, {
        method,
        headers: { authorization: `Bearer ${this.key}`, ...(body !== undefined && !(body instanceof FormData) && { 'content-type': type }) },
        body: body === undefined || typeof body === 'string' || body instanceof Uint8Array || body instanceof FormData ? body : JSON.stringify(body),
        signal: AbortSignal.timeout(20_000),
      }).then(async (r) => ({ status: r.status, text: await r.text() })).catch(() => null)
      if (answer && ends(answer.status)) {
        this.answers++
        return { status: answer.status, text: answer.text, json: /^[{[]/.test(answer.text) && type !== 'application/x-ndjson' ? JSON.parse(answer.text) : null }
      }
      await sleep(15)
    }
    throw new Error(`${method} ${path} was never answered`)
  }

  // The platform hands in --------------------------------------------------------------------------------------------------

  #item(id, dice, more = {}) {
    const text = dice.chance(0.45) ? dice.pick(PLAIN) : dice.chance(0.5) ? dice.pick(ACTS) : dice.pick(REVIEWS)
    return { id, kind: 'post', author: { id: `u-${dice.below(400)}` }, text: { body: `${text} (${id})` }, posted_at: POSTED, ...more }
  }

  #accepted(body, receipt) {
    this.items.set(body.id, { body, receipt, deleted: false })
  }

  /** A 202 or its verdict; or it was stored, not answered, and has expired before it was handed in again. */
  #take(body, status, json) {
    if (status === 202 || status === 200) this.#accepted(body, json)
    else if (status === 409 && /was erased/.test(json.detail)) this.items.set(body.id, { body, receipt: null, deleted: true })
    else throw new Error(`${body.id}: ${status} ${JSON.stringify(json)}`)
  }

  async #again(body) {
    const { status, json } = await this.hand('POST', '/v1/items', body)
    this.#take(body, status, json)
  }

  async #one(id, dice) {
    const body = this.#item(id, dice)
    const { status, json } = await this.hand('POST', '/v1/items' + (dice.chance(0.15) ? '?wait=300' : ''), body)
    this.#take(body, status, json)
  }

  async #batch(id, dice) {
    const bodies = Array.from({ length: 3 + dice.below(8) }, (_, i) => this.#item(`${id}.${i}`, dice))
    const lines = bodies.map((b) => JSON.stringify(b) + '\n').join('')
    const { status, text } = await this.hand('POST', '/v1/items:batch', lines, { type: 'application/x-ndjson' })
    const receipts = text.trim().split('\n').map((line) => JSON.parse(line))
    if (status !== 200 || receipts.length !== bodies.length) throw new Error(`${id}: ${status} ${text}`)
    // A line can be refused with the store's own trouble; the platform sends it again by itself.
    for (const [i, receipt] of receipts.entries())
      if (receipt.problem?.status >= 500) await this.#again(bodies[i])
      else this.#take(bodies[i], receipt.problem?.status ?? 200, receipt.problem ?? receipt)
  }

  async #multipart(id, dice) {
    const body = this.#item(id, dice, { kind: 'image' })
    const form = new FormData()
    form.append('item', JSON.stringify(body))
    form.append('media', new Blob([picture(dice)], { type: 'image/bmp' }), 'a.bmp')
    const { status, json } = await this.hand('POST', '/v1/items', form)
    this.#take(body, status, json)
  }

  async #sender(n, dice) {
    for (let i = 0; !this.#stopping; i++) {
      const id = `s${n}-${i}`
      if (dice.chance(0.12)) await this.#batch(id, dice)
      else if (dice.chance(0.15)) await this.#multipart(id, dice)
      else await this.#one(id, dice)
      await sleep(dice.below(40))
    }
  }

  /** Snapshots of the settings in force; whatever dies, each line of each counts once. */
  async #auditor(dice) {
    for (let i = 0; !this.#stopping; i++) {
      const lines = Array.from({ length: 30 }, (_, n) => JSON.stringify({ account: `u-${n * 13}`, settings: { comments: dice.pick(['nobody', 'friends', 'everyone']), gifts: dice.pick(['off', 'on']) } }) + '\n')
      const { status, text } = await this.hand('PUT', `/v1/minors/snapshots/k-${i}`, lines.join(''), { type: 'application/x-ndjson' })
      const json = JSON.parse(text)
      if (status !== 200 || json.lines !== 30 || json.accounts + json.findings.erased_account !== 30) throw new Error(`snapshot k-${i}: ${status} ${JSON.stringify(json)}`)
      await sleep(dice.below(300))
    }
  }

  /** Migrations of settings, begun and undone as often as the one before has ended. */
  async #migrator(dice) {
    while (!this.#stopping) {
      for (const action of ['start', 'undo']) {
        await run(bin('tutela'), ['--data', this.it.data, 'minors', 'migrate', action, '--batch', String(1 + dice.below(20))]).catch(() => {})
        for (let i = 0; i < 10 && !this.#stopping; i++) await sleep(100 + dice.below(100)) // the clerk works on it meanwhile
      }
    }
  }

  async #uploader(dice) {
    for (let i = 0; !this.#stopping; i++) {
      const { status, json } = await this.hand('PUT', '/v1/media', picture(dice), { type: 'application/octet-stream' })
      if (status !== 200 && status !== 201) throw new Error(`upload: ${status}`)
      this.uploads.add(json.id)
      if (dice.chance(0.6)) {
        const body = this.#item(`m-${i}`, dice, { kind: 'image', media: [json.id] })
        const answer = await this.hand('POST', '/v1/items', body)
        if (answer.json.field !== '/media/0') this.#take(body, answer.status, answer.json) // expired before it was used
        if (dice.chance(0.5)) { // somebody else posts the same
          const copy = this.#item(`m-${i}-copy`, dice, { kind: 'image', media: [json.id] })
          const second = await this.hand('POST', '/v1/items', copy)
          if (second.json.field !== '/media/0') this.#take(copy, second.status, second.json)
        }
      }
      await sleep(40 + dice.below(80))
    }
  }

  /** What was published before becomes known: banks grow by the hashes of files that are there. The command may die as well. */
  async #banker(dice) {
    for (let i = 0; !this.#stopping; i++) {
      await sleep(300 + dice.below(300))
      const list = rows(this.it, "SELECT lower(hex(sha256)) sha256, lower(hex(pdq)) pdq FROM media WHERE state = 'decoded' AND pdq IS NOT NULL ORDER BY received_at DESC LIMIT 50")
      if (!list.length) continue
      const { sha256, pdq } = dice.pick(list)
      await run(bin('tutela'), ['--data', this.it.data, 'bank', 'add', 'demo-known-exact', sha256, '--form', 'sha256']).catch(() => {})
      if (dice.chance(0.3)) await run(bin('tutela'), ['--data', this.it.data, 'bank', 'add', 'demo-near', pdq]).catch(() => {})
      // Somebody has found the files of an index damaged: they are built again.
      if (dice.chance(0.2)) await run('sqlite3', ['-cmd', '.timeout 20000', join(this.it.data, 'store.db'), "UPDATE bank_index SET epoch = 0 WHERE form = 'sha256'"]).catch(() => {})
    }
  }

  /** Strangers of full age who approach minors: accounts that the rules about contacts find. */
  async #stranger(dice) {
    for (let i = 0; i < 6; i++) await this.hand('PUT', `/v1/accounts/minor-${i}`, { age_band: '13-15' })
    for (let n = 0; !this.#stopping; n++) {
      await this.hand('PUT', `/v1/accounts/stranger-${n}`, { age_band: '18+' })
      for (let i = 0; i < 6; i++) {
        const { status, json } = await this.hand('POST', '/v1/contacts/check', { from: `stranger-${n}`, to: `minor-${i}`, kind: 'message' })
        if (status !== 200 || json.outcome !== 'deny') throw new Error(`a stranger: ${status} ${JSON.stringify(json)}`)
      }
      this.strangers.add(`stranger-${n}`)
      await sleep(200 + dice.below(300))
    }
  }

  /** Reports of users and erasures by the platform. */
  async #reporter(dice) {
    for (let i = 0; !this.#stopping; i++) {
      await sleep(40 + dice.below(60))
      const ids = [...this.items.keys()]
      if (ids.length < 10) continue
      const id = ids[Math.max(0, ids.length - 1 - dice.below(200))]
      if (dice.chance(0.3)) {
        const { status } = await this.hand('DELETE', `/v1/items/${id}`)
        if (status === 204) this.items.get(id).deleted = true
        else if (status !== 404 && status !== 409) throw new Error(`erasing ${id}: ${status}`)
        continue
      }
      const flag = { id: `f-${i}`, subject: { kind: 'item', id }, kind: dice.chance(0.3) ? 'trusted_flagger' : 'user', policy: 'speech.hate', reporter: { id: `r-${dice.below(20)}` } }
      const { status, json } = await this.hand('POST', '/v1/flags', flag)
      if (status === 202) this.flags.set(flag.id, json.case)
      else if (status !== 404) throw new Error(`flag on ${id}: ${status} ${JSON.stringify(json)}`)
    }
  }

  // The platform carries out -----------------------------------------------------------------------------------------------

  /** Applies each webhook-id once; is slow at times, fails at times, and confirms until it is heard. */
  async listen() {
    const dice = this.dice.branch('receiver')
    this.server = createServer((request, response) => {
      let text = ''
      request.on('data', (part) => { text += part }).on('end', async () => {
        const id = request.headers['webhook-id'], event = JSON.parse(text)
        if (dice.chance(0.1)) await sleep(80)
        if (dice.chance(0.06)) return response.writeHead(500).end()
        if (event.id !== id) this.refused.push(`${event.id} under ${id}`)
        const again = this.heard.has(id)
        if (again) this.repeats++
        else this.heard.set(id, event)
        response.writeHead(204).end()
        if (event.type === 'action.requested' && !again) this.#run(this.#confirm(event.data.action_id))
      })
    })
    await new Promise((done) => this.server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${this.server.address().port}/hook`
  }

  async #confirm(action) {
    const { status, text } = await this.hand('POST', `/v1/actions/${action}/confirm`, { outcome: 'done' })
    if (status !== 200) this.refused.push(`confirmation of ${action}: ${status} ${text}`)
  }

  /** Reads the event stream, goes on behind the last event after each break. */
  async #reader() {
    let last = 0
    while (!this.#stopping) {
      const broken = new AbortController()
      const idle = setInterval(() => this.#stopping && broken.abort(), 50)
      try {
        const response = await fetch(this.it.url + '/v1/events?after=0', { headers: { authorization: `Bearer ${this.key}`, ...(last && { 'last-event-id': String(last) }) }, signal: broken.signal })
        let rest = ''
        for await (const part of response.body.pipeThrough(new TextDecoderStream())) {
          const blocks = (rest + part).split('\n\n')
          rest = blocks.pop()
          for (const block of blocks) {
            const seq = Number(/^id: (\d+)$/m.exec(block)?.[1] ?? 0)
            if (!seq) continue
            if (seq <= last) this.refused.push(`event ${seq} after ${last}`)
            last = seq
            this.events.set(seq, JSON.parse(/^data: (.*)$/m.exec(block)[1]))
          }
        }
      } catch {
        // the server has died, or we have stopped
      }
      clearInterval(idle)
      await sleep(20)
    }
  }

  /** What is left of the stream, once all is quiet: from the last number to the newest. */
  async readOn(newest) {
    this.#stopping = false
    const reading = this.#reader()
    for (let i = 0; i < 600 && Math.max(0, ...this.events.keys()) < newest; i++) await sleep(50)
    this.#stopping = true
    await reading
  }

  // Moderators -------------------------------------------------------------------------------------------------------------

  async #ask(who, method, path, body) {
    for (let tries = 0; tries < 3000 && !this.#abandoned; tries++) {
      const answer = await who.call(method, '/console/api/' + path, body).catch(() => null)
      if (answer?.status === 401) {
        await who.signIn(who.name).catch(() => null)
      } else if (answer && answer.status < 500) {
        return { ...answer, first: tries === 0 }
      } else if (method === 'POST' && !answer) {
        return null // it may have happened, and it may not: whoever asks must look
      }
      await sleep(20)
    }
    throw new Error(`${path} was never answered`)
  }

  async #decide(who, dice, id) {
    const { body } = await this.#ask(who, 'GET', `cases/${id}`)
    let choice = dice.chance(0.6) && body.subject.kind === 'item' ? REMOVE : CLEAR
    const copies = body.item?.media.length ? await this.#ask(who, 'GET', `cases/${id}/copies?kind=${choice.kind}&policy=${choice.policy ?? ''}&limit=0`) : null
    if (copies?.body?.covered) choice = { ...choice, copies: { distance: copies.body.distance, expect: copies.body.covered } }
    for (;;) {
      const answer = await this.#ask(who, 'POST', `cases/${id}/decide`, choice)
      if (answer?.status === 200) return answer.body.decision
      if (answer?.body?.field === '/copies/expect') { // there are others by now: this one only
        choice = { ...choice, copies: undefined }
        continue
      }
      if (answer) return null // lapsed, erased or somebody else's by now
      const { body: now } = await this.#ask(who, 'GET', `cases/${id}`)
      if (now.decision) return now.decision.id
      if (now.state !== 'claimed') return null
    }
  }

  async #undo(who, decision, id) {
    const answer = await this.#ask(who, 'POST', `decisions/${decision}/undo`, {})
    if (answer) return answer.status === 200
    const { body } = await this.#ask(who, 'GET', `cases/${id}`)
    return body.decision?.id !== decision // none, or what somebody decided since
  }

  /** Reversed also means cleared by somebody else since; the reason tells our own. */
  async #reverse(who, decision, item) {
    const reason = `A mistake: ${decision}.`
    const answer = await this.#ask(who, 'POST', `decisions/${decision}/reverse`, { reason })
    if (answer) return answer.status === 200
    const { body } = await this.#ask(who, 'GET', `items/demo/${encodeURIComponent(item)}`)
    return body.decisions.some((d) => d.kind === 'reverse' && d.facts === reason)
  }

  async #moderator(name, dice) {
    const who = Object.assign(new Person(this.it.url), { name })
    while (!this.#stopping) {
      await sleep(20 + dice.below(40))
      const next = await this.#ask(who, 'POST', 'work/next', { queue: null })
      const c = next?.body?.case
      if (!c) continue
      if (dice.chance(0.05)) continue // goes away: the claim lapses
      const decision = await this.#decide(who, dice, c.id)
      if (!decision) continue
      // Who was not answered may have found a colleague's decision on the case: both remember one.
      const known = this.decided.get(decision) ?? { case: c.id, undone: false, reversed: false }
      this.decided.set(decision, known)
      if (dice.chance(0.25)) {
        if (await this.#undo(who, decision, c.id)) known.undone = true
      } else if (dice.chance(0.25) && c.item) {
        if (await this.#reverse(who, decision, c.item.id)) known.reversed = true
      }
    }
  }
}
