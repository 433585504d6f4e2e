// The pane. Joins Outlook, the service and signing in to the steps, and shows each state.
//
// For whoever tries it from outside, these stay:
//
//   #pane[data-state]   starting signing-in sign-in reading checking no-mailbox empty ready warned blocked collecting uploading held
//                       undoing undone watching done undelivered failed
//   #heading            what the state is, in words        #status       role=status: what a screen reader says
//   #explanation        the line below it                  #note[data-note]   stopped draft_changed too_late undo_failed mark_failed
//                                                                        recipients_failed letter_failed found unmarked
//   #from               select, or output where there is one mailbox
//   #recipients > li[data-address][data-route]             data-route: internal smime refused unresolved unchecked, or after sending
//                                                          queued drafting sending sent rejected unknown
//     button[data-action]                                  remove ask use
//   #notices > li[data-code][data-weight]                  codes in steps/judge.ts; weights stop yes note
//   #yes                checkbox of a warned state         #send         aria-disabled where it does nothing; #send-why says why
//   #sealed-before #first-run #dismiss #unmark #letter #letter-read
//   #progress #cancel #undo #retry #sign-in #close #stay #closing #tell #again #support
//   #failure[data-kind] kinds in steps/failure.ts          #whole        that the draft is as it was
//   html[data-theme]    light dark, where Outlook tells
import { language, ready, supports } from "../office/client.js";
import { ask } from "../office/dialog.js";
import { outlook, watchDraft } from "../office/outlook.js";
import { watchTheme } from "../office/theme.js";
import { contains } from "../guard/cpr.js";
import { createClient } from "../service/client.js";
import { createMemory } from "../service/memory.js";
import { parseSettings } from "../settings.js";
import { createSignIn } from "../signin/signin.js";
import type { Clock, Language } from "../steps/ports.js";
import { run } from "../steps/run.js";
import { initial, type State } from "../steps/state.js";
import { show } from "./dom.js";
import { status, view } from "./view.js";
import type { Context } from "./words.js";

const clock: Clock = {
  now: () => Date.now(),
  after: (ms, then) => {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};
/** Outlook that has not begun by then does not begin. */
const startTime = 30_000;

const pane = element("pane"), live = element("status");
const settings = parseSettings(document.querySelector<HTMLMetaElement>('meta[name="sendsikker"]')?.content);

void start();

async function start(): Promise<void> {
  const begun = await Promise.race([ready().then(() => true), new Promise<boolean>((resolve) => setTimeout(() => resolve(false), startTime))]);
  const spoken: Language = begun ? language() : navigator.language.startsWith("da") ? "da" : "en";
  document.documentElement.lang = spoken;

  const nestable = begun && supports("NestedAppAuth", "1.1");
  const msal = () => import("../signin/msal.js").then((module) => module.nested(settings));
  if (nestable) void import("../signin/msal.js").catch(() => undefined); // on its way while the draft is read; a failure is said when it is needed
  const signIn = createSignIn({ nestable, load: msal, now: () => Date.now(), ask: (fits) => ask(new URL("signin.html", window.location.href).href, fits) });
  const service = createClient({
    base: "", language: spoken, tokens: (fresh) => signIn.tokens(fresh), fetch: (...a) => fetch(...a), request: () => new XMLHttpRequest(), now: () => Date.now(), online: () => navigator.onLine,
  });
  const memory = createMemory(() => window.localStorage);
  const newKey = () => crypto.randomUUID();
  const steps = run({ ports: { office: outlook(), service, signIn, clock, memory }, language: spoken, hasCPR: contains, shown: (state) => render(context, state) });
  const context: Context = {
    language: spoken, settings, tell: (event) => steps.tell(event), press: () => steps.tell({ on: "press", key: newKey() }), retry: () => steps.tell({ on: "retry", key: newKey() }),
  };
  render(context, initial);
  if (!begun) {
    steps.tell({ on: "failed", doing: "open", failure: { kind: "office", code: "start" }, now: clock.now() });
    return;
  }
  void watchTheme((theme) => { document.documentElement.dataset["theme"] = theme; }).catch(() => undefined);
  steps.tell({ on: "start" });
  void watchDraft(() => steps.tell({ on: "changed" })).catch(() => undefined); // without a draft, the start has said so
}

function render(context: Context, state: State): void {
  const before = document.activeElement;
  pane.dataset["state"] = state.step.name;
  show(pane, view(context, state));
  if (before !== null && before !== document.body && before !== document.activeElement) {
    // What had the focus may have been moved, or be gone with its step: then the new heading has it, and not the top of the page.
    const to = before.isConnected ? before : document.getElementById("heading");
    if (to instanceof HTMLElement) to.focus({ preventScroll: before.isConnected });
  }
  const said = status(context, state);
  if (live.textContent !== said) live.textContent = said;
}

function element(id: string): HTMLElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no ${id}`);
  return found;
}
