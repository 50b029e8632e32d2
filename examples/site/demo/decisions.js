/* Requests as one writes them, and how they are answered. */
import { byId, onClick, say, Wire } from "./page.js";

const MARK = "\n\nStandard error:\n";

const requests = {
  /* Filled with what this browser sends, as a program was told it. */
  page: null,
  range: ["GET /words.txt HTTP/1.1", "Host: localhost",
          "Range: bytes=0-99", "Connection: close"],
  coding: ["HEAD /words.txt HTTP/1.1", "Host: localhost",
           "Accept-Encoding: gzip;q=0.5, zstd, br;q=0"],
  redirect: ["GET /old/launchers.html?a=b HTTP/1.1", "Host: localhost"],
  password: ["GET /private/ HTTP/1.1", "Host: localhost",
             `Authorization: Basic ${btoa("perch:scales")}`],
  program: ["GET /cgi/sheep?1 HTTP/1.1", "Host: localhost", "",
            "GET /files/numbers-1.txt HTTP/1.1", "Host: localhost",
            "Range: bytes=-20"],
  websocket: ["GET /clock HTTP/1.1", "Host: localhost",
              "Connection: Upgrade", "Upgrade: websocket",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="],
  smuggling: ["POST / HTTP/1.1", "Host: localhost", "Content-Length: 5",
              "Transfer-Encoding: chunked", "", "0", "",
              "GET /private/ HTTP/1.1"],
  blank: ["GET / HTTP/1.1", "Host: localhost", "Content-Length : 5"],
  traversal: ["GET /files/..%2f..%2f..%2fetc/passwd HTTP/1.1",
              "Host: localhost"],
};

/* HTTP_USER_AGENT as User-Agent. */
function fieldName(variable) {
  return variable.slice(5).toLowerCase()
    .replace(/(^|_)(.)/g, (_, blank, letter) =>
      (blank && "-") + letter.toUpperCase());
}

async function ownRequest() {
  const response = await fetch("cgi/env", { cache: "no-store" });
  const fields = (await response.text()).split("\n")
    .filter((line) => line.startsWith("HTTP_"))
    .map((line) => {
      const at = line.indexOf("=");

      return `${fieldName(line.slice(0, at))}: ${line.slice(at + 1)}`;
    });

  return [`GET ${location.pathname} HTTP/1.1`, ...fields];
}

async function fill(name) {
  const lines = requests[name] ?? await ownRequest();

  /* The empty line behind the head, and its end. */
  byId("explain-request").value = `${lines.join("\n")}\n\n`;
}

/* Lines, but of what is no text, such as coded content, only that it is. */
function showText(wire, text) {
  let shown = true;

  for (const line of text.replaceAll("\r\n", "\n").trimEnd().split("\n")) {
    const last = shown;

    shown = !/[\0-\x08\x0e-\x1f\x7f\ufffd]/.test(line);
    if (shown)
      wire.line(line, "received");
    else if (last)
      wire.note("bytes that are no text");
  }
}

/* As the form would be sent without a script: its lines end in CRLF. */
async function explain() {
  const text = byId("explain-request").value.replace(/\r?\n/g, "\r\n");
  const response = await fetch("cgi/explain", {
    method: "POST",
    headers: { "Content-Type": "text/plain" },
    body: `request=${text}\r\n`,
  });
  const output = await response.text();

  if (!response.ok)
    throw new Error(`${response.status} ${output}`);
  const at = output.lastIndexOf(MARK);
  const wire = new Wire("explain-wire");

  showText(wire, output.slice(0, at));
  wire.box.scrollTop = 0;
  say("explain-verdict",
      output.slice(at + MARK.length).trimEnd() || "It says nothing.", "said");
}

async function ask(row) {
  const address = row.querySelector("a").href;
  const response = await fetch(address, {
    method: "HEAD", cache: "no-store", credentials: "omit",
  });
  const { pathname } = new URL(response.url);

  row.querySelector(".answer").textContent = response.redirected
    ? `\u2192 ${pathname}` : `${response.status} ${response.statusText}`;
}

async function answers() {
  const { rows } = byId("answers-table").tBodies[0];

  for (const row of rows)
    await ask(row);
  say("answers-verdict", `${rows.length} addresses asked for.`, "good");
}

byId("explain-preset").disabled = false;
byId("explain-preset").addEventListener("change", (event) =>
  fill(event.target.value));
byId("explain-form").addEventListener("submit", async (event) => {
  event.preventDefault();
  say("explain-verdict", "Sending.");
  try {
    await explain();
  } catch (error) {
    say("explain-verdict", `That failed: ${error.message}`, "bad");
  }
});
onClick("answers-run", "answers-verdict", answers);
fill("page");
