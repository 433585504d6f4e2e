import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { client, item, language } from "../src/office/client.js";
import { ask } from "../src/office/dialog.js";
import { outlook, watchDraft } from "../src/office/outlook.js";
import { addressHash } from "../src/office/settings.js";
import { themeOf, watchTheme, type Theme } from "../src/office/theme.js";
import { id, person } from "./world.js";

type Done<T> = (result: Office.AsyncResult<T>) => void;
type Draft = Pick<Office.MessageCompose, "to" | "cc" | "bcc" | "subject" | "from" | "body" | "internetHeaders" | "getAttachmentsAsync" | "getAttachmentContentAsync" | "addHandlerAsync" | "closeAsync" | "inReplyTo">;

const ok = (value: unknown) => ({ status: "succeeded", value }) as unknown as Office.AsyncResult<never>;
const bad = (code: number) => ({ status: "failed", error: { code, name: "E", message: "secret" } }) as unknown as Office.AsyncResult<never>;

/** An Outlook that answers later, and counts how much is asked of it at once. */
class Host {
  at = 0;
  most = 0;
  calls: string[] = [];
  answers: Record<string, unknown> = { to: [], cc: [], bcc: [], subject: "", from: { emailAddress: "a@b.example" }, type: "html", body: "<p>", headers: {}, attachments: [], content: { format: "base64", content: "AAAA" } };
  failures: Record<string, number[]> = {};
  handlers = new Map<unknown, (arg: never) => void>();
  saved = new Map<string, unknown>();
  version = 1.16;
  kind = "OutlookWebApp";
  silent = new Set<string>();
  draft: Draft | null;

  constructor() {
    const call = (name: string) => (...given: unknown[]) => {
      const done = given.at(-1) as Done<never>;
      this.calls.push(`${name}${given.length > 1 ? ` ${JSON.stringify(given.slice(0, -1))}` : ""}`);
      if (this.silent.has(name)) return;
      this.most = Math.max(this.most, ++this.at);
      setTimeout(() => {
        this.at--;
        const code = this.failures[name]?.shift();
        done(code === undefined ? ok(this.answers[name]) : bad(code));
      }, 5);
    };
    const field = (name: string) => ({ getAsync: call(name), setAsync: call(`set ${name}`), addAsync: call(`add ${name}`) }) as unknown as Office.Recipients;
    this.draft = {
      to: field("to"), cc: field("cc"), bcc: field("bcc"), inReplyTo: "<1@b.example>",
      subject: { getAsync: call("subject") } as unknown as Office.Subject, from: { getAsync: call("from") } as unknown as Office.From,
      body: { getTypeAsync: call("type"), getAsync: call("body") } as unknown as Office.Body,
      internetHeaders: { getAsync: call("headers"), setAsync: call("set headers"), removeAsync: call("remove headers") } as unknown as Office.InternetHeaders,
      getAttachmentsAsync: call("attachments"), getAttachmentContentAsync: call("content"),
      addHandlerAsync: ((event: unknown, handler: (arg: never) => void, done: Done<void>) => { this.handlers.set(event, handler); done(ok(undefined)); }) as Draft["addHandlerAsync"],
      closeAsync: call("close"),
    };
  }

  get office(): unknown {
    return {
      EventType: { RecipientsChanged: "r", AttachmentsChanged: "a", OfficeThemeChanged: "t", DialogMessageReceived: "m", DialogEventReceived: "e" },
      onReady: () => Promise.resolve({}),
      context: {
        displayLanguage: "da-DK", platform: this.kind === "mac" ? "Mac" : "PC",
        requirements: { isSetSupported: (set: string, version: string) => set === "Mailbox" && Number(version.split(".")[1]) <= Math.round((this.version - 1) * 100) },
        roamingSettings: { get: (k: string) => this.saved.get(k), set: (k: string, v: unknown) => this.saved.set(k, v), saveAsync: (done: Done<void>) => done(ok(undefined)) },
        mailbox: { item: this.draft, diagnostics: { hostName: this.kind === "mac" || this.kind === "classic" ? "Outlook" : this.kind },
          addHandlerAsync: (event: unknown, handler: (arg: never) => void, done: Done<void>) => { this.handlers.set(event, handler); done(ok(undefined)); } },
      },
    };
  }
}

let host: Host;
beforeEach(() => { host = new Host(); use(); });
afterEach(() => { vi.unstubAllGlobals(); vi.useRealTimers(); });
const use = () => vi.stubGlobal("Office", host.office);

