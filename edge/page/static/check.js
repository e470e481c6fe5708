// The page for keepers: what the box says of itself, as it comes.

import "./forms.js";
import { listen } from "./live.js";
import { lost, put } from "./parts.js";
import { ago } from "./words.js";

const body = document.body;
let nowS = null, received = 0;         // the box's clock, and when it was told

function show(news) {
  if (news.build !== body.dataset.build) { location.reload(); return; }
  nowS = news.now_s;
  received = performance.now();
  if (news.parts !== undefined) place(news);
  tick();
}

function place(news) {
  for (const [id, html] of Object.entries(news.parts)) if (document.getElementById(id)) put(id, html);
  const announce = document.getElementById("announce");
  if (announce.textContent !== news.announce) announce.textContent = news.announce;
}

function tick() {
  if (nowS === null) return;
  const now = nowS + (performance.now() - received) / 1000;
  for (const time of document.querySelectorAll("[data-seen]")) {
    time.textContent = ago(Math.max(0, now - Number(time.dataset.seen)));
  }
}

setInterval(tick, 1000);
listen(body.dataset.stream, { state: show, lost, gone: () => location.replace("/sign-in") });
