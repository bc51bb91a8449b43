// The demo platform's people and what they publish, with what Tutela must say of each. All of it is invented: the
// phrases of policy/lists stand in for categories, coloured shapes for pictures. `node demo/scene.mjs` prints
// demo/expected.tsv.
import * as draw from './pictures.mjs'

const DAY = 86400e3

// Disguises that people use; each must change nothing.
const swap = (from, to) => {
  const map = new Map([...from].map((c, i) => [c, [...to][i]]))
  return s => [...s].map(c => map.get(c) ?? c).join('')
}
export const disguises = {
  plain: s => s,
  shouting: s => s.toUpperCase(),
  cyrillic: swap('aceopxyiABEHKMOPCTX', 'асеорхуіАВЕНКМОРСТХ'),
  wide: s => s.replace(/[!-~]/g, c => String.fromCodePoint(c.codePointAt(0) + 0xfee0)).replaceAll(' ', '\u3000'),
  unseen: s => [...s].join('\u200b'),
  soft: s => s.replace(/(\w)(\w)/g, '$1\u00ad$2'),
  lines: s => s.replaceAll(' ', '\n'),
  bold: s => s.replace(/[a-z]/g, c => String.fromCodePoint(0x1d41a + c.charCodeAt(0) - 97))
    .replace(/[A-Z]/g, c => String.fromCodePoint(0x1d400 + c.charCodeAt(0) - 65)),
}

const accounts = []
const account = (id, name, days, age_band = '18+', country = 'DE') => {
  accounts.push({ id, name, days, age_band, country })
  return id
}
const old = [['mira', 'FR'], ['tomas', 'CZ'], ['ingrid', 'SE'], ['paolo', 'IT'], ['zofia', 'PL'], ['liam', 'IE'], ['noor', 'NL'],
  ['elena', 'ES'], ['anton', 'AT'], ['greta', 'DE']].map(([n, c], i) => account(`u-${n}`, n, 400 + i * 37, '18+', c))
const fresh = ['quick1', 'quick2', 'quick3', 'quick4'].map((n, i) => account(`u-${n}`, n, 1 + i, '18+', 'DE'))
const young = [account('u-kit', 'kit', 300, '13-15', 'FI'), account('u-robin', 'robin', 200, '16-17', 'DK')]
const rough = ['bram', 'vera', 'otto'].map(n => account(`u-${n}`, n, 700, '18+', 'BE'))
const sellers = ['kiosk', 'bazaar'].map(n => account(`u-${n}`, n, 90, '18+', 'PT'))
const lurkers = ['wim', 'ada'].map(n => account(`u-${n}`, n, 120, 'unknown', 'LU'))

const items = []
let turn = 0
const anybody = () => old[turn++ % old.length]

/** expect: [verdict, policy, rule] or 'allow' */
function item(fields, expect, state = 'scanned') {
  const [verdict, policy, rule] = expect === 'allow' ? ['allow', '-', '-'] : expect
  const n = items.length + 1
  items.push({
    id: `flip-${String(n).padStart(3, '0')}`, kind: 'post', audience: 'public', pictures: [], views: n * 7 % 900, language: 'en',
    ...fields, expect: { state, verdict, policy, rule },
  })
  return items.at(-1)
}
const post = (author, body, expect, more = {}) => item({ author, text: { body }, ...more }, expect)

// Harmless posts, with words that come close to the lists and must not match.
const places = ['the canal', 'the old mill', 'platform four', 'the reading room', 'the ferry', 'the allotment', 'the tram depot',
  'the roof garden', 'the night market']
const things = ['Saw a heron at', 'Met my sister at', 'The light was beautiful at', 'Lost a blue glove near', 'Anyone else waiting at',
  'They are repairing the roof of', 'Free concert tonight at']
for (const t of things)
  for (const p of places) post(anybody(), `${t} ${p}.`, 'allow')
const answers = ['So true.', 'Where exactly?', 'I was there too!', 'Thank you for telling.', 'Not again.', 'Lovely.']
for (let i = 0; i < 18; i++)
  post(anybody(), answers[i % answers.length], 'allow', { kind: 'comment', parent: items[i * 2].id, thread: items[i * 2].id })
