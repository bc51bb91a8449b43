// What is like the case's own picture, video or sound: who published it, what became of it; and what one decision for all would do, shown
// before it is done.
import { useSignal } from '@preact/signals'
import { useEffect } from 'preact/hooks'
import type { Case, Copies, Copy } from '../api.ts'
import { count, plural, SOUND_BITS_MAX } from '../app/format.ts'
import { get } from '../app/http.ts'
import { useCommands } from '../app/keys.ts'
import { keyLabel } from '../app/keys.tbl.ts'
import { href, Link } from '../app/router.tsx'
import { Ago, Button, ErrorNote, Field, Key, Tag } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { may } from '../app/state.ts'
import { policyOf } from './choice.ts'
import { choice, copies, covering } from './state.ts'

const FEW = 4
const PAGE = 50
const WHY: Record<string, string> = {
  decided: 'decided already', held: 'somebody works on it', not_yours: 'not yours to decide', erased: 'erased', failed: 'could not be decided',
}

/** Beside the reasons: how many others there are, and the newest of them. */
export function CopiesPanel({ of: c }: { of: Case }) {
  const dialog = useSignal(false)
  const { data, error } = useLoad(`copies ${c.id}`, () => get<Copies>(['cases', c.id, 'copies'], { limit: FEW }))
  useEffect(() => {
    copies.value = data
    return () => { copies.value = null }
  }, [data])
  useCommands({ 'work.copies': data?.total ? () => { dialog.value = true } : null })
  if (error) return <div class="panel"><h2>Copies</h2><ErrorNote error={error} /></div>
  if (!data || (!data.total && !data.hidden && !data.group && !(may.lead.value && c.item?.media.length))) return null
  return (
    <div class="panel">
      <h2>{data.total ? plural(data.total, 'other copy', 'other copies') : 'No other copy'}</h2>
      <ul class="copies">{data.copies.map((k) => <Row key={k.item} of={k} platform={c.platform} />)}</ul>
      {data.hidden ? <p class="quiet">{plural(data.hidden, 'more copy is', 'more copies are')} not for you to see.</p> : null}
      <GroupLine of={data} />
      {data.total ? (
        <button type="button" class="button quiet" aria-keyshortcuts={keyLabel('work.copies')} aria-haspopup="dialog" onClick={() => { dialog.value = true }}>
          {c.mine ? 'See all, or decide for all' : 'See all'} <Key label={keyLabel('work.copies')} />
        </button>
      ) : null}
      {may.lead.value && c.item?.media.length ? <p><Link class="button quiet" to={`${href('crisis')}?case=${c.id}&policy=${encodeURIComponent(policyOf(c, choice.value)?.name ?? c.policy ?? '')}`}>Watch it and its edits</Link></p> : null}
      {dialog.value ? <CopiesDialog of={c} close={() => { dialog.value = false }} /> : null}
    </div>
  )
}

function GroupLine({ of: { group: g } }: { of: Copies }) {
  if (!g) return null
  if (g.state === 'cancelled') return <p class="quiet">The decision for all copies was undone.</p>
  return <p class="quiet">Decided for copies: {count(g.done)} done{g.waiting ? `, ${count(g.waiting)} to come` : ''}{g.left ? `, ${count(g.left)} left as they were (${Object.entries(g.why).map(([why, n]) => `${count(n)} ${WHY[why] ?? why}`).join(', ')})` : ''}.</p>
}

function Row({ of: k, platform }: { of: Copy; platform: string }) {
  return (
    <li class={k.why ? 'off' : ''}>
      <img src={`/console/api/media/${k.media}/tiny`} alt="" onError={(e) => { e.currentTarget.style.visibility = 'hidden' }} />
      <span>
        <Link to={href('items', platform, k.id)}>{k.id}</Link>
        {k.author ? <> by {k.author}</> : null}
        <span class="quiet"> · <Ago time={k.posted_at} /> · {k.percent !== null ? `${k.percent} % of it known` : k.distance === 0 ? 'the same' : `${k.distance} bits away`}</span>
      </span>
      <span class="quiet">
        {k.why && k.why !== 'decided' ? WHY[k.why] : k.decided ? (k.decided.kind === 'clear' ? 'not violating' : k.decided.policy) : k.verdict ?? k.state}
        {k.decided?.automatic ? ' (automatic)' : ''}
      </span>
      {k.newer ? <Tag>newer</Tag> : null}
    </li>
  )
}

