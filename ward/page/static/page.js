"use strict";
// Keeps an open page true: cards as events change, the status bar, and a plain word when the server is lost.
// The server renders every card; this file only puts it in its place.
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
    source.addEventListener("beat", (message) => { heard(message); setStatus(JSON.parse(message.data).status); });
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

  function setStatus(html) {
    const bar = byId("status");
    if (bar && html && bar.dataset.html !== html) { bar.dataset.html = html; bar.innerHTML = html; recheck(); }
    if (byId("boxes")) refresh("boxes");
  }

  // --- the cards

  function show(news) {
    if (body.dataset.event === news.event.event_id) refresh("event");
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

  // The list keeps listening in a hidden tab, since it may have to ring. Other pages let go: a browser
  // has six connections for all tabs of one server, and a tab more would wait for ever.
  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.title = document.title.replace(/^● /, "");
    if (!body.dataset.stream || isFirst) return;
    if (document.hidden) disconnect(); else { heardMs = Date.now(); connect(); }
  });

  // --- the boxes and the one event ask for themselves again

  // Whether an event goes on depends on its box and the hour too: no change of the event tells of those.
  setInterval(recheck, RECHECK_MS);

  async function recheck() {
    if (byId("event") && byId("event").querySelector(".is-open")) refresh("event");
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

  let refreshing = false;
  async function refresh(id) {
    const place = byId(id);
    if (refreshing || place.querySelector("details[open]") || place.contains(document.activeElement)) return;
    refreshing = true;
    try {
      const answer = await fetch(location.href);
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.getElementById(id);
      if (answer.ok && fresh) place.replaceChildren(...fresh.childNodes);
    } catch (error) {
      lost(true);
    } finally {
      refreshing = false;
    }
  }

  // --- the sound: off until asked for, and only for alerts of this moment

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
  }

  async function startSound() {      // browsers let a page sound only after a touch
    if (!soundWanted()) return;
    audio = audio || new AudioContext();
    await audio.resume();
    showSound();
  }

  function ring() {
    if (!soundWanted() || !audio || audio.state !== "running") return;
    [0, 0.22, 0.44].forEach((start, index) => {
      const tone = audio.createOscillator(), gain = audio.createGain(), at = audio.currentTime + start;
      tone.frequency.value = index % 2 ? 660 : 880;
      gain.gain.setValueAtTime(0.0001, at);
      gain.gain.exponentialRampToValueAtTime(0.25, at + 0.02);
      gain.gain.exponentialRampToValueAtTime(0.0001, at + 0.2);
      tone.connect(gain).connect(audio.destination);
      tone.start(at);
      tone.stop(at + 0.21);
    });
  }

  if (button) {
    button.addEventListener("click", async () => {
      localStorage.setItem("sound", soundWanted() ? "off" : "on");
      await startSound();
      ring();
      showSound();
    });
    ["pointerdown", "keydown"].forEach((kind) => document.addEventListener(kind, startSound));
    showSound();
  }

  // --- the filter applies at once where there is a script

  const form = document.querySelector(".filter form");
  if (form) form.addEventListener("change", () => form.requestSubmit());

  if (body.dataset.stream) connect();
})();
