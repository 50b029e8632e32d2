// The front page of examples/site: every part of it is tried, and shows what
// it is about. What it looks like is in build/screenshots then.
'use strict';
const assert = require('node:assert');
const crypto = require('node:crypto');
const fs = require('node:fs');
const path = require('node:path');

const site = path.join(__dirname, '../../examples/site');
const screenshots = path.join(__dirname, '../../build/screenshots');

// What is too wide for the window, by its place in the page.
const tooWide = () => [...document.querySelectorAll('body *')]
  .filter((e) => e.getBoundingClientRect().right > innerWidth + 1 &&
    !e.closest('pre, .scroll, .skip'))
  .map((e) => e.outerHTML.slice(0, 80));

async function tryFiles(page, shows) {
  await page.click('#measure');
  await shows('#kept', /^\d+ of 30$/);
  await shows('#fields', /etag/);

  await page.click('#resume-run');
  await shows('#resume-verdict', /Both parts together are the whole: 207,036/);
  await shows('#resume-wire', /Range: bytes=103518-\n/);
  await shows('#resume-wire', /206 Partial Content\nContent-Range: bytes 103518-207035\/207036/);
  const whole = fs.readFileSync(path.join(site, 'perch.webm'));
  const hash = crypto.createHash('sha256').update(whole).digest('hex');
  await shows('#resume-wire', new RegExp(`parts ${hash.slice(0, 16)}`));

  await page.click('#revalidate-run');
  await shows('#revalidate-verdict', /304 Not Modified: 0 bytes/);
  await shows('#revalidate-wire', /If-None-Match: "an-older-one"\nHTTP\/1.1 200 OK/);

  await page.click('#codings-run');
  await shows('#codings-verdict', /sent br: 8,919 bytes, which became 195,242/);
  for (const row of [/identity\s*195,242/, /gzip\s*21,993/, /br\s*8,919/,
    /zstd\s*14,951/, /gzip on the fly\s*\d/, /this browser: br\s*8,919/])
    await shows('#codings-table', row);

  for (const second of [40, 5]) {
    await page.click(`[data-second="${String(second).padStart(2, '0')}"]`);
    await shows('#video-verdict', new RegExp(`At 0:0?${second},`));
    const time = await page.locator('#player').evaluate((v) => v.currentTime);
    assert.equal(Math.floor(time), second);
  }
  await shows('#video-log', /206: [1-9][\d,]* bytes/);
}

async function tryPrograms(page, shows) {
  const file = { name: 'letter', mimeType: 'text/plain',
    buffer: Buffer.from('to whom it may concern') };
  const hash = crypto.createHash('sha256').update(file.buffer).digest('hex');
  await page.setInputFiles('#upload-file', file);
  await page.click('text=Upload it');
  await shows('#upload-facts', new RegExp(`letter[^]*22 bytes[^]*program${hash}`));
  await page.click('#upload-sample');
  await shows('#upload-facts', /noise[^]*8,388,608 bytes/);
  await shows('#upload-verdict', /has hashed what this browser has sent/);
  const sent = await page.locator('#upload-progress').evaluate((p) => p.value);
  assert.equal(sent, 1);

  await page.click('#environment-run');
  await shows('#environment-facts', /QUERY_STRINGa=b/);
  await shows('#environment-facts', /HTTP_USER_AGENT.*Chrome/);

  await page.click('#sheep-run');
  const times = [];
  for (let n = 1; n <= 3; n++) {
    await page.locator(`#sheep-list li:nth-child(${n})`).waitFor();
    times.push(Date.now());
  }
  // They come one a second, and not at once when the program ends.
  assert.ok(times[2] - times[0] > 1000, `${times}`);
  // Behind five another process counts on.
  await shows('#sheep-verdict', /process 2 counts on/);
  await shows('#sheep-list', /5 sheep\s*6 sheep/);
  await page.click('#sheep-run');
  await shows('#sheep-verdict', /has ended/);
}

async function tryWebSockets(page, shows) {
  await page.click('#clock-run');
  await shows('#clock-time', /^\d\d:\d\d:\d\d$/);
  await page.fill('#clock-text', 'hello');
  await page.press('#clock-text', 'Enter');
  await shows('#clock-verdict', /You said: hello \([\d.]+ ms there and back\)/);

  await page.click('#chat-run');
  await shows('#chat-verdict', /Connected, by permessage-deflate/);
  await page.fill('#chat-text', 'is <b>anybody</b> there?');
  await page.press('#chat-text', 'Enter');
  await shows('#chat-lines', /me: is <b>anybody<\/b> there\?/);
}

