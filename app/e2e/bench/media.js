// Runs in a SharedWorker, as the core does: the rates of what is done to an
// attachment, in MB/s, beside plain calls of WebCrypto.
"use strict";
const MB = 1 << 20;
const keys = { iv: new Uint8Array(16).fill(1), cipher: new Uint8Array(32).fill(2), mac: new Uint8Array(32).fill(3) };
const rate = async (size, work) => {
  const start = performance.now();
  const value = await work();
  return [size / MB / ((performance.now() - start) / 1000), value];
};

// plain does the four passes with one call each, those side by side that can be.
const plain = async (bytes, key) => {
  const hash = crypto.subtle.digest("SHA-256", bytes);
  const file = await crypto.subtle.encrypt({ name: "AES-CBC", iv: keys.iv }, key.cbc, bytes);
  await Promise.all([hash, crypto.subtle.sign("HMAC", key.hmac, file), crypto.subtle.digest("SHA-256", file)]);
};

const fill = (bytes) => {
  for (let at = 0; at < bytes.length; at += 65536) crypto.getRandomValues(bytes.subarray(at, Math.min(bytes.length, at + 65536)));
  return bytes;
};

// source is a file on the disk, as one that a user picks.
const source = async (size) => {
  const root = await navigator.storage.getDirectory();
  const handle = await root.getFileHandle("source", { create: true });
  const out = await handle.createWritable();
  const part = fill(new Uint8Array(8 * MB));
  for (let at = 0; at < size; at += part.length) await out.write(part.subarray(0, Math.min(part.length, size - at)));
  await out.close();
  return handle.getFile();
};

const progress = () => {};
const signal = new AbortController().signal;

// best is the best of some runs: what other programs take away is not our matter.
const best = async (runs, size, work) => {
  let top = 0;
  let value;
  for (let i = 0; i < runs; i++) {
    const [r, v] = await rate(size, work);
    top = Math.max(top, r);
    value = v;
  }
  return [top, value];
};

async function measure({ mb, sidecar, what }) {
  const size = mb * MB;
  if (what === "plain") {
    const key = await ferryCrypt.keysOf(keys);
    const bytes = fill(new Uint8Array(size));
    return { plain: (await best(4, size, () => plain(bytes, key)))[0] };
  }
  const file = await source(size);
  const path = ["bench", "file"];
  const push = () => {};
  const runs = mb > 64 ? 1 : 3;
  const [crypt] = await best(runs, size, () => ferryCrypt.encryptFile({ source: file, keys, sidecar, push, signal, progress }));
  const [encrypt, made] = await best(runs, size, () => ferryFiles.encrypt({ path, source: file, keys, sidecar, signal, progress }));
  const { read } = ferryKeep.reader(await ferryKeep.folder(path, false));
  const [verify] = await best(runs, size, () => ferryCrypt.verifyFile({ read, size, keys, ...made, signal }));
  await ferryKeep.remove(path);
  await ferryKeep.remove(["source"]);
  return { crypt, encrypt, verify };
}

onconnect = (ev) => {
  const port = ev.ports[0];
  const answer = (v) => {
    port.postMessage(JSON.stringify(v));
    setTimeout(close, 100);
  };
  port.onmessage = (m) => measure(m.data).then(answer, (e) => answer({ error: String(e.stack || e) }));
};
