import { parse, type Node } from "acorn";
import vm from "node:vm";
import { describe, expect, it, vi } from "vitest";
import { bundle, load, outlook, settings, succeeds, type Answers, type Completion, type Engine, type Outlook } from "./engine";

const cprNumber = "251248-9996";

function sent(engine: Engine): Completion {
  engine.send();
  expect(engine.completions).toHaveLength(1);
  return engine.completions[0] ?? {};
}

function expectHeld(completion: Completion): void {
  expect(completion.allowEvent).toBe(false);
  expect(completion.errorMessage).toMatch(/^\S.{20,498}\.$/);
  expect(completion.sendModeOverride).toBeUndefined();
}

function kinds(node: unknown, found = new Set<string>()): Set<string> {
  if (Array.isArray(node)) node.forEach((n) => kinds(n, found));
  else if (typeof node === "object" && node !== null) {
    if ("type" in node && typeof node.type === "string") found.add(node.type);
    Object.values(node).forEach((n) => kinds(n, found));
  }
  return found;
}

describe("the bundle", () => {
  it("is one script of ES2016, without what classic Outlook is said not to know", () => {
    const tree: Node = parse(bundle, { ecmaVersion: 2016, sourceType: "script" });
    const found = kinds(tree);
    expect(found.size).toBeGreaterThan(10);
    for (const kind of ["ConditionalExpression", "AwaitExpression", "ImportExpression", "ChainExpression"]) expect(found).not.toContain(kind);
  });
  it("is under 20 KB with its settings in front", () => {
    const prefix = `var SendSikkerSettings=${JSON.stringify({ ...settings, domains: Array<string>(20).fill("institut.aau.example") })};\n`;
    expect(Buffer.byteLength(prefix + bundle)).toBeLessThan(20_000);
  });
  it("knows no network, no storage, no page and no sign-in", () => {
    expect(bundle).not.toMatch(/\b(fetch|XMLHttpRequest|WebSocket|localStorage|sessionStorage|indexedDB|document|window|location|crypto|Promise|setInterval|msal|eval)\b/);
  });
  it("has the manifest's handler as soon as it has run", () => {
    expect(Object.keys(load(outlook()).handlers)).toEqual(["onMessageSendHandler"]);
  });
  it("has it even where onReady fails", () => {
    const handlers: string[] = [];
    const office = { actions: { associate: (name: string) => handlers.push(name) }, onReady: () => { throw new Error("not ready"); } };
    expect(() => { vm.runInNewContext(bundle, { Office: office }); }).toThrow("not ready");
    expect(handlers).toEqual(["onMessageSendHandler"]);
  });
});

