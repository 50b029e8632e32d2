// The example of a single page: what its script shows for each address.
'use strict';
const assert = require('node:assert');

module.exports = async ({ page, base }) => {
  const title = () => page.locator('h1').textContent();
  await page.goto(`${base}/`);
  assert.equal(await title(), 'Home');
  await page.click('text=All fish');
  assert.equal(await title(), 'All fish');
  await page.click('#view >> text=pike');
  assert.equal(await title(), 'pike');
  await page.reload();
  assert.equal(await title(), 'pike');
  await page.goBack();
  assert.equal(await title(), 'All fish');
  await page.click('text=No such view');
  assert.equal(await title(), 'Nothing here');
};
