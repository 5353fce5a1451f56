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

  // hold gives a reader of a stream, letGo ends it. Chromium's collector takes a
  // stream that nobody but the one who awaits its bytes holds, and then they never
  // come.
  const held = new Set();
  const hold = (stream) => {
    const body = stream.getReader({ mode: "byob" });
    held.add(body);
    return body;
  };
  const letGo = (body) => {
    if (held.delete(body)) body.cancel().catch(() => {});
  };

  // filler gives fill(view), which fills a view from where the one before ended,
  // of the Blobs that open(at) gives: each begins at `at`. It takes the view's
  // buffer and gives a view of the same bytes. An array for each piece would not be
  // faster, and the collector leaves a hundred megabytes of them before it looks.
  const filler = (open, at) => {
    let [blob, body, left] = [null, null, 0];
    const close = () => {
      letGo(body);
      [body, left] = [null, 0];
    };
    const some = async (view) => {
      try {
        return (await body.read(view, { min: view.length })).value;
      } catch (err) {
        await blob.slice(0, 1).arrayBuffer(); // which fails with the reason
        throw err;
      }
    };
    const fill = async (view) => {
      const { byteOffset, length } = view;
      let { buffer } = view;
      for (let done = 0; done < length; ) {
        if (!body) {
          blob = await open(at);
          [body, left] = [hold(blob.stream()), blob.size];
        }
        const want = Math.min(length - done, left);
        const got = want && (await some(new Uint8Array(buffer, byteOffset + done, want)));
        if (!got || !got.length) throw fault("unusable", "the file has changed");
        [buffer, done, at, left] = [got.buffer, done + got.length, at + got.length, left - got.length];
        if (!left) close();
      }
      return new Uint8Array(buffer, byteOffset, length);
    };
    return { fill, close };
  };

  // source is the filler of a Blob.
  const source = (blob) => filler((at) => blob.slice(at), 0);

  // reader gives blob(from, to) within one chunk, and read(from, view), which fills
  // a view as a filler does. Reads that go on where the one before ended, or up to
  // OVERLAP bytes before, are one read of the disk.
  const OVERLAP = 16;
  const reader = (dir) => {
    const blob = async (from, to) => {
      const n = Math.floor(from / CHUNK);
      const file = await chunk(dir, n);
      const part = file && file.slice(from - n * CHUNK, Math.min(to - n * CHUNK, CHUNK));
      if (!part || !part.size) throw fault("no_file", "a part is missing");
      return part;
    };
    const tail = new Uint8Array(OVERLAP);
    let [at, on] = [-1, null];
    const close = () => {
      if (on) on.close();
      [at, on] = [-1, null];
    };
    const read = async (from, view) => {
      const { byteOffset, length } = view; // it ends with its buffer
      let again = at - from;
      if (!on || again < 0 || again > OVERLAP || again >= length) {
        close();
        on = filler((next) => blob(next, Infinity), from);
        again = 0;
      }
      at = -1; // unless this goes well
      view.set(tail.subarray(OVERLAP - again));
      const filled = await on.fill(view.subarray(again));
      const all = new Uint8Array(filled.buffer, byteOffset, length);
      if (length >= OVERLAP) {
        tail.set(all.subarray(-OVERLAP));
        at = from + length;
      }
      return all;
    };
    return { blob, read, close };
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

  return { CHUNK, fault, folder, hold, letGo, remove, size, source, tidy, whole, reader, writer, missing };
})();
