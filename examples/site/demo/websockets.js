/* A clock and a chat, each with a program of lines at the other end. */
import { byId, element, milliseconds, say } from "./page.js";

/*
 * Lets the button of the part called name connect it to path and leave, and
 * its form say lines. on has the words for the button, and takes each message
 * and each begin.
 */
function socket(name, path, on) {
  const button = byId(`${name}-run`);
  const form = byId(`${name}-form`);
  const submit = form.querySelector("button");
  let open = null;

  button.addEventListener("click", () => {
    if (open) {
      open.close(1000);
      return;
    }
    const url = new URL(path, location.href);

    url.protocol = url.protocol.replace("http", "ws");
    open = new WebSocket(url);
    say(`${name}-verdict`, "Connecting.");
    open.onopen = () => {
      button.textContent = on.leave;
      submit.disabled = false;
      on.begin();
      say(`${name}-verdict`, `Connected${open.extensions ? ", by " +
          open.extensions.split(";")[0] : ""}.`, "good");
    };
    open.onmessage = (event) => on.message(event.data);
    open.onclose = (event) => {
      open = null;
      button.textContent = on.join;
      submit.disabled = true;
      say(`${name}-verdict`, `Closed with ${event.code}. The process has ` +
          "ended.", event.code === 1000 ? "good" : "bad");
    };
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (open?.readyState === WebSocket.OPEN)
      open.send(on.line());
  });
  button.disabled = false;
}

/* A message is a line: blanks of every kind are one. */
function taken(id) {
  const text = byId(id).value.replace(/\s+/g, " ");

  byId(id).value = "";
  return text;
}

let said = 0;

socket("clock", "clock", {
  join: "Connect",
  leave: "Disconnect",
  begin() {},
  line() {
    said = performance.now();
    return taken("clock-text");
  },
  message(text) {
    if (/^\d\d:\d\d:\d\d$/.test(text))
      byId("clock-time").textContent = text;
    else
      say("clock-verdict",
          `${text} (${milliseconds(performance.now() - said)} there and back)`,
          "good");
  },
});

socket("chat", "talk", {
  join: "Join",
  leave: "Leave",
  begin() {
    /* What was said before comes again. */
    byId("chat-lines").replaceChildren();
  },
  line() {
    return `${byId("chat-name").value}: ${taken("chat-text")}`;
  },
  message(text) {
    const list = byId("chat-lines");

    list.append(element("li", text));
    list.scrollTop = list.scrollHeight;
  },
});
