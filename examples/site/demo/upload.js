/* A file that a program hashes while it comes. */
import { byId, count, facts, milliseconds, say, sha256 } from "./page.js";

/* More is not hashed here too, since it would have to be in memory. */
const COMPARE_MAX = 256 * 1024 * 1024;

const SAMPLE_SIZE = 8 * 1024 * 1024;

/* Sends a form, and tells of the progress, which fetch cannot. */
function send(url, form, progress) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();

    request.upload.onprogress = (event) => {
      if (event.lengthComputable)
        progress(event.loaded / event.total);
    };
    request.onload = () => {
      if (request.status === 200)
        resolve(request.responseText);
      else
        reject(new Error(`${request.status} ${request.responseText}`));
    };
    request.onerror = () => reject(new Error("the connection broke"));
    request.open("POST", url);
    request.send(form);
  });
}

async function upload(file) {
  const form = new FormData();
  const progress = byId("upload-progress");
  const start = performance.now();

  form.append("file", file, file.name);
  facts(byId("upload-facts"), []);
  progress.value = 0;
  say("upload-verdict", "Sending.");
  const answer = await send("cgi/hash", form, (share) => {
    progress.value = share;
  });
  const elapsed = performance.now() - start;
  const [, size, hash] = /: (\d+) bytes, SHA-256 ([0-9a-f]{64})\n$/.exec(answer);
  const own = file.size <= COMPARE_MAX
    ? await sha256(await file.arrayBuffer()) : null;

  progress.value = 1;
  facts(byId("upload-facts"), [
    ["File", file.name],
    ["Size", `${count(Number(size))} bytes`],
    ["Time", milliseconds(elapsed)],
    ["SHA-256 of the program", hash],
    ["SHA-256 of this browser", own ?? "not made"],
  ]);
  if (own && own !== hash)
    throw new Error("the hashes differ");
  say("upload-verdict", own
    ? "The program has hashed what this browser has sent."
    : "The program has hashed it.", "good");
}

function noise() {
  const bytes = new Uint8Array(SAMPLE_SIZE);

  /* So many at once are given out. */
  for (let at = 0; at < bytes.length; at += 65536)
    crypto.getRandomValues(bytes.subarray(at, at + 65536));
  return new File([bytes], "noise");
}

async function run(file) {
  const buttons = byId("upload-form").querySelectorAll("button");

  buttons.forEach((button) => { button.disabled = true; });
  try {
    await upload(file);
  } catch (error) {
    say("upload-verdict", `That failed: ${error.message}`, "bad");
  }
  buttons.forEach((button) => { button.disabled = false; });
}

byId("upload-form").addEventListener("submit", (event) => {
  event.preventDefault();
  run(byId("upload-file").files[0]);
});
byId("upload-sample").addEventListener("click", () => run(noise()));
byId("upload-sample").disabled = false;
