// Parts of a page as the box has rendered them, and the word that it is away.

import { say } from "./words.js";

// Only where it has changed: what is being touched or read out stays.
export function put(id, html) {
  const target = document.getElementById(id);
  if (target.dataset.html === html) return;
  target.dataset.html = html;
  target.innerHTML = html;
}

// `isLong`: it may not come back by itself, as where its certificate is another one now.
export function lost(isLost, isLong = false) {
  const { tone, calling } = document.body.dataset, isQuiet = tone === "quiet" || calling === "silent";
  write("lost-title", say(isQuiet ? "lost-quiet" : "lost"));
  write("lost-detail", say(isLong ? "lost-long" : "lost-detail"));
  document.getElementById("lost").hidden = !isLost;
  document.body.classList.toggle("is-lost", isLost);
}

function write(id, text) {
  const place = document.getElementById(id);
  if (place.textContent !== text) place.textContent = text;
}
