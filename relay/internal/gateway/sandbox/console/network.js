// Faults of the network, restarts, and the log of what crosses.
import { $, act, call, fields, h } from "./dom.js";

export function faults() {
  let plan = { seed: 1, rules: [] };
  const clean = (r) => ({ ...r, hits: 0 });
  const put = (what, rules) => act(what, () => call("PUT", "/faults", { seed: Number($("new-fault").seed.value) || 0, rules: rules.map(clean) }).then(() => undefined));
  const uses = { delay: ["delay", "reorder"], token: ["refuse"], kind: ["drop", "delay", "duplicate", "reorder"], direction: ["drop", "delay", "duplicate", "reorder", "corrupt"] };
  const fit = () => { // only what means something for the fault
    const form = $("new-fault");
    for (const [name, faults] of Object.entries(uses)) {
      form.elements[name].disabled = form.elements[name].closest("label").hidden = !faults.includes(form.fault.value);
    }
  };
  $("new-fault").fault.addEventListener("change", fit);
  fit();
  $("new-fault").addEventListener("submit", (ev) => {
    ev.preventDefault();
    const rule = fields(ev.target);
    delete rule.seed;
    put(`Fault: ${rule.fault}`, [...plan.rules, rule]);
  });
  $("no-faults").addEventListener("click", () => put("No faults", []));
  $("restart").addEventListener("click", () => act("Restart", () => call("POST", "/restart", {})));
  $("crash").addEventListener("click", () => act("Crash", () => call("POST", "/restart", { crash: true })));
  return (now) => {
    if (JSON.stringify(now) === JSON.stringify(plan)) return;
    plan = now;
    $("fault-list").replaceChildren(...plan.rules.map((r, i) => h("li", { class: r.times && r.hits >= r.times ? "over" : "" },
      h("strong", {}, r.fault), h("span", {}, sentence(r)), h("span", { class: "badge" }, r.times && r.hits >= r.times ? "over" : `${r.hits} so far`),
      h("button", { type: "button", "aria-label": `Remove fault ${i + 1}, ${r.fault}`, onclick: () => put("Fault removed", plan.rules.filter((_, at) => at !== i)) }, "Remove"))));
  };
}

function sentence(r) {
  const out = [];
  if (r.fault === "refuse") out.push(r.token || "expired");
  else out.push(r.kind || "everything", { in: "from clients", out: "to clients" }[r.direction] ?? "both ways");
  if (r.account) out.push("of " + r.account);
  if (r.delay) out.push(`by ${r.delay} ms`);
  if (r.chance && r.chance < 1) out.push(`chance ${r.chance}`);
  if (r.times) out.push(r.times === 1 ? "once" : `${r.times} times`);
  return out.join(", ");
}

const most = 600; // rows that are kept

export function log() {
  const list = $("log-list"), filter = $("filter"), pause = $("pause"), state = $("log-state");
  let all = [], paused = false, missed = 0, connected = false;
  const words = () => filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  const fits = (s, w) => w.every((x) => (x.length > 1 && x.startsWith("-") ? !s.text.includes(x.slice(1)) : s.text.includes(x)));

  function row(s) {
    const a = s.attrs;
    const what = [s.tag, a.type, a.class, a.xmlns, a.error && `error ${a.error}`, a.id].filter(Boolean).join(" · ");
    return h("li", { class: s.fault ? "hit" : "" }, h("details", {},
      h("summary", {},
        h("span", { class: "mono soft when" }, s.time.slice(11, 23)),
        h("span", { class: s.direction, title: s.direction === "in" ? "from the client" : "to the client", "aria-label": s.direction }, s.direction === "in" ? "→" : "←"),
        h("span", { title: s.account }, s.who), h("span", { class: "mono" }, what),
        h("span", { class: "soft" }, s.fault ? h("span", { class: "badge warn" }, s.fault) : s.bytes ? `${s.bytes} B` : "")),
      h("pre", {}, `${s.account}\n${s.shape}`)));
  }

  function tell() {
    state.textContent = paused ? `paused, ${missed} new` : connected ? "live" : "not connected";
    state.className = "badge " + (paused ? "warn" : connected ? "good" : "bad");
  }

  function draw() {
    const w = words();
    list.replaceChildren(...all.filter((s) => fits(s, w)).reverse().map(row));
    tell();
  }

  let waiting = [];
  function flush() {
    const w = words();
    const rows = waiting.filter((s) => fits(s, w)).reverse().map(row);
    waiting = [];
    list.prepend(...rows);
    while (list.childElementCount > most) list.lastElementChild.remove();
  }

  const stream = new EventSource("/sandbox/log");
  stream.onopen = () => { connected = true; tell(); };
  stream.onerror = () => { connected = false; tell(); };
  stream.onmessage = (ev) => {
    const s = JSON.parse(ev.data);
    s.text = `${s.direction} ${s.who} ${s.account} ${s.shape} ${s.fault}`.toLowerCase();
    all.push(s);
    if (all.length > most) all = all.slice(-most);
    if (paused) { missed++; tell(); return; }
    if (waiting.push(s) === 1) requestAnimationFrame(flush); // one redraw for what comes together
  };
  function setPause(on) {
    paused = on;
    missed = 0;
    pause.setAttribute("aria-pressed", String(on));
    pause.textContent = on ? "Go on" : "Pause";
    if (on) tell(); else draw();
  }
  pause.addEventListener("click", () => setPause(!paused));
  $("clear").addEventListener("click", () => { all = []; draw(); });
  filter.addEventListener("input", draw);
  $("log-form").addEventListener("submit", (ev) => ev.preventDefault());
  document.addEventListener("keydown", (ev) => {
    if (ev.ctrlKey || ev.metaKey || ev.altKey || ev.target.closest("input, select, textarea, dialog")) return;
    if (ev.key === "/") { ev.preventDefault(); filter.focus(); }
    if (ev.key === "p") setPause(!paused);
  });
  tell();
}
