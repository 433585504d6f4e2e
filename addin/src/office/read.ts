// Reads the draft. What Outlook does not say, and what it says differently in each client, is in the QUIRKs.
import { Failed } from "../steps/failure.js";
import type { AttachmentInfo, Content, Glance, Mark, Person, Text } from "../steps/ports.js";
import { call } from "./call.js";
import { item, supports } from "./client.js";

export const header = "x-send-sikker";
/** A file of 100 MB takes its time. */
const contentPatience = 180_000;

export async function glance(): Promise<Glance> {
  const draft = item();
  const [to, cc, bcc, subject, from, attached] = await Promise.all([
    people(draft.to), people(draft.cc), people(draft.bcc), call<string>((done) => draft.subject.getAsync(done)), sender(draft), attachments(),
  ]);
  const inReplyTo = supports("Mailbox", "1.14") ? (draft.inReplyTo as string | null | undefined) : undefined;
  return { recipients: { to, cc, bcc }, subject: subject || "", from, attachments: attached, inReplyTo: inReplyTo ?? undefined };
}

async function people(field: Office.Recipients): Promise<readonly Person[]> {
  const list = await call<Office.EmailAddressDetails[]>((done) => field.getAsync(done));
  return list.map(person);
}

function person(p: Office.EmailAddressDetails): Person {
  const name = ((p.displayName as string | undefined) ?? "").trim(), address = ((p.emailAddress as string | undefined) ?? "").trim();
  // QUIRK: a recipient added from a contact card has the address in its name, and none as address (office-js 2201).
  if (!address.includes("@") && /^[^\s@<>]+@[^\s@<>]+$/.test(name)) return { name: "", address: name };
  return { name, address };
}

/** Only a proposal for which mailbox to send as, so that a client that cannot tell it (a shared mailbox, often) may be silent. */
async function sender(draft: Office.MessageCompose): Promise<string> {
  if (!supports("Mailbox", "1.7")) return "";
  try {
    const from = await call<Office.EmailAddressDetails>((done) => draft.from.getAsync(done));
    return from.emailAddress;
  } catch {
    return "";
  }
}

export async function attachments(): Promise<readonly AttachmentInfo[]> {
  const draft = item();
  const list = await call<Office.AttachmentDetailsCompose[]>((done) => draft.getAttachmentsAsync(done));
  return list.map((a) => {
    const kind = a.attachmentType;
    const contentId = (a as { contentId?: string | null }).contentId; // Mailbox 1.16; not on Mac
    return {
      id: a.id, name: a.name, size: Number.isFinite(a.size) ? a.size : -1, inline: a.isInline,
      kind: kind === "cloud" || kind === "item" ? kind : "file", contentId: contentId === null || contentId === "" ? undefined : contentId,
    };
  });
}

export async function content(id: string): Promise<Content> {
  const draft = item();
  const got = await call<Office.AttachmentContent>((done) => draft.getAttachmentContentAsync(id, done), { ms: contentPatience });
  const content = (got.content as string | null | undefined) ?? "";
  switch (got.format) {
    case "base64": return { format: "base64", content };
    case "eml": return { format: "eml", content };
    case "iCalendar": return { format: "ics", content };
    case "url": return { format: "url", content };
  }
  throw new Failed({ kind: "office", code: "attachment_format" });
}

export async function text(): Promise<Text> {
  const { body } = item();
  const html = (await call<Office.CoercionType>((done) => body.getTypeAsync(done)) as string) === "html";
  const content = await call<string | null>((done) => body.getAsync((html ? "html" : "text"), done as (r: Office.AsyncResult<string>) => void), { ms: 60_000 });
  // QUIRK: null in a shared mailbox on Mac. Nothing is not the same as an empty text.
  if (typeof content !== "string") throw new Failed({ kind: "office", code: "no_text" });
  return { html, content };
}

export async function mark(): Promise<Mark> {
  const { internetHeaders } = item();
  const found = await call<Record<string, string>>((done) => internetHeaders.getAsync([header], done));
  const value = Object.entries(found).find(([name]) => name.toLowerCase() === header)?.[1].trim() ?? "";
  const sent = /^sent ([0-9a-f-]{36})$/i.exec(value)?.[1];
  if (sent !== undefined) return { kind: "sent", id: sent };
  return { kind: value === "" ? "none" : "secure" };
}
