// Press and hold: by finger, mouse, Space or Enter. Calls `done` once the time is over, never before.
// A wet screen loses a finger for a moment: a gap shorter than GAP_MS does not break the hold.

const GAP_MS = 150;
const SLOP_PX = 40;

export function hold(button, { ms, start, done, short }) {
  let began = 0, timer = 0, gap = 0, pressed = false, pointer = null, byKey = false;

  function press() {
    pressed = true;
    clearTimeout(gap);
    if (began) { if (performance.now() - began >= ms) finish(); return; }
    began = performance.now();
    button.classList.add("holding");
    timer = setTimeout(() => { if (pressed) finish(); }, ms);
    start();
  }

  function release(forGood) {
    pressed = false;
    if (!began) return;
    clearTimeout(gap);
    if (forGood) stop(); else gap = setTimeout(stop, GAP_MS);
  }

  function stop() {
    if (!began) return;
    reset();
    short();
  }

  function finish() {
    reset();
    done();
  }

  function reset() {
    clearTimeout(timer);
    clearTimeout(gap);
    began = 0;
    button.classList.remove("holding");
  }

  button.addEventListener("pointerdown", (event) => {
    if (event.button !== 0 || !event.isPrimary) return;
    pointer = event.pointerId;
    if (button.setPointerCapture) button.setPointerCapture(pointer);
    press();
  });
  button.addEventListener("pointermove", (event) => {
    if (!began || event.pointerId !== pointer) return;
    const box = button.getBoundingClientRect();
    const outside = event.clientX < box.left - SLOP_PX || event.clientX > box.right + SLOP_PX ||
      event.clientY < box.top - SLOP_PX || event.clientY > box.bottom + SLOP_PX;
    if (outside) release(true);
  });
  for (const kind of ["pointerup", "pointercancel"]) {
    button.addEventListener(kind, (event) => { if (event.pointerId === pointer) release(false); });
  }
  button.addEventListener("keydown", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    if (event.repeat || byKey) return;
    byKey = true;
    press();
  });
  button.addEventListener("keyup", (event) => {
    if (event.key !== " " && event.key !== "Enter") return;
    event.preventDefault();
    byKey = false;
    release(true);
  });
  button.addEventListener("blur", () => { byKey = false; release(true); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) release(true); });
  button.addEventListener("contextmenu", (event) => event.preventDefault());
  // A finger's or mouse's click says nothing beyond the press. A click without one comes from a screen
  // reader, which cannot hold: it goes on to the page with two steps.
  button.addEventListener("click", (event) => {
    if (event.detail !== 0) event.preventDefault();
  });
}
