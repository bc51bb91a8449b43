// Signing in, in a browser and by keyboard: what a role must have, codes, recovery codes, passkeys (Chromium's virtual
// authenticator), proofs, sessions. SHOTS=FOLDER also takes pictures of every state.
import assert from 'node:assert/strict'
import { mkdirSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { earlierTotp, totp } from '../totp.mjs'
import { axe, openBrowser } from './browser.mjs'
import { password, startDaemon } from './daemon.mjs'

let browser, d
before(async () => {
  d = await startDaemon({ second_factor_roles: 'lead', step_up_minutes: 10, signin_per_address: 0 })
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await d?.stop()
})

const out = process.env.SHOTS
if (out) mkdirSync(out, { recursive: true })
/** Clean for axe in light, dark and at 200 %, with pictures when they are wanted. */
async function look(page, name) {
  assert.deepEqual(await axe(page), [], name)
  if (out) await page.screenshot({ path: `${out}/${name}.light.png` })
  await page.emulateMedia({ colorScheme: 'dark' })
  assert.deepEqual(await axe(page), [], `${name} in the dark`)
  if (out) await page.screenshot({ path: `${out}/${name}.dark.png` })
  await page.emulateMedia({ colorScheme: 'light' })
  await page.setViewportSize({ width: 720, height: 450 }) // 1440 × 900 at 200 %
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `${name} at 200 % fits`)
  if (out) await page.screenshot({ path: `${out}/${name}.200.png` })
  await page.setViewportSize({ width: 1440, height: 900 })
}

async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page)
  await cdp.send('WebAuthn.enable')
  await cdp.send('WebAuthn.addVirtualAuthenticator', { options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true } })
}
async function nameAndPassword(page, name) {
  await page.goto(d.url)
  await page.waitForSelector('input[name=name]')
  await page.keyboard.type(name)
  await page.keyboard.press('Tab')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
}
/** Goes to a button with the Tab key and presses it. */
async function press(page, label) {
  for (let i = 0; i < 60; i++) {
    if (await page.evaluate((l) => document.activeElement?.matches('button, a, summary') && document.activeElement.textContent.startsWith(l), label)) return page.keyboard.press('Enter')
    await page.keyboard.press('Tab')
  }
  assert.fail(`${label} is not reached by Tab`)
}
const focused = (page, selector) => page.waitForFunction((s) => document.activeElement?.matches(s), selector)
async function signOut(page) {
  await page.evaluate(() => { document.querySelector('details.person').open = true })
  await page.click('.person-menu button:has-text("Sign out")')
  await page.waitForSelector('input[name=name]')
}
/** The clock so many minutes from real time; doctor says so and ends with a warning. */
function later(minutes) {
  try { d.tutela('doctor', '--clock', String(minutes * 60)) } catch (error) { if (!/"check": *"clock"/.test(error.stdout) && minutes) throw error }
}
const WRONG = [/401/, /403/, /422/, /410/]

test('a lead is led to a second factor, signs in with a code, and with a recovery code when the device is lost', async () => {
  const page = await browser.page({}, WRONG)
  await page.goto(d.url)
  await page.waitForSelector('input[name=name]')
  await look(page, 'sign-in')
  await nameAndPassword(page, 'lead')
  await page.waitForSelector('h1:has-text("A second factor first")')
  await look(page, 'enrol')
  await press(page, 'Authenticator app')
  await focused(page, 'input[name=code]')
  await look(page, 'enrol-app')
  const secret = (await page.textContent('code.secret')).replaceAll(' ', '')
  await page.keyboard.type('000000')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.field-error')
  await look(page, 'enrol-wrong')
  await page.keyboard.type(await earlierTotp(secret))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.codes li >> nth=9')
  const codes = await page.locator('.codes code').allTextContents()
  await look(page, 'recovery-codes')
  await press(page, 'I have kept them')
  await page.waitForSelector('.bar')

  await signOut(page)
  await nameAndPassword(page, 'lead')
  await focused(page, 'input[name=code]')
  await look(page, 'second')
  await page.keyboard.type('123456')
  await page.keyboard.press('Enter')
  await page.waitForSelector('[role=alert]')
  await focused(page, 'input[name=code]')
  await look(page, 'second-wrong')
  await page.keyboard.type(totp(secret))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.bar')

  await signOut(page)
  await nameAndPassword(page, 'lead')
  await focused(page, 'input[name=code]')
  await press(page, 'Device lost?')
  await focused(page, 'input[name=code]')
  await look(page, 'second-recovery')
  await page.keyboard.type(codes[3].toLowerCase())
  await page.keyboard.press('Enter')
  await page.waitForSelector('.bar')
  await browser.clean()
})

