// What the console does when things go wrong or people change their mind: undo, drafts, an ended session, a lost network, a
// claim that somebody else took, text written to harm, looks that end by themselves.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { openBrowser, signIn } from './browser.mjs'
import { startMock } from './mock.mjs'

let browser
before(async () => { browser = await openBrowser() })
after(() => browser.close())

async function work(t, expected = [], options = {}) {
  const server = await startMock()
  t.after(() => server.stop())
  const page = await browser.page(options, [/401/, ...expected])
  await signIn(page, server)
  await page.waitForSelector('.decide .choice')
  // The undo bar stands as soon as the decision is taken; the next case comes a moment later.
  const another = (than) => page.waitForFunction((than) => document.querySelector('.case-head h1')?.textContent !== than, than)
  return { page, server, because: () => page.textContent('.case-head h1'), another }
}

test('a decision is taken back with U while the bar stands, and the case is there again', async (t) => {
  const { page, because, another } = await work(t)
  const first = await because()
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await another(first)
  await page.keyboard.press('u')
  await page.waitForSelector('.undo', { state: 'detached' })
  assert.equal(await because(), first)
  assert.equal(await page.getAttribute('.choice[aria-keyshortcuts="0"]', 'aria-checked'), 'false')
  await browser.clean()
})

for (const [name, viewport] of [['a phone', { width: 390, height: 844 }], ['a small window', { width: 1024, height: 600 }]]) {
  test(`the next case begins at its beginning on ${name}`, async (t) => {
    const { page, because, another } = await work(t, [], { viewport })
    const first = await because()
    await page.keyboard.press('0')
    await page.evaluate(() => { for (const part of document.querySelectorAll('#screen, .work')) part.scrollTop = 1e6 })
    await page.keyboard.press('Enter')
    await page.waitForSelector('.undo')
    await another(first)
    await page.waitForFunction(() => [...document.querySelectorAll('#screen, .work')].every((part) => part.scrollTop === 0))
    assert.ok(await page.evaluate(() => document.querySelector('.case-head').getBoundingClientRect().top < 200))
    await browser.clean()
  })
}

test('Enter held down or pressed without a choice decides nothing', async (t) => {
  const { page, because } = await work(t)
  const first = await because()
  await page.keyboard.press('Enter')
  assert.equal(await because(), first)
  assert.match(await page.textContent('.status'), /Choose a policy/)
  await page.keyboard.press('0')
  for (let i = 0; i < 8; i++) await page.keyboard.down('Enter')
  await page.keyboard.up('Enter')
  await page.waitForSelector('.undo')
  assert.match(await page.textContent('.today'), /^32/, 'one decision, not eight')
  await browser.clean()
})

test('keys do nothing while somebody writes; Ctrl Enter decides there', async (t) => {
  const { page, because } = await work(t)
  const first = await because()
  await page.keyboard.press('n')
  await page.keyboard.type('0 rbs seen before, u')
  assert.equal(await page.locator('.choice[aria-checked=true]').count(), 0)
  assert.equal(await because(), first)
  await page.click('.choice[aria-keyshortcuts="1"]')
  await page.focus('.writing textarea >> nth=-1')
  await page.keyboard.press('Control+Enter')
  await page.waitForSelector('.undo')
  await browser.clean()
})

test('a draft comes back with its case, also after reloading the page', async (t) => {
  const { page } = await work(t)
  await page.keyboard.press('2')
  await page.keyboard.press('n')
  await page.keyboard.type('look at the second picture')
  await page.waitForResponse((r) => r.url().endsWith('/draft'))
  await page.reload()
  await page.waitForSelector('.choice[aria-checked=true]')
  assert.equal(await page.inputValue('.writing textarea >> nth=-1'), 'look at the second picture')
  assert.equal(await page.getAttribute('.choice[aria-keyshortcuts="2"]', 'aria-checked'), 'true')
  await browser.clean()
})

test('a session that ends asks again over the page and loses nothing', async (t) => {
  const { page, server } = await work(t)
  await page.keyboard.press('1')
  server.endSession()
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open] input[type=password]')
  await page.keyboard.type(server.password)
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open]', { state: 'detached' })
  assert.equal(await page.getAttribute('.choice[aria-keyshortcuts="1"]', 'aria-checked'), 'true')
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await browser.clean()
})

test('a lost network is said, decisions wait, and work goes on when it is back', async (t) => {
  const { page } = await work(t, [/ERR_INTERNET_DISCONNECTED/, /Failed to load/])
  await page.context().setOffline(true)
  await page.waitForSelector('.notice.warn')
  await page.keyboard.press('0')
  assert.equal(await page.isDisabled('.decide-foot .button.main'), true)
  await page.context().setOffline(false)
  await page.waitForSelector('.notice.warn', { state: 'detached' })
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo')
  await browser.clean()
})

