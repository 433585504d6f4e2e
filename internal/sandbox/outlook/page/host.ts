// The host side of Office: answers the calls of the add-in from the draft, with the habits of the client and the faults that are on.
// It takes and gives plain values only. What calls it copies them, so that nothing is shared with the add-in, as in Outlook.
import type { Draft, Field, Recipient } from "./draft";
import type { Fault, Profile } from "./profile";

export interface Problem { readonly code: number; readonly name: string; readonly message: string }
export type Answer = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: Problem };
export interface Call { readonly runtime: Runtime; readonly method: string; readonly args: readonly unknown[]; outcome: string }
export type Runtime = "pane" | "event";

export interface Clock { now(): number; sleep(ms: number): Promise<void> }

export class Refusal extends Error {
  constructor(readonly problem: Problem) {
    super(problem.message);
  }
}

export function refuse(code: number, name: string, message: string): Refusal {
  return new Refusal({ code, name, message });
}

// What each method does; args are those of Office.js without options and callback.
type Method = (args: readonly unknown[], runtime: Runtime) => unknown;

export interface Surroundings {
  readonly draft: Draft;
  readonly profile: Profile;
  readonly faults: ReadonlySet<Fault>;
  readonly clock: Clock;
  readonly roaming: Record<string, unknown>;
  keepRoaming(settings: Record<string, unknown>): void;
  context(): string; // that a Smart Alert left for the pane
  ask(): void; // "do you want to save?", on close
}

// closed to the event runtime (facts: limits of event-based activation).
const notInEvents = new Set(["close", "closeAsync"]);

export class Host {
  readonly calls: Call[] = [];
  private running = 0;
  private stumbled = false;
  private readonly emptied = new Set<number>();
  private readonly methods: Readonly<Record<string, Method>>;

  constructor(private readonly s: Surroundings) {
    this.methods = { ...this.recipients("to"), ...this.recipients("cc"), ...this.recipients("bcc"), ...this.texts(), ...this.files(), ...this.state() };
  }

  async call(runtime: Runtime, method: string, args: readonly unknown[]): Promise<Answer> {
    const call: Call = { runtime, method, args, outcome: "…" };
    this.calls.push(call);
    this.running++;
    try {
      if (this.running > this.s.profile.calls) throw refuse(9029, "TooManyPendingCalls", "The number of concurrent calls has exceeded its limit."); // the real code is not known
      await this.s.clock.sleep(method === "from.getAsync" ? 40 : 8); // From asks the server
      if (this.s.draft.ended !== null) throw refuse(9020, "ItemClosed", "The item is no longer open.");
      if (runtime === "event" && (this.s.faults.has("guard") || notInEvents.has(method))) throw refuse(5001, "InternalError", "An internal error has occurred.");
      const act = this.methods[method];
      if (act === undefined) throw refuse(5000, "NotSupported", `This Outlook has no ${method}.`);
      const value = structuredClone(await act(args, runtime));
      call.outcome = "succeeded";
      return { ok: true, value };
    } catch (e) {
      const error = e instanceof Refusal ? e.problem : { code: 5001, name: "InternalError", message: "An internal error has occurred." };
      call.outcome = `failed ${error.code}`;
      return { ok: false, error };
    } finally {
      this.running--;
    }
  }

  private recipients(field: Field): Record<string, Method> {
    const { draft, profile } = this.s;
    const taken = (list: unknown): Recipient[] => (list as (string | { emailAddress: string; displayName?: string })[]).map((one) =>
      typeof one === "string" ? { name: one, address: one, resolved: true } : { name: one.displayName ?? one.emailAddress, address: one.emailAddress, resolved: true });
    return {
      // Only who has been found, and only so many: nothing in the answer says that there are more.
      [`${field}.getAsync`]: () => draft[field].filter((r) => r.resolved).slice(0, profile.recipients).map(outside),
      [`${field}.setAsync`]: ([list]) => draft.setRecipients(field, taken(list), "addin"),
      [`${field}.addAsync`]: ([list]) => draft.setRecipients(field, [...draft[field], ...taken(list)], "addin"),
    };
  }

  private texts(): Record<string, Method> {
    const { draft, profile, clock } = this.s;
    return {
      "from.getAsync": () => outside(draft.from),
      "subject.getAsync": () => draft.subject,
      "subject.setAsync": ([subject]) => {
        if (String(subject).length > 255) throw refuse(9000, "DataExceedsMaximumSize", "The subject is longer than 255 characters.");
        draft.setSubject(String(subject), "addin");
      },
      "body.getTypeAsync": () => "html",
      "body.getAsync": ([coercion], runtime) => {
        if (profile.stumbles && runtime === "pane" && !this.stumbled) {
          this.stumbled = true;
          throw refuse(5001, "InternalError", "An internal error has occurred.");
        }
        const html = draft.htmlAt(clock.now() - profile.staleFor);
        if (coercion === "text") return plain(html);
        return profile.document ? `<html><head><meta http-equiv="Content-Type" content="text/html; charset=utf-8"></head><body>${html}</body></html>` : html;
      },
      "body.setAsync": ([html]) => draft.setBody(String(html)),
      "body.prependAsync": ([html]) => draft.setBody(String(html) + draft.html),
    };
  }

