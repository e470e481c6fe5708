// Shown by the service worker when the box does not answer: look again every two seconds, then go back.

async function look() {
  const stop = new AbortController();
  const timer = setTimeout(() => stop.abort(), 3000);
  try {
    const answer = await fetch("/api/alive", { cache: "no-store", signal: stop.signal });
    if (answer.ok || answer.status === 401) { location.replace("/"); return; }
  } catch (error) {
    // still away
  } finally {
    clearTimeout(timer);
  }
  setTimeout(look, 2000);
}

look();
