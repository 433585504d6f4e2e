// From a state to what is shown. No decision about the mail is made here.
import { verdict } from "../steps/draft.js";
import { retryable, type Failure } from "../steps/failure.js";
import type { State } from "../steps/state.js";
import type { Text } from "../texts.js";
import { h, type Shown } from "./dom.js";
import { form, noticeText } from "./form.js";
import { icon } from "./icons.js";
import { messageLines, refusedLines } from "./lines.js";
import { megabytes, receiptMailbox, say, sentence, type Context } from "./words.js";

type Child = Shown | string | false | undefined;

export function view(c: Context, state: State): readonly Child[] {
  return [
    { tag: "h1", key: "heading", attributes: { id: "heading", tabindex: "-1" }, children: [heading(c, state)] },
    state.firstRun && greets(state) && {
      tag: "section", key: "first-run", attributes: { id: "first-run", class: "card kind" },
      children: [icon("info"), h("span", {}, say(c, "first_run")), { tag: "button", key: "dismiss", attributes: { id: "dismiss", type: "button", class: "small" }, on: { click: () => c.tell({ on: "dismiss" }) }, children: [say(c, "dismiss")] }],
    },
    state.note !== undefined && { tag: "p", key: "note", attributes: { id: "note", class: "card yes", "data-note": state.note }, children: [icon("info"), h("span", {}, say(c, state.note))] },
    ...body(c, state),
    state.letter !== undefined && letter(c, state.letter),
  ];
}

/** Not where something else must be read first. */
function greets(state: State): boolean {
  return state.step.name === "empty" || state.step.name === "checking" || state.step.name === "ready";
}

export function heading(c: Context, state: State): string {
  const { step } = state;
  switch (step.name) {
    case "starting": return say(c, "starting");
    case "signing-in": return say(c, "signing_in");
    case "sign-in": return say(c, "sign_in");
    case "no-mailbox": return say(c, "no_mailbox");
    case "held": return step.seconds === 1 ? say(c, "held_one") : say(c, "held", { n: step.seconds });
    case "uploading": return say(c, step.whole ? "accepting" : "uploading");
    case "undelivered": return say(c, state.message?.state === "unknown" ? "unsure" : state.message?.recipients.every((r) => r.state === "rejected") === true ? "undelivered_none" : "undelivered");
    case "failed": return say(c, step.where === "sending" ? "failed" : `failed_${step.where}`);
    case "reading": case "checking": case "empty": case "ready": case "warned": case "blocked": case "collecting": case "undoing": case "undone": case "watching": case "done":
      return say(c, step.name);
  }
}

function body(c: Context, state: State): readonly Child[] {
  const { step } = state, mailbox = receiptMailbox(state);
  const receipts = state.message === undefined ? undefined : messageLines(c, state.message.recipients);
  switch (step.name) {
    case "starting": case "signing-in": case "reading": case "undoing":
      return [{ tag: "div", key: "busy", attributes: { class: "busy", "aria-hidden": "true" } }];
    case "sign-in":
      return [explain(say(c, step.failure.kind === "sign_in_needed" ? "sign_in_why" : failureText(step.failure), values(c, step.failure))), signIn(c)];
    case "no-mailbox":
      return [explain(say(c, "no_mailbox_why", { organisation: c.settings.organisation })), act("retry", say(c, "look_again"), () => c.retry()), support(c)];
    case "empty":
      return [explain(say(c, "empty_why")), ...form(c, state)];
    case "checking": case "warned": case "blocked":
      return form(c, state);
    case "ready":
      return [state.check.result !== undefined && explain(sentence(c, state.check.result.say)), ...form(c, state)];
    case "collecting":
      return [explain(step.file === undefined ? "" : say(c, "collecting_file", step.file)), progress(say(c, "collecting")), act("cancel", say(c, "cancel"), () => c.tell({ on: "cancel" }))];
    case "uploading":
      return [
        explain(step.total === 0 ? "" : say(c, "uploading_size", { sent: megabytes(c, step.sent), total: megabytes(c, step.total) })),
        progress(say(c, "uploading"), step.whole || step.total === 0 ? undefined : step.sent / step.total),
        !step.whole && act("cancel", say(c, "cancel"), () => c.tell({ on: "cancel" })),
      ];
    case "held":
      return [explain(say(c, "held_why")), act("undo", say(c, "undo"), () => c.tell({ on: "undo" }), "primary"), receipts];
    case "undone":
      return [explain(say(c, "undone_why")), act("retry", say(c, "back"), () => c.retry(), "primary")];
    case "watching":
      return [explain(say(c, step.late ? "watching_late" : "watching_why", { mailbox })), progress(say(c, "watching")), receipts];
    case "done":
      return [
        explain(say(c, "done_why", { mailbox })),
        step.closingIn !== undefined && { tag: "p", key: "closing", attributes: { id: "closing" }, children: [say(c, "closing", { n: step.closingIn })] },
        step.tell && { tag: "p", key: "tell", attributes: { id: "tell", class: "card yes" }, children: [icon("info"), h("span", {}, say(c, tell(state)))] },
        (state.client?.canClose ?? false) && act("close", say(c, "close"), () => c.tell({ on: "close" }), "primary"),
        step.closingIn !== undefined && act("stay", say(c, "stay"), () => c.tell({ on: "stay" })),
        receipts,
      ];
    case "undelivered":
      return [
        explain(say(c, state.message?.state === "unknown" ? "unsure_why" : "undelivered_why", { mailbox })), receipts,
        (state.message?.recipients.some((r) => r.state === "rejected") ?? false) && act("again", say(c, "again"), () => c.tell({ on: "again" })),
      ];
    case "failed":
      return failed(c, state, step.failure, step.where);
  }
}

