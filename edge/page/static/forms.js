// Forms that stay on their page: the answer is told beside the button. Without this file they are plain forms.

import { whenStill } from "./still.js";
import { minutes, say } from "./words.js";

for (const form of document.querySelectorAll("form[data-live]")) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send(form);
  });
}

async function send(form) {
  const told = form.querySelector("output"), button = form.querySelector("button");
  button.disabled = true;
  told.className = "";
  told.textContent = say("sending");
  try {
    const answer = await fetch(form.action, {
      method: "POST", body: new URLSearchParams(new FormData(form)), headers: { "Accept": "application/json" },
    });
    if (answer.status === 401) { location.replace("/sign-in"); return; }
    const body = await answer.json();
    whenStill(form.action, () => answered(form, told, button, body));
  } catch (error) {
    whenStill(form.action, () => answered(form, told, button, null));
  }
}

// `body` is null where no answer came.
function answered(form, told, button, body) {
  const isGood = body !== null && body.ok, waits = body !== null && !body.ok && body.wait_s > 0;
  told.textContent = body === null ? say("form-failed") : body.text;
  told.className = isGood ? "is-good" : "is-bad";
  button.disabled = waits;
  if (waits) wait(button, told, body.text, body.wait_s);
  if (isGood) finish(form);
  else if (body !== null) clear(form);
}

function clear(form) {
  const codes = form.querySelectorAll("input[type=password]");
  for (const code of codes) code.value = "";
  if (codes.length) codes[0].focus();
}

function finish(form) {
  form.reset();
  const details = form.closest("details");
  if (form.dataset.then === "reload") setTimeout(() => location.reload(), 600);
  else if (form.dataset.then === "clear") form.querySelector("output").textContent = "";
  else if (details) { details.open = false; form.querySelector("output").textContent = ""; }
}

// How long it takes is the server's word; it refuses earlier tries by itself.
function wait(button, told, text, seconds) {
  const end = performance.now() + seconds * 1000;
  const timer = setInterval(() => {
    const left = (end - performance.now()) / 1000;
    if (left > 0) { told.textContent = `${text} ${say("wait", minutes(left))}`; return; }
    clearInterval(timer);
    told.textContent = "";
    button.disabled = false;
  }, 250);
}
