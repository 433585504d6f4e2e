import { describe, expect, it } from "vitest";
import { Digest, fromBase64, typeOf } from "../src/steps/bytes.js";
import { collect } from "../src/steps/collect.js";
import { judge, question } from "../src/steps/judge.js";
import { tie } from "../src/steps/pictures.js";
import { scan } from "../src/steps/scan.js";
import type { AttachmentInfo, Client } from "../src/steps/ports.js";
import { box, file, glanceOf, person, preflightOf, World } from "./world.js";

const picture = (name: string, contentId?: string): AttachmentInfo => file(name, { inline: true, contentId });

describe("pictures", () => {
  it("ties by content id, by name where there is none, and the one left to the one left", () => {
    const html = '<img src="cid:image001.png@01DB.AB"><img src="cid:logo">';
    expect([...tie(html, [picture("x.png", "<image001.png@01DB.AB>"), picture("logo", "logo")]).inline]).toEqual([["id-of-x.png", "image001.png@01DB.AB"], ["id-of-logo", "logo"]]);
    expect([...tie(html, [picture("image001.png"), picture("anything.gif")]).inline.values()]).toEqual(["image001.png@01DB.AB", "logo"]);
  });
  it("gives two pictures of one name each their own place, and guesses nothing of several", () => {
    const two = tie('<img src="cid:a.png@1"><img src="cid:a.png@2">', [picture("a.png"), { ...picture("a.png"), id: "second-one" }]);
    expect([...two.inline]).toEqual([["id-of-a.png", "a.png@1"], ["second-one", "a.png@2"]]);
    expect(tie('<img src="cid:1"><img src="cid:2">', [picture("p.png"), picture("q.png")])).toMatchObject({ missing: 2, inline: new Map() });
  });
  it("makes parts of pasted pictures", () => {
    const tied = tie('<p><IMG alt="x" SRC=\'data:image/png;base64,AA\nAA\'></p>', []);
    expect(tied.pictures).toEqual([{ contentId: "picture-1@sendsikker", type: "image/png", base64: "AAAA" }]);
    expect(tied.html).toBe('<p><IMG alt="x" SRC="cid:picture-1@sendsikker"></p>');
  });
  it("follows addresses of Outlook's own to the attachment that they show", () => {
    expect(tie('<img originalsrc="cid:p@1" src="https://attachments.example/1">', [picture("p", "p@1")])).toMatchObject({ html: '<img originalsrc="cid:p@1" src="cid:p@1">', missing: 0 });
    const byId = tie('<img src="https://attachments.example/?id=AAMkADAw%3D">', [{ ...picture("p.png"), id: "AAMkADAw=" }]);
    expect(byId.html).toBe('<img src="cid:picture-1@sendsikker">');
    expect(byId.inline.get("AAMkADAw=")).toBe("picture-1@sendsikker");
  });
  it("renames what the service would not take, and decodes what is percent-encoded", () => {
    expect(tie('<img src="cid:a%40b">', [picture("x", "a@b")]).inline.get("id-of-x")).toBe("a@b");
    expect(tie('<img src="cid:blå@b">', [picture("x", "blå@b")]).html).toBe('<img src="cid:picture-1@sendsikker">');
  });
  it("leaves pictures of the web alone, and counts what nobody can read", () => {
    expect(tie('<img src="https://a.example/x.png"><img src="blob:x">', [])).toMatchObject({ html: '<img src="https://a.example/x.png"><img src="blob:x">', missing: 1 });
  });
  it("takes no longer than the text is long", () => {
    const began = performance.now();
    tie("<img ".repeat(400_000), []);
    tie('<img src="data:image/png;base64,' + "A".repeat(4_000_000), []);
    scan({ html: true, content: "http".repeat(500_000) + "data:image/".repeat(200_000) });
    expect(performance.now() - began).toBeLessThan(3_000);
  });
});

describe("a look at the text", () => {
  const hosts = (content: string) => scan({ html: true, content }).cloudHosts;
  it("sees links to shared storage, also wrapped ones, and no others", () => {
    expect(hosts('<a href="https://aau-my.sharepoint.com/x">')).toEqual(["aau-my.sharepoint.com"]);
    expect(hosts("https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2F1drv.ms%2Fx")).toEqual(["1drv.ms"]);
    expect(hosts("https://sharepoint.com.evil.example https://notsharepoint.example mysharepoint.com")).toEqual([]);
  });
  it("knows the answer to a sealed mail by its quoted line, however Outlook writes it", () => {
    for (const mark of ["[Modtaget sikkert · Send sikker]", "[Received&nbsp;securely &middot; Send sikker]"]) expect(scan({ html: true, content: `<p>${mark}</p>` }).answersSealed).toBe(true);
    expect(scan({ html: true, content: "[Modtaget · Send sikker]" }).answersSealed).toBe(false);
  });
});