for (const body of ['Our demographic survey closes on Friday.', 'The demolition of the old town hall begins in May.',
  'A demo of the new app: demos are on Tuesdays.', 'Hate the rain, love the phrase book.', 'DEMO-HATE-PHRASEOLOGY is a course.',
  'Spam, eggs and spam: the cafe is open.', 'I go home by tram.', 'The front of the northern house is painted.'])
  post(anybody(), body, 'allow')

// Hatred: to a person, whatever the disguise.
const HATE = ['review', 'speech.hate', 'hate-phrase']
for (const d of Object.values(disguises)) post(rough[0], `Honestly: ${d('demo zorbs go home')}!`, HATE)
for (const d of ['plain', 'cyrillic', 'wide', 'unseen']) post(rough[1], disguises[d]('DEMO-HATE-PHRASE'), HATE)
post(rough[2], 'Nothing here.', HATE, { text: { title: 'demo zorbs are sour', body: 'Nothing here.' } })

// Bullying counts between people, not as a quotation.
const BULLY = ['review', 'cyberviolence.bullying', 'bullying']
const first = post(young[0], 'I painted this bridge today.', 'allow')
for (const d of ['plain', 'shouting', 'wide', 'unseen'])
  post(rough[2], disguises[d]('demo nobody likes you'), BULLY, { kind: 'comment', parent: first.id, thread: first.id })
post(rough[1], 'demo you are a snargle', BULLY, { kind: 'message', audience: 'direct' })
post(old[3], 'A play about bullying: "demo nobody likes you" is its title.', 'allow')

// Calls for violence and private data wait until a person has looked.
for (const d of ['plain', 'cyrillic', 'bold', 'lines', 'soft'])
  post(rough[0], `Tonight we ${disguises[d]('demo topple the snowman')}`, ['withhold', 'violence.incitement', 'call-for-violence'])
for (const d of ['plain', 'wide', 'unseen', 'shouting'])
  post(rough[1], disguises[d]('demo lives in 12 example street'), ['withhold', 'privacy', 'private-data'])

// Watched only: the rule runs in shadow.
for (const d of ['plain', 'wide']) post(sellers[0], disguises[d]('Room to let, demo no zorbs need apply'), 'allow')

// Fraud is blocked at once; impersonation only counts on a profile.
const PHISHING = ['block', 'fraud.phishing', 'phishing']
for (const d of Object.values(disguises)) post(sellers[1], d('demo your parcel waits for a fee'), PHISHING)
for (const d of ['plain', 'cyrillic', 'wide', 'soft']) post(sellers[1], disguises[d]('DEMO-PHISHING'), PHISHING)
item({ author: lurkers[0], kind: 'profile', text: { body: 'demo official support of the demo bank' } },
  ['review', 'fraud.hijacking', 'impersonation'])
item({ author: lurkers[1], kind: 'profile', text: { title: disguises.cyrillic('DEMO-OFFICIAL-SUPPORT') } },
  ['review', 'fraud.hijacking', 'impersonation'])
post(old[4], 'Is "demo official support of the demo bank" real?', 'allow')

// Forbidden goods.
for (const d of ['plain', 'shouting', 'cyrillic', 'unseen', 'bold'])
  post(sellers[0], disguises[d]('demo untaxed glimmer for sale'), ['withhold', 'products.prohibited', 'forbidden-goods'])

// Spam: new accounts are stopped, old ones may say it once.
for (const [i, d] of ['plain', 'wide', 'unseen', 'shouting'].entries())
  post(fresh[i], disguises[d]('demo buy followers'), ['block', 'terms.spam', 'spam-by-new-account'])
for (let i = 0; i < 3; i++) post(old[i], 'Ha: demo buy followers, they wrote to me.', 'allow')
for (let i = 5; i < 8; i++)
  post(old[i], 'demo buy followers and demo click the link in my profile', ['review', 'terms.spam', 'spam'])

// Terror: withheld, unless it is reported on.
for (const d of ['plain', 'cyrillic', 'wide', 'unseen', 'soft'])
  post(rough[2], disguises[d]('glory to the demo legion'), ['withhold', 'terror.content', 'terror-slogan'])
for (let i = 0; i < 2; i++)
  post(old[i + 2], 'DEMO-NEWS-REPORT: "demo front of the north" was painted on the station.',
    ['review', 'terror.content', 'terror-slogan-in-news'])
for (const d of ['plain', 'lines', 'shouting'])
  post(lurkers[0], disguises[d]('join the demo legion'), ['withhold', 'terror.recruiting', 'recruiting-in-groups'],
    { audience: 'group' })
