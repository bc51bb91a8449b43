// A live stream in the console: the running one comes first, its newest segments appear while the page is open, and one key
// chooses its stop. By keyboard only. SHOTS=folder keeps pictures of what it saw.
import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { axe, openBrowser, signIn } from './browser.mjs'
import { startDaemon, testPicture, until } from './daemon.mjs'

let server, browser
before(async () => {
  server = await startDaemon()
  browser = await openBrowser()
})
after(async () => {
  await browser?.close()
  await server?.stop()
})

let seq = 0
const pictures = ['pdq/scene00.png', 'pdq/scene01.png', 'pdq/scene02.png', 'pdq/scene04.png'].map(testPicture)
const segment = (body, more = {}) => server.publish({ id: `night-${++seq}`, kind: 'live_stream', author: { id: 'u-night' }, text: { body },
  views: 1200 + 40 * seq, stream: { id: 'night-show', seq }, ...more }, [pictures[seq % pictures.length]])
const trail = async () => (await server.api('GET', '/v1/items/night-show')).body

test('the running stream is on the table, grows while one looks, and is stopped by one key', async () => {
  await server.publish({ id: 'graver', kind: 'post', author: { id: 'u-2' }, text: { body: 'demo topple the snowman' } })
  await segment('hello everybody')
  await segment('look at this: DEMO-HATE-PHRASE')
  await segment('and here we go on')
  for (const colorScheme of ['light', 'dark']) {
    const page = await browser.page({ colorScheme }, [/401/])
    await signIn(page, server)
    await page.waitForSelector('.stream .segment')
    assert.match(await page.textContent('.case-first'), /live \d+:\d\d/)
    if (colorScheme === 'light') {
      assert.equal(await page.locator('.segment').count(), 3)
      assert.match(await page.textContent('.segment[aria-pressed=true]'), /demo-hate.*review/)
      await segment('again: DEMO-HATE-PHRASE')
      await page.waitForSelector('.segment:nth-of-type(1) >> nth=3', { timeout: 20_000 })
      assert.match(await page.textContent('.segment-shown'), /DEMO-HATE-PHRASE/)
      await page.locator('.segment').first().focus()
      await page.keyboard.press('Enter')
      assert.match(await page.textContent('.segment-shown'), /the newest/)
    }
    assert.deepEqual(await axe(page), [])
    if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/live.${colorScheme}.png` })
    if (process.env.SHOTS) {
      await page.goto(`${server.url}/console/queues/live`)
      await page.waitForSelector('.live-mark')
      await page.screenshot({ path: `${process.env.SHOTS}/live-queue.${colorScheme}.png` })
      await page.goto(`${server.url}/console/items/demo/night-2`)
      await page.waitForSelector('.stream .segment')
      await page.screenshot({ path: `${process.env.SHOTS}/live-item.${colorScheme}.png` })
      await page.goto(`${server.url}/console/work`)
      await page.waitForSelector('.stream .segment')
    }
    if (colorScheme === 'dark') {
      const stop = page.locator('.choices .choice', { hasText: 'Stop the live stream' })
      await page.keyboard.press('1')
      await page.keyboard.press('q')
      assert.equal(await stop.getAttribute('aria-checked'), 'true')
      await page.keyboard.press('Enter')
      await page.waitForSelector('.undo')
      await until('the confirmed stop', async () => (await trail()).stream.state === 'stopped')
      await page.goto(`${server.url}/console/items/demo/night-show`)
      await page.waitForSelector('.stream')
      assert.match(await page.textContent('.stream'), /stream stopped/)
      assert.deepEqual(await axe(page), [])
      if (process.env.SHOTS) await page.screenshot({ path: `${process.env.SHOTS}/live-stopped.png` })
    }
    await browser.clean()
  }
})
