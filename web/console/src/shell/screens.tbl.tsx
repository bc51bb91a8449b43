// Every screen, once: its address, its name, whether it stands in the navigation, and what it shows.
import type { JSX } from 'preact'
import { may } from '../app/state.ts'
import { AccountScreen } from '../screens/Account.tsx'
import { Alarms } from '../screens/Alarms.tsx'
import { Approvals } from '../screens/Approvals.tsx'
import { AuditScreen } from '../screens/Audit.tsx'
import { BankScreen } from '../screens/Bank.tsx'
import { Banks } from '../screens/Banks.tsx'
import { Crisis, CrisisScreen } from '../screens/Crisis.tsx'
import { Deliveries } from '../screens/Deliveries.tsx'
import { Figures } from '../screens/Figures.tsx'
import { Keys } from '../screens/Keys.tsx'
import { PeopleScreen } from '../screens/People.tsx'
import { PersonScreen } from '../screens/Person.tsx'
import { QueueScreen } from '../screens/Queue.tsx'
import { Queues } from '../screens/Queues.tsx'
import { Rules } from '../screens/Rules.tsx'
import { Search } from '../screens/Search.tsx'
import { SecurityScreen } from '../screens/Security.tsx'
import { Settings } from '../screens/Settings.tsx'
import { TrailScreen } from '../screens/Trail.tsx'
import { CaseScreen, Work } from '../work/Work.tsx'

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
  { path: 'banks', title: 'Banks', nav: 'main', command: 'go.banks', who: 'review', show: () => <Banks /> },
  { path: 'banks/:', title: 'Bank', nav: null, show: (p) => <BankScreen id={p[1]!} /> },
  { path: 'rules', title: 'Rules', nav: 'main', command: 'go.rules', show: () => <Rules /> },
  { path: 'deliveries', title: 'Deliveries', nav: 'main', command: 'go.deliveries', who: 'lead', show: () => <Deliveries /> },
  { path: 'figures', title: 'Figures', nav: 'main', command: 'go.figures', show: () => <Figures /> },
  { path: 'alarms', title: 'Alarms', nav: 'more', command: 'go.alarms', who: 'review', show: () => <Alarms /> },
  { path: 'approvals', title: 'Approvals', nav: 'more', command: 'go.approvals', who: 'review', show: () => <Approvals /> },
  { path: 'crisis', title: 'Crisis mode', nav: 'more', command: 'go.crisis', who: 'review', show: () => <Crisis /> },
  { path: 'crisis/:', title: 'Watch', nav: null, show: (p) => <CrisisScreen id={p[1]!} /> },
  { path: 'keys', title: 'Keys', nav: 'main', command: 'go.keys', who: 'admin', show: () => <Keys /> },
  { path: 'people', title: 'People', nav: 'main', command: 'go.people', who: 'admin', show: () => <PeopleScreen /> },
  { path: 'people/:', title: 'Person', nav: null, show: (p) => <PersonScreen id={p[1]!} /> },
  { path: 'audit', title: 'Audit', nav: 'main', command: 'go.audit', who: 'lead', show: () => <AuditScreen /> },
  { path: 'security', title: 'My sign-in', nav: 'more', command: 'go.security', show: () => <SecurityScreen /> },
  { path: 'settings', title: 'Settings', nav: 'more', command: 'go.settings', show: () => <Settings /> },
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
