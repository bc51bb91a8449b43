// The rules in force, those that are inactive and why, and whether the newest text was refused.
import { useSignal } from '@preact/signals'
import type { Policies, Rules as Answer } from '../api.ts'
import { count, plural, words } from '../app/format.ts'
import { get } from '../app/http.ts'
import { Ago, Empty, ErrorNote, SeverityMark, Tag, Title, When } from '../ui/basic.tsx'
import { Dialog } from '../ui/dialog.tsx'
import { useLoad } from '../ui/load.ts'
import { type Column, Table } from '../ui/table.tsx'

type Rule = Answer['rules'][number]
type Policy = Policies['policies'][number]

/** A rule in shadow is not active either, but nothing is wrong with it. */
const isInactive = (r: Rule) => !r.active && (r.reason !== null || !r.shadow_until)

function State({ of: r }: { of: Rule }) {
  if (isInactive(r)) return <Tag tone="warn">inactive</Tag>
  if (r.shadow_until) return <Tag>shadow</Tag>
  return <span>active</span>
}

const COLUMNS: Column<Rule>[] = [
  { name: 'name', title: 'Rule', wide: true, by: (r) => r.name, cell: (r) => <>{r.name} {r.reason ? <span class="quiet">{r.reason}</span> : null}</> },
  { name: 'policy', title: 'Policy', by: (r) => r.policy, cell: (r) => r.policy },
  { name: 'state', title: 'State', by: (r) => (isInactive(r) ? 'c' : r.shadow_until ? 'b' : 'a'), cell: (r) => <State of={r} /> },
  { name: 'hits', title: 'Hits in 7 d', number: true, by: (r) => r.hits_7d ?? -1, cell: (r) => (r.hits_7d ? count(r.hits_7d) : <span class="quiet">–</span>) },
  { name: 'pack', title: 'Where', small: 'hide', by: (r) => `${r.pack}:${String(r.line).padStart(6, '0')}`, cell: (r) => <code>{r.pack}:{r.line}</code> },
]
const POLICY_COLUMNS: Column<Policy>[] = [
  { name: 'p', title: 'Policy', wide: true, cell: (p) => <>{p.title} <span class="quiet">{p.name}</span></> },
  { name: 's', title: 'Severity', cell: (p) => <SeverityMark of={p.severity} /> },
  { name: 'c', title: 'Clock', number: true, small: 'hide', cell: (p) => (p.clock_s === null ? '–' : p.clock_s >= 172800 ? `${Math.round(p.clock_s / 86400)} d` : `${Math.round(p.clock_s / 3600)} h`) },
  { name: 'u', title: 'When unknown', small: 'hide', cell: (p) => p.on_unknown },
  { name: 'a', title: 'Default actions', small: 'hide', cell: (p) => p.actions.map(words).join(', ') || '–' },
]

export function Rules() {
  const { data, error, reload } = useLoad('rules', () => get<Answer>(['rules']))
  const policies = useLoad('policies', () => get<Policies>(['policies']))
  const open = useSignal<Rule | null>(null)
  const policy = useSignal<Policy | null>(null)
  const inactive = data?.rules.filter(isInactive).length ?? 0
  return (
    <main class="screen">
      <Title aside={data ? <span class="quiet">version {data.version} · loaded <Ago time={data.loaded_at} /></span> : null}>Rules</Title>
      <ErrorNote error={error ?? policies.error} retry={reload} />
      {data?.refused ? <div class="error" role="alert"><p><strong>The newest text was refused; the rules below stay in force.</strong></p><pre>{data.refused}</pre><p>Correct the file; it is read again by itself. <code>tutela rule check</code> shows the same message.</p></div> : null}
      {inactive ? <p class="notice warn">{plural(inactive, 'rule')} cannot run as the installation stands. Each says why.</p> : null}
      {data && !data.rules.length ? <Empty title="No rule is loaded."><p>Rules are files that end in <code>.rules</code> in the folder <code>policy/rules</code> of the data. Without rules every item is allowed.</p></Empty> : null}
      {data?.rules.length ? <Table label="Rules" rows={data.rules} columns={COLUMNS} id={(r) => r.name} pick={(r) => { open.value = r }} /> : null}
      {policies.data ? <section><h2>Policies <span class="quiet">version {policies.data.version}</span></h2><Table label="Policies" rows={policies.data.policies} columns={POLICY_COLUMNS} id={(p) => p.name} pick={(p) => { policy.value = p }} /></section> : null}
      {open.value ? (
        <Dialog title={open.value.name} wide close={() => { open.value = null }}>
          <p><State of={open.value} /> {open.value.reason ? <strong>{open.value.reason}</strong> : null} {open.value.shadow_until ? <>in shadow until <When time={open.value.shadow_until} />: it says what it would do and does nothing</> : null}</p>
          <pre tabIndex={0} aria-label="Text of the rule">{open.value.source}</pre>
          <p class="quiet">{open.value.pack}, line {open.value.line}</p>
        </Dialog>
      ) : null}
      {policy.value ? <Dialog title={policy.value.title} wide close={() => { policy.value = null }}><p><SeverityMark of={policy.value.severity} /> <span class="quiet">{policy.value.name}{policy.value.category ? ` · ${policy.value.category}` : ''}</span></p><p class="policy-text">{policy.value.text}</p></Dialog> : null}
    </main>
  )
}
