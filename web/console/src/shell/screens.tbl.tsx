// Every screen, once: its address, its name, whether it stands in the navigation, and what it shows.
import type { JSX } from 'preact'
import { may } from '../app/state.ts'
import { AccountScreen } from '../screens/Account.tsx'
import { QueueScreen } from '../screens/Queue.tsx'
import { Queues } from '../screens/Queues.tsx'
import { Search } from '../screens/Search.tsx'
import { TrailScreen } from '../screens/Trail.tsx'
import { CaseScreen, Work } from '../work/Work.tsx'
import { Later } from './Later.tsx'

export interface Screen {
  path: string // ':' stands for one part
  title: string
  nav: 'main' | 'more' | null
  command?: string // of keys.tbl.ts
  who?: keyof typeof may // others do not see it in the navigation
  show: (parts: string[]) => JSX.Element
}

export const SCREENS: readonly Screen[] = [
  { path: 'work', title: 'Work', nav: 'main', command: 'go.work', show: () => <Work /> },
  { path: 'cases/:', title: 'Case', nav: null, show: (p) => <CaseScreen id={p[1]!} /> },
  { path: 'queues', title: 'Queues', nav: 'main', command: 'go.queues', show: () => <Queues /> },
  { path: 'queues/:', title: 'Queue', nav: null, show: (p) => <QueueScreen name={p[1]!} /> },
  { path: 'search', title: 'Search', nav: 'main', command: 'go.search', who: 'review', show: () => <Search /> },
  { path: 'items/:/:', title: 'Item', nav: null, show: (p) => <TrailScreen platform={p[1]!} id={p[2]!} /> },
  { path: 'accounts/:/:', title: 'Account', nav: null, show: (p) => <AccountScreen platform={p[1]!} id={p[2]!} /> },
  { path: 'banks', title: 'Banks', nav: 'main', command: 'go.banks', who: 'review', show: () => <Later show={(m) => <m.Banks />} /> },
  { path: 'banks/:', title: 'Bank', nav: null, show: (p) => <Later show={(m) => <m.BankScreen id={p[1]!} />} /> },
  { path: 'rules', title: 'Rules', nav: 'main', command: 'go.rules', show: () => <Later show={(m) => <m.Rules />} /> },
  { path: 'deliveries', title: 'Deliveries', nav: 'main', command: 'go.deliveries', who: 'lead', show: () => <Later show={(m) => <m.Deliveries />} /> },
  { path: 'figures', title: 'Figures', nav: 'main', command: 'go.figures', show: () => <Later show={(m) => <m.Figures />} /> },
  { path: 'alarms', title: 'Alarms', nav: 'more', command: 'go.alarms', who: 'review', show: () => <Later show={(m) => <m.Alarms />} /> },
  { path: 'approvals', title: 'Approvals', nav: 'more', command: 'go.approvals', who: 'review', show: () => <Later show={(m) => <m.Approvals />} /> },
  { path: 'crisis', title: 'Crisis mode', nav: 'more', command: 'go.crisis', who: 'review', show: () => <Later show={(m) => <m.Crisis />} /> },
  { path: 'crisis/:', title: 'Watch', nav: null, show: (p) => <Later show={(m) => <m.CrisisScreen id={p[1]!} />} /> },
  { path: 'keys', title: 'Keys', nav: 'main', command: 'go.keys', who: 'admin', show: () => <Later show={(m) => <m.Keys />} /> },
  { path: 'people', title: 'People', nav: 'main', command: 'go.people', who: 'admin', show: () => <Later show={(m) => <m.PeopleScreen />} /> },
  { path: 'people/:', title: 'Person', nav: null, show: (p) => <Later show={(m) => <m.PersonScreen id={p[1]!} />} /> },
  { path: 'audit', title: 'Audit', nav: 'main', command: 'go.audit', who: 'lead', show: () => <Later show={(m) => <m.AuditScreen />} /> },
  { path: 'security', title: 'My sign-in', nav: 'more', command: 'go.security', show: () => <Later show={(m) => <m.SecurityScreen />} /> },
  { path: 'settings', title: 'Settings', nav: 'more', command: 'go.settings', show: () => <Later show={(m) => <m.Settings />} /> },
]

/** Those that this person's role has a use for. */
export function screensForMe(): Screen[] {
  return SCREENS.filter((s) => !s.who || may[s.who].value)
}

/** The screen for the parts of an address; null when there is none. */
export function screenFor(parts: string[]): Screen | null {
  return SCREENS.find((s) => {
    const want = s.path.split('/')
    return want.length === parts.length && want.every((w, i) => w === ':' ? parts[i] !== '' : w === parts[i])
  }) ?? null
}
