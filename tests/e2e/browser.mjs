// Debian's Chromium through playwright-core, with everything that a page does wrong collected: refused by the content
// security policy, thrown, or logged as an error. A test ends with `browser.clean()`.
import assert from 'node:assert/strict'
import { createRequire } from 'node:module'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')
const { AxeBuilder } = require('@axe-core/playwright')

const ARGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync']

export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: ARGS })
  let wrong = []
  let contexts = []
  return {
    /** A page of its own session. `expected` are patterns of errors that this test provokes. */
    async page(options = {}, expected = []) {
      const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce', ...options })
      const page = await context.newPage()
      const mine = (wrong = contexts.length ? wrong : [])
      contexts.push(context)
      page.setDefaultTimeout(10_000)
      const note = (text) => {
        if (!expected.some((pattern) => pattern.test(text))) mine.push(text)
      }
      page.on('pageerror', (error) => note('thrown: ' + error.message))
      page.on('console', (message) => {
        if (message.type() === 'error' || /Content Security Policy|Trusted/.test(message.text())) note(message.text())
      })
      await page.addInitScript(() => {
        addEventListener('securitypolicyviolation', (e) => console.error(`Content Security Policy: ${e.violatedDirective} ${e.blockedURI}`))
      })
      return page
    },
    /** Nothing went wrong on the pages opened since the last time; closes them. */
    async clean() {
      const open = contexts
      contexts = []
      await Promise.all(open.map((context) => context.close()))
      assert.deepEqual(wrong, [])
    },
    close: () => browser.close(),
  }
}

/** What axe finds wrong with the page as it stands: [] when clean. */
export async function axe(page) {
  const { violations } = await new AxeBuilder({ page }).withTags(['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']).analyze()
  return violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 3).join(' | ')}`)
}

/** The session that a fresh page has is none: signs in by keyboard. */
export async function signIn(page, server, path = '/') {
  await page.goto(server.url + path)
  await page.waitForSelector('input[name=name]')
  await page.keyboard.type(server.name)
  await page.keyboard.press('Tab')
  await page.keyboard.type(server.password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.bar')
}
