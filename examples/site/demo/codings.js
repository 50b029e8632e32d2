/* What a file weighs on the wire in each coding. */
import { byId, count, element, onClick, say } from "./page.js";

function addRow(body, name, bytes, whole) {
  const row = body.insertRow();
  const bar = element("span", "", "share-bar");

  row.append(Object.assign(element("th", name), { scope: "row" }));
  row.append(element("td", count(bytes)));
  row.append(element("td", `${(100 * bytes / whole).toFixed(1)} %`, "share"));
  bar.style.width = `${100 * bytes / whole}%`;
  row.lastChild.append(bar);
}

/* What this browser asks for, and what it got then. */
async function own() {
  const url = new URL(`words.txt?at=${Date.now()}`, location.href).href;
  const response = await fetch(url, { cache: "no-store" });

  await response.text();
  const coding = response.headers.get("Content-Encoding") ?? "identity";
  /* The entry is made a moment later than the response is there. */
  for (let tries = 0; tries < 50; tries++) {
    const [entry] = performance.getEntriesByName(url);

    if (entry)
      return { coding, wire: entry.encodedBodySize, file: entry.decodedBodySize };
    await new Promise((done) => setTimeout(done, 20));
  }
  throw new Error("the browser does not say what was on the wire");
}

async function measure() {
  const response = await fetch("cgi/codings", { cache: "no-store" });
  const text = await response.text();

  if (!response.ok)
    throw new Error(`${response.status} ${response.statusText}`);
  const rows = text.trim().split("\n").map((line) => line.split(" "));
  const body = byId("codings-table").tBodies[0];
  const whole = Number(rows[0][1]);
  const { coding, wire, file } = await own();

  body.replaceChildren();
  for (const [name, bytes] of rows)
    addRow(body, name.replaceAll("-", " "), Number(bytes), whole);
  addRow(body, `this browser: ${coding}`, wire, whole);
  say("codings-verdict", `This browser was sent ${coding}: ${count(wire)} ` +
      `bytes, which became ${count(file)}.`, "good");
}

onClick("codings-run", "codings-verdict", measure);
