// The page for keepers: what the box says of itself, as it comes.

import "./forms.js";
import { listen } from "./live.js";
import { lost, put } from "./parts.js";

const body = document.body;

function show(news) {
  if (news.build !== body.dataset.build) { location.reload(); return; }
  if (news.parts === undefined) return;
  for (const [id, html] of Object.entries(news.parts)) put(id, html);
  const announce = document.getElementById("announce");
  if (announce.textContent !== news.announce) announce.textContent = news.announce;
}

listen(body.dataset.stream, { state: show, lost, gone: () => location.replace("/sign-in") });
