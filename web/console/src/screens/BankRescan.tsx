// What a bank matched, judged again: counted first, then asked for; how far it is.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Bank, Judging, JudgingWhy, Rescan, Rescanned } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { call, get } from '../app/http.ts'
import { nowish } from '../app/state.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { say } from '../ui/status.tsx'

const WHY: Record<JudgingWhy, string> = {
  asked: 'a person asked for it',
  entries: 'entries of the allow-list are gone',
  allow: 'the allow-list sets aside less',
  share: 'the share of the traffic grew',
  review: 'its matches count in full again',
  rules: 'the rules that name it changed',
}

/** Nothing is shown while nothing is judged again; otherwise asked anew every few seconds. */
export function JudgedAgain({ id, stamp }: { id: string; stamp: number }) {
  const { data, error, reload } = useLoad(`${id} ${stamp}`, () => get<Judging>(['banks', id, 'rescan']))
  const tick = nowish.value
  useEffect(() => { if (data?.judging.length) reload() }, [tick])
  return (
    <>
      <ErrorNote error={error} retry={reload} />
      {data?.judging.map((j) => (
        <div key={j.why} class="progress">
          <progress max={j.done + j.left || 1} value={j.done} aria-label="Judged again" />
          <p role="status">What it matched is judged again ({WHY[j.why]}): {count(j.done)} done, {j.more ? 'more than ' : ''}{count(j.left)} left.</p>
        </div>
      ))}
    </>
  )
}

export function BankRescan({ bank, close }: { bank: Bank; close: () => void }) {
  const from = useSignal('')
  const counted = useSignal<Rescanned | null>(null)
  const problem = useSignal<unknown>(null)
  const ask = (what: Rescan['do']) => call<Rescanned>('POST', ['banks', bank.id, 'rescan'], { do: what, ...(from.value ? { received_from: from.value } : {}) } satisfies Rescan)
  const send = async () => {
    try {
      const a = await ask(counted.value ? 'ask' : 'count')
      counted.value = a
      problem.value = null
      if (!a.asked) return
      say('They are judged again, a few at a time.')
      close()
    } catch (e) {
      problem.value = e
    }
  }
  const n = counted.value
  return (
    <Dialog title={`Judge again what ${bank.name} matched`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void send() }}>
        <p>Every item that matched this bank is looked at anew: with its entries, its settings and the rules as they are now. What was decided by people stays.</p>
        <Field label="Received since" help="Empty: all of them (UTC)"><input type="date" value={from.value} onInput={(e) => { from.value = e.currentTarget.value; counted.value = null }} /></Field>
        {n ? <p role="status">{n.items ? `${n.more ? 'More than ' : ''}${plural(n.items, 'item')} matched it.` : 'No item matched it.'}</p> : null}
        <ErrorNote error={problem.value} />
        <Button type="submit" kind="main" disabled={n !== null && !n.items} onClick={() => undefined}>{n ? `Judge again: ${n.more ? 'more than ' : ''}${plural(n.items, 'item')}` : 'Count them'}</Button>
      </form>
    </Dialog>
  )
}
