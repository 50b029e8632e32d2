/* A video in which one jumps, and what its player was answered. */
import { byId, count, element, say } from "./page.js";

const player = byId("player");

function seconds(time) {
  return `0:${String(Math.floor(time)).padStart(2, "0")}`;
}

function jump(second) {
  const go = () => { player.currentTime = second; };

  if (player.readyState >= HTMLMediaElement.HAVE_METADATA) {
    go();
    return;
  }
  player.addEventListener("loadedmetadata", go, { once: true });
  player.preload = "auto";
  player.load();
}

player.addEventListener("seeked", () => {
  say("video-verdict", `At ${seconds(player.currentTime)}, which is ` +
      "the number behind the fish.", "good");
});
player.addEventListener("error", () => {
  say("video-verdict", `That failed: ${player.error.message}`, "bad");
});
for (const button of document.querySelectorAll("[data-second]")) {
  button.addEventListener("click", () => jump(Number(button.dataset.second)));
  button.disabled = false;
}

/*
 * The browser's own account of the player's requests, but of those without a
 * status, which the player has given up for others.
 */
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (entry.initiatorType === "video" && entry.responseStatus !== 0)
      byId("video-log").append(element("li",
        `${entry.responseStatus ?? "Answer"}: ` +
        `${count(entry.encodedBodySize)} bytes`));
}).observe({ type: "resource", buffered: true });
