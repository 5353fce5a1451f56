// Scripted contacts and their knobs.
import { $, act, call, field, h, keyed, toggle } from "./dom.js";

const scripts = {
  echo: "says the same", read: "reads, says nothing", silent: "does not even read",
  everything: "sends every type", flood: "floods",
};
const types = ["text", "photo", "video", "voice", "file", "sticker", "contact", "location", "poll", "everything"];
const options = (all) => all.map(([value, text]) => h("option", { value }, text));

export function contacts() {
  $("new-contact").script.append(...options(Object.entries(scripts)));
  $("new-contact").addEventListener("submit", (ev) => {
    ev.preventDefault();
    const f = ev.target, asked = { script: f.script.value };
    if (f.phone.value) asked.phone = f.phone.value;
    if (f.name.value) asked.name = f.name.value;
    act("Adding a contact", async () => {
      const c = await call("POST", "/contacts", asked);
      f.reset();
      return `${c.name} is online at ${c.phone}.`;
    });
  });
  return keyed($("contact-list"), (c) => c.phone, card, "No contacts yet.");
}

function card(first) {
  const path = "/contacts/" + encodeURIComponent(first.phone);
  const turn = (what, knobs) => act(`${first.name}: ${what}`, () => call("PATCH", path, knobs).then(() => undefined));
  const number = (text, knob, most) => {
    const input = h("input", { type: "number", min: 0, max: most, onchange: () => turn(text, { [knob]: Number(input.value) }) });
    return { e: h("label", { class: "number" }, text, input), show: field(input) };
  };
  const state = h("span", { class: "badge" });
  const counts = h("span", { class: "soft" });
  const script = h("select", { onchange: () => turn("script", { script: script.value }) }, ...options(Object.entries(scripts)));
  const slow = number("Slow by, ms", "slow", 600000);
  const withdraw = number("Chats off after", "withdrawAfter", 1000);
  const flood = number("Flood of", "flood", 1000);
  const blocks = toggle("Blocks you", (on) => turn(on ? "blocks" : "blocks nobody", { blocks: on }));
  const bad = toggle("Bad keys", (on) => turn(on ? "bad keys" : "good keys", { badKeys: on }));
  const away = h("button", { type: "button", onclick: () => turn("offline", { offline: 30 }) }, "Offline for 30 s");
  const back = h("button", { type: "button", onclick: () => turn("back", { offline: 0 }) }, "Come back");
  const again = h("button", { type: "button", onclick: () => turn("reinstalling", { reinstall: true }) }, "Reinstall");
  const gone = h("button", { type: "button", class: "danger", "aria-label": `Delete ${first.name}`, onclick: () => act(`Deleting ${first.name}`, () => call("DELETE", path)) }, "Delete");
  const e = h("article", { class: "card contact", "data-phone": first.phone },
    h("div", { class: "head" }, h("strong", {}, first.name), h("span", { class: "mono" }, first.phone), state, counts, h("span", { class: "end" }, gone)),
    h("div", { class: "line" }, h("label", {}, "Script", script), slow.e, withdraw.e, flood.e),
    h("div", { class: "switches" }, blocks, bad, away, back, again), writing(first, path), journal(path));
  e.show = (c) => {
    state.textContent = c.online ? "online" : c.offlineUntil ? `offline until ${new Date(c.offlineUntil).toLocaleTimeString()}` : "offline";
    state.className = "badge " + (c.online ? "good" : "bad");
    counts.textContent = `${c.received} received, ${c.sent} sent`;
    if (document.activeElement !== script) script.value = c.script;
    slow.show(c.slow);
    withdraw.show(c.withdrawAfter);
    flood.show(c.flood);
    blocks.show(c.blocks);
    bad.show(c.badKeys);
    back.disabled = !c.offlineUntil;
    again.disabled = away.disabled = !c.online;
  };
  return e;
}

/** writing lets the contact write to somebody first. */
function writing(first, path) {
  const type = h("select", { name: "type" }, ...options(types.map((t) => [t, t])));
  const form = h("form", { class: "line", onsubmit: (ev) => {
    ev.preventDefault();
    const letter = { to: form.to.value.trim(), type: type.value };
    if (type.value === "text") letter.text = form.text.value || "Hello";
    if (Number(form.count.value) > 1) letter.count = Number(form.count.value);
    act(`${first.name} writes`, async () => {
      const m = await call("POST", path + "/messages", letter);
      return `${first.name}: ${m.type} to ${m.with} is sent.`;
    });
  } },
    h("label", {}, "To", h("input", { name: "to", required: true, placeholder: "7/kate" })),
    h("label", {}, "Type", type),
    h("label", {}, "Text", h("input", { name: "text", placeholder: "Hello" })),
    h("label", { class: "number" }, "How many", h("input", { name: "count", type: "number", min: 1, max: 1000, placeholder: "1" })),
    h("button", { type: "submit" }, "Send"));
  return h("details", {}, h("summary", {}, "Write to somebody"), form);
}

/** journal shows what the contact has received and sent, when it is opened. */
function journal(path) {
  const list = h("ul", { class: "notes" });
  const read = async () => {
    const { messages } = await call("GET", path + "/messages");
    list.replaceChildren(...messages.slice(-50).reverse().map((m) => h("li", {},
      h("span", { class: "soft" }, new Date(m.time).toLocaleTimeString() + " "),
      m.direction === "received" ? `← ${m.with} ` : `→ ${m.with} `,
      h("span", { class: "badge" }, m.state ? `${m.type}, ${m.state}` : m.type), " ", m.text)));
    if (messages.length === 0) list.replaceChildren(h("li", { class: "soft" }, "Nothing yet."));
  };
  const e = h("details", { ontoggle: () => { if (e.open) read().catch(() => {}); } }, h("summary", {}, "Messages of this contact"), list);
  document.addEventListener("looked", () => { if (e.isConnected && e.open) read().catch(() => {}); });
  return e;
}
