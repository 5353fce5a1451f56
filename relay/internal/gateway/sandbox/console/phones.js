// Phones, and what their users take from other apps.
import { $, act, call, h, keyed, toggle } from "./dom.js";

export function phones() {
  let providers = [], people = new Set(), origin = "";
  const name = (id) => providers.find((p) => String(p.id) === id)?.name ?? `Provider ${id}`;

  function card(first) {
    const path = "/phones/" + encodeURIComponent(first.phone);
    const patch = (what, change) => act(`${what} for ${first.name || first.phone}`, () => call("PATCH", path, change).then(() => undefined));
    const title = h("strong", {});
    const badges = h("span", {});
    const open = h("a", { target: "_blank", rel: "noopener", class: "open" }, "Open as this user");
    const chats = toggle("Third-party chats", (on) => patch(on ? "Chats on" : "Chats off", { thirdPartyChats: on }));
    const apps = h("span", { class: "switches" });
    const appSwitches = new Map();
    const requests = toggle("Requests first", (on) => patch(on ? "Requests on" : "Requests off", { requests: on }));
    const inbox = h("select", { onchange: () => patch("Inbox", { inbox: inbox.value }) },
      h("option", { value: "separate" }, "separate"), h("option", { value: "combined" }, "combined"));
    const facts = h("span", { class: "soft" });
    const gone = h("button", { type: "button", class: "danger", "aria-label": `Delete ${first.phone}`, onclick: () => act(`Deleting ${first.phone}`, () => call("DELETE", path)) }, "Delete");
    const e = h("article", { class: "card phone", "data-phone": first.phone },
      h("div", { class: "head" }, title, h("span", { class: "mono" }, first.phone), badges, h("span", { class: "end" }, open, gone)),
      h("div", { class: "switches" }, chats, apps), h("div", { class: "switches" }, requests, h("label", { class: "choice" }, "Inbox", inbox), facts));

    e.show = (p) => {
      title.textContent = p.name || "No name";
      open.href = `${origin}/wa/${p.phone.slice(1)}`;
      badges.replaceChildren(
        ...(people.has(p.phone) ? [h("span", { class: "badge good" }, "contact")] : []),
        ...(p.eligible ? [] : [" ", h("span", { class: "badge bad" }, "outside the region")]));
      chats.show(p.thirdPartyChats);
      requests.show(p.requests);
      if (document.activeElement !== inbox) inbox.value = p.inbox;
      for (const [id, on] of Object.entries(p.apps)) {
        let s = appSwitches.get(id);
        if (!s) {
          s = toggle(name(id), (v) => patch(name(id), { apps: { [id]: v } }));
          appSwitches.set(id, s);
          apps.append(s);
        }
        s.show(on);
        s.querySelector("input").disabled = !p.thirdPartyChats;
      }
      const linked = p.devices.filter((d) => d !== 0).length;
      const told = [`${linked} linked ${linked === 1 ? "device" : "devices"}`];
      if (p.blocked.length) told.push(`${p.blocked.length} blocked`);
      if (p.blockedProviders.length) told.push(`blocked: ${p.blockedProviders.map((id) => name(String(id))).join(", ")}`);
      facts.textContent = told.join(" · ");
    };
    return e;
  }

  const show = keyed($("phone-list"), (p) => p.phone, card, "No phones yet.");
  $("new-phone").addEventListener("submit", (ev) => {
    ev.preventDefault();
    const f = ev.target;
    act("Adding a phone", async () => {
      const p = await call("POST", "/phones", { phone: f.phone.value, name: f.name.value || "Phone" });
      f.reset();
      return `${p.phone} is there, with third-party chats on.`;
    });
  });
  return (list, contacts, info) => {
    providers = info.providers;
    people = new Set(contacts.map((c) => c.phone));
    origin = location.pathname.startsWith("/qa") ? "" : (providers[0]?.issuer ?? "");
    show(list);
  };
}

export function providers() {
  function card(first) {
    const title = h("strong", {});
    const facts = h("span", { class: "soft mono" });
    const suspended = toggle("Suspended", (on) => act(`${first.name} ${on ? "suspended" : "active"}`, () => call("POST", `/providers/${first.id}`, { suspended: on })));
    const e = h("article", { class: "card", "data-provider": first.id },
      h("div", { class: "head" }, title, h("span", { class: "badge" }, `number ${first.id}`), h("span", { class: "end" }, suspended)), facts);
    e.show = (p) => { title.textContent = p.name; facts.textContent = `${p.issuer} · ${p.protocol}`; suspended.show(p.suspended); };
    return e;
  }
  return keyed($("provider-list"), (p) => p.id, card, "No provider is registered.");
}

export function reports() {
  const card = () => {
    const e = h("article", { class: "card" });
    e.show = (r) => e.replaceChildren(
      h("div", { class: "head" }, h("strong", {}, r.reason || "No reason"), h("span", { class: "soft" }, new Date(r.time).toLocaleString())),
      h("span", { class: "soft mono" }, `${r.by} about ${r.about}`),
      h("span", {}, `${r.messages?.length ?? 0} messages shown. What they say is in the API: GET /sandbox/reports.`));
    return e;
  };
  return keyed($("report-list"), (r) => r.time + r.by + r.about, card, "Nobody has reported anybody.");
}
