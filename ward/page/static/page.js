"use strict";
// Keeps an open page true: calls for help, cards as events change, the status bar, and a plain word when the
// server is lost. The server renders all of it; this file only puts it in its place, and rings.
(() => {
  const LOST_AFTER_MS = 15000;      // three beats
  const RETRY_MS = 3000;
  const RECHECK_MS = 60000;
  const MAX_CARDS = 96;
  const body = document.body;
  const byId = (id) => document.getElementById(id);
  const cards = byId("cards");
  const isFirst = body.dataset.first === "yes";
  let change = body.dataset.change || "";
  let source = null, heardMs = Date.now(), retry = 0, above = 0;

  // --- the stream

  function connect() {
    disconnect();
    source = new EventSource(body.dataset.stream + (change ? "&after=" + change : ""));
    source.addEventListener("event", (message) => { heard(message); show(JSON.parse(message.data)); });
    source.addEventListener("beat", (message) => { heard(message); setStatus(JSON.parse(message.data)); });
    source.addEventListener("reload", () => location.reload());
    source.onerror = () => {
      lost(true);
      // A browser gives up by itself on an answer that is no stream; we never do.
      if (source.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY_MS);
    };
  }

  function disconnect() {
    clearTimeout(retry);
    if (source) source.close();
    source = null;
  }

  function heard(message) {
    heardMs = Date.now();
    if (message.lastEventId) change = message.lastEventId;
    lost(false);
  }

  function lost(isLost) {
    const banner = byId("lost");
    if (banner.hidden === isLost) {
      banner.hidden = !isLost;
      body.classList.toggle("is-lost", isLost);
    }
    byId("live").hidden = isLost;
  }

  setInterval(() => {
    if (source && Date.now() - heardMs > LOST_AFTER_MS) {     // a dead line that nobody closed
      lost(true);
      heardMs = Date.now();
      connect();
    }
  }, 1000);

  function setStatus(beat) {
    const bar = byId("status");
    const isNew = beat.status && bar.dataset.html !== beat.status;
    if (isNew) { bar.dataset.html = beat.status; bar.innerHTML = beat.status; }
    if (beat.calls !== undefined) setCalls(beat.calls);
    if (isNew) recheck();
    if (!byId("event")) refresh();
  }

  // --- the cards

  function show(news) {
    if (body.dataset.event === news.event.event_id) refresh();
    if (!cards) return;
    const holder = document.createElement("template");
    holder.innerHTML = news.card.trim();
    const card = holder.content.firstElementChild, old = byId(card.id);
    if (old) {
      const focused = old.contains(document.activeElement);
      old.replaceWith(card);
      if (focused) card.querySelector("a").focus();
      return;
    }
    if (!isFirst) { tellAbove(); return; }
    const next = [...cards.children].find((other) => isNewer(news.place, other.dataset.place));
    if (!next && cards.children.length >= MAX_CARDS / 2) return;      // older than all that is shown
    cards.insertBefore(card, next || null);
    while (cards.children.length > MAX_CARDS) cards.lastElementChild.remove();
    byId("empty").hidden = true;
    if (news.fresh) call(card, news);
  }

  function isNewer(place, other) {
    const [ms, id] = place.split("."), [otherMs, otherId] = other.split(".");
    return Number(ms) !== Number(otherMs) ? Number(ms) > Number(otherMs) : id > otherId;
  }

  function tellAbove() {
    above += 1;
    const link = byId("above");
    link.hidden = false;
    link.textContent = body.dataset.newAbove.replace("{n}", above);
  }

  function call(card, news) {
    card.classList.add("fresh");
    setTimeout(() => card.classList.remove("fresh"), 8000);
    byId("announce").textContent = news.announce;
    if (news.event.severity !== "alert") return;
    ring();
    if (document.hidden) document.title = "● " + document.title.replace(/^● /, "");
  }

  // One tab of this browser keeps listening while hidden, since it may have to ring. Others let go: a
  // browser has six connections for all tabs of one server, and a tab more would wait for ever.
  let isKeeper = isFirst;
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.title = document.title.replace(/^● /, "");
    if (!body.dataset.stream || isKeeper) return;
    if (document.hidden) disconnect(); else { heardMs = Date.now(); connect(); }
  });

  // --- the boxes and the one event ask for themselves again

  // Whether an event goes on depends on its box and the hour too: no change of the event tells of those.
  setInterval(recheck, RECHECK_MS);

  async function recheck() {
    if (byId("event") && byId("event").querySelector(".is-open")) refresh();
    if (!cards || !cards.querySelector(".is-open")) return;
    try {
      const page = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
      for (const fresh of page.querySelectorAll("#cards article")) {
        const card = byId(fresh.id), chip = fresh.querySelector(".is-open");
        const old = card && card.querySelector(".is-open");
        if (chip && old && chip.textContent !== old.textContent) old.replaceWith(chip);
      }
    } catch (error) {
      lost(true);
    }
  }

  let refreshing = false, asked = false;
  async function refresh() {         // the parts that say so, but none that somebody reads or writes in
    const places = [...document.querySelectorAll("[data-live]")];
    if (!places.length) return;
    if (refreshing) { asked = true; return; }
    refreshing = true;
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const place of places) {
        const fresh = page.getElementById(place.id);
        if (!answer.ok || !fresh || place.querySelector("details[open]")) continue;
        if (place.contains(document.activeElement) || place.innerHTML === fresh.innerHTML) continue;
        place.className = fresh.className;
        place.replaceChildren(...fresh.childNodes);
      }
      countDown();
    } catch (error) {
      lost(true);
    } finally {
      refreshing = false;
      if (asked) { asked = false; refresh(); }
    }
  }

  // --- calls for help: at the top of every page, ringing until somebody here has seen them

  const RING_EVERY_MS = 4000;
  const rung = new Set();
  let ringing = 0;

  let latestCalls = null;

  function setCalls(html) {
    const place = byId("calls");
    latestCalls = html;
    if (html === null || place.dataset.html === html) return;
    const typed = place.contains(document.activeElement) ? document.activeElement.id : "";
    const fresh = new DOMParser().parseFromString(html, "text/html").querySelectorAll("article").length;
    // Who types a name there is not disturbed, unless somebody new calls.
    if (place.querySelector("details[open]") && fresh <= place.querySelectorAll("article").length) return;
    place.dataset.html = html;
    place.innerHTML = html;
    if (typed && byId(typed)) byId(typed).focus();
    countDown();
    callOut();
  }

  function callOut() {
    const calls = [...document.querySelectorAll('#calls [data-rings="yes"]')];
    const fresh = calls.filter((call) => !rung.has(call.id));
    fresh.forEach((call) => { rung.add(call.id); call.classList.add("fresh"); });
    if (fresh.length) byId("call-out").textContent = fresh.map((call) => call.dataset.announce).join(" ");
    document.title = (calls.length ? "⚠ " : "") + document.title.replace(/^⚠ /, "");
    clearInterval(ringing);
    ringing = calls.length ? setInterval(ringForHelp, RING_EVERY_MS) : 0;
    if (fresh.length) ringForHelp();
    showSound();
  }

  function countDown() {
    for (const left of document.querySelectorAll(".left")) {
      const seconds = Math.round((Number(left.dataset.until) - Date.now()) / 1000);
      const text = seconds > 0 ? `(${left.dataset.word} ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")})` : "";
      if (left.textContent !== text) left.textContent = text;
    }
  }
  setInterval(countDown, 1000);

  // --- what a desk does: sent without leaving the page; the answer is told where one looks

  document.addEventListener("submit", async (happening) => {
    const form = happening.target;
    if (!form.matches("form.act") || form.action.endsWith("/officer")) return;
    happening.preventDefault();
    const answer = form.closest(".commands") && byId("answer"), button = form.querySelector("button");
    button.disabled = true;
    if (answer) say(answer, "sending", answer.dataset.sending);
    try {
      const told = await (await fetch(form.action, {
        method: "POST", body: new URLSearchParams(new FormData(form)), headers: { Accept: "application/json" },
      })).json();
      if (answer) say(answer, told.state, told.text);
      if (!answer && told.state !== "done") alert(told.text);
      const details = form.closest("details");
      if (details && ["accepted", "done"].includes(told.state)) details.open = false;
      const known = form.querySelector('[name="officer"]');
      if (known && told.state !== "refused") document.querySelectorAll('[name="officer"]').forEach((field) => { field.value = known.value; });
    } catch (error) {
      if (answer) say(answer, "failed", answer.dataset.lost); else lost(true);
    } finally {
      button.disabled = false;
      if (!answer) setCalls(latestCalls);
      refresh();
    }
  });

  function say(place, state, text) {
    place.className = "answer answer-" + state;
    place.textContent = text;
  }

  // --- the sound: off until asked for; for alerts of this moment, and for calls for help

  const button = byId("sound");
  let audio = null;

  function soundWanted() { return localStorage.getItem("sound") === "on"; }

  function showSound() {
    if (!button) return;
    const on = soundWanted(), runs = audio && audio.state === "running";
    button.setAttribute("aria-pressed", String(on));
    const text = !on ? button.dataset.off : runs ? button.dataset.on : button.dataset.wait;
    button.lastElementChild.textContent = text;
    button.title = text;
    byId("allow-sound").hidden = (on && runs) || !document.querySelector('#calls [data-rings="yes"]');
  }

  async function startSound() {      // browsers let a page sound only after a touch
    if (!soundWanted()) return;
    audio = audio || new AudioContext();
    await audio.resume();
    showSound();
  }

  function ring() { play([[0, 880, 0.2], [0.22, 660, 0.2], [0.44, 880, 0.2]], 0.25); }

  function ringForHelp() {           // two long tones that rise: like nothing else on this desk
    play([[0, 620, 0.5], [0.5, 930, 0.6], [1.3, 620, 0.5], [1.8, 930, 0.6]], 0.45);
  }

  function play(tones, loudness) {
    if (!soundWanted() || !audio || audio.state !== "running") return;
    for (const [start, pitch, length] of tones) {
      const tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime + start;
      tone.frequency.value = pitch;
      gain.gain.setValueAtTime(0.0001, at);
      gain.gain.exponentialRampToValueAtTime(loudness, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + length);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + length + 0.01);
    }
  }

  if (button) {
    button.addEventListener("click", async () => {
      localStorage.setItem("sound", soundWanted() ? "off" : "on");
      await startSound();
      ring();
      showSound();
    });
    byId("allow-sound").addEventListener("click", async () => {
      localStorage.setItem("sound", "on");
      await startSound();
      ringForHelp();
    });
    // Not on pointerdown: the button's text changes with it, and what one presses must not move away.
    ["click", "keydown"].forEach((kind) => document.addEventListener(kind, startSound));
    showSound();
  }

  // --- the filter applies at once where there is a script

  const form = document.querySelector(".filter form");
  if (form) form.addEventListener("change", () => form.requestSubmit());

  if (navigator.locks) navigator.locks.request("edgebox-desk", () => { isKeeper = true; return new Promise(() => {}); });
  callOut();
  countDown();
  if (body.dataset.stream) connect();
})();
