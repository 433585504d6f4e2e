// One line for each recipient: who, how it gets the mail, and what can be done where it cannot.
import type { MessageRecipient, PreflightRecipient } from "../service/types.js";
import { everybody, same, type Letter, type Person } from "../steps/ports.js";
import type { State } from "../steps/state.js";
import { fill, letterLanguage, letters, type Text } from "../texts.js";
import { h, type Shown } from "./dom.js";
import { icon, type Icon } from "./icons.js";
import { say, sentence, type Context } from "./words.js";

/** Before the mail is sent. */
export function draftLines(c: Context, state: State): Shown {
  const checked = state.check.result?.recipients ?? [];
  const people = state.glance === undefined ? [] : everybody(state.glance.recipients);
  const lines = people.map((person, i) => draftLine(c, state, person, checked.find((r) => same(r.address, person.address)), i));
  // What must be mended stands first: of many recipients the rest may be below the fold.
  return list(c, [...lines.filter(stops), ...lines.filter((l) => !stops(l))], true);
}

function stops(l: Shown): boolean {
  return l.attributes?.["data-route"] === "refused" || l.attributes?.["data-route"] === "unresolved";
}

function draftLine(c: Context, state: State, person: Person, checked: PreflightRecipient | undefined, place: number): Shown {
  const who = person.name || person.address;
  const remove = button("remove", say(c, "remove"), say(c, "remove_whom", { name: who }), () => c.tell({ on: "remove", address: person.address || person.name }));
  const key = `${person.address || person.name} ${place}`;
  if (!person.address.includes("@")) return line(c, { key, who, address: person.address, route: "unresolved", symbol: "stop", state: "state_refused", text: say(c, "line_unresolved"), actions: [remove] });
  if (checked === undefined) return line(c, { key, who, address: person.address, route: "unchecked", symbol: "clock", state: "state_unchecked", text: say(c, "line_unchecked"), actions: [] });
  const shared = { key, who, address: person.address, route: checked.route, text: sentence(c, checked.say) };
  if (checked.route === "internal") return line(c, { ...shared, symbol: "house", state: "state_internal", actions: [] });
  if (checked.route === "smime") return line(c, { ...shared, symbol: "lock", state: "state_sealed", actions: [] });
  const others = (checked.alternatives ?? []).map((by) =>
    button("use", say(c, "use", { address: by }), say(c, "use", { address: by }), () => c.tell({ on: "replace", address: person.address, by })));
  const ask = button("ask", say(c, "ask"), say(c, "ask_whom", { name: who }), () => c.tell({ on: "ask", letter: letter(c, state, person.address) }));
  return line(c, { ...shared, symbol: "stop", state: "state_refused", actions: [...others, ask, remove] });
}

function letter(c: Context, state: State, to: string): Letter {
  const written = letters[letterLanguage(to)];
  const values = { address: to, page: c.settings.certificatesPage, name: state.me?.name ?? "", organisation: c.settings.organisation };
  return { to, subject: written.subject, text: fill(written.text, values) };
}

/** After it was accepted: what became of each. */
export function messageLines(c: Context, recipients: readonly MessageRecipient[]): Shown {
  return list(c, recipients.map((r, i) => {
    const [symbol, state] = became(r);
    return line(c, { key: `${r.address} ${i}`, who: r.name ?? r.address, address: r.address, route: r.state, symbol, state, text: r.say === undefined ? "" : sentence(c, r.say), actions: [] });
  }), false);
}

function became(r: MessageRecipient): [Icon, Text] {
  switch (r.state) {
    case "queued": case "drafting": case "sending": return ["clock", "state_waiting"];
    case "sent": return ["check", "state_sent"];
    case "rejected": return ["stop", "state_rejected"];
    case "unknown": return ["warning", "state_unknown"];
  }
}

/** Those whom the service named when it refused the whole. */
export function refusedLines(c: Context, recipients: NonNullable<NonNullable<Extract<State["step"], { name: "failed" }>["failure"]["recipients"]>>): Shown {
  return list(c, recipients.map((r, i) => line(c, { key: `${r.address} ${i}`, who: r.address, address: r.address, route: "refused", symbol: "stop", state: "state_refused", text: sentence(c, r.say), actions: [] })), false);
}

interface Line {
  readonly key: string;
  readonly who: string;
  readonly address: string;
  readonly route: string;
  readonly symbol: Icon;
  readonly state: Text;
  readonly text: string;
  readonly actions: readonly Shown[];
}

function line(c: Context, l: Line): Shown {
  return {
    tag: "li", key: l.key, attributes: { class: `line ${l.symbol}`, "data-address": l.address, "data-route": l.route },
    children: [
      icon(l.symbol),
      h("div", { class: "who" },
        h("p", { class: "name" }, h("strong", {}, l.who), (l.text === "" || l.symbol === "stop" || l.symbol === "warning") && h("span", { class: "badge" }, say(c, l.state))),
        l.who !== l.address && l.address !== "" && h("p", { class: "address" }, l.address),
        l.text !== "" && h("p", { class: "say" }, l.text),
        l.actions.length > 0 && h("p", { class: "actions" }, ...l.actions)),
    ],
  };
}

function list(c: Context, lines: readonly Shown[], hint: boolean): Shown {
  return {
    tag: "section", key: "recipients", attributes: { "aria-labelledby": "recipients-heading" },
    children: [
      h("h2", { id: "recipients-heading" }, say(c, "recipients")),
      { tag: "ul", key: "list", attributes: { id: "recipients" }, children: lines },
      hint && h("p", { class: "hint" }, say(c, "recipients_missing")),
    ],
  };
}

/** The label begins with what stands on the button (WCAG 2.2, 2.5.3). */
export function button(action: string, text: string, label: string, press: () => void, look = "small"): Shown {
  return { tag: "button", key: `${action} ${text}`, attributes: { type: "button", class: look, "data-action": action, "aria-label": label === text ? undefined : label }, on: { click: press }, children: [text] };
}
