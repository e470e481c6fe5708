// The shell is there without the box: style, icons, and a page that says that the box is not.
// Nothing that tells a state or a name is ever stored. BUILD and SHELL are put before this by the server.
/* global BUILD, SHELL */

const CACHE = "edgebox-" + BUILD;
const PATIENCE_MS = 4000;      // a phone out of range would wait for minutes

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(CACHE).then((cache) => cache.addAll(SHELL)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  event.waitUntil(caches.keys()
    .then((names) => Promise.all(names.filter((name) => name !== CACHE).map((name) => caches.delete(name))))
    .then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event, address = new URL(request.url);
  if (request.method !== "GET" || address.origin !== location.origin) return;
  if (request.mode === "navigate" && address.searchParams.has("anew")) return;      // the browser may have to ask
  if (request.mode === "navigate") event.respondWith(patient(request));
  else if (SHELL.includes(address.pathname)) {
    event.respondWith(caches.match(request).then((found) => found || fetch(request)));
  }
});

async function patient(request) {
  const away = new Promise((_, no) => { setTimeout(() => no(new Error("no answer")), PATIENCE_MS); });
  try {
    return await Promise.race([fetch(request), away]);
  } catch (error) {
    return caches.match("/offline");
  }
}
