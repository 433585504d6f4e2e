import { describe, expect, test } from "vitest";
import { Draft } from "../../internal/sandbox/outlook/page/draft";
import { type Answer, Host, savedOnServer } from "../../internal/sandbox/outlook/page/host";
import { makeItem } from "../../internal/sandbox/outlook/page/item";
import { type Client, clients, type Fault, profiles } from "../../internal/sandbox/outlook/page/profile";
import { resolveAll } from "../../internal/sandbox/outlook/page/recipients";
import { read, write } from "../../internal/sandbox/outlook/page/settings";
import { starting } from "../../internal/sandbox/outlook/page/starting";

function open(client: Client, ...faults: Fault[]) {
  const time = { now: 0 };
  const draft = new Draft({ name: "Anna", address: "anna@aau.example", resolved: true }, () => time.now);
  const waiting: (() => void)[] = [];
  const clock = { now: () => time.now, sleep: () => new Promise<void>((resolve) => waiting.push(resolve)) };
  const asked: string[] = [];
  const host = new Host({ draft, profile: profiles[client], faults: new Set(faults), clock, roaming: {}, keepRoaming: (all) => asked.push(JSON.stringify(all)), context: () => "why", ask: () => asked.push("save?") });
  for (const fault of faults) starting(draft, fault, profiles[client]);
  // answer lets the time of every waiting call pass.
  const settle = async <T>(running: Promise<T>): Promise<T> => {
    const rest = setInterval(() => waiting.splice(0).forEach((done) => done()), 0);
    return running.finally(() => clearInterval(rest));
  };
  const call = (method: string, ...args: unknown[]) => settle(host.call("pane", method, args));
  return { draft, host, time, asked, call, settle };
}

const value = (answer: Answer): unknown => (answer.ok ? answer.value : `failed ${answer.error.code}`);
const picture = { name: "image001.png", type: "image/png", content: "aGVq", size: 3, inline: true, contentId: "image001.png@x", kind: "file", url: "" } as const;
const file = { ...picture, name: "a.pdf", inline: false, contentId: "" } as const;

describe("the host has each client's habits", () => {
  test("recipients beyond the client's cap are left out, and nothing says so", async () => {
    for (const [client, cap] of [["classic", 500], ["ltsc2021", 500], ["new", 1000], ["web", 1000], ["mac", 1005]] as const) {
      const o = open(client, "cap");
      expect(o.draft.to.length, client).toBe(Math.min(cap, 1000) + 5);
      expect(value(await o.call("to.getAsync")), client).toHaveLength(cap);
    }
  });

  test("who was not found is not told of", async () => {
    const o = open("new", "unresolved");
    o.draft.setRecipients("to", [...o.draft.to, ...resolveAll("bo@partner.example", { people: [], boxes: [] })], "person");
    expect(value(await o.call("to.getAsync"))).toEqual([{ displayName: "bo@partner.example", emailAddress: "bo@partner.example", recipientType: "externalUser" }]);
  });

  test("three calls at once are enough for new Outlook and the web", async () => {
    for (const client of ["new", "web", "classic"] as const) {
      const o = open(client);
      const all = await o.settle(Promise.all([1, 2, 3, 4].map(() => o.host.call("pane", "subject.getAsync", []))));
      expect(all.map((a) => a.ok), client).toEqual([true, true, true, client === "classic"]);
    }
  });

  test("classic tells the body of a second ago", async () => {
    for (const [client, first] of [["classic", "<p>før</p>"], ["web", "<p>nu</p>"]] as const) {
      const o = open(client);
      o.draft.setBody("<p>før</p>");
      o.time.now = 10_000;
      o.draft.type("<p>n</p>");
      o.time.now += 500;
      o.draft.type("<p>nu</p>");
      expect(value(await o.call("body.getAsync", "html")), client).toBe(first);
      o.time.now += 500;
      expect(value(await o.call("body.getAsync", "html")), client).toBe(client === "classic" ? "<p>n</p>" : "<p>nu</p>");
      o.time.now += 500;
      expect(value(await o.call("body.getAsync", "html")), client).toBe("<p>nu</p>");
    }
  });

  test("Mac stumbles once, then gives a whole document", async () => {
    const o = open("mac");
    o.draft.setBody("<p>hej</p>");
    expect(value(await o.call("body.getAsync", "html"))).toBe("failed 5001");
    expect(value(await o.call("body.getAsync", "html"))).toMatch(/^<html>.*<p>hej<\/p><\/body><\/html>$/);
  });

  test("only the newest name pictures by content id; the oldest name attachments by a number that moves", async () => {
    for (const client of clients) {
      const o = open(client);
      o.draft.attach(file);
      o.draft.attach(picture);
      const before = value(await o.call("getAttachmentsAsync")) as { id: string; contentId?: string }[];
      expect(before[1]?.contentId, client).toBe(profiles[client].mailbox >= 16 ? "image001.png@x" : undefined);
      o.draft.detach(1, "person");
      expect(((value(await o.call("getAttachmentsAsync")) as { id: string }[])[0]?.id === before[1]?.id), client).toBe(profiles[client].ids === "id");
    }
  });

  test("the first reading of a picture is empty, with success, in new Outlook and the web", async () => {
    for (const client of clients) {
      const o = open(client);
      o.draft.attach(picture);
      const [{ id }] = value(await o.call("getAttachmentsAsync")) as [{ id: string }];
      const contents = [value(await o.call("getAttachmentContentAsync", id)), value(await o.call("getAttachmentContentAsync", id))];
      expect(contents, client).toEqual([{ format: "base64", content: client === "new" || client === "web" ? "" : "aGVq" }, { format: "base64", content: "aGVq" }]);
    }
  });

  test("closing leaves a saved draft in Deleted Items in new Outlook and the web", async () => {
    for (const client of ["classic", "new", "web", "mac"] as const) {
      for (const saved of [false, true]) {
        const o = open(client);
        if (saved) await o.call("saveAsync");
        await o.call("closeAsync", { discardItem: true });
        expect([o.draft.ended, o.draft.left], `${client} ${saved}`).toEqual(["discarded", saved && (client === "new" || client === "web") ? "deleted" : "nothing"]);
        expect(value(await o.call("subject.getAsync"))).toBe("failed 9020");
      }
    }
  });

  test("what classic has saved the server has half a minute later", async () => {
    const o = open("classic");
    expect(value(await o.call("getItemIdAsync"))).toBe("failed 9046");
    expect(value(await o.call("saveAsync"))).toBe(value(await o.call("getItemIdAsync")));
    expect(savedOnServer(o.draft, profiles.classic, o.time.now)).toBe(false);
    o.time.now += 30_000;
    expect(savedOnServer(o.draft, profiles.classic, o.time.now)).toBe(true);
  });

  test("what a client is too old for is not there", () => {
    const has = (client: Client, name: string) => name in makeItem(() => Promise.reject(new Error("not called")), profiles[client], new Map(), "");
    for (const client of clients) {
      expect(has(client, "closeAsync"), client).toBe(client !== "ltsc2021");
      expect(has(client, "sessionData"), client).toBe(client !== "ltsc2021");
      expect(has(client, "getAttachmentContentAsync"), client).toBe(true);
    }
  });
});

