// What the visitor may choose: the program, who they are, and what is to go wrong.
import { element } from "./element";
import { clients, type Fault, faults as allFaults, profiles } from "./profile";
import type { Person, World } from "./service";
import type { Settings } from "./settings";
import type { Texts } from "./texts";

export interface Parts {
  readonly settings: Settings; readonly world: World; readonly persona: Person; readonly faults: ReadonlySet<Fault>; readonly t: Texts;
  isDark(): boolean; readonly fault: (name: Fault, on: boolean) => void; readonly theme: (dark: boolean) => void; readonly narrow: (on: boolean) => void; again(change: Partial<Settings>): void;
}

export function toolbar(p: Parts): HTMLElement {
  const { t, settings } = p;
  const choose = (label: string, id: string, options: readonly (readonly [value: string, text: string])[], chosen: string, then: (value: string) => void) => {
    const select = element("select", { id, change: () => then(select.value) }, ...options.map(([value, text]) => element("option", { value, selected: value === chosen }, text)));
    return element("label", { for: id }, label, " ", select);
  };
  const check = (label: string, id: string, on: boolean, then: (on: boolean) => void) => {
    const box = element("input", { type: "checkbox", id, checked: on, change: () => then(box.checked) });
    return element("label", { for: id, class: "check" }, box, " ", label);
  };
  const local = (address: string) => address.split("@")[0] ?? "";
  return element("header", {},
    element("div", { class: "title" }, element("h1", {}, t.title), element("p", { class: "soft" }, t.lead)),
    element("div", { class: "choices" },
      choose(t.client, "client", clients.map((c) => [c, profiles[c].name]), settings.client, (v) => p.again({ client: clients.find((c) => c === v) ?? settings.client })),
      choose(t.persona, "persona", p.world.people.map((one) => [local(one.address), one.name]), local(p.persona.address), (v) => p.again({ persona: v })),
      check(t.theme, "theme", p.isDark(), p.theme), check(t.narrow, "narrow", settings.narrow, p.narrow),
      element("button", { type: "button", id: "language", lang: settings.language === "en-US" ? "da" : "en", click: () => p.again({ language: settings.language === "en-US" ? "da-DK" : "en-US" }) }, t.language)),
    element("details", { class: "faults" }, element("summary", {}, t.faultsTitle), element("div", { class: "choices" }, ...allFaults.map((name) => check(t.faults[name], `fault-${name}`, p.faults.has(name), (on) => p.fault(name, on))))));
}
