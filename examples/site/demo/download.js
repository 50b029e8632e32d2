/* A download that is cut and goes on, and one that need not be repeated. */
import { byId, count, onClick, say, sha256, Wire } from "./page.js";

const RANGE_FIELDS = ["Content-Range", "Content-Length", "ETag",
                      "Accept-Ranges"];

function equal(a, b) {
  return a.length === b.length && a.every((byte, at) => byte === b[at]);
}

/* The first bytes of the file, and no more: the connection is cut then. */
async function fetchHalf(url, wire, progress) {
  const cut = new AbortController();

  wire.sent(url);
  const response = await fetch(url, { cache: "no-store", signal: cut.signal });
  wire.received(response, RANGE_FIELDS);

  const size = Number(response.headers.get("Content-Length"));
  const half = new Uint8Array(Math.floor(size / 2));
  const reader = response.body.getReader();
  let len = 0;

  while (len < half.length) {
    const { done, value } = await reader.read();

    if (done)
      throw new Error("the file ended before its half");
    half.set(value.subarray(0, half.length - len), len);
    len = Math.min(half.length, len + value.length);
    progress(len / size);
  }
  cut.abort();
  wire.note(`cut after ${count(len)} of ${count(size)} bytes`);
  return { half, etag: response.headers.get("ETag") };
}

async function fetchRest(url, { half, etag }, wire) {
  const headers = { "Range": `bytes=${half.length}-`, "If-Range": etag };

  wire.sent(url, headers);
  const response = await fetch(url, { cache: "no-store", headers });
  wire.received(response, RANGE_FIELDS);
  if (response.status !== 206)
    throw new Error(`the answer is ${response.status}, and no part`);
  return new Uint8Array(await response.arrayBuffer());
}

async function resume() {
  const url = "perch.webm";
  const wire = new Wire("resume-wire");
  const progress = (share) => { byId("resume-progress").value = share; };

  say("resume-verdict", "Fetching.");
  const begun = await fetchHalf(url, wire, progress);
  const rest = await fetchRest(url, begun, wire);
  const joined = new Uint8Array(begun.half.length + rest.length);

  joined.set(begun.half);
  joined.set(rest, begun.half.length);
  progress(1);
  wire.sent(url);
  const response = await fetch(url, { cache: "no-store" });
  wire.received(response, ["Content-Length"]);
  const whole = new Uint8Array(await response.arrayBuffer());
  const hashes = [await sha256(joined), await sha256(whole)];

  if (hashes[0]) {
    wire.note(`SHA-256 of both parts ${hashes[0].slice(0, 16)}…`);
    wire.note(`SHA-256 of the whole  ${hashes[1].slice(0, 16)}…`);
  }
  if (!equal(joined, whole))
    throw new Error("the parts are not the whole");
  say("resume-verdict",
      `Both parts together are the whole: ${count(whole.length)} bytes, ` +
      "the same SHA-256.", "good");
}

async function revalidate() {
  const url = "words.txt";
  const wire = new Wire("revalidate-wire");
  const lengths = [];

  async function ask(headers) {
    wire.sent(url, headers);
    const response = await fetch(url, { cache: "no-store", headers });
    const { byteLength } = await response.arrayBuffer();

    wire.received(response, ["ETag", "Content-Encoding"]);
    wire.note(`${count(byteLength)} bytes of content, decoded`);
    lengths.push(byteLength);
    return response;
  }

  const { headers } = await ask();
  const same = await ask({ "If-None-Match": headers.get("ETag") });
  const other = await ask({ "If-None-Match": '"an-older-one"' });

  if (same.status !== 304 || other.status !== 200)
    throw new Error(`${same.status} and ${other.status} came`);
  say("revalidate-verdict", "304 Not Modified: " +
      `${lengths[1]} bytes in the place of ${count(lengths[0])}.`, "good");
}

onClick("resume-run", "resume-verdict", resume);
onClick("revalidate-run", "revalidate-verdict", revalidate);
