// Reads an attachment piece by piece from a port whose other end is the core's.
"use strict";

// What may be shown in our origin; everything else is only ever saved.
globalThis.ferryShown = new Set([
  "image/jpeg", "image/png", "image/webp", "image/gif", "image/avif",
  "video/mp4", "video/webm", "video/ogg", "video/quicktime", "video/3gpp",
  "audio/ogg", "audio/mpeg", "audio/mp4", "audio/aac", "audio/wav", "audio/webm", "audio/flac", "audio/amr", "audio/x-m4a",
]);

globalThis.ferryShowable = (mime) => {
  const base = String(mime || "").split(";")[0].trim().toLowerCase();
  return ferryShown.has(base) ? base : "";
};

// ferryPipe gives head, a promise of what the attachment is, and read(from, to).
globalThis.ferryPipe = (port, known) => {
  const waiting = []; // in the order of the questions
  let lost = null;
  const fail = (err) => {
    lost = lost || err;
    waiting.splice(0).forEach((w) => w.failed(lost));
  };
  const ask = (question) =>
    new Promise((done, failed) => {
      if (lost) return failed(lost);
      waiting.push({ done, failed });
      if (question) port.postMessage(question);
    });
  port.onmessage = (ev) => {
    const w = waiting.shift();
    if (!w) return;
    const { head, data, error } = ev.data;
    if (error) w.failed(Object.assign(new Error(error), { name: error }));
    else w.done(head || data);
  };
  port.addEventListener("close", () => fail(new Error("the core is gone")));
  const head = known ? Promise.resolve(known) : ask(null);
  head.catch(() => {});
  return {
    head,
    port,
    read: (from, to) => ask({ from, to }),
    close() {
      fail(new Error("closed"));
      port.postMessage({ close: true });
      port.close();
    },
  };
};
