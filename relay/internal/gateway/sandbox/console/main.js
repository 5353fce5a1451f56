// The console looks at the sandbox every few seconds, and after each thing that a person does.
import { $, act, call, say } from "./dom.js";
import { phones, providers, reports } from "./phones.js";
import { contacts } from "./contacts.js";
import { faults, log } from "./network.js";

const every = 3000;
const show = { phones: phones(), contacts: contacts(), providers: providers(), reports: reports(), faults: faults() };
let looking = false, again = false, lost = false;

async function look() {
  if (looking) { again = true; return; }
  looking = true;
  try {
    const [info, p, c, r, f] = await Promise.all(
      ["", "/phones", "/contacts", "/reports", "/faults"].map((path) => call("GET", path)));
    $("gateway").textContent = `${info.chatUrl} · root key ${info.rootKey.slice(0, 16)}…` + (info.echo ? ` · Echo is ${info.echo}` : "");
    show.phones(p.phones, c.contacts, info);
    show.contacts(c.contacts);
    show.providers(info.providers);
    show.reports(r.reports ?? []);
    show.faults(f);
    document.dispatchEvent(new Event("looked"));
    if (lost) { lost = false; say("The gateway answers again."); }
  } catch (e) {
    lost = true;
    say(e.message, true);
  }
  looking = false;
  if (again) { again = false; look(); }
}

$("reset").addEventListener("click", () => $("sure").showModal());
$("sure").addEventListener("close", () => {
  if ($("sure").returnValue !== "yes") return;
  $("sure").returnValue = "";
  const began = performance.now();
  act("Reset", async () => {
    await call("POST", "/reset");
    return `Reset in ${((performance.now() - began) / 1000).toFixed(2)} s.`;
  });
});
document.addEventListener("changed", look);
document.addEventListener("visibilitychange", () => { if (!document.hidden) look(); });
setInterval(() => { if (!document.hidden) look(); }, every);
log();
look();
