// The first part of the way: what the draft is, and whether it can be sent. Runs again whenever the draft changes.
import type { PreflightRequest } from "../service/types.js";
import { judge, question, type Notice } from "./judge.js";
import { count, same, type Field, type Glance, type Person } from "./ports.js";
import type { Effect, Next, State, Verdict } from "./state.js";

/** How long after the last change the draft is read: people type several addresses in a row. */
export const settleTime = 400;
/** Outlook tells of no change to the subject, the text or the sender, so the draft is looked at while the pane waits. */
export const lookTime = 3_000;
/** The text may be large, so that it is read with every so many looks. */
export const looksPerText = 5;
/** Until the recipients are checked again by itself, after the service could not be reached. */
export const recheckTime = 10_000;

/** Whether the person is writing, and nothing of a send is under way. */
export function writing(state: State): boolean {
  switch (state.step.name) {
    case "reading": case "checking": case "no-mailbox": case "empty": case "ready": case "warned": case "blocked":
      return true;
    case "failed":
      return state.step.where === "checking";
    case "starting": case "signing-in": case "sign-in": case "collecting": case "uploading": case "held": case "undoing": case "undone": case "watching":
    case "done": case "undelivered":
      return false;
  }
}

/** The function mailbox to send as: chosen by hand, else the draft's own From, else what the service proposes, else the only one. */
export function mailboxOf(state: State): string | undefined {
  const theirs = state.me?.mailboxes ?? [];
  return asked(state) ?? state.check.result?.mailbox ?? (theirs.length === 1 ? theirs[0]?.address : undefined);
}

function asked(state: State): string | undefined {
  const theirs = state.me?.mailboxes ?? [];
  const from = state.glance?.from ?? "";
  return state.chosen ?? theirs.find((m) => same(m.address, from))?.address;
}

export function verdict(state: State): Verdict {
  const { client, glance, me } = state;
  let notices: readonly Notice[] = [];
  if (client !== undefined && glance !== undefined) {
    notices = judge({ client, glance, scan: state.scan, cprInSubject: state.cprInSubject, missingPictures: state.missingPictures, limits: me?.limits,
      preflight: state.check.result });
  }
  return { notices, mailbox: mailboxOf(state), recipients: glance === undefined ? 0 : count(glance.recipients) };
}

/** Takes what was read of the draft, asks the service where that is news, and says which step that makes. */
export function consider(state: State): Next {
  const { glance, me } = state;
  if (glance === undefined || me === undefined) return { state: state.step.name === "failed" ? state : { ...state, step: { name: "reading" } }, effects: [] };
  const look: Effect = { do: "timer", timer: "look", ms: lookTime };
  if (me.mailboxes.length === 0) return { state: { ...state, step: { name: "no-mailbox" } }, effects: [] };
  const resolved = { to: addresses(glance.recipients.to), cc: addresses(glance.recipients.cc), bcc: addresses(glance.recipients.bcc) };
  if (resolved.to.length + resolved.cc.length + resolved.bcc.length === 0) {
    const check = { number: state.check.number + 1, asked: undefined, answered: false, result: undefined };
    const none = count(glance.recipients) === 0;
    return { state: { ...state, check, step: { name: none ? "empty" : "blocked" } }, effects: [look] };
  }
  const mailbox = asked(state);
  const answered = glance.inReplyTo;
  const request: PreflightRequest = {
    ...resolved, ...(mailbox === undefined ? {} : { mailbox }), ...(answered !== undefined && /^<[!-;=?-~]{1,900}>$/.test(answered) ? { inReplyTo: answered } : {}),
    contentBytes: glance.attachments.reduce((sum, a) => sum + Math.max(0, a.size), 0) + (state.scan?.bytes ?? 0),
  };
  const key = checkKey(request);
  if (key === state.check.asked) return { state: state.check.answered ? settled(state) : { ...state, step: { name: "checking" } }, effects: [look] };
  const number = state.check.number + 1;
  return {
    state: { ...state, step: { name: "checking" }, check: { number, asked: key, answered: false, result: state.check.result }, missingPictures: 0 },
    effects: [{ do: "preflight", number, request }, look],
  };
}

/** How large the mail is changes with every letter; the service is asked again for every started half megabyte of it. */
function checkKey(request: PreflightRequest): string {
  const { contentBytes = 0, ...rest } = request;
  return JSON.stringify([rest, Math.ceil(contentBytes / 500_000)]);
}

function addresses(people: readonly Person[]): { name?: string; address: string }[] {
  return people.filter((p) => p.address.includes("@")).map((p) => (p.name === "" || same(p.name, p.address) ? { address: p.address } : { name: p.name.slice(0, 250), address: p.address }));
}

/** The step of a draft that has been checked. */
export function settled(state: State): State {
  const { result } = state.check;
  if (result === undefined) return state;
  const { notices } = verdict(state);
  if (notices.some((n) => n.weight === "stop")) return { ...state, step: { name: "blocked" } };
  return { ...state, step: { name: notices.some((n) => n.weight === "yes") ? "warned" : "ready" } };
}

/** Whether the button may be pressed. */
export function sendable(state: State): boolean {
  if (state.step.name === "ready") return true;
  return state.step.name === "warned" && state.yes === question(verdict(state).notices);
}

/** Two readings of a draft that would make the same mail, as far as a glance can tell. */
export function alike(a: Glance, b: Glance): boolean {
  const key = (g: Glance) => JSON.stringify([g.recipients, g.subject, g.attachments.map((x) => [x.name, x.size, x.kind])]);
  return key(a) === key(b);
}

export function without(glance: Glance, gone: (p: Person, field: Field) => boolean, by?: string): Effect {
  const change = (field: Field) => {
    const list = glance.recipients[field];
    const kept = list.filter((p) => !gone(p, field));
    if (kept.length === list.length) return undefined;
    return by === undefined ? kept : list.flatMap((p) => (gone(p, field) ? [{ name: "", address: by }] : [p]));
  };
  const to = change("to"), cc = change("cc"), bcc = change("bcc");
  return { do: "recipients", recipients: { ...(to && { to }), ...(cc && { cc }), ...(bcc && { bcc }) } };
}
