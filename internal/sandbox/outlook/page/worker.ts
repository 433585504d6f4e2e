// Where the send guard runs: a worker, which like classic Outlook's engine has no DOM and no storage. It loads the real bundle,
// calls its handler for OnMessageSend with a stub event, and tells the compose window what came of it.
import { AsyncResultStatus, CoercionType, EventType, HostType, MailboxEnums, PlatformType } from "./enums";
import type { Answer } from "./host";
import { type Line, makeItem } from "./item";
import type { Profile } from "./profile";

export interface Start { guard: string; handler: string; profile: Profile; language: string; roaming: Record<string, unknown>; persona: { name: string; address: string }; reply: string }
export type ToWorker = { start: Start } | { id: number; answer: Answer };
export type FromWorker = { call: { id: number; method: string; args: readonly unknown[] } } | { completed: Completed } | { failed: string };
export interface Completed { allowEvent?: boolean; errorMessage?: string; errorMessageMarkdown?: string; cancelLabel?: string; commandId?: string; contextData?: unknown; sendModeOverride?: string }

declare function importScripts(address: string): void;
const scope = globalThis as unknown as { onmessage: ((e: MessageEvent<ToWorker>) => void) | null; postMessage(message: FromWorker): void } & Record<string, unknown>;

const waiting = new Map<number, (answer: Answer) => void>();
let ids = 0;
const line: Line = (method, args) => new Promise((resolve) => {
  waiting.set(++ids, resolve);
  scope.postMessage({ call: { id: ids, method, args } });
});

scope.onmessage = ({ data }) => {
  if ("answer" in data) {
    waiting.get(data.id)?.(data.answer);
    waiting.delete(data.id);
    return;
  }
  try {
    run(data.start);
  } catch (e) {
    scope.postMessage({ failed: String(e) });
  }
};
(globalThis as unknown as { addEventListener(type: string, listener: (e: { reason: unknown }) => void): void }).addEventListener("unhandledrejection", (e) =>
  scope.postMessage({ failed: String(e.reason) }));

function run(start: Start): void {
  const handlers = new Map<string, (event: unknown) => void>();
  const jsOnly = start.profile.guard === "script";
  if (jsOnly) for (const name of ["fetch", "XMLHttpRequest", "indexedDB", "caches", "navigator", "location", "crypto"]) Reflect.defineProperty(scope, name, { value: undefined, configurable: true });
  scope["Office"] = {
    AsyncResultStatus, CoercionType, EventType, HostType, MailboxEnums, PlatformType,
    actions: { associate: (name: string, handler: (event: unknown) => void) => void handlers.set(name, handler) },
    // The engine without DOM does not run what waits for Office to be ready.
    onReady: (callback?: (info: unknown) => void) => (jsOnly ? new Promise(() => undefined) : Promise.resolve().then(() => callback?.({ host: "Outlook", platform: start.profile.platform }))),
    context: {
      displayLanguage: start.language, contentLanguage: start.language, platform: start.profile.platform, host: "Outlook",
      requirements: { isSetSupported: (name: string, version = "1.1") => name === "Mailbox" && Number(version.split(".")[1]) <= start.profile.mailbox },
      roamingSettings: { get: (name: string) => start.roaming[name] },
      mailbox: {
        item: makeItem(line, start.profile, new Map(), start.reply),
        userProfile: { displayName: start.persona.name, emailAddress: start.persona.address },
        diagnostics: { hostName: start.profile.hostName, hostVersion: start.profile.hostVersion },
      },
    },
  };
  importScripts(start.guard);
  const handler = handlers.get(start.handler);
  if (handler === undefined) throw new Error(`the guard has no ${start.handler}`);
  let done = false;
  handler({
    completed: (options: Completed = {}) => {
      if (done) return; // an event is completed once
      done = true;
      const over = tooLong(options);
      scope.postMessage(over === "" ? { completed: structuredClone(options) } : { failed: over });
    },
  });
}

// tooLong holds what the guard says to Outlook's limits, which cut or refuse.
function tooLong(o: Completed): string {
  if ((o.errorMessage ?? "").length > 500) return "errorMessage is longer than 500 characters";
  if ((o.errorMessageMarkdown ?? "").length > 500) return "errorMessageMarkdown is longer than 500 characters";
  if ((o.cancelLabel ?? "").length > 20) return "cancelLabel is longer than 20 characters";
  return "";
}
