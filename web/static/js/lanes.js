// SHA-256 of three streams at once: a lane of a 128-bit vector for each, in
// WebAssembly that is assembled here (FIPS 180-4, 6.2; the vector instructions of
// the WebAssembly specification). One after the other, the three hashes of an
// attachment would take twice as long.
"use strict";

globalThis.ferryLanes = (() => {
  const BLOCK = 64;
  const PART = 128 << 10; // bytes of each stream taken in at a time: what a cache holds
  const TABLE = 256; // where the round constants are; the states are at 0
  const PLAIN = 4096; // where a part of the first stream is
  const FILE = PLAIN + PART + 256; // of the second; the third is the same, but SHIFT bytes behind
  const SHIFT = 16;
  const MEMORY = 5; // pages

  const primes = [];
  for (let n = 2; primes.length < 64; n++) if (primes.every((p) => n % p)) primes.push(n);
  const fraction = (v) => Math.floor((v - Math.floor(v)) * 2 ** 32) >>> 0;
  const rounds = primes.map((p) => fraction(Math.cbrt(p)));
  const start = primes.slice(0, 8).map((p) => fraction(Math.sqrt(p)));

  const leb = (n) => (n < 128 ? [n] : [(n & 127) | 128, ...leb(n >>> 7)]);
  const vector = (op, ...rest) => [0xfd, ...leb(op), ...rest];
  const get = (local) => [0x20, local];
  const set = (local) => [0x21, local];
  const int = (n) => [0x41, n]; // below 64
  const load = (offset) => vector(0x00, 0, ...leb(offset));
  const store = (offset) => vector(0x0b, 0, ...leb(offset));
  const shuffle = (bytes) => vector(0x0d, ...bytes);
  const words = (...lanes) => shuffle(lanes.flatMap((l) => [0, 1, 2, 3].map((b) => 4 * l + b)));
  const [or, xor, select, add] = [0x50, 0x51, 0x52, 0xae].map((op) => vector(op));
  const left = (n) => [...int(n), ...vector(0xab)];
  const right = (n) => [...int(n), ...vector(0xad)];
  const turned = (local, n) => [...get(local), ...right(n), ...get(local), ...left(32 - n), ...or];
  const sum = (local, a, b, c) => [...turned(local, a), ...turned(local, b), ...xor, ...turned(local, c), ...xor];
  const mix = (local, a, b, c) => [...turned(local, a), ...turned(local, b), ...xor, ...get(local), ...right(c), ...xor];

  // The locals: three addresses, the number of blocks, then vectors.
  const COUNT = 3;
  const state = (i) => 4 + (i & 7);
  const word = (i) => 12 + (i & 15);
  const spare = (i) => 28 + i;
  const SPARES = 8;

  // words turns 16 bytes of each stream into four words of all.
  const gather = (quarter) => {
    const code = [];
    for (let lane = 0; lane < 3; lane++) {
      code.push(...get(lane), ...load(16 * quarter), ...get(lane), ...load(16 * quarter));
      code.push(...shuffle([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12]), ...set(spare(lane)));
    }
    const pair = (a, b, lanes, to) => code.push(...get(a), ...get(b), ...words(...lanes), ...set(to));
    pair(spare(0), spare(1), [0, 4, 1, 5], spare(4));
    pair(spare(2), spare(2), [0, 4, 1, 5], spare(5));
    pair(spare(0), spare(1), [2, 6, 3, 7], spare(6));
    pair(spare(2), spare(2), [2, 6, 3, 7], spare(7));
    pair(spare(4), spare(5), [0, 1, 4, 5], word(4 * quarter));
    pair(spare(4), spare(5), [2, 3, 6, 7], word(4 * quarter + 1));
    pair(spare(6), spare(7), [0, 1, 4, 5], word(4 * quarter + 2));
    pair(spare(6), spare(7), [2, 3, 6, 7], word(4 * quarter + 3));
    return code;
  };

  const round = (t) => {
    const [a, b, c, d, e, f, g, h] = [0, 1, 2, 3, 4, 5, 6, 7].map((i) => state(i - t));
    const code = [];
    if (t >= 16) {
      code.push(...get(word(t)), ...mix(word(t + 1), 7, 18, 3), ...add, ...get(word(t + 9)), ...add);
      code.push(...mix(word(t + 14), 17, 19, 10), ...add, ...set(word(t)));
    }
    code.push(...get(h), ...get(word(t)), ...add, ...int(0), ...load(TABLE + 16 * t), ...add);
    code.push(...get(f), ...get(g), ...get(e), ...select, ...add, ...sum(e, 6, 11, 25), ...add, ...set(h));
    code.push(...get(d), ...get(h), ...add, ...set(d));
    code.push(...get(h), ...get(c), ...get(b), ...get(a), ...get(b), ...xor, ...select, ...add);
    code.push(...sum(a, 2, 13, 22), ...add, ...set(h));
    return code;
  };

  const assemble = () => {
    const each = (n, fn) => Array.from({ length: n }, (_, i) => fn(i)).flat();
    const body = [
      1, ...leb(8 + 16 + SPARES), 0x7b, // locals: vectors
      0x02, 0x40, 0x03, 0x40, // block, loop
      ...get(COUNT), 0x45, 0x0d, 1, // until none is left
      ...each(4, gather),
      ...each(8, (i) => [...int(0), ...load(16 * i), ...set(state(i))]),
      ...each(64, round),
      ...each(8, (i) => [...int(0), ...int(0), ...load(16 * i), ...get(state(i)), ...add, ...store(16 * i)]),
      ...each(3, (i) => [...get(i), 0x41, 0xc0, 0, 0x6a, ...set(i)]), // 64 further
      ...get(COUNT), ...int(1), 0x6b, ...set(COUNT),
      0x0c, 0, 0x0b, 0x0b, 0x0b,
    ];
    const section = (id, ...bytes) => [id, ...leb(bytes.length), ...bytes];
    const name = (s) => [s.length, ...new TextEncoder().encode(s)];
    return new Uint8Array([
      0, 0x61, 0x73, 0x6d, 1, 0, 0, 0,
      ...section(1, 1, 0x60, 4, 0x7f, 0x7f, 0x7f, 0x7f, 0),
      ...section(3, 1, 0),
      ...section(5, 1, 0, MEMORY),
      ...section(7, 2, ...name("run"), 0, 0, ...name("memory"), 2, 0),
      ...section(10, 1, ...leb(body.length), ...body),
    ]);
  };

  const machine = (module) => {
    const { run, memory } = new WebAssembly.Instance(module).exports;
    const bytes = new Uint8Array(memory.buffer);
    const table = new Uint32Array(memory.buffer);
    rounds.forEach((k, t) => table.fill(k, TABLE / 4 + 4 * t, TABLE / 4 + 4 * t + 4));
    const read = (lane) => start.map((_, i) => table[4 * i + lane]);
    const write = (lane, words) => words.forEach((w, i) => (table[4 * i + lane] = w));
    // alone takes whole blocks into one state.
    const alone = (words, data) => {
      const all = [0, 1, 2].map(read);
      for (let at = 0; at < data.length; at += PART) {
        const part = data.subarray(at, at + PART);
        bytes.set(part, PLAIN);
        write(0, at ? read(0) : words);
        run(PLAIN, PLAIN, PLAIN, part.length / BLOCK);
      }
      const out = data.length ? read(0) : words;
      all.forEach((w, lane) => write(lane, w));
      return out;
    };
    // end gives the hash of a stream of which all but a rest is taken in.
    const end = (words, rest, length) => {
      const last = new Uint8Array(Math.ceil((rest.length + 9) / BLOCK) * BLOCK);
      last.set(rest);
      last[rest.length] = 0x80;
      new DataView(last.buffer).setBigUint64(last.length - 8, BigInt(length) * 8n);
      const hash = new Uint8Array(32);
      alone(words, last).forEach((w, i) => new DataView(hash.buffer).setUint32(4 * i, w));
      return hash;
    };
    return { bytes, run, read, write, alone, end };
  };

  let module = null;

  // three hashes a first stream, a second one, and `lead`, a block, then `before`,
  // 16 bytes, then the second one again. push takes as much of the first two; only
  // what is pushed last may be of any lengths.
  const three = (lead, before) => {
    const m = machine((module = module || new WebAssembly.Module(assemble())));
    [0, 1].forEach((lane) => m.write(lane, start));
    m.write(2, m.alone(start, lead));
    m.bytes.set(before, FILE - SHIFT);
    let [plain, file] = [0, 0]; // lengths
    let rest = [new Uint8Array(0), new Uint8Array(0), before.slice()];
    const take = (a, b) => {
      m.bytes.set(a, PLAIN);
      m.bytes.set(b, FILE);
      m.run(PLAIN, FILE, FILE - SHIFT, a.length / BLOCK);
      m.bytes.copyWithin(FILE - SHIFT, FILE + b.length - SHIFT, FILE + b.length);
    };
    return {
      push(a, b) {
        if (plain % BLOCK || file !== plain) throw new RangeError("a stream goes on after its end");
        const whole = Math.min(a.length, b.length) & -BLOCK;
        for (let at = 0; at < whole; at += PART) {
          const to = Math.min(whole, at + PART);
          take(a.subarray(at, to), b.subarray(at, to));
        }
        plain += a.length;
        file += b.length;
        const behind = new Uint8Array(SHIFT + b.length - whole);
        behind.set(m.bytes.subarray(FILE - SHIFT, FILE));
        behind.set(b.subarray(whole), SHIFT);
        rest = [a.slice(whole), b.slice(whole), behind];
      },
      first: () => finish(m.read(0), rest[0], plain),
      second(more) {
        const all = new Uint8Array(rest[1].length + more.length);
        all.set(rest[1]);
        all.set(more, rest[1].length);
        return finish(m.read(1), all, file + more.length);
      },
      third: () => finish(m.read(2), rest[2], BLOCK + SHIFT + file),
      alone: (data) => finish(start, data, data.length), // the hash of something else
    };
    function finish(words, data, length) {
      const whole = data.length & -BLOCK;
      return m.end(m.alone(words, data.subarray(0, whole)), data.subarray(whole), length);
    }
  };

  return { three };
})();
