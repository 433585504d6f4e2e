import { describe, expect, it } from "vitest";
import { isInternal, recipientKey } from "../../src/guard/address";
import { decide, quotesSealed, seenMost, type Content, type Envelope, type Reason, type Verdict } from "../../src/guard/guard";
import { readSettings, type Mode, type Settings } from "../../src/guard/settings";
import { buttonText, failureText, holdText, languageOf, messageMost, type Step } from "../../src/guard/texts";

const cprNumber = "251248-9996";
const defaults: Settings = { domains: ["aau.example", "student.aau.example"], rules: { cpr: "block", marked: "block", channel: "ask" } };

function rules(cpr: Mode, marked: Mode, channel: Mode): Settings {
  return { domains: defaults.domains, rules: { cpr, marked, channel } };
}

function envelope(change: Partial<Envelope> = {}): Envelope {
  return { to: ["nancy@partner.example"], cc: [], bcc: [], mark: "", ...change };
}

function content(change: Partial<Content> = {}): Content {
  return { subject: "Mødet", body: "Vi ses.", attachmentNames: ["dagsorden.pdf"], sealedBefore: [], ...change };
}

function say(verdict: Verdict): string {
  return verdict.kind === "hold" ? `${verdict.mode} ${verdict.reason.rule}` : verdict.kind;
}

const colleagues: Partial<Envelope> = { to: ["a@aau.example"], cc: ["b@AAU.Example"], bcc: ["c@student.aau.example"] };
const known = [recipientKey("nancy@partner.example")];

const cases: readonly (readonly [name: string, envelope: Partial<Envelope>, content: Partial<Content> | undefined, settings: Settings, want: string])[] = [
  ["an ordinary mail goes out", {}, {}, defaults, "allow"],
  ["what a mail says is asked for only when somebody is outside", colleagues, undefined, defaults, "allow"],
  ["a CPR number among colleagues goes", colleagues, { body: cprNumber }, defaults, "allow"],
  ["a mail among colleagues chosen for secure sending goes: the service would send it as ordinary mail too", { ...colleagues, mark: "secure" }, undefined, defaults, "allow"],
  ["with somebody outside, the content is asked for", {}, undefined, defaults, "read"],
  ["a CPR number in the subject is held", {}, { subject: `Vedr. ${cprNumber}` }, defaults, "block cpr"],
  ["a CPR number in the text is held", {}, { body: `Mit cpr er ${cprNumber}.` }, defaults, "block cpr"],
  ["a CPR number in a file's name is held", {}, { attachmentNames: ["a.pdf", `${cprNumber}.pdf`] }, defaults, "block cpr"],
  ["one outside among many inside is enough", { ...colleagues, bcc: ["nancy@partner.example"] }, { body: cprNumber }, defaults, "block cpr"],
  ["an outside copy is enough", { ...colleagues, cc: ["nancy@partner.example"] }, { body: cprNumber }, defaults, "block cpr"],
  ["a subdomain nobody named is outside", { to: ["a@its.aau.example"] }, { body: cprNumber }, defaults, "block cpr"],
  ["a group without an address is outside", { to: [""] }, { body: cprNumber }, defaults, "block cpr"],
  ["a group of our own domain is inside", { to: ["alle@aau.example"] }, undefined, defaults, "allow"],
  ["a list as long as Outlook shows may hide somebody outside", { to: Array<string>(seenMost).fill("a@aau.example") }, { body: cprNumber }, defaults, "block cpr"],
  ["a long list hides nobody in a harmless mail", { to: Array<string>(seenMost).fill("a@aau.example") }, {}, defaults, "allow"],
  ["the cpr rule may ask", {}, { body: cprNumber }, rules("ask", "block", "ask"), "ask cpr"],
  ["the cpr rule may be off", {}, { body: cprNumber }, rules("off", "block", "ask"), "allow"],
  ["chosen for secure sending is held, before anything more is read", { mark: "secure" }, undefined, defaults, "block marked"],
  ["a mark in other letters is a mark", { mark: " SECURE " }, undefined, defaults, "block marked"],
  ["an unknown mark is one", { mark: "true" }, undefined, defaults, "block marked"],
  ["the marked rule may ask, when nothing stricter is found", { mark: "secure" }, {}, rules("block", "ask", "ask"), "ask marked"],
  ["a question does not hide a stricter rule", { mark: "secure" }, { body: cprNumber }, rules("block", "ask", "ask"), "block cpr"],
  ["the marked rule may be off", { mark: "secure" }, {}, rules("block", "off", "ask"), "allow"],
  ["what has been sent sealed is never sent again", { mark: "sent 0193-4711" }, undefined, defaults, "block sent"],
  ["nor to colleagues", { ...colleagues, mark: "Sent 0193-4711" }, undefined, defaults, "block sent"],
  ["nor when every rule is off", { mark: "sent" }, undefined, rules("off", "off", "off"), "block sent"],
  ["a mail to nobody is one whose recipients are not seen", { to: [] }, {}, rules("off", "off", "off"), "block nobody"],
  ["somebody who has had sealed mail is asked about", {}, { sealedBefore: known }, defaults, "ask channel"],
  ["in whatever letters", { to: ["Nancy@PARTNER.example"] }, { sealedBefore: known }, defaults, "ask channel"],
  ["others are not", { to: ["other@partner.example"] }, { sealedBefore: known }, defaults, "allow"],
  ["a reply to what was received sealed is asked about", {}, { body: "Tak!\r\n> [Modtaget sikkert · Send sikker]\r\n> Hej" }, defaults, "ask channel"],
  ["an opened mail that is sent on is, too", { mark: "opened" }, {}, defaults, "ask channel"],
  ["the channel rule may block", {}, { sealedBefore: known }, rules("off", "off", "block"), "block channel"],
  ["the channel rule may be off", { mark: "opened" }, { sealedBefore: known, body: "[Modtaget sikkert · Send sikker]" }, rules("block", "block", "off"), "allow"],
  ["with every rule off, nothing more is read", {}, undefined, rules("off", "off", "off"), "allow"],
  ["without own domains everybody is outside", colleagues, { body: cprNumber }, { ...defaults, domains: [] }, "block cpr"],
];

