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

async function measure({ mb, sidecar, plainly }) {
  const size = mb * MB;
  const out = {};
  if (plainly) {
    const key = await ferryCrypt.keysOf(keys);
    const bytes = fill(new Uint8Array(size));
    out.plain = Math.max((await rate(size, () => plain(bytes, key)))[0], (await rate(size, () => plain(bytes, key)))[0]);
  }
  const file = await source(size);
  const path = ["bench", "file"];
  const push = () => {};
  const best = plainly ? 2 : 1;
  for (let i = 0; i < best; i++) {
    const [crypt] = await rate(size, () => ferryCrypt.encryptFile({ source: file, keys, sidecar, push, signal, progress }));
    const [encrypt, made] = await rate(size, () => ferryFiles.encrypt({ path, source: file, keys, sidecar, signal, progress }));
    const { read } = ferryKeep.reader(await ferryKeep.folder(path, false));
    const [verify] = await rate(size, () => ferryCrypt.verifyFile({ read, size, keys, ...made, signal }));
    out.crypt = Math.max(out.crypt || 0, crypt);
    out.encrypt = Math.max(out.encrypt || 0, encrypt);
    out.verify = Math.max(out.verify || 0, verify);
  }
  await ferryKeep.remove(path);
  await ferryKeep.remove(["source"]);
  return out;
}

onconnect = (ev) => {
  const port = ev.ports[0];
  port.onmessage = (m) => measure(m.data).then((r) => port.postMessage(JSON.stringify(r)), (e) => port.postMessage(JSON.stringify({ error: String(e.stack || e) })));
};
