import { afterEach, describe, expect, it, vi } from "vitest";
import { createClient, type ClientOptions } from "../src/service/client.js";
import { EventParser } from "../src/service/events.js";
import { createMemory } from "../src/service/memory.js";
import { multipart } from "../src/service/multipart.js";
import { failureOfAnswer, parseProblem, retryAfterMs } from "../src/service/problem.js";
import { upload } from "../src/service/upload.js";
import { Failed } from "../src/steps/failure.js";
import { box, id, messageOf } from "./world.js";

afterEach(() => vi.useRealTimers());

const problem = (status: number, code: string, more: object = {}) => JSON.stringify({ type: "about:blank", title: "", status, code, detail: "", say: { da: "dansk", en: "english" }, ...more });

describe("problems", () => {
  it.each([[401, "sign_in_needed"], [403, "forbidden"], [404, "not_found"], [409, "refused"], [413, "invalid"], [415, "invalid"], [422, "refused"], [429, "busy"], [503, "busy"], [500, "server"], [400, "invalid"]] as const)("%d is %s", (status, kind) => {
    expect(failureOfAnswer(status, problem(status, "some_code"), null, 0)).toMatchObject({ kind, status, code: "some_code", say: { da: "dansk" } });
  });
  it("takes a proxy's answers for what they are", () => {
    expect(failureOfAnswer(502, "<html>Bad Gateway", null, 0)).toEqual({ kind: "unclear", status: 502 });
    expect(failureOfAnswer(504, "", null, 0).kind).toBe("unclear");
    expect(failureOfAnswer(502, problem(502, "accepted_not_shown"), null, 0).kind).toBe("unclear");
    expect(failureOfAnswer(502, problem(502, "graph_rejected"), null, 0).kind).toBe("server");
  });
  it("shows nothing that has not the agreed form", () => {
    for (const odd of ["", "null", "[]", "{}", '{"code":"x","status":400}', '{"code":"x","status":400,"say":{"da":1,"en":"x"}}', '{"code":1,"status":400,"say":{"da":"x","en":"x"}}']) expect(parseProblem(odd)).toBeUndefined();
    const recipients = [{ address: "a@b.example", code: "no_certificate", say: { da: "x", en: "x" } }, { address: 1 }, null];
    expect(parseProblem(problem(422, "recipients_refused", { recipients }))?.recipients).toEqual([recipients[0]]);
  });
  it("waits as long as it is told, within reason", () => {
    expect([retryAfterMs("7", 0), retryAfterMs("Thu, 01 Jan 1970 00:00:09 GMT", 4000), retryAfterMs("x", 0), retryAfterMs("-1", 0), retryAfterMs(null, 0), retryAfterMs("999999", 0)])
      .toEqual([7000, 5000, undefined, undefined, undefined, 600_000]);
  });
});

describe("the body of a mail", () => {
  it("carries the draft first, names with any letter, and bytes as they are", async () => {
    const bytes = new Uint8Array([0, 13, 10, 45, 45, 255]);
    const body = multipart({ mailbox: box, subject: "æ" }, [{ field: "inline:a@b", name: "p.png", type: "image/png", content: new Blob([bytes]) }, { field: "file", name: 'Re: "Møde" \\ 3/12\r\nX: y', type: "text/plain", content: new Blob([]) }], "B");
    const text = Buffer.from(await body.arrayBuffer()).toString("latin1");
    expect(text.startsWith(`--B\r\nContent-Disposition: form-data; name="draft"\r\nContent-Type: application/json\r\n\r\n{"mailbox":`)).toBe(true);
    expect(text).toContain('name="inline:a@b"; filename="p.png"\r\nContent-Type: image/png\r\n\r\n\0\r\n--\xff\r\n--B');
    expect(Buffer.from(text, "latin1").toString("utf8")).toContain('filename="Re: \\"Møde\\" \\\\ 3/12__X: y"');
    expect(text.endsWith("\r\n--B--\r\n")).toBe(true);
  });
});

describe("events", () => {
  const stream = ": still here\n\nid: 1\nevent: accepted\ndata: {\"a\":\ndata: 1}\n\nid: 2\r\nevent: sent\r\ndata: {}\r\n\r\nevent: end\ndata: {}\n\n";
  const want = [{ id: "1", event: "accepted", data: '{"a":\n1}' }, { id: "2", event: "sent", data: "{}" }, { id: "2", event: "end", data: "{}" }];
  it("come whole, however the stream is cut", () => {
    for (let size = 1; size <= stream.length; size++) {
      const parser = new EventParser(), got = [];
      for (let at = 0; at < stream.length; at += size) got.push(...parser.push(stream.slice(at, at + size)));
      expect(got).toEqual(want);
    }
  });
});

