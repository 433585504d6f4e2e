import { describe, expect, it } from "vitest";
import { mailboxOf } from "../src/steps/draft.js";
import { file, glanceOf, id, meOf, messageOf, opened, person } from "./world.js";

const press = { on: "press", key: "press-1" } as const;

describe("opening", () => {
  it("signs in silently, reads and checks, and is ready", async () => {
    const { w, name } = await opened();
    expect(name()).toBe("ready");
    expect(w.calls).toContain("sign-in false");
    expect(w.requests).toHaveLength(1);
    expect(w.states.map((s) => s.step.name)).toContain("checking");
    expect(w.markNow.kind).toBe("none"); // looking marks nothing
  });
  it("asks for a press when Outlook cannot sign in silently, and opens a window only then", async () => {
    const { w, r, name } = await opened((w) => w.fail("sign-in false", { kind: "sign_in_needed" }));
    expect(name()).toBe("sign-in");
    r.tell({ on: "sign-in" });
    await w.pass(0);
    expect(name()).toBe("ready");
    expect(w.calls.filter((c) => c.startsWith("sign-in"))).toEqual(["sign-in false", "sign-in true"]);
  });
  it("says who may not send from anywhere", async () => {
    const { name } = await opened((w) => { w.meNow = meOf(); });
    expect(name()).toBe("no-mailbox");
  });
  it("waits for a recipient without asking the service", async () => {
    const { w, name } = await opened((w) => { w.glanceNow = glanceOf([]); });
    expect(name()).toBe("empty");
    expect(w.requests).toEqual([]);
  });
  it("cannot go on without a draft, and starts anew when asked to", async () => {
    const { w, r, name } = await opened((w) => w.fail("open", { kind: "no_item" }));
    expect(r.state().step).toMatchObject({ name: "failed", where: "opening", failure: { kind: "no_item" } });
    r.tell({ on: "retry", key: "k" });
    await w.pass(0);
    expect(name()).toBe("ready");
  });
  it("chooses the draft's own From, then what the service says, and lets it be changed by hand", async () => {
    const own = await opened((w) => { w.meNow = meOf("a@aau.example", "b@aau.example"); w.glanceNow = glanceOf([person("bo@region.example")], { from: "B@aau.example" }); });
    expect(own.w.requests[0]?.mailbox).toBe("b@aau.example");
    const theirs = await opened((w) => { w.meNow = meOf("a@aau.example", "b@aau.example"); w.preflightMore = { mailbox: "a@aau.example", mailboxWhy: "recent" }; });
    expect(theirs.w.requests[0]).not.toHaveProperty("mailbox");
    expect(mailboxOf(theirs.r.state())).toBe("a@aau.example");
    theirs.w.preflightMore = {};
    theirs.r.tell({ on: "choose", mailbox: "b@aau.example" });
    await theirs.w.pass(0);
    expect(theirs.w.requests.at(-1)?.mailbox).toBe("b@aau.example");
  });
});

describe("writing", () => {
  it("checks again shortly after recipients change, once for a burst of changes", async () => {
    const { w, r, name } = await opened();
    for (const address of ["nocert@firm.example", "c@firm.example"]) {
      w.glanceNow = glanceOf([...w.glanceNow.recipients.to, person(address)]);
      r.tell({ on: "changed" });
      await w.pass(100);
    }
    await w.pass(400);
    expect(w.requests).toHaveLength(2);
    expect(name()).toBe("blocked");
    r.tell({ on: "remove", address: "nocert@firm.example" });
    await w.pass(500);
    expect(w.glanceNow.recipients.to.map((p) => p.address)).toEqual(["bo@region.example", "c@firm.example"]);
    expect(name()).toBe("ready");
  });
  it("puts an address that works in the place of one that does not", async () => {
    const { w, r, name } = await opened((w) => { w.glanceNow = glanceOf([person("a@x.example"), person("nocert@firm.example")]); });
    r.tell({ on: "replace", address: "nocert@firm.example", by: "sikker@firm.example" });
    await w.pass(500);
    expect(w.glanceNow.recipients.to.map((p) => p.address)).toEqual(["a@x.example", "sikker@firm.example"]);
    expect(name()).toBe("ready");
  });
  it("sees a new subject, of which Outlook tells nothing, and wants a yes that a further warning undoes", async () => {
    const { w, r, name } = await opened();
    w.glanceNow = { ...w.glanceNow, subject: "CPR i emnet" };
    await w.pass(3_100);
    expect(name()).toBe("warned");
    r.tell(press);
    expect(name()).toBe("warned");
    r.tell({ on: "yes", said: true });
    w.preflightMore = { warnings: [{ code: "similar_address", address: "bo@regoin.example", similar: "bo@region.example", say: { da: "x", en: "x" } }] };
    w.glanceNow = { ...w.glanceNow, recipients: { to: [person("bo@regoin.example")], cc: [], bcc: [] } };
    r.tell({ on: "changed" });
    await w.pass(500);
    r.tell(press);
    expect(name()).toBe("warned");
    r.tell({ on: "yes", said: true });
    r.tell(press);
    await w.pass(0);
    expect(name()).toBe("held");
  });
  it("ignores the answer to a question that is no longer asked", async () => {
    const { r } = await opened();
    const before = r.state();
    r.tell({ on: "checked", number: 0, preflight: { ...(before.check.result ?? expect.fail("checked")), sendable: false } });
    expect(r.state()).toEqual(before);
  });
  it("keeps trying to check by itself, no sooner than the service asked for", async () => {
    const { w, r, name } = await opened((w) => w.fail("preflight", { kind: "busy", retryAfterMs: 60_000 }));
    expect(r.state().step).toMatchObject({ name: "failed", where: "checking" });
    await w.pass(59_000);
    expect(name()).toBe("failed");
    await w.pass(1_100);
    expect(name()).toBe("ready");
  });
  it("checks anew when the draft changes after a failed check", async () => {
    const { w, r, name } = await opened((w) => w.fail("preflight", { kind: "offline" }));
    r.tell({ on: "changed" });
    await w.pass(500);
    expect(name()).toBe("ready");
  });
});

