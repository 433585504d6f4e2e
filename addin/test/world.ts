// A pretend Outlook and service for the steps, with every port open to be made to fail.
import type { Draft, Me, Message, Preflight, PreflightRequest } from "../src/service/types.js";
import { Failed, type Failure } from "../src/steps/failure.js";
import type { Answer, AttachmentInfo, Client, Clock, Content, Glance, Letter, Mark, Memory, OfficePort, Part, Pending, Person, Recipients, ServicePort, Text } from "../src/steps/ports.js";
import { run, type Run } from "../src/steps/run.js";
import type { State } from "../src/steps/state.js";

export const box = "sikkermail@its.aau.example";
export const id = "7e4a4700-0000-4000-8000-000000000001";
export const person = (address: string, name = ""): Person => ({ name, address });
export const glanceOf = (to: readonly Person[], more: Partial<Glance> = {}): Glance =>
  ({ recipients: { to, cc: [], bcc: [] }, subject: "Emne", from: "anna@aau.example", attachments: [], inReplyTo: undefined, ...more });
export const file = (name: string, more: Partial<AttachmentInfo> = {}): AttachmentInfo => ({ id: `id-of-${name}`, name, size: 4, kind: "file", inline: false, contentId: undefined, ...more });
export const meOf = (...addresses: string[]): Me => ({ kind: "user", id: "1", name: "Anna", limits: { recipients: 500, files: 250, messageBytes: 1e8 }, mailboxes: addresses.map((address) => ({ address, name: address, undoSeconds: 10 })) });
export const messageOf = (state: Message["state"], more: Partial<Message> = {}): Message => ({
  id, mailbox: box, messageId: "<1@aau.example>", subject: "Emne", acceptedAt: "2026-11-27T10:00:00Z", state,
  recipients: [{ copy: id, address: "bo@region.example", field: "to", route: "smime", state: state === "sent" ? "sent" : "queued" }], ...more,
});
export function preflightOf(request: PreflightRequest, more: Partial<Preflight> = {}): Preflight {
  const recipients = [...(request.to ?? []), ...(request.cc ?? []), ...(request.bcc ?? [])].map((a) => {
    const refused = a.address.startsWith("nocert@");
    return { address: a.address, route: refused ? "refused" as const : "smime" as const, code: refused ? "no_certificate" : "ok", say: { da: "siger", en: "says" } };
  });
  return { mailbox: request.mailbox ?? box, mailboxWhy: "only", sealedBefore: false, sendable: recipients.every((r) => r.route !== "refused"), silent: [], say: { da: "Kan", en: "Can" },
    recipients, warnings: [], maxContentBytes: 1e8, ...more };
}

export class World implements OfficePort, ServicePort {
  glanceNow = glanceOf([person("bo@region.example", "Bo")]);
  textNow: Text = { html: true, content: "<p>Hej</p>" };
  contents = new Map<string, Content[]>();
  markNow: Mark = { kind: "none" };
  client: Client = { kind: "web", canClose: true, recipientCap: 1000 };
  meNow = meOf(box);
  preflightMore: Partial<Preflight> = {};
  heldMs = 10_000;
  after: Message["state"] = "sent";
  listed: Message[] = [];
  /** What fails, by the port's name: the failures are used up one after another. */
  failures = new Map<string, Failure[]>();
  calls: string[] = [];
  sent: { draft: Draft; parts: readonly Part[]; key: string }[] = [];
  requests: PreflightRequest[] = [];
  slow: Promise<void> | undefined;
  states: State[] = [];
  kept: Pending[] = [];
  letters: Letter[] = [];
  sealed: string[] = [];
  private time = Date.parse("2026-11-27T10:00:00Z");
  private timers: { at: number; then: () => void }[] = [];
  private taken = false;

  readonly clock: Clock = {
    now: () => this.time,
    after: (ms, then) => {
      const timer = { at: this.time + ms, then };
      this.timers.push(timer);
      return () => { this.timers = this.timers.filter((t) => t !== timer); };
    },
  };
  readonly memory: Memory = {
    pending: () => this.kept, note: (p) => { this.kept = [p, ...this.kept]; }, forget: (about) => { this.kept = this.kept.filter((p) => p.about !== about); },
  };