describe("judging", () => {
  const client: Client = { kind: "web", canClose: true, recipientCap: 1000 };
  const codes = (more: Partial<Parameters<typeof judge>[0]>) => judge({ client, glance: glanceOf([person("a@b.example")]), scan: undefined, cprInSubject: false, missingPictures: 0, limits: { recipients: 500, files: 2 }, preflight: undefined, ...more }).map((n) => `${n.code} ${n.weight}`);
  const many = (n: number) => Array.from({ length: n }, (_, i) => person(`p${i}@b.example`));
  it("finds nothing to say of an ordinary mail", () => expect(codes({})).toEqual([]));
  it("stops at recipients that Outlook does not know, naming them", () => {
    expect(codes({ glance: glanceOf([person("", "Bo Larsen"), person("/o=Exchange/cn=x", "Ida")]) })).toEqual(["unresolved stop"]);
  });
  it("stops exactly at the number at which Outlook cuts lists, and not below", () => {
    const cut = { client: { ...client, recipientCap: 30 }, limits: undefined };
    expect(codes({ ...cut, glance: glanceOf(many(30)) })).toEqual(["recipients_cut stop", "many_recipients note"]);
    expect(codes({ ...cut, glance: glanceOf(many(29)) })).toEqual(["many_recipients note"]);
    expect(codes({ client: { ...client, recipientCap: undefined }, glance: glanceOf(many(499)) })).toEqual(["many_recipients note"]);
  });
  it("stops at too many and at the cloud", () => {
    expect(codes({ glance: glanceOf(many(501)) })).toContain("too_many_recipients stop");
    expect(codes({ glance: glanceOf([person("a@b.example")], { attachments: [file("1"), file("2"), file("3", { kind: "cloud" })] }) })).toEqual(["too_many_files stop", "cloud_attachment stop"]);
  });
  it("wants a yes for what may be a mistake, and only notes what may be meant", () => {
    const say = { da: "", en: "" };
    expect(codes({ cprInSubject: true, missingPictures: 1, scan: { cloudHosts: ["x.sharepoint.com"], answersSealed: false, bytes: 1 },
      preflight: preflightOf({ to: [{ address: "a@b.example" }] }, { silent: ["ldap.example"], warnings: [{ code: "similar_address", address: "a", similar: "b", say }, { code: "expires_soon", say }] }) }))
      .toEqual(["cpr_subject yes", "similar_address yes", "service note", "picture_missing yes", "cloud_links note", "silent note"]);
    expect(codes({ preflight: preflightOf({ to: [] }, { sendable: false, warnings: [{ code: "too_large", say }] }) })).toEqual(["not_sendable stop"]);
  });
  it("asks anew when another warning comes", () => {
    const notices = judge({ client, glance: glanceOf([]), scan: undefined, cprInSubject: true, missingPictures: 0, limits: undefined, preflight: undefined });
    const more = judge({ client, glance: glanceOf([]), scan: undefined, cprInSubject: true, missingPictures: 1, limits: undefined, preflight: undefined });
    expect(question(notices)).not.toBe(question(more));
  });
});

describe("bytes", () => {
  const now = () => Promise.resolve();
  it.each([0, 1, 2, 3, 4, 1000, 3 * (1 << 18) - 1, 3 * (1 << 18), 3 * (1 << 18) + 1, 2_500_000])("%d bytes come out as they went in", async (n) => {
    const bytes = Uint8Array.from({ length: n }, (_, i) => (i * 31) & 255);
    const blob = await fromBase64(Buffer.from(bytes).toString("base64"), now);
    expect(Buffer.compare(Buffer.from(await blob.arrayBuffer()), Buffer.from(bytes))).toBe(0);
  });
  it("reads folded base64, and refuses what is none", async () => {
    expect(await (await fromBase64("aGVq\r\n", now)).text()).toBe("hej");
    for (const bad of ["a", "****", "aGVq!"]) await expect(fromBase64(bad, now)).rejects.toThrow(RangeError);
  });
  it("tells mails apart by every letter and every border", () => {
    const digests = [["ab", "c"], ["a", "bc"], ["abc"], ["abd"], ["abc", ""], []].map((parts) => parts.reduce((d, p) => d.add(p), new Digest()).toString());
    expect(new Set(digests).size).toBe(digests.length);
  });
  it("knows what can be opened by its ending", () => expect(["A.PDF", "x.png", "x", "x.exe"].map(typeOf)).toEqual(["application/pdf", "image/png", "application/octet-stream", "application/octet-stream"]));
});

