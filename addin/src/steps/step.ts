// What follows on what. Pure: a state and an event give the next state and what is to be done.
//
//   starting → signing-in ⇄ sign-in → reading → checking → ready │ warned │ blocked │ empty │ no-mailbox
//                                        ↑ every change of the draft
//   ready, warned ─press→ collecting → uploading → held → watching → done │ undelivered
//                                          │cancel   │undo → undoing → undone → reading
//   any of them → failed, with the draft as it was, and a way on from there.
import { failureOfDraft, afterwards, show } from "./after.js";
import { consider, looksPerText, settled, settleTime, verdict, without, writing } from "./draft.js";
import { retryable } from "./failure.js";
import { question } from "./judge.js";
import { same } from "./ports.js";
import { collect, sending } from "./sending.js";
import type { Effect, Event, Next, State } from "./state.js";

export function step(state: State, event: Event): Next {
  switch (event.on) {
    case "start":
      return { state: { ...state, step: { name: "starting" }, note: undefined }, effects: [{ do: "open" }] };
    case "opened": {
      const { client, mark, firstRun } = event.opened;
      return { state: { ...state, client, mark, firstRun, step: { name: "signing-in" } }, effects: [{ do: "sign-in", ask: false }, ...(mark.kind === "sent" ? [] : [glanceWithText])] };
    }
    case "signed-in":
      if (state.step.name !== "signing-in") return { state: { ...state, signedIn: true }, effects: [] };
      // A draft that was sent is never read for sending again: only what became of it is shown.
      if (state.mark.kind === "sent") return { state: { ...state, signedIn: true, step: { name: "reading" } }, effects: [{ do: "message", id: state.mark.id }, { do: "me" }] };
      return { state: { ...state, signedIn: true, step: { name: "reading" } }, effects: [{ do: "me" }, ...(state.glance === undefined ? [glanceWithText] : [])] };
    case "me": {
      const next = { ...state, me: event.me };
      return state.mark.kind !== "sent" && writing(state) ? consider(next) : stay(next);
    }
    case "glanced": {
      const changed = { ...state, glance: event.glance, scan: event.scan ?? state.scan, cprInSubject: event.cprInSubject, looks: event.scan === undefined ? state.looks + 1 : 0 };
      if (state.step.name === "signing-in" || state.step.name === "sign-in") return stay({ ...changed });
      return writing(state) && state.mark.kind !== "sent" ? consider(changed) : stay(state);
    }
    case "checked":
      if (event.number !== state.check.number || state.step.name !== "checking") return stay(state);
      return stay(settled({ ...state, check: { ...state.check, answered: true, result: event.preflight } }));
    case "changed":
      return writing(state) ? { state: { ...state, note: state.note === "stopped" || state.note === "draft_changed" ? undefined : state.note }, effects: [{ do: "timer", timer: "settle", ms: settleTime }] } : stay(state);
    case "choose":
      return writing(state) ? consider({ ...state, chosen: event.mailbox }) : stay(state);
    case "yes":
      return stay({ ...state, yes: event.said ? question(verdict(state).notices) : undefined });
    case "remove":
      return withGlance(state, (glance) => without(glance, (p) => same(p.address, event.address) || (p.address === "" && p.name === event.address)));
    case "replace":
      return withGlance(state, (glance) => without(glance, (p) => same(p.address, event.address), event.by));
    case "ask":
      return { state: { ...state, letter: event.letter, note: undefined }, effects: [{ do: "letter", letter: event.letter }] };
    case "letter-read":
      return stay({ ...state, letter: undefined });
    case "dismiss":
      return { state: { ...state, firstRun: false }, effects: state.firstRun ? [{ do: "seen" }] : [] };
    case "unmark":
      return writing(state) && state.mark.kind === "secure" ? { state, effects: [{ do: "mark", mark: { kind: "none" } }] } : stay(state);
    case "written":
      return writing(state) ? { state, effects: [glanceWithText] } : stay(state);
    case "sign-in":
      return state.step.name === "sign-in" || state.step.name === "failed" ? { state: { ...state, step: { name: "signing-in" } }, effects: [{ do: "sign-in", ask: true }] } : stay(state);
    case "retry":
      return again(state, event.key);
    case "timer":
      return onTimer(state, event);
    case "failed":
      return failureOfDraft(state, event);
    case "press": case "collecting": case "collected": case "already-sent": case "progress": case "accepted": case "stopped": case "searched": case "cancel":
      return sending(state, event);
    case "undo": case "taken-back": case "message": case "watch-ended": case "marked": case "close": case "closed": case "stay": case "again":
      return afterwards(state, event);
  }
}

const glanceWithText: Effect = { do: "glance", text: true };

function stay(state: State): Next {
  return { state, effects: [] };
}

function withGlance(state: State, change: (glance: NonNullable<State["glance"]>) => Effect): Next {
  if (!writing(state) || state.glance === undefined) return stay(state);
  return { state: { ...state, note: undefined }, effects: [change(state.glance)] };
}

/** Trying again goes on where it failed; a mail that may have been accepted is sent again under the same key, see sending.ts. */
function again(state: State, key: string): Next {
  if (state.step.name === "undone") return reread(state);
  if (state.step.name === "no-mailbox") return reread({ ...state, me: undefined });
  if (state.step.name !== "failed") return stay(state);
  switch (state.step.where) {
    case "opening":
      return step(state, { on: "start" });
    case "looking":
      return state.mark.kind === "sent" ? { state: { ...state, step: { name: "reading" } }, effects: [{ do: "message", id: state.mark.id }] } : reread(state);
    case "sending":
      return retryable(state.step.failure.kind) && state.check.answered ? collect(state, key) : reread(state);
    case "checking":
      return reread(state);
  }
}

function reread(state: State): Next {
  const next: State = { ...state, step: { name: "reading" }, note: undefined, check: { ...state.check, asked: undefined, answered: false } };
  return { state: next, effects: [glanceWithText, ...(state.me === undefined ? [{ do: "me" } as const] : [])] };
}

function onTimer(state: State, event: Event & { on: "timer" }): Next {
  switch (event.timer) {
    case "settle":
      return writing(state) ? { state, effects: [glanceWithText] } : stay(state);
    case "look":
      if (!writing(state) || state.step.name === "failed") return stay(state);
      return { state, effects: [{ do: "glance", text: state.looks + 1 >= looksPerText }] };
    case "recheck":
      return state.step.name === "failed" && state.step.where === "checking" ? reread(state) : stay(state);
    case "tick": case "close": case "mark": case "watch": case "late":
      return show(state, event);
  }
}
