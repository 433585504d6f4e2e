import { describe, expect, it, vi } from "vitest";
import { createSignIn, type Granted } from "../src/signin/signin.js";
import type { Outcome } from "../src/signin/msal.js";
import type { FailureKind } from "../src/steps/failure.js";

const token = (name: string, until = 1e12): Granted => ({ token: name, until });
const failure = (kind: FailureKind): Outcome => ({ failure: { kind } });

function world(silent: Outcome[], popup: Outcome[] = [], nestable = true, said = "") {
  const calls: string[] = [];
  const next = (list: Outcome[], name: string) => { calls.push(name); return Promise.resolve(list.shift() ?? expect.fail(`${name} once too often`)); };
  const load = vi.fn(() => Promise.resolve({ silent: (fresh: boolean) => next(silent, fresh ? "fresh" : "silent"), popup: () => next(popup, "popup") }));
  const ask = vi.fn((fits: (m: unknown) => boolean) => (fits(said) ? Promise.resolve(said) : expect.fail("not taken")));
  return { calls, load, ask, signIn: createSignIn({ nestable, load, ask, now: () => 1_000_000 }) };
}

describe("signing in", () => {
  it("is silent where Outlook can, and asks once for many calls", async () => {
    const w = world([token("t")]);
    await w.signIn.signIn(false);
    expect([await w.signIn.tokens(false), await w.signIn.tokens(false)]).toEqual(["t", "t"]);
    expect(w.calls).toEqual(["silent"]);
  });
  it("opens a window only on a press", async () => {
    const w = world([failure("sign_in_needed"), failure("sign_in_needed")], [token("t")]);
    await expect(w.signIn.signIn(false)).rejects.toMatchObject({ failure: { kind: "sign_in_needed" } });
    expect(w.calls).toEqual(["silent"]);
    await w.signIn.signIn(true);
    expect(w.calls).toEqual(["silent", "silent", "popup"]);
  });
  it("gets a fresh token when one was refused, and one in time before it ends", async () => {
    const w = world([token("old", 1_000_001), token("new"), token("fresh")]);
    expect(await w.signIn.tokens(false)).toBe("old");
    expect(await w.signIn.tokens(false)).toBe("new");
    expect(await w.signIn.tokens(true)).toBe("fresh");
    expect(w.calls).toEqual(["silent", "silent", "fresh"]);
  });
  it("uses a window where Outlook cannot, also when Outlook said that it could", async () => {
    const said = JSON.stringify({ sendsikker: 1, token: "w", until: 1e12 });
    const ltsc = world([], [], false, said);
    await expect(ltsc.signIn.signIn(false)).rejects.toMatchObject({ failure: { kind: "sign_in_needed" } });
    await ltsc.signIn.signIn(true);
    expect(await ltsc.signIn.tokens(false)).toBe("w");
    expect(ltsc.load).not.toHaveBeenCalled();
    const broken = world([failure("sign_in_unavailable")], [], true, said);
    await broken.signIn.signIn(true);
    expect(await broken.signIn.tokens(false)).toBe("w");
  });
  it("tells why not", async () => {
    for (const kind of ["sign_in_cancelled", "sign_in_refused", "offline"] as const) {
      await expect(world([], [], false, JSON.stringify({ sendsikker: 1, failure: { kind } })).signIn.signIn(true)).rejects.toMatchObject({ failure: { kind } });
      await expect(world([failure(kind)]).signIn.signIn(true)).rejects.toMatchObject({ failure: { kind } });
    }
    await expect(world([], [], false, JSON.stringify({ sendsikker: 1, token: "" })).signIn.signIn(true)).rejects.toMatchObject({ failure: { kind: "sign_in_refused" } });
  });
  it("loads again what did not load", async () => {
    const w = world([token("t")]);
    w.load.mockRejectedValueOnce(new TypeError("Failed to fetch dynamically imported module"));
    await expect(w.signIn.signIn(false)).rejects.toMatchObject({ failure: { kind: "unreachable", code: "msal" } });
    await w.signIn.signIn(false);
    expect(w.calls).toEqual(["silent"]);
  });
});
