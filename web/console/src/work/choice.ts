// What a person has chosen for a case so far, and how choices follow from keys. Pure functions.
import type { ActionChoice, Case, Decide, Draft, PolicyChoice } from '../api.ts'
import { RESERVED } from '../app/keys.tbl.ts'

export type Choice = Draft
export const NOTHING: Choice = { policy: null, actions: [], facts: '', note: '' }
/** As a chosen policy: the item violates nothing. */
export const CLEAR = ''

const ROWS = 5

/** The policies that stand in the column, in an order that does not change within a case: suggested, then their kin, then the chosen. */
export function shortlist(c: Case, chosen: string | null): PolicyChoice[] {
  const suggested = c.policies.filter((p) => p.suggested)
  const branch = (p: PolicyChoice) => p.name.split('.')[0]
  const branches = new Set(suggested.map(branch))
  const rest = c.policies.filter((p) => !p.suggested)
  const kin = rest.filter((p) => branches.has(branch(p)) || c.flags.some((f) => f.policy === p.name) || c.signals.some((s) => s.policy === p.name))
  const pool = [...suggested, ...kin]
  const rows = (pool.length ? pool : rest).slice(0, ROWS)
  const extra = c.policies.find((p) => p.name === chosen && !rows.includes(p))
  return extra ? [...rows, extra] : rows
}

/** The actions that stand in the column: those with a key of the catalogue, and what is chosen. */
export function actionList(c: Case, chosen: string[]): ActionChoice[] {
  const fits = c.actions.filter((a) => a.name !== 'stop_stream' || c.item?.kind === 'live_stream')
  const keyed = fits.filter((a) => a.key !== null)
  const first = (a: ActionChoice) => (c.stream?.state === 'running' && a.name === 'stop_stream' ? 0 : 1)
  const rows = (keyed.length ? keyed : fits.slice(0, 14)).slice().sort((a, b) => first(a) - first(b))
  return [...rows, ...c.actions.filter((a) => chosen.includes(a.name) && !rows.includes(a))]
}

/** One letter for each action: the catalogue's where it is free, else the first free letter of its title, else any. */
export function assignKeys(actions: ActionChoice[]): Map<string, string> {
  const taken = new Set(RESERVED)
  const keys = new Map<string, string>()
  const give = (name: string, letter: string | undefined) => {
    if (!letter || !/^[a-z]$/.test(letter) || taken.has(letter)) return false
    taken.add(letter)
    keys.set(name, letter)
    return true
  }
  for (const a of actions) give(a.name, a.key?.toLowerCase())
  for (const a of actions) {
    if (keys.has(a.name)) continue
    const letters = [...a.title.toLowerCase(), ...'abcdefghijklmnopqrstuvwxyz']
    letters.some((letter) => give(a.name, letter))
  }
  return keys
}

export function policyOf(c: Case, choice: Choice): PolicyChoice | null {
  return c.policies.find((p) => p.name === choice.policy) ?? null
}

/** Choosing a policy brings its default actions; choosing it again takes the choice back. */
export function choosePolicy(c: Case, choice: Choice, name: string): Choice {
  if (choice.policy === name) return { ...choice, policy: null, actions: [], facts: '' }
  if (name === CLEAR) return { ...choice, policy: CLEAR, actions: [], facts: '' }
  const policy = c.policies.find((p) => p.name === name)
  if (!policy) return choice
  const known = new Set(c.actions.map((a) => a.name))
  return { ...choice, policy: name, actions: policy.actions.filter((a) => known.has(a)), facts: policy.facts }
}

export function toggleAction(choice: Choice, name: string): Choice {
  if (choice.policy === CLEAR) return choice
  const actions = choice.actions.includes(name) ? choice.actions.filter((a) => a !== name) : [...choice.actions, name]
  return { ...choice, actions }
}

/** Why the choice cannot be sent yet, in words; null: it can. */
export function missing(choice: Choice): string | null {
  if (choice.policy === null) return 'Choose a policy first, or 0 for not violating.'
  if (choice.policy !== CLEAR && choice.actions.length === 0) return 'Choose at least one action, or 0 for not violating.'
  return null
}

export function toDecide(c: Case, choice: Choice): Decide {
  const policy = policyOf(c, choice)
  return {
    kind: policy ? 'act' : 'clear',
    policy: policy?.name ?? null,
    ground: policy?.ground ?? 'none',
    actions: choice.actions.map((name) => ({ name, params: null })),
    facts: policy ? choice.facts.trim() : '',
    note: choice.note.trim(),
  }
}

/** What the undo bar says was decided. */
export function told(c: Case, choice: Choice): string {
  const policy = policyOf(c, choice)
  if (!policy) return 'Not violating'
  const titles = choice.actions.map((name) => c.actions.find((a) => a.name === name)?.title ?? name)
  return `${policy.title}: ${titles.join(', ').toLowerCase()}`
}
