// One sample request for every row of src/api/routes.tbl.h, routes_hma.tbl.h and routes_console.tbl.h, with a valid body and ids that exist.
// permissions.test.mjs sends each as everybody; a route without a row here fails it.
//
//   path(x, who)    the parts in braces; x holds what the test made. Without it the row's path stands as it is.
//   body(x, who)    JSON; without it none is sent
//   type            of the body, when it is a file's bytes
//   or              other statuses, beside success, that whoever may can get in this state of things
//   sealed(x)       the path when it names something sealed: a lead without clearance gets 403
//   open            why there is no such path: a sentence
//   spends          the request ends the session that sends it: a fresh one is used
//   stream          the answer does not end
//   foreign         platform routes: what a key of another platform, or a test key, gets for these ids
//   trial           what a test key gets, when that is something else
//   query, form     of the HMA API's routes: behind the path; fields of a multipart body
const removed = { kind: 'act', policy: 'speech.hate', ground: 'illegal', actions: [{ name: 'remove', params: null }], facts: '', note: '' }
const everywhere = 'names nothing that has a queue or policy'
const transport = 'says that something left; what it says is hidden for whom may not see it'
const oneself = 'about oneself only'
const person = 'about a person, not about evidence'

export const CONSOLE = {
  'POST session': { body: () => ({ name: 'nobody', password: 'not the password' }), or: [401, 429], open: everywhere },
  'GET session': { open: everywhere },
  'PUT session': { body: () => ({ prefs: { theme: 'dark' } }), open: everywhere },
  'DELETE session': { spends: true, open: everywhere },

  'POST session/passkey': { body: () => ({}), or: [409], open: everywhere },
  'POST session/second': { body: () => ({ code: '000000' }), or: [401, 410, 422], open: everywhere },
  'POST session/prove/ask': { body: () => ({}), or: [409], open: oneself },
  'POST session/prove': { body: () => ({ code: '000000' }), or: [409, 410, 422], open: oneself },
  'GET session/security': { open: oneself },
  'POST session/totp': { body: () => ({}), or: [409], open: oneself },
  'PUT session/totp': { body: () => ({ code: '000000' }), or: [404, 409, 410, 422], open: oneself },
  'POST session/totp/remove': { body: () => ({ password: 'not the password' }), or: [403, 404, 409, 422], open: oneself },
  'POST session/passkeys/begin': { body: () => ({}), or: [409], open: oneself },
  'POST session/passkeys': { body: () => ({ name: 'x', client_data: 'AAAA', attestation: 'AAAA' }), or: [409, 410, 422], open: oneself },
  'POST session/passkeys/{id}/remove': { path: () => ['AAAA'], body: () => ({ password: 'not the password' }), or: [403, 404, 422], open: oneself },
  'POST session/recovery': { body: () => ({ password: 'not the password' }), or: [403, 409, 422], open: oneself },
  'PUT session/password': { body: () => ({ password: 'not the password', new_password: 'correct horse staple' }), or: [403, 422], open: oneself },
  'DELETE session/sessions/{id}': { path: () => ['AAAA'], or: [404], open: oneself },
  'POST session/sessions/end-others': { body: () => ({}), open: oneself },

  'POST work/next': { body: () => ({ queue: null }), open: 'gives only what the person may work on' },
  'GET cases/{id}': { path: (x) => [x.case], sealed: (x) => [x.sealedCase] },
  'GET cases/{id}/copies': { path: (x) => [x.case], sealed: (x) => [x.sealedCase] },
  'POST cases/{id}/claim': { path: (x) => [x.case], body: () => ({}), or: [409], sealed: (x) => [x.sealedCase] },
  'POST cases/{id}/heartbeat': { path: (x) => [x.case], body: () => ({}), or: [409], open: 'only who holds it; a holder whom it was closed to is tested in access.test.mjs' },
  'POST cases/{id}/release': { path: (x) => [x.case], body: () => ({}), or: [409], open: 'shows nothing; whoever holds it may always give it back' },
  'POST cases/{id}/skip': { path: (x) => [x.case], body: () => ({ reason: 'later' }), or: [409], open: 'shows nothing; only who holds it' },
  'POST cases/{id}/note': { path: (x) => [x.case], body: () => ({ body: 'a note' }), sealed: (x) => [x.sealedCase] },
  'POST cases/{id}/draft': { path: (x) => [x.case], body: () => ({ policy: null, actions: [], facts: '', note: '' }), or: [409], open: 'only who holds it' },
  'POST cases/{id}/move': { path: (x) => [x.case], body: () => ({ queue: 'conduct', reason: 'here' }), or: [403, 409], sealed: (x) => [x.sealedCase] },
  'POST cases/{id}/decide': { path: (x) => [x.case], body: () => removed, or: [409], open: 'only who holds it; and it cannot be claimed' },
  'POST decisions/{id}/undo': { path: (x) => [x.decision], body: () => ({}), or: [403, 409], open: 'only who decided' },
  'POST decisions/{id}/reverse': { path: (x) => [x.decision], body: () => ({ reason: 'a mistake' }), or: [409], sealed: (x) => [x.sealedDecision] },

  'GET crisis': { open: 'what may not be seen is left out' },
  'POST crisis': { body: (x) => ({ case: x.case, title: 'a clip', policy: 'speech.hate', effect: 'review', distance: 0, hours: 1 }), open: 'the case and the policy in the body are asked: again.test.mjs' },
  'POST crisis-known': { body: () => ({}), or: [415], open: 'a file of the person; nothing that is ours is shown' },
  'POST crisis-preview': { body: (x) => ({ case: x.case, distance: 0 }), open: 'the case in the body is asked: again.test.mjs' },
  'GET crisis/{id}': { path: (x) => [x.watch], sealed: (x) => [x.sealedWatch] },
  'PATCH crisis/{id}': { path: (x) => [x.watch], body: () => ({ hours: 2 }), sealed: (x) => [x.sealedWatch] },
  'GET crisis/{id}/preview': { path: (x) => [x.watch], sealed: (x) => [x.sealedWatch] },
  'POST crisis/{id}/end': { path: (x) => [x.watch], body: () => ({}), or: [409], sealed: (x) => [x.sealedWatch] },
  'GET queues': { open: 'figures of what may not be seen are null' },
  'GET queues/{name}/cases': { path: () => ['conduct'], sealed: () => ['child-safety'] },
  'GET items/search': { open: 'what may not be seen is left out: access.test.mjs' },
  'GET items/{platform}/{ext_id}': { path: (x) => ['demo', x.item], sealed: (x) => ['demo', x.sealedItem] },
  'GET accounts/{platform}/{ext_id}': { path: () => ['demo', 'u-1'], sealed: (x) => ['demo', x.sealedAccount] },
  'GET accounts/{platform}/{ext_id}/settings': { path: () => ['demo', 'u-1'], sealed: (x) => ['demo', x.sealedAccount] },
  'GET media/{hex}/tiny': { path: (x) => [x.media], sealed: (x) => [x.sealedMedia] },
  'POST media/{hex}/reveal': { path: (x) => [x.media], body: () => ({}), sealed: (x) => [x.sealedMedia] },
  'GET /console/media/{token}': { path: (x, who) => [x.reveal[who.role]], or: [410], open: 'made for one person, who was cleared; asked again: access.test.mjs' },

  'GET banks': { open: 'what may not be seen is left out' },
  'POST banks': { body: (x, who) => ({ name: `b-${who.role}`, kind: 'text', policy: 'terms.spam', source: 'me', distance: null }), open: 'the policy in the body is asked: access.test.mjs' },
  'GET banks/{id}': { path: (x) => [x.bank], sealed: (x) => [x.sealedBank] },
  'PATCH banks/{id}': { path: (x) => [x.bank], body: () => ({ source: 'ours' }), sealed: (x) => [x.sealedBank] },
  'DELETE banks/{id}': { path: (x) => [x.bank], body: () => ({ confirm: 'not its name' }), or: [422], sealed: (x) => [x.sealedBank] },
  'GET banks/{id}/history': { path: (x) => [x.bank], sealed: (x) => [x.sealedBank] },
  'POST banks/{id}/known': { path: (x) => [x.bank], body: () => ({}), type: 'application/octet-stream', or: [422], sealed: (x) => [x.sealedBank] },
  'POST banks/{id}/entries': { path: (x) => [x.bank], body: (x, who) => ({ form: 'phrase', value: `term of ${who.role}`, note: null }), sealed: (x) => [x.sealedBank] },
  'PATCH banks/{id}/entries/{eid}': { path: (x) => [x.bank, x.entry], body: () => ({ note: 'seen' }), or: [404], sealed: (x) => [x.sealedBank, x.entry] },
  'DELETE banks/{id}/entries/{eid}': { path: (x) => [x.bank, x.entry], or: [404], sealed: (x) => [x.sealedBank, x.entry] },
  'POST banks/{id}/bulk': { path: (x) => [x.bank], body: () => ({ do: 'count', exchange: 'none' }), sealed: (x) => [x.sealedBank] },
  'GET banks/{id}/rescan': { path: (x) => [x.bank], sealed: (x) => [x.sealedBank] },
  'POST banks/{id}/rescan': { path: (x) => [x.bank], body: () => ({ do: 'count' }), sealed: (x) => [x.sealedBank] },
  'POST banks/{id}/import': { path: (x) => [x.bank], body: () => ({ text: 'one line', last: true }), sealed: (x) => [x.sealedBank] },
  'POST banks/{id}/export': { path: (x) => [x.bank], body: () => ({ format: 'csv' }), sealed: (x) => [x.sealedBank] },

  'GET deliveries': { open: transport },
  'POST deliveries/{id}/replay': { path: (x) => [x.delivery], body: () => ({}), or: [409], sealed: (x) => [x.sealedDelivery] },
  'GET alarms': { open: everywhere },
  'POST alarms/{id}/acknowledge': { path: (x) => [x.alarm], body: () => ({}), or: [409], open: everywhere },
  'POST alarms/{id}/close': { path: (x) => [x.alarm], body: () => ({}), or: [409], open: everywhere },
  'GET keys': { open: everywhere },
  'POST keys': { body: () => ({ platform: 'demo', live: false, label: 'x', scopes: ['read'], rate_per_s: 0, expires_at: null }), open: everywhere },
  'DELETE keys/{id}': { path: (x) => [x.key], or: [404, 409], open: everywhere },

  'PUT keys/{id}': { path: (x) => [x.key], body: () => ({ label: 'x', scopes: ['read'] }), or: [409], open: everywhere },
  'POST keys/{id}/rotate': { path: (x) => [x.key], body: () => ({}), or: [409], open: everywhere },

  'GET people': { open: person },
  'POST people': { body: (x, who) => ({ name: `made-by-${who.role}`, role: 'viewer' }), open: person },
  'GET people/{id}': { path: (x) => [x.person], open: person },
  'PATCH people/{id}': { path: (x) => [x.person], body: () => ({ skills: ['terror'] }), open: person },
  'POST people/{id}/password': { path: (x) => [x.person], body: () => ({}), open: person },
  'DELETE people/{id}/factors': { path: (x) => [x.person], open: person },
  'DELETE people/{id}/sessions': { path: (x) => [x.person], open: person },

  'GET approvals': { open: 'only what the person could have done: approvals.test.mjs' },
  'POST approvals': { body: () => ({ method: 'PUT', path: '/console/api/switches', body: { name: 'observe_only', value: 'off' }, reason: 'x' }), or: [409], open: 'asks the route that is proposed' },
  'POST approvals/{id}/confirm': { path: (x) => [x.case], body: () => ({}), or: [404], open: 'asks the route that was proposed: approvals.test.mjs' },
  'POST approvals/{id}/refuse': { path: (x) => [x.case], body: () => ({ note: 'x' }), or: [404], open: 'asks the route that was proposed' },
  'POST approvals/{id}/withdraw': { path: (x) => [x.case], body: () => ({}), or: [404], open: 'only who proposed it' },

  'GET minors/snapshots': { or: [422], open: 'figures only' },
  'GET minors/snapshots/{id}': { path: () => ['perm'], or: [404, 422], open: 'figures only' },
  'GET minors/mend': { or: [422], open: 'settings of accounts, and no evidence' },
  'GET minors/migrations': { or: [422], open: 'figures only' },
  'POST minors/migrations': { body: () => ({ platform: 'demo', percent: 1 }), or: [409], open: everywhere },
  'POST minors/migrations/{id}/pause': { path: () => ['00000000-0000-7000-8000-000000000000'], body: () => ({}), or: [404, 409], open: everywhere },
  'POST minors/migrations/{id}/resume': { path: () => ['00000000-0000-7000-8000-000000000000'], body: () => ({}), or: [404, 409], open: everywhere },
  'POST minors/migrations/{id}/undo': { path: () => ['00000000-0000-7000-8000-000000000000'], body: () => ({}), or: [404, 409], open: everywhere },
  'GET policies': { open: everywhere },
  'GET actions': { open: everywhere },
  'GET rules': { open: 'hits under what may not be seen are null' },
  'GET audit': { open: 'who did what to which id; nothing of what it is' },
  'POST audit/export': { body: () => ({}), or: [422], open: 'the same rows, and hashes' },
  'GET figures': { open: 'policies that may not be seen are left out' },
  'GET interventions': { open: 'figures by topic; nothing of cases' },
  'GET switches': { open: everywhere },
  'PUT switches': { body: () => ({ name: 'observe_only', value: 'off' }), open: everywhere },
  'GET live': { stream: true, open: 'counts what may be seen: access.test.mjs' },
}

