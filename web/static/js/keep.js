// Keeps the ciphertext of attachments in the browser's private files, in chunks
// that are durable as soon as they are closed.
"use strict";

globalThis.ferryKeep = (() => {
  const CHUNK = 8 << 20;

  // fault is an error that Go knows by its name.
  const fault = (code, text) => Object.assign(new Error(text), { name: "ferry:" + code });

  const folder = async (path, create) => {
    if (!navigator.storage || !navigator.storage.getDirectory) {
      throw fault("no_room", "this browser gives no room for files");
    }
    let at = await navigator.storage.getDirectory();
    for (const name of path) at = await at.getDirectoryHandle(name, { create });
    return at;
  };

  const missing = (err) => {
    if (err.name !== "NotFoundError") throw err;
    return null;
  };

  const remove = async (path) => {
    const parent = await folder(path.slice(0, -1), false).catch(missing);
    if (parent) await parent.removeEntry(path.at(-1), { recursive: true }).catch(missing);
  };

  const chunk = async (dir, n) => {
    const handle = await dir.getFileHandle(String(n)).catch(missing);
    return handle && handle.getFile();
  };

  const write = async (dir, n, bytes) => {
    const handle = await dir.getFileHandle(String(n), { create: true });
    const out = await handle.createWritable();
    try {
      await out.write(bytes);
    } catch (err) {
      await out.abort().catch(() => {});
      throw err;
    }
    await out.close();
  };

  // size is how much there is without a gap.
  const size = async (dir) => {
    for (let n = 0; ; n++) {
      const file = await chunk(dir, n);
      if (!file || file.size < CHUNK) return n * CHUNK + (file ? file.size : 0);
    }
  };

  // whole tells whether there are exactly so many bytes, by the last chunk.
  const whole = async (path, total) => {
    const dir = await folder(path, false).catch(missing);
    if (!dir || total <= 0) return false;
    const last = Math.floor((total - 1) / CHUNK);
    const [file, more] = await Promise.all([chunk(dir, last), chunk(dir, last + 1)]);
    return !!file && !more && last * CHUNK + file.size === total;
  };

  // reader gives read(from, to), which fills a new array, and blob(from, to)
  // within one chunk.
  const reader = (dir) => {
    let at = -1;
    let file = null;
    const blob = async (from, to) => {
      const n = Math.floor(from / CHUNK);
      if (n !== at) [file, at] = [await chunk(dir, n), n];
      const part = file && file.slice(from - n * CHUNK, Math.min(to - n * CHUNK, CHUNK));
      if (!part || !part.size) throw fault("no_file", "a part is missing");
      return part;
    };
    const read = async (from, to) => {
      let part = await blob(from, to);
      if (part.size === to - from) return new Uint8Array(await part.arrayBuffer());
      const out = new Uint8Array(to - from);
      for (let done = 0; ; ) {
        out.set(new Uint8Array(await part.arrayBuffer()), done);
        done += part.size;
        if (done === out.length) return out;
        part = await blob(from + done, to);
      }
    };
    return { blob, read };
  };

  // writer takes bytes in order, from the size that there is. At most one chunk
  // is on its way to the disk while the next one fills.
  const writer = async (dir, from) => {
    let n = Math.floor(from / CHUNK);
    let used = from - n * CHUNK;
    let buffer = new Uint8Array(CHUNK);
    let spare = null;
    let flying = Promise.resolve();
    if (used) buffer.set(new Uint8Array(await (await chunk(dir, n)).arrayBuffer()));
    const send = async () => {
      await flying;
      const full = buffer;
      flying = write(dir, n++, full.subarray(0, used)).then(() => {
        spare = full;
      });
      flying.catch(() => {}); // told to whoever waits for it next
      buffer = spare || new Uint8Array(CHUNK);
      spare = null;
      used = 0;
    };
    return {
      async push(bytes) {
        for (let at = 0; at < bytes.length; ) {
          const take = Math.min(bytes.length - at, CHUNK - used);
          buffer.set(bytes.subarray(at, at + take), used);
          at += take;
          used += take;
          if (used === CHUNK) await send();
        }
      },
      // flush makes durable what is there, also part of a chunk.
      async flush() {
        if (used) await send();
        await flying;
      },
    };
  };

  return { CHUNK, fault, folder, remove, size, whole, reader, writer, missing };
})();
