// The middle of the way: from the press to the service's answer.
import { consider, mailboxOf, sendable } from "./draft.js";
import type { Answer } from "./ports.js";
import type { Effect, Event, Next, State } from "./state.js";

type Sending = Extract<Event, { on: "press" | "collecting" | "collected" | "already-sent" | "progress" | "accepted" | "stopped" | "searched" | "cancel" }>;

export function sending(state: State, event: Sending): Next {
  switch (event.on) {
    case "press":
      // The second press of two finds another step, and nothing happens.
      return sendable(state) ? collect(state, event.key) : { state, effects: [] };
    case "collecting":
      return state.step.name === "collecting" ? { state: { ...state, step: { ...state.step, file: { place: event.place, of: event.of, name: event.name } } }, effects: [] } : { state, effects: [] };
    case "collected":
      return collected(state, event);
    case "already-sent":
      // Another pane of the same draft was quicker.
      return { state: { ...state, mark: { kind: "sent", id: event.id }, step: { name: "reading" }, note: "found" }, effects: [{ do: "message", id: event.id }] };
    case "progress":
      if (state.step.name !== "uploading" || state.step.key !== event.key) return { state, effects: [] };
      return { state: { ...state, step: { ...state.step, sent: event.sent, total: event.total, whole: state.step.whole || event.sent >= event.total } }, effects: [] };
    case "cancel":
      if (state.step.name === "collecting") return draftAgain({ ...state, note: "stopped" }, [{ do: "stop" }, { do: "drop" }]);
      // What has left whole may be accepted at any moment: taking back is then the service's to do, not the network's.
      return state.step.name === "uploading" && !state.step.whole ? { state, effects: [{ do: "stop" }] } : { state, effects: [] };
    case "stopped":
      return state.step.name === "uploading" && state.step.key === event.key ? draftAgain({ ...state, note: "stopped" }, []) : { state, effects: [] };
    case "accepted":
      if (state.step.name !== "uploading" || state.step.key !== event.key) return { state, effects: [] };
      if (event.answer.message.state === "cancelled" && state.step.key !== state.step.press) {
        // The earlier press was taken back in another pane: this one is a new one after all.
        return { state: { ...state, step: { ...state.step, key: state.step.press } }, effects: [{ do: "send", key: state.step.press }] };
      }
      return accepted(state, event.answer, event.now);
    case "searched":
      if (state.step.name !== "uploading") return { state, effects: [] };
      if (event.answer !== undefined) return accepted({ ...state, note: "found" }, event.answer, event.now);
      if (event.then === "send") return { state, effects: [{ do: "send", key: state.step.key }] };
      return { state: { ...state, step: { name: "failed", failure: { kind: "unclear" }, where: "sending" } }, effects: [] };
  }
}

export function collect(state: State, key: string): Next {
  const mailbox = mailboxOf(state);
  if (mailbox === undefined || state.mark.kind === "sent") return { state, effects: [] };
  return {
    state: { ...state, step: { name: "collecting", key }, note: undefined, letter: undefined },
    effects: [{ do: "no-timer", timer: "look" }, { do: "no-timer", timer: "settle" }, { do: "collect", key, mailbox }],
  };
}

/**
 * The draft has been read as it goes out. It goes only if it is what was checked and shown: other recipients, a warning that was
 * not there before, or a picture that cannot be found send the person back to look.
 */
function collected(state: State, event: Event & { on: "collected" }): Next {
  if (state.step.name !== "collecting" || state.step.key !== event.key) return { state, effects: [] };
  const c = event.collected;
  const mark = { kind: "secure" } as const;
  const whole: State = { ...state, mark, glance: c.glance, scan: c.scan, cprInSubject: c.cprInSubject, missingPictures: c.missingPictures };
  const next = consider(whole);
  if (!sendable(next.state)) return { state: { ...next.state, note: "draft_changed" }, effects: [{ do: "drop" }, ...next.effects] };
  const known = c.pending.find((p) => p.digest === c.digest);
  // The same content under the same key is accepted once, however often it is sent. Other content to the same people, while it is
  // not known what became of the first, is looked for before it is sent.
  const key = known?.key ?? event.key;
  const uploading: State = { ...whole, missingPictures: c.missingPictures, step: { name: "uploading", key, press: event.key, sent: 0, total: 0, whole: false } };
  const mailbox = mailboxOf(state);
  if (known === undefined && c.pending.length > 0 && mailbox !== undefined) {
    return { state: uploading, effects: [{ do: "search", mailbox, then: "send" }] };
  }
  return { state: uploading, effects: [{ do: "send", key }] };
}

function accepted(state: State, answer: Answer, now: number): Next {
  const { message, heldMs } = answer;
  const mark: Effect = { do: "mark", mark: { kind: "sent", id: message.id } };
  // In the state at once, whatever becomes of the mark on the draft: this pane does not send it again.
  const next: State = { ...state, message, mark: { kind: "sent", id: message.id }, markTries: 0 };
  if (heldMs > 0) {
    return {
      state: { ...next, step: { name: "held", until: now + heldMs, seconds: Math.ceil(heldMs / 1000) } },
      effects: [mark, { do: "timer", timer: "tick", ms: 1000 }],
    };
  }
  return { state: { ...next, step: { name: "watching", late: false } }, effects: [mark, ...watching(next)] };
}

export function watching(state: State): Effect[] {
  const { message } = state;
  if (message === undefined) return [];
  return [{ do: "watch", id: message.id }, { do: "remember", addresses: message.recipients.map((r) => r.address) }, { do: "timer", timer: "late", ms: 30_000 }];
}

/** Back to the draft, which is as it was. */
export function draftAgain(state: State, effects: readonly Effect[]): Next {
  const next = consider({ ...state, step: { name: "reading" } });
  return { state: next.state, effects: [...effects, ...next.effects] };
}
