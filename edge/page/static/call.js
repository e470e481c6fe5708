// One call for help: sent until the box answers, for half a minute, always as the same request.

const TRY_MS = 4000;           // one attempt; a phone out of range would wait for minutes
const PAUSE_MS = 400;
const DOUBT_MS = 3000;         // without an answer for this long, it is said
const GIVE_UP_MS = 30000;

// `told` gets: ["sending"], ["doubt", attempts], ["failed"], ["refused", text], ["gone"], ["raised", answer].
export async function call(mode, told) {
  const id = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const began = performance.now();
  let attempts = 1;
  told("sending");
  const doubt = setInterval(() => {
    if (performance.now() - began >= DOUBT_MS) told("doubt", attempts);
  }, 250);
  try {
    while (performance.now() - began < GIVE_UP_MS) {
      const answer = await attempt(mode, id);
      if (answer.gone) return told("gone");
      if (answer.ok) return told("raised", answer);
      if (answer.final) return told("refused", answer.text);
      await new Promise((next) => setTimeout(next, PAUSE_MS));
      attempts += 1;
    }
    return told("failed");
  } finally {
    clearInterval(doubt);
  }
}

async function attempt(mode, id) {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), TRY_MS);
  try {
    const answer = await fetch("/api/raise", {
      method: "POST", body: JSON.stringify({ mode, request_id: id }), signal: stop.signal, cache: "no-store",
      keepalive: true,                           // sent to the end, also where the page is left meanwhile
      headers: { "Content-Type": "application/json", "Accept": "application/json" },
    });
    if (answer.status === 401) return { gone: true };
    const body = await answer.json();
    if (answer.status >= 500 || answer.status === 429) return { ok: false };
    return answer.ok ? body : { ok: false, final: true, text: body.text };
  } catch (error) {
    return { ok: false };
  } finally {
    clearTimeout(timer);
  }
}
