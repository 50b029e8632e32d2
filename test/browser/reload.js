// A reload asks whether the page is new; what the log says of it, the test
// looks at.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

module.exports = async ({ page, base, site }) => {
  const file = path.join(site, 'changes.html');
  const text = () => page.locator('#text').textContent();
  const write = (text, time) => {
    fs.writeFileSync(file, `<!doctype html><p id=text>${text}</p>
      <script src=/script.js></script>`);
    fs.utimesSync(file, time, time);
  };
  write('before', 1577836800);
  await page.goto(`${base}/changes.html`);
  assert.equal(await text(), 'before');
  await page.reload();
  assert.equal(await text(), 'before');
  assert.equal(await page.evaluate('scripts'), 1);
  write('behind', 1577836801);
  await page.reload();
  assert.equal(await text(), 'behind');
};
