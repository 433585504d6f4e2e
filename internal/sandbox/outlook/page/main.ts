// The page: reads what it is to be, makes the draft and everything around it, and begins anew when something is chosen that a running
// Outlook could not change.
import { mailboxes, quoted } from "./arrived";
import { compose } from "./compose";
import { Draft, fields } from "./draft";
import { byId, element } from "./element";
import { pane as makePane } from "./frame";
import { Host, plain } from "./host";
import { type Fault, faults as allFaults, profiles } from "./profile";
import { resolveAll } from "./recipients";
import { type Letter, world as askWorld } from "./service";
import { script } from "./script";
import { read, type Settings, write } from "./settings";
import { starting, type Carried, carry, carried } from "./starting";
import { texts } from "./texts";
import { toolbar } from "./toolbar";

async function main(settings: Settings): Promise<void> {
  const t = texts(settings.language);
  const profile = profiles[settings.client];
  const world = await askWorld();
  const persona = world.people.find((p) => p.address.startsWith(`${settings.persona}@`)) ?? world.people[0];
  if (persona === undefined) throw new Error("nobody lives in this sandbox");
  document.documentElement.lang = settings.language.slice(0, 2);
  document.title = t.title;

  let isDark = settings.dark;
  let context = "";
  const faults = new Set<Fault>(settings.faults);
  const store = `outlook.roaming.${persona.address}`;
  const roaming = JSON.parse(sessionStorage.getItem(store) ?? "{}") as Record<string, unknown>;
  const draft = new Draft({ name: persona.name, address: persona.address, resolved: true }, () => Date.now());
  const host = new Host({
    draft, profile, faults, roaming, clock: { now: () => Date.now(), sleep: (ms) => new Promise((resolve) => setTimeout(resolve, ms)) },
    keepRoaming: (all) => {
      for (const name of Object.keys(roaming)) Reflect.deleteProperty(roaming, name);
      Object.assign(roaming, all);
      sessionStorage.setItem(store, JSON.stringify(all));
    },
    context: () => context, ask: () => void window_.askToSave(),
  });
  const pane = makePane({ draft, host, profile, language: settings.language, persona, faults, roaming, texts: t, dark: () => isDark,
    newMessage: (form) => {
      const parts = new URLSearchParams({ to: (form.toRecipients ?? []).join(","), subject: form.subject ?? "", body: plain(form.htmlBody ?? "") });
      window.open(`/outlook${write({ ...settings, dark: isDark }, faults, false)}&${parts}`, "_blank", "noopener");
    } });
  const again = (change: Partial<Settings>, keep: Carried | null) => {
    carry(keep);
    location.search = write({ ...settings, dark: isDark, ...change }, faults, false);
  };
  const weather = () => {
    const kind = faults.has("offline") ? "offline" : faults.has("down") ? "down" : "";
    document.cookie = `sandbox-weather=${kind}; path=/; SameSite=Strict${kind === "" ? "; Max-Age=0" : ""}`;
  };
  const fault = (name: Fault, on: boolean) => {
    if (on) faults.add(name);
    else faults.delete(name);
    weather();
    if (on) starting(draft, name, profile);
  };
  const theme = (dark: boolean) => {
    isDark = dark;
    document.documentElement.dataset["theme"] = dark ? "dark" : "light";
    pane.themeChanged();
  };

  const reply = (to: string, mail: Letter) => {
    const subject = /^(sv|re): /i.test(mail.subject) ? mail.subject : `${settings.language === "en-US" ? "Re" : "Sv"}: ${mail.subject}`;
    again({}, { to, cc: "", bcc: "", subject, html: quoted(mail, settings.language, t), reply: `<reply-to-${mail.n}@sandbox.invalid>` });
  };
  const boxes = mailboxes(settings.language, t, reply);

  const kept = carried();
  for (const field of fields) draft[field].push(...resolveAll(kept?.[field] ?? settings[field], world));
  draft.subject = kept?.subject ?? settings.subject;
  draft.html = kept?.html ?? element("div", {}, ...settings.body.split("\n").map((line) => element("p", {}, line))).innerHTML;
  draft.reply = kept?.reply ?? "";
  for (const name of settings.attach) draft.attach({ name, type: "application/octet-stream", content: btoa(`${name}\n`.replace(/[^\0-\xff]/g, "?")), size: name.length + 1, inline: false, contentId: "", kind: "file", url: "" });
  for (const name of settings.faults) starting(draft, name, profile);
  weather();

  const window_ = compose({
    draft, host, pane, world, texts: t, missingGuard: () => faults.has("guardless"), fresh: () => again({}, null),
    keepContext: (c) => {
      context = c;
    },
    start: { guard: "/addin/guard.js", handler: "onMessageSendHandler", profile, language: settings.language, roaming, persona, reply: draft.reply },
  });
  draft.watch((c) => {
    if (c.what === "ended") void boxes.refresh();
  });
  const everybody = element("datalist", { id: "everybody" }, ...world.boxes.map((b) => element("option", { value: b.address }, settings.language === "en-US" ? b.en : b.da)));
  const bar = toolbar({ settings, world, persona, faults, t, fault, theme, isDark: () => isDark,
    again: (change) => again(change, draft.ended === null ? { ...addresses(draft), subject: draft.subject, html: draft.html, reply: draft.reply } : null),
    narrow: (on) => document.documentElement.classList.toggle("narrow", on) });
  document.documentElement.classList.toggle("narrow", settings.narrow);
  document.documentElement.classList.toggle("bare", settings.bare);
  theme(isDark);
  byId("page").replaceChildren(bar, element("main", {}, window_.box, boxes.box), everybody);
  window.outlook = script({ draft, host, pane, compose: window_, boxes, world, profile, roaming, fault, theme });
  await boxes.refresh();
  if (settings.pane) pane.open();
  document.documentElement.dataset["ready"] = allFaults.filter((f) => faults.has(f)).join(" ");
}

function addresses(draft: Draft): Pick<Carried, "to" | "cc" | "bcc"> {
  const list = (field: "to" | "cc" | "bcc") => draft[field].map((r) => r.address).join(", ");
  return { to: list("to"), cc: list("cc"), bcc: list("bcc") };
}

void main(read(location.search));
