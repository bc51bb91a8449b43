// The demo platform's pages: plain HTML, no script. The feed can be shown as it was posted and as it is now.

const style = `
:root { color-scheme: light dark; --ink: #1c2024; --dim: #687076; --line: #e3e6e8; --paper: #fbfcfd; --card: #fff; --mark: #0b6e4f;
  --warn: #a15c00; --stop: #a3262a }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6e9eb; --dim: #9aa4ab; --line: #2b3136; --paper: #14171a; --card: #1b1f23; --mark: #63c6a3; --warn: #e0a458; --stop: #f08a8d } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif }
header { display: flex; gap: 1.5rem; align-items: baseline; padding: 1rem 1.5rem; border-bottom: 1px solid var(--line) }
header b { font-size: 1.25rem; letter-spacing: -.02em }
a { color: inherit; text-underline-offset: .2em } a:not(:hover) { text-decoration: none }
nav a[aria-current] { color: var(--mark); font-weight: 600 }
nav { display: flex; gap: 1rem }
main { max-width: 46rem; margin: 0 auto; padding: 1.5rem }
article { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1rem 1.25rem; margin: 0 0 1rem }
article header { padding: 0; border: 0; justify-content: space-between; color: var(--dim); font-size: .875rem }
article p { margin: .5rem 0 0; white-space: pre-wrap; overflow-wrap: anywhere }
article img { max-width: 100%; height: auto; max-height: 16rem; border-radius: 6px; margin: .75rem .5rem 0 0 }
.chip { font-size: .8125rem; font-weight: 600 } .chip.ok { color: var(--dim); font-weight: 400 } .chip.warn { color: var(--warn) }
.chip.stop { color: var(--stop) } .hidden { color: var(--dim); font-style: italic }
table { width: 100%; border-collapse: collapse; background: var(--card); font-size: .9375rem } td, th { text-align: left; padding: .5rem .75rem;
  border-bottom: 1px solid var(--line); vertical-align: top } th { font-weight: 600; color: var(--dim) }
article p + h2 { margin-top: 1rem } time { white-space: nowrap; color: var(--dim) } article h2 { font-size: 1.0625rem; margin: .5rem 0 0 }
.sum { color: var(--dim); margin: 0 0 1rem }
`

