// Keeps the shell and its parts, so that Ferry starts without a network. A new
// build waits until the user asks for it; nothing changes under a live page.
"use strict";
const BUILD = "@build@";
const FILES = "@files@".split(" ");
const CACHE = "ferry " + BUILD;

// The app's own addresses; every other one is the network's.
const routes = /^\/(?:$|chat\/|settings(?:\/|$)|wa(?:\/|$)|new$|signin$|signup$)/;

addEventListener("install", (ev) => {
  ev.waitUntil(
    caches.open(CACHE).then((cache) => cache.addAll(FILES.map((f) => new Request(f, { cache: f === "/" ? "no-cache" : "default" })))),
  );
});

// activate drops old builds but for the newest of them, whose pages may still
// need a part of it. The user's data is not here and is not touched.
// The very first build takes over the page that it came with, which needs it to
// show attachments; later ones never do.
addEventListener("activate", (ev) => {
  ev.waitUntil(
    caches.keys().then((names) => {
      const old = names.filter((n) => n.startsWith("ferry ") && n !== CACHE);
      const work = old.slice(0, -1).map((n) => caches.delete(n));
      if (!old.length) work.push(clients.claim());
      return Promise.all(work);
    }),
  );
});

addEventListener("message", (ev) => {
  if (ev.data === "activate") skipWaiting();
  else if (ev.data && ev.data.save) keepSave(ev.data, ev.ports);
});

addEventListener("fetch", (ev) => {
  const url = new URL(ev.request.url);
  if (ev.request.method !== "GET" || url.origin !== location.origin) return;
  if (url.pathname.startsWith("/media/")) {
    ev.respondWith(ev.request.mode === "navigate" ? saved(ev, url) : media(ev, url));
    return;
  }
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

// Attachments. The bytes come from the core, through the page that asks; they
// are decrypted there, a piece at a time, as the browser wants them.
const PIECE = 1 << 20;
const PATIENCE = 20_000; // ms until the page and its core have answered
const OLD = 60_000; // ms until a save that nobody fetched is forgotten

const GUARD = {
  "X-Content-Type-Options": "nosniff",
  "Cache-Control": "no-store",
  "Content-Security-Policy": "default-src 'none'; sandbox",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Referrer-Policy": "no-referrer",
};

const plain = (status) => new Response(null, { status, headers: GUARD });

async function media(ev, url) {
  const named = /^\/media\/([^/]+)\/(me|them)\/([^/]+)$/.exec(url.pathname);
  const page = named && ev.clientId && (await clients.get(ev.clientId));
  if (!page) return plain(404);
  const { port1, port2 } = new MessageChannel();
  const pipe = ferryPipe(port1);
  const [chat, id] = [named[1], named[3]].map(decodeURIComponent);
  page.postMessage({ view: { chat, id, fromMe: named[2] === "me" } }, [port2]);
  try {
    const head = await Promise.race([pipe.head, new Promise((_, no) => setTimeout(() => no(new Error("no answer")), PATIENCE))]);
    return answer(ev, pipe, head, false);
  } catch (err) {
    pipe.close();
    return plain(/^ferry:(gone|no_file|not_found)$/.test(err.name) ? 404 : 503);
  }
}

// answer gives all of an attachment, or the range that was asked for.
function answer(ev, pipe, head, name) {
  const type = ferryShowable(head.mime);
  const headers = new Headers(GUARD);
  headers.set("Content-Type", (!name && type) || "application/octet-stream");
  headers.set("Accept-Ranges", "bytes");
  if (name || !type) {
    const encoded = encodeURIComponent(name || "file").replace(/['()*]/g, (c) => "%" + c.charCodeAt(0).toString(16));
    headers.set("Content-Disposition", `attachment; filename*=UTF-8''${encoded}`);
  }
  let [from, to, status] = [0, head.size, 200];
  const range = /^bytes=(\d*)-(\d*)$/.exec(ev.request.headers.get("Range") || "");
  if (range && (range[1] || range[2])) {
    from = range[1] ? Number(range[1]) : Math.max(0, head.size - Number(range[2]));
    if (range[1] && range[2]) to = Math.min(to, Number(range[2]) + 1);
    if (from >= to) {
      pipe.close();
      return new Response(null, { status: 416, headers: { ...GUARD, "Content-Range": `bytes */${head.size}` } });
    }
    status = 206;
    headers.set("Content-Range", `bytes ${from}-${to - 1}/${head.size}`);
  }
  headers.set("Content-Length", String(to - from));
  let ended;
  ev.waitUntil(new Promise((done) => (ended = done))); // the browser does not see that a stream is in use
  // One piece is on its way while another is read. The next is only asked for
  // (highWaterMark) when the one before has been taken out of its buffer.
  let [coming, given] = [null, null];
  const ask = () => {
    if (from >= to) return (coming = null);
    const start = from;
    from = Math.min(to, start + PIECE);
    coming = pipe.read(start, from);
    coming.catch(() => {}); // told to whoever waits for it
    return coming;
  };
  const body = new ReadableStream(
    {
      async pull(out) {
        try {
          if (given) ferryDrop(given.buffer);
          const now = coming || ask();
          ask();
          if (now) out.enqueue((given = await now));
          if (!coming) {
            pipe.close();
            ended();
            out.close();
          }
        } catch (err) {
          ended();
          pipe.close();
          out.error(err);
        }
      },
      cancel() {
        pipe.close();
        ended();
      },
    },
    { highWaterMark: 0 },
  );
  return new Response(body, { status, headers });
}

// A page that saves an attachment leaves the way to it here, and then goes to
// an address that nobody else knows, once.
const saves = new Map();

function keepSave({ save, name, head }, [port, ready]) {
  const pipe = ferryPipe(port, head);
  saves.set(save, { pipe, name, head });
  setTimeout(() => {
    if (saves.delete(save)) pipe.close();
  }, OLD);
  ready.postMessage(true);
}

function saved(ev, url) {
  const token = url.pathname.slice("/media/save/".length);
  const save = saves.get(token);
  saves.delete(token);
  // Without content the page stays where it is.
  return save ? answer(ev, save.pipe, save.head, save.name) : plain(204);
}
