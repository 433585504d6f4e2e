// Reads the whole draft, and makes of it what is sent. What cannot be read stops it: a mail is never sent without one of its parts.
import type { Draft } from "../service/types.js";
import { Digest, fromBase64, typeOf } from "./bytes.js";
import { alike } from "./draft.js";
import { Failed, failureOf } from "./failure.js";
import { tie } from "./pictures.js";
import { everybody, same, type AttachmentInfo, type Client, type Content, type Glance, type Language, type OfficePort, type Part, type Person, type Text } from "./ports.js";
import { scan, type Scan } from "./scan.js";

/**
 * Classic Outlook's text lags behind what is typed: it is read until nothing new has come for longer than that. Two readings that are the
 * same are not enough: within the lag both are the old text, and a mail without its last sentence would be sent.
 */
export const steadyTime = 500;
const steadyReadings = 3;
const textReadings = 12;
/** Outlook answers "succeeded" with nothing in it when it is asked for much at once. */
const contentTries = 5;
/** A draft that changes under our hands is read again, but not for ever. */
const rounds = 3;

export interface Whole {
  readonly draft: Draft;
  readonly parts: readonly Part[];
  readonly glance: Glance;
  readonly scan: Scan;
  readonly missingPictures: number;
  readonly digest: string;
  readonly about: string;
}

export interface Collecting {
  readonly office: OfficePort;
  readonly client: Client | undefined;
  readonly mailbox: string;
  readonly language: Language;
  readonly wait: (ms: number) => Promise<void>;
  readonly reading: (place: number, of: number, name: string) => void;
  readonly stop: AbortSignal;
}

export async function collect(c: Collecting): Promise<Whole> {
  for (let round = 0; round < rounds; round++) {
    const glance = await c.office.glance();
    const text = await steady(c);
    const whole = await once(c, glance, text);
    // Index ids (classic, Mac) point elsewhere once the list has changed, and a text may have been typed on.
    const after = await c.office.glance();
    const textAfter = await c.office.text();
    c.stop.throwIfAborted();
    if (alike(glance, after) && text.content === textAfter.content) return whole;
  }
  throw new Failed({ kind: "body_unsteady" });
}

async function steady(c: Collecting): Promise<Text> {
  let text = await c.office.text();
  let still = 0;
  if (c.client?.kind !== "classic" && c.client?.kind !== "mac") return text;
  for (let i = 0; i < textReadings; i++) {
    await c.wait(steadyTime);
    c.stop.throwIfAborted();
    const again = await c.office.text();
    still = again.content === text.content && again.html === text.html ? still + 1 : 0;
    if (still === steadyReadings) return again;
    text = again;
  }
  throw new Failed({ kind: "body_unsteady" });
}

async function once(c: Collecting, glance: Glance, text: Text): Promise<Whole> {
  const cloud = glance.attachments.find((a) => a.kind === "cloud");
  if (cloud !== undefined) throw new Failed({ kind: "attachment_cloud", name: cloud.name });
  const tied = text.html ? tie(text.content, glance.attachments) : { html: text.content, inline: new Map<string, string>(), pictures: [], missing: 0 };
  const digest = new Digest();
  const pictures: Part[] = [], files: Part[] = [];
  const breathe = () => c.wait(0);

  for (const p of tied.pictures) {
    digest.add(p.base64);
    pictures.push({ field: `inline:${p.contentId}`, name: `${p.contentId.split("@")[0] ?? "picture"}.${p.type.split("/")[1]?.split("+")[0] ?? "png"}`, type: p.type,
      content: await decoded(p.base64, p.contentId, breathe) });
  }
  for (const [i, a] of glance.attachments.entries()) {
    c.reading(i + 1, glance.attachments.length, a.name);
    const content = await read(c, a);
    c.stop.throwIfAborted();
    const contentId = tied.inline.get(a.id);
    const named = name(a, content);
    digest.add(contentId ?? "").add(named).add(content.content);
    const part: Part = { field: contentId === undefined ? "file" : `inline:${contentId}`, name: named, type: typeOf(named),
      content: content.format === "base64" ? await decoded(content.content, a.name, breathe) : new Blob([content.content]) };
    (contentId === undefined ? files : pictures).push(part);
  }

  const { recipients } = glance;
  const draft: Draft = {
    mailbox: c.mailbox, to: recipients.to.map(address), cc: recipients.cc.map(address), bcc: recipients.bcc.map(address), subject: glance.subject,
    body: text.html ? { html: tied.html } : { text: text.content }, ...(answers(glance.inReplyTo) ? { inReplyTo: glance.inReplyTo } : {}), language: c.language,
  };
  const about = new Digest().add(glance.subject.trim());
  for (const p of everybody(recipients).map((p) => p.address.toLowerCase()).sort()) about.add(p);
  return {
    draft, parts: [...pictures, ...files], glance, scan: scan(text), missingPictures: tied.missing,
    digest: digest.add(JSON.stringify(draft)).toString(), about: about.toString(),
  };
}

async function read(c: Collecting, a: AttachmentInfo): Promise<Content> {
  let code: string | undefined;
  for (let i = 0; i < contentTries; i++) {
    if (i > 0) await c.wait(250 * 2 ** (i - 1));
    c.stop.throwIfAborted();
    try {
      const content = await c.office.content(a.id);
      if (content.format === "url") throw new Failed({ kind: "attachment_cloud", name: a.name });
      // Of an empty file nothing is everything. A size that is not known is no empty file.
      if (content.content !== "" || a.size === 0) return content;
    } catch (cause) {
      const failure = failureOf(cause);
      if (failure.kind === "attachment_cloud" || failure.kind === "no_item") throw cause;
      code = failure.code;
    }
  }
  throw new Failed({ kind: "attachment_unreadable", name: a.name, ...(code === undefined ? {} : { code }) });
}

async function decoded(base64: string, of: string, breathe: () => Promise<void>): Promise<Blob> {
  try {
    return await fromBase64(base64, breathe);
  } catch {
    throw new Failed({ kind: "attachment_unreadable", name: of, code: "base64" });
  }
}

/** Classic Outlook names an attached mail after its subject, without what tells others how to open it. */
function name(a: AttachmentInfo, content: Content): string {
  const ending = content.format === "eml" ? ".eml" : content.format === "ics" ? ".ics" : "";
  return ending === "" || a.name.toLowerCase().endsWith(ending) ? a.name : `${a.name}${ending}`;
}

function address(p: Person): { name?: string; address: string } {
  const shown = p.name.replace(/\p{Cc}/gu, " ").trim().slice(0, 250);
  return shown === "" || same(shown, p.address) ? { address: p.address } : { name: shown, address: p.address };
}

function answers(id: string | undefined): id is string {
  return id !== undefined && /^<[!-;=?-~]{1,900}>$/.test(id);
}
