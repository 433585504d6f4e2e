// Runs the built guard as classic Outlook does: in an engine that knows ES2016 and Office, and nothing else.
import { readFileSync } from "node:fs";
import vm from "node:vm";

export const bundle = readFileSync(new URL("../../dist/guard.js", import.meta.url), "utf8");
const script = new vm.Script(bundle);

export const settings = { domains: ["aau.example"], rules: { cpr: "block", marked: "block", channel: "ask" } };

/** What one asynchronous call of Outlook does with its callback. */
export type Answers = (callback: (result: unknown) => void) => void;

export interface Outlook {
  to: Answers;
  cc: Answers;
  bcc: Answers;
  headers: Answers;
  subject: Answers;
  body: Answers;
  attachments: Answers;
  roaming: () => unknown;
  mailbox: string; // the highest requirement set
  language: string;
}

export function succeeds(value: unknown): Answers {
  return (callback) => callback({ status: "succeeded", value });
}

export function outlook(change: Partial<Outlook> = {}): Outlook {
  return {
    to: succeeds([{ emailAddress: "nancy@partner.example", displayName: "Nancy" }]), cc: succeeds([]), bcc: succeeds([]), headers: succeeds({}), subject: succeeds("Mødet"), body: succeeds("Vi ses."),
    attachments: succeeds([{ name: "dagsorden.pdf" }]), roaming: () => undefined, mailbox: "1.16", language: "da-DK", ...change,
  };
}

export interface Completion {
  allowEvent?: unknown;
  errorMessage?: unknown;
  commandId?: unknown;
  cancelLabel?: unknown;
  sendModeOverride?: unknown;
}

type Handler = (event: unknown) => void;

export interface Engine {
  readonly handlers: Record<string, Handler>;
  readonly completions: Completion[];
  readonly most: () => number; // calls of Outlook that were open at once
  readonly bodyType: () => unknown;
  send(): void;
}

export function stub(o: Outlook): { office: Record<string, unknown>; most: () => number; bodyType: () => unknown; handlers: Record<string, Handler> } {
  const handlers: Record<string, Handler> = {};
  let open = 0;
  let most = 0;
  let bodyType: unknown;
  const call = (answers: Answers, callback: unknown): void => {
    if (typeof callback !== "function") throw new TypeError("no callback");
    most = Math.max(most, ++open);
    answers((result) => {
      open--;
      (callback as (result: unknown) => void)(result);
    });
  };
  const field = (answers: Answers): object => ({ getAsync: (callback: unknown) => call(answers, callback) });
  const office = {
    onReady: () => undefined,
    actions: { associate: (name: string, handler: Handler) => { handlers[name] = handler; } },
    context: {
      displayLanguage: o.language,
      requirements: { isSetSupported: (set: string, version: string) => set === "Mailbox" && Number(version.slice(2)) <= Number(o.mailbox.slice(2)) },
      roamingSettings: { get: (key: string) => (key === "sendsikkerSealedBefore" ? o.roaming() : undefined) },
      mailbox: { item: {
        to: field(o.to), cc: field(o.cc), bcc: field(o.bcc), subject: field(o.subject),
        body: { getAsync: (type: unknown, callback: unknown) => { bodyType = type; call(o.body, callback); } },
        internetHeaders: { getAsync: (names: unknown, callback: unknown) => {
          if (!Array.isArray(names) || names.join() !== "x-send-sikker") throw new TypeError("another header");
          call(o.headers, callback);
        } },
        getAttachmentsAsync: (callback: unknown) => call(o.attachments, callback),
      } },
    },
  };
  return { office, most: () => most, bodyType: () => bodyType, handlers };
}

// What came to the language after ES2016; Node.js has it all, classic Outlook may not.
const younger = `
  for (const name of ["Promise", "BigInt", "SharedArrayBuffer", "Atomics", "WebAssembly", "WeakRef", "FinalizationRegistry", "Iterator", "AggregateError", "console", "escape", "unescape"]) delete globalThis[name];
  for (const name of ["entries", "values", "fromEntries", "getOwnPropertyDescriptors", "hasOwn", "groupBy"]) delete Object[name];
  for (const name of ["padStart", "padEnd", "trimStart", "trimEnd", "matchAll", "replaceAll", "at", "isWellFormed", "toWellFormed"]) delete String.prototype[name];
  for (const name of ["flat", "flatMap", "at", "findLast", "findLastIndex", "toSorted", "toReversed", "toSpliced", "with"]) delete Array.prototype[name];
  delete globalThis.globalThis;`;

/** Loads the guard; globals are what the engine has besides, such as the settings and timers. */
export function load(o: Outlook, globals: Record<string, unknown> = { SendSikkerSettings: settings }, spoil?: (office: Record<string, unknown>) => void): Engine {
  const s = stub(o);
  const context = vm.createContext({ ...globals, Office: s.office });
  vm.runInContext(younger, context);
  script.runInContext(context);
  spoil?.(s.office);
  const completions: Completion[] = [];
  return {
    handlers: s.handlers, completions, most: s.most, bodyType: s.bodyType,
    send: () => s.handlers["onMessageSendHandler"]?.({ completed: (options: Completion) => completions.push(options) }),
  };
}
