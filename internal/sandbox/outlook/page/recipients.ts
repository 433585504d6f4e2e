// One line of recipients: an address becomes a chip, once Outlook has found whom it means.
import type { Draft, Field, Recipient } from "./draft";
import { element } from "./element";
import type { World } from "./service";
import { fill, type Texts } from "./texts";

const address = /^[^\s@<>,;"]+@[^\s@<>,;"]+\.[^\s@<>,;"]+$/;

// resolve finds whom somebody means: an address as it stands, or the one person with that name.
export function resolve(written: string, world: World): Recipient {
  const text = written.trim();
  const inBrackets = /^(.*)<([^<>]+)>$/.exec(text);
  const [name, written2] = inBrackets === null ? ["", text] : [(inBrackets[1] ?? "").trim().replace(/^"|"$/g, ""), (inBrackets[2] ?? "").trim()];
  if (address.test(written2)) {
    const known = world.people.find((p) => p.address.toLowerCase() === written2.toLowerCase());
    return { name: name === "" ? known?.name ?? written2 : name, address: written2, resolved: true };
  }
  const found = world.people.filter((p) => p.name.toLowerCase().startsWith(text.toLowerCase()));
  const only = found.length === 1 ? found[0] : undefined;
  return only === undefined ? { name: text, address: text, resolved: false } : { name: only.name, address: only.address, resolved: true };
}

export function resolveAll(written: string, world: World): Recipient[] {
  return written.split(/[,;\n]/).map((one) => one.trim()).filter((one) => one !== "").map((one) => resolve(one, world));
}

// Chips beyond this many are told as a number: five hundred would be slow, and nobody reads them.
const shownAtMost = 60;

export function recipientLine(field: Field, draft: Draft, world: World, t: Texts): HTMLElement {
  const chips = element("ul", { class: "chips" });
  const input = element("input", { id: field, type: "text", autocomplete: "off", spellcheck: "false", list: "everybody", "aria-describedby": `${field}-count` });
  const count = element("span", { id: `${field}-count`, class: "more" });
  const draw = () => {
    const list = draft[field];
    chips.replaceChildren(...list.slice(0, shownAtMost).map((r, at) => element("li", { class: r.resolved ? "chip" : "chip unresolved" },
      element("span", { title: r.address }, r.resolved ? r.name : fill(t.unresolved, r.name)),
      element("button", { type: "button", "aria-label": fill(t.remove, r.name), click: () => {
        draft.setRecipients(field, list.filter((_, n) => n !== at), "person");
        input.focus();
      } }, "×"))));
    count.textContent = list.length > shownAtMost ? `+ ${list.length - shownAtMost}` : "";
  };
  const take = () => {
    const found = resolveAll(input.value, world);
    input.value = "";
    if (found.length > 0) draft.setRecipients(field, [...draft[field], ...found], "person");
  };
  input.addEventListener("keydown", (e) => {
    if (e.key === "Enter" || e.key === ";" || e.key === ",") {
      e.preventDefault();
      take();
    } else if (e.key === "Backspace" && input.value === "" && draft[field].length > 0) {
      draft.setRecipients(field, draft[field].slice(0, -1), "person");
    }
  });
  input.addEventListener("blur", take);
  draft.watch((c) => {
    if (c.what === "recipients" && c.fields?.includes(field) === true) draw();
  });
  draw();
  return element("div", { class: "line" }, element("label", { for: field }, t[field]), chips, count, input);
}
