// Gives the memory of an ArrayBuffer back at once. The collector runs when it has
// seen some hundred megabytes go by, in each worker. ArrayBuffer.transfer does not
// help: V8 lets go of the memory, Blink, which also knows of it, does not. What is on
// its way to a port that nobody has is freed.
"use strict";

globalThis.ferryDrop = (buffer) => {
  const { port1, port2 } = new MessageChannel();
  port1.postMessage(null, [buffer]);
  port2.close();
  port1.close();
};
