// Chromium for the tests of test/browser.bats, started once for all of them:
//
//   node browser.js PLAYWRIGHT CHROMIUM SOCKET SITE KEYS
//
// takes requests from SOCKET: GET /NAME?BASE runs NAME.js, which lies beside
// this file, against the server at BASE. The browser believes any certificate
// that has one of KEYS, SHA-256 in base64, parted by commas. What the script
// exports is called with
//
//   page  an empty page; the server's port is new to the browser, so that
//         it knows nothing of it
//   base  the server's URL, without a slash at the end
//   site  the server's document root
//
// and passes if it returns: what it returned is the answer. What it throws
// becomes the answer to a request that failed.
'use strict';
const http = require('node:http');
const path = require('node:path');
const [playwright, executablePath, socket, site, keys] =
  process.argv.slice(2);
const { chromium } = require(playwright);

async function run(context, name, base) {
  const page = await context.newPage();
  try {
    const said = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(String(error)));
    // Nothing may wait for longer than the request to this program.
    page.setDefaultTimeout(40000);
    try {
      return await require(path.join(__dirname, name))({ page, base, site });
    } catch (error) {
      throw new Error([error.stack, 'the page said:', ...said].join('\n'));
    }
  } finally {
    await page.close();
  }
}

async function main() {
  const browser = await chromium.launch({
    executablePath,
    args: ['--autoplay-policy=no-user-gesture-required',
      `--ignore-certificate-errors-spki-list=${keys}`],
  });
  // One for all, since each takes longer than most scripts.
  const context = await browser.newContext();
  const server = http.createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url, 'http://browser');
    try {
      const output = await run(context, pathname.slice(1), search.slice(1));
      response.end(`${output ?? 'passed'}\n`);
    } catch (error) {
      response.writeHead(500).end(`${error.message}\n`);
    }
  });
  server.listen(socket, () => console.log('ready'));
  process.on('SIGTERM', async () => {
    await browser.close();
    process.exit();
  });
}

main();
