// Attachments come from Outlook as base64 text and leave as bytes. One at a time and in pieces: Outlook on Windows ends add-ins that
// hold the processor or the memory for long.

/** Characters at a time; a multiple of four, so that each piece is base64 of its own. */
const piece = 1 << 20;

/** Throws RangeError for what is no base64. */
export async function fromBase64(text: string, breathe: () => Promise<void>): Promise<Blob> {
  const clean = /\s/.test(text) ? text.replace(/\s+/g, "") : text;
  if (clean.length % 4 === 1) throw new RangeError("no base64");
  const pieces: Blob[] = [];
  for (let at = 0; at < clean.length; at += piece) {
    // As a Blob at once: the browser may keep it on disk.
    pieces.push(new Blob([bytes(clean.slice(at, at + piece))]));
    if (at + piece < clean.length) await breathe();
  }
  return new Blob(pieces);
}

function bytes(base64: string): Uint8Array<ArrayBuffer> {
  let binary: string;
  try {
    binary = atob(base64);
  } catch {
    throw new RangeError("no base64");
  }
  const out = new Uint8Array(binary.length);
  for (let i = 0; i < binary.length; i++) out[i] = binary.charCodeAt(i);
  return out;
}

/**
 * Tells two mails apart, to know whether a second press is of the same one. Not against anybody: the service compares SHA-256 of what
 * it got under the same key. (cyrb53: 53 bits, one pass, no copy; crypto.subtle would want each file in memory as a whole.)
 */
export class Digest {
  private a = 0xdeadbeef;
  private b = 0x41c6ce57;

  add(text: string): this {
    let { a, b } = this;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      a = Math.imul(a ^ unit, 2654435761);
      b = Math.imul(b ^ unit, 1597334677);
    }
    // A mark between the parts: "ab" + "c" is not "a" + "bc".
    this.a = Math.imul(a ^ 0x1ffff ^ text.length, 2654435761);
    this.b = Math.imul(b ^ 0x1ffff ^ text.length, 1597334677);
    return this;
  }

  toString(): string {
    let { a, b } = this;
    a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
    b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
    return (b >>> 0).toString(16).padStart(8, "0") + (a >>> 0).toString(16).padStart(8, "0");
  }
}

/** By the name: Outlook does not tell an attachment's type in a draft. The service believes no type that could do harm. */
export function typeOf(name: string): string {
  const extension = /\.([a-z0-9]{1,8})$/i.exec(name)?.[1]?.toLowerCase() ?? "";
  return types[extension] ?? "application/octet-stream";
}

const office = "application/vnd.openxmlformats-officedocument";
const types: Readonly<Record<string, string>> = {
  pdf: "application/pdf", png: "image/png", jpg: "image/jpeg", jpeg: "image/jpeg", gif: "image/gif", bmp: "image/bmp", webp: "image/webp",
  tif: "image/tiff", tiff: "image/tiff", svg: "image/svg+xml", txt: "text/plain", csv: "text/csv", ics: "text/calendar", eml: "message/rfc822", zip: "application/zip",
  doc: "application/msword", xls: "application/vnd.ms-excel", ppt: "application/vnd.ms-powerpoint", docx: `${office}.wordprocessingml.document`,
  xlsx: `${office}.spreadsheetml.sheet`, pptx: `${office}.presentationml.presentation`, odt: "application/vnd.oasis.opendocument.text", mp3: "audio/mpeg",
  mp4: "video/mp4", wav: "audio/wav", heic: "image/heic", json: "application/json", xml: "application/xml", rtf: "application/rtf",
};
