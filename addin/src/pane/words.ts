import type { Sentence } from "../service/types.js";
import type { Settings } from "../settings.js";
import type { Language } from "../steps/ports.js";
import type { Event, State } from "../steps/state.js";
import { fill, texts, type Text } from "../texts.js";

/** What every part of the view needs. */
export interface Context {
  readonly language: Language;
  readonly settings: Settings;
  readonly tell: (event: Event) => void;
  readonly press: () => void;
  readonly retry: () => void;
}

export function say(c: Context, text: Text, values?: Readonly<Record<string, string | number>>): string {
  return fill(texts[text][c.language], values);
}

export function sentence(c: Context, s: Sentence): string {
  return s[c.language];
}

/** Where the receipt goes: the mailbox that the mail was or will be sent as. */
export function receiptMailbox(state: State): string {
  return state.message?.mailbox ?? state.check.result?.mailbox ?? "";
}

export function megabytes(c: Context, bytes: number): string {
  return (bytes / 1_000_000).toLocaleString(c.language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
}