describe("what may go by the ordinary Send", () => {
  it.each(cases)("%s", (_, mail, says, settings, want) => {
    expect(say(decide(envelope(mail), says === undefined ? undefined : content(says), settings))).toBe(want);
  });
});

describe("who is inside", () => {
  const addresses: Record<string, boolean> = {
    "a@aau.example": true, "a@AAU.EXAMPLE": true, "a@its.aau.example": false, "a@evilaau.example": false, '"x@aau.example"@partner.example': false, "aau.example": false, "@aau.example": false,
    "nancy@partner.example, a@aau.example": false, "nancy@partner.example;a@aau.example": false, "<a@aau.example>": false, "a@aau.example ": false, "a@aau.example.": false,
    "/o=ExchangeLabs/ou=Group/cn=Recipients/cn=a": false, "": false,
  };
  it.each(Object.entries(addresses))("%j: %s", (address, want) => {
    expect(isInternal(address, ["aau.example"])).toBe(want);
  });
});

describe("the key of a recipient", () => {
  // FNV-1a's own vectors, and Go's hash/fnv for the address with a letter outside ASCII.
  const keys: Record<string, string> = { "": "cbf29ce48422", a: "af63dc4c8601", foobar: "85944171f739", "nancy@partner.example": "b193324da3a0", "æble@partner.example": "8525bd0f609c" };
  it.each(Object.entries(keys))("of %j is %s", (address, want) => {
    expect(recipientKey(address)).toBe(want);
    expect(recipientKey(address.toUpperCase())).toBe(want);
  });
});

