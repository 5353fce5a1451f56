// Starts page.wasm, and the core beside it, so that both load at once.
"use strict";
(() => {
  const BUILD = "@build@";
  const PAGE = "@page.wasm@";
  const WORKER = "@worker.js@";
  const SERVICE = "/sw.js";

  // The only scripts that may ever be loaded by name.
  const allow = (url) => {
    if (url !== WORKER && url !== SERVICE) throw new TypeError("not a script of Ferry");
    return url;
  };
  const policy = globalThis.trustedTypes
    ? trustedTypes.createPolicy("ferry", { createScriptURL: allow })
    : { createScriptURL: allow };

  // core starts or joins the core of an account and gives the port to it. Phone
  // is the digits of a WhatsApp user's number, of whom a sandbox has some; else "".
  const core = (account, username, phone) => {
    const name = JSON.stringify({ build: BUILD, account, username, phone: phone || undefined });
    return new SharedWorker(policy.createScriptURL(WORKER), { name, extendedLifetime: true }).port;
  };

  // A tab of a WhatsApp user starts nothing early: whether there is one, the
  // sandbox says.
  const early = () => {
    try {
      if (/^\/wa(?:\/|$)/.test(location.pathname)) return null;
      const a = JSON.parse(localStorage.getItem("ferry.account"));
      return a ? { account: a.id, port: core(a.id, a.username) } : null;
    } catch {
      return null;
    }
  };

  // A newer build that waits in the service worker; told once to whoever asks.
  const update = { ready: false, tell: null };
  const found = () => {
    update.ready = true;
    if (update.tell) update.tell();
  };
  let registration = null;
  const watch = async () => {
    if (!navigator.serviceWorker) return;
    registration = await navigator.serviceWorker.register(policy.createScriptURL(SERVICE));
    const installed = (worker) => {
      if (worker && worker.state === "installed" && navigator.serviceWorker.controller) found();
    };
    installed(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker.addEventListener("statechange", () => installed(worker));
    });
    document.addEventListener("visibilitychange", () => {
      if (!document.hidden) registration.update().catch(() => {});
    });
  };

  // reload loads the newest build there is. Only the user's wish for it lets a
  // waiting service worker take over.
  const reload = () => {
    const waiting = registration && registration.waiting;
    if (!waiting) return location.reload();
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload(), { once: true });
    waiting.postMessage("activate");
  };

  const failed = (text, err) => {
    console.error(err);
    const box = document.createElement("div");
    box.className = "fatal";
    box.setAttribute("role", "alert");
    const p = document.createElement("p");
    p.textContent = text;
    const button = document.createElement("button");
    button.textContent = "Reload";
    button.className = "btn btn-primary";
    button.addEventListener("click", reload);
    box.append(p, button);
    document.body.append(box);
  };

  globalThis.goappGetenv = () => "";
  globalThis.ferry = {
    build: BUILD,
    core,
    emoji: "@emoji.json@",
    early: early(),
    reload,
    onUpdate(tell) {
      update.tell = tell;
      if (update.ready) tell();
    },
  };

  const start = async () => {
    const go = new Go();
    const { instance } = await WebAssembly.instantiateStreaming(fetch(PAGE), go.importObject);
    await go.run(instance);
    throw new Error("page.wasm ended");
  };
  start().catch((err) => failed("Ferry stopped working in this tab. Your messages are safe.", err));
  addEventListener("load", () => watch().catch((err) => console.warn("service worker:", err.message)), { once: true });
})();
