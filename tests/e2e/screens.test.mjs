// Every screen, with data, with none and with far too much: nothing that axe finds wrong, nothing that the content security
// policy refused, no sideways scrolling on a phone or at 200 % zoom.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, openBrowser, signIn } from './browser.mjs'
import { startMock } from './mock.mjs'

const SCREENS = ['work', 'queues', 'queues/urgent-harm', 'search', 'items/harbour/post-91819', 'accounts/harbour/u-48213', 'banks', 'rules',
  'deliveries', 'figures', 'alarms', 'crisis', 'audit', 'keys', 'settings', 'nowhere']
const ALARMS = 'header a.alarms[href$="/alarms"]'

let browser
before(async () => { browser = await openBrowser() })
after(() => browser.close())

for (const scene of ['usual', 'empty', 'full']) {
  test(`every screen is accessible and keeps the policy: ${scene}`, async (t) => {
    const server = await startMock(scene)
    t.after(() => server.stop())
    const notThere = [/404/, /401/]
    const page = await browser.page({ colorScheme: scene === 'empty' ? 'dark' : 'light' }, notThere)
    await page.goto(server.url)
    await page.waitForSelector('input[name=name]')
    assert.deepEqual(await axe(page), [], 'sign-in')
    await signIn(page, server)
    for (const screen of SCREENS) {
      await page.goto(`${server.url}/console/${screen}`)
      await page.waitForSelector('main h1')
      await page.waitForTimeout(200)
      assert.deepEqual(await axe(page), [], `${screen} (${scene})`)
      assert.match(await page.locator(ALARMS).textContent(), scene === 'empty' ? /no alarms/ : /\d+ alarms?/, `alarms on ${screen} (${scene})`)
      if (screen === 'alarms') for (const shape of await page.$$eval('.cards > .alarm', (cards) => cards.map((c) => getComputedStyle(c).display))) assert.equal(shape, 'list-item', 'a severity is no class of something else')
    }
    await browser.clean()
  })
}

test('by night, and in dialogs, it is as accessible', async (t) => {
  const server = await startMock()
  t.after(() => server.stop())
  const page = await browser.page({ colorScheme: 'dark' }, [/401/])
  await signIn(page, server)
  await page.waitForSelector('.decide')
  assert.deepEqual(await axe(page), [], 'work by night')
  for (const key of ['Shift+?', 'Control+k', 'c', 's', 'e', '/', 'Shift+Space']) {
    await page.keyboard.press(key)
    await page.waitForSelector('dialog[open]')
    await page.waitForTimeout(150)
    assert.deepEqual(await axe(page), [], `dialog of ${key}`)
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { state: 'detached' })
  }
  await page.keyboard.press('1')
  await page.keyboard.press('m')
  await page.keyboard.press('p')
  assert.deepEqual(await axe(page), [], 'work with everything open')
  await browser.clean()
})

test('crisis mode by night at 200 %: the live view, its net, and starting a watch by keyboard', async (t) => {
  const server = await startMock()
  t.after(() => server.stop())
  const page = await browser.page({ colorScheme: 'dark', viewport: { width: 720, height: 450 } }, [/401/, /404/])
  await signIn(page, server)
  await page.goto(`${server.url}/console/crisis`)
  await page.click('.cards a')
  await page.waitForSelector('.minutes svg')
  assert.deepEqual(await axe(page), [], 'the live view')
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0)
  await page.click('text=Change the net')
  await page.waitForSelector('dialog[open] .rim')
  assert.deepEqual(await axe(page), [], 'its net')
  await page.keyboard.press('Escape')
  await page.goto(`${server.url}/console/crisis?case=x&policy=csae.known`)
  await page.waitForSelector('form.panel input')
  await page.waitForSelector('form.panel .rim') // what it would catch, before it starts
  assert.deepEqual(await axe(page), [], 'starting one')
  await page.focus('form.panel input')
  await page.keyboard.type('A clip of a fire')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main h1:has-text("A clip of a fire")')
  await page.goto(`${server.url}/console/crisis`)
  await page.click('text=Watch a file')
  await page.setInputFiles('form.panel input[type=file]', { name: 'clip.mp4', mimeType: 'video/mp4', buffer: Buffer.from('a clip') })
  await page.waitForSelector('text=Known by its frames')
  await page.waitForSelector('form.panel .rim')
  assert.deepEqual(await axe(page), [], 'from a file')
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0)
  await browser.clean()
})

test('a bank: every dialog is accessible, refused lines have their place, what was removed comes back', async (t) => {
  const server = await startMock()
  t.after(() => server.stop())
  const page = await browser.page({ colorScheme: 'dark', viewport: { width: 720, height: 450 } }, [/401/])
  await signIn(page, server)
  await page.goto(`${server.url}/console/banks`)
  await page.click('main table a')
  await page.waitForSelector('main table[class], main .table-wrap')
  assert.deepEqual(await axe(page), [], 'a bank by night, at 200 %')
  assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0)
  const dialog = async (open, look = async () => {}) => {
    await open()
    await page.waitForSelector('dialog[open]')
    await look()
    assert.deepEqual(await axe(page), [], await page.textContent('dialog[open] h2'))
    await page.keyboard.press('Escape')
    await page.waitForSelector('dialog[open]', { state: 'detached' })
  }
  for (const name of ['Settings', 'Export', 'Change many entries', 'Delete the bank']) await dialog(() => page.getByRole('button', { name, exact: true }).click())
  await dialog(() => page.keyboard.press('n'))
  await dialog(() => page.getByRole('button', { name: 'Import', exact: true }).click(), async () => {
    await page.setInputFiles('dialog input[type=file]', { name: 'list.txt', mimeType: 'text/plain', buffer: Buffer.from('abc\n-bad\nother\n') })
    await page.click('dialog button[type=submit]')
    await page.waitForSelector('.import-errors tbody tr')
    assert.match(await page.textContent('dialog [role=status]'), /Done: 2 added, 0 already there, 1 refused/)
  })
  await page.keyboard.press('/')
  await page.keyboard.type('nothing')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.empty')
  await page.getByRole('searchbox').fill('')
  await page.keyboard.press('Enter')
  await page.waitForSelector('main tbody tr')
  await page.keyboard.press('Tab')
  await page.evaluate(() => document.activeElement.blur())
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.click('dialog button:has-text("Remove")')
  await page.click('button:has-text("Put it back")')
  await page.waitForSelector('.undo-line', { state: 'detached' })
  await browser.clean()
})

for (const [name, viewport] of [['a small screen', { width: 1024, height: 768 }], ['a phone', { width: 390, height: 844 }], ['200 % zoom', { width: 720, height: 450 }]]) {
  test(`nothing runs off the side on ${name}`, async (t) => {
    const server = await startMock('full')
    t.after(() => server.stop())
    const page = await browser.page({ viewport }, [/401/, /404/])
    await signIn(page, server)
    for (const screen of SCREENS) {
      await page.goto(`${server.url}/console/${screen}`)
      await page.waitForSelector('main h1')
      await page.waitForTimeout(150)
      const over = await page.evaluate(() => [document.documentElement, document.getElementById('screen')].map((e) => e.scrollWidth - e.clientWidth))
      assert.deepEqual(over, [0, 0], screen)
      assert.ok(await page.isVisible(ALARMS), `alarms on ${screen}`)
      assert.equal(await page.evaluate(() => document.documentElement.scrollHeight - innerHeight), 0, `${screen}: the page itself is longer than the window`)
    }
    await browser.clean()
  })
}
