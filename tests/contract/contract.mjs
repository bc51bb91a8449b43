// api/openapi.yaml as a judge: every answer of the server is held to the operation that it belongs to.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { root } from './installation.mjs'

const require = createRequire(join(root, 'web/package.json'))
const Ajv = require('ajv/dist/2020.js').default
const YAML = require('yaml')

export const text = readFileSync(join(root, 'api/openapi.yaml'), 'utf8')
export const contract = YAML.parse(text, { merge: true, maxAliasCount: -1 })

const ajv = new Ajv({ strict: false, allErrors: true, validateFormats: false })
ajv.addSchema({ $id: 'contract', components: contract.components })
const compiled = new Map()
function validator(schema) {
  const key = JSON.stringify(schema)
  if (!compiled.has(key)) compiled.set(key, ajv.compile(JSON.parse(key.replaceAll('"#/components', '"contract#/components'))))
  return compiled.get(key)
}

export const deref = (x) => (x?.$ref ? x.$ref.slice(2).split('/').reduce((at, k) => at[k], contract) : x)

/** [{ id, method, path, pattern, op }] */
export const operations = Object.entries(contract.paths).flatMap(([path, item]) =>
  ['get', 'put', 'post', 'delete'].filter((m) => item[m]).map((m) => ({
    id: item[m].operationId,
    method: m.toUpperCase(),
    path,
    op: item[m],
    pattern: new RegExp('^' + path.replace(/\{[^}]+\}/g, '[^/]+') + '$'),
  })),
)

/** Which statuses of which operations were seen. */
export const seen = new Map()

/** Holds one answer to the contract. Problems must carry their own status and the request's id. */
export function judge(method, path, answer) {
  const plain = path.split('?')[0]
  const operation = operations.find((o) => o.method === method && o.pattern.test(plain))
  assert.ok(operation, `${method} ${plain} is not in the contract`)
  const response = deref(operation.op.responses[String(answer.status)])
  assert.ok(response, `${operation.id} does not document ${answer.status}: ${answer.text}`)
  if (!seen.has(operation.id)) seen.set(operation.id, new Set())
  seen.get(operation.id).add(answer.status)
  const type = answer.headers.get('content-type')?.split(';')[0] ?? null
  if (!response.content) {
    assert.equal(answer.text, '', `${operation.id} ${answer.status} has a body`)
    return operation
  }
  const media = response.content[type]
  assert.ok(media, `${operation.id} ${answer.status} has the type ${type}`)
  const bodies = type === 'application/x-ndjson' ? answer.text.trim().split('\n').map((l) => JSON.parse(l)) : answer.json ? [answer.json] : []
  for (const body of bodies) {
    const check = validator(media.schema)
    assert.ok(check(body), `${operation.id} ${answer.status}: ${ajv.errorsText(check.errors)}\n${JSON.stringify(body)}`)
  }
  if (type === 'application/problem+json') {
    assert.equal(answer.json.status, answer.status)
    assert.equal(answer.json.request, answer.headers.get('x-request-id'))
  }
  for (const [name, header] of Object.entries(response.headers ?? {}))
    if (deref(header).required) assert.ok(answer.headers.get(name), `${operation.id} ${answer.status} lacks ${name}`)
  return operation
}

export const schema = (name) => contract.components.schemas[name]
export const isValid = (name, value) => validator({ $ref: `#/components/schemas/${name}` })(value)