const ownWorld = 'writes into the world of the key that asks; what others hold stays'
export const PLATFORM = {
  'POST /v1/items': { body: () => ({ id: 'perm-1', kind: 'post', author: { id: 'u-9' }, text: { body: 'harmless' } }), foreign: ownWorld },
  'POST /v1/items:batch': { body: () => ({ id: 'perm-2', kind: 'post', author: { id: 'u-9' }, text: { body: 'harmless' } }), type: 'application/x-ndjson', foreign: ownWorld },
  'POST /v1/items:reach': { body: (x) => ({ items: [x.item] }), foreign: ownWorld },
  'GET /v1/items/{id}': { path: (x) => [x.item], foreign: 404 },
  'DELETE /v1/items/{id}': { path: (x) => [x.spare], or: [404], foreign: 404 },
  'PUT /v1/items/{id}/counters': { path: (x) => [x.item], body: () => ({ views: 5 }), foreign: 404 },
  'PUT /v1/media': { bytes: (x) => x.picture, foreign: ownWorld },
  'POST /v1/flags': { body: (x) => ({ id: 'flag-1', subject: { kind: 'item', id: x.item }, kind: 'user' }), foreign: 404 },
  'PUT /v1/accounts/{id}': { path: () => ['u-1'], body: () => ({ age_band: '18+' }), foreign: ownWorld },
  'DELETE /v1/accounts/{id}': { path: (x) => [x.spareAccount], or: [404], foreign: 404 },
  'PUT /v1/accounts/{id}/age': { path: () => ['u-1'], body: () => ({ answer: 'accept', age_band: '18+' }), or: [404, 409], foreign: ownWorld },
  'PUT /v1/accounts/{id}/guardians/{guardian}': { path: () => ['u-ward', 'parent-1'], foreign: ownWorld },
  'PUT /v1/accounts/{id}/guardians/{guardian}/settings': { path: () => ['u-ward', 'parent-1'], body: () => ({ settings: { comments: 'nobody' } }), or: [404], foreign: ownWorld },
  'DELETE /v1/accounts/{id}/guardians/{guardian}': { path: () => ['u-ward', 'parent-1'], query: '?by=holder', or: [404], foreign: ownWorld },
  'GET /v1/accounts/{id}/settings': { path: () => ['u-1'], foreign: ownWorld },
  'PUT /v1/accounts/{id}/settings': { path: () => ['u-1'], body: () => ({ settings: { comments: 'nobody' } }), foreign: ownWorld },
  'PUT /v1/relations': { body: () => ({ from: 'u-1', to: 'u-2', kind: 'follow' }), foreign: ownWorld },
  'PUT /v1/relations:batch': { body: () => ({ from: 'u-1', to: 'u-2', kind: 'block' }), type: 'application/x-ndjson', foreign: ownWorld },
  'POST /v1/search/check': { body: () => ({ query: 'harmless', account: 'u-1' }), foreign: ownWorld },
  'PUT /v1/minors/snapshots/{id}': { path: () => ['snap-1'], body: () => ({ account: 'u-1', settings: { comments: 'nobody' } }), type: 'application/x-ndjson', foreign: ownWorld },
  'GET /v1/minors/snapshots': { foreign: ownWorld },
  'GET /v1/minors/snapshots/{id}': { path: () => ['snap-1'], or: [404], foreign: ownWorld },
  'GET /v1/minors/snapshots/{id}/findings': { path: () => ['snap-1'], or: [404], foreign: ownWorld },
  'POST /v1/minors/preview': { body: () => ({}), type: 'application/yaml', or: [400], foreign: ownWorld },
  'GET /v1/minors/mend': { foreign: ownWorld },
  'POST /v1/contacts/check': { body: () => ({ from: 'u-1', to: 'u-2', kind: 'follow' }), foreign: ownWorld },
  'POST /v1/contacts/check:batch': { body: () => ({ from: 'u-1', to: 'u-2', kind: 'comment' }), type: 'application/x-ndjson', foreign: ownWorld },
  'GET /v1/accounts/{id}/comment-filter': { path: () => ['u-1'], foreign: ownWorld },
  'PUT /v1/accounts/{id}/comment-filter': { path: () => ['u-1'], body: () => ({ words: ['harmless'] }), foreign: ownWorld },
  'POST /v1/comments/check': { body: () => ({ author: 'u-8', owner: 'u-9', text: 'harmless' }), foreign: ownWorld },
  'POST /v1/match': { body: () => ({ text: { body: 'harmless' } }), foreign: ownWorld },
  'POST /v1/actions/{id}/confirm': { path: (x) => [x.action], body: () => ({ outcome: 'done' }), or: [409], foreign: 404 },
  'GET /v1/events': { stream: true, foreign: ownWorld },
  'GET /v1/openapi.yaml': { foreign: ownWorld },
}

