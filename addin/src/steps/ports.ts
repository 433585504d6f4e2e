// What the steps need of the world. Outlook, the service and the clock stand behind these; tests put fakes there.
import type { Draft, Me, Message, Preflight, PreflightRequest } from "../service/types.js";

export type ClientKind = "classic" | "new" | "web" | "mac" | "mobile";
export type Field = "to" | "cc" | "bcc";
export type Language = "da" | "en";

export interface Client {
  readonly kind: ClientKind;
  readonly canClose: boolean;
  /** Outlook gives at most so many recipients of one field, and does not say when there are more. */
  readonly recipientCap: number | undefined;
}

export interface Person {
  readonly name: string;
  /** Empty where Outlook has not found out whom it is about. */
  readonly address: string;
}

export type Recipients = Readonly<Record<Field, readonly Person[]>>;

export interface AttachmentInfo {
  readonly id: string;
  readonly name: string;
  readonly size: number;
  readonly kind: "file" | "item" | "cloud";
  readonly inline: boolean;
  readonly contentId: string | undefined;
}

export interface Text {
  readonly html: boolean;
  readonly content: string;
}

/** What of the draft is read again and again while it is written. */
export interface Glance {
  readonly recipients: Recipients;
  readonly subject: string;
  readonly from: string;
  readonly attachments: readonly AttachmentInfo[];
  readonly inReplyTo: string | undefined;
}

export interface Content {
  readonly format: "base64" | "eml" | "ics" | "url";
  readonly content: string;
}

/** What stands on the draft itself, so that it survives the pane. */
export type Mark = { readonly kind: "none" } | { readonly kind: "secure" } | { readonly kind: "sent"; readonly id: string };

export interface Opened {
  readonly client: Client;
  readonly mark: Mark;
  readonly firstRun: boolean;
}

/** Outlook. Every call ends: with a result or with Failed. */
export interface OfficePort {
  open(): Promise<Opened>;
  glance(): Promise<Glance>;
  text(): Promise<Text>;
  attachments(): Promise<readonly AttachmentInfo[]>;
  content(id: string): Promise<Content>;
  mark(mark: Mark): Promise<void>;
  setRecipients(recipients: Partial<Recipients>): Promise<void>;
  newMessage(letter: Letter): Promise<void>;
  /** Remembers, over this draft, that these people have been written to securely. */
  rememberSealed(addresses: readonly string[]): Promise<void>;
  rememberSeen(): Promise<void>;
  close(): Promise<void>;
}

export interface Letter {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

export interface Part {
  /** `file`, or `inline:<content id>`. */
  readonly field: string;
  readonly name: string;
  readonly type: string;
  readonly content: Blob;
}

/** An answer of the service about one message; heldMs is how long from now it can be taken back. */
export interface Answer {
  readonly message: Message;
  readonly heldMs: number;
}

export interface ServicePort {
  me(): Promise<Me>;
  preflight(request: PreflightRequest): Promise<Preflight>;
  send(draft: Draft, parts: readonly Part[], key: string, progress: (sent: number, total: number) => void, stop: AbortSignal): Promise<Answer>;
  message(id: string): Promise<Answer>;
  /** The newest messages of the caller's own that were accepted since then. */
  messages(mailbox: string, since: Date): Promise<readonly Message[]>;
  takeBack(id: string): Promise<void>;
  /** Resolves when nothing more will happen to the message, or when the stream breaks off. */
  watch(id: string, happened: () => void, stop: AbortSignal): Promise<void>;
}

export interface SignInPort {
  /** Makes sure that there is a token; with ask, a window may open for it. */
  signIn(ask: boolean): Promise<void>;
}

export interface Clock {
  now(): number;
  after(ms: number, then: () => void): () => void;
}

/** A press that no answer is known of. */
export interface Pending {
  readonly key: string;
  readonly digest: string;
  /** The same for every mail to the same people under the same subject. */
  readonly about: string;
  readonly at: number;
}

/** Outlives the pane, on this machine. */
export interface Memory {
  pending(): readonly Pending[];
  note(press: Pending): void;
  forget(about: string): void;
}

export interface Ports {
  readonly office: OfficePort;
  readonly service: ServicePort;
  readonly signIn: SignInPort;
  readonly clock: Clock;
  readonly memory: Memory;
}

export function count(recipients: Recipients): number {
  return recipients.to.length + recipients.cc.length + recipients.bcc.length;
}

export function everybody(recipients: Recipients): readonly Person[] {
  return [...recipients.to, ...recipients.cc, ...recipients.bcc];
}

export function same(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase();
}
