// Parts of a page as the box has rendered them, and the word that it is away.

import { say } from "./words.js";

// Only where it has changed: what is being touched or read out stays.
export function put(id, html) {
  const target = document.getElementById(id);
  if (target.dataset.html === html) return;
  target.dataset.html = html;
  target.innerHTML = html;
}

export function lost(isLost) {
  const banner = document.getElementById("lost");
  banner.hidden = !isLost;
  banner.textContent = "";
  document.body.classList.toggle("is-lost", isLost);
  if (isLost) banner.append(strong(say("lost")), ` ${say("lost-detail")}`);
}

function strong(text) {
  const element = document.createElement("b");
  element.textContent = text;
  return element;
}