post(old[6], 'The museum shows the poster "join the demo legion".', 'allow')

// Child safety: specialists see it first.
for (const d of ['plain', 'wide', 'unseen', 'cyrillic'])
  post(lurkers[1], disguises[d]('DEMO-CODED-OFFER'), ['withhold', 'csae.suspected', 'coded-offer'])
for (const d of ['plain', 'soft', 'bold'])
  post(lurkers[1], disguises[d]('demo how old are you really'), ['withhold', 'csae.grooming', 'adult-invites-in-private'],
    { kind: 'message', audience: 'direct' })
post(old[8], 'My uncle asks everybody: demo how old are you really?', 'allow')

// People in need get help and a person.
for (const d of ['plain', 'unseen', 'wide', 'lines'])
  post(d === 'plain' ? young[1] : old[9], `${disguises[d]('demo i cannot go on')} ...`, ['review', 'selfharm.suicide', 'cry-for-help'])

// Adult words: a label among adults, withheld when a minor writes them, nobody's business among friends.
for (const d of ['plain', 'cyrillic', 'wide'])
  post(sellers[0], disguises[d]('demo explicit offer'), ['review', 'terms.adult', 'adult-words'])
post(young[0], 'demo explicit offer', ['withhold', 'minors.age', 'adult-words-by-minor'])
post(young[1], disguises.unseen('demo explicit offer'), ['withhold', 'minors.age', 'adult-words-by-minor'], { audience: 'friends' })
post(old[1], 'demo explicit offer', 'allow', { audience: 'friends' })

// Pictures --------------------------------------------------------------------------------------------------------------

export const KNOWN = [9001, 9002, 9003] // stand in for pictures that a hotline knows
export const EXACT = () => draw.png(draw.flat(40, 90, 160)) // too even for a perceptual hash: known by its bytes
export const NEAR = 9101
const known = seed => draw.draw(seed, 320, 240)

const show = (author, bytes, expect, more = {}) =>
  item({ author, kind: 'image', text: { title: 'A picture' }, pictures: [].concat(bytes), ...more }, expect)
const unscannable = (author, bytes, why) => item({ author, kind: 'image', text: { title: why }, pictures: [bytes] },
  ['withhold', 'terms.unscannable', 'not-checked'], 'unscannable')

const BLOCK = ['block', 'csae.known', 'known-picture']
for (let i = 0; i < 16; i++) {
  const p = draw.draw(100 + i, 240 + i * 20, 200 + i * 10)
  const write = [draw.png, q => draw.jpeg(q, 80), draw.bmp, draw.gif][i % 4]
  show(anybody(), write(p), 'allow')
}
show(anybody(), draw.jpeg(draw.draw(200), 70, 6), 'allow', { text: { title: 'Turned by its camera' } })
for (let i = 0; i < 4; i++)
  show(anybody(), [0, 1, 2].map(k => draw.jpeg(draw.draw(300 + i * 3 + k), 75)), 'allow', { text: { title: 'An album' } })
show(lurkers[0], draw.png(known(KNOWN[0])), BLOCK)
show(lurkers[0], draw.jpeg(known(KNOWN[0]), 30), BLOCK)
show(lurkers[0], draw.jpeg(draw.resize(known(KNOWN[0]), 160, 120), 60), BLOCK)
show(lurkers[1], draw.png(draw.grey(known(KNOWN[1]))), BLOCK)
show(lurkers[1], draw.jpeg(draw.brighter(known(KNOWN[1]), 25), 75), BLOCK)
show(lurkers[1], draw.gif(known(KNOWN[1])), BLOCK)
show(lurkers[0], draw.bmp(draw.noise(known(KNOWN[2]), 5, 12)), BLOCK)
show(lurkers[0], draw.png(draw.resize(known(KNOWN[2]), 500, 375)), BLOCK)
show(lurkers[1], [draw.jpeg(draw.draw(401), 80), draw.jpeg(known(KNOWN[2]), 55)], BLOCK, { text: { title: 'One of two' } })
show(lurkers[1], [draw.png(draw.draw(402)), draw.png(draw.draw(403)), draw.png(known(KNOWN[1]))], BLOCK)
show(lurkers[0], EXACT(), BLOCK)
show(anybody(), draw.bmp(draw.flat(40, 90, 160)), 'allow', { text: { title: 'Just blue' } })
const near = draw.draw(NEAR, 320, 240)
const NEARLY = ['withhold', 'csae.suspected', 'near-picture-by-new-account']
show(fresh[0], draw.png(draw.cover(near, 77, 0.01)), NEARLY)
show(fresh[1], draw.png(draw.cover(near, 77, 0.02)), NEARLY)
show(fresh[2], draw.png(draw.resize(near, 160, 120)), NEARLY)
show(old[7], draw.png(draw.cover(near, 77, 0.02)), 'allow')
show(fresh[3], draw.png(draw.cover(near, 77, 0.6)), 'allow')

