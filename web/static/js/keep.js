// Keeps the ciphertext of attachments in the browser's private files, in chunks
// that are durable as soon as they are closed.
"use strict";

globalThis.ferryKeep = (() => {
  const CHUNK = 8 << 20;
  const PART = 2 << 20; // written at a time

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

  // tidy removes what a writer left behind that was killed: the browser writes to
  // a copy beside the file, and nobody else takes that away.
  const tidy = async (dir) => {
    const strays = [];
    for await (const name of dir.keys()) if (!/^\d+$/.test(name)) strays.push(name);
    await Promise.all(strays.map((name) => dir.removeEntry(name).catch(() => {}))); // one that is in use stays
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

  // writer takes bytes in order, from the size that there is. One part is on its
  // way to the disk while the next one fills.
  const writer = async (dir, from) => {
    let n = Math.floor(from / CHUNK);
    let used = from - n * CHUNK;
    let out = null; // the chunk that is open
    let parts = [new Uint8Array(PART), new Uint8Array(PART)];
    let filled = 0;
    let flying = Promise.resolve();
    const open = async () => {
      const handle = await dir.getFileHandle(String(n), { create: true });
      out = await handle.createWritable({ keepExistingData: used > 0 });
      if (used) await out.seek(used);
    };
    const close = async () => {
      const full = out;
      out = null;
      await full.close();
      if (used === CHUNK) [n, used] = [n + 1, 0];
    };
    const put = async (bytes) => {
      for (let at = 0; at < bytes.length; ) {
        if (!out) await open();
        const take = Math.min(bytes.length - at, CHUNK - used);
        await out.write(bytes.subarray(at, at + take));
        at += take;
        used += take;
        if (used === CHUNK) await close();
      }
    };
    const send = async () => {
      await flying;
      flying = put(parts[0].subarray(0, filled));
      flying.catch(() => {}); // told to whoever waits for it next
      parts.reverse();
      filled = 0;
    };
    return {
      async push(bytes) {
        for (let at = 0; at < bytes.length; ) {
          const take = Math.min(bytes.length - at, PART - filled);
          parts[0].set(bytes.subarray(at, at + take), filled);
          at += take;
          filled += take;
          if (filled === PART) await send();
        }
      },
      // flush makes durable what is there, also part of a chunk.
      async flush() {
        try {
          if (filled) await send();
          await flying;
          if (out) await close();
        } catch (err) {
          if (out) await out.abort().catch(() => {});
          out = null;
          throw err;
        }
      },
    };
  };

  return { CHUNK, fault, folder, remove, size, tidy, whole, reader, writer, missing };
})();