  private files(): Record<string, Method> {
    const { draft, profile, faults } = this.s;
    const idOf = (key: number, at: number) => (profile.ids === "index" ? String(at) : `addinId${key}-a3f1`);
    const find = (id: unknown) => {
      const file = draft.files.find((f, at) => idOf(f.key, at) === id);
      if (file === undefined) throw refuse(9042, "InvalidAttachmentId", "The attachment ID is invalid.");
      return file;
    };
    return {
      "getAttachmentsAsync": () => draft.files.map((f, at) => ({
        id: idOf(f.key, at), name: f.name, size: f.size, isInline: f.inline, attachmentType: f.kind, ...(f.kind === "cloud" ? { url: f.url } : {}),
        ...(profile.mailbox >= 16 && f.inline ? { contentId: f.contentId } : {}),
      })),
      "getAttachmentContentAsync": ([id]) => {
        const file = find(id);
        if (faults.has("unreadable") && !file.inline) throw refuse(5001, "InternalError", "An internal error has occurred.");
        if (file.kind === "cloud") return { format: "url", content: file.url };
        // QUIRK: succeeded, and nothing in it (office-js#6098, #3897, new Outlook and web).
        const once = profile.emptyInline && file.inline && !this.emptied.has(file.key);
        this.emptied.add(file.key);
        return { format: "base64", content: once || faults.has("empty") ? "" : file.content };
      },
      "removeAttachmentAsync": ([id]) => {
        const file = find(id);
        if (!file.inline) draft.detach(file.key, "addin"); // those in the text it does not remove
      },
    };
  }

  private state(): Record<string, Method> {
    const { draft, profile, clock } = this.s;
    return {
      "internetHeaders.getAsync": ([names]) => Object.fromEntries((names as string[]).flatMap((n) => {
        const value = draft.headers.get(n.toLowerCase());
        return value === undefined ? [] : [[n, value]];
      })),
      "internetHeaders.setAsync": ([headers]) => {
        for (const [name, value] of Object.entries(headers as Record<string, string>)) draft.headers.set(name.toLowerCase(), value);
      },
      "internetHeaders.removeAsync": ([names]) => {
        for (const name of names as string[]) draft.headers.delete(name.toLowerCase());
      },
      "sessionData.getAsync": ([name]) => {
        const value = draft.session.get(String(name));
        if (value === undefined) throw refuse(9052, "KeyNotFound", "The specified key was not found.");
        return value;
      },
      "sessionData.setAsync": ([name, value]) => void draft.session.set(String(name), String(value)),
      "getItemIdAsync": () => {
        if (draft.savedAt === null) throw refuse(9046, "ItemNotSaved", "The ID can't be retrieved until the item is saved.");
        return "AAkALgAAdraft=";
      },
      // In cached mode the id is there long before the server has the draft; see savedOnServer.
      "saveAsync": () => (draft.save(), "AAkALgAAdraft="),
      "getComposeTypeAsync": () => ({ composeType: draft.reply === "" ? "newMail" : "reply", coercionType: "html" }),
      "getConversationIndexAsync": () => (draft.reply === "" ? null : "AQHaConversation="),
      "getItemClassAsync": () => "IPM.Note",
      "getInitializationContextAsync": () => this.s.context(),
      "notificationMessages.addAsync": ([key, notice]) => this.notify(key, notice, false),
      "notificationMessages.replaceAsync": ([key, notice]) => this.notify(key, notice, true),
      "notificationMessages.removeAsync": ([key]) => {
        draft.notices.delete(String(key));
        draft.changed({ what: "notices", by: "addin" });
      },
      "notificationMessages.getAllAsync": () => [...draft.notices].map(([key, notice]) => ({ key, ...notice })),
      "roamingSettings.saveAsync": ([settings]) => this.s.keepRoaming(settings as Record<string, unknown>),
      "closeAsync": async ([options]) => {
        await clock.sleep(60);
        const discard = (options as { discardItem?: boolean } | undefined)?.discardItem === true;
        if (discard) draft.end("discarded", draft.savedAt !== null && profile.leaves === "deleted" ? "deleted" : "nothing");
        else draft.end("saved", "drafts");
      },
      "close": () => this.s.ask(),
    };
  }

  private notify(key: unknown, notice: unknown, replace: boolean): void {
    const { draft } = this.s;
    const { type, message } = notice as { type: string; message: string };
    if (String(key).length > 32 || message.length > 150) throw refuse(9000, "DataExceedsMaximumSize", "The message is longer than 150 characters, or its key than 32.");
    if (!replace && (draft.notices.has(String(key)) || draft.notices.size >= 5)) throw refuse(9043, "NumberOfItemsExceeded", "There are five messages already, or one with this key.");
    draft.notices.set(String(key), { type, message });
    draft.changed({ what: "notices", by: "addin" });
  }
}

// savedOnServer is whether the server has the draft that was saved here.
export function savedOnServer(draft: Draft, profile: Profile, now: number): boolean {
  return draft.savedAt !== null && now - draft.savedAt >= profile.savedAfter;
}

function outside(r: Recipient): { displayName: string; emailAddress: string; recipientType: string } {
  return { displayName: r.name, emailAddress: r.address, recipientType: "externalUser" };
}

export function plain(html: string): string {
  return html.replace(/<br\s*\/?>|<\/(p|div|li)>/gi, "\n").replace(/<[^>]*>/g, "").replaceAll("&nbsp;", "\u00a0").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&quot;", '"').replaceAll("&amp;", "&");
}