describe("reading", () => {
  it("asks Outlook two things at a time at most", async () => {
    await Promise.all([outlook().glance(), outlook().text(), outlook().glance()]);
    expect(host.most).toBe(2);
  });
  it("gives the draft as it is", async () => {
    host.answers["to"] = [{ displayName: "Bo", emailAddress: "bo@b.example" }, { displayName: "ida@b.example", emailAddress: "" }, { displayName: "Uløst", emailAddress: undefined }];
    host.answers["attachments"] = [{ id: "1", name: "a.png", size: 3, isInline: true, attachmentType: "file", contentId: "c@1" }, { id: "2", name: "b", size: undefined, isInline: false, attachmentType: "item" },
      { id: "3", name: "c", size: 0, isInline: false, attachmentType: "cloud", contentId: "" }];
    const { recipients, attachments, inReplyTo } = await outlook().glance();
    expect(recipients.to).toEqual([person("bo@b.example", "Bo"), person("ida@b.example"), person("", "Uløst")]);
    expect(attachments.map((a) => [a.kind, a.inline, a.contentId, a.size])).toEqual([["file", true, "c@1", 3], ["item", false, undefined, -1], ["cloud", false, undefined, 0]]);
    expect(inReplyTo).toBe("<1@b.example>");
  });
  it("does without what the client does not have or cannot tell", async () => {
    host.version = 1.09;
    host.failures["from"] = [9, 9, 9];
    use();
    expect(await outlook().glance()).toMatchObject({ from: "", inReplyTo: undefined });
  });
  it("takes no text for an error, not for an empty mail", async () => {
    host.answers["body"] = null;
    await expect(outlook().text()).rejects.toMatchObject({ failure: { kind: "office", code: "no_text" } });
    host.answers["type"] = "text";
    host.answers["body"] = "";
    expect(await outlook().text()).toEqual({ html: false, content: "" });
    expect(host.calls).toContain('body ["text"]');
  });
  it.each([["eml", "eml"], ["iCalendar", "ics"], ["url", "url"], ["base64", "base64"]])("knows an attachment in the form %s", async (format, want) => {
    host.answers["content"] = { format, content: undefined };
    expect(await outlook().content("1")).toEqual({ format: want, content: "" });
  });
  it("refuses a form that it does not know", async () => {
    host.answers["content"] = { format: "new", content: "x" };
    await expect(outlook().content("1")).rejects.toMatchObject({ failure: { code: "attachment_format" } });
  });
  it("tries again what passes, and gives Outlook's number of what does not, never its words", async () => {
    host.failures["subject"] = [5001];
    await outlook().glance();
    expect(host.calls.filter((c) => c === "subject")).toHaveLength(2);
    host.failures["subject"] = [9020];
    const failed = await outlook().glance().catch((e: unknown) => e);
    expect(JSON.stringify(failed)).toContain("9020");
    expect(JSON.stringify(failed)).not.toContain("secret");
  });
  it("does not wait for ever for Outlook, and frees the place", async () => {
    await new Promise((resolve) => setTimeout(resolve, 50)); // what the test before has not waited for
    vi.useFakeTimers();
    host.silent.add("type");
    for (let i = 0; i < 3; i++) {
      const failed = expect(outlook().text()).rejects.toMatchObject({ failure: { code: "timeout" } });
      await vi.advanceTimersByTimeAsync(20_001);
      await failed;
    }
    host.silent.clear();
    const text = outlook().text();
    await vi.advanceTimersByTimeAsync(100);
    expect((await text).content).toBe("<p>");
  });
});

describe("the mark", () => {
  it.each([["secure", { kind: "secure" }], [`sent ${id}`, { kind: "sent", id }], ["", { kind: "none" }], ["sent nonsense", { kind: "secure" }]])("%s is read", async (value, mark) => {
    host.answers["headers"] = { "X-Send-Sikker": value };
    expect((await outlook().open()).mark).toEqual(mark);
  });
  it("is written, and taken off", async () => {
    await outlook().mark({ kind: "sent", id });
    await outlook().mark({ kind: "none" });
    expect(host.calls).toEqual([`set headers [{"x-send-sikker":"sent ${id}"}]`, 'remove headers [["x-send-sikker"]]']);
  });
});