test('a passkey is added, proves who it is after the password, and signs in alone', async () => {
  const page = await browser.page({}, WRONG)
  await authenticator(page)
  await nameAndPassword(page, 'moderator')
  await page.waitForSelector('.bar')
  await page.keyboard.press('g')
  await page.keyboard.press('m')
  await page.waitForSelector('h1:has-text("My sign-in")')
  await page.waitForSelector('button:has-text("Add a passkey")')
  await look(page, 'security')
  await press(page, 'Add a passkey')
  await focused(page, 'input[name=passkey-name]')
  await look(page, 'new-passkey')
  await page.keyboard.type('blue key')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.codes li')
  await press(page, 'I have kept them')
  await page.waitForSelector('.factors :text("blue key")')
  await look(page, 'security-passkey')

  await signOut(page)
  await nameAndPassword(page, 'moderator')
  await page.waitForFunction(() => document.activeElement?.textContent === 'Use a passkey')
  await look(page, 'second-passkey')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.bar')

  await signOut(page)
  await press(page, 'Sign in with a passkey')
  await page.waitForSelector('.bar')
  assert.match(await page.textContent('.person summary'), /moderator/)
  await browser.clean()
})

test('a grave change asks for a proof over the screen and then goes through', async () => {
  const page = await browser.page({}, WRONG)
  await nameAndPassword(page, 'ann')
  await page.waitForSelector('.bar')
  await page.goto(d.url + '/console/settings')
  await page.waitForSelector('button:has-text("Observe only")')
  later(11)
  await page.click('button:has-text("Observe only")')
  await page.click('dialog[open] .button.danger')
  await page.waitForSelector('dialog[open] input[type=password]')
  await focused(page, 'input[type=password]')
  await look(page, 'prove')
  await page.keyboard.type('wrong password')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open] [role=alert]')
  await focused(page, 'input[type=password]')
  await page.keyboard.type(password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.notice:has-text("Observe only")')
  d.tutela('switch', 'set', 'observe_only', 'off')
  later(0)
  await browser.clean()
})

test('sessions are seen and ended; the password is changed', async () => {
  const page = await browser.page({}, WRONG)
  await nameAndPassword(page, 'viewer')
  await page.waitForSelector('.bar')
  const other = await browser.page({}, WRONG)
  await nameAndPassword(other, 'viewer')
  await other.waitForSelector('.bar')
  await page.goto(d.url + '/console/security')
  await page.waitForSelector('tbody tr >> nth=1')
  await look(page, 'sessions')
  assert.equal(await page.locator('tbody tr:has-text("this one")').count(), 1)
  assert.match(await page.textContent('tbody tr'), /Chrome on Linux/)
  await press(page, 'Sign out everywhere else')
  await page.waitForSelector('tbody tr >> nth=1', { state: 'detached' })
  await other.reload()
  await other.waitForSelector('input[name=name]')
  await press(page, 'Change the password')
  await focused(page, 'dialog input[autocomplete=current-password]')
  await look(page, 'change-password')
  for (const text of [password, 'password1234', 'password1234']) {
    await page.keyboard.type(text)
    await page.keyboard.press('Tab')
  }
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog .field-error')
  await page.fill('dialog input[autocomplete=new-password] >> nth=0', 'quiet green harbour walls')
  await page.fill('dialog input[autocomplete=new-password] >> nth=1', 'quiet green harbour walls')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open]', { state: 'detached' })
  await page.reload()
  await page.waitForSelector('.bar')
  await browser.clean()
})
