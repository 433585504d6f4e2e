import { describe, expect, it } from "vitest";
import type { FailureKind } from "../src/steps/failure.js";
import type { State } from "../src/steps/state.js";
import { box, file, glanceOf, id, messageOf, opened, person } from "./world.js";

const press = { on: "press", key: "press-1" } as const;

describe("never twice", () => {
  it("uses the same key again for the same content, while nobody knows what became of it", async () => {
    const { w, r } = await opened((w) => w.fail("send", { kind: "offline" }));
    r.tell(press);
    await w.pass(0);
    expect(r.state().step).toMatchObject({ name: "failed", where: "sending" });
    expect(w.markNow).toEqual({ kind: "secure" });
    r.tell({ on: "retry", key: "press-2" });
    await w.pass(0);
    expect(w.sent.map((s) => s.key)).toEqual(["press-1", "press-1"]);
    expect(r.state().step.name).toBe("held");
  });
  it("takes a new key once the service has refused", async () => {
    const { w, r } = await opened((w) => w.fail("send", { kind: "busy", retryAfterMs: 1000 }));
    r.tell(press);
    await w.pass(0);
    r.tell({ on: "retry", key: "press-2" });
    await w.pass(0);
    expect(w.sent.map((s) => s.key)).toEqual(["press-1", "press-2"]);
  });
  it("remembers the press when the window is closed in the middle, and uses its key when it is opened again", async () => {
    const first = await opened((w) => w.fail("send", { kind: "unreachable" }));
    first.r.tell(press);
    await first.w.pass(0);
    const second = await opened((w) => { w.kept = first.w.kept; w.markNow = first.w.markNow; });
    second.r.tell({ on: "press", key: "press-9" });
    await second.w.pass(0);
    expect(second.w.sent.map((s) => s.key)).toEqual(["press-1"]);
  });
  it("looks for the mail among the accepted when the draft has changed since an unclear send", async () => {
    const { w, r, name } = await opened((w) => w.fail("send", { kind: "unreachable" }));
    r.tell(press);
    await w.pass(0);
    w.textNow = { html: true, content: "<p>Rettet</p>" };
    w.listed = [messageOf("sending")];
    r.tell({ on: "retry", key: "press-2" });
    await w.pass(0);
    expect(w.sent).toHaveLength(1);
    expect(r.state().note).toBe("found");
    expect(w.markNow).toEqual({ kind: "sent", id });
    expect(name()).toBe("done");
    const other = await opened((w) => w.fail("send", { kind: "unreachable" }));
    other.r.tell(press);
    await other.w.pass(0);
    other.w.textNow = { html: true, content: "<p>Rettet</p>" };
    other.w.listed = [messageOf("sent", { subject: "Et andet" })];
    other.r.tell({ on: "retry", key: "press-2" });
    await other.w.pass(0);
    expect(other.w.sent.map((s) => s.key)).toEqual(["press-1", "press-2"]);
  });
  it("finds a mail that was accepted and could not be shown", async () => {
    const { w, r } = await opened((w) => { w.fail("send", { kind: "unclear", code: "accepted_not_shown" }); w.listed = [messageOf("sending")]; });
    r.tell(press);
    await w.pass(0);
    expect(r.state()).toMatchObject({ note: "found", mark: { kind: "sent", id } });
  });
  it("does not lose sight of the press when Outlook cannot mark the draft, and says so", async () => {
    const { w, r } = await opened((w) => w.fail("mark sent", ...Array.from({ length: 9 }, () => ({ kind: "office" as const }))));
    r.tell(press);
    await w.pass(8_000);
    expect(r.state().note).toBe("mark_failed");
    expect(w.kept.map((p) => p.key)).toEqual(["press-1"]);
    r.tell({ on: "press", key: "press-2" });
    expect(w.sent).toHaveLength(1);
  });
  it.each([["sending", "watching"], ["sent", "done"], ["failed", "undelivered"], ["unknown", "undelivered"], ["cancelled", "ready"]] as const)("shows what became of a draft that was sent before: %s", async (after, step) => {
    const { w, r, name } = await opened((w) => { w.markNow = { kind: "sent", id }; w.after = after; });
    expect(name()).toBe(step);
    if (after === "cancelled") return;
    r.tell(press);
    await w.pass(60_000);
    expect(w.sent).toEqual([]);
    expect(w.requests).toEqual([]);
    expect(w.calls).not.toContain("close"); // not under the hands of who opened it
  });
  it("does not send a draft that another pane has sent meanwhile", async () => {
    const { w, r, name } = await opened();
    w.markNow = { kind: "sent", id };
    r.tell(press);
    await w.pass(0);
    expect(w.sent).toEqual([]);
    expect(name()).toBe("done");
  });
  it("does not offer a draft that is marked as sent and cannot be looked up", async () => {
    const { w, r } = await opened((w) => { w.markNow = { kind: "sent", id }; w.fail("message", { kind: "not_found", status: 404 }); });
    expect(r.state().step).toMatchObject({ name: "failed", where: "looking" });
    r.tell(press);
    await w.pass(0);
    expect(w.sent).toEqual([]);
  });
});

