// Records voice messages: Opus in WebM, as the browser makes it.
"use strict";

globalThis.ferryRecord = (() => {
  const BARS = 64; // of the waveform
  const TICK = 100; // ms
  const LIMIT = 3600; // seconds
  let now = null;

  const word = (err) =>
    ({ NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "no_microphone" })[err.name] || "failed";

  // waveform makes 64 loudnesses of 0 to 100 of what was measured.
  const waveform = (levels) => {
    if (!levels.length) return new Array(BARS).fill(0);
    const peak = Math.max(...levels, 0.02);
    return Array.from({ length: BARS }, (_, i) => {
      const from = Math.floor((i * levels.length) / BARS);
      const to = Math.max(from + 1, Math.floor(((i + 1) * levels.length) / BARS));
      return Math.round((100 * Math.max(...levels.slice(from, to))) / peak);
    });
  };

  const start = async (tell) => {
    if (now) return;
    const mine = (now = { levels: [], parts: [], ended: false });
    try {
      const stream = await navigator.mediaDevices.getUserMedia({
        audio: { channelCount: 1, echoCancellation: true, noiseSuppression: true, autoGainControl: true },
      });
      mine.stream = stream;
      if (now !== mine) return release(mine); // cancelled while the browser asked
      mine.recorder = new MediaRecorder(stream, { mimeType: "audio/webm;codecs=opus", audioBitsPerSecond: 32000 });
      mine.recorder.ondataavailable = (ev) => mine.parts.push(ev.data);
      mine.done = new Promise((done) => (mine.recorder.onstop = done));
      mine.audio = new AudioContext();
      const ear = mine.audio.createAnalyser();
      ear.fftSize = 2048;
      mine.audio.createMediaStreamSource(stream).connect(ear);
      const wave = new Float32Array(ear.fftSize);
      mine.recorder.start(1000);
      mine.began = performance.now();
      mine.timer = setInterval(() => {
        ear.getFloatTimeDomainData(wave);
        const level = Math.min(1, 3 * Math.sqrt(wave.reduce((sum, v) => sum + v * v, 0) / wave.length));
        mine.levels.push(level);
        const seconds = (performance.now() - mine.began) / 1000;
        if (seconds >= LIMIT) return end();
        tell({ on: true, seconds, level });
      }, TICK);
      // The microphone was unplugged, or its permission taken away: what there
      // is can still be sent.
      const end = () => {
        halt(mine);
        tell({ on: false, seconds: mine.seconds, level: 0 });
      };
      stream.getAudioTracks()[0].addEventListener("ended", end);
      tell({ on: true, seconds: 0, level: 0 });
    } catch (err) {
      release(mine);
      if (now === mine) now = null;
      tell({ on: false, seconds: 0, level: 0, err: word(err) });
    }
  };

  const halt = (r) => {
    if (r.ended || !r.recorder) return;
    r.ended = true;
    r.seconds = (performance.now() - r.began) / 1000;
    if (r.recorder.state !== "inactive") r.recorder.stop();
    release(r);
  };

  const release = (r) => {
    clearInterval(r.timer);
    if (r.stream) r.stream.getTracks().forEach((t) => t.stop());
    if (r.audio) r.audio.close().catch(() => {});
    r.audio = null;
  };

  // stop gives the recording, or null where it is thrown away or there is none.
  const stop = async (keep) => {
    const r = now;
    now = null;
    if (!r || !r.recorder) return null;
    halt(r);
    await r.done;
    if (!keep) return null;
    const file = new File(r.parts, "voice.webm", { type: "audio/webm" });
    if (!file.size) return null;
    return { file, seconds: Math.max(1, Math.round(r.seconds)), waveform: waveform(r.levels) };
  };

  return { start, stop };
})();