describe("clients", () => {
  it.each([["OutlookWebApp", 1.16, "web", true, 1000], ["newOutlookWindows", 1.16, "new", true, 1000], ["classic", 1.16, "classic", true, 1000], ["classic", 1.15, "classic", true, 500], ["classic", 1.09, "classic", false, 500],
    ["mac", 1.14, "mac", true, undefined], ["mac", 1.08, "mac", false, 500], ["OutlookIOS", 1.05, "mobile", false, 100]] as const)("%s with Mailbox %d", (kind, version, name, canClose, recipientCap) => {
    host.kind = kind;
    host.version = version;
    use();
    expect(client()).toEqual({ kind: name, canClose, recipientCap });
  });
  it("speaks Danish to the Danish", () => expect(language()).toBe("da"));
  it("says that there is no draft", () => {
    host.draft = null;
    use();
    expect(() => item()).toThrow("no_item");
  });
});

describe("changing", () => {
  it("writes recipients a hundred at a time, and closes without keeping the draft", async () => {
    await outlook().setRecipients({ cc: Array.from({ length: 250 }, (_, i) => person(`${i}@b.example`)) });
    expect(host.calls.map((c) => `${c.slice(0, 6)} ${c.split("emailAddress").length - 1}`)).toEqual(["set cc 100", "add cc 100", "add cc 50"]);
    await outlook().close();
    expect(host.calls.at(-1)).toBe('close [{"discardItem":true}]');
  });
  it("does not repeat what has an effect", async () => {
    host.failures["close"] = [5001];
    await expect(outlook().close()).rejects.toMatchObject({ failure: { code: "5001" } });
    expect(host.calls).toHaveLength(1);
  });
  it("remembers whom was written to securely as hashes, newest first, each once, three hundred at most", async () => {
    host.saved.set("sendsikkerSealedBefore", ["xx", ...Array.from({ length: 300 }, (_, i) => i.toString(16).padStart(12, "0"))]);
    await outlook().rememberSealed(["Bo@B.example", "bo@b.example"]);
    const list = host.saved.get("sendsikkerSealedBefore") as string[];
    expect(list).toHaveLength(300);
    expect(list.slice(0, 2)).toEqual([addressHash("bo@b.example"), "000000000000"]);
    // FNV-1a 64 of "a" is af63dc4c8601ec8c (the authors' test vector).
    expect(addressHash("A")).toBe("af63dc4c8601");
  });
  it("tells of recipients and attachments that change, by what the client has", async () => {
    const changed = vi.fn();
    await watchDraft(changed);
    expect([...host.handlers.keys()]).toEqual(["r", "a"]);
    host.handlers.get("r")?.({} as never);
    expect(changed).toHaveBeenCalledOnce();
  });
});

describe("themes", () => {
  it("are told by how light the background is", () => {
    expect(["#FFFFFF", "#292929", "faf9f8", "#000000", "#666666", "red", undefined].map(themeOf)).toEqual(["light", "dark", "light", "dark", "dark", undefined, undefined]);
  });
  it("change while the pane is open", async () => {
    const seen: Theme[] = [];
    await watchTheme((theme) => seen.push(theme));
    host.handlers.get("t")?.({ officeTheme: { bodyBackgroundColor: "#1f1f1f" } } as never);
    expect(seen).toEqual(["dark"]);
  });
});

describe("the window for signing in", () => {
  function window_(opened: unknown) {
    const handlers = new Map<unknown, (arg: unknown) => void>(), close = vi.fn();
    const office = host.office as { context: Record<string, unknown> };
    office.context["ui"] = { displayDialogAsync: (_url: string, _options: object, done: (r: unknown) => void) => done(opened ?? ok({ close, addEventHandler: (type: unknown, h: (arg: unknown) => void) => handlers.set(type, h) })) };
    vi.stubGlobal("Office", office);
    return { answer: ask("https://here.example/addin/signin.html", (m) => m === "yes"), say: (arg: unknown) => handlers.get("m")?.(arg), event: (error: number) => handlers.get("e")?.({ error }), close };
  }
  it("hears only its own page, and closes it then", async () => {
    const w = window_(undefined);
    w.say({ message: "yes", origin: "https://evil.example" });
    w.say({ message: "no", origin: "https://here.example" });
    expect(w.close).not.toHaveBeenCalled();
    w.say({ message: "yes", origin: "https://here.example" });
    expect(await w.answer).toBe("yes");
    expect(w.close).toHaveBeenCalledOnce();
  });
  it("says whether it was closed or did not open", async () => {
    const closed = window_(undefined);
    closed.event(12006);
    await expect(closed.answer).rejects.toMatchObject({ failure: { kind: "sign_in_cancelled" } });
    await expect(window_(bad(12009)).answer).rejects.toMatchObject({ failure: { kind: "sign_in_cancelled" } });
    await expect(window_(bad(12011)).answer).rejects.toMatchObject({ failure: { kind: "sign_in_unavailable" } });
  });
});
