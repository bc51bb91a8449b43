// One account: as little as the work needs.
import type { AccountPage } from '../api.ts'
import { count } from '../app/format.ts'
import { get } from '../app/http.ts'
import { href } from '../app/router.tsx'
import { Ago, Empty, ErrorNote, Title, When } from '../ui/basic.tsx'
import { useLoad } from '../ui/load.ts'
import { Table } from '../ui/table.tsx'
import { AccountPanel } from '../work/Known.tsx'
import { CASE_COLUMNS } from './caseColumns.tsx'
import { ITEM_COLUMNS } from './itemColumns.tsx'

export function AccountScreen({ platform, id }: { platform: string; id: string }) {
  const { data, error, reload } = useLoad(`${platform} ${id}`, () => get<AccountPage>(['accounts', platform, id]))
  return (
    <main class="screen">
      <Title aside={platform}>Account {id}</Title>
      <ErrorNote error={error} retry={reload} />
      {data ? (
        <>
          <AccountPanel account={data.account} />
          {data.strikes.length ? (
            <section>
              <h2>Strikes</h2>
              <table class="plain">
                <thead><tr><th scope="col">Policy</th><th scope="col" class="number">Weight</th><th scope="col">Given</th><th scope="col">Counts until</th></tr></thead>
                <tbody>
                  {data.strikes.map((s) => (
                    <tr key={s.decision} class={s.revoked_at ? 'reversed' : ''}>
                      <td>{s.policy}</td><td class="number">{s.weight}</td><td><Ago time={s.at} /></td><td>{s.revoked_at ? 'taken back' : <When time={s.expires_at} />}</td>
                    </tr>
                  ))}
                </tbody>
              </table>
            </section>
          ) : null}
          {data.cases.length ? <section><h2>Cases</h2><Table label="Cases of this account" rows={data.cases} columns={CASE_COLUMNS} id={(c) => c.id} open={(c) => href('cases', c.id)} /></section> : null}
          <section>
            <h2>Items <span class="quiet">{count(data.account.items)}</span></h2>
            {data.items.length ? <Table label="Items of this account" rows={data.items} columns={ITEM_COLUMNS} id={(i) => `${i.id}/${i.version}`} open={(i) => href('items', i.platform, i.id)} /> : <Empty title="Nothing of this account is kept here." />}
          </section>
        </>
      ) : null}
    </main>
  )
}