// The HMA API: banks are the installation's, so another platform's key may do the same; a test key changes none.
const shared = 'banks belong to the installation'
const hash = '4d2934f6e1858f5a185772950e3d310fa36856427b968ddc51e56f3dc483638f'
const nowhere = '?url=http%3A%2F%2F127.0.0.1%3A1%2Fa.png'
const photo = (x) => ({ photo: x.picture })
export const HMA = {
  'GET /status': {},
  'GET /status/live': {},
  'GET /site-map': {},
  'GET /openapi/openapi.json': {},
  'GET /h/hash': { query: nowhere, or: [400], foreign: shared },
  'POST /h/hash': { form: photo, foreign: shared },
  'GET /m/raw_lookup': { query: `?signal=${hash}&signal_type=pdq`, foreign: shared },
  'GET /m/lookup': { query: `?signal=${hash}&signal_type=pdq`, foreign: shared },
  'POST /m/lookup': { form: photo, foreign: shared },
  'GET /m/index/status': { foreign: shared },
  'POST /m/compare': { body: () => ({ pdq: [hash, hash] }), foreign: shared },
  'GET /c/banks': { foreign: shared },
  'POST /c/banks': { body: () => ({ name: 'PERM', policy: 'terms.spam' }), or: [403], foreign: shared, trial: 403 },
  'GET /c/bank/{name}': { path: () => ['PERM_HELD'], foreign: shared },
  'PUT /c/bank/{name}': { path: () => ['PERM_HELD'], body: () => ({ enabled: true }), foreign: shared, trial: 403 },
  'DELETE /c/bank/{name}': { path: () => ['PERM_NONE'], foreign: shared, trial: 403 },
  'POST /c/bank/{name}/content': { path: () => ['PERM_HELD'], form: photo, foreign: shared, trial: 403 },
  'POST /c/bank/{name}/signal': { path: () => ['PERM_HELD'], body: () => ({ pdq: hash }), foreign: shared, trial: 403 },
  'GET /c/bank/{name}/content/{id}': { path: (x) => ['PERM_HELD', x.content], foreign: shared },
  'PUT /c/bank/{name}/content/{id}': { path: (x) => ['PERM_HELD', x.content], body: () => ({ note: 'x' }), foreign: shared, trial: 403 },
  'DELETE /c/bank/{name}/content/{id}': { path: () => ['PERM_HELD', 999999999], foreign: shared, trial: 403 },
  'GET /c/exchanges/apis': { foreign: shared },
  'GET /c/exchanges/api/{api}': { path: () => ['none'], or: [404], foreign: shared },
  'POST /c/exchanges/api/{api}': { path: () => ['none'], body: () => ({}), or: [404], foreign: shared },
  'GET /c/exchanges/api/{api}/schema': { path: () => ['none'], or: [404], foreign: shared },
  'GET /c/exchanges': { foreign: shared },
  'POST /c/exchanges': { body: () => ({ bank: 'A', api: 'none', api_json: {} }), or: [400], foreign: shared },
  'GET /c/exchange/{name}': { path: () => ['none'], or: [404], foreign: shared },
  'PUT /c/exchange/{name}': { path: () => ['none'], body: () => ({ enabled: true }), or: [404], foreign: shared },
  'DELETE /c/exchange/{name}': { path: () => ['none'], foreign: shared },
  'GET /c/exchange/{name}/status': { path: () => ['none'], or: [404], foreign: shared },
  'GET /c/signal_type': { foreign: shared },
  'PUT /c/signal_type/{type}': { path: () => ['pdq'], body: () => ({ enabled_ratio: '1' }), foreign: shared, trial: 403 },
  'GET /c/signal_type/index': { foreign: shared },
  'GET /c/content_type': { foreign: shared },
}