describe("sending", () => {
  it("goes from the press over the undo window to the receipt, closes the draft, and remembers whom it went to", async () => {
    const { w, r, name } = await opened();
    r.tell(press);
    r.tell(press); // pressed twice
    await w.pass(0);
    expect(name()).toBe("held");
    expect(w.sent.map((s) => s.key)).toEqual(["press-1"]);
    expect(w.markNow).toEqual({ kind: "sent", id });
    expect(w.calls.indexOf("mark secure")).toBeLessThan(w.calls.indexOf("send"));
    expect(w.kept).toEqual([]);
    await w.pass(9_500);
    expect(r.state().step).toMatchObject({ name: "held", seconds: 1 });
    await w.pass(600);
    expect(name()).toBe("done");
    expect(w.sealed).toEqual(["bo@region.example"]);
    await w.pass(21_000);
    expect(w.calls.filter((c) => c === "close")).toHaveLength(1);
  });
  it("leaves the draft open when asked to, and tells how to clean up where Outlook cannot close", async () => {
    const stays = await opened((w) => { w.heldMs = 0; });
    stays.r.tell(press);
    await stays.w.pass(0);
    stays.r.tell({ on: "stay" });
    await stays.w.pass(60_000);
    expect(stays.w.calls).not.toContain("close");
    const ltsc = await opened((w) => { w.heldMs = 0; w.client = { kind: "classic", canClose: false, recipientCap: 500 }; });
    ltsc.r.tell(press);
    await ltsc.w.pass(3_000); // classic Outlook's text must be still for a while first
    expect(ltsc.r.state().step).toEqual({ name: "done", closingIn: undefined, tell: true });
    const refuses = await opened((w) => { w.heldMs = 0; w.fail("close", { kind: "office" }); });
    refuses.r.tell(press);
    await refuses.w.pass(0);
    refuses.r.tell({ on: "close" });
    await refuses.w.pass(0);
    expect(refuses.r.state().step).toMatchObject({ name: "done", tell: true });
  });
  it("undoes: nothing is sent, the draft may be sent again under a new key", async () => {
    const { w, r, name } = await opened();
    r.tell(press);
    await w.pass(2_000);
    r.tell({ on: "undo" });
    await w.pass(0);
    expect(name()).toBe("undone");
    expect(w.markNow).toEqual({ kind: "secure" });
    await w.pass(30_000);
    expect(name()).toBe("undone");
    r.tell({ on: "retry", key: "k" });
    await w.pass(0);
    r.tell({ on: "press", key: "press-2" });
    await w.pass(0);
    expect(w.sent.map((s) => s.key)).toEqual(["press-1", "press-2"]);
  });
  it("sends anew after an undo, also where Outlook could not mark the draft as sent before", async () => {
    const { w, r } = await opened((w) => w.fail("mark sent", { kind: "office" }, { kind: "office" }, { kind: "office" }, { kind: "office" }));
    r.tell(press);
    await w.pass(500);
    expect(w.kept.map((p) => p.key)).toEqual(["press-1"]);
    r.tell({ on: "undo" });
    await w.pass(0);
    r.tell({ on: "retry", key: "k" });
    await w.pass(0);
    r.tell({ on: "press", key: "press-2" });
    await w.pass(0);
    expect(w.sent.map((s) => s.key)).toEqual(["press-1", "press-2"]); // under the old key the answer would be the mail that was taken back
  });
  it.each([[{ kind: "refused", status: 409 }, "too_late"], [{ kind: "offline" }, "undo_failed"]] as const)("says so when it is too late to undo: %o", async (failure, note) => {
    const { w, r, name } = await opened((w) => { w.fail("take-back", failure); w.after = "sending"; });
    r.tell(press);
    await w.pass(1_000);
    r.tell({ on: "undo" });
    await w.pass(0);
    expect(name()).toBe("watching");
    expect(r.state().note).toBe(note);
  });
  it("learns from the message itself that an undo worked whose answer was lost", async () => {
    const { w, r, name } = await opened((w) => { w.fail("take-back", { kind: "unreachable" }); w.after = "cancelled"; });
    r.tell(press);
    await w.pass(1_000);
    r.tell({ on: "undo" });
    await w.pass(0);
    expect(name()).toBe("undone");
  });
  it("keeps the undo button while it is offline within the window", async () => {
    const { w, r, name } = await opened((w) => { w.fail("take-back", { kind: "offline" }); w.fail("message", { kind: "offline" }); });
    r.tell(press);
    await w.pass(1_000);
    r.tell({ on: "undo" });
    await w.pass(0);
    expect(r.state()).toMatchObject({ step: { name: "held", seconds: 9 }, note: "undo_failed" });
    r.tell({ on: "undo" });
    await w.pass(0);
    expect(name()).toBe("undone");
  });
  it("breaks off an upload, and no longer when all of it has left", async () => {
    const { w, r, name } = await opened((w) => { w.slow = new Promise(() => undefined); });
    r.tell(press);
    await w.pass(0);
    expect(r.state().step).toMatchObject({ name: "uploading", sent: 1, total: 100, whole: false });
    r.tell({ on: "progress", key: "press-1", sent: 100, total: 100 });
    r.tell({ on: "cancel" });
    await w.pass(0);
    expect(name()).toBe("uploading");
    const early = await opened((w) => { w.slow = new Promise(() => undefined); });
    early.r.tell(press);
    await early.w.pass(0);
    early.r.tell({ on: "cancel" });
    await early.w.pass(0);
    expect(early.r.state()).toMatchObject({ step: { name: "ready" }, note: "stopped" });
    expect(early.w.kept).toEqual([]);
    await early.w.pass(10_000);
    expect(early.name()).toBe("ready");
  });
  it("breaks off while files are read", async () => {
    const { w, r, name } = await opened((w) => { w.glanceNow = glanceOf([person("bo@region.example")], { attachments: [file("a.pdf")] }); w.contents.set("id-of-a.pdf", [{ format: "base64", content: "" }]); });
    r.tell(press);
    await w.pass(300);
    expect(name()).toBe("collecting");
    r.tell({ on: "cancel" });
    await w.pass(10_000);
    expect(name()).toBe("ready");
    expect(w.sent).toEqual([]);
  });
  it("does not send what was not shown: other recipients since the check", async () => {
    const { w, r, name } = await opened();
    w.glanceNow = glanceOf([person("bo@region.example"), person("nocert@firm.example")]);
    r.tell(press);
    await w.pass(0);
    expect(w.sent).toEqual([]);
    expect(r.state().note).toBe("draft_changed");
    expect(name()).toBe("blocked");
  });
  it("wants a yes for a picture that cannot be found, and then sends", async () => {
    const { w, r, name } = await opened((w) => { w.textNow = { html: true, content: '<img src="cid:gone@x">' }; });
    r.tell(press);
    await w.pass(0);
    expect(name()).toBe("warned");
    r.tell({ on: "yes", said: true });
    r.tell({ on: "press", key: "press-2" });
    await w.pass(0);
    expect(name()).toBe("held");
  });
  it("says what became of a mail that did not reach everybody, and writes again only to those who did not get it", async () => {
    const { w, r, name } = await opened((w) => { w.heldMs = 0; w.after = "failed"; });
    const { message } = w;
    w.message = async () => ({ ...(await message()), message: messageOf("failed", { recipients: [
      { copy: id, address: "bo@region.example", field: "to", route: "smime", state: "sent" }, { copy: id, address: "c@firm.example", field: "cc", route: "smime", state: "rejected" }] }) });
    r.tell(press);
    await w.pass(0);
    expect(name()).toBe("undelivered");
    r.tell({ on: "again" });
    await w.pass(500);
    expect(w.glanceNow.recipients).toEqual({ to: [], cc: [person("c@firm.example")], bcc: [] });
    expect(w.markNow).toEqual({ kind: "secure" });
    expect(name()).toBe("ready");
  });
  it("goes on looking when the stream breaks off, and says that it takes its time", async () => {
    const { w, r, name } = await opened((w) => { w.heldMs = 0; w.after = "sending"; w.fail("watch", { kind: "busy" }); });
    r.tell(press);
    await w.pass(31_000);
    expect(r.state().step).toEqual({ name: "watching", late: true });
    w.after = "sent";
    await w.pass(6_000);
    expect(name()).toBe("done");
  });
});
