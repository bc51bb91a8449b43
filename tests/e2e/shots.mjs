// Pictures of a real Tutela with invented data: node tests/e2e/shots.mjs OUT. With --readme it writes doc/images/work.png.
import { mkdirSync } from 'node:fs'
import { openBrowser, signIn } from './browser.mjs'
import { startDaemon } from './daemon.mjs'
import { seed, seedPast } from './seed.mjs'

const readme = process.argv.includes('--readme')
const out = readme ? new URL('../../doc/images/', import.meta.url).pathname : process.argv[2] ?? 'build/shots'
mkdirSync(out, { recursive: true })
const server = await startDaemon(readme ? {} : { two_person: 'switch.set,people.change' })
const browser = await openBrowser()
try {
  await seedPast(server)
  await seed(server)
  const person = `people/${server.tutela('user', 'list').users.find((u) => u.name === 'moderator').id}`
  if (!readme) {
    server.tutela('grant', 'set', 'moderator', 'policy', 'fraud', 'see work decide')
    const lead = await server.person('lead')
    await lead.post('approvals', { method: 'PUT', path: '/console/api/switches', body: { name: 'observe_only', value: 'on' }, reason: 'The platform moves tonight; nothing may leave until they call back.' })
  }
  for (const scheme of readme ? ['light'] : ['light', 'dark']) {
    const page = await browser.page({ colorScheme: scheme })
    await signIn(page, server, readme ? '/console/work?queue=urgent' : '/')
    await page.waitForSelector('.decide .choice')
    await page.waitForTimeout(400)
    if (readme) {
      await page.waitForSelector('.picture.covered')
      await page.keyboard.press('t')
      await page.keyboard.press('1')
      await page.waitForTimeout(300)
      await page.screenshot({ path: out + 'work.png' })
      break
    }
    await page.screenshot({ path: `${out}/real-work.${scheme}.png` })
    for (const screen of ['queues', 'queues/urgent', 'search', 'items/demo/post-91820', 'accounts/demo/u-48213', 'banks', 'rules', 'deliveries', 'figures', 'alarms', 'audit', 'keys', 'people', person, 'security', 'approvals', 'settings']) {
      await page.goto(`${server.url}/console/${screen}`)
      await page.waitForTimeout(400)
      await page.screenshot({ path: `${out}/real-${(screen === person ? 'person' : screen).replaceAll('/', '-')}.${scheme}.png` })
    }
  }
} finally {
  await browser.close()
  await server.stop()
}