class Request extends EventTarget {
  readonly upload = new EventTarget();
  status = 0;
  responseText = "";
  sent: [string, string][] = [];
  body: Blob | undefined;
  headers: Record<string, string> = {};
  open(): void { /* nothing is sent in a test */ }
  setRequestHeader(name: string, value: string): void { this.sent.push([name, value]); }
  getResponseHeader(name: string): string | null { return this.headers[name] ?? null; }
  send(body: Blob): void { this.body = body; this.begun(this); }
  abort(): void { this.dispatchEvent(new Event("abort")); }
  constructor(private readonly begun: (r: Request) => void) { super(); }
  progress(loaded: number): void { this.upload.dispatchEvent(Object.assign(new Event("progress"), { loaded })); }
  answer(status: number, text: string): void { this.status = status; this.responseText = text; this.dispatchEvent(new Event("load")); }
}

describe("an upload", () => {
  const start = (begun: (r: Request) => void, stop = new AbortController(), progress = vi.fn<(sent: number, total: number) => void>()) =>
    ({ progress, stop, done: upload({ url: "/x", headers: {}, body: new Blob(["0123456789"]), progress, stop: stop.signal, stallMs: 1000, online: () => false, request: () => new Request(begun) as unknown as XMLHttpRequest }) });
  it("tells how much has left", async () => {
    const { done, progress } = start((r) => { r.progress(4); r.upload.dispatchEvent(new Event("load")); r.answer(202, "{}"); });
    expect((await done).status).toBe(202);
    expect(progress.mock.calls).toEqual([[4, 10], [10, 10]]);
  });
  it("stops when asked to, before and during", async () => {
    const during = start(() => undefined);
    during.stop.abort();
    await expect(during.done).rejects.toMatchObject({ failure: { code: "stopped" } });
    const before = new AbortController();
    before.abort();
    await expect(start(() => expect.fail("sent"), before).done).rejects.toBeInstanceOf(Failed);
  });
  it("is given up when nothing moves, and says offline of a broken line", async () => {
    vi.useFakeTimers();
    const stalled = start((r) => r.progress(1));
    const failed = expect(stalled.done).rejects.toMatchObject({ failure: { kind: "unreachable" } });
    await vi.advanceTimersByTimeAsync(1001);
    await failed;
    await expect(start((r) => r.dispatchEvent(new Event("error"))).done).rejects.toMatchObject({ failure: { kind: "offline" } });
  });
});