describe("the line that a received sealed mail has", () => {
  it.each(["[Modtaget sikkert · Send sikker]", "> [Received securely\u00a0· Send\r\n> sikker]", "[[x] [MODTAGET SIKKERT - SEND SIKKER]", "[".repeat(1000) + "Received securely · Send sikker]"])("is found in %j", (body) => {
    expect(quotesSealed(body)).toBe(true);
  });
  it.each(["", "Modtaget sikkert · Send sikker", "[Modtaget sikkert]", "[Modtaget sikkert · Send sikkerhed]", "[ikke modtaget sikkert · Send sikker]"])("is not in %j", (body) => {
    expect(quotesSealed(body)).toBe(false);
  });
});

describe("settings", () => {
  const good = { domains: ["AAU.example"], rules: { cpr: "off", marked: "ask", channel: "block" } };
  it("are read whole", () => {
    expect(readSettings(good)).toEqual({ domains: ["aau.example"], rules: { cpr: "off", marked: "ask", channel: "block" } });
  });
  it.each([undefined, null, "", 1, [], {}, { domains: [] }, { ...good, domains: "aau.example" }, { ...good, domains: [1] }, { ...good, rules: null }, { ...good, rules: { cpr: "off", marked: "ask" } },
    { ...good, rules: { ...good.rules, cpr: "OFF" } }, { ...good, rules: { ...good.rules, cpr: true } }])("%j are none", (value) => {
    expect(readSettings(value)).toBeUndefined();
  });
});

describe("the texts", () => {
  const long = "x".repeat(60) + "@a.dk";
  const outside = [["nancy@partner.example"], ["2512489996@digitalpost.example", "b@partner.example"], [long, "b@partner.example"], ["n".repeat(5000)], [""], []];
  const reasons: Reason[] = [{ rule: "sent" }, { rule: "marked" }, { rule: "nobody" }];
  for (const o of outside) reasons.push({ rule: "cpr", places: ["subject", "body", "attachment"], outside: o }, { rule: "channel", outside: o });
  const steps: Step[] = ["settings", "recipients", "mark", "subject", "body", "attachments", "channel", "time", "draft"];
  it("fit Outlook's dialog, end as sentences, and show no number", () => {
    const all = (["da", "en"] as const).flatMap((language) => [
      ...reasons.flatMap((reason) => [true, false].flatMap((button) => [holdText(reason, language, button, false), holdText(reason, language, button, true)])),
      ...steps.map((step) => failureText(step, language))]);
    expect(all.length).toBeGreaterThan(100);
    for (const text of all) {
      expect(text.length).toBeLessThanOrEqual(messageMost);
      expect(text).toMatch(/^[A-ZÆØÅ].*\.$/);
      expect(text).not.toMatch(/undefined|\d{4}/);
    }
    for (const text of Object.values(buttonText)) expect(text.length).toBeLessThanOrEqual(20);
  });
  it("name the recipient, the place and the way out", () => {
    expect(holdText({ rule: "cpr", places: ["subject"], outside: ["nancy@partner.example", "b@partner.example"] }, "da", true, false)).toBe(
      "Der står et CPR-nummer (••••••-••••) i emnet, og mailen skal til nancy@partner.example og 1 mere. Den almindelige Send-knap sender den ukrypteret ud af huset. Emnet bliver aldrig krypteret: flyt nummeret ned i teksten. Tryk på «Åbn Send sikker» for at sende den krypteret.");
    expect(holdText({ rule: "channel", outside: [] }, "en", false, true)).toBe(
      "This mail answers one that was received securely. The ordinary Send button sends it out unencrypted. Press “Send sikker” to send it encrypted. You can also send it anyway.");
  });
  it.each([["da-DK", "da"], ["DA", "da"], ["en-US", "en"], ["nb-NO", "en"], ["dag", "en"], ["", "da"], [undefined, "da"], [7, "da"]])("of %j are in %s", (tag, want) => {
    expect(languageOf(tag)).toBe(want);
  });
});
