/* Sheep that a program counts, and what a program is told. */
import { byId, count, element, facts, onClick, say } from "./page.js";

const SHEEP_SHOWN = 12;

let source = null;

function stop() {
  source.close();
  source = null;
  byId("sheep-run").textContent = "Count";
  say("sheep-verdict", "Asleep. The process has ended.", "good");
}

function start() {
  const list = byId("sheep-list");
  let processes = 0;

  list.replaceChildren();
  source = new EventSource("cgi/sheep?5");
  byId("sheep-run").textContent = "Enough";
  say("sheep-verdict", "Connecting.");
  source.onopen = () => {
    processes++;
    say("sheep-verdict", processes === 1
      ? "Connected: a process counts."
      : `Connected again: process ${processes} counts on.`, "good");
  };
  source.onerror = () => say("sheep-verdict", "It has ended; coming back.");
  source.onmessage = (event) => {
    list.append(element("li", event.data));
    if (list.children.length > SHEEP_SHOWN)
      list.firstChild.remove();
    list.scrollTop = list.scrollHeight;
  };
}

/* Names that every request of a browser has stand behind those of perch. */
function byInterest([a], [b]) {
  return a.startsWith("HTTP_") - b.startsWith("HTTP_") || (a < b ? -1 : 1);
}

async function environment() {
  const response = await fetch("cgi/env/what/follows?a=b",
                               { cache: "no-store" });
  const text = await response.text();

  if (!response.ok)
    throw new Error(`${response.status} ${response.statusText}`);
  const variables = text.trimEnd().split("\n").map((line) => {
    const at = line.indexOf("=");

    return [line.slice(0, at), line.slice(at + 1)];
  }).sort(byInterest);

  facts(byId("environment-facts"), variables);
  say("environment-verdict", `${count(variables.length)} variables, and no ` +
      "more.", "good");
}

byId("sheep-run").addEventListener("click", () => source ? stop() : start());
byId("sheep-run").disabled = false;
onClick("environment-run", "environment-verdict", environment);
