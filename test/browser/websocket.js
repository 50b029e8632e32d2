// WebSockets in a browser: texts, binaries, 1 MiB, compression, close codes;
// and two pages that chat.
'use strict';
const assert = require('node:assert');

module.exports = async ({ page, base }) => {
  await page.goto(`${base}/`);
  const said = await page.evaluate(() => new Promise((ok, fail) => {
    const socket = new WebSocket(location.href.replace(/^http/, 'ws') + 'echo');
    const got = [], big = 'é'.repeat(1 << 19);
    socket.binaryType = 'arraybuffer';
    socket.onopen = () => {
      for (const m of ['hé', big, new Uint8Array(200000).fill(7), ''])
        socket.send(m);
    };
    socket.onmessage = ({ data }) => {
      got.push(typeof data === 'string' ? (data === big ? 'big' : data)
        : new Uint8Array(data).every(b => b === 7) && data.byteLength);
      if (got.length === 4) socket.close(4321, 'bye');
    };
    socket.onclose = ({ code, reason, wasClean }) => ok(
      { got, code, reason, wasClean,
        compresses: socket.extensions.startsWith('permessage-deflate') });
    setTimeout(fail, 10000, 'too slow');
  }));
  assert.deepEqual(said, { got: ['hé', 'big', 200000, ''], code: 4321,
    reason: 'bye', wasClean: true, compresses: true });

  const other = await page.context().newPage();
  for (const p of [page, other]) {
    await p.goto(`${base}/`);
    await p.locator('#state', { hasText: 'connected' }).waitFor();
  }
  await other.fill('#name', 'other');
  await page.fill('#text', 'is <b>anybody</b> there?');
  await page.press('#text', 'Enter');
  await other.locator('#lines li', { hasText: 'me: is <b>anybody</b> there?' })
    .waitFor();
  await other.fill('#text', 'yes');
  await other.press('#text', 'Enter');
  await page.locator('#lines li', { hasText: 'other: yes' }).waitFor();
  await other.close();
};
