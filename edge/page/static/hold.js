// Press and hold: by any finger, mouse, pen, Space or Enter. The button is held while anything holds it, however
// many fingers rest elsewhere; `done` is called once, as the time is over, and again only after all have let go.
//
// - Fingers are followed by touch events: Chromium gives a finger no pointer event while another one scrolls.
// - A wet screen loses a finger for a moment: a gap of up to GAP_MS breaks no hold.
// - A finger lets go for good when it leaves the place where the button was as it came down. A page that
//   scrolls or is turned under a still finger takes nothing away from it.
// - The system may take a finger away (pointercancel, touchcancel): it was lifted. A page that is left, hidden
//   or locked lets go of all at once.

import { keepStill } from "./still.js";

const GAP_MS = 150;
const SLOP_PX = 40;
const NEVER = -Infinity;

export function hold(button, { ms, start, done, short }) {
  const holders = new Map();         // what holds the button, with where the button was then
  let began = 0, lifted = 0, spent = false, timer = 0, gap = 0, hasTouch = false;

  function press(name, at) {
    if (document.hidden) return;
    clearTimeout(gap);
    if (began && !holders.size && at - lifted > GAP_MS) stop();
    holders.set(name, button.getBoundingClientRect());
    if (began) { finishIfDue(at); return; }
    began = at;
    spent = false;
    button.classList.add("holding");
    timer = setTimeout(() => { if (holders.size) finish(); }, Math.max(0, ms - (performance.now() - at)));
    keepStill(button, true);
    start();
  }

  function release(name, at, forGood) {
    if (!holders.delete(name) || holders.size) return;
    finishIfDue(at);                 // the page may have been too busy to see it in time
    lifted = at;
    clearTimeout(gap);
    if (forGood) stop(); else gap = setTimeout(stop, GAP_MS);
  }

  function finishIfDue(at) {
    if (!spent && at - began >= ms) finish();
  }

  function finish() {
    spent = true;
    rest();
    done();
  }

  function stop() {
    const wasShort = began && !spent;
    began = 0;
    rest();
    if (wasShort) short();
  }

  function rest() {
    clearTimeout(timer);
    button.classList.remove("holding");
    keepStill(button, false);
  }

  // Whether it was held for long enough is not asked: a phone that slept has no clock.
  function letGo(isMeant) {
    for (const name of [...holders.keys()]) if (isMeant(name)) release(name, NEVER, true);
  }

  function letGoOfAll() {
    letGo(() => true);
    clearTimeout(gap);
    if (began) stop();
  }

  function slide(name, point, at) {
    const place = holders.get(name);
    if (place && isOutside(place, point)) release(name, at, true);
  }

  // fingers

  button.addEventListener("touchstart", (event) => {
    if (event.cancelable) event.preventDefault();        // no zoom, no menu, no click
    const here = new Set([...event.touches].map(touch));
    letGo((name) => name.startsWith("touch") && !here.has(name));
    for (const each of event.changedTouches) press(touch(each), moment(event));
    hasTouch = true;
    letGo((name) => name.startsWith("finger"));
  }, { passive: false });
  button.addEventListener("touchmove", (event) => {
    for (const each of event.changedTouches) slide(touch(each), each, moment(event));
  }, { passive: true });
  for (const kind of ["touchend", "touchcancel"]) {
    button.addEventListener(kind, (event) => {
      for (const each of event.changedTouches) release(touch(each), moment(event), false);
    });
  }

  // mouse and pen; fingers where there are no touch events

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || (hasTouch && event.pointerType === "touch")) return;
    if (button.setPointerCapture) button.setPointerCapture(event.pointerId);
    press(pointer(event), moment(event));
  });
  button.addEventListener("pointermove", (event) => slide(pointer(event), event, moment(event)));
  for (const kind of ["pointerup", "pointercancel", "lostpointercapture"]) {
    button.addEventListener(kind, (event) => release(pointer(event), moment(event), false));
  }

  // keys

  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (!event.repeat && !holders.has("key")) press("key", moment(event));
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    release("key", moment(event), true);
  });
  button.addEventListener("blur", () => release("key", NEVER, true));

  document.addEventListener("visibilitychange", () => { if (document.hidden) letGoOfAll(); });
  window.addEventListener("pagehide", letGoOfAll);
  window.addEventListener("blur", () => letGo((name) => !name.startsWith("touch")));
  window.addEventListener("resize", () => { for (const name of holders.keys()) holders.set(name, null); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  // A finger's or mouse's click says nothing beyond the press. A click without one comes from a screen
  // reader, which cannot hold: it goes on to the page with two steps.
  button.addEventListener("click", (event) => {
    if (event.detail !== 0) event.preventDefault();
  });
}

function isOutside(place, point) {
  return point.clientX < place.left - SLOP_PX || point.clientX > place.right + SLOP_PX ||
    point.clientY < place.top - SLOP_PX || point.clientY > place.bottom + SLOP_PX;
}

const touch = (each) => `touch${each.identifier}`;
const pointer = (event) => `${event.pointerType === "touch" ? "finger" : "pointer"}${event.pointerId}`;
const moment = (event) => Math.min(event.timeStamp, performance.now());
