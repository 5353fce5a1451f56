// Looks at a file that the user picked: what it is, judged by its first bytes
// and not by its name, how large, how long, and a small picture of it.
"use strict";

globalThis.ferryInspect = (() => {
  const THUMB = 320; // pixels, the longer side
  const THUMB_BYTES = 16 << 10;
  const PATIENCE = 10_000; // ms for a decoder
  const DECODE = 64 << 20; // of a picture, bytes

  const ascii = (b, from, to) => String.fromCharCode(...b.subarray(from, to));

  // sniff gives the media type of what can be shown, or "".
  const sniff = (b) => {
    if (b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff) return "image/jpeg";
    if (ascii(b, 0, 8) === "\x89PNG\r\n\x1a\n") return "image/png";
    if (/^GIF8[79]a/.test(ascii(b, 0, 6))) return "image/gif";
    if (ascii(b, 0, 4) === "RIFF") return { WEBP: "image/webp", "WAVE": "audio/wav" }[ascii(b, 8, 12)] || "";
    if (ascii(b, 4, 8) === "ftyp") {
      const brand = ascii(b, 8, 12);
      if (/^avi[fs]/.test(brand)) return "image/avif";
      if (/^(heic|heix|hevc|mif1|msf1)/.test(brand)) return "";
      if (/^(M4A|M4B)/.test(brand)) return "audio/mp4";
      if (/^qt/.test(brand)) return "video/quicktime";
      if (/^3g/.test(brand)) return "video/3gpp";
      return "video/mp4";
    }
    if (b[0] === 0x1a && b[1] === 0x45 && b[2] === 0xdf && b[3] === 0xa3) return "video/webm";
    if (ascii(b, 0, 4) === "OggS") return "audio/ogg";
    if (ascii(b, 0, 4) === "fLaC") return "audio/flac";
    if (ascii(b, 0, 3) === "ID3" || (b[0] === 0xff && (b[1] & 0xe6) === 0xe2)) return "audio/mpeg";
    if (b[0] === 0xff && (b[1] & 0xf6) === 0xf0) return "audio/aac";
    return "";
  };

  // first tells what a look at the first bytes tells.
  const first = async (file) => {
    const media = { name: file.name || "", size: file.size, mime: "application/octet-stream", state: "" };
    let start;
    try {
      start = new Uint8Array(await file.slice(0, 64).arrayBuffer());
    } catch {
      return { kind: "document", media, err: "unreadable" };
    }
    if (!file.size) return { kind: "document", media, err: "empty" };
    const mime = sniff(start);
    // What the browser makes of the name is only a word beside the file.
    media.mime = mime || (/^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : media.mime);
    // Nobody here takes an AVIF's metadata out, so it goes as the file that it is.
    const kind = mime && mime !== "image/avif" ? mime.slice(0, 5) : "document";
    return { kind, media };
  };

  const within = (promise) =>
    Promise.race([promise, new Promise((_, failed) => setTimeout(() => failed(new Error("took too long")), PATIENCE))]);

  const event = (target, name) =>
    within(
      new Promise((done, failed) => {
        target.addEventListener(name, done, { once: true });
        target.addEventListener("error", () => failed(new Error("cannot be decoded")), { once: true });
      }),
    );

  // thumb draws a picture or a frame small, as a JPEG within its bound.
  const thumb = async (image, width, height) => {
    for (let side = THUMB; side >= 40; side /= 2) {
      const scale = Math.min(1, side / Math.max(width, height));
      const canvas = new OffscreenCanvas(Math.max(1, Math.round(width * scale)), Math.max(1, Math.round(height * scale)));
      const pen = canvas.getContext("2d");
      pen.fillStyle = "#fff"; // JPEG has no transparency
      pen.fillRect(0, 0, canvas.width, canvas.height);
      pen.imageSmoothingQuality = "high";
      pen.drawImage(image, 0, 0, canvas.width, canvas.height);
      for (const quality of [0.75, 0.55, 0.4]) {
        const blob = await canvas.convertToBlob({ type: "image/jpeg", quality });
        if (blob.size <= THUMB_BYTES) return btoa(String.fromCharCode(...new Uint8Array(await blob.arrayBuffer())));
      }
    }
    return undefined;
  };

  const picture = async (file, media) => {
    if (file.size > DECODE) throw new Error("too large to look at");
    const image = await createImageBitmap(file);
    try {
      media.width = image.width;
      media.height = image.height;
      media.thumb = await thumb(image, image.width, image.height);
    } finally {
      image.close();
    }
  };

  const seconds = (el) => (Number.isFinite(el.duration) ? Math.round(el.duration) : 0);

  const film = async (file, media, url) => {
    const el = document.createElement("video");
    el.muted = true;
    el.preload = "auto";
    el.src = url;
    try {
      await event(el, "loadedmetadata");
      media.seconds = seconds(el);
      if (!el.videoWidth) {
        media.mime = media.mime.replace("video/", "audio/");
        return "audio";
      }
      media.width = el.videoWidth;
      media.height = el.videoHeight;
      try {
        const seeked = event(el, "seeked");
        el.currentTime = Math.min(1, (el.duration || 0) / 10) || 0.01;
        await seeked;
        media.thumb = await thumb(el, el.videoWidth, el.videoHeight);
      } catch {
        // No picture of it, then.
      }
      return "video";
    } finally {
      el.removeAttribute("src");
      el.load();
    }
  };

  const sound = async (file, media, url) => {
    const el = document.createElement("audio");
    el.preload = "metadata";
    el.src = url;
    await event(el, "loadedmetadata");
    media.seconds = seconds(el);
  };

  // more takes the time to decode. What cannot be decoded is a document.
  const more = async (file, { kind, media }, url) => {
    media = { ...media };
    try {
      if (kind === "image") await picture(file, media);
      if (kind === "video") kind = await film(file, media, url);
      if (kind === "audio") await sound(file, media, url);
      return { kind, media };
    } catch {
      return { kind: "document", media: { name: media.name, size: media.size, mime: media.mime, state: "" } };
    }
  };

  return { first, more };
})();
