// The core's worker. Ports that come before Go is up wait here.
"use strict";
{
  const waiting = [];
  let take = null;
  globalThis.onconnect = (ev) => {
    if (take) take(ev.ports[0]);
    else waiting.push(ev.ports[0]);
  };
  globalThis.ferryPorts = (fn) => {
    take = fn;
    waiting.splice(0).forEach(fn);
  };

  // refuse greets a page with the reason for which there is no core.
  const refuse = (err) => (port) => {
    const hello = new TextEncoder().encode(JSON.stringify({ code: "internal", error: String(err) }));
    const frame = new Uint8Array(5 + hello.length);
    frame[0] = 0x81;
    frame.set(hello, 5);
    port.postMessage(frame, [frame.buffer]);
  };
  const go = new Go();
  WebAssembly.instantiateStreaming(fetch("@core.wasm@"), go.importObject)
    .then((r) => go.run(r.instance))
    .then(
      () => close(), // which frees the locks, by which the pages notice
      (err) => {
        globalThis.ferryPorts(refuse(err));
        setTimeout(close, 1000);
      },
    );
}
