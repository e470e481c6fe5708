"use strict";
// Keeps an open page true: calls for help, cards as events change, the status bar, and a plain word when the
// server is lost. The server renders all of it; this file only puts it in its place, and rings.
(() => {
  const RING_EVERY_MS = 4000;
  const STATION_EVERY_MS = 10000;
  const RECHECK_MS = 60000;
  const REFRESH_MS = 5000;
  const MAX_CARDS = 96;
  const body = document.body;
  const byId = (id) => document.getElementById(id);
  const cards = byId("cards");
  const isFirst = body.dataset.first === "yes";
  const wanted = JSON.parse(body.dataset.filter || "{}");
  let above = 0, refreshedFor = "", refreshedMs = Date.now();

  // --- the stream, see stream.js; and what is said when it is silent, or when the station says that it is blind

  function onMessage(name, data, id) {
    if (name === "event") show(data);
    if (name === "beat") setStatus(data, id);
    if (name === "reload") location.reload();
  }

  let lostHushed = false, stationRungMs = 0, callRungMs = 0;

  function onTick(isLost, silentMs, heardMs) {
    lost(isLost, heardMs);
    const now = Date.now();
    const stationRings = (isLost && silentMs >= STATION_EVERY_MS && !lostHushed) || (!isLost && stationWantsRing());
    if (stationRings && now - stationRungMs >= STATION_EVERY_MS) {
      stationRungMs = now;
      sound.play("station");
    }
    if (ringing && now - callRungMs >= RING_EVERY_MS) ringForHelp();
    countDown();
  }

  function lost(isLost, heardMs) {
    const banner = byId("lost");
    if (banner.hidden === isLost) {
      banner.hidden = !isLost;
      body.classList.toggle("is-lost", isLost);
      lostHushed = false;
      if (isLost && heardMs) {
        const since = new Date(heardMs).toLocaleTimeString("vi-VN", { hour12: false });
        byId("lost-since").textContent = byId("lost-since").dataset.word.replace("{when}", since);
      }
    }
    byId("live").hidden = isLost;
  }

  byId("lost-hush").addEventListener("click", () => { lostHushed = true; });

  // What somebody here knows of sounds no more in this browser, until something else is wrong.
  const badCodes = () => [...document.querySelectorAll('#station [data-sounds="yes"]')].map((one) => one.dataset.code).sort().join(" ");
  const stationWantsRing = () => badCodes() !== "" && localStorage.getItem("station-known") !== badCodes();

  function setStation(html) {
    const place = byId("station");
    if (place.dataset.html === html) return;
    place.dataset.html = html;
    place.innerHTML = html;
    if (badCodes() === "") localStorage.removeItem("station-known");
    showStation();
  }

  function showStation() {
    const hush = byId("station-hush");
    if (!hush) return;
    hush.hidden = !stationWantsRing();
    hush.addEventListener("click", () => { localStorage.setItem("station-known", badCodes()); hush.hidden = true; });
  }

  function setStatus(beat, id) {
    const bar = byId("status");
    if (beat.station !== undefined) setStation(beat.station);
    if (body.dataset.down && beat.status) location.reload();
    const isNew = beat.status && bar.dataset.html !== beat.status;
    if (isNew) { bar.dataset.html = beat.status; bar.innerHTML = beat.status; }
    if (beat.calls !== undefined) setCalls(beat.calls);
    if (isNew) recheck();
    const isNews = id !== refreshedFor || Date.now() - refreshedMs > REFRESH_MS;
    if (isNews && !byId("event")) { refreshedFor = id; refreshedMs = Date.now(); refresh(); }
  }

  // --- the cards

  function show(news) {
    if (body.dataset.event === news.event.event_id) refresh();
    if (!cards || !isWanted(news.event)) return;
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

  function isWanted(event) {
    const came = Date.parse(event.received);
    if (came < (wanted.from_ms || 0) || came >= (wanted.until_ms || Infinity)) return false;
    return ["group", "box", "camera", "kind", "class", "severity"].every((name) => !wanted[name] || wanted[name] === event[name]);
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
    sound.play("alert");
    if (document.hidden) document.title = "● " + document.title.replace(/^● /, "");
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) document.title = document.title.replace(/^● /, "");
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

  const rung = new Set();
  let ringing = false;

  let latestCalls = null;

  function setCalls(html) {
    const place = byId("calls");
    latestCalls = html;
    if (html === null || place.dataset.html === html) return;
    const typed = place.contains(document.activeElement) ? document.activeElement.id : "";
    const fresh = [...new DOMParser().parseFromString(html, "text/html").querySelectorAll("article")];
    // Who types a name there is not disturbed, unless somebody new calls, perhaps in the place of who does no more.
    if (place.querySelector("details[open]") && fresh.every((call) => place.querySelector(`[id="${call.id}"]`))) return;
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
    ringing = calls.length > 0;
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

  // --- the sound: off until asked for; for alerts of this moment, for calls for help, and for a blind station

  const button = byId("sound");
  const sound = window.deskSound(showSound);

  function ringForHelp() {
    callRungMs = Date.now();
    sound.play("call");
  }

  function showSound() {
    const on = sound.wanted, text = !on ? button.dataset.off : sound.runs ? button.dataset.on : button.dataset.wait;
    button.setAttribute("aria-pressed", String(on));
    button.lastElementChild.textContent = text;
    button.title = text;
    byId("allow-sound").hidden = (on && sound.runs) || !document.querySelector('#calls [data-rings="yes"], #station [data-sounds="yes"]');
  }

  button.addEventListener("click", async () => {
    sound.wanted = !sound.wanted;
    await sound.start();
    sound.play("alert");
    showSound();
  });
  byId("allow-sound").addEventListener("click", async () => {
    sound.wanted = true;
    await sound.start();
    ringForHelp();
  });
  // Not on pointerdown: the button's text changes with it, and what one presses must not move away.
  ["click", "keydown"].forEach((kind) => document.addEventListener(kind, () => sound.start()));
  showSound();

  // --- the filter applies at once where there is a script

  const form = document.querySelector(".filter form");
  if (form) form.addEventListener("change", () => form.requestSubmit());

  byId("station").dataset.html = byId("station").innerHTML;
  showStation();
  callOut();
  countDown();
  window.deskStream({
    address: body.dataset.stream, ticker: body.dataset.ticker, language: document.documentElement.lang,
    change: body.dataset.change || "", keepHidden: isFirst, onMessage, onTick,
  });
})();