const escape = s => String(s).replace(/[&<>"']/g, c => `&#${c.charCodeAt(0)};`)

// Name of an action -> what people see, and whether the content is still shown.
const WORDS = {
  remove: ['removed', 'stop', false], withhold: ['not shown until it is reviewed', 'stop', false], disable: ['disabled', 'stop', false],
  stop_stream: ['stopped', 'stop', false], age_restrict: ['adults only', 'warn', true], demote: ['shown less', 'warn', true],
  no_recommendation: ['not recommended', 'warn', true], label: ['labelled', 'warn', true], warning_screen: ['warning screen', 'warn', true],
  restrict_interaction: ['no comments', 'warn', true], comment_friction: ['slow comments', 'warn', true],
  search_intervention: ['help is shown', 'warn', true], limit_contact: ['contact limited', 'warn', true],
  account_suspend: ['suspended', 'stop', true], account_terminate: ['terminated', 'stop', true],
}
const words = name => WORDS[name] ?? [name.replaceAll('_', ' '), 'warn', true]

const chips = list => list.length === 0
  ? '<span class="chip ok">visible</span>'
  : `<span>${list.map(a => `<span class="chip ${words(a.name)[1]}">${escape(words(a.name)[0])}</span>`).join(' · ')}</span>`

function frame(title, here, body) {
  const links = [['/', 'Now'], ['/restricted', 'Restricted'], ['/before', 'As posted'], ['/accounts', 'Accounts'], ['/log', 'Webhooks']]
  const nav = links.map(([to, name]) => `<a href="${to}"${to === here ? ' aria-current="page"' : ''}>${name}</a>`).join('')
  return {
    type: 'text/html; charset=utf-8',
    body: `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${escape(title)} - flip</title><link rel="stylesheet" href="/style.css"></head>
<body><header><b>flip</b><nav>${nav}</nav></header><main>${body}</main></body></html>`,
  }
}

/** A statement of reasons: the first line of each part is its heading. */
const letter = text => text.split('\n\n').map(part => {
  const [head, ...rest] = part.split('\n')
  return rest.length ? `<h2>${escape(head)}</h2><p>${escape(rest.join('\n'))}</p>` : `<p>${escape(part)}</p>`
}).join('')

function mime(bytes) {
  const head = bytes.subarray(0, 3).toString('latin1')
  return { '\x89PN': 'image/png', '\xff\xd8\xff': 'image/jpeg', GIF: 'image/gif' }[head] ?? (head.startsWith('BM') ? 'image/bmp' : 'application/octet-stream')
}

export function pages({ accounts, items, content, state, holding }) {
  const names = new Map(accounts.map(a => [a.id, a.name]))

  function article(i, now) {
    const held = now ? holding('item', i.id) : []
    const shown = held.every(a => words(a.name)[2])
    const text = Object.entries(i.text ?? {})
      .map(([field, t]) => field === 'title' ? `<h2>${escape(t)}</h2>` : `<p>${escape(t)}</p>`).join('')
    const pictures = i.pictures.map((_, n) => `<img src="/pictures/${i.id}/${n}" alt="A drawn picture" loading="lazy">`).join('')
    const body = shown ? text + pictures : '<p class="hidden">This is not shown.</p>'
    return `<article><header><a href="/items/${i.id}">${escape(names.get(i.author) ?? i.author)} · ${escape(i.kind)}</a>${
      now ? chips(held) : ''}</header>${body}</article>`
  }

  const newestFirst = items.toReversed?.() ?? [...items].reverse()

  function feed(title, here) {
    const held = new Set(items.filter(i => holding('item', i.id).length > 0))
    const now = here !== '/before'
    const list = here === '/restricted' ? newestFirst.filter(i => held.has(i)) : newestFirst
    const sum = now ? `${items.length} items, ${held.size} under a restriction.` : `${items.length} items, as they were posted.`
    return frame(title, here, `<p class="sum">${sum}</p>${list.map(i => article(i, now)).join('')}`)
  }

  function people() {
    const rows = accounts.map(a => {
      const mine = items.filter(i => i.author === a.id)
      const held = mine.filter(i => holding('item', i.id).length > 0).length
      return `<tr><td>${escape(a.name)}</td><td>${escape(a.age_band)}</td><td>${mine.length}</td><td>${held}</td><td>${
        chips(holding('account', a.id)).replace('visible', 'active')}</td></tr>`
    }).join('')
    return frame('Accounts', '/accounts', `<table><thead><tr><th>Account<th>Age<th>Items<th>Restricted<th>State</tr></thead><tbody>${rows}</tbody></table>`)
  }

  function log() {
    const rows = Object.values(state.actions).reverse().map(a =>
      `<tr><td><time datetime="${escape(a.at)}">${escape(a.at.slice(11, 19))}</time></td><td>${escape(a.name)}${a.reverses ? ' (takes back)' : ''}</td><td>${escape(a.subject.id)}</td><td>${
        escape(a.policy)}</td><td>${a.confirmed ? 'confirmed' : 'received'}</td></tr>`).join('')
    return frame('Webhooks', '/log', `<p class="sum">${Object.keys(state.seen).length} webhooks.</p><table><thead><tr><th>At<th>Action<th>Subject<th>Policy<th>State</tr></thead><tbody>${rows}</tbody></table>`)
  }

  function one(id) {
    const i = content.get(id)
    if (!i) return null
    const told = new Map(holding('item', id).filter(a => a.statement?.text).map(a => [a.decision, a.statement.text])) // one a decision
    return frame(id, '', article(i, true) + [...told.values()].map(text => `<article>${letter(text)}</article>`).join(''))
  }

  function picture(id, n) {
    const bytes = content.get(id)?.pictures[n]
    return bytes ? { type: mime(bytes), body: bytes } : null
  }

  return url => {
    const [, first, second, third] = url.pathname.split('/')
    if (url.pathname === '/') return feed('Now', '/')
    if (url.pathname === '/restricted') return feed('Restricted', '/restricted')
    if (url.pathname === '/before') return feed('As posted', '/before')
    if (url.pathname === '/accounts') return people()
    if (url.pathname === '/log') return log()
    if (url.pathname === '/style.css') return { type: 'text/css', body: style }
    if (first === 'items' && second) return one(decodeURIComponent(second))
    if (first === 'pictures' && third) return picture(second, Number(third))
    return null
  }
}
