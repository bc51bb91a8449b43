// What a person has chosen for a case so far, and how choices follow from keys. Pure functions.
import type { ActionChoice, Case, Decide, Draft, PolicyChoice } from '../api.ts'
import { RESERVED } from '../app/keys.tbl.ts'

export type Choice = Draft
export const NOTHING: Choice = { policy: null, actions: [], facts: '', note: '' }
/** As a chosen policy: the item violates nothing. */
export const CLEAR = ''

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
