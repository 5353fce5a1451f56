// Moves the files of attachments between this device and the relay's media
// host, and gives pieces of them to the pages.
"use strict";

globalThis.ferryMove = (() => {
  const { CHUNK, fault, folder, hold, letGo, missing, reader, size: sizeOf, writer } = ferryKeep;
  const { fileSize, keysOf, piece } = ferryCrypt;
  const API = "/api/media";
  const MOST = 2 << 20; // that a page may ask for at once
  const READ = 256 << 10; // of what comes, at most at a time
  const DOOR = "/sandbox"; // to the gateway's own media host, for a WhatsApp user
  const STALL = 60_000; // ms without a byte, after which a connection is given up

  const FAULTS = {
    too_big: "too_big", over_quota: "over_quota", not_found: "gone", expired: "gone", tampered: "tampered",
  };

  // refusal puts an answer into a fault; what may pass is an ordinary error.
  const refusal = (status, text) => {
    let code = "";
    try {
      code = JSON.parse(text).error.code;
    } catch {
      // Not of the relay, a proxy's perhaps.
    }
    const known = { 404: "gone", 410: "gone", 413: "too_big", 422: "tampered" };
    const found = FAULTS[code] || (code ? "" : known[status]);
    if (found) return fault(found, `${status} ${code}`);
    const passing = status < 400 || status >= 500 || [401, 408, 409, 425, 429].includes(status);
    return passing ? new Error(`${status} ${code}`) : fault("refused", `${status} ${code}`);
  };

  // watched gives a signal that ends with another one, or when nothing was felt
  // for a while.
  const watched = (signal) => {
    const control = new AbortController();
    const end = () => control.abort(signal.reason);
    if (signal.aborted) end();
    else signal.addEventListener("abort", end);
    let timer = 0;
    const feel = () => {
      clearTimeout(timer);
      timer = setTimeout(() => control.abort(new Error("the connection stalled")), STALL);
    };
    feel();
    return {
      signal: control.signal,
      feel,
      stop() {
        clearTimeout(timer);
        signal.removeEventListener("abort", end);
      },
    };
  };

  const ask = async (method, path, body, signal) => {
    const watch = watched(signal);
    try {
      const res = await fetch(path, {
        method, signal: watch.signal, credentials: "same-origin", cache: "no-store", redirect: "error",
        headers: body ? { "Content-Type": "application/json" } : {}, body: body && JSON.stringify(body),
      });
      const text = await res.text();
      if (!res.ok) throw refusal(res.status, text);
      return JSON.parse(text);
    } finally {
      watch.stop();
    }
  };

  // put sends one part. Only XMLHttpRequest tells how far it is. A file that is
  // sent whole has no range.
  const put = (path, part, from, total, signal, progress) => send("PUT", path, part, from, total, signal, progress);
  const send = (method, path, part, from, total, signal, progress) =>
    new Promise((done, failed) => {
      const watch = watched(signal);
      const xhr = new XMLHttpRequest();
      const end = (err, value) => {
        watch.stop();
        watch.signal.removeEventListener("abort", abort);
        err ? failed(err) : done(value);
      };
      const abort = () => {
        xhr.abort();
        end(watch.signal.reason);
      };
      xhr.open(method, path);
      if (method === "PUT") xhr.setRequestHeader("Content-Range", `bytes ${from}-${from + part.size - 1}/${total}`);
      xhr.setRequestHeader("Content-Type", "application/octet-stream");
      xhr.upload.onprogress = (ev) => {
        watch.feel();
        progress(from + ev.loaded, total);
      };
      xhr.onerror = () => end(new Error("the connection was lost"));
      xhr.onload = () => {
        let answer = null;
        try {
          answer = JSON.parse(xhr.responseText);
        } catch {
          // Below.
        }
        const moved = xhr.status === 409 && answer && Number.isSafeInteger(answer.offset);
        if ((xhr.status === 200 || moved) && answer) return end(null, answer);
        end(method === "POST" && xhr.status === 401 ? fault("leave", "no leave to upload") : refusal(xhr.status, xhr.responseText));
      };
      if (watch.signal.aborted) return abort();
      watch.signal.addEventListener("abort", abort);
      xhr.send(part);
    });

  const base64 = (bytes) => btoa(String.fromCharCode(...bytes));

  // give sends a file to the gateway's media host, which takes it in one request
  // and from who has leave only.
  const give = async ({ path, size, encSha256, leave, signal, progress }) => {
    const total = fileSize(size);
    const { blob } = reader(await folder(path, false).catch(missing) || lost());
    const parts = [];
    for (let at = 0; at < total; at += CHUNK) parts.push(await blob(at, Math.min(total, at + CHUNK)));
    const name = base64(encSha256).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
    const query = new URLSearchParams({ auth: leave, token: name });
    progress(0, total);
    const got = await send("POST", `${DOOR}/mms/document/${name}?${query}`, new Blob(parts), 0, total, signal, progress);
    if (!got.direct_path) throw new Error("the host says nothing of where the file is");
    progress(total, total);
    return got.direct_path;
  };

  // upload sends what the host does not have yet, and gives the path.
  const upload = async (o) => {
    if (o.leave) return give(o);
    const { path, size, encSha256, signal, progress } = o;
    const total = fileSize(size);
    const { blob } = reader(await folder(path, false).catch(missing) || lost());
    let at = await ask("POST", API, { size: total, sha256: base64(encSha256) }, signal);
    for (let stuck = 0; !at.path; ) {
      const from = at.offset;
      if (!(Number.isSafeInteger(from) && from >= 0 && from < total)) throw new Error("the host lost count");
      progress(from, total);
      const part = await blob(from, Math.min(total, (Math.floor(from / CHUNK) + 1) * CHUNK));
      const next = await put(`${API}/${encodeURIComponent(at.id)}`, part, from, total, signal, progress);
      stuck = next.offset > from || next.path ? 0 : stuck + 1;
      if (stuck > 3) throw new Error("the host takes nothing");
      at = { ...next, id: at.id };
    }
    progress(total, total);
    return at.path;
  };

  const lost = () => {
    throw fault("no_file", "not kept here");
  };

  // at is where our own origin has the file of a place.
  const at = (place, door) => {
    if (!door) return `${API}/file?path=${encodeURIComponent(place)}`;
    const url = new URL(DOOR + place, location.origin);
    if (!url.pathname.startsWith(`${DOOR}/v/`)) throw fault("gone", "no place of a file");
    return url.href;
  };

  // get opens a stretch of a file at its host. Its total is known afterwards.
  const get = async (from, { place, door }, total, signal, to) => {
    const range = `bytes=${from}-${to === undefined ? "" : to - 1}`;
    const res = await fetch(at(place, door), {
      signal, headers: { Range: range }, credentials: "same-origin", cache: "no-store", redirect: "error",
    });
    if (res.status === 416) throw fault("tampered", "shorter than announced");
    if (res.status !== 206 && !(res.status === 200 && from === 0)) throw refusal(res.status, await text(res));
    const range206 = /^bytes (\d+)-\d+\/(\d+)$/.exec(res.headers.get("Content-Range") || "");
    if (res.status === 206 && (!range206 || Number(range206[1]) !== from)) throw new Error("another range than was asked for");
    const length = Number(range206 ? range206[2] : res.headers.get("Content-Length"));
    if (length > total) throw fault("too_big", "longer than announced");
    if (length && length < total) throw fault("tampered", "shorter than announced");
    return hold(res.body);
  };

  // text is a refusal's, of which no more is read than it needs.
  const text = async (res) => {
    const body = hold(res.body);
    try {
      const { value } = await body.read(new Uint8Array(4096));
      return new TextDecoder().decode(value);
    } finally {
      letGo(body);
    }
  };

  // download fetches what is not here yet. Nothing is verified.
  const download = async ({ path, size, place, door, signal, progress }) => {
    const total = fileSize(size);
    let dir = await folder(path, true);
    await ferryKeep.tidy(dir);
    let have = await sizeOf(dir);
    if (have > total) {
      await ferryKeep.remove(path);
      dir = await folder(path, true);
      have = 0;
    }
    progress(have, total);
    if (have === total) return;
    const watch = watched(signal);
    const out = await writer(dir, have);
    let body = null;
    try {
      body = await get(have, { place, door }, total, watch.signal);
      for (let room = new ArrayBuffer(READ); ; ) {
        const { done, value } = await body.read(new Uint8Array(room)); // one buffer for all of it
        if (done) break;
        room = value.buffer;
        watch.feel();
        have += value.length;
        if (have > total) throw fault("too_big", "longer than announced");
        await out.push(value);
        progress(have, total);
      }
    } catch (err) {
      await out.flush().catch(() => {});
      throw err;
    } finally {
      letGo(body);
      watch.stop();
    }
    await out.flush();
    if (have < total) throw new Error("the connection was lost");
  };

  // remote reads stretches from the host, as a reader does from the disk.
  const remote = (place, total, signal) => async (from, view) => {
    const watch = watched(signal());
    const { byteOffset, length } = view;
    let { buffer } = view;
    let body = null;
    try {
      body = await get(from, place, total, watch.signal, from + length);
      for (let at = 0; at < length; ) {
        const { done, value } = await body.read(new Uint8Array(buffer, byteOffset + at, length - at));
        if (done) throw new Error("the connection was lost");
        [buffer, at] = [value.buffer, at + value.length];
      }
      return new Uint8Array(buffer, byteOffset, length);
    } finally {
      letGo(body);
      watch.stop();
    }
  };

  // serve answers a page's questions for pieces on a port, one after the other.
  const serve = async (port, { path, local, place, door, size, keys: raw, sidecar, head }) => {
    let control = new AbortController();
    let queue = Promise.resolve();
    const kept = local && reader(await folder(path, false));
    const end = () => {
      control.abort();
      port.close();
      if (kept) kept.close();
    };
    const keys = await keysOf(raw);
    const read = kept ? kept.read : remote({ place, door }, fileSize(size), () => control.signal);
    const source = { read, size, keys, sidecar: local ? null : sidecar };
    const answer = async ({ from, to }) => {
      try {
        if (!(from >= 0 && from < to && to <= size && to - from <= MOST)) throw new RangeError("no such piece");
        const data = await piece(source, from, to);
        const own = data.slice(); // what is handed over is no more than was asked for
        ferryDrop(data.buffer);
        port.postMessage({ data: own }, [own.buffer]);
      } catch (err) {
        if (!control.signal.aborted) port.postMessage({ error: err.name });
      }
    };
    port.addEventListener("message", (ev) => {
      if (ev.data.close) return end();
      queue = queue.then(() => answer(ev.data));
    });
    port.addEventListener("close", end);
    port.start();
    port.postMessage({ head });
  };

  return { upload, download, serve };
})();
