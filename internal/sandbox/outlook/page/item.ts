// The draft as an add-in sees it: Office.context.mailbox.item. Every method is written against @types/office-js, so that this stub
// cannot drift from what real Outlook offers; what it answers comes over a line from the host.
import { AsyncResultStatus } from "./enums";
import type { Answer } from "./host";
import type { Profile } from "./profile";

export type Line = (method: string, args: readonly unknown[]) => Promise<Answer>;
export type Handlers = Map<string, ((args: unknown) => void)[]>;

type Item = Pick<Office.MessageCompose, "addHandlerAsync" | "bcc" | "body" | "cc" | "closeAsync" | "close" | "from" | "getAttachmentContentAsync" | "getAttachmentsAsync" |
  "getComposeTypeAsync" | "getConversationIndexAsync" | "getInitializationContextAsync" | "getItemClassAsync" | "getItemIdAsync" | "inReplyTo" | "internetHeaders" | "itemType" |
  "notificationMessages" | "removeAttachmentAsync" | "removeHandlerAsync" | "saveAsync" | "sessionData" | "subject" | "to">;

// Since which requirement set a member is there; all others are older than what the manifest asks for.
const since: Readonly<Record<string, number>> = { getComposeTypeAsync: 10, sessionData: 11, closeAsync: 14, getConversationIndexAsync: 14, getItemClassAsync: 14, inReplyTo: 14 };
const optionNames = ["asyncContext", "coercionType", "bodyMode", "discardItem"];

// asynchronous makes an Office method of a host method: (…args, options?, callback?).
export function asynchronous(line: Line, method: string): (...args: unknown[]) => void {
  return (...all) => {
    const given = [...all];
    const callback = typeof given.at(-1) === "function" ? (given.pop() as (result: unknown) => void) : undefined;
    const last = given.at(-1);
    const isOptions = typeof last === "object" && last !== null && Object.keys(last).length > 0 && Object.keys(last).every((name) => optionNames.includes(name));
    const options = isOptions ? (last as { asyncContext?: unknown }) : {};
    if (method !== "closeAsync" && isOptions) given.pop();
    const context = options.asyncContext;
    void line(method, method === "closeAsync" ? [{ discardItem: (options as { discardItem?: boolean }).discardItem === true }] : given).then((answer) =>
      callback?.(answer.ok ? { status: AsyncResultStatus.Succeeded, value: answer.value, asyncContext: context, error: undefined }
        : { status: AsyncResultStatus.Failed, value: undefined, asyncContext: context, error: answer.error }));
  };
}

// The parts are Partial where the type has more than a mail add-in of ours has a use for.
function part<T>(line: Line, name: string, ...methods: (keyof T & string)[]): T {
  return Object.fromEntries(methods.map((method) => [method, asynchronous(line, `${name}.${method}`)])) as T;
}

class Compose implements Item {
  readonly itemType = "message";
  readonly inReplyTo: string;
  readonly to: Office.Recipients;
  readonly cc: Office.Recipients;
  readonly bcc: Office.Recipients;
  readonly from: Office.From;
  readonly subject: Office.Subject;
  readonly body: Office.Body;
  readonly internetHeaders: Office.InternetHeaders;
  readonly sessionData: Office.SessionData;
  readonly notificationMessages: Office.NotificationMessages;
  readonly getAttachmentsAsync: Item["getAttachmentsAsync"];
  readonly getAttachmentContentAsync: Item["getAttachmentContentAsync"];
  readonly removeAttachmentAsync: Item["removeAttachmentAsync"];
  readonly getComposeTypeAsync: Item["getComposeTypeAsync"];
  readonly getConversationIndexAsync: Item["getConversationIndexAsync"];
  readonly getInitializationContextAsync: Item["getInitializationContextAsync"];
  readonly getItemClassAsync: Item["getItemClassAsync"];
  readonly getItemIdAsync: Item["getItemIdAsync"];
  readonly saveAsync: Item["saveAsync"];
  readonly closeAsync: Item["closeAsync"];
  readonly close: Item["close"];

  constructor(line: Line, private readonly handlers: Handlers, reply: string) {
    this.inReplyTo = reply;
    this.to = part(line, "to", "getAsync", "setAsync", "addAsync");
    this.cc = part(line, "cc", "getAsync", "setAsync", "addAsync");
    this.bcc = part(line, "bcc", "getAsync", "setAsync", "addAsync");
    this.from = part(line, "from", "getAsync");
    this.subject = part(line, "subject", "getAsync", "setAsync");
    this.body = part(line, "body", "getAsync", "getTypeAsync", "setAsync", "prependAsync");
    this.internetHeaders = part(line, "internetHeaders", "getAsync", "setAsync", "removeAsync");
    this.sessionData = part(line, "sessionData", "getAsync", "setAsync");
    this.notificationMessages = part(line, "notificationMessages", "addAsync", "replaceAsync", "removeAsync", "getAllAsync");
    const own = (method: string) => asynchronous(line, method);
    this.getAttachmentsAsync = own("getAttachmentsAsync");
    this.getAttachmentContentAsync = own("getAttachmentContentAsync");
    this.removeAttachmentAsync = own("removeAttachmentAsync");
    this.getComposeTypeAsync = own("getComposeTypeAsync");
    this.getConversationIndexAsync = own("getConversationIndexAsync");
    this.getInitializationContextAsync = own("getInitializationContextAsync");
    this.getItemClassAsync = own("getItemClassAsync");
    this.getItemIdAsync = own("getItemIdAsync");
    this.saveAsync = own("saveAsync");
    this.closeAsync = own("closeAsync");
    this.close = () => void line("close", []);
  }

  addHandlerAsync(event: Office.EventType | string, handler: unknown, ...rest: unknown[]): void {
    register(this.handlers, String(event), handler as (args: unknown) => void);
    asynchronous(() => Promise.resolve({ ok: true, value: undefined }), "addHandlerAsync")(...rest);
  }

  removeHandlerAsync(event: Office.EventType | string, ...rest: unknown[]): void {
    this.handlers.delete(String(event));
    asynchronous(() => Promise.resolve({ ok: true, value: undefined }), "removeHandlerAsync")(...rest);
  }
}

export function register(handlers: Handlers, event: string, handler: (args: unknown) => void): void {
  handlers.set(event, [...(handlers.get(event) ?? []), handler]);
}

// makeItem gives the item as this client has it: what is newer than the client is not there at all, and is to be asked for by name.
export function makeItem(line: Line, profile: Profile, handlers: Handlers, reply: string): Item {
  const item = new Compose(line, handlers, reply);
  for (const [name, set] of Object.entries(since)) if (profile.mailbox < set) Reflect.deleteProperty(item, name);
  return item;
}
