// Files, lists and single entries into a bank and out again, as a lead does it: by keyboard, in the dark, at 200 %; what lasts longer,
// what an export leaves out, and what a bank matched judged again.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, openBrowser, signIn } from './browser.mjs'
import { startDaemon, testPicture, until } from './daemon.mjs'

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

const shot = (page, name) => process.env.SHOTS ? page.screenshot({ path: `${process.env.SHOTS}/${name}.png` }) : null
const night = { colorScheme: 'dark', viewport: { width: 720, height: 450 } }
const closed = (page) => page.waitForFunction(() => !document.querySelector('dialog[open]'))
const dialogFits = (page) => page.evaluate(() => document.querySelector('dialog').scrollWidth <= document.querySelector('dialog').clientWidth)

async function openBank(page, name, kind, again = false) {
  server.tutela('bank', 'create', name, '--kind', kind, '--policy', 'terms.spam')
  if (again) await page.goto(`${server.url}/console/banks`)
  else await signIn(page, server, '/console/banks')
  await page.click(`td a:has-text("${name}")`)
  await page.waitForSelector(`h1:has-text("Bank ${name}")`)
}
/** Ten seconds of a tune. */
function tune() {
  const rate = 11025, pcm = Buffer.alloc(20 * rate)
  for (let i = 0; i < pcm.length / 2; i++) pcm.writeInt16LE(Math.round(9000 * Math.sin(2 * Math.PI * (i / rate) * (220 + 35 * ((Math.floor(3 * i / rate) * 7) % 11)))), 2 * i)
  const head = Buffer.from('RIFF    WAVEfmt \x10\0\0\0\x01\0\x01\0        \x02\0\x10\0data    ', 'latin1')
  for (const [at, n] of [[4, pcm.length + 36], [24, rate], [28, 2 * rate], [40, pcm.length]]) head.writeUInt32LE(n, at)
  return Buffer.concat([head, pcm])
}
const picture = (name) => ({ name, mimeType: 'image/png', buffer: testPicture(`pdq/${name}`) })

test('pictures go in as files by keyboard, the bad one is told, and all come out again', async () => {
  const page = await browser.page({}, [/401/, /422/, /409/])
  await openBank(page, 'by-file', 'pdq')
  await page.keyboard.press('n')
  await page.waitForSelector('dialog input[type=radio]')
  await page.keyboard.press('Tab') // past Close
  await page.focus('dialog input[type=radio]:checked')
  await page.keyboard.press('ArrowRight')
  await page.waitForSelector('dialog input[type=file]')
  assert.deepEqual(await axe(page), [])
  await page.setInputFiles('dialog input[type=file]', [picture('scene10.png'), picture('scene01.png'), { name: 'notes.txt', mimeType: 'text/plain', buffer: Buffer.from('no picture') }, picture('scene10.png')])
  await page.fill('dialog label:has-text("Exchange") input', 'hotline')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog :text("Done:")')
  assert.match(await page.textContent('.progress'), /2 added, 1 already there, 1 refused/)
  assert.match(await page.textContent('.import-errors tbody'), /notes\.txt/)
  assert.deepEqual(await axe(page), [])
  await shot(page, 'bank-files')
  await page.click('dialog button:has-text("Close"):not(.quiet)')
  await closed(page)
  await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 2)
  assert.match(await page.textContent('main table tbody'), /hotline/)
  // What is added by hand comes out by one click.
  await page.keyboard.press('n')
  await page.fill('dialog .field:has-text("Hash") input', '0f3c5a69'.repeat(8))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.undo-line:has-text("Added to the bank")')
  await page.click('.undo-line button')
  await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 2)
  // And files that were added too often come out together.
  await page.keyboard.press('n')
  await page.click('dialog label:has-text("Files")')
  await page.setInputFiles('dialog input[type=file]', [picture('scene06.png'), picture('scene10.png')])
  await page.click('dialog button[type=submit]')
  await page.waitForSelector('dialog :text("Done: 1 added, 1 already there")')
  await page.click('dialog button:has-text("Take it out again")')
  await closed(page)
  await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 2)
  assert.equal(server.tutela('bank', 'show', 'by-file').entries.length, 2)
  await browser.clean()
})

test('a video, a sound and any file go in as what their bank holds of them', async () => {
  const page = await browser.page(night, [/401/, /422/])
  const still = testPicture('pdq/scene10.png')
  for (const [kind, bytes, wrong] of [['video', testPicture('vpdq/testsrc2.mp4'), still], ['sound', tune(), still], ['digest', still]]) {
    await openBank(page, `${kind}-by-file`, kind, kind !== 'video')
    await page.keyboard.press('n')
    await page.click('dialog label:has-text("Files")')
    const file = (name, buffer) => ({ name, mimeType: 'application/octet-stream', buffer })
    await page.setInputFiles('dialog input[type=file]', wrong ? [file('own', bytes), file('wrong', wrong)] : [file('own', bytes)])
    await page.click('dialog button[type=submit]')
    await page.waitForSelector('dialog :text("Done:")')
    assert.match(await page.textContent('.progress'), wrong ? /1 added, 0 already there, 1 refused/ : /1 added, 0 already there, 0 refused/, kind)
    if (wrong) assert.match(await page.textContent('.import-errors tbody'), /cannot be found again by what a (video|sound) bank holds/)
    assert.ok(await dialogFits(page))
    await page.waitForFunction(() => document.querySelector('dialog .row').getBoundingClientRect().bottom <= innerHeight)
    await shot(page, `bank-files-night-${kind}`)
    await page.keyboard.press('Escape')
    await closed(page)
    await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 1)
  }
  assert.deepEqual(await axe(page), [])
  await browser.clean()
})

