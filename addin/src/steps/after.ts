// The last part of the way: what the service does with the mail it has accepted, and every failure.
import { recheckTime, writing } from "./draft.js";
import { retryable, type Failure } from "./failure.js";
import { watching } from "./sending.js";
import type { Effect, Event, Next, State, Where } from "./state.js";

/** Long enough to read what stands there and to say that it shall stay (WCAG 2.2, 2.2.1: twenty seconds). */
export const closeTime = 20;
const markTries = 4;

type After = Extract<Event, { on: "undo" | "taken-back" | "message" | "watch-ended" | "marked" | "close" | "closed" | "stay" | "again" }>;

export function afterwards(state: State, event: After): Next {
  const { step } = state;
  switch (event.on) {
    case "undo":
      if (step.name !== "held" || state.message === undefined) return same(state);
      return { state: { ...state, step: { name: "undoing", until: step.until }, note: undefined }, effects: [{ do: "no-timer", timer: "tick" }, { do: "take-back", id: state.message.id }] };
    case "taken-back":
      return step.name === "undoing" ? takenBack(state) : same(state);
    case "message":
      return message(state, event);
    case "watch-ended":
      return step.name === "watching" && state.message !== undefined ? { state, effects: [{ do: "message", id: state.message.id }, { do: "timer", timer: "watch", ms: 5_000 }] } : same(state);
    case "marked":
      return same({ ...state, markTries: 0, note: state.note === "mark_failed" ? undefined : event.mark.kind === "none" ? "unmarked" : state.note,
        mark: event.mark.kind === "sent" || state.mark.kind === "sent" ? state.mark : event.mark }, event.mark.kind === "sent" ? [{ do: "forget" }] : []);
    case "close":
      return step.name === "done" || step.name === "undelivered" ? { state: { ...state, step: step.name === "done" ? { ...step, closingIn: undefined } : step }, effects: [{ do: "no-timer", timer: "close" }, { do: "close" }] } : same(state);
    case "closed":
      return same(state); // the pane is gone with the draft
    case "stay":
      return step.name === "done" ? { state: { ...state, step: { ...step, closingIn: undefined } }, effects: [{ do: "no-timer", timer: "close" }] } : same(state);
    case "again":
      return rewrite(state);
  }
}

function same(state: State, effects: readonly Effect[] = []): Next {
  return { state, effects };
}

/** Nothing of it is sent. The draft is whole, and still one that is to be sent securely. */
function takenBack(state: State): Next {
  return { state: { ...state, step: { name: "undone" }, message: undefined, mark: { kind: "secure" } }, effects: [{ do: "unwatch" }, { do: "forget" }, { do: "mark", mark: { kind: "secure" } }] };
}

function message(state: State, event: Event & { on: "message" }): Next {
  const { message: now, heldMs } = event.answer;
  if (state.mark.kind !== "sent" || now.id !== state.mark.id) return same(state);
  const next = { ...state, message: now };
  const { name } = state.step;
  if (name === "undoing") {
    if (now.state === "cancelled") return takenBack(next);
    return heldMs > 0 ? held(next, event.now, heldMs, "undo_failed") : toWatching({ ...next, note: "undo_failed" });
  }
  if (name === "reading") {
    if (now.state === "cancelled") {
      const cancelled = takenBack(next);
      return { state: { ...cancelled.state, step: { name: "reading" } }, effects: [...cancelled.effects, { do: "glance", text: true }] };
    }
    if (now.state === "sending") return heldMs > 0 ? held(next, event.now, heldMs, state.note) : toWatching(next);
    // Opened again after it was sent: it is shown, and not closed under the person's hands.
    const tell = !(state.client?.canClose ?? false);
    return same({ ...next, step: now.state === "sent" ? { name: "done", closingIn: undefined, tell } : { name: "undelivered" } });
  }
  return name === "watching" ? ended(next) : same(state);
}

function held(state: State, now: number, ms: number, note: State["note"]): Next {
  return { state: { ...state, note, step: { name: "held", until: now + ms, seconds: Math.ceil(ms / 1000) } }, effects: [{ do: "timer", timer: "tick", ms: 1000 }] };
}

function toWatching(state: State): Next {
  const next: State = { ...state, step: { name: "watching", late: false } };
  return { state: next, effects: watching(next) };
}

function ended(state: State): Next {
  const quiet: Effect[] = [{ do: "unwatch" }, { do: "no-timer", timer: "watch" }, { do: "no-timer", timer: "late" }];
  switch (state.message?.state) {
    case "sent": {
      const closes = state.client?.canClose ?? false;
      return {
        state: { ...state, step: { name: "done", closingIn: closes ? closeTime : undefined, tell: !closes } },
        effects: closes ? [...quiet, { do: "timer", timer: "close", ms: 1000 }] : quiet,
      };
    }
    case "failed": case "unknown":
      return { state: { ...state, step: { name: "undelivered" } }, effects: quiet };
    case "cancelled": {
      const back = takenBack(state);
      return { state: back.state, effects: [...quiet, ...back.effects] };
    }
    case "sending": case undefined:
      return same(state);
  }
}

/** Once more to those who certainly did not get it, and to nobody else. */
function rewrite(state: State): Next {
  const { message } = state;
  if (state.step.name !== "undelivered" || message === undefined) return same(state);
  const lost = (field: "to" | "cc" | "bcc") => message.recipients.filter((r) => r.field === field && r.state === "rejected").map((r) => ({ name: r.name ?? "", address: r.address }));
  const recipients = { to: lost("to"), cc: lost("cc"), bcc: lost("bcc") };
  if (recipients.to.length + recipients.cc.length + recipients.bcc.length === 0) return same(state);
  return {
    state: { ...state, mark: { kind: "secure" }, message: undefined, glance: undefined, step: { name: "reading" }, check: { ...state.check, asked: undefined, answered: false } },
    effects: [{ do: "recipients", recipients }, { do: "mark", mark: { kind: "secure" } }, ...(state.me === undefined ? [{ do: "me" } as const] : [])],
  };
}

