"use strict";
// One event stream for all tabs of this browser: a browser has six connections for all tabs of one server. The tab
// that holds a lock has the stream and hands on what comes; when it closes, the browser gives the lock to another.
// A tab that hears nothing of it takes a stream of its own until it does. Without locks or channels (an old
// browser, or a page that did not come over HTTPS or from this machine) each tab that is seen has its own.
window.deskStream = ({ address, ticker, language, change, keepHidden, onMessage, onTick }) => {
  const SILENT_MS = 6000;           // three beats
  const ASK_MS = 2500;              // for another tab's word, before this one takes a stream of its own
  const RETRY_MS = 3000;
  const KEPT = 300;
  const me = Math.random().toString(36).slice(2);
  const channel = window.BroadcastChannel && navigator.locks ? new BroadcastChannel("edgebox-desk-" + language) : null;
  const kept = [];                  // of the leader: the latest messages that have a number
  const parts = {};                 // and each part of a page as it was last sent
  let source = null, leads = false, retryAt = 0, heardMs = Date.now(), isLost = false, first = null;

  function connect() {
    disconnect();
    retryAt = Date.now() + SILENT_MS;
    source = new EventSource(address + (change ? "&after=" + change : ""));
    for (const name of ["event", "alarm", "beat", "reload", "crowded"]) {
      source.addEventListener(name, (message) => receive(
        { name, id: message.lastEventId, data: JSON.parse(message.data) }));
    }
    source.onerror = () => {
      isLost = true;
      // A browser gives up by itself on an answer that is no stream; we never do.
      if (source && source.readyState === EventSource.CLOSED) retryAt = Date.now() + RETRY_MS;
      tick();
    };
  }

  function disconnect() {
    if (source) source.close();
    source = null;
  }

  function receive(message) {       // of the stream that this tab has itself
    if (leads && channel) {
      if (first === null) first = Number(change || message.id);
      if (message.name === "beat") Object.assign(parts, message.data);
      else if (message.id) kept.push(message);
      if (kept.length > KEPT) first = Number(kept.shift().id);
      channel.postMessage(message);
    }
    deliver(message);
  }

  function deliver(message) {
    heardMs = Date.now();
    isLost = false;
    if (message.id) change = message.id;
    onMessage(message.name, message.data, change);
    tick();
  }

  function tick() {
    const now = Date.now();
    if (now - heardMs > SILENT_MS) isLost = true;
    if (source ? isLost && now > retryAt : wantsOwn(now)) connect();
    onTick(isLost, now - heardMs, heardMs);
  }

  function wantsOwn(now) {
    if (leads) return true;
    if (!channel) return keepHidden || !document.hidden;
    return now - heardMs > ASK_MS && now > retryAt;
  }

  if (channel) {
    channel.onmessage = ({ data }) => {
      if (data.hello) { if (leads) welcome(data); return; }
      if (leads || (data.to && data.to !== me)) return;
      disconnect();                 // somebody leads again
      deliver(data);
    };
    channel.postMessage({ hello: me, change });
    navigator.locks.request("edgebox-desk-" + language, () => {
      leads = true;
      connect();
      return new Promise(() => {});
    });
  }

  function welcome({ hello, change: theirs }) {
    if (first === null) return;     // it has nothing itself yet; what comes goes to all
    const missed = theirs ? kept.filter((message) => Number(message.id) > Number(theirs)) : [];
    if (theirs && Number(theirs) < first) channel.postMessage({ to: hello, name: "reload", data: {} });
    for (const message of missed) channel.postMessage({ ...message, to: hello });
    channel.postMessage({ to: hello, name: "beat", id: change, data: parts });
  }

  document.addEventListener("visibilitychange", () => {
    if (channel || keepHidden) return;
    if (document.hidden) { disconnect(); return; }
    heardMs = Date.now();
    connect();
  });

  let worker = null;
  try { worker = new Worker(ticker); } catch { /* no workers here */ }
  if (worker) {
    worker.onmessage = tick;
    worker.onerror = () => { worker = null; setInterval(tick, 1000); };
  } else {
    setInterval(tick, 1000);
  }
  if (!channel && wantsOwn(Date.now())) connect();
};