test('a list is pasted, its bad lines told, what lasts longer said, and taken out again', async () => {
  const page = await browser.page(night, [/401/])
  await openBank(page, 'by-list', 'pdq')
  const hash = (n) => n.toString(16).padStart(2, '0').repeat(32)
  const paste = async (lines) => {
    await page.click('button:has-text("Import")')
    await page.fill('dialog textarea', lines.join('\n'))
    await page.click('dialog button[type=submit]')
    await page.waitForSelector('dialog :text("Done:")')
  }
  await paste(['value,note,expires_at', `${hash(1)},one,2099-01-01`, 'nonsense,two,', `${hash(3)},three,`])
  assert.match(await page.textContent('.progress'), /2 added, 0 already there, 1 refused/)
  assert.match(await page.textContent('.import-errors tbody'), /3/)
  assert.ok(await dialogFits(page))
  assert.deepEqual(await axe(page), [])
  await shot(page, 'bank-list-night')
  await page.click('dialog button:has-text("Close"):not(.quiet)')
  await closed(page)
  await paste(['value,expires_at', `${hash(1)},2099-06-01`, `${hash(4)},`])
  assert.match(await page.textContent('.progress'), /1 added, 1 already there \(1 of them last longer now\), 0 refused/)
  await page.click('dialog button:has-text("Take out again what was added")')
  await closed(page)
  await page.waitForSelector('.status:has-text("1 entry is out of the bank again")')
  await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 2)
  // By hand: it is there, and lasts for good now.
  await page.keyboard.press('n')
  await page.fill('dialog .field:has-text("Hash") input', hash(1))
  await page.keyboard.press('Enter')
  await page.waitForSelector('.status:has-text("by-list held it already; it lasts longer now: for good.")')
  await shot(page, 'bank-longer-night')
  assert.equal(await page.locator('.undo-line').count(), 0, 'what was there before is not taken out')
  assert.deepEqual(await axe(page), [])
  await browser.clean()
})

test('an export says what plain lines leave out', async () => {
  const page = await browser.page({}, [/401/])
  await openBank(page, 'to-export', 'pdq')
  server.tutela('bank', 'add', 'to-export', 'ab'.repeat(32))
  server.tutela('bank', 'add', 'to-export', 'cd'.repeat(32), '--expires', '2099-01-01')
  await page.reload()
  await page.waitForFunction(() => document.querySelectorAll('main table tbody tr').length === 2)
  await page.click('button:has-text("Export")')
  await page.selectOption('dialog select', 'lines')
  const [file] = await Promise.all([page.waitForEvent('download'), page.click('dialog button[type=submit]')])
  assert.equal(file.suggestedFilename(), 'to-export.txt')
  await page.waitForSelector('dialog :text("saved without 1 entry")')
  assert.deepEqual(await axe(page), [])
  await shot(page, 'bank-export')
  await page.setViewportSize({ width: 360, height: 400 })
  assert.ok(await dialogFits(page))
  await shot(page, 'bank-export-small')
  await page.keyboard.press('Escape')
  await closed(page)
  await browser.clean()
})

test('what a bank matched is judged again: counted first, then done', async () => {
  server.tutela('bank', 'create', 'again-bank', '--kind', 'pdq', '--policy', 'terms.spam')
  server.tutela('bank', 'add', 'again-bank', '--file', new URL('../data/pdq/scene06.png', import.meta.url).pathname)
  let n = 0
  await until('a match', async () => {
    const id = `again-${n++}`
    await server.publish({ id, kind: 'image', author: { id: 'u-again' } }, [testPicture('pdq/scene06.png')])
    return (await server.api('GET', `/v1/items/${id}`)).body.signals.some((s) => s.label === 'again-bank')
  })
  const page = await browser.page(night, [/401/])
  await signIn(page, server, '/console/banks')
  await page.click('td a:has-text("again-bank")')
  await page.waitForSelector('h1:has-text("again-bank")')
  const button = page.locator('button:has-text("Judge again")')
  await button.focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog :text("Every item that matched this bank")')
  await page.focus('dialog button[type=submit]')
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog button:has-text("Judge again: ")')
  assert.match(await page.textContent('dialog form'), /1 item matched it|2 items matched it/)
  assert.ok(await dialogFits(page))
  assert.deepEqual(await axe(page), [])
  await shot(page, 'bank-again-night')
  const looked = (await server.api('GET', `/v1/items/again-${n - 1}`)).body.verdict_at
  await page.keyboard.press('Enter')
  await closed(page)
  await page.waitForSelector('.status:has-text("They are judged again")')
  assert.ok(await button.evaluate((b) => b === document.activeElement), 'the focus is where it was')
  await until('the item to be judged again', async () => (await server.api('GET', `/v1/items/again-${n - 1}`)).body.verdict_at > looked)
  // Nothing matched since a day to come: there is nothing to do.
  await page.keyboard.press('Enter')
  await page.fill('dialog input[type=date]', '2099-01-01')
  await page.click('dialog button[type=submit]')
  await page.waitForSelector('dialog :text("No item matched it.")')
  assert.ok(await page.isDisabled('dialog button[type=submit]'))
  await page.keyboard.press('Escape')
  await closed(page)
  await browser.clean()
})
