// Left: what was said or shown.
import { useSignal } from '@preact/signals'
import type { Case, Item, Signal, ThreadItem } from '../api.ts'
import { count, plural, sentence, words } from '../app/format.ts'
import { useCommands } from '../app/keys.ts'
import { href, Link } from '../app/router.tsx'
import { Ago, Key, Tag, TestMark } from '../ui/basic.tsx'
import { Gallery } from './Preview.tsx'
import { StreamView } from './Stream.tsx'
import { HostileText, spansOf } from './Text.tsx'

const AUDIENCE: Record<string, string> = {
  public: 'public',
  followers: 'to followers',
  friends: 'to friends',
  group: 'to a group',
  direct: 'direct message',
}

export function Subject({ of: c }: { of: Case }) {
  if (!c.item) {
    return (
      <section class="subject" aria-label="What this is about">
        <p class="subject-line">The whole account <Link to={href('accounts', c.platform, c.subject.id)}>{c.subject.id}</Link></p>
        <p class="quiet">This case is about an account. Its latest items are on its own page.</p>
      </section>
    )
  }
  return (
    <section class="subject" aria-label="What was said or shown">
      <ItemLine item={c.item} />
      {c.stream ? <StreamView of={c.stream} caseId={c.id} /> : null}
      {c.stream && !c.item.text.length && !c.item.media.length ? null : <ItemBody item={c.item} signals={c.signals} caseId={c.id} />}
      <Thread of={c} />
    </section>
  )
}

export function ItemLine({ item }: { item: Item }) {
  return (
    <p class="subject-line">
      <strong>{sentence(words(item.kind))}</strong>
      <span>{AUDIENCE[item.audience] ?? item.audience}</span>
      <span>posted <Ago time={item.posted_at} /></span>
      <span>{plural(item.views, 'view')}</span>
      {item.engagement ? <span>{plural(item.engagement, 'reaction')}</span> : null}
      {item.language ? <span>{item.language}</span> : null}
      {item.state === 'unscannable' ? <Tag tone="warn">could not be scanned</Tag> : null}
      {item.state === 'deleted' ? <Tag>deleted</Tag> : null}
      {item.state === 'retired' ? <Tag>kept as hashes only</Tag> : null}
      <TestMark live={item.live} />
      <Link class="push" to={href('items', item.platform, item.id)}>{item.id}</Link>
    </p>
  )
}

export function ItemBody({ item, signals, caseId }: { item: Item; signals: Signal[]; caseId: string | null }) {
  const texts = item.text.filter((t) => t.text)
  return (
    <>
      <Gallery media={item.media} caseId={caseId} signals={signals} />
      {texts.map((t) => (
        <div key={t.field} class={`said said-${t.field}`}>
          {texts.length > 1 || item.media.length ? <span class="said-field">{words(t.field)}</span> : null}
          <p><HostileText text={t.text} spans={spansOf(signals, t.field)} /></p>
        </div>
      ))}
      {item.erased ? <p class="quiet">The text of this item is erased; the record of the decision stays.</p> : null}
      {!texts.length && !item.media.length && !item.erased ? <p class="quiet">This item has neither text nor pictures.</p> : null}
    </>
  )
}

function Thread({ of: c }: { of: Case }) {
  const { before, after } = c.thread
  const open = useSignal(false)
  const any = before.length + after.length > 0
  useCommands({ 'work.thread': any ? () => { open.value = !open.value } : null })
  if (!any) return null
  return (
    <div class="thread">
      <button type="button" class="disclose" aria-expanded={open.value} onClick={() => { open.value = !open.value }}>
        Thread · {count(before.length)} before · {count(after.length)} after <Key label="T" />
      </button>
      {open.value ? (
        <ol>
          {before.map((t) => <ThreadRow key={t.id} of={t} author={c.account?.id ?? null} />)}
          <li class="thread-here">this {c.item ? words(c.item.kind) : 'item'}</li>
          {after.map((t) => <ThreadRow key={t.id} of={t} author={c.account?.id ?? null} />)}
        </ol>
      ) : null}
    </div>
  )
}

function ThreadRow({ of: t, author }: { of: ThreadItem; author: string | null }) {
  return (
    <li>
      <span class="thread-who">
        {t.account ?? 'unknown'}{t.account && t.account === author ? ' (same author)' : ''} · <Ago time={t.posted_at} />
        {t.verdict && t.verdict !== 'allow' ? <> · <Tag tone="warn">{t.verdict}</Tag></> : null}
      </span>
      <span class="thread-text"><HostileText text={t.text} /></span>
      {t.media ? <span class="quiet">{plural(t.media, 'picture')}</span> : null}
    </li>
  )
}
