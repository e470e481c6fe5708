// The box's word, as it comes. Says so within five seconds when it comes no more, and tries again by itself;
// after ten it says that this may be in vain: a browser that does not know the box's certificate tells no script.

const SILENCE_MS = 4500;       // two beats and a little
const BREAK_MS = 1200;         // a broken connection is mended silently within this
const RETRY_MS = 1500;
const LONG_MS = 9500;
const WAKE_MS = 3000;         // a phone's Wi-Fi sleeps with its screen

export function listen(address, { state, lost, gone }) {
  let source = null, heard = performance.now(), broken = 0, tried = 0, isLost = false, isLong = false;

  function connect() {
    disconnect();
    tried = performance.now();
    source = new EventSource(address);
    source.addEventListener("state", (message) => { ok(); state(JSON.parse(message.data)); });
    source.addEventListener("beat", (message) => { ok(); state(JSON.parse(message.data)); });
    source.addEventListener("gone", () => { disconnect(); gone(); });
    source.onerror = () => { broken = broken || performance.now(); check(); };
  }

  function disconnect() {
    if (source) source.close();
    source = null;
  }

  function ok() {
    heard = performance.now();
    broken = 0;
    if (isLost) { isLost = isLong = false; lost(false); }
  }

  function check() {
    if (document.hidden) return;
    const now = performance.now();
    if (!isLost && (now - heard > SILENCE_MS || (broken && now - broken > BREAK_MS))) {
      isLost = true;
      lost(true);
    }
    if (isLost && !isLong && now - heard > LONG_MS) { isLong = true; lost(true, true); }
    const dead = !source || source.readyState === EventSource.CLOSED || now - heard > SILENCE_MS;
    if ((broken || dead) && now - tried > RETRY_MS) {
      if (!source || source.readyState !== EventSource.CONNECTING || now - tried > 2 * RETRY_MS) connect();
    }
  }

  // A hidden page lets go: a phone would freeze it anyway, and the box has other phones to serve.
  function look() {
    if (document.hidden) { disconnect(); return; }
    heard = performance.now() - SILENCE_MS + WAKE_MS;
    broken = 0;
    connect();
  }

  document.addEventListener("visibilitychange", look);
  window.addEventListener("pageshow", (event) => { if (event.persisted) look(); });
  window.addEventListener("online", () => { if (!document.hidden) connect(); });
  setInterval(check, 250);
  connect();
}