describe("a mail on its way out", () => {
  it("goes when nothing speaks against it", () => {
    expect(sent(load(outlook()))).toEqual({ allowEvent: true });
  });
  it("goes among colleagues without being read", () => {
    const unread: Answers = () => { throw new Error("read"); };
    expect(sent(load(outlook({ to: succeeds([{ emailAddress: "a@AAU.example" }]), subject: unread, body: unread, attachments: unread })))).toEqual({ allowEvent: true });
  });
  it.each<[string, Partial<Outlook>]>([
    ["subject", { subject: succeeds(`SV: ${cprNumber}`) }], ["text", { body: succeeds(`x`.repeat(100_000) + ` ${cprNumber}`) }], ["name of a file", { attachments: succeeds([{ name: "a" }, { name: `${cprNumber}.pdf` }]) }],
    ["text, to a blind copy", { to: succeeds([]), bcc: succeeds([{ emailAddress: "nancy@partner.example" }]), body: succeeds(cprNumber) }],
  ])("is held for a CPR number in its %s, masked, with a button for the pane", (_, change) => {
    const completion = sent(load(outlook(change)));
    expectHeld(completion);
    expect(completion.errorMessage).toContain("••••••-••••");
    expect(completion.errorMessage).not.toContain("9996");
    expect(completion).toMatchObject({ commandId: "SendSikkerPaneButton", cancelLabel: "Åbn Send sikker" });
  });
  it("is held in English for the English", () => {
    expect(sent(load(outlook({ language: "en-US", body: succeeds(cprNumber) }))).errorMessage).toMatch(/^There is a CPR number/);
  });
  it("is held without a button, a question or an override before Mailbox 1.14", () => {
    for (const change of [{ body: succeeds(cprNumber) }, { body: succeeds("[Modtaget sikkert · Send sikker]") }]) {
      const completion = sent(load(outlook({ ...change, mailbox: "1.13" })));
      expectHeld(completion);
      expect(Object.keys(completion).sort()).toEqual(["allowEvent", "errorMessage"]);
    }
  });
  it("is asked about when the rule says so", () => {
    const completion = sent(load(outlook({ roaming: () => ["b193324da3a0"] })));
    expect(completion).toMatchObject({ allowEvent: false, sendModeOverride: "promptUser", commandId: "SendSikkerPaneButton" });
    expect(completion.errorMessage).toContain("nancy@partner.example");
  });
  it.each([[{ "x-send-sikker": "secure" }, "valgt"], [{ "X-Send-Sikker": "Secure" }, "valgt"], [{ "x-send-sikker": "sent 0193-4711" }, "allerede"], [{ "X-Send-Sikker": "secure", "x-send-sikker": "sent 4711" }, "allerede"]])(
    "is held when it is marked %j", (value, says) => {
      const completion = sent(load(outlook({ headers: succeeds(value) })));
      expectHeld(completion);
      expect(completion.errorMessage).toContain(says);
    });
  it("is read as text, one call at a time", () => {
    const waiting: (() => void)[] = [];
    const later = (value: unknown): Answers => (callback) => waiting.push(() => callback({ status: "succeeded", value }));
    const engine = load(outlook({ to: later([{ emailAddress: "nancy@partner.example" }]), cc: later([]), bcc: later([]), headers: later({}), subject: later(""), body: later(""), attachments: later([]) }));
    engine.send();
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) next();
    expect(engine.completions).toEqual([{ allowEvent: true }]);
    expect(engine.most()).toBe(1);
    expect(engine.bodyType()).toBe("text");
  });
  it("is judged anew each time, and each event is completed once", () => {
    const engine = load(outlook());
    engine.send();
    engine.send();
    expect(engine.completions).toHaveLength(2);
  });
});

const steps = ["to", "cc", "bcc", "headers", "subject", "body", "attachments"] as const;
const ways: Record<string, Answers> = {
  "reports an error": (callback) => callback({ status: "failed", error: { code: 5001 } }),
  throws: () => { throw new Error("5001"); },
  "calls back with nothing": (callback) => callback(undefined),
  "calls back with null": (callback) => callback(null),
  "calls back with a number": (callback) => callback(5001),
  "has no status": (callback) => callback({ value: [] }),
  "succeeds with nothing": succeeds(undefined),
  "succeeds with null": succeeds(null),
  "succeeds with a number": succeeds(7),
  "succeeds with true": succeeds(true),
  "succeeds with a list of null": succeeds([null]),
  "succeeds with a list of numbers": succeeds([7]),
  "succeeds with fields that are numbers": succeeds([{ emailAddress: 7, name: 7 }]),
  "succeeds with a header that is a number": succeeds({ "x-send-sikker": 7, "X-Send-Sikker": "" }),
  "succeeds with a value that throws": (callback) => callback({ status: "succeeded", get value(): unknown { throw new Error("gone"); } }),
  "throws after an error": (callback) => { callback({ status: "failed" }); throw new Error("5001"); },
  "fails and then succeeds": (callback) => { callback({ status: "failed" }); callback({ status: "succeeded", value: [] }); callback({ status: "succeeded", value: "" }); },
};

