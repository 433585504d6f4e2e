// The pane while the mail is written: from whom, to whom, what to know, and the button.
import { mailboxOf, sendable, verdict } from "../steps/draft.js";
import { question, type Notice } from "../steps/judge.js";
import { same } from "../steps/ports.js";
import type { State } from "../steps/state.js";
import type { Text } from "../texts.js";
import { h, type Shown } from "./dom.js";
import { icon, type Icon } from "./icons.js";
import { draftLines } from "./lines.js";
import { say, sentence, type Context } from "./words.js";

export function form(c: Context, state: State): readonly (Shown | false | undefined)[] {
  const { notices, recipients } = verdict(state);
  return [
    from(c, state),
    kindly(c, state),
    recipients > 0 && draftLines(c, state),
    notices.length > 0 && noticeList(c, notices),
    state.step.name === "warned" && {
      tag: "p", key: "yes", attributes: { class: "yes" },
      children: [
        { tag: "input", key: "box", attributes: { id: "yes", type: "checkbox" }, checked: state.yes === question(notices), on: { change: (e) => c.tell({ on: "yes", said: (e.target as HTMLInputElement).checked }) } },
        h("label", { for: "yes" }, say(c, "yes")),
      ],
    },
    send(c, state, recipients),
    state.mark.kind === "secure" && h("p", { class: "hint" }, say(c, "marked"), " ",
      { tag: "button", key: "unmark", attributes: { id: "unmark", type: "button", class: "link" }, on: { click: () => c.tell({ on: "unmark" }) }, children: [say(c, "unmark")] }),
  ];
}

function from(c: Context, state: State): Shown {
  const mailboxes = state.me?.mailboxes ?? [], chosen = mailboxOf(state);
  const [only] = mailboxes;
  const recent = state.chosen === undefined && state.check.result?.mailboxWhy === "recent" && mailboxes.length > 1;
  return {
    tag: "section", key: "from", attributes: { class: "from" },
    children: [
      h("label", { for: "from" }, say(c, "from")),
      mailboxes.length === 1 && only !== undefined
        ? { tag: "output", key: "only", attributes: { id: "from" }, children: [named(only)] }
        : {
          tag: "select", key: "choice", attributes: { id: "from", "aria-describedby": recent ? "from-why" : undefined }, value: mailboxes.find((m) => same(m.address, chosen ?? ""))?.address ?? "",
          on: { change: (e) => c.tell({ on: "choose", mailbox: (e.target as HTMLSelectElement).value }) },
          children: [chosen === undefined && h("option", { value: "" }, "…"),
            ...mailboxes.map((m): Shown => ({ tag: "option", key: m.address, attributes: { value: m.address }, children: [named(m)] }))],
        },
      recent && h("p", { class: "hint", id: "from-why" }, say(c, "from_recent")),
    ],
  };
}

function named(m: { readonly name: string; readonly address: string }): string {
  return m.name === "" || same(m.name, m.address) ? m.address : `${m.name} (${m.address})`;
}

/** Those who write securely to each other are reminded to go on doing so. */
function kindly(c: Context, state: State): Shown | false {
  const text: Text | undefined = state.scan?.answersSealed === true ? "answers_sealed" : state.check.result?.sealedBefore === true ? "sealed_before" : undefined;
  return text !== undefined && { tag: "p", key: "kindly", attributes: { id: "sealed-before", class: "card kind" }, children: [icon("lock"), h("span", {}, say(c, text))] };
}

const symbols: Readonly<Record<Notice["weight"], Icon>> = { stop: "stop", yes: "warning", note: "info" };

function noticeList(c: Context, notices: readonly Notice[]): Shown {
  return {
    tag: "section", key: "notices", attributes: { "aria-labelledby": "notices-heading" },
    children: [
      h("h2", { id: "notices-heading" }, say(c, "warnings")),
      {
        tag: "ul", key: "list", attributes: { id: "notices" },
        children: notices.map((n, i): Shown => ({
          tag: "li", key: `${n.code} ${n.address ?? ""} ${i}`, attributes: { class: `card ${n.weight}`, "data-code": n.code, "data-weight": n.weight }, children: [icon(symbols[n.weight]), h("span", {}, noticeText(c, n))],
        })),
      },
    ],
  };
}

export function noticeText(c: Context, n: Notice): string {
  switch (n.code) {
    case "similar_address":
      return n.address !== undefined && n.similar !== undefined ? say(c, "similar_address", { address: n.address, similar: n.similar }) : n.say === undefined ? "" : sentence(c, n.say);
    case "service": case "not_sendable": {
      const text = n.say === undefined ? "" : sentence(c, n.say);
      return n.address === undefined ? text : `${n.address}: ${text}`;
    }
    case "unresolved": case "recipients_cut": case "too_many_recipients": case "too_many_files": case "cloud_attachment": case "refused": case "cpr_subject":
    case "picture_missing": case "cloud_links": case "many_recipients": case "silent":
      return say(c, n.code, n.values);
  }
}

/** What the button will do, in full; and where it does nothing, why, beside it and not only in grey. */
function send(c: Context, state: State, recipients: number): Shown {
  const on = sendable(state);
  const why: Partial<Record<State["step"]["name"], Text>> = { checking: "why_checking", blocked: "why_blocked", warned: "why_warned", empty: "why_empty" };
  const reason = on ? undefined : why[state.step.name];
  const button: Shown = {
    tag: "button", key: "send", attributes: { id: "send", type: "button", class: "primary", accesskey: "s", "aria-disabled": on ? undefined : "true", "aria-describedby": reason === undefined ? undefined : "send-why" },
    on: { click: () => { if (on) c.press(); } },
    children: [icon("lock"), h("span", {}, recipients === 1 ? say(c, "send_one") : recipients === 0 ? say(c, "product") : say(c, "send_many", { n: recipients }))],
  };
  return { tag: "div", key: "send", attributes: { class: "send" }, children: [button, reason !== undefined && h("p", { id: "send-why", class: "hint" }, say(c, reason))] };
}