function failed(c: Context, state: State, failure: Failure, where: string): readonly Child[] {
  const own = failure.say === undefined ? say(c, failureText(failure), values(c, failure)) : sentence(c, failure.say);
  const form = where === "checking" && failure.kind === "forbidden" && (state.me?.mailboxes.length ?? 0) > 1;
  return [
    { tag: "div", key: "failure", attributes: { id: "failure", class: "card stop", "data-kind": failure.kind }, children: [icon("stop"), h("div", {},
      h("p", {}, own),
      ...(failure.fields ?? []).map((f) => h("p", {}, sentence(c, f.say))),
      failure.retryAfterMs !== undefined && failure.retryAfterMs >= 1000 && h("p", {}, say(c, "retry_after", { n: Math.ceil(failure.retryAfterMs / 1000) })))] },
    where !== "looking" && { tag: "p", key: "whole", attributes: { id: "whole" }, children: [say(c, "whole")] },
    failure.recipients !== undefined && failure.recipients.length > 0 && refusedLines(c, failure.recipients),
    failure.kind.startsWith("sign_in") && failure.kind !== "sign_in_unavailable"
      ? signIn(c)
      : failure.kind === "not_found" && where === "looking" ? undefined : act("retry", say(c, retryable(failure.kind) || where !== "sending" ? "retry" : "back"), () => c.retry(), "primary"),
    form && { tag: "div", key: "form", children: mailboxes(c, state) },
    support(c),
  ];
}

/** A mailbox that may no longer be used must not keep the others from being chosen. */
function mailboxes(c: Context, state: State): readonly Child[] {
  return (state.me?.mailboxes ?? []).map((m) => act(`choose-${m.address}`, m.address, () => c.tell({ on: "choose", mailbox: m.address })));
}

function failureText(failure: Failure): Text {
  return `f_${failure.kind}`;
}

function values(c: Context, failure: Failure): Record<string, string> {
  return { name: failure.name ?? "", code: failure.code ?? String(failure.status ?? "?"), organisation: c.settings.organisation };
}

function tell(state: State): Text {
  switch (state.client?.kind) {
    case "classic": return "tell_classic";
    case "mac": return "tell_mac";
    case "new": case "web": case "mobile": case undefined: return "tell_web";
  }
}

function explain(text: string): Shown {
  return { tag: "p", key: "explanation", attributes: { id: "explanation" }, children: [text] };
}

function act(id: string, text: string, press: () => void, look = "secondary"): Shown {
  return { tag: "button", key: id, attributes: { id, type: "button", class: look }, on: { click: press }, children: [text] };
}

function signIn(c: Context): Shown {
  return act("sign-in", say(c, "sign_in_button"), () => c.tell({ on: "sign-in" }), "primary");
}

function support(c: Context): Child {
  return c.settings.supportURL !== "" && { tag: "p", key: "support", children: [h("a", { id: "support", href: c.settings.supportURL, target: "_blank", rel: "noopener noreferrer" }, say(c, "support"))] };
}

function progress(label: string, part?: number): Shown {
  return { tag: "progress", key: part === undefined ? "progress" : "progress part", attributes: { id: "progress", max: "1", "aria-label": label }, ...(part === undefined ? {} : { value: part.toFixed(3) }) };
}

function letter(c: Context, l: NonNullable<State["letter"]>): Shown {
  return {
    tag: "section", key: "letter", attributes: { id: "letter", class: "card", "aria-labelledby": "letter-heading" },
    children: [
      h("h2", { id: "letter-heading" }, say(c, "letter_title", { address: l.to })), h("p", {}, say(c, "letter_why")),
      { tag: "textarea", key: "text", attributes: { readonly: true, rows: "8", "aria-labelledby": "letter-heading" }, value: `${l.subject}\n\n${l.text}` },
      act("letter-read", say(c, "letter_close"), () => c.tell({ on: "letter-read" }), "small"),
    ],
  };
}

/** What a screen reader says when it has changed. Not every second of a countdown and not every byte: that would drown the rest. */
export function status(c: Context, state: State): string {
  const { step } = state, note = state.note === undefined ? "" : ` ${say(c, state.note)}`;
  switch (step.name) {
    case "held": {
      const n = step.seconds > 10 ? Math.ceil(step.seconds / 10) * 10 : step.seconds > 5 ? 10 : 5;
      return `${say(c, "held", { n })}. ${say(c, "undo")}?${note}`;
    }
    case "uploading":
      return step.whole || step.total === 0 ? heading(c, state) : `${heading(c, state)} ${Math.floor((step.sent / step.total) * 4) * 25} %`;
    case "ready": return `${state.check.result === undefined ? heading(c, state) : sentence(c, state.check.result.say)}${note}`;
    case "warned": case "blocked":
      return [`${heading(c, state)}.`, ...verdict(state).notices.filter((n) => n.weight !== "note").map((n) => noticeText(c, n))].join(" ") + note;
    case "done": return `${say(c, "done_why", { mailbox: receiptMailbox(state) })}${note}`;
    case "failed": return `${heading(c, state)}. ${step.failure.say === undefined ? say(c, failureText(step.failure), values(c, step.failure)) : sentence(c, step.failure.say)}`;
    case "starting": case "signing-in": case "sign-in": case "reading": case "checking": case "no-mailbox": case "empty": case "collecting": case "undoing": case "undone":
    case "watching": case "undelivered":
      return heading(c, state) + note;
  }
}