describe("the guard's own fault", () => {
  for (const step of steps) {
    it.each(Object.entries(ways))(`holds the mail when reading ${step} %s`, (_, way) => {
      expectHeld(sent(load(outlook({ [step]: way }))));
    });
    it(`holds the mail when ${step} is not there`, () => {
      expectHeld(sent(load(outlook(), undefined, (office) => {
        const { item } = (office as { context: { mailbox: { item: Record<string, unknown> } } }).context.mailbox;
        Reflect.deleteProperty(item, { headers: "internetHeaders", attachments: "getAttachmentsAsync" }[step as string] ?? step);
      })));
    });
    it(`holds the mail when Outlook never answers for ${step}, and never sends it later`, () => {
      let late: (() => void) | undefined;
      let timer: (() => void) | undefined;
      const clearTimeout = vi.fn();
      const never: Answers = (callback) => { late = () => callback({ status: "succeeded", value: [] }); };
      const engine = load(outlook({ [step]: never }), { SendSikkerSettings: settings, clearTimeout, setTimeout: (f: () => void) => { timer = f; return 1; } });
      engine.send();
      expect(engine.completions).toHaveLength(0);
      timer?.();
      late?.();
      timer?.();
      expect(engine.completions).toHaveLength(1);
      expectHeld(engine.completions[0] ?? {});
      expect(engine.completions[0]?.errorMessage).toContain("ikke i tide");
      expect(clearTimeout).toHaveBeenCalledWith(1);
    });
  }
  it.each<[string, (office: Record<string, unknown>) => void]>([
    ["there is no item", (office) => { office["context"] = { mailbox: { item: null } }; }],
    ["there is no mailbox", (office) => { office["context"] = {}; }],
    ["there is no context", (office) => { delete office["context"]; }],
    ["there are no roaming settings", (office) => { delete (office["context"] as Record<string, unknown>)["roamingSettings"]; }],
  ])("holds the mail when %s", (_, spoil) => {
    expectHeld(sent(load(outlook(), undefined, spoil)));
  });
  it.each([["a string", "b193324da3a0"], ["a list of numbers", [7]], ["an object", {}], ["false", false]])("holds the mail when the roaming settings are %s", (_, value) => {
    expectHeld(sent(load(outlook({ roaming: () => value }))));
  });
  it("holds the mail when the roaming settings throw", () => {
    expectHeld(sent(load(outlook({ roaming: () => { throw new Error("9020"); } }))));
  });
  it.each([["missing", {}], ["null", { SendSikkerSettings: null }], ["text", { SendSikkerSettings: "{}" }], ["half", { SendSikkerSettings: { domains: ["aau.example"], rules: { cpr: "off" } } }]])(
    "holds every mail when the settings are %s", (_, globals) => {
      const completion = sent(load(outlook({ to: succeeds([{ emailAddress: "a@aau.example" }]) }), globals));
      expectHeld(completion);
      expect(completion.errorMessage).toContain("ikke sat rigtigt op");
    });
  it("holds, in Danish and without a button, when Outlook can say neither its language nor what it supports", () => {
    const completion = sent(load(outlook({ body: succeeds(cprNumber) }), undefined, (office) => {
      const context = office["context"] as Record<string, unknown>;
      delete context["requirements"];
      Object.defineProperty(context, "displayLanguage", { get: () => { throw new Error("gone"); } });
    }));
    expectHeld(completion);
    expect(completion.commandId).toBeUndefined();
    expect(completion.errorMessage).toMatch(/^Der står et CPR-nummer/);
  });
  it("does not try again when Outlook fails in being answered", () => {
    let calls = 0;
    const engine = load(outlook());
    const event = { completed: () => { calls++; throw new Error("gone"); } };
    expect(() => engine.handlers["onMessageSendHandler"]?.(event)).not.toThrow();
    expect(calls).toBe(1);
  });
  it("still answers where a timer can be set and not cleared", () => {
    expect(sent(load(outlook(), { SendSikkerSettings: settings, setTimeout: () => 1 }))).toEqual({ allowEvent: true });
  });
});
