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

// plain does the four passes with one call each, as if none needed what another gives.
const plain = async (bytes, key) => {
  const hash = crypto.subtle.digest("SHA-256", bytes);
  const file = await crypto.subtle.encrypt({ name: "AES-CBC", iv: keys.iv }, key.cbc, bytes);
  await Promise.all([hash, crypto.subtle.sign("HMAC", key.hmac, file), crypto.subtle.digest("SHA-256", file)]);
};

// plainOpen does those of a file that came.
const plainOpen = async (file, key) => {
  const hashes = [crypto.subtle.sign("HMAC", key.hmac, file), crypto.subtle.digest("SHA-256", file)];
  const bytes = await crypto.subtle.decrypt({ name: "AES-CBC", iv: keys.iv }, key.cbc, file);
  await Promise.all([...hashes, crypto.subtle.digest("SHA-256", bytes)]);
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

const WARM = 32 * MB; // more than this warms up by itself

const progress = () => {};
const signal = new AbortController().signal;

// turns does each work once a round, so that all suffer alike from what other
// programs take away, and gives the middle rate of each.
const turns = async (rounds, works) => {
  for (const [size, work] of Object.values(works)) if (size <= WARM) await work(); // compiled, and with its memory
  const rates = Object.fromEntries(Object.keys(works).map((k) => [k, []]));
  for (let i = 0; i < rounds; i++) {
    for (const [name, [size, work]] of Object.entries(works)) rates[name].push((await rate(size, work))[0]);
  }
  return Object.fromEntries(Object.entries(rates).map(([k, all]) => [k, all.sort((a, b) => a - b)[all.length >> 1]]));
};

// More than this takes plain calls longer for each byte.
const WHOLE = 32 * MB;

// inMemory are the passes as Ferry does them beside plain ones, from memory to memory.
const inMemory = async (size, sidecar, rounds) => {
  const key = await ferryCrypt.keysOf(keys);
  const bytes = fill(new Uint8Array(Math.min(size, WHOLE)));
  const sealed = await crypto.subtle.encrypt({ name: "AES-CBC", iv: keys.iv }, key.cbc, bytes);
  const file = new Uint8Array(ferryCrypt.fileSize(size));
  let made = null;
  const encrypt = async () => {
    let [from, to] = [0, 0];
    const next = async (view) => {
      for (let at = 0; at < view.length; ) { // of as much as there is, again and again
        const begin = (from + at) % bytes.length;
        const part = bytes.subarray(begin, begin + view.length - at);
        view.set(part, at);
        at += part.length;
      }
      from += view.length;
      return view;
    };
    const push = (ct) => {
      file.set(ct, to);
      to += ct.length;
    };
    made = await ferryCrypt.encryptFile({ size, fill: next, keys, sidecar, push, signal, progress });
  };
  const read = async (from, view) => {
    view.set(file.subarray(from, from + view.length));
    return view;
  };
  const decrypt = () => ferryCrypt.verifyFile({ read, size, keys, ...made, signal });
  const often = Math.max(1, Math.round(Math.min(size, 256 * MB) / bytes.length)); // so that both take about as long
  const times = (work) => [often * bytes.length, async () => {
    for (let i = 0; i < often; i++) await work();
  }];
  return turns(rounds, {
    plain: times(() => plain(bytes, key)), encrypt: [size, encrypt],
    plainOpen: times(() => plainOpen(sealed, key)), decrypt: [size, decrypt],
  });
};

// onDisk is from a file on the disk to one that is kept there, and what is kept read again.
const onDisk = async (path, size, sidecar, rounds) => {
  const file = await source(size);
  let made = null;
  return turns(rounds, {
    keep: [size, async () => (made = await ferryFiles.encrypt({ path, source: file, keys, sidecar, signal, progress }))],
    verify: [size, async () => {
      const { read, close } = ferryKeep.reader(await ferryKeep.folder(path, false));
      await ferryCrypt.verifyFile({ read, size, keys, ...made, signal }).finally(close);
    }],
  });
};

async function measure({ mb, sidecar, what }) {
  const size = mb * MB;
  const path = ["bench", "file"];
  const rounds = mb > 300 ? 3 : mb > 8 ? 7 : 25;
  const rates = what === "memory" ? {} : await inMemory(size, sidecar, rounds);
  Object.assign(rates, await onDisk(path, size, sidecar, mb > 300 ? 1 : 5));
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
