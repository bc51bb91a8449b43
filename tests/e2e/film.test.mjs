// A video and a sound as a moderator meets them: covered, silent, still; seen and heard only by a key that is held or pressed,
// and only as pixels and samples made anew.
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
const publish = (id, kind, file) => server.publish({ id, kind, author: { id: 'u-' + id }, views: 12, text: { caption: 'demo zorbs go home' } }, [testPicture(file)])

async function openCase(page, id) {
  await publish(...id)
  await signIn(page, server)
  await page.waitForSelector('.preview')
}

test('a video: storyboard while Space is held, then its clip by keys', async () => {
  const page = await browser.page({}, [/401/])
  await openCase(page, ['a-video', 'video', 'vpdq/mandelbrot.mp4'])
  assert.match(await page.textContent('.preview figcaption'), /Video 0:12 · 320 × 240 · h264/)
  await page.waitForSelector('.picture.covered img')
  assert.equal(await page.locator('.board').count(), 0)
  assert.deepEqual(await axe(page), [])
  await shot(page, 'video-covered')

  await page.keyboard.down(' ')
  await page.waitForFunction(() => document.querySelector('.picture.shown .board img')?.naturalWidth > 600)
  assert.deepEqual((await page.locator('.still > span').allTextContents()).slice(0, 3), ['0:00', '0:01', '0:02'])
  await shot(page, 'video-storyboard')
  await page.keyboard.up(' ')
  await page.waitForSelector('.picture.covered')

  await page.keyboard.press('v')
  await page.waitForFunction(() => document.querySelector('dialog video')?.readyState >= 2)
  const clip = () => page.evaluate(() => {
    const v = document.querySelector('dialog video')
    return { paused: v.paused, muted: v.muted, at: v.currentTime, rate: v.playbackRate, long: v.duration, tracks: v.webkitAudioDecodedByteCount, src: v.src.slice(0, 5) }
  })
  const first = await clip()
  assert.ok(first.paused && first.muted && first.at === 0)
  assert.equal(first.src, 'blob:')
  assert.ok(Math.abs(first.long - 10) < 0.5, `${first.long} s`)
  assert.equal(await page.locator('dialog .picture.covered').count(), 1)
  assert.deepEqual(await axe(page), [])
  await shot(page, 'clip-covered')

  await page.keyboard.press('ArrowRight')
  await page.waitForFunction(() => document.querySelector('dialog video').currentTime > 0.1)
  assert.equal(await page.locator('dialog .picture.shown').count(), 1)
  await page.keyboard.press('Shift+ArrowRight')
  await page.waitForFunction(() => document.querySelector('dialog video').currentTime > 1.1)
  await shot(page, 'clip-shown')
  await page.keyboard.press('ArrowUp')
  assert.equal((await clip()).rate, 1.5)
  await page.keyboard.press(' ')
  await page.waitForFunction(() => !document.querySelector('dialog video').paused)
  await page.evaluate(() => dispatchEvent(new Event('blur'))) // leaving the window
  await page.waitForFunction(() => document.querySelector('dialog video').paused)
  await page.waitForSelector('dialog .picture.covered')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog[open]'))
  // By key from its button: there the focus is again. By mouse: Enter decides, and opens nothing.
  const button = page.locator('.preview button:has-text("Clip")')
  await button.focus()
  await page.keyboard.press('Enter')
  await page.waitForSelector('dialog[open]')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog[open]'))
  assert.ok(await button.evaluate((b) => b === document.activeElement))
  await page.evaluate(() => document.activeElement.blur())
  await button.click()
  await page.waitForSelector('dialog[open]')
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog[open]'))
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => !document.querySelector('.case-head'))
  await browser.clean()
})

