// @vitest-environment happy-dom
import { beforeEach, describe, expect, it } from "vitest";
import { h, show, type Shown } from "../src/pane/dom.js";
import { status, view } from "../src/pane/view.js";
import type { Context } from "../src/pane/words.js";
import { parseSettings } from "../src/settings.js";
import type { FailureKind } from "../src/steps/failure.js";
import { initial, type Event, type State, type Step } from "../src/steps/state.js";
import { box, glanceOf, id, meOf, messageOf, opened, person, preflightOf } from "./world.js";

const settings = { clientId: "c", authority: "a", scope: "s", organisation: "AAU", domains: ["aau.example"], certificatesPage: "https://x.example/certificates", supportURL: "https://x.example/help" };
let told: (Event | string)[];
let root: HTMLElement;
const context = (language: "da" | "en" = "da"): Context => ({ language, settings, tell: (e) => told.push(e), press: () => told.push("press"), retry: () => told.push("retry") });
beforeEach(() => { told = []; document.body.innerHTML = ""; root = document.body.appendChild(document.createElement("main")); });
const render = (state: State, language: "da" | "en" = "da") => { show(root, view(context(language), state)); return root; };
const $ = (selector: string) => root.querySelector<HTMLElement>(selector);

const base: State = { ...initial, client: { kind: "web", canClose: true, recipientCap: 1000 }, me: meOf(box), glance: glanceOf([person("bo@region.example", "Bo"), person("nocert@firm.example")]) };
const checked = (more: Partial<State> = {}): State => ({ ...base, check: { number: 1, asked: "x", answered: true, result: preflightOf({ to: base.glance?.recipients.to.map((p) => ({ address: p.address })) ?? [] }) }, ...more });

describe("the page", () => {
  it("keeps its elements, and the focus, while what they show stays", () => {
    const item = (key: string): Shown => ({ tag: "li", key, children: [{ tag: "button", key: "b", children: [key] }] });
    show(root, [item("a"), item("b"), item("c")]);
    const b = root.children[1];
    (b?.firstChild as HTMLElement).focus();
    show(root, [item("b"), item("d"), item("c")]);
    expect(root.children[0]).toBe(b);
    expect(document.activeElement).toBe(b?.firstChild);
    expect(root.textContent).toBe("bdc");
  });
  it("calls what is shown now, once, and takes away what is no longer said", () => {
    const calls: string[] = [];
    const button = (name: string, attributes: Shown["attributes"] & object): Shown => ({ tag: "button", key: "b", attributes, on: { click: () => calls.push(name) }, children: [name] });
    show(root, [button("one", { "aria-disabled": "true", title: "x" })]);
    show(root, [false, button("two", { title: undefined })]);
    (root.firstChild as HTMLElement).click();
    expect(calls).toEqual(["two"]);
    expect((root.firstChild as HTMLElement).getAttributeNames()).toEqual([]);
  });
  it("shows text as text", () => {
    show(root, [h("p", {}, "<img src=x onerror=alert(1)>")]);
    expect(root.querySelector("img")).toBeNull();
    expect(root.textContent).toBe("<img src=x onerror=alert(1)>");
  });
});

describe("the form", () => {
  it("says on the button what will happen, and beside it why not", () => {
    render(checked({ step: { name: "blocked" } }));
    expect($("#send")?.textContent).toBe("Send sikkert til 2 modtagere");
    expect($("#send")?.getAttribute("aria-disabled")).toBe("true");
    expect($("#send-why")?.textContent).not.toBe("");
    $("#send")?.click();
    expect(told).toEqual([]);
    const one = { ...checked({ step: { name: "ready" } }), glance: glanceOf([person("bo@region.example")]) };
    render(one, "en");
    expect($("#send")?.textContent).toBe("Send securely to 1 recipient");
    $("#send")?.click();
    expect(told).toEqual(["press"]);
  });
  it("has a way out for whom cannot get it, and a letter in their language", () => {
    render(checked({ step: { name: "blocked" } }));
    expect([...root.querySelectorAll("#recipients > li")].map((li) => li.getAttribute("data-route"))).toEqual(["refused", "smime"]);
    for (const action of ["ask", "remove"]) $(`[data-action=${action}]`)?.click();
    expect(told).toMatchObject([{ on: "ask", letter: { to: "nocert@firm.example" } }, { on: "remove", address: "nocert@firm.example" }]);
    const [ask] = told as [Event & { on: "ask" }];
    expect(ask.letter.text).toContain("https://x.example/certificates");
    expect(ask.letter.text).not.toContain("{");
  });
  it("offers the addresses that the service knows", () => {
    const state = checked({ step: { name: "blocked" } });
    const result = state.check.result ?? expect.fail("checked");
    render({ ...state, check: { ...state.check, result: { ...result, recipients: result.recipients.map((r) => (r.route === "refused" ? { ...r, alternatives: ["sikker@firm.example"] } : r)) } } });
    $("[data-action=use]")?.click();
    expect(told).toEqual([{ on: "replace", address: "nocert@firm.example", by: "sikker@firm.example" }]);
  });
  it("ties every label to its control, and every description to its text", async () => {
    const { r } = await opened((w) => { w.glanceNow = { ...w.glanceNow, subject: "CPR" }; w.meNow = meOf("a@aau.example", "b@aau.example"); w.preflightMore = { mailbox: "b@aau.example", mailboxWhy: "recent", sealedBefore: true }; });
    render(r.state());
    for (const label of root.querySelectorAll("label")) expect($(`#${label.htmlFor}`)).not.toBeNull();
    for (const described of root.querySelectorAll("[aria-describedby]")) expect($(`#${described.getAttribute("aria-describedby") ?? ""}`)).not.toBeNull();
    expect(($("#from") as HTMLSelectElement).value).toBe("b@aau.example");
    expect($("#sealed-before")).not.toBeNull();
    expect(root.querySelectorAll("#notices li")).toHaveLength(1);
    ($("#yes") as HTMLInputElement).click();
    expect(told).toEqual([{ on: "yes", said: true }]);
  });
});

