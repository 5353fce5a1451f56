// Encrypts and verifies attachments as WhatsApp does: AES-256-CBC, and SHA-256
// and HMAC of it all. WebCrypto cannot go on with a cipher or a hash: the cipher
// is chained by hand, and files that are too large for one call are hashed in
// WebAssembly, by ferryLanes.
"use strict";

globalThis.ferryCrypt = (() => {
  const { fault } = ferryKeep;
  const subtle = crypto.subtle;
  const BLOCK = 16;
  const TAG = 10;
  const STEP = 64 << 10; // of the sidecar
  const SLICE = 512 << 10; // at a time; a multiple of STEP. WebCrypto takes and gives back memory for each call, which costs twice as much where it is more
  const SPARE = 2 * BLOCK; // after what is to be decrypted

  const cipherSize = (plain) => (Math.floor(plain / BLOCK) + 1) * BLOCK;
  const fileSize = (plain) => cipherSize(plain) + TAG;

  const keysOf = async ({ iv, cipher, mac }) => {
    const [cbc, hmac] = await Promise.all([
      subtle.importKey("raw", cipher, "AES-CBC", false, ["encrypt", "decrypt"]),
      subtle.importKey("raw", mac, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]),
    ]);
    return { iv, cbc, hmac, mac, ending: null };
  };

  // endingOf is what ends any ciphertext: a block of zeros, and the one that is a
  // block of padding after it.
  const endingOf = async (keys) => {
    const ending = new Uint8Array(SPARE);
    ending.set(new Uint8Array(await subtle.encrypt({ name: "AES-CBC", iv: ending.subarray(0, BLOCK) }, keys.cbc, new Uint8Array(0))), BLOCK);
    return ending;
  };

  // encrypt gives the ciphertext of a slice; only the last has its padding.
  const encrypt = async (keys, iv, plain, last) => {
    const out = new Uint8Array(await subtle.encrypt({ name: "AES-CBC", iv }, keys.cbc, plain));
    return last ? out : out.subarray(0, plain.length);
  };

  // decrypt undoes it. WebCrypto insists on padding: where there is none, it is put
  // into the SPARE bytes after the slice, which must be there in its buffer.
  const decrypt = async (keys, iv, ct, last) => {
    let input = ct;
    if (!last) {
      keys.ending = keys.ending || (await endingOf(keys));
      input = new Uint8Array(ct.buffer, ct.byteOffset, ct.length + SPARE);
      input.set(keys.ending, ct.length);
    }
    try {
      const plain = new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, keys.cbc, input));
      return last ? plain : plain.subarray(0, ct.length);
    } catch (err) {
      if (err.name === "OperationError") throw fault("tampered", "bad padding");
      throw err;
    }
  };

  const sign = async (keys, bytes) => new Uint8Array(await subtle.sign("HMAC", keys.hmac, bytes));

  // sums are the hashes of it all. HMAC (RFC 2104) is one over the padded key and the
  // text, in another one. Three at a time in WebAssembly beside WebCrypto, which has
  // one thread for all, take no longer than one after the other there.
  const sums = (keys) => {
    const pad = (with_) => {
      const b = new Uint8Array(64).fill(with_);
      keys.mac.forEach((k, i) => (b[i] ^= k));
      return b;
    };
    const three = ferryLanes.three(pad(0x36), keys.iv);
    return {
      push: three.push,
      async finish(tag) {
        const outer = new Uint8Array(64 + 32);
        outer.set(pad(0x5c));
        outer.set(three.third(), 64);
        const own = three.alone(outer).subarray(0, TAG);
        return { sha256: three.first(), encSha256: three.second(tag || own), tag: own };
      },
    };
  };

  // slices gives slice(), which gives all there is, SLICE bytes at a time, and reads
  // ahead. A slice is good until the next but one is asked for.
  const slices = (size, fill) => {
    const rooms = [0, 1, 2].map(() => new ArrayBuffer(Math.min(size, SLICE) + SPARE));
    let [at, turn, next] = [0, 0, Promise.resolve(new Uint8Array(0))];
    const load = () => {
      const [n, room] = [Math.min(SLICE, size - at), turn];
      if (!n) return;
      [at, turn] = [at + n, (turn + 1) % rooms.length];
      next = fill(new Uint8Array(rooms[room], 0, n)).then((view) => {
        rooms[room] = view.buffer;
        return view;
      });
      next.catch(() => {}); // told to whoever waits for it
    };
    load();
    return async () => {
      const now = await next;
      load();
      return now;
    };
  };

  // stepper signs the steps of IV and ciphertext, each with the block that
  // follows it.
  const stepper = (keys) => {
    const entries = [];
    let before = keys.iv;
    return {
      async push(ct, last) {
        const all = new Uint8Array(BLOCK + ct.length);
        all.set(before);
        all.set(ct, BLOCK);
        before = all.slice(-BLOCK);
        const end = last ? all.length : ct.length;
        const work = [];
        for (let at = 0; at < end; at += STEP) work.push(sign(keys, all.subarray(at, at + STEP + BLOCK)));
        for (const mac of await Promise.all(work)) entries.push(mac.subarray(0, TAG));
        ferryDrop(all.buffer);
      },
      all() {
        const out = new Uint8Array(entries.length * TAG);
        entries.forEach((e, i) => out.set(e, i * TAG));
        return out;
      },
    };
  };

  const halted = (signal) => {
    if (signal && signal.aborted) throw signal.reason;
  };

  // encryptFile encrypts what fill fills slices with, in order, gives the file to
  // push and tells what it was.
  const encryptFile = async ({ size, fill, keys: raw, sidecar, push, signal, progress }) => {
    const keys = await keysOf(raw);
    const slice = slices(size, fill);
    const sum = sums(keys);
    const steps = sidecar ? stepper(keys) : null;
    let signed = null; // of the slice before
    let plain = await slice();
    let making = encrypt(keys, keys.iv, plain, size <= SLICE);
    for (let at = 0; ; at += SLICE) {
      halted(signal);
      const last = at + SLICE >= size;
      const ct = await making;
      const now = plain;
      if (!last) {
        // The next slice is encrypted while this one is hashed.
        plain = await slice();
        making = encrypt(keys, ct.slice(-BLOCK), plain, at + 2 * SLICE >= size);
        making.catch(() => {});
      }
      sum.push(now, ct);
      await signed;
      if (steps) (signed = steps.push(ct, last)).catch(() => {});
      await push(ct);
      ferryDrop(ct.buffer);
      progress(Math.min(size, at + SLICE), size);
      if (last) break;
    }
    const { sha256, encSha256, tag } = await sum.finish();
    await Promise.all([signed, push(tag)]);
    return { size, sha256, encSha256, sidecar: steps ? steps.all() : null };
  };

  const same = (a, b) => a.length === b.length && a.every((v, i) => v === b[i]);

  // verifyFile reads a kept file to its end; it fails as tampered unless all of
  // it is what was sent.
  const verifyFile = async ({ read, size, keys: raw, sha256, encSha256, signal, progress = () => {} }) => {
    const keys = await keysOf(raw);
    const total = cipherSize(size);
    const sum = sums(keys);
    let begin = 0;
    const slice = slices(total, (view) => {
      const from = begin;
      begin += view.length;
      return read(from, view);
    });
    let ct = await slice();
    let opening = decrypt(keys, keys.iv, ct, total <= SLICE);
    for (let at = 0; ; at += SLICE) {
      halted(signal);
      const last = at + SLICE >= total;
      const plain = await opening;
      const now = ct;
      if (!last) {
        // The next slice is decrypted while this one is hashed.
        ct = await slice();
        opening = decrypt(keys, now.slice(-BLOCK), ct, at + 2 * SLICE >= total);
        opening.catch(() => {});
      }
      if (Math.min(size, at + SLICE) - Math.min(size, at) !== plain.length) throw fault("tampered", "another length");
      sum.push(plain, now);
      ferryDrop(plain.buffer);
      progress(Math.min(size, at + SLICE), size);
      if (last) break;
    }
    const tag = await read(total, new Uint8Array(TAG));
    const got = await sum.finish(tag);
    if (!same(got.tag, tag)) throw fault("tampered", "under another key");
    if (!same(got.encSha256, encSha256)) throw fault("tampered", "another file");
    if (!same(got.sha256, sha256)) throw fault("tampered", "another content");
  };

  // piece decrypts a stretch of plaintext. read fills a view with bytes of the file;
  // with a sidecar, each step of it is checked first. The source keeps its buffer;
  // the result's is the caller's to drop.
  const piece = async (source, from, to) => {
    const { read, size, keys, sidecar } = source;
    let [first, end] = [Math.floor(from / BLOCK) * BLOCK, Math.ceil(to / BLOCK) * BLOCK];
    if (sidecar) [first, end] = [Math.floor(from / STEP) * STEP, Math.min(Math.ceil(to / STEP) * STEP, cipherSize(size))];
    if (to === size || end >= size) end = cipherSize(size);
    const length = BLOCK + end - first; // IV or the block before, then blocks
    let room = source.room;
    source.room = null;
    if (!room || room.byteLength < length + SPARE) room = new ArrayBuffer(length + 2 * STEP + SPARE);
    const lead = first ? 0 : BLOCK;
    const cut = await read(first + lead - BLOCK, new Uint8Array(room, lead, length - lead));
    const all = new Uint8Array(cut.buffer, 0, length);
    if (lead) all.set(keys.iv);
    if (sidecar) await check(keys, sidecar, all, first);
    const plain = await decrypt(keys, all.subarray(0, BLOCK), all.subarray(BLOCK), end === cipherSize(size));
    source.room = all.buffer;
    if (plain.length < to - first) throw fault("tampered", "shorter than announced");
    return plain.subarray(from - first, to - first);
  };

  const check = async (keys, sidecar, all, first) => {
    const work = [];
    for (let at = 0; at + BLOCK < all.length; at += STEP) work.push(sign(keys, all.subarray(at, at + STEP + BLOCK)));
    (await Promise.all(work)).forEach((mac, i) => {
      const n = first / STEP + i;
      if (!same(mac.subarray(0, TAG), sidecar.subarray(n * TAG, n * TAG + TAG))) throw fault("tampered", "step " + n);
    });
  };

  return { fileSize, keysOf, encryptFile, verifyFile, piece };
})();
