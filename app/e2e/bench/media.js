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

// turns does each work once a round, so that all suffer alike from what other
// programs take away, and gives the middle rate of each.
const turns = async (rounds, works) => {
  const rates = Object.fromEntries(Object.keys(works).map((k) => [k, []]));
  for (let i = 0; i < rounds; i++) {
    for (const [name, [size, work]] of Object.entries(works)) rates[name].push((await rate(size, work))[0]);
  }
  return Object.fromEntries(Object.entries(rates).map(([k, all]) => [k, all.sort((a, b) => a - b)[all.length >> 1]]));
};

// More than this does not fit into memory, for one call.
const WHOLE = 32 * MB;

async function measure({ mb, sidecar, what }) {
  const size = mb * MB;
  const file = await source(size);
  const path = ["bench", "file"];
  let made = null;
  const keep = async () => (made = await ferryFiles.encrypt({ path, source: file, keys, sidecar, signal, progress }));
  const verify = async () => {
    const { read } = ferryKeep.reader(await ferryKeep.folder(path, false));
    await ferryCrypt.verifyFile({ read, size, keys, ...made, signal });
  };
  let rates;
  if (what === "memory") { // nothing else that takes memory
    rates = await turns(1, { encrypt: [size, keep], verify: [size, verify] });
  } else {
    const key = await ferryCrypt.keysOf(keys);
    const bytes = fill(new Uint8Array(Math.min(size, WHOLE)));
    const one = [bytes.length, () => plain(bytes, key)];
    const crypt = () => ferryCrypt.encryptFile({ source: file, keys, sidecar, push: () => {}, signal, progress });
    rates = await turns(mb > 300 ? 1 : 5, {
      before: one, crypt: [size, crypt], between: one, encrypt: [size, keep], after: one, verify: [size, verify], last: one,
    });
    const all = [rates.before, rates.between, rates.after, rates.last].sort((a, b) => a - b);
    rates.plain = (all[1] + all[2]) / 2;
  }
  await ferryKeep.remove(path);
  await ferryKeep.remove(["source"]);
  return rates;
}

onconnect = (ev) => {
  const port = ev.ports[0];
  const answer = (v) => {
    port.postMessage(JSON.stringify(v));
    setTimeout(close, 100);
  };
  port.onmessage = (m) => measure(m.data).then(answer, (e) => answer({ error: String(e.stack || e) }));
};
