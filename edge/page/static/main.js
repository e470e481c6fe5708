// The page with the button. What it says of siren and lights is the box's word, never a guess.

import { call } from "./call.js";
import "./forms.js";
import { hold } from "./hold.js";
import { listen } from "./live.js";
import { lost, put } from "./parts.js";
import { whenStill } from "./still.js";
import { ago, minutes, say } from "./words.js";

const HOLD_MS = 800;         // people are told a second, and in fear count fast
const SAID_MS = 2500;
const body = document.body;
const byId = (id) => document.getElementById(id);
let run = "", version = -1, received = 0, leftS = null, sinceS = null, calling = false, saidTimer = 0;

// --- what the box says

function show(news) {
  if (news.build !== undefined && news.build !== body.dataset.build && !calling && !document.querySelector("details[open]")) {
    location.reload();
    return;
  }
  if (news.run === run && news.version < version) return;
  run = news.run;
  version = news.version;
  received = performance.now();
  leftS = news.left_s;
  sinceS = news.since_s;
  if (news.scene !== undefined) place(news);
  tick();
}

function place(news) {
  put("scene", news.scene);
  put("guard", news.guard);
  put("rows", news.rows);
  byId("cancel").hidden = !news.can_cancel;
  if (!news.can_cancel) byId("cancel").open = false;
  byId("arm").hidden = news.armed;
  byId("disarm").hidden = !news.armed;
  if (!news.armed) byId("disarm").open = false;
  if (body.dataset.tone !== news.tone) {
    if (news.tone === "alarm" && !calling) buzz([300, 150, 300]);
    body.dataset.tone = news.tone;
  }
  if (byId("announce").textContent !== news.announce) byId("announce").textContent = news.announce;
}

function tick() {
  const gone = (performance.now() - received) / 1000;
  for (const time of document.querySelectorAll("[data-left]")) {
    time.textContent = leftS === null ? "" : minutes(leftS - gone);
  }
  for (const time of document.querySelectorAll("[data-since]")) {
    time.textContent = sinceS === null ? "" : ago(sinceS + gone);
  }
}

const gone = () => location.replace("/sign-in");
const heard = (news) => whenStill(news.scene === undefined ? "beat" : "state", () => show(news));

// --- calling for help

function raise(mode) {
  if (calling) return;
  calling = true;
  body.dataset.calling = mode;
  buzz(mode === "siren" ? [80, 60, 200] : [30]);
  call(mode, (what, value) => whenStill("call", () => tell(mode, what, value)));
}

function tell(mode, what, value) {
  const panel = byId("sending"), again = byId("again");
  const silent = mode === "silent";
  const ends = what !== "sending" && what !== "doubt";
  if (ends) calling = false;
  panel.hidden = what === "raised";
  panel.dataset.what = what;
  again.hidden = what !== "failed" && what !== "refused";
  switch (what) {
    case "gone": gone(); return;
    case "raised":
      delete body.dataset.calling;
      show(value.state);
      window.scrollTo(0, 0);
      return;
    case "sending": write(panel, say("sending"), say("sending-detail")); window.scrollTo(0, 0); return;
    case "doubt": write(panel, say("no-answer"), say(silent ? "no-answer-silent" : "no-answer-detail", value)); return;
    case "failed": write(panel, say("gave-up"), say(silent ? "gave-up-silent" : "gave-up-detail")); break;
    case "refused": write(panel, say("refused"), value); break;
  }
  again.textContent = say("again");
  again.onclick = () => raise(mode);
}

// Written only where it changes, since a screen reader reads it out each time.
function write(panel, title, detail) {
  for (const [name, text] of [[".sending-title", title], [".sending-detail", detail]]) {
    const place = panel.querySelector(name);
    if (place.textContent !== text) place.textContent = text;
  }
}

function buzz(pattern) {
  if (navigator.vibrate) navigator.vibrate(pattern);
}

function hint(text, ms) {
  clearTimeout(saidTimer);
  byId("said").textContent = text;
  byId("said").classList.add("is-shown");
  saidTimer = setTimeout(() => byId("said").classList.remove("is-shown"), ms);
}

for (const button of document.querySelectorAll(".hold")) {
  hold(button, {
    ms: HOLD_MS,
    start: () => { buzz([15]); hint(say("holding"), HOLD_MS); },
    done: () => { hint("", 0); raise(button.dataset.mode); },
    short: () => hint(say("too-short"), SAID_MS),
  });
}

show(JSON.parse(body.dataset.first));
setInterval(() => whenStill("clocks", tick), 250);
listen(body.dataset.stream, {
  state: heard, lost: (...how) => whenStill("lost", () => lost(...how)), gone: () => whenStill("gone", gone),
});
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/sw.js").catch(() => {});
