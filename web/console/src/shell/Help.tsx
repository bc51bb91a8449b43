// The `?` dialog: the keys, from the table; those that lead to screens which the role has no use for are left out.
import { KEYS, type KeyScope } from '../app/keys.tbl.ts'
import { Dialog } from '../ui/dialog.tsx'
import { SCREENS, screensForMe } from './screens.tbl.tsx'

const SCOPES: KeyScope[] = ['Work', 'Clip', 'Everywhere', 'Go to', 'Lists']

export function Help({ close }: { close: () => void }) {
  const mine = screensForMe()
  const closed = new Set(SCREENS.filter((s) => !mine.includes(s)).map((s) => s.command))
  return (
    <Dialog title="Keys" wide close={close}>
      <div class="help">
        {SCOPES.map((scope) => (
          <section key={scope}>
            <h3>{scope}</h3>
            <dl>
              {KEYS.filter((row) => row.scope === scope && !closed.has(row.command)).map((row) => (
                <div key={row.keys + row.command}>
                  <dt><kbd>{row.label}</kbd></dt>
                  <dd>{row.help}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p class="quiet">Keys do nothing while you type. Keys of one letter can be switched off in Settings.</p>
    </Dialog>
  )
}
