// The whole way as data. Nothing here does anything: see step.ts for what follows on what, and run.ts for who does it.
import type { Me, Message, Preflight, PreflightRequest } from "../service/types.js";
import type { Failure } from "./failure.js";
import type { Notice } from "./judge.js";
import type { Answer, Client, Glance, Letter, Mark, Opened, Pending, Recipients } from "./ports.js";
import type { Scan } from "./scan.js";

/** Where on the way something failed, and so where trying again goes on. */
export type Where = "opening" | "checking" | "sending" | "looking";

export type Step =
  | { readonly name: "starting" | "signing-in" | "reading" | "checking" | "no-mailbox" | "empty" | "ready" | "warned" | "blocked" | "undone" }
  | { readonly name: "sign-in"; readonly failure: Failure }
  | { readonly name: "collecting"; readonly key: string; readonly file?: { readonly place: number; readonly of: number; readonly name: string } }
  /**
   * `whole`: every byte has left, so that breaking off would no longer keep the mail from being sent. `press` is the key that this press
   * brought along; `key` is the one in use, which is an earlier press's where nobody knows what became of that.
   */
  | { readonly name: "uploading"; readonly key: string; readonly sent: number; readonly total: number; readonly whole: boolean; readonly press: string }
  /** Until then (the clock's milliseconds) the service certainly takes the mail back. */
  | { readonly name: "held"; readonly until: number; readonly seconds: number }
  | { readonly name: "undoing"; readonly until: number }
  | { readonly name: "watching"; readonly late: boolean }
  /** closingIn: seconds until the draft is closed; undefined where it is not closed by itself. */
  | { readonly name: "done"; readonly closingIn: number | undefined; readonly tell: boolean }
  | { readonly name: "failed"; readonly failure: Failure; readonly where: Where }
  /** The service sent it, and some of it did not arrive, or nobody knows. */
  | { readonly name: "undelivered" };

export type StepName = Step["name"];

/** A line that comes beside the step. */
export type Note = "stopped" | "draft_changed" | "too_late" | "undo_failed" | "mark_failed" | "recipients_failed" | "letter_failed" | "found" | "unmarked";

export interface State {
  readonly step: Step;
  readonly client: Client | undefined;
  readonly mark: Mark;
  readonly firstRun: boolean;
  readonly signedIn: boolean;
  readonly me: Me | undefined;
  readonly glance: Glance | undefined;
  readonly scan: Scan | undefined;
  readonly cprInSubject: boolean;
  /** Found only when the draft was collected; kept until the draft changes. */
  readonly missingPictures: number;
  /** The mailbox that was chosen by hand. */
  readonly chosen: string | undefined;
  /** The last answer stays while the next is waited for: `answered` says whether it is about what was asked last. */
  readonly check: { readonly number: number; readonly asked: string | undefined; readonly answered: boolean; readonly result: Preflight | undefined };
  /** The question (see judge.ts) that the person said yes to. */
  readonly yes: string | undefined;
  readonly note: Note | undefined;
  readonly letter: Letter | undefined;
  readonly message: Message | undefined;
  readonly markTries: number;
  /** How often Outlook has been looked at since the text was last read. */
  readonly looks: number;
}

export interface Collected {
  readonly glance: Glance;
  readonly scan: Scan;
  readonly cprInSubject: boolean;
  readonly missingPictures: number;
  readonly digest: string;
  /** Presses that no answer is known of, of a mail to the same people under the same subject. */
  readonly pending: readonly Pending[];
}

/** One event for each name, so that a switch tells them apart. */
type Bare<Name extends string> = Name extends string ? { readonly on: Name } : never;

export type Timer = "settle" | "look" | "recheck" | "tick" | "close" | "mark" | "watch" | "late";