/** The timers of this part of the way. */
export function show(state: State, event: Event & { on: "timer" }): Next {
  const { step } = state;
  switch (event.timer) {
    case "tick": {
      if (step.name !== "held") return same(state);
      const left = Math.ceil((step.until - event.now) / 1000);
      return left > 0 ? { state: { ...state, step: { ...step, seconds: left } }, effects: [{ do: "timer", timer: "tick", ms: 1000 }] } : toWatching(state);
    }
    case "close": {
      if (step.name !== "done" || step.closingIn === undefined) return same(state);
      const left = step.closingIn - 1;
      if (left <= 0) return { state: { ...state, step: { ...step, closingIn: undefined } }, effects: [{ do: "close" }] };
      return { state: { ...state, step: { ...step, closingIn: left } }, effects: [{ do: "timer", timer: "close", ms: 1000 }] };
    }
    case "mark":
      return { state, effects: [{ do: "mark", mark: state.mark }] };
    case "watch":
      return step.name === "watching" && state.message !== undefined ? { state, effects: [{ do: "watch", id: state.message.id }] } : same(state);
    case "late":
      return step.name === "watching" ? same({ ...state, step: { ...step, late: true } }) : same(state);
    case "settle": case "look": case "recheck":
      return same(state);
  }
}

/** What follows on a failure. Nothing here touches the draft. */
export function failureOfDraft(state: State, event: Event & { on: "failed" }): Next {
  const { failure } = event;
  const fail = (where: Where, more: readonly Effect[] = [], from: State = state): Next => {
    if (failure.kind === "sign_in_needed" || failure.kind === "sign_in_cancelled") return { state: { ...from, signedIn: false, step: { name: "sign-in", failure } }, effects: more };
    return { state: { ...from, step: { name: "failed", failure, where } }, effects: more };
  };
  switch (event.doing) {
    case "open":
      return fail("opening");
    case "sign-in":
      return state.step.name === "signing-in" ? { state: { ...state, step: signInStep(failure) }, effects: [] } : same(state);
    case "me":
      return state.mark.kind === "sent" ? same(state) : fail("checking", again(failure));
    case "glance":
      // Outlook answers now and then that it is busy; what was read before still stands, and everything is read again at the press.
      if (!writing(state)) return same(state);
      return state.glance !== undefined && state.step.name !== "reading" ? { state, effects: [{ do: "timer", timer: "look", ms: 3_000 }] } : fail("checking", again(failure));
    case "preflight":
      if (event.number !== state.check.number || state.step.name !== "checking") return same(state);
      return fail("checking", again(failure), { ...state, check: { ...state.check, asked: undefined } });
    case "collect":
      return state.step.name === "collecting" && state.step.key === event.key ? fail("sending", [{ do: "drop" }]) : same(state);
    case "send":
      if (state.step.name !== "uploading" || state.step.key !== event.key) return same(state);
      if (failure.kind === "unclear" && state.check.result !== undefined) {
        return { state, effects: [{ do: "search", mailbox: state.check.result.mailbox, then: "give-up" }] };
      }
      return fail("sending");
    case "search":
      return state.step.name === "uploading" ? fail("sending", [{ do: "drop" }]) : same(state);
    case "take-back":
      if (state.step.name !== "undoing" || state.message === undefined) return same(state);
      if (failure.status === 409) return toWatching({ ...state, note: "too_late" });
      return { state, effects: [{ do: "message", id: state.message.id }] }; // the answer was lost, perhaps not what was asked
    case "message":
      return messageFailed(state, event);
    case "mark":
      return markFailed(state);
    case "recipients":
      // Also of those that one of three fields was already changed: the draft is read again.
      return { state: { ...state, note: "recipients_failed" }, effects: [{ do: "glance", text: false }] };
    case "letter":
      return same({ ...state, note: "letter_failed" });
    case "close":
      return state.step.name === "done" ? same({ ...state, step: { ...state.step, closingIn: undefined, tell: true } }) : same(state);
    case "watch": case "unwatch": case "seen": case "stop": case "drop": case "forget": case "remember": case "timer": case "no-timer":
      return same(state);
  }
}

function signInStep(failure: Failure): State["step"] {
  const byPressing = failure.kind !== "offline" && failure.kind !== "unreachable" && failure.kind !== "sign_in_unavailable";
  return byPressing ? { name: "sign-in", failure } : { name: "failed", failure, where: "opening" };
}

function again(failure: Failure): Effect[] {
  return retryable(failure.kind) ? [{ do: "timer", timer: "recheck", ms: Math.max(failure.retryAfterMs ?? 0, recheckTime) }] : [];
}

function messageFailed(state: State, event: Event & { on: "failed" }): Next {
  const { step } = state;
  if (step.name === "undoing") {
    const left = step.until - event.now;
    return left > 0 ? held(state, event.now, left, "undo_failed") : toWatching({ ...state, note: "undo_failed" });
  }
  if (step.name === "watching") return same(state, [{ do: "timer", timer: "watch", ms: 5_000 }]);
  return step.name === "reading" ? same({ ...state, step: { name: "failed", failure: event.failure, where: "looking" } }) : same(state);
}

function markFailed(state: State): Next {
  const tries = state.markTries + 1;
  const next: State = { ...state, markTries: tries, note: state.mark.kind === "sent" && tries >= 2 ? "mark_failed" : state.note };
  return { state: next, effects: tries < markTries ? [{ do: "timer", timer: "mark", ms: 1000 * tries }] : [] };
}