const whole = draw.png(draw.draw(501))
const photo = draw.jpeg(draw.draw(502), 85)
unscannable(anybody(), whole.subarray(0, whole.length >> 1), 'Half a PNG')
unscannable(anybody(), photo.subarray(0, 400), 'The beginning of a JPEG')
unscannable(anybody(), draw.hugePng(), 'Far too large')
unscannable(anybody(), Buffer.concat([whole.subarray(0, 60), Buffer.alloc(300, 0x5a)]), 'A PNG with rubbish in it')
unscannable(anybody(), Buffer.concat([photo.subarray(0, 4), Buffer.alloc(600, 0x33)]), 'A JPEG with rubbish in it')

// Words and picture together: the graver one leads.
show(sellers[0], draw.jpeg(draw.draw(601), 80), ['withhold', 'products.prohibited', 'forbidden-goods'],
  { text: { title: 'New stock', body: 'demo untaxed glimmer for sale' } })
show(lurkers[0], draw.jpeg(known(KNOWN[0]), 80), BLOCK, { text: { title: 'demo explicit offer' } })

// A live stream: three moments of it, each with its verdict; the case is the stream's.
const moments = [['Welcome to the market at night!', 'allow'], ['And now all together: demo zorbs go home', HATE], ['We are back after the break.', 'allow']]
for (const [i, [body, expect]] of moments.entries())
  item({ author: rough[1], kind: 'live_stream', text: { body }, pictures: [draw.jpeg(draw.draw(701 + i), 75)], views: 120 + i * 80,
    stream: { id: 'flip-live-1', seq: i + 1 } }, expect)

// What users report. It opens a case and leaves the verdict as it is, unless those who know or several say so.
const harmless = items.filter(i => i.expect.verdict === 'allow')
const flags = harmless.slice(4, 12).map((i, n) => ({
  id: `flag-${n + 1}`, subject: { kind: 'item', id: i.id }, kind: ['user', 'user', 'notice', 'trusted_flagger'][n % 4],
  policy: ['terms.spam', 'speech.hate', 'ip.copyright', 'consumer.pricing'][n % 4], reporter: { id: old[n % old.length] },
  comment: 'Please look at this.',
}))
for (let i = 0; i < 3; i++)
  flags.push({ id: `flag-${9 + i}`, subject: { kind: 'item', id: harmless[20].id }, kind: 'user', reporter: { id: old[i] },
    comment: 'Three of us think that this is wrong.' })
flags.push({ id: 'flag-12', subject: { kind: 'account', id: 'u-bram' }, kind: 'user', policy: 'cyberviolence.harassment',
  reporter: { id: 'u-noor' }, comment: 'Writes to everybody I know.' })
const reported = (id, rule) => Object.assign(items.find(i => i.id === id).expect, { verdict: 'review', policy: 'terms', rule })
for (const f of flags.filter(f => f.kind !== 'user')) reported(f.subject.id, 'reported-by-trusted-flagger')
reported(harmless[20].id, 'reported-by-several')
const flagged = new Set(flags.map(f => f.subject.id))
for (const i of items) i.expect.case = flagged.has(i.id) ? 'flag' : i.expect.rule === '-' ? '-' : 'rule'

export { accounts, items, flags }

export const columns = ['item', 'kind', 'pictures', 'state', 'verdict', 'policy', 'rule', 'case']
export const row = i => [i.id, i.kind, i.pictures.length, i.expect.state, i.expect.verdict, i.expect.policy, i.expect.rule, i.expect.case]

if (import.meta.url === `file://${process.argv[1]}`)
  process.stdout.write([columns, ...items.map(row)].map(r => r.join('\t') + '\n').join(''))

export const at = (days, now = Date.now()) => new Date(now - days * DAY).toISOString()
