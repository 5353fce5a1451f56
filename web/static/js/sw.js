// Keeps the shell and its parts, so that Ferry starts without a network. A new
// build waits until the user asks for it; nothing changes under a live page.
"use strict";
const BUILD = "@build@";
const FILES = "@files@".split(" ");
const CACHE = "ferry " + BUILD;

// The app's own addresses; every other one is the network's.
const routes = /^\/(?:$|chat\/|settings(?:\/|$)|new$|signin$|signup$)/;

addEventListener("install", (ev) => {
  ev.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((f) => new Request(f, { cache: f === "/" ? "no-cache" : "default" })))),
  );
});

// activate drops old builds but for the newest of them, whose pages may still
// need a part of it. The user's data is not here and is not touched.
addEventListener("activate", (ev) => {
  ev.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((n) => n.startsWith("ferry ") && n !== CACHE);
      return Promise.all(old.slice(0, -1).map((n) => caches.delete(n)));
    }),
  );
});

addEventListener("message", (ev) => {
  if (ev.data === "activate") skipWaiting();
});

addEventListener("fetch", (ev) => {
  const url = new URL(ev.request.url);
  if (ev.request.method !== "GET" || url.origin !== location.origin) return;
  if (ev.request.mode === "navigate") {
    if (routes.test(url.pathname)) ev.respondWith(shell(ev.request));
    return;
  }
  if (url.pathname.startsWith("/assets/")) ev.respondWith(asset(ev.request));
});

async function shell(request) {
  const cache = await caches.open(CACHE);
  return (await cache.match("/")) || fetch(request);
}

async function asset(request) {
  return (await caches.match(request)) || fetch(request);
}