describe("the client", () => {
  function client(answers: ((url: string, init: RequestInit) => Response)[], more: Partial<ClientOptions> = {}) {
    const calls: { url: string; init: RequestInit }[] = [], tokens = vi.fn<(fresh: boolean) => Promise<string>>((fresh) => Promise.resolve(fresh ? "fresh" : "old"));
    const service = createClient({ base: "", language: "en", tokens, now: () => Date.parse("2026-11-27T23:00:00Z"), online: () => true, request: () => expect.fail("no upload"),
      fetch: (url, init) => {
        const address = url as string;
        calls.push({ url: address, init: init ?? {} });
        const next = answers.shift();
        return next === undefined ? Promise.reject(new TypeError("network")) : Promise.resolve(next(address, init ?? {}));
      }, ...more });
    return { service, calls, tokens };
  }
  const json = (value: unknown, status = 200, headers: Record<string, string> = {}) => () => new Response(JSON.stringify(value), { status, headers });

  it("asks with a token and the person's language, and once again with a fresh one", async () => {
    const { service, calls, tokens } = client([json({}, 401), json({ name: "Anna" })]);
    expect(await service.me()).toEqual({ name: "Anna" });
    expect(calls.map((c) => (c.init.headers as Record<string, string>)["Authorization"])).toEqual(["Bearer old", "Bearer fresh"]);
    expect(tokens.mock.calls).toEqual([[false], [true]]);
    const refused = client([json({}, 401), json({}, 401), json({})]);
    await expect(refused.service.me()).rejects.toMatchObject({ failure: { kind: "sign_in_needed" } });
    expect(refused.calls).toHaveLength(2);
  });
  it("says what a network and a foreign page are", async () => {
    await expect(client([]).service.me()).rejects.toMatchObject({ failure: { kind: "unreachable" } });
    await expect(client([], { online: () => false }).service.me()).rejects.toMatchObject({ failure: { kind: "offline" } });
    await expect(client([() => new Response("<html>Sign in to the Wi-Fi")]).service.me()).rejects.toMatchObject({ failure: { kind: "server", code: "no_json" } });
  });
  it("counts the undo window by the service's clock", async () => {
    const message = messageOf("sending", { heldUntil: "2026-11-27T10:00:10Z" });
    const held = client([json(message, 200, { Date: "Fri, 27 Nov 2026 10:00:03 GMT" })]);
    expect((await held.service.message(id)).heldMs).toBe(6001);
    const ended = client([json({ ...message, state: "sent" }, 200, { Date: "Fri, 27 Nov 2026 10:00:03 GMT" })]);
    expect((await ended.service.message(id)).heldMs).toBe(0);
  });
  it("sends with the key of the press, again with a fresh token, and gives the answer", async () => {
    const requests: Request[] = [];
    const statuses = [401, 202];
    const { service } = client([], { request: () => {
      const r = new Request(() => queueMicrotask(() => { r.headers["Date"] = "Fri, 27 Nov 2026 10:00:00 GMT"; r.answer(statuses.shift() ?? 500, JSON.stringify(messageOf("sending", { heldUntil: "2026-11-27T10:00:10Z" }))); }));
      requests.push(r);
      return r as unknown as XMLHttpRequest;
    } });
    const { heldMs, message } = await service.send({ mailbox: box }, [], "press-1", () => undefined, new AbortController().signal);
    expect([heldMs, message.id]).toEqual([9001, id]);
    expect(requests.map((r) => Object.fromEntries(r.sent)["Authorization"])).toEqual(["Bearer old", "Bearer fresh"]);
    expect(Object.fromEntries(requests[1]?.sent ?? [])["Idempotency-Key"]).toBe("press-1");
  });
  it("takes an acceptance that it cannot read for unclear, not for a failure", async () => {
    const { service } = client([], { request: () => { const r = new Request(() => queueMicrotask(() => r.answer(202, "<html>"))); return r as unknown as XMLHttpRequest; } });
    await expect(service.send({ mailbox: box }, [], "k", () => undefined, new AbortController().signal)).rejects.toMatchObject({ failure: { kind: "unclear" } });
  });
  it("follows a message, and goes on after the last event when the stream breaks off", async () => {
    const stream = (text: string) => () => new Response(text, { headers: { "Content-Type": "text/event-stream" } });
    const { service, calls } = client([stream("id: 1\nevent: accepted\ndata: {}\n\nid: 2\nevent: dr"), stream("id: 2\nevent: drafting\ndata: {}\n\nevent: end\ndata: {}\n\n")]);
    const happened = vi.fn();
    await service.watch(id, happened, new AbortController().signal);
    expect(happened).toHaveBeenCalledTimes(2);
    expect(calls.map((c) => (c.init.headers as Record<string, string>)["Last-Event-ID"])).toEqual([undefined, "1"]);
  });
  it("takes back by DELETE, and says when it is too late", async () => {
    const { service, calls } = client([() => new Response(null, { status: 204 }), json(JSON.parse(problem(409, "message_on_its_way")), 409)]);
    await service.takeBack(id);
    expect([calls[0]?.init.method, calls[0]?.url]).toEqual(["DELETE", `/v1/messages/${id}`]);
    await expect(service.takeBack(id)).rejects.toMatchObject({ failure: { status: 409, code: "message_on_its_way" } });
  });
});

describe("what is remembered of presses", () => {
  const pending = { key: "k", digest: "d", about: "a", at: 1 };
  it("outlives the pane, and is forgotten by what it is about", () => {
    const kept = new Map<string, string>();
    const storage = { getItem: (k: string) => kept.get(k) ?? null, setItem: (k: string, v: string) => void kept.set(k, v) } as unknown as Storage;
    createMemory(() => storage).note(pending);
    const again = createMemory(() => storage);
    expect(again.pending()).toEqual([pending]);
    again.forget("a");
    expect(createMemory(() => storage).pending()).toEqual([]);
  });
  it("holds without storage, and takes nothing odd out of it", () => {
    const none = createMemory(() => { throw new Error("blocked"); });
    none.note(pending);
    expect(none.pending()).toEqual([pending]);
    for (const odd of ["{", "{}", '[{"key":"ø"}]', "[null]"]) expect(createMemory(() => ({ getItem: () => odd }) as unknown as Storage).pending()).toEqual([]);
  });
});
