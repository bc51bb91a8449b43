// The day's work against a real Tutela: sign in, take the next case, look, decide, and see the action delivered to the platform
// and confirmed by it. Once by mouse only, once by keyboard only.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, openBrowser, signIn } from './browser.mjs'
import { startDaemon, testPicture } from './daemon.mjs'
import { seed } from './seed.mjs'

let browser
let server
before(async () => {
  browser = await openBrowser()
  server = await startDaemon()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

/** A picture with a text that a rule sends to review. */
async function publish(id) {
  await server.api('PUT', '/v1/accounts/u-' + id, { age_band: '16-17', age_assured: 'declared', country: 'IE' })
  await server.publish({ id, kind: 'image', author: { id: 'u-' + id }, views: 240, text: { caption: 'By the harbour wall: demo zorbs go home' } }, [testPicture('media/scene04-progressive.jpg')])
}

/** The trail of the item, reloaded until the platform has confirmed. */
async function seeConfirmed(page, reload) {
  for (let i = 0; i < 60; i++) {
    await page.waitForTimeout(250)
    if (await page.locator('.decision .actions .tag.good:text("confirmed")').count()) break
    await reload()
  }
  assert.equal(await page.locator('.decision .actions .tag.good:text("confirmed")').count(), 1, 'confirmed')
  assert.ok(await page.locator('.decision .tag.good:text("delivered")').count() >= 1, 'delivered')
}

test('by mouse', async () => {
  await publish('by-mouse')
  const page = await browser.page({}, [/401/])
  await page.goto(server.url)
  await page.click('input[name=name]')
  await page.keyboard.insertText(server.name)
  await page.click('input[name=password]')
  await page.keyboard.insertText(server.password)
  await page.click('button:has-text("Sign in")')
  await page.waitForSelector('.decide .choice')
  assert.match(await page.textContent('.case-head h1'), /demo-hate/)
  assert.equal(await page.textContent('.said mark'), 'demo zorbs go home')
  assert.deepEqual(await axe(page), [])

  await page.waitForSelector('.picture.covered img')
  await page.hover('.picture')
  await page.mouse.down()
  await page.waitForSelector('.picture.shown img')
  await page.waitForFunction(() => document.querySelector('.picture.shown img').naturalWidth > 32)
  await page.mouse.up()
  await page.waitForSelector('.picture.covered')

  await page.click('.choice[role=radio] >> nth=0')
  assert.ok(await page.locator('.choice[role=checkbox][aria-checked=true]').count() >= 1, 'default actions are chosen')
  await page.click('.decide-foot .button.main')
  await page.waitForSelector('.undo')
  await page.click('nav a:has-text("Search")')
  await page.click('td a:has-text("by-mouse")')
  await page.waitForSelector('.decision')
  await seeConfirmed(page, () => page.click('button:has-text("Reload")'))
  assert.deepEqual(await axe(page), [])
  assert.ok(server.events().some((e) => e.type === 'action.requested' && e.data.subject.id === 'by-mouse'))
  await browser.clean()
})

test('by keyboard', async () => {
  await publish('by-keys')
  const page = await browser.page({ colorScheme: 'dark' }, [/401/])
  await page.goto(server.url)
  await page.waitForSelector('input[name=name]:focus')
  await page.keyboard.type(server.name)
  await page.keyboard.press('Tab')
  await page.keyboard.type(server.password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.picture.covered img')
  await page.keyboard.down('Space')
  await page.waitForFunction(() => document.querySelector('.picture.shown img')?.naturalWidth > 32)
  await page.keyboard.up('Space')
  await page.waitForSelector('.picture.covered')
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await page.keyboard.press('Control+k')
  await page.keyboard.type('by-keys')
  await page.keyboard.press('Enter')
  await page.waitForURL(/search\?q=by-keys/)
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.decision')
  await seeConfirmed(page, () => page.reload())
  await browser.clean()
})

test('taken back long after: the platform restores', async () => {
  const page = await browser.page({}, [/401/])
  await signIn(page, server)
  await page.goto(server.url + '/console/items/demo/by-mouse')
  await page.click('.decision button:has-text("Take back")')
  await page.fill('dialog input', 'It was a quotation from the council minutes.')
  await page.click('dialog button[type=submit]')
  await page.waitForSelector('.decision h2:has-text("Taken back")')
  for (let i = 0; i < 60 && !(await page.locator('.actions li:has-text("take back: restore") .tag.good').count()); i++) {
    await page.click('button:has-text("Reload")')
    await page.waitForTimeout(250)
  }
  assert.equal(await page.locator('.actions li:has-text("take back: restore") .tag.good').count(), 1)
  assert.ok(server.events().some((e) => e.data.action === 'restore' && e.data.subject.id === 'by-mouse'))
  await browser.clean()
})

test('undone in time, nothing reaches the platform', async () => {
  await publish('undone')
  const page = await browser.page({}, [/401/])
  await page.goto(server.url)
  await page.fill('input[name=name]', server.name)
  await page.fill('input[name=password]', server.password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('.decide .choice')
  const first = await page.textContent('.case-line .id')
  await page.keyboard.press('1')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await page.keyboard.press('u')
  await page.waitForFunction((id) => document.querySelector('.case-line .id')?.textContent === id, first)
  await page.waitForTimeout(3000)
  assert.equal(server.events().some((e) => e.type === 'action.requested' && e.data.subject.id === 'undone'), false)
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await browser.clean()
})

test('every screen is accessible and keeps the policy on real data', async () => {
  await seed(server)
  const page = await browser.page({}, [/401/])
  await signIn(page, server)
  for (const screen of ['work', 'queues', 'queues/urgent', 'search', 'search?q=post', 'items/demo/post-91820', 'items/demo/post-91850',
    'accounts/demo/u-48213', 'banks', 'rules', 'deliveries', 'figures', 'alarms', 'audit', 'keys', 'people', `people/${server.tutela('user', 'list').users.find((u) => u.name === 'moderator').id}`, 'security', 'approvals', 'settings']) {
    await page.goto(`${server.url}/console/${screen}`)
    await page.waitForSelector('main h1')
    await page.waitForTimeout(250)
    assert.equal(await page.locator('main .error').count(), 0, screen)
    assert.deepEqual(await axe(page), [], screen)
  }
  await browser.clean()
})

test('leads do what they may: bank, key, switch, preference', async () => {
  const page = await browser.page({}, [/401/])
  await signIn(page, server)
  await page.goto(server.url + '/console/banks')
  await page.click('button:has-text("New bank")')
  await page.fill('dialog input >> nth=0', 'e2e-terms')
  await page.selectOption('dialog select >> nth=0', 'text')
  await page.selectOption('dialog select >> nth=1', 'terms.spam')
  await page.fill('dialog input >> nth=1', 'this test')
  await page.click('dialog button[type=submit]')
  await page.waitForURL(/banks\/[0-9a-f-]{36}/)
  await page.click('button:has-text("Import")')
  await page.setInputFiles('input[type=file]', { name: 'terms.txt', mimeType: 'text/plain', buffer: Buffer.from('demo kelp offer\tseen in May\n\ndemo shell game\n') })
  await page.click('dialog button[type=submit]')
  await page.waitForSelector('dialog :text("Done:")')
  assert.match(await page.textContent('.progress'), /2 added/)
  await page.keyboard.press('Escape')
  await page.waitForSelector('td:has-text("demo shell game")')

  await page.goto(server.url + '/console/keys')
  await page.click('button:has-text("New key")')
  await page.fill('dialog input >> nth=0', 'importer')
  await page.click('dialog button[type=submit]')
  assert.match(await page.textContent('.secret'), /^tlk_live_[\w-]{43}$/)
  await page.click('button:has-text("I have kept it")')
  await page.click('tr:has-text("importer") button:has-text("Revoke")')
  await page.click('dialog .button.danger')
  await page.waitForSelector('tr:has-text("importer") .tag:text("revoked")')

  await page.goto(server.url + '/console/settings')
  await page.click('label:has-text("dark") input')
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
  await page.click('button:has-text("Observe only")')
  await page.click('dialog .button.danger')
  await page.waitForSelector('.notice:has-text("Observe only")')
  await page.reload()
  await page.waitForFunction(() => document.documentElement.dataset.theme === 'dark')
  await page.waitForSelector('.notice:has-text("Observe only")')
  await page.click('button:has-text("Carry decisions out")')
  await page.click('dialog .button.main')
  await page.waitForSelector('.notice:has-text("Observe only")', { state: 'detached' })
  await browser.clean()
})

for (const role of ['viewer', 'moderator', 'specialist', 'lead']) {
  test(`a ${role} meets no closed door on the screens that are shown`, async () => {
    const page = await browser.page({}, [/401/])
    await signIn(page, { ...server, name: role })
    const shown = await page.$$eval('.bar nav a, .alarms, .person-menu a', (links) => links.map((a) => a.getAttribute('href')))
    assert.ok(shown.includes('/console/queues'))
    assert.equal(shown.includes('/console/keys'), false, 'keys are for administrators')
    for (const path of shown) {
      await page.goto(server.url + path)
      await page.waitForSelector('main h1')
      await page.waitForTimeout(250)
      assert.equal(await page.locator('main .error').count(), 0, path)
    }
    await browser.clean()
  })
}
