// Holds answers to the types of web/console/src/api.ts: exactly these members, each of its type. That file and those that
// it passes on are read with the TypeScript compiler, so the contract is written once.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const ts = require('typescript')
const types = new Map()
function readTypes(url) {
  for (const node of ts.createSourceFile(url.pathname, readFileSync(url, 'utf8'), ts.ScriptTarget.Latest, true).statements) {
    if (ts.isExportDeclaration(node)) readTypes(new URL(node.moduleSpecifier.text, url))
    if (!ts.isInterfaceDeclaration(node) && !ts.isTypeAliasDeclaration(node)) continue
    if (types.has(node.name.text)) throw new Error(`type ${node.name.text} twice`)
    types.set(node.name.text, node)
  }
}
readTypes(new URL('../../web/console/src/api.ts', import.meta.url))

const patterns = {
  Id: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/,
  Time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/,
  MediaId: /^[0-9a-f]{64}$/,
}

function members(nodes, value, at) {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return [`${at}: not an object`]
  const known = new Map(nodes.map((m) => [m.name.text, m]))
  const wrong = Object.keys(value).filter((key) => !known.has(key)).map((key) => `${at}.${key}: not in the type`)
  for (const [key, member] of known)
    if (key in value) wrong.push(...check(member.type, value[key], `${at}.${key}`))
    else if (!member.questionToken) wrong.push(`${at}.${key}: missing`)
  return wrong
}

function inherited(node) {
  const bases = (node.heritageClauses ?? []).flatMap((h) => h.types.map((t) => types.get(t.expression.text)))
  return [...bases.flatMap(inherited), ...node.members]
}

/** Members of a type that is an object, for intersections. */
function objectMembers(node) {
  if (ts.isTypeLiteralNode(node)) return [...node.members]
  if (ts.isParenthesizedTypeNode(node)) return objectMembers(node.type)
  return inherited(types.get(node.typeName.text))
}

function reference(node, value, at) {
  const name = node.typeName.text
  if (patterns[name]) return patterns[name].test(value) ? [] : [`${at}: ${JSON.stringify(value)} is no ${name}`]
  if (name === 'Record') {
    const [, of] = node.typeArguments
    return Object.entries(value ?? {}).flatMap(([key, v]) => check(of, v, `${at}.${key}`))
  }
  const target = types.get(name)
  if (!target) throw new Error(`no type ${name}`)
  return ts.isInterfaceDeclaration(target) ? members(inherited(target), value, at) : check(target.type, value, at)
}

function check(node, value, at) {
  const is = (kind) => (typeof value === kind ? [] : [`${at}: ${JSON.stringify(value)} is no ${kind}`])
  switch (node.kind) {
    case ts.SyntaxKind.StringKeyword: return is('string')
    case ts.SyntaxKind.NumberKeyword: return is('number')
    case ts.SyntaxKind.BooleanKeyword: return is('boolean')
    case ts.SyntaxKind.UnknownKeyword: return []
  }
  if (ts.isParenthesizedTypeNode(node)) return check(node.type, value, at)
  if (ts.isTypeLiteralNode(node)) return members([...node.members], value, at)
  if (ts.isIntersectionTypeNode(node)) return members(node.types.flatMap(objectMembers), value, at)
  if (ts.isIndexedAccessTypeNode(node)) {
    const member = objectMembers(node.objectType).find((m) => m.name.text === node.indexType.literal.text)
    return check(member.type, value, at)
  }
  if (ts.isArrayTypeNode(node))
    return Array.isArray(value) ? value.flatMap((v, i) => check(node.elementType, v, `${at}[${i}]`)) : [`${at}: not a list`]
  if (ts.isLiteralTypeNode(node)) {
    const literal = node.literal.kind === ts.SyntaxKind.NullKeyword ? null : node.literal.text
    return value === literal ? [] : [`${at}: ${JSON.stringify(value)} is not ${JSON.stringify(literal)}`]
  }
  if (ts.isUnionTypeNode(node)) {
    const tries = node.types.map((type) => check(type, value, at))
    return tries.find((wrong) => !wrong.length) ?? tries.sort((a, b) => b.length - a.length)[0]
  }
  if (ts.isTypeReferenceNode(node)) return reference(node, value, at)
  throw new Error(`${at}: ${node.getText()} is not understood`)
}

/** What is wrong with `value` as a `name` of api.ts: [] when nothing. */
export function misfits(name, value) {
  const node = types.get(name)
  return ts.isInterfaceDeclaration(node) ? members(inherited(node), value, name) : check(node.type, value, name)
}
