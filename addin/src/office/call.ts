// Outlook's functions end in a callback, sometimes never do, and on the web answer wrongly when more than three run at once.
import { Failed } from "../steps/failure.js";

/** One fewer than Outlook on the web takes: an event handler of Outlook's own may be under way. */
const atOnce = 2;
const patience = 20_000;
/** Seen now and then just after a start, and gone a moment later: 5001 on Mac, 9021 while a save is under way. */
const passing = [5001, 9021];
const tries = 3;

type Callback<T> = (result: Office.AsyncResult<T>) => void;

let running = 0;
const waiting: (() => void)[] = [];

export interface CallOptions {
  readonly ms?: number;
  /** What has an effect is not repeated. */
  readonly once?: boolean;
}

/** Calls Outlook when its turn has come. Fails with Failed: `office` and Outlook's number, or `timeout`. */
export async function call<T>(start: (callback: Callback<T>) => void, options: CallOptions = {}): Promise<T> {
  for (let i = 1; ; i++) {
    await turn();
    try {
      return await attempt(start, options.ms ?? patience);
    } catch (cause) {
      const code = cause instanceof Failed ? Number(cause.failure.code) : NaN;
      if (options.once === true || i >= tries || !passing.includes(code)) throw cause;
    } finally {
      running--;
      waiting.shift()?.();
    }
    await new Promise((resolve) => setTimeout(resolve, 400 * i));
  }
}

/** Calls Outlook to do something, which answers nothing. */
export function act(start: (callback: Callback<void>) => void, options: CallOptions = {}): Promise<void> {
  return call(start, options);
}

async function turn(): Promise<void> {
  while (running >= atOnce) await new Promise<void>((resolve) => waiting.push(resolve));
  running++;
}

function attempt<T>(start: (callback: Callback<T>) => void, ms: number): Promise<T> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Failed({ kind: "office", code: "timeout" })), ms);
    const done: Callback<T> = (result) => {
      clearTimeout(timer);
      // The name and not the enumeration: it is a string in every client, and the enumeration is not there in a test.
      if (String(result.status) === "succeeded") resolve(result.value);
      else reject(new Failed({ kind: "office", code: String((result.error as Office.Error | undefined)?.code ?? "unknown") }));
    };
    try {
      start(done); // some throw instead of answering, for what the client does not have
    } catch (cause) {
      clearTimeout(timer);
      reject(new Failed({ kind: "office", code: cause instanceof Error ? cause.name : "thrown" }));
    }
  });
}
