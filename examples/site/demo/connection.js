/*
 * How this page was served: asks for it again with HEAD, lists the fields,
 * and times requests that follow each other on one connection.
 */
import { byId, milliseconds } from "./page.js";

const ROUNDS = 30;

/* This page's address without the fragment, which is never sent. */
const page = location.href.split("#")[0];

function head(url) {
  return fetch(url, { method: "HEAD", cache: "no-store" });
}

function addRow(body, name, value) {
  const row = body.insertRow();
  const cell = document.createElement("th");

  cell.scope = "row";
  cell.textContent = name;
  row.append(cell);
  row.insertCell().textContent = value;
}

async function showFields() {
  const body = byId("fields");
  const status = byId("status");

  try {
    const response = await head(page);

    body.replaceChildren();
    for (const [name, value] of response.headers)
      addRow(body, name, value);
    status.textContent = `${response.status} ${response.statusText}`;
    status.hidden = false;
  } catch (error) {
    body.replaceChildren();
    addRow(body, "failed", error.message);
  }
}

/*
 * How long one request took, its connection included, and whether that
 * was kept from the one before. The query gives each request an entry of
 * its own.
 */
async function time(round) {
  const url = `${page.split("?")[0]}?round=${round}-${Date.now()}`;
  const start = performance.now();

  const response = await head(url);
  /* Empty, but the entry is there only when the body has ended. */
  await response.text();
  const elapsed = performance.now() - start;
  const entry = performance.getEntriesByName(url)[0];

  if (!entry || entry.requestStart === 0)
    return { ms: elapsed, kept: null };
  return {
    ms: entry.responseEnd - entry.startTime,
    kept: entry.connectStart === entry.connectEnd,
  };
}

function draw(times) {
  const slowest = Math.max(...times.map((t) => t.ms));

  byId("bars").replaceChildren(...times.map((t) => {
    const bar = document.createElement("span");

    bar.style.height = `${100 * t.ms / slowest}%`;
    bar.title = milliseconds(t.ms);
    bar.classList.toggle("new", t.kept === false);
    return bar;
  }));
}

function summarize(times) {
  const sorted = times.map((t) => t.ms).sort((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  const kept = times.filter((t) => t.kept).length;

  byId("fastest").textContent = milliseconds(sorted[0]);
  byId("median").textContent = milliseconds(middle);
  byId("slowest").textContent = milliseconds(sorted[sorted.length - 1]);
  byId("kept").textContent = `${kept} of ${times.length}`;
  byId("bars").ariaLabel =
    `${times.length} requests, median ${milliseconds(middle)}`;
}

async function measure() {
  const button = byId("measure");
  const times = [];

  button.disabled = true;
  performance.clearResourceTimings();
  try {
    for (let round = 0; round < ROUNDS; round++) {
      times.push(await time(round));
      draw(times);
    }
    summarize(times);
    button.textContent = "Measure again";
  } catch (error) {
    byId("bars").textContent = `The request failed: ${error.message}`;
  }
  button.disabled = false;
}

byId("measure").addEventListener("click", measure);
byId("measure").disabled = false;
showFields();