test('a video by night at 200 %: the player stays on the screen and marks the moments of a known picture', async () => {
  const lines = testPicture('vpdq/mandelbrot.txt').toString().trim().split('\n')
  server.tutela('bank', 'create', 'stills', '--kind', 'pdq', '--policy', 'terms.spam', '--distance', '63')
  server.tutela('bank', 'add', 'stills', lines[2].split(',')[2])
  const page = await browser.page({ colorScheme: 'dark', viewport: { width: 720, height: 450 } }, [/401/])
  await publish('a-known-picture', 'video', 'vpdq/mandelbrot.mp4')
  await until('the clip of moments', async () => (await server.api('GET', '/v1/items/a-known-picture')).body.media[0].film.moments)
  await signIn(page, server)
  await page.waitForSelector('.preview')
  assert.match(await page.textContent('.preview figcaption'), /known: 0:01 to 0:04/)
  assert.match(await page.textContent('.lines'), /identical · seen in 25 % of this, 0:01 to 0:04/)
  assert.deepEqual(await axe(page), [])
  await page.keyboard.down(' ')
  await page.waitForSelector('.picture.shown .still.here')
  assert.deepEqual((await page.locator('.still > span').allTextContents()).slice(0, 6), ['0:00', '0:01 known', '0:02 known', '0:03 known', '0:04', '0:05'])
  assert.deepEqual(await axe(page), [])
  await shot(page, 'video-storyboard-night')
  await page.keyboard.up(' ')
  await page.keyboard.press('v')
  await page.waitForFunction(() => document.querySelector('dialog video')?.readyState >= 2)
  const room = () => page.evaluate(() => {
    const box = (of) => document.querySelector(of).getBoundingClientRect()
    return { picture: box('.player .picture').height, left: innerHeight - box('.player').bottom, wide: document.querySelector('dialog').scrollWidth - document.querySelector('dialog').clientWidth }
  })
  const large = await room()
  assert.ok(large.picture >= 120 && large.left > 0 && large.wide <= 0, JSON.stringify(large))
  assert.equal(await page.locator('.timeline-known').count(), 1)
  assert.deepEqual(await axe(page), [])
  await shot(page, 'clip-night')
  // Around what was found first; W shows the whole and comes back. Each is a look of its own.
  assert.match(await page.textContent('.player'), /The clip is what lies around the place/)
  assert.equal(await page.locator('.timeline-part').count(), 1)
  await page.keyboard.press('w')
  await page.waitForFunction(() => document.querySelectorAll('.timeline-part').length === 10 && document.querySelector('dialog video')?.readyState >= 2)
  assert.match(await page.textContent('.player'), /10 parts of 0:01, spread over the whole/)
  await page.waitForFunction(() => document.querySelector('dialog video').currentTime > 0.5) // where it was found
  await page.keyboard.press('w')
  await page.waitForFunction(() => document.querySelectorAll('.timeline-part').length === 1 && document.querySelector('dialog video')?.readyState >= 2)
  await page.setViewportSize({ width: 360, height: 225 })
  const small = await room()
  assert.ok(small.picture >= 120 && small.wide <= 0, JSON.stringify(small))
  await page.keyboard.press('Escape')
  await page.waitForFunction(() => !document.querySelector('dialog[open]'))
  await page.keyboard.press('0')
  await page.keyboard.press('Enter')
  await page.waitForFunction(() => !document.querySelector('.case-head'))
  await browser.clean()
})

test('a sound: nothing plays by itself, it starts quietly', async () => {
  const page = await browser.page({}, [/401/])
  await openCase(page, ['a-sound', 'post', 'film/tone.mp3'])
  assert.match(await page.textContent('.preview figcaption'), /Sound 0:03 · mp3/)
  assert.deepEqual(await axe(page), [])
  await shot(page, 'sound')
  await page.click('button:has-text("Listen")')
  await page.waitForFunction(() => document.querySelector('dialog audio')?.readyState >= 2)
  const { paused, volume, long } = await page.evaluate(() => {
    const a = document.querySelector('dialog audio')
    return { paused: a.paused, volume: a.volume, long: a.duration }
  })
  assert.ok(paused)
  assert.ok(volume <= 0.2)
  assert.ok(Math.abs(long - 3) < 0.3, `${long} s`)
  await page.keyboard.press('ArrowUp')
  assert.ok(await page.evaluate(() => document.querySelector('dialog audio').volume) > 0.3)
  await shot(page, 'sound-player')
  assert.deepEqual(await axe(page), [])
  await page.keyboard.press('Escape')
  await browser.clean()
})
