// What Go asks for: each file from its source to the disk, and from its host.
"use strict";

globalThis.ferryFiles = {
  // encrypt keeps the ciphertext of a Blob under a path and tells what it is.
  async encrypt({ path, source, keys, sidecar, signal, progress }) {
    await ferryKeep.remove(path);
    const { fill, close } = ferryKeep.source(source);
    let out = null;
    try {
      out = await ferryKeep.writer(await ferryKeep.folder(path, true), 0);
      const made = await ferryCrypt.encryptFile({ size: source.size, fill, keys, sidecar, push: out.push, signal, progress });
      await out.flush();
      return made;
    } catch (err) {
      if (out) await out.flush().catch(() => {}); // an open file cannot be deleted
      await ferryKeep.remove(path).catch(() => {});
      throw err;
    } finally {
      close();
    }
  },

  // download keeps a file once all of it is what was sent. What is not is
  // deleted at once.
  async download({ path, place, door, size, keys, sha256, encSha256, signal, progress, checked }) {
    try {
      await ferryMove.download({ path, size, place, door, signal, progress });
      const { read, close } = ferryKeep.reader(await ferryKeep.folder(path, false));
      await ferryCrypt.verifyFile({ read, size, keys, sha256, encSha256, signal, progress: checked }).finally(close);
    } catch (err) {
      if (err.name === "ferry:tampered" || err.name === "ferry:too_big") await ferryKeep.remove(path).catch(() => {});
      throw err;
    }
  },

  upload: ferryMove.upload,
  serve: ferryMove.serve,
  remove: ferryKeep.remove,
  has: ({ path, size }) => ferryKeep.whole(path, ferryCrypt.fileSize(size)),
};
