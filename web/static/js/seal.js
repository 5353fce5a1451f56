// Seals and opens the records of a batch with one call from Go.
// Records come packed: u32 length of the associated data, u32 length of the
// text, then both. A sealed record is a random 96-bit IV and AES-GCM's output.
"use strict";

globalThis.ferrySeal = async (key, packed) => {
  const work = [];
  for (const { aad, text } of ferryUnpack(packed)) {
    const iv = crypto.getRandomValues(new Uint8Array(12));
    work.push(
      crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData: aad }, key, text).then((sealed) => {
        const out = new Uint8Array(12 + sealed.byteLength);
        out.set(iv);
        out.set(new Uint8Array(sealed), 12);
        return out;
      }),
    );
  }
  return Promise.all(work);
};

// ferryOpen gives the texts, each led by its u32 length, in one array.
globalThis.ferryOpen = async (key, packed) => {
  const work = [];
  for (const { aad, text } of ferryUnpack(packed)) {
    const iv = text.subarray(0, 12);
    work.push(crypto.subtle.decrypt({ name: "AES-GCM", iv, additionalData: aad }, key, text.subarray(12)));
  }
  const texts = await Promise.all(work);
  const out = new Uint8Array(texts.reduce((n, t) => n + 4 + t.byteLength, 0));
  const view = new DataView(out.buffer);
  let at = 0;
  for (const t of texts) {
    view.setUint32(at, t.byteLength);
    out.set(new Uint8Array(t), at + 4);
    at += 4 + t.byteLength;
  }
  return out;
};

function* ferryUnpack(packed) {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at < packed.length; ) {
    const a = view.getUint32(at);
    const t = view.getUint32(at + 4);
    at += 8;
    yield { aad: packed.subarray(at, at + a), text: packed.subarray(at + a, at + a + t) };
    at += a + t;
  }
}
