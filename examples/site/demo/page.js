/* What every part of the demo needs: elements, and what was on the wire. */

export const byId = (id) => document.getElementById(id);

/* An element with text in it: what others wrote is never markup here. */
export function element(name, text = "", className = "") {
  const made = document.createElement(name);

  made.textContent = text;
  made.className = className;
  return made;
}

export const count = (n) => n.toLocaleString("en");

export function milliseconds(ms) {
  return `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;
}

/* Says how it went: state is "good", "bad", or nothing while it goes. */
export function say(id, text, state = "") {
  byId(id).textContent = text;
  byId(id).className = `verdict ${state}`;
}

/*
 * Lets the button id do its work, once at a time. What the work throws is
 * said in the verdict.
 */
export function onClick(id, verdict, work) {
  const button = byId(id);

  button.addEventListener("click", async () => {
    button.disabled = true;
    try {
      await work();
    } catch (error) {
      say(verdict, `That failed: ${error.message}`, "bad");
    }
    button.disabled = false;
  });
  button.disabled = false;
}

/* Names and values, in a dl. */
export function facts(list, pairs) {
  list.replaceChildren(...pairs.map(([name, value]) => {
    const pair = document.createElement("div");

    pair.append(element("dt", name), element("dd", value));
    return pair;
  }));
}

/* The lines of one exchange after the other, as in what curl -v prints. */
export class Wire {
  constructor(id) {
    this.box = byId(id);
    this.box.replaceChildren();
    this.box.hidden = false;
  }

  line(text, className) {
    this.box.append(element("span", text, className), "\n");
    this.box.scrollTop = this.box.scrollHeight;
  }

  note(text) {
    this.line(text, "note-line");
  }

  sent(url, fields = {}) {
    if (this.box.firstChild)
      this.box.append("\n");
    this.line(`GET ${new URL(url, location.href).pathname} HTTP/1.1`, "sent");
    for (const [name, value] of Object.entries(fields))
      this.line(`${name}: ${value}`, "sent");
  }

  /* Of the response's fields, those that are of interest here. */
  received(response, names) {
    this.line(`HTTP/1.1 ${response.status} ${response.statusText}`, "received");
    for (const name of names)
      if (response.headers.has(name))
        this.line(`${name}: ${response.headers.get(name)}`, "received");
  }
}

/* In hexadecimal; or null where the browser hashes only for https. */
export async function sha256(bytes) {
  if (!globalThis.crypto?.subtle)
    return null;
  const hash = await crypto.subtle.digest("SHA-256", bytes);

  return Array.from(new Uint8Array(hash),
                    (byte) => byte.toString(16).padStart(2, "0")).join("");
}
