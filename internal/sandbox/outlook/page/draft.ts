// The mail that is being written, as the pretend Outlook keeps it. No page and no Office: the compose window shows it, and the host
// gives it to the add-in as the chosen client would.

export interface Recipient { name: string; address: string; resolved: boolean }
export type Field = "to" | "cc" | "bcc";
export const fields: readonly Field[] = ["to", "cc", "bcc"];

export interface Attached {
  readonly key: number; // of this window's own
  readonly name: string;
  readonly type: string;
  readonly content: string; // base64
  readonly size: number;
  readonly inline: boolean;
  readonly contentId: string;
  readonly kind: "file" | "item" | "cloud";
  readonly url: string; // of a cloud attachment
}

export type End = "discarded" | "saved" | "sent" | "closed";

export interface Change { what: "recipients" | "subject" | "body" | "attachments" | "from" | "notices" | "saved" | "ended"; fields?: readonly Field[]; by: "person" | "addin" }

// Keys that are remembered: more than anybody presses in the time that a client is behind.
const remembered = 500;

export class Draft {
  from: Recipient;
  readonly to: Recipient[] = [];
  readonly cc: Recipient[] = [];
  readonly bcc: Recipient[] = [];
  subject = "";
  html = "";
  readonly files: Attached[] = [];
  readonly headers = new Map<string, string>();
  readonly session = new Map<string, string>();
  readonly notices = new Map<string, { type: string; message: string }>();
  reply = "";
  savedAt: number | null = null;
  ended: End | null = null;
  left: "nothing" | "deleted" | "drafts" = "nothing"; // what lies in the mailbox of it afterwards
  private readonly watchers: ((change: Change) => void)[] = [];
  private readonly typed: { until: number; html: string }[] = []; // what each key replaced, and when
  private keys = 0;

  constructor(from: Recipient, private readonly now: () => number) {
    this.from = from;
  }

  watch(watcher: (change: Change) => void): void {
    this.watchers.push(watcher);
  }

  changed(change: Change): void {
    for (const watcher of this.watchers) watcher(change);
  }

  setRecipients(field: Field, list: readonly Recipient[], by: Change["by"]): void {
    this[field].splice(0, Number.POSITIVE_INFINITY, ...list);
    this.changed({ what: "recipients", fields: [field], by });
  }

  setSubject(subject: string, by: Change["by"]): void {
    this.subject = subject;
    this.changed({ what: "subject", by });
  }

  // type is what a key does.
  type(html: string): void {
    this.typed.push({ until: this.now(), html: this.html });
    if (this.typed.length > remembered) this.typed.shift();
    this.html = html;
    this.changed({ what: "body", by: "person" });
  }

  setBody(html: string): void {
    this.html = html;
    this.typed.length = 0;
    this.changed({ what: "body", by: "addin" });
  }

  // htmlAt is the body as it was then.
  htmlAt(time: number): string {
    return this.typed.find((t) => t.until > time)?.html ?? this.html;
  }

  attach(file: Omit<Attached, "key">): Attached {
    const attached = { ...file, key: ++this.keys };
    this.files.push(attached);
    this.changed({ what: "attachments", by: "person" });
    return attached;
  }

  detach(key: number, by: Change["by"]): void {
    const at = this.files.findIndex((f) => f.key === key);
    if (at < 0) return;
    this.files.splice(at, 1);
    this.changed({ what: "attachments", by });
  }

  save(): void {
    this.savedAt ??= this.now();
    this.changed({ what: "saved", by: "addin" });
  }

  end(how: End, left: Draft["left"]): void {
    if (this.ended !== null) return;
    this.ended = how;
    this.left = left;
    this.changed({ what: "ended", by: "addin" });
  }
}