async function tryDecisions(page, shows) {
  for (const [preset, status, why] of [
    ['page', '200 OK', /GET \/ HTTP\/1.1: 200; handler file; file \/index.html/],
    ['range', '206 Partial', /file \/words.txt/],
    ['coding', '200 OK', /HEAD \/words.txt HTTP\/1.1: 200;.*coding zstd/],
    ['redirect', '302 Found', /redirect by the rule for \/old\//],
    ['password', '200 OK', /file \/private\/index.html/],
    ['program', '200 OK', /handler cgi[^]*numbers-1.txt HTTP\/1.1: 206/],
    ['websocket', '101 Switching', /handler websocket/],
    ['smuggling', '400 Bad', /because both .*Content-Length/],
    ['blank', '400 Bad', /because .*colon|because .*name/],
    ['traversal', '404 Not', /because an encoded slash/],
  ]) {
    const answered = page.waitForResponse('**/cgi/explain');
    await page.selectOption('#explain-preset', preset);
    // The first one waits for what this browser sends.
    await page.waitForFunction(() =>
      /^[A-Z]+ \/.*\n[^]*\n\n$/.test(document.querySelector('textarea').value));
    await page.click('#explain-form button');
    await answered;
    await shows('#explain-verdict', why);
    await shows('#explain-wire', new RegExp(`^HTTP/1.1 ${status}`));
  }
  await page.click('#answers-run');
  await shows('#answers-verdict', /6 addresses/);
  await shows('#answers-table', /docs→ \/docs\/[^]*launchers.html→ \/docs\/launchers.html[^]*files\/200 OK[^]*missing.html404[^]*private\/401[^]*.hidden404/);
}

// Without scripts there are the links and the forms.
async function tryWithoutScripts(browser, base) {
  const context = await browser.newContext({ javaScriptEnabled: false,
    httpCredentials: { username: 'perch', password: 'scales' } });
  const page = await context.newPage();
  // What a program sends is shown while it comes.
  const body = (hasText) => page.locator('body', { hasText }).waitFor();
  try {
    await page.goto(`${base}/`);
    assert.ok(await page.isVisible('.note'));
    assert.ok(await page.isDisabled('#resume-run'));
    await page.setInputFiles('#upload-file', { name: 'letter',
      mimeType: 'text/plain', buffer: Buffer.from('x') });
    await page.click('text=Upload it');
    await body(/^letter: 1 bytes, SHA-256 2d71/);
    await page.goto(`${base}/`);
    await page.click('text=Send it');
    await body(/^HTTP\/1.1 206 Partial[^]*explain: GET \/words.txt HTTP\/1.1: 206/);
    await page.goto(`${base}/private/`);
    assert.equal(await page.textContent('h1'), 'You are in.');
    await page.goto(`${base}/files/`);
    // The style of the listing is allowed.
    assert.equal(await page.locator('table').evaluate((e) =>
      getComputedStyle(e).borderCollapse), 'collapse');
  } finally {
    await context.close();
  }
}

module.exports = async ({ page, base }) => {
  const wrong = [];
  page.on('pageerror', (error) => wrong.push(String(error)));
  page.on('console', (message) => {
    // 401 and 404 are among the answers that are asked for.
    if (message.type() === 'error' && !/status of 40[14]/.test(message.text()))
      wrong.push(message.text());
  });
  const shows = async (selector, pattern) => {
    try {
      await page.waitForFunction(([selector, source]) =>
        new RegExp(source).test(document.querySelector(selector).textContent),
      [selector, pattern.source]);
    } catch {
      throw new Error(`${selector} does not show ${pattern}, but: ` +
        await page.textContent(selector));
    }
  };
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.goto(`${base}/`);
  await tryFiles(page, shows);
  await tryPrograms(page, shows);
  await tryWebSockets(page, shows);
  await tryDecisions(page, shows);

  for (const [name, width] of [['desktop', 1280], ['phone', 390], ['small', 360]])
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' });
      await page.setViewportSize({ width, height: 900 });
      assert.deepEqual(await page.evaluate(tooWide), [], `${name}, ${width}`);
      if (name !== 'small')
        await page.screenshot({ fullPage: true, type: 'jpeg', quality: 80,
          path: path.join(screenshots, `demo-${name}-${colorScheme}.jpg`) });
    }

  for (const name of ['clock', 'chat']) {
    await page.click(`#${name}-run`);
    await shows(`#${name}-verdict`, /Closed with 1000/);
  }
  await tryWithoutScripts(page.context().browser(), base);
  assert.deepEqual(wrong, []);
};
