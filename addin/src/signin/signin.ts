// Gets access tokens for the service: silently where Outlook can, with a window only when the person has pressed a button.
import { Failed, failureOf, type Failure } from "../steps/failure.js";
import type { SignInPort } from "../steps/ports.js";
import type { Tokens } from "../service/client.js";
import type { Nested } from "./msal.js";

export interface Granted {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

export interface SignInOptions {
  /** Outlook has nested app authentication 1.1. */
  readonly nestable: boolean;
  readonly load: () => Promise<Nested | { readonly failure: Failure }>;
  /** Opens the window, and gives what its page says. */
  readonly ask: (fits: (message: unknown) => boolean) => Promise<string>;
  readonly now: () => number;
}

/** A token is no longer used this long before its end: an upload takes its time. */
const margin = 5 * 60_000;

/** The token is kept here, in memory, and nowhere else of ours; what MSAL keeps for nested authentication is MSAL's. */
export function createSignIn(o: SignInOptions): SignInPort & { readonly tokens: Tokens } {
  let nested: Promise<Nested> | undefined;
  let held: Granted | undefined;
  let byWindow = !o.nestable;

  async function application(): Promise<Nested> {
    nested ??= o.load().then(got);
    try {
      return await nested;
    } catch (cause) {
      nested = undefined; // the chunk may have failed to load: next time again
      throw cause instanceof Failed ? cause : new Failed({ kind: "unreachable", code: "msal" });
    }
  }

  async function get(fresh: boolean, ask: boolean): Promise<string> {
    if (!fresh && held !== undefined && held.until - margin > o.now()) return held.token;
    held = undefined;
    if (!byWindow) {
      try {
        held = await byOutlook(fresh, ask);
        return held.token;
      } catch (cause) {
        if (failureOf(cause).kind !== "sign_in_unavailable") throw cause;
        byWindow = true; // Outlook said that it could, and cannot
      }
    }
    if (!ask) throw new Failed({ kind: "sign_in_needed" });
    held = parseGranted(await o.ask(isGranted));
    return held.token;
  }

  async function byOutlook(fresh: boolean, ask: boolean): Promise<Granted> {
    const app = await application();
    try {
      return got(await app.silent(fresh));
    } catch (cause) {
      if (!ask || failureOf(cause).kind !== "sign_in_needed") throw cause;
      return got(await app.popup());
    }
  }

  return { signIn: async (ask) => { await get(false, ask); }, tokens: (fresh) => get(fresh, false) };
}

function got<T extends object>(outcome: T | { readonly failure: Failure }): T {
  if ("failure" in outcome) throw new Failed(outcome.failure);
  return outcome;
}

function isGranted(message: unknown): boolean {
  try {
    return typeof message === "string" && (JSON.parse(message) as { sendsikker?: unknown }).sendsikker === 1;
  } catch {
    return false;
  }
}

function parseGranted(message: string): Granted {
  const said = JSON.parse(message) as { token?: unknown; until?: unknown; failure?: Failure };
  if (typeof said.token === "string" && said.token !== "" && typeof said.until === "number") return { token: said.token, until: said.until };
  throw new Failed(said.failure !== undefined && typeof said.failure.kind === "string" ? said.failure : { kind: "sign_in_refused" });
}
