// The service, as openapi.yaml has it. Same origin; no cookie; the token is asked for with every call and never kept here.
import { Failed } from "../steps/failure.js";
import type { Answer, Language, Part, ServicePort } from "../steps/ports.js";
import { EventParser } from "./events.js";
import { multipart } from "./multipart.js";
import { failureOfAnswer, networkFailed } from "./problem.js";
import type { Draft, Me, Message, Preflight, PreflightRequest } from "./types.js";
import { upload } from "./upload.js";

/** Gives an access token for the service; fresh means that the last one was refused. Throws Failed. */
export type Tokens = (fresh: boolean) => Promise<string>;

export interface ClientOptions {
  readonly base: string;
  readonly language: Language;
  readonly tokens: Tokens;
  readonly fetch: (...call: Parameters<typeof fetch>) => Promise<Response>;
  readonly request: () => XMLHttpRequest;
  readonly now: () => number;
  readonly online: () => boolean;
}

/** The service asks directories outside for certificates, and gives up on them after some seconds. */
const answerTime = 30_000;
/** The service's own patience with an upload that stands still is shorter. */
const stallTime = 120_000;
/** A beat comes every twenty seconds. */
const silence = 60_000;

export function createClient(o: ClientOptions): ServicePort {
  return {
    me: () => json<Me>("GET", "/v1/me"),
    preflight: (request: PreflightRequest) => json<Preflight>("POST", "/v1/preflight", request),
    message: async (id) => {
      const { value, date } = await call("GET", `/v1/messages/${encodeURIComponent(id)}`);
      return answer(value as Message, date);
    },
    messages: async (mailbox, since) =>
      (await json<{ messages: readonly Message[] }>("GET", `/v1/messages?${new URLSearchParams({ mailbox, since: since.toISOString(), limit: "100" }).toString()}`)).messages,
    takeBack: async (id) => {
      await call("DELETE", `/v1/messages/${encodeURIComponent(id)}`);
    },
    send,
    watch,
  };

  async function json<T>(method: string, path: string, body?: unknown): Promise<T> {
    return (await call(method, path, body)).value as T;
  }

  async function call(method: string, path: string, body?: unknown): Promise<{ value: unknown; date: string | null }> {
    const response = await authorized((token) => ask(method, path, token, body));
    const text = await read(response);
    if (!response.ok) throw failed(response.status, text, response.headers.get("Retry-After"));
    if (response.status === 204) return { value: undefined, date: null };
    try {
      return { value: JSON.parse(text) as unknown, date: response.headers.get("Date") };
    } catch {
      throw new Failed({ kind: "server", status: response.status, code: "no_json" }); // a proxy's sign-in page, for one
    }
  }

  function ask(method: string, path: string, token: string, body: unknown, more: Record<string, string> = {}, stop: AbortSignal = AbortSignal.timeout(answerTime)): Promise<Response> {
    const headers = { ...common(token), ...more, ...(body === undefined ? {} : { "Content-Type": "application/json" }) };
    return o.fetch(o.base + path, { method, headers, cache: "no-store", credentials: "omit", redirect: "error", signal: stop,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }) }).catch(() => { throw networkFailed(o.online()); });
  }

  async function read(response: Response): Promise<string> {
    try {
      return await response.text();
    } catch {
      throw networkFailed(o.online());
    }
  }

  function common(token: string): Record<string, string> {
    return { Authorization: `Bearer ${token}`, "Accept-Language": o.language };
  }

  /** A token can end between two calls: once, and only once, a refused call is made again with a fresh one. */
  async function authorized<R extends { readonly status: number }>(make: (token: string) => Promise<R>): Promise<R> {
    const first = await make(await o.tokens(false));
    return first.status === 401 ? make(await o.tokens(true)) : first;
  }

  function failed(status: number, body: string, retryAfter: string | null): Failed {
    return new Failed(failureOfAnswer(status, body, retryAfter, o.now()));
  }

  /** By the service's clock, which is the one that counts: this machine's may be wrong by hours. */
  function answer(message: Message, date: string | null): Answer {
    const there = date === null ? NaN : Date.parse(date);
    const until = message.heldUntil === undefined || message.state !== "sending" ? NaN : Date.parse(message.heldUntil);
    // Date has whole seconds and leaves the rest out (RFC 9110 section 5.6.7): nothing is promised that may be over.
    const left = until - (Number.isNaN(there) ? o.now() : there + 999);
    return { message, heldMs: Number.isNaN(left) ? 0 : Math.max(0, left) };
  }

  async function send(draft: Draft, parts: readonly Part[], key: string, progress: (sent: number, total: number) => void, stop: AbortSignal): Promise<Answer> {
    const boundary = `sendsikker-${crypto.randomUUID()}`;
    const body = multipart(draft, parts, boundary);
    const got = await authorized((token) => upload({
      url: `${o.base}/v1/messages`, body, progress, stop, stallMs: stallTime, request: o.request, online: o.online,
      headers: { ...common(token), "Idempotency-Key": key, "Content-Type": `multipart/form-data; boundary=${boundary}` },
    }));
    if (got.status !== 202) throw failed(got.status, got.body, got.header("Retry-After"));
    try {
      return answer(JSON.parse(got.body) as Message, got.header("Date"));
    } catch {
      throw new Failed({ kind: "unclear", status: got.status, code: "no_json" });
    }
  }

  /** EventSource cannot carry a token, so the stream is read by hand. Resolves at the event `end`, or when the stream breaks off for good. */
  async function watch(id: string, happened: () => void, stop: AbortSignal): Promise<void> {
    let last = "";
    for (let tries = 0; tries < 3; tries++) {
      const stream = new AbortController();
      const end = () => stream.abort();
      stop.addEventListener("abort", end);
      let timer = setTimeout(end, silence);
      try {
        const resume: Record<string, string> = last === "" ? {} : { "Last-Event-ID": last };
        const response = await authorized((token) => ask("GET", `/v1/messages/${encodeURIComponent(id)}/events`, token, undefined, resume, stream.signal));
        if (!response.ok || response.body === null) throw failed(response.status, await read(response), response.headers.get("Retry-After"));
        const reader = response.body.getReader(), parser = new EventParser(), decoder = new TextDecoder();
        for (;;) {
          const { done, value } = await reader.read().catch(() => ({ done: true, value: undefined })); // it goes on after the last event
          if (done || value === undefined) break;
          clearTimeout(timer);
          timer = setTimeout(end, silence);
          for (const event of parser.push(decoder.decode(value, { stream: true }))) {
            if (event.event === "end") return;
            last = event.id;
            tries = 0;
            happened();
          }
        }
      } finally {
        clearTimeout(timer);
        stop.removeEventListener("abort", end);
        stream.abort();
      }
      if (stop.aborted) return;
    }
  }
}