describe("the host has the faults that are on", () => {
  test("attachments that cannot be read, that are empty, and that lie elsewhere", async () => {
    for (const [fault, want] of [["unreadable", "failed 5001"], ["empty", { format: "base64", content: "" }]] as const) {
      const o = open("classic", fault);
      o.draft.attach(file);
      expect(value(await o.call("getAttachmentContentAsync", "0")), fault).toEqual(want);
    }
    const o = open("classic", "cloud");
    expect(value(await o.call("getAttachmentsAsync"))).toMatchObject([{ attachmentType: "cloud" }]);
    expect(value(await o.call("getAttachmentContentAsync", "0"))).toMatchObject({ format: "url" });
  });

  test("a guard that can read nothing", async () => {
    const o = open("classic", "guard");
    expect(value(await o.settle(o.host.call("event", "subject.getAsync", [])))).toBe("failed 5001");
    expect(value(await o.call("subject.getAsync"))).toBe("");
  });

  test("an event may not close the draft", async () => {
    const o = open("new");
    expect(value(await o.settle(o.host.call("event", "closeAsync", [{ discardItem: true }])))).toBe("failed 5001");
    expect(o.draft.ended).toBeNull();
  });
});

test("an answer comes by callback, with Office's options before it", async () => {
  const seen: unknown[][] = [];
  const item = makeItem((method, args) => {
    seen.push([method, ...args]);
    return Promise.resolve(method === "subject.setAsync" ? { ok: false, error: { code: 9000, name: "x", message: "y" } } : { ok: true, value: ["v"] });
  }, profiles.new, new Map(), "");
  const got = await new Promise<Office.AsyncResult<unknown>>((resolve) => item.to.getAsync({ asyncContext: 7 }, resolve));
  expect(got).toMatchObject({ status: "succeeded", value: ["v"], asyncContext: 7 });
  const failed = await new Promise<Office.AsyncResult<void>>((resolve) => item.subject.setAsync("x", resolve));
  expect(failed).toMatchObject({ status: "failed", error: { code: 9000 } });
  await new Promise<unknown>((resolve) => item.internetHeaders.setAsync({ "x-send-sikker": "secure" }, resolve));
  await new Promise<unknown>((resolve) => item.closeAsync({ discardItem: true }, resolve));
  expect(seen).toEqual([["to.getAsync"], ["subject.setAsync", "x"], ["internetHeaders.setAsync", { "x-send-sikker": "secure" }], ["closeAsync", { discardItem: true }]]);
});

test("the address of the page says what it is, and gives it back", () => {
  const s = read("?client=mac&lang=en&theme=dark&persona=birk&fault=down,nonsense,cap&narrow=1&attach=a.txt,b.txt&client=web");
  expect(s).toMatchObject({ client: "mac", language: "en-US", dark: true, persona: "birk", faults: ["down", "cap"], narrow: true, attach: ["a.txt", "b.txt"] });
  expect(read(write(s, s.faults, true))).toMatchObject({ client: "mac", language: "en-US", dark: true, persona: "birk", faults: ["down", "cap"], narrow: true, pane: true });
  expect(read("?client=<script>")).toMatchObject({ client: "new", language: "da-DK" });
});

test("whom somebody means by what they write", () => {
  const world = { people: [["Birk Eksempel", "birk"], ["Bo Et", "bo1"], ["Bo To", "bo2"]].map(([name = "", local = ""]) => ({ name, address: `${local}@aau.example`, object: "", tenant: "" })), boxes: [] };
  expect(resolveAll("Bo Partner <bo@partner.example>; birk, bo; a@b", world)).toEqual([
    { name: "Bo Partner", address: "bo@partner.example", resolved: true }, { name: "Birk Eksempel", address: "birk@aau.example", resolved: true },
    { name: "bo", address: "bo", resolved: false }, { name: "a@b", address: "a@b", resolved: false },
  ]);
});