describe("every step", () => {
  const steps: Step[] = [
    { name: "starting" }, { name: "signing-in" }, { name: "sign-in", failure: { kind: "sign_in_needed" } }, { name: "reading" }, { name: "checking" }, { name: "no-mailbox" }, { name: "empty" },
    { name: "ready" }, { name: "warned" }, { name: "blocked" }, { name: "collecting", key: "k" }, { name: "collecting", key: "k", file: { place: 1, of: 2, name: "a.pdf" } },
    { name: "uploading", key: "k", press: "k", sent: 5e6, total: 1e7, whole: false }, { name: "uploading", key: "k", press: "k", sent: 1, total: 1, whole: true }, { name: "held", until: 1, seconds: 10 }, { name: "held", until: 1, seconds: 1 },
    { name: "undoing", until: 1 }, { name: "undone" }, { name: "watching", late: false }, { name: "watching", late: true }, { name: "done", closingIn: 20, tell: false }, { name: "done", closingIn: undefined, tell: true }, { name: "undelivered" },
    ...(["no_item", "attachment_unreadable", "attachment_cloud", "body_unsteady", "office", "offline", "unreachable", "server", "busy", "refused", "invalid", "forbidden", "unclear", "not_found", "recipients_cut",
      "sign_in_needed", "sign_in_cancelled", "sign_in_refused", "sign_in_unavailable"] satisfies FailureKind[]).map((kind): Step => ({ name: "failed", where: "sending", failure: { kind, name: "a.pdf", code: "5001" } })),
  ];
  const message = messageOf("failed", { recipients: [{ copy: id, address: "c@d.example", field: "to", route: "smime", state: "rejected", say: { da: "dansk", en: "english" } }] });
  it.each(steps.flatMap((step) => (["da", "en"] as const).map((language) => [step.name === "failed" ? `failed ${step.failure.kind}` : step.name, language, step] as const)))("%s in %s has a heading, whole sentences and a name for every control", (_name, language, step) => {
    const state = checked({ step, message, firstRun: true, note: "stopped", letter: { to: "a@b.example", subject: "s", text: "t" } });
    render(state, language);
    expect(root.querySelectorAll("h1")).toHaveLength(1);
    expect(root.textContent).not.toMatch(/\{|undefined|NaN|\[object/);
    expect(status(context(language), state)).not.toMatch(/\{|undefined|NaN/);
    for (const control of root.querySelectorAll("button, a, progress")) expect((control.textContent || control.getAttribute("aria-label")) ?? "").not.toBe("");
    expect(new Set([...root.querySelectorAll("[id]")].map((e) => e.id)).size).toBe(root.querySelectorAll("[id]").length);
    if (step.name === "failed") expect($("#whole")?.textContent).toMatch(/^(Udkastet er, som du skrev det|The draft is as you wrote it)\.$/);
  });
  it("does not tell a screen reader every second", () => {
    const said = new Set(Array.from({ length: 10 }, (_, i) => status(context(), checked({ step: { name: "held", until: 1, seconds: i + 1 } }))));
    expect(said.size).toBe(2);
  });
});

it("takes only whole settings, and only web addresses for links", () => {
  expect(parseSettings(JSON.stringify(settings))).toEqual(settings);
  expect(parseSettings(JSON.stringify({ ...settings, supportURL: "javascript:alert(1)" })).supportURL).toBe("");
  for (const odd of ["", "{}", JSON.stringify({ ...settings, clientId: 1 })]) expect(() => parseSettings(odd)).toThrow();
});