describe("collecting", () => {
  async function whole(w: World, kind: Client["kind"] = "web") {
    const found = collect({ office: w, client: { ...w.client, kind }, mailbox: box, language: "da", wait: (ms) => new Promise((resolve) => w.clock.after(ms, resolve)), reading: () => undefined, stop: new AbortController().signal });
    const settled = found.catch((e: unknown) => e);
    await w.pass(60_000);
    await settled;
    return found;
  }
  it("sends as many files as there are attachments, pictures first", async () => {
    const w = new World();
    w.textNow = { html: true, content: '<img src="cid:p@1"><img src="data:image/gif;base64,AAAA">' };
    w.glanceNow = glanceOf([person("a@b.example")], { attachments: [file("a.pdf"), picture("p.png", "p@1"), picture("unused.png", "u@1"), file("Re: Møde 3/12", { kind: "item" })] });
    w.contents.set("id-of-Re: Møde 3/12", [{ format: "eml", content: "From: x\r\n\r\næ" }]);
    const { parts } = await whole(w);
    expect(parts.map((p) => [p.field, p.name, p.type])).toEqual([
      ["inline:picture-1@sendsikker", "picture-1.gif", "image/gif"], ["inline:p@1", "p.png", "image/png"], ["file", "a.pdf", "application/pdf"], ["file", "unused.png", "image/png"],
      ["file", "Re: Møde 3/12.eml", "message/rfc822"]]);
    expect(await parts[4]?.content.text()).toBe("From: x\r\n\r\næ");
  });
  it("does not take classic Outlook's old text, read twice within its lag, for what was typed", async () => {
    const w = new World(), texts = ["<p>H", "<p>H", "<p>H", "<p>Hej"];
    w.text = () => Promise.resolve({ html: true, content: texts.length > 1 ? texts.shift() ?? "" : texts[0] ?? "" });
    expect((await whole(w, "classic")).draft.body?.html).toBe("<p>Hej");
  });
  it("stops when classic Outlook's text never rests", async () => {
    const w = new World();
    let n = 0;
    w.text = () => Promise.resolve({ html: true, content: String(n++) });
    await expect(whole(w, "classic")).rejects.toMatchObject({ failure: { kind: "body_unsteady" } });
  });
  it("reads everything again when the draft changed under its hands, and gives up when it never rests", async () => {
    const w = new World();
    let n = 0;
    w.glance = () => Promise.resolve(glanceOf([person("a@b.example")], { subject: n++ < 1 ? "før" : "efter" }));
    expect((await whole(w)).draft.subject).toBe("efter");
    w.glance = () => Promise.resolve(glanceOf([person("a@b.example")], { subject: String(n++) }));
    await expect(whole(w)).rejects.toMatchObject({ failure: { kind: "body_unsteady" } });
  });
  it("sends a plain text as plain text, and an empty file as an empty file", async () => {
    const w = new World();
    w.textNow = { html: false, content: "Hej <b>" };
    w.glanceNow = glanceOf([person("a@b.example")], { attachments: [file("tom.txt", { size: 0 })], inReplyTo: "not an id" });
    w.contents.set("id-of-tom.txt", [{ format: "base64", content: "" }]);
    const { draft, parts } = await whole(w);
    expect(draft.body).toEqual({ text: "Hej <b>" });
    expect(draft).not.toHaveProperty("inReplyTo");
    expect(parts[0]?.content.size).toBe(0);
  });
  it("has the same digest for the same mail only", async () => {
    const w = new World();
    w.glanceNow = glanceOf([person("a@b.example")], { attachments: [file("a.txt")] });
    const first = await whole(w), again = await whole(w);
    w.contents.set("id-of-a.txt", [{ format: "base64", content: btoa("other") }]);
    const other = await whole(w);
    expect(again.digest).toBe(first.digest);
    expect(other.digest).not.toBe(first.digest);
    expect(other.about).toBe(first.about);
  });
});
