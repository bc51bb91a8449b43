// Takes pictures of every screen for a person to look at: node dev/shots.mjs OUT [name part …]
import { chromium } from 'playwright-core'
import { mkdirSync } from 'node:fs'
import { start } from './mock.mjs'

const out = process.argv[2] ?? 'build/shots'
const wanted = process.argv.slice(3)
mkdirSync(out, { recursive: true })
const SIZES = /** @type {const} */ ([['wide', 1440, 900], ['mid', 1024, 768], ['phone', 390, 844]])
const SCREENS = ['work', 'queues', 'queues/urgent-harm', 'search', 'items/harbour/post-91819', 'accounts/harbour/u-48213', 'banks', 'rules', 'deliveries', 'figures', 'alarms', 'audit', 'keys', 'settings']
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync'] })
for (const scene of ['usual', 'empty', 'full']) {
  const mock = await start({ scene })
  for (const theme of /** @type {const} */ (['light', 'dark'])) {
    for (const [size, width, height] of SIZES) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: theme })
      await page.goto(mock.url)
      await page.waitForSelector('input[name=name], .bar')
      if (await page.$('input[name=name]')) {
        await page.fill('input[name=name]', 'ada')
        await page.fill('input[name=password]', 'demo')
        await page.keyboard.press('Enter')
        await page.waitForSelector('.bar')
      }
      for (const screen of SCREENS) {
        const name = `${screen.replaceAll('/', '-')}.${scene}.${size}.${theme}`
        if (wanted.length && !wanted.every((w) => name.includes(w))) continue
        await page.goto(`${mock.url}/console/${screen}`)
        await page.waitForTimeout(350)
        await page.screenshot({ path: `${out}/${name}.png` })
      }
      await page.close()
    }
  }
  mock.stop()
}
await browser.close()
