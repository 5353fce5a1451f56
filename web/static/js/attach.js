// The page's files: those that the user gives, until they are handed over, and
// those that the core has, as they are looked at and saved.
"use strict";

globalThis.ferryAttach = (() => {
  const PIECE = 1 << 20;
  const IN_MEMORY = 64 << 20; // of a copy made in the page
  const AT_ONCE = 100;
  const files = new Map(); // by id: {file, url}
  let tell = () => {};
  let core = null; // the port

  const id = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

  // ours keeps a file and tells what it is, as more gets known.
  const look = async (file) => {
    const own = id();
    const found = await ferryInspect.first(file);
    if (found.err) return [{ file: own, url: "", ...found }, null];
    const kept = { file, url: "" };
    files.set(own, kept);
    if (found.kind !== "document") kept.url = URL.createObjectURL(file);
    const later = async () => {
      if (!kept.url) return null;
      const more = await ferryInspect.more(file, found, kept.url);
      if (!files.has(own)) return null;
      const url = more.kind === "document" ? "" : kept.url;
      return { file: own, url, ...more };
    };
    return [{ file: own, url: kept.url, looking: !!kept.url, ...found }, later];
  };

  const take = async (list) => {
    const seen = await Promise.all(list.slice(0, AT_ONCE).map(look));
    if (seen.length) tell(JSON.stringify(seen.map(([p]) => p)));
    for (const [, later] of seen) { // one decoder at a time
      const more = later && (await later());
      if (more) tell(JSON.stringify([more]));
    }
  };

  const folder = (name) => ({ file: id(), kind: "document", media: { name, size: 0, state: "" }, url: "", err: "folder" });

  const dropped = (data) => {
    const list = [];
    const folders = [];
    for (const item of data.items) {
      if (item.kind !== "file") continue;
      const entry = item.webkitGetAsEntry && item.webkitGetAsEntry();
      if (entry && entry.isDirectory) folders.push(folder(entry.name));
      else if (item.getAsFile()) list.push(item.getAsFile());
    }
    if (folders.length) tell(JSON.stringify(folders));
    take(list);
  };

  const hasFiles = (ev) => !!ev.dataTransfer && ev.dataTransfer.types.includes("Files");

  // listen watches the whole page for files; others' text is left alone.
  const listen = (drag) => {
    let over = false;
    const set = (v) => {
      if (v !== over) drag((over = v));
    };
    for (const name of ["dragenter", "dragover"]) {
      document.addEventListener(name, (ev) => {
        if (!hasFiles(ev)) return;
        ev.preventDefault();
        ev.dataTransfer.dropEffect = "copy";
        set(true);
      });
    }
    document.addEventListener("dragleave", (ev) => {
      if (!ev.relatedTarget) set(false);
    });
    document.addEventListener("drop", (ev) => {
      set(false);
      if (!hasFiles(ev)) return;
      ev.preventDefault();
      dropped(ev.dataTransfer);
    });
    document.addEventListener("paste", (ev) => {
      const data = ev.clipboardData;
      if (!data || !data.files.length || data.types.includes("text/plain")) return;
      ev.preventDefault();
      take([...data.files]);
    });
  };

  const pick = (accept) => {
    const input = document.createElement("input");
    input.type = "file";
    input.multiple = true;
    input.accept = accept;
    input.addEventListener("change", () => take([...input.files]));
    input.addEventListener("cancel", () => tell("[]"));
    input.click();
  };

  const discard = (own) => {
    const kept = files.get(own);
    if (kept && kept.url) URL.revokeObjectURL(kept.url);
    files.delete(own);
  };

  const stopRecording = async (keep) => {
    const got = await ferryRecord.stop(keep);
    if (!got) return "";
    const own = id();
    const url = URL.createObjectURL(got.file);
    files.set(own, { file: got.file, url });
    const waveform = btoa(String.fromCharCode(...got.waveform));
    const media = { mime: "audio/webm", name: "", size: got.file.size, seconds: got.seconds, waveform, state: "" };
    return JSON.stringify({ file: own, kind: "voice", media, url });
  };

  // open asks the core for an attachment; its head is the first answer.
  const open = (what) => {
    if (!core) throw new Error("there is no core");
    const { port1, port2 } = new MessageChannel();
    core.postMessage({ open: what }, [port2]);
    return ferryPipe(port1);
  };

  // copy reads all of an attachment into memory.
  const copy = async (pipe, type) => {
    const head = await pipe.head;
    const parts = [];
    for (let at = 0; at < head.size; at += PIECE) {
      const piece = await pipe.read(at, Math.min(head.size, at + PIECE));
      parts.push(new Blob([piece]));
      ferryDrop(piece.buffer);
    }
    return new Blob(parts, { type });
  };

  const blob = async (chat, own, fromMe) => {
    const pipe = open({ chat, id: own, fromMe });
    try {
      const head = await pipe.head;
      const type = ferryShowable(head.mime);
      if (!/^(image|audio)\//.test(type)) throw Object.assign(new Error("is not shown"), { name: "ferry:unusable" });
      if (head.size > IN_MEMORY) throw Object.assign(new Error("too large"), { name: "ferry:too_big" });
      return URL.createObjectURL(await copy(pipe, type));
    } finally {
      pipe.close();
    }
  };

  const controller = () => navigator.serviceWorker && navigator.serviceWorker.controller;

  // address shows an attachment through the service worker.
  const address = (chat, own, fromMe) =>
    core && controller() ? `/media/${encodeURIComponent(chat)}/${fromMe ? "me" : "them"}/${encodeURIComponent(own)}` : "";

  // safe makes a name that no file system and no reader takes for something else.
  const safe = (name) =>
    String(name || "")
      .replace(/[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g, "")
      .replace(/[\\/:*?"<>|]/g, "_")
      .replace(/^[\s.]+|[\s.]+$/g, "")
      .slice(-120) || "file";

  // save stores an attachment where the browser puts downloads. The service
  // worker streams it; without one it is copied.
  const save = async (chat, own, fromMe, name) => {
    const pipe = open({ chat, id: own, fromMe });
    const head = await pipe.head;
    name = safe(name || head.name);
    const sw = controller();
    if (!sw) {
      try {
        const url = URL.createObjectURL(await copy(pipe, "application/octet-stream"));
        const a = document.createElement("a");
        a.href = url;
        a.download = name;
        a.click();
        setTimeout(() => URL.revokeObjectURL(url), 60_000);
      } finally {
        pipe.close();
      }
      return;
    }
    const token = crypto.randomUUID();
    const { port1, port2 } = new MessageChannel();
    const ready = new Promise((done) => (port1.onmessage = done));
    sw.postMessage({ save: token, name, head }, [pipe.port, port2]);
    await ready;
    location.assign("/media/save/" + token); // a download: the page stays
  };

  if (navigator.serviceWorker) {
    navigator.serviceWorker.addEventListener("message", (ev) => {
      if (!ev.data || !ev.data.view) return;
      const port = ev.ports[0];
      if (core) core.postMessage({ open: ev.data.view }, [port]);
      else port.postMessage({ error: "ferry:no_core" });
    });
    navigator.serviceWorker.startMessages();
  }

  return {
    listen, pick, discard, stopRecording, blob, address, save, record: ferryRecord.start,
    onFiles: (fn) => (tell = fn),
    file: (own) => (files.get(own) || {}).file,
    join: (port) => (core = port),
  };
})();
