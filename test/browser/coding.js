// Every coding that is served is one that the browser asked for and decodes.
'use strict';
const assert = require('node:assert');
const fs = require('node:fs');
const path = require('node:path');

module.exports = async ({ page, base, site }) => {
  for (const [name, coding, text] of [
    ['index', undefined, 'small'],
    ['plain', 'gzip', 'from the file'],
    ['br', 'br', 'from the brotli file'],
    ['zstd', 'zstd', 'from the zstd file'],
  ]) {
    const response = await page.goto(`${base}/${name}.html`);
    const { 'content-encoding': got } = await response.allHeaders();
    assert.equal(got, coding, name);
    assert.equal(await page.title(), text);
    assert.equal(await page.locator('#text').textContent(), text);
    assert.equal(await page.evaluate('scripts'), 1);
  }
  // In many chunks.
  const [coding, numbers] = await page.evaluate(async () => {
    const response = await fetch('/numbers.txt');
    return [response.headers.get('content-encoding'), await response.text()];
  });
  assert.equal(coding, 'gzip');
  assert.ok(numbers === fs.readFileSync(path.join(site, 'numbers.txt'), 'latin1'));
};