test('a picture is covered again on letting go, on leaving it and on leaving the page', async (t) => {
  const { page } = await work(t)
  const covered = () => page.waitForSelector('.picture.covered')
  const reveals = []
  page.on('request', (r) => { if (r.url().endsWith('/reveal')) reveals.push(r.url()) })
  await page.keyboard.down('Space')
  await page.waitForSelector('.picture.shown')
  await page.keyboard.up('Space')
  await covered()
  await page.hover('.picture')
  await page.mouse.down()
  await page.waitForSelector('.picture.shown')
  await page.mouse.move(5, 5)
  await covered()
  await page.mouse.up()
  await page.keyboard.down('Space')
  await page.waitForSelector('.picture.shown')
  await page.evaluate(() => dispatchEvent(new Event('blur')))
  await covered()
  await page.keyboard.up('Space')
  await page.keyboard.press('Shift+Space')
  await page.waitForSelector('.zoom .picture.covered')
  await page.keyboard.down('Space')
  await page.waitForSelector('.zoom .picture.shown')
  await page.keyboard.up('Space')
  await page.waitForSelector('.zoom .picture.covered')
  assert.equal(reveals.length, 4, 'each look is asked for and so recorded')
  await browser.clean()
})

test('text written to harm stays text', async (t) => {
  const evil = '<img src=x onerror="document.title=1"><script>document.title=2</script> javascript:alert(1) \u202etxt.exe'
  const { page } = await work(t)
  await page.route('**/console/api/cases/*', async (route) => {
    const answer = await route.fetch()
    const c = await answer.json()
    c.item.text = [{ field: 'body', text: evil }]
    c.account.name = evil
    c.causes[0].text = evil
    c.flags = c.flags.map((f) => ({ ...f, comment: evil }))
    await route.fulfill({ response: answer, json: c })
  })
  const id = await page.getAttribute('.case-line .id', 'title')
  await page.goto(page.url().replace(/work.*/, `cases/${id.split('\n')[0]}`))
  await page.waitForSelector('.said')
  assert.match(await page.textContent('.said'), /<img src=x onerror=/)
  assert.equal(await page.locator('#screen img[onerror], #screen img[src="x"], #screen script').count(), 0)
  assert.match(await page.title(), /Case · Tutela$/)
  assert.match(await page.textContent('.said .hidden-char'), /U\+202E/)
  await browser.clean()
})

test('skipping asks why; the next case comes', async (t) => {
  const { page, because } = await work(t)
  const first = await because()
  await page.keyboard.press('s')
  await page.waitForSelector('dialog[open]')
  await page.keyboard.press('2')
  await page.waitForFunction((before) => document.querySelector('.case-head h1')?.textContent !== before, first)
  await browser.clean()
})

test('a case opened by its address is taken, decided, and Work goes on; U brings it back from anywhere', async (t) => {
  const { page, server } = await work(t)
  await page.goto(server.url + '/console/queues/general')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/cases\//)
  await page.click('button:has-text("Take this case")')
  await page.waitForSelector('.decide .choice')
  const id = await page.textContent('.case-line .id')
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  await page.waitForURL(/console\/work$/)
  await page.waitForFunction((old) => document.querySelector('.case-line .id')?.textContent !== old, id)
  await page.keyboard.press('g')
  await page.keyboard.press('f')
  await page.waitForURL(/figures/)
  await page.keyboard.press('u')
  await page.waitForURL(/console\/work$/)
  await page.waitForFunction((old) => document.querySelector('.case-line .id')?.textContent === old, id)
  await browser.clean()
})

test('lists: J, K and Enter move and open; sorting stands in the address', async (t) => {
  const { page } = await work(t)
  await page.keyboard.press('g')
  await page.keyboard.press('q')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('j')
  await page.keyboard.press('j')
  await page.keyboard.press('Enter')
  await page.waitForURL(/queues\/urgent-harm/)
  await page.goBack()
  await page.click('th button:has-text("Queue")')
  assert.match(page.url(), /sort=title/)
  await browser.clean()
})

test('a file is imported in parts, with its bad lines told by number', async (t) => {
  const { page } = await work(t)
  await page.keyboard.press('g')
  await page.keyboard.press('b')
  await page.click('td a:has-text("scam-phrases")')
  await page.click('button:has-text("Import")')
  const lines = Array.from({ length: 2500 }, (_, i) => (i === 1233 ? '!!' : `demo phrase ${i}`))
  await page.setInputFiles('input[type=file]', { name: 'terms.txt', mimeType: 'text/plain', buffer: Buffer.from(lines.join('\n')) })
  await page.click('dialog button[type=submit]')
  await page.waitForSelector('dialog :text("Done:")')
  assert.match(await page.textContent('.progress'), /Done: 2\s499 added, 0 already there, 1 refused/)
  assert.match(await page.textContent('.import-errors tbody'), /1234/)
  await browser.clean()
})

test('the secret of a new key is shown once', async (t) => {
  const { page } = await work(t)
  await page.keyboard.press('g')
  await page.keyboard.press('k')
  await page.waitForSelector('tbody tr')
  await page.keyboard.press('n')
  await page.fill('dialog input >> nth=0', 'importer')
  await page.click('dialog button[type=submit]')
  assert.match(await page.textContent('.secret'), /^tlk_live_/)
  await page.click('button:has-text("I have kept it")')
  await page.waitForSelector('td:has-text("importer")')
  assert.equal(await page.locator('.secret').count(), 0)
  await browser.clean()
})

test('a server that is away is noticed, and so is its return', async (t) => {
  const { page, server } = await work(t, [/ERR_/, /Failed to load/])
  server.pause()
  await page.waitForSelector('.notice.warn', { timeout: 12_000 })
  await server.resume()
  await page.waitForSelector('.notice.warn', { state: 'detached', timeout: 15_000 })
  await browser.clean()
})
