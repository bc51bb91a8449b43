// Many entries of a bank at once, by where they came from: counted first, then done in parts with progress.
import { useSignal } from '@preact/signals'
import { useEffect, useRef } from 'preact/hooks'
import type { Bank, Bulk, BulkDone } from '../api.ts'
import { count, plural } from '../app/format.ts'
import { call } from '../app/http.ts'
import { Button, ErrorNote, Field } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { say } from '../ui/status.tsx'

const ACTS = { disable: 'Disable', enable: 'Enable', remove: 'Remove for good' } as const
type Act = keyof typeof ACTS

export function BankMany({ bank, from, close }: { bank: Bank; from: { exchange: string; member: string; record: string }; close: () => void }) {
  const draft = useSignal({ ...from, until: '' })
  const act = useSignal<Act>('disable')
  const counted = useSignal<number | null>(null)
  const done = useSignal<number | null>(null)
  const problem = useSignal<unknown>(null)
  const left = useRef(false)
  useEffect(() => () => { left.current = true }, [])
  const d = draft.value
  const set = (change: Partial<typeof d>) => { draft.value = { ...draft.value, ...change }; counted.value = null }
  const ask = (what: Bulk['do']): Bulk => ({ do: what, exchange: d.exchange.trim(), member: d.member.trim(), record: d.record.trim(), ...(what === 'disable' && d.until ? { until: d.until } : {}) })
  const look = () => call<BulkDone>('POST', ['banks', bank.id, 'bulk'], ask('count')).then((a) => { counted.value = a.count; problem.value = null }, (e: unknown) => { problem.value = e })
  const run = async () => {
    done.value = 0
    try {
      for (let at: string | null | undefined; at !== null && !left.current;) {
        const a: BulkDone = await call<BulkDone>('POST', ['banks', bank.id, 'bulk'], at ? { ...ask(act.value), at } : ask(act.value))
        done.value += a.done
        at = a.at
      }
      say(`${plural(done.value, 'entry', 'entries')} changed.`)
      close()
    } catch (e) {
      problem.value = e
      done.value = null
    }
  }
  const n = counted.value
  return (
    <Dialog title={`Many entries of ${bank.name}`} close={close}>
      <form onSubmit={(e) => { e.preventDefault(); void (n === null ? look() : run()) }}>
        <p class="quiet">All that you fill in must hold.</p>
        <Field label="Exchange"><input value={d.exchange} onInput={(e) => set({ exchange: e.currentTarget.value })} /></Field>
        <Field label="Member"><input value={d.member} onInput={(e) => set({ member: e.currentTarget.value })} /></Field>
        <Field label="Record"><input value={d.record} onInput={(e) => set({ record: e.currentTarget.value })} /></Field>
        <Field label="What to do"><select value={act.value} onChange={(e) => { act.value = e.currentTarget.value as Act }}>{Object.entries(ACTS).map(([k, label]) => <option key={k} value={k}>{label}</option>)}</select></Field>
        {act.value === 'disable' ? <Field label="Until" help="Empty: until somebody enables them"><input type="date" value={d.until} onInput={(e) => set({ until: e.currentTarget.value })} /></Field> : null}
        {n !== null ? <p role="status">{n ? `${plural(n, 'entry is', 'entries are')} meant.` : 'No entry is like that.'}</p> : null}
        {done.value !== null ? <div class="progress"><progress max={n ?? 1} value={done.value} aria-label="Entries changed" /><p role="status">{count(done.value)} of {count(n ?? 0)}</p></div> : null}
        <ErrorNote error={problem.value} />
        {n === null
          ? <Button type="submit" kind="main" disabled={!d.exchange.trim() && !d.member.trim() && !d.record.trim()} onClick={() => undefined}>Count them</Button>
          : <Button type="submit" kind={act.value === 'remove' ? 'danger' : 'main'} disabled={!n || done.value !== null} onClick={() => undefined}>{`${ACTS[act.value]}: ${plural(n, 'entry', 'entries')}`}</Button>}
      </form>
    </Dialog>
  )
}