  run(): Run {
    return run({ ports: { office: this, service: this, signIn: { signIn: (ask) => this.does(`sign-in ${String(ask)}`) }, clock: this.clock, memory: this.memory }, language: "da",
      hasCPR: (text) => text.includes("CPR"), shown: (s) => this.states.push(s) });
  }

  fail(port: string, ...failures: Failure[]): void {
    this.failures.set(port, failures);
  }

  /** Lets time pass, and everything that it sets off. */
  async pass(ms: number): Promise<void> {
    const end = this.time + ms;
    await settle();
    for (;;) {
      const next = this.timers.filter((t) => t.at <= end).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((t) => t !== next);
      this.time = Math.max(this.time, next.at);
      next.then();
      await settle();
    }
    this.time = end;
  }

  private does(port: string): Promise<void> {
    this.calls.push(port);
    const failure = this.failures.get(port)?.shift();
    return failure === undefined ? Promise.resolve() : Promise.reject(new Failed(failure));
  }

  // Outlook
  open = async () => { await this.does("open"); return { client: this.client, mark: this.markNow, firstRun: false }; };
  glance = async () => { await this.does("glance"); return this.glanceNow; };
  text = async () => { await this.does("text"); return this.textNow; };
  attachments = async () => { await this.does("attachments"); return this.glanceNow.attachments; };
  content = async (of: string) => {
    await this.does("content");
    const list = this.contents.get(of) ?? [];
    return (list.length > 1 ? list.shift() : list[0]) ?? { format: "base64" as const, content: btoa("file") };
  };
  mark = async (mark: Mark) => { await this.does(`mark ${mark.kind}`); this.markNow = mark; };
  setRecipients = async (r: Partial<Recipients>) => { await this.does("recipients"); this.glanceNow = { ...this.glanceNow, recipients: { ...this.glanceNow.recipients, ...r } }; };
  newMessage = async (letter: Letter) => { await this.does("letter"); this.letters.push(letter); };
  rememberSealed = async (addresses: readonly string[]) => { await this.does("remember"); this.sealed.push(...addresses); };
  rememberSeen = () => this.does("seen");
  close = () => this.does("close");

  // The service
  me = async () => { await this.does("me"); return this.meNow; };
  preflight = async (request: PreflightRequest) => { await this.does("preflight"); this.requests.push(request); return preflightOf(request, this.preflightMore); };
  send = async (draft: Draft, parts: readonly Part[], key: string, progress: (sent: number, total: number) => void, stop: AbortSignal): Promise<Answer> => {
    this.sent.push({ draft, parts, key });
    progress(1, 100);
    if (this.slow !== undefined) await Promise.race([this.slow, new Promise((_, reject) => stop.addEventListener("abort", () => reject(new Failed({ kind: "unreachable" }))))]);
    await this.does("send");
    progress(100, 100);
    return { message: messageOf("sending"), heldMs: this.heldMs };
  };
  message = async (): Promise<Answer> => { await this.does("message"); return { message: messageOf(this.taken ? "cancelled" : this.after), heldMs: 0 }; };
  messages = async () => { await this.does("messages"); return this.listed; };
  takeBack = async () => { await this.does("take-back"); this.taken = true; };
  watch = async () => { await this.does("watch"); };
}

export async function settle(): Promise<void> {
  for (let i = 0; i < 60; i++) await Promise.resolve();
  await new Promise((resolve) => setImmediate(resolve));
  for (let i = 0; i < 60; i++) await Promise.resolve();
}

/** A world in which the pane has opened and the draft is checked. */
export async function opened(change: (w: World) => void = () => undefined): Promise<{ w: World; r: Run; name: () => State["step"]["name"] }> {
  const w = new World();
  change(w);
  const r = w.run();
  r.tell({ on: "start" });
  await w.pass(0);
  return { w, r, name: () => r.state().step.name };
}