export type Event =
  | { readonly on: "start" }
  | { readonly on: "opened"; readonly opened: Opened }
  | { readonly on: "signed-in" }
  | { readonly on: "me"; readonly me: Me }
  | { readonly on: "glanced"; readonly glance: Glance; readonly scan: Scan | undefined; readonly cprInSubject: boolean }
  | { readonly on: "checked"; readonly number: number; readonly preflight: Preflight }
  | { readonly on: "collecting"; readonly place: number; readonly of: number; readonly name: string }
  | { readonly on: "collected"; readonly collected: Collected; readonly key: string }
  | { readonly on: "already-sent"; readonly id: string }
  | { readonly on: "progress"; readonly key: string; readonly sent: number; readonly total: number }
  | { readonly on: "accepted"; readonly answer: Answer; readonly now: number; readonly key: string }
  | { readonly on: "stopped"; readonly key: string }
  | { readonly on: "searched"; readonly answer: Answer | undefined; readonly now: number; readonly then: "send" | "give-up" }
  | { readonly on: "taken-back" }
  | { readonly on: "message"; readonly answer: Answer; readonly now: number }
  | { readonly on: "watch-ended" }
  | { readonly on: "marked"; readonly mark: Mark }
  | { readonly on: "written" }
  | { readonly on: "closed" }
  | { readonly on: "failed"; readonly doing: Effect["do"]; readonly failure: Failure; readonly number?: number; readonly key?: string; readonly now: number }
  | { readonly on: "timer"; readonly timer: Timer; readonly now: number }
  /** Outlook says that the draft changed. */
  | { readonly on: "changed" }
  // What the person does.
  | { readonly on: "press"; readonly key: string }
  | { readonly on: "retry"; readonly key: string }
  | Bare<"cancel" | "undo" | "sign-in" | "close" | "stay" | "unmark" | "again" | "dismiss" | "letter-read">
  | { readonly on: "choose"; readonly mailbox: string }
  | { readonly on: "yes"; readonly said: boolean }
  | { readonly on: "remove"; readonly address: string }
  | { readonly on: "replace"; readonly address: string; readonly by: string }
  | { readonly on: "ask"; readonly letter: Letter };

export type Effect =
  | { readonly do: "open" | "me" | "unwatch" | "seen" | "close" | "stop" | "drop" | "forget" }
  | { readonly do: "sign-in"; readonly ask: boolean }
  | { readonly do: "glance"; readonly text: boolean }
  | { readonly do: "preflight"; readonly number: number; readonly request: PreflightRequest }
  | { readonly do: "collect"; readonly key: string; readonly mailbox: string }
  | { readonly do: "send"; readonly key: string }
  | { readonly do: "search"; readonly mailbox: string; readonly then: "send" | "give-up" }
  | { readonly do: "take-back"; readonly id: string }
  | { readonly do: "message"; readonly id: string }
  | { readonly do: "watch"; readonly id: string }
  | { readonly do: "mark"; readonly mark: Mark }
  | { readonly do: "recipients"; readonly recipients: Partial<Recipients> }
  | { readonly do: "letter"; readonly letter: Letter }
  | { readonly do: "remember"; readonly addresses: readonly string[] }
  | { readonly do: "timer"; readonly timer: Timer; readonly ms: number }
  | { readonly do: "no-timer"; readonly timer: Timer };

export interface Next {
  readonly state: State;
  readonly effects: readonly Effect[];
}

/** What is derived from a state, for whoever shows it. */
export interface Verdict {
  readonly notices: readonly Notice[];
  readonly mailbox: string | undefined;
  readonly recipients: number;
}

export const initial: State = {
  step: { name: "starting" }, client: undefined, mark: { kind: "none" }, firstRun: false, signedIn: false, me: undefined, glance: undefined, scan: undefined,
  cprInSubject: false, missingPictures: 0, chosen: undefined, check: { number: 0, asked: undefined, answered: false, result: undefined }, yes: undefined, note: undefined,
  letter: undefined, message: undefined, markTries: 0, looks: 0,
};
