// Nobody is known here. A visitor who came by a link from elsewhere has his credential held back once
// (SameSite=Strict): ask again from our own page. And a phone that was let go forgets what it had stored.

async function again() {
  const answer = await fetch("/api/alive", { cache: "no-store" });
  if (answer.ok) { location.replace("/"); return; }
  if (!("serviceWorker" in navigator)) return;
  for (const worker of await navigator.serviceWorker.getRegistrations()) await worker.unregister();
  for (const name of await caches.keys()) await caches.delete(name);
}

again().catch(() => {});
