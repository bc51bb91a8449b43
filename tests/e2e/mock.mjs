// The console's stand-in server, for what a real daemon does not do on demand: an ended session, a lost network, hostile text.
import { start } from '../../web/dev/mock.mjs'

export async function startMock(scene = 'usual') {
  const mock = await start({ scene })
  return { ...mock, name: 'admin', password: 'demo' }
}