function CopiesDialog({ of: c, close }: { of: Case; close: () => void }) {
  const media = c.item?.media ?? []
  const sound = media.length > 0 && media.every((m) => m.mime?.startsWith('audio/'))
  const most = sound ? SOUND_BITS_MAX : 31
  const distance = useSignal(Math.min(most, copies.value?.distance ?? 15))
  const at = useSignal(0)
  const policy = policyOf(c, choice.value)
  const chosen = choice.value.policy !== null
  const kind = policy ? 'act' : 'clear'
  const { data, error, busy } = useLoad(`copies ${c.id} ${distance.value} ${at.value} ${chosen ? kind : ''} ${policy?.name ?? ''}`,
    () => get<Copies>(['cases', c.id, 'copies'], { distance: distance.value, cursor: at.value, limit: PAGE, kind: chosen ? kind : null, policy: policy?.name ?? null }))
  const cover = () => {
    if (!data?.covered) return
    covering.value = { case: c.id, distance: data.distance, expect: data.covered, policy: choice.value.policy }
    close()
  }
  const alone = () => {
    covering.value = null
    close()
  }
  return (
    <Dialog title="Copies" wide close={close}>
      <Field label={`How alike: up to ${distance.value} of ${sound ? 32 : 256} bits differ`}>
        <input type="range" min={0} max={most} value={distance.value} onChange={(e) => { distance.value = Number(e.currentTarget.value); at.value = 0 }} />
      </Field>
      <ErrorNote error={error} />
      {data ? <Preview of={data} chosen={chosen} what={policy ? policy.title : 'Not violating'} mine={c.mine} /> : <p class="quiet">Looking for copies …</p>}
      {data ? <ul class="copies all" aria-busy={busy}>{data.copies.map((k) => <Row key={k.item} of={k} platform={c.platform} />)}</ul> : null}
      {data && data.total > PAGE ? (
        <div class="pair">
          <Button disabled={at.value === 0} onClick={() => { at.value = Math.max(0, at.value - PAGE) }}>Before</Button>
          <span class="quiet">{count(at.value + 1)} to {count(Math.min(data.total, at.value + PAGE))} of {count(data.total)}</span>
          <Button disabled={data.cursor === null} onClick={() => { at.value += PAGE }}>After</Button>
        </div>
      ) : null}
      {c.mine ? (
        <div class="pair">
          <Button onClick={alone}>Only this one</Button>
          <Button kind="main" disabled={!chosen || !data?.covered} onClick={cover}>{data?.covered && chosen ? `Decide for ${plural(data.covered, 'copy', 'copies')} too` : 'Decide for copies too'}</Button>
        </div>
      ) : null}
    </Dialog>
  )
}

/** Exactly what will be done, in words. */
function Preview({ of: d, chosen, what, mine }: { of: Copies; chosen: boolean; what: string; mine: boolean }) {
  const left = [
    d.decided ? `${count(d.decided)} decided already` : '', d.held ? `${count(d.held)} in somebody's hands` : '',
    d.not_yours ? `${count(d.not_yours)} not yours to decide` : '',
  ].filter(Boolean).join(', ')
  if (!d.total) return <p>Nothing else is like it at this distance.</p>
  return (
    <div class="preview-words">
      {mine && !chosen ? <p>Choose a policy first; then you can decide for all of them at once.</p> : null}
      {mine && chosen ? <p><strong>{what}</strong>, with the same actions, for {plural(d.covered, 'copy', 'copies')} beside this one: {count(d.other_authors)} by other authors, {count(d.newer)} newer than this one, seen {count(d.views)} times. Each gets a decision, a statement and its actions of its own, after the time to undo.</p> : null}
      {left ? <p class="quiet">Left as they are: {left}.</p> : null}
      {d.cut ? <p class="quiet">There are more than can be found or shown; narrow the distance.</p> : null}
    </div>
  )
}
