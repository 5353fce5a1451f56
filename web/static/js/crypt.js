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
  const SLICE = 2 << 20; // encrypted at a time; a multiple of STEP
  const READ = 4 << 20; // read at a time: many small reads are slow
  const limits = { small: 32 << 20 }; // hashed in one call
  const ROOM = 64 << 20; // for all that are at once, each of which takes twice its size

  const cipherSize = (plain) => (Math.floor(plain / BLOCK) + 1) * BLOCK;
  const fileSize = (plain) => cipherSize(plain) + TAG;

  const keysOf = async ({ iv, cipher, mac }) => {
    const cbc = await subtle.importKey("raw", cipher, "AES-CBC", false, ["encrypt", "decrypt"]);
    const hmac = await subtle.importKey("raw", mac, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    return { iv, cbc, hmac, mac };
  };

  // encrypt gives the ciphertext of a slice; only the last has its padding.
  const encrypt = async (keys, iv, plain, last) => {
    const out = new Uint8Array(await subtle.encrypt({ name: "AES-CBC", iv }, keys.cbc, plain));
    return last ? out : out.subarray(0, plain.length);
  };

  // Detaching what WebCrypto made (ArrayBuffer.transfer) does not free it: V8 forgets
  // it, Blink does not, and the collector sees no reason to run. It is left to it.

  // decrypt undoes it. WebCrypto insists on padding: where there is none, a
  // block of padding is made that fits.
  const decrypt = async (keys, iv, ct, last) => {
    let input = ct;
    if (!last) {
      const pad = await subtle.encrypt({ name: "AES-CBC", iv: ct.subarray(-BLOCK) }, keys.cbc, new Uint8Array(0));
      input = new Uint8Array(ct.length + BLOCK);
      input.set(ct);
      input.set(new Uint8Array(pad), ct.length);
    }
    try {
      return new Uint8Array(await subtle.decrypt({ name: "AES-CBC", iv }, keys.cbc, input));
    } catch (err) {
      if (err.name === "OperationError") throw fault("tampered", "bad padding");
      throw err;
    }
  };

  const digest = async (bytes) => new Uint8Array(await subtle.digest("SHA-256", bytes));
  const sign = async (keys, bytes) => new Uint8Array(await subtle.sign("HMAC", keys.hmac, bytes));

  // smallSums collects the file, after the IV, and hashes it in one call each.
  // The plaintext is there already, or is collected too.
  const smallSums = (keys, size, whole) => {
    const plain = whole || new Uint8Array(size);
    const file = new Uint8Array(BLOCK + fileSize(size));
    file.set(keys.iv);
    let [p, f] = [whole ? size : 0, BLOCK];
    const early = whole && digest(plain);
    return {
      push(a, b) {
        if (!whole) plain.set(a, p), (p += a.length);
        file.set(b, f);
        f += b.length;
      },
      async finish(tag) {
        const sha = early || digest(plain.subarray(0, p));
        const own = (await sign(keys, file.subarray(0, f))).subarray(0, TAG);
        file.set(tag || own, f);
        return { sha256: await sha, encSha256: await digest(file.subarray(BLOCK, f + TAG)), tag: own };
      },
    };
  };

  // largeSums keeps nothing but the states of three hashes. HMAC (RFC 2104) is a
  // hash over the padded key and the text, in another one.
  const largeSums = (keys) => {
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
        const own = (await digest(outer)).subarray(0, TAG);
        return { sha256: three.first(), encSha256: three.second(tag || own), tag: own };
      },
    };
  };

  const sums = (keys, size, whole) => (size <= limits.small ? smallSums(keys, size, whole) : largeSums(keys));

  // slices gives slice(from), of SLICE bytes but for the last; it reads more at
  // once, and ahead.
  const slices = (size, read) => {
    let [at, now, next] = [-1, null, null];
    const load = (from) => {
      const p = from < size ? read(from, Math.min(size, from + READ)) : Promise.resolve(new Uint8Array(0));
      p.catch(() => {}); // told to whoever waits for it
      return p;
    };
    return async (from) => {
      const base = Math.floor(from / READ) * READ;
      if (base !== at) {
        now = await (next || load(base));
        if (now.length !== Math.min(READ, size - base)) throw fault("unusable", "the file has changed");
        next = load(base + READ);
        at = base;
      }
      return now.subarray(from - base, from - base + SLICE);
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
      },
      all() {
        const out = new Uint8Array(entries.length * TAG);
        entries.forEach((e, i) => out.set(e, i * TAG));
        return out;
      },
    };
  };

  // room has files that are hashed in one call wait for each other where they
  // would take too much together.
  const room = (() => {
    const waiting = [];
    let free = ROOM;
    const next = () => {
      while (waiting.length && waiting[0].need <= free) {
        const { need, go } = waiting.shift();
        free -= need;
        go();
      }
    };
    return async (size, work) => {
      if (size > limits.small) return work();
      const need = Math.min(2 * size, ROOM);
      await new Promise((go) => {
        waiting.push({ need, go });
        next();
      });
      try {
        return await work();
      } finally {
        free += need;
        next();
      }
    };
  })();

  const halted = (signal) => {
    if (signal && signal.aborted) throw signal.reason;
  };

  // encryptFile reads a Blob, gives the file to push and tells what it was.
  const encryptFile = (o) => room(o.source.size, () => encryptNow(o));

  const encryptNow = async ({ source, keys: raw, sidecar, push, signal, progress }) => {
    const keys = await keysOf(raw);
    const size = source.size;
    const read = async (from, to) => new Uint8Array(await source.slice(from, to).arrayBuffer());
    const whole = size <= limits.small ? await read(0, size) : null;
    if (whole && whole.length !== size) throw fault("unusable", "the file has changed");
    const slice = whole ? async (from) => whole.subarray(from, from + SLICE) : slices(size, read);
    const sum = sums(keys, size, whole);
    const steps = sidecar ? stepper(keys) : null;
    let signed = null; // of the slice before
    let plain = await slice(0);
    let making = encrypt(keys, keys.iv, plain, size <= SLICE);
    for (let at = 0; ; at += SLICE) {
      halted(signal);
      const last = at + SLICE >= size;
      const ct = await making;
      const now = plain;
      if (!last) {
        // The next slice is encrypted while this one is hashed.
        plain = await slice(at + SLICE);
        making = encrypt(keys, ct.slice(-BLOCK), plain, at + 2 * SLICE >= size);
        making.catch(() => {});
      }
      sum.push(now, ct);
      await signed;
      if (steps) (signed = steps.push(ct, last)).catch(() => {});
      await push(ct);
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
  const verifyFile = (o) => room(o.size, () => verifyNow(o));

  const verifyNow = async ({ read, size, keys: raw, sha256, encSha256, signal }) => {
    const keys = await keysOf(raw);
    const total = cipherSize(size);
    const sum = sums(keys, size);
    const slice = slices(total, read);
    let ct = await slice(0);
    let opening = decrypt(keys, keys.iv, ct, total <= SLICE);
    for (let at = 0; ; at += SLICE) {
      halted(signal);
      const last = at + SLICE >= total;
      const plain = await opening;
      const now = ct;
      if (!last) {
        // The next slice is decrypted while this one is hashed.
        ct = await slice(at + SLICE);
        opening = decrypt(keys, now.slice(-BLOCK), ct, at + 2 * SLICE >= total);
        opening.catch(() => {});
      }
      if (Math.min(size, at + SLICE) - Math.min(size, at) !== plain.length) throw fault("tampered", "another length");
      sum.push(plain, now);
      if (last) break;
    }
    const tag = await read(total, total + TAG);
    const got = await sum.finish(tag);
    if (!same(got.tag, tag)) throw fault("tampered", "under another key");
    if (!same(got.encSha256, encSha256)) throw fault("tampered", "another file");
    if (!same(got.sha256, sha256)) throw fault("tampered", "another content");
  };

  // piece decrypts a stretch of plaintext. read gives bytes of the file; with a
  // sidecar, each step of it is checked first.
  const piece = async ({ read, size, keys, sidecar }, from, to) => {
    let [first, end] = [Math.floor(from / BLOCK) * BLOCK, Math.ceil(to / BLOCK) * BLOCK];
    if (sidecar) [first, end] = [Math.floor(from / STEP) * STEP, Math.min(Math.ceil(to / STEP) * STEP, cipherSize(size))];
    if (to === size || end >= size) end = cipherSize(size);
    const cut = await read(Math.max(0, first - BLOCK), end);
    const all = new Uint8Array(BLOCK + end - first); // IV or the block before, then blocks
    if (first) all.set(cut);
    else all.set(keys.iv), all.set(cut, BLOCK);
    if (sidecar) await check(keys, sidecar, all, first);
    const plain = await decrypt(keys, all.subarray(0, BLOCK), all.subarray(BLOCK), end === cipherSize(size));
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

  return { SLICE, STEP, limits, fileSize, keysOf, encryptFile, verifyFile, piece };
})();
