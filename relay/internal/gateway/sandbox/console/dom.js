// What all parts of the console share: elements, requests, and one line that says what has happened.

/** h makes an element. Properties are set as they are; "class", "for" and what has a dash become attributes. */
export function h(tag, props, ...children) {
  const e = document.createElement(tag);
  for (const [k, v] of Object.entries(props ?? {})) {
    if (k.startsWith("on")) e.addEventListener(k.slice(2), v);
    else if (k === "class" || k === "for" || k === "role" || k.includes("-")) e.setAttribute(k, v);
    else e[k] = v;
  }
  e.append(...children.filter((c) => c !== null && c !== undefined));
  return e;
}

export const $ = (id) => document.getElementById(id);

/** say tells the person what has happened; bad: what has not. */
export function say(text, bad = false) {
  $("said").textContent = text;
  $("said").classList.toggle("bad", bad);
}

/** call makes a request to the sandbox's API, and throws an Error for people. */
export async function call(method, path, body) {
  let resp;
  try {
    resp = await fetch("/sandbox" + path, {
      method, headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new Error("The gateway does not answer.");
  }
  const text = await resp.text();
  let out = null;
  try { out = text ? JSON.parse(text) : null; } catch { /* not of the sandbox */ }
  if (!resp.ok) throw new Error(out?.error?.message ?? `The gateway answered ${resp.status}.`);
  return out;
}

/** act does something that a person has asked for: says how it went, and looks at everything again. */
export async function act(doing, fn) {
  say(doing + "…");
  try {
    const done = await fn();
    say(typeof done === "string" ? done : doing + ": done.");
  } catch (e) {
    say(`${doing}: ${e.message}`, true);
  }
  document.dispatchEvent(new Event("changed"));
}

/** toggle is a switch; set(checked) is asked for. */
export function toggle(text, set) {
  const box = h("input", { type: "checkbox", role: "switch", onchange: () => set(box.checked) });
  const e = h("label", { class: "switch" }, box, text);
  e.show = (on) => { if (box.checked !== on) box.checked = on; };
  return e;
}

/** field shows a value unless the person is changing it. */
export function field(input) {
  return (value) => {
    if (document.activeElement !== input && input.value !== String(value)) input.value = value;
  };
}

/** keyed keeps one element per item, in the order of the items, and leaves elements alone otherwise: what has the
    focus keeps it. make(item) returns an element with a function show(item). */
export function keyed(list, key, make, empty) {
  const made = new Map();
  const nothing = h("p", { class: "empty" }, empty);
  return (items) => {
    const now = new Set(items.map(key));
    for (const [k, e] of made) {
      if (!now.has(k)) { e.remove(); made.delete(k); }
    }
    let before = null;
    for (const item of items) {
      let e = made.get(key(item));
      if (!e) { e = make(item); made.set(key(item), e); }
      e.show(item);
      const next = before ? before.nextElementSibling : list.firstElementChild;
      if (next !== e) list.insertBefore(e, next);
      before = e;
    }
    if (items.length === 0) list.append(nothing); else nothing.remove();
  };
}

/** fields reads a form: numbers as numbers, what is empty or disabled left out. */
export function fields(form) {
  const out = {};
  for (const e of form.elements) {
    if (!e.name || e.disabled || e.value === "") continue;
    out[e.name] = e.type === "number" ? Number(e.value) : e.value.trim();
  }
  return out;
}