describe("every failure leaves the draft as it was", () => {
  const kinds: FailureKind[] = ["offline", "unreachable", "server", "busy", "refused", "invalid", "forbidden", "sign_in_refused", "sign_in_needed"];
  it("has kinds", () => expect(kinds.length).toBeGreaterThan(5));
  it.each(kinds)("of the send: %s", async (kind) => {
    const { w, r } = await opened((w) => w.fail("send", { kind }));
    const before = structuredClone({ glance: w.glanceNow, text: w.textNow });
    r.tell(press);
    await w.pass(0);
    expect(["failed", "sign-in"]).toContain(r.state().step.name);
    expect({ glance: w.glanceNow, text: w.textNow }).toEqual(before);
    expect(w.calls).not.toContain("recipients");
    expect(w.calls).not.toContain("close");
    expect(w.markNow.kind).toBe("secure"); // ordinary Send stays held back
    if (r.state().step.name === "sign-in") r.tell({ on: "sign-in" });
    else r.tell({ on: "retry", key: "k2" });
    await w.pass(0);
    expect(["ready", "held"]).toContain(r.state().step.name);
  });
  const read: [string, (w: Parameters<Parameters<typeof opened>[0] & object>[0]) => void, Partial<State["step"]> & object][] = [
    ["a file that stays empty", (w) => { w.glanceNow = glanceOf([person("bo@region.example")], { attachments: [file("a.pdf")] }); w.contents.set("id-of-a.pdf", [{ format: "base64", content: "" }]); }, { name: "failed", failure: { kind: "attachment_unreadable", name: "a.pdf" } }],
    ["a file that turns out to be in the cloud", (w) => { w.glanceNow = glanceOf([person("bo@region.example")], { attachments: [file("b.docx")] }); w.contents.set("id-of-b.docx", [{ format: "url", content: "https://x.sharepoint.com" }]); }, { name: "failed", failure: { kind: "attachment_cloud", name: "b.docx" } }],
    ["a file that is no base64", (w) => { w.glanceNow = glanceOf([person("bo@region.example")], { attachments: [file("c.pdf")] }); w.contents.set("id-of-c.pdf", [{ format: "base64", content: "~~~~" }]); }, { name: "failed", failure: { kind: "attachment_unreadable", name: "c.pdf", code: "base64" } }],
  ];
  it.each(read)("of reading: %s", async (_name, change, step) => {
    const { w, r } = await opened(change);
    r.tell(press);
    await w.pass(30_000);
    expect(r.state().step).toMatchObject(step);
    expect(w.sent).toEqual([]);
  });
  it("reads a file that is empty at first once more, alone", async () => {
    const { w, r } = await opened((w) => { w.glanceNow = glanceOf([person("bo@region.example")], { attachments: [file("a.pdf")] });
      w.contents.set("id-of-a.pdf", [{ format: "base64", content: "" }, { format: "base64", content: "" }, { format: "base64", content: btoa("done") }]); });
    r.tell(press);
    await w.pass(2_000);
    expect(w.sent).toHaveLength(1);
    expect(await w.sent[0]?.parts[0]?.content.text()).toBe("done");
  });
  it("takes the mark off again when the person wants ordinary mail after all", async () => {
    const { w, r } = await opened((w) => { w.markNow = { kind: "secure" }; });
    r.tell({ on: "unmark" });
    await w.pass(0);
    expect(w.markNow.kind).toBe("none");
    expect(r.state()).toMatchObject({ mark: { kind: "none" }, note: "unmarked" });
  });
  it("opens a letter, and keeps its text where Outlook cannot", async () => {
    const { w, r } = await opened((w) => w.fail("letter", { kind: "office" }));
    r.tell({ on: "ask", letter: { to: "a@b.example", subject: "s", text: "t" } });
    await w.pass(0);
    expect(r.state()).toMatchObject({ note: "letter_failed", letter: { to: "a@b.example" } });
  });
  it("says when Outlook cannot change the recipients", async () => {
    const { w, r } = await opened((w) => w.fail("recipients", { kind: "office" }));
    r.tell({ on: "remove", address: "bo@region.example" });
    await w.pass(0);
    expect(r.state().note).toBe("recipients_failed");
  });
});

it("sends from the mailbox that was shown", async () => {
  const { w, r } = await opened();
  r.tell(press);
  await w.pass(0);
  expect(w.sent[0]?.draft).toMatchObject({ mailbox: box, language: "da", to: [{ address: "bo@region.example", name: "Bo" }], body: { html: "<p>Hej</p>" } });
});
