// What the page was asked to be: everything can be said in its address, so that a test or a picture is the same each time.
import { clients, type Client, type Fault, faults } from "./profile";

export interface Settings {
  readonly client: Client;
  readonly language: "da-DK" | "en-US";
  readonly dark: boolean;
  readonly persona: string; // local part of an address
  readonly faults: readonly Fault[];
  readonly narrow: boolean; // the pane at 280 px, as beside a reading pane
  readonly pane: boolean; // open at once
  readonly to: string;
  readonly cc: string;
  readonly bcc: string;
  readonly subject: string;
  readonly body: string; // text
  readonly attach: readonly string[]; // names of files with a little text in them
  readonly bare: boolean; // nothing around the compose window: for pictures
}

export function read(query: string): Settings {
  const q = new URLSearchParams(query);
  const one = <T extends string>(name: string, of: readonly T[], otherwise: T): T => of.find((v) => v === q.get(name)) ?? otherwise;
  const list = (name: string) => (q.get(name) ?? "").split(",").map((v) => v.trim()).filter((v) => v !== "");
  const wanted = list("fault");
  return {
    client: one("client", clients, "new"), language: one("lang", ["da", "en"], "da") === "en" ? "en-US" : "da-DK", dark: one("theme", ["light", "dark"], "light") === "dark",
    persona: q.get("persona") ?? "anna", faults: faults.filter((f) => wanted.includes(f)), narrow: q.get("narrow") === "1", pane: q.get("pane") === "1",
    to: q.get("to") ?? "", cc: q.get("cc") ?? "", bcc: q.get("bcc") ?? "", subject: q.get("subject") ?? "", body: q.get("body") ?? "", attach: list("attach"), bare: q.get("bare") === "1",
  };
}

// write is the address of the same page with something else in it. The draft's parts stay out: they are kept otherwise.
export function write(s: Pick<Settings, "client" | "language" | "dark" | "persona" | "narrow" | "bare">, faultsOn: Iterable<Fault>, pane: boolean): string {
  const q = new URLSearchParams({ client: s.client, lang: s.language === "en-US" ? "en" : "da", theme: s.dark ? "dark" : "light", persona: s.persona });
  const on = [...faultsOn];
  if (on.length > 0) q.set("fault", on.join(","));
  if (s.narrow) q.set("narrow", "1");
  if (s.bare) q.set("bare", "1");
  if (pane) q.set("pane", "1");
  return `?${q}`;
}
