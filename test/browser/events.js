// Three events reach the example's page, each when it is sent.
'use strict';
const assert = require('node:assert');

module.exports = async ({ page, base }) => {
  await page.goto(`${base}/events.html`);
  const times = [];
  for (let n = 1; n <= 3; n++) {
    await page.locator(`#events li:nth-child(${n})`).waitFor();
    times.push(Date.now());
  }
  assert.equal(await page.locator('#state').textContent(), 'connected');
  // They come one a second, and not at once when the program ends.
  assert.ok(times[2] - times[0] > 1000, `${times}`);
  await page.goto('about:blank');
};
