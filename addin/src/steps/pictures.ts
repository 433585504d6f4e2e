// Ties the pictures of a text to the attachments that hold them. Outlook's clients show the same picture in four ways: cid: with the
// attachment's content id (web and new Windows from Mailbox 1.16), cid: without telling the id (everybody else), an address of their
// own with the attachment's id or the cid in originalsrc (older web), and data: (Insert → Picture).
import type { AttachmentInfo } from "./ports.js";

export interface Picture {
  readonly contentId: string;
  readonly type: string;
  readonly base64: string;
}

export interface Tied {
  readonly html: string;
  /** Attachment id → content id. What is not in here travels as an ordinary file: nothing is left out. */
  readonly inline: ReadonlyMap<string, string>;
  readonly pictures: readonly Picture[];
  /** Places in the text that no attachment fills. */
  readonly missing: number;
}

const image = /<(?:img|v:imagedata)\b/gi;
const source = /(\ssrc\s*=\s*)(?:"([^"]*)"|'([^']*)'|([^\s>"']+))/i;
const original = /\soriginalsrc\s*=\s*(?:"cid:([^"]*)"|'cid:([^']*)')/i;
const pasted = /^data:(image\/[a-z0-9.+-]+);base64,([a-z0-9+/=\s]*)$/i;

export function tie(html: string, attachments: readonly AttachmentInfo[]): Tied {
  const pictures: Picture[] = [];
  const references = new Map<string, string>(); // content id → as it is written in the text
  let made = 0;
  const make = () => `picture-${++made}@sendsikker`;
  const byAddress = new Map<string, string>();
  let unreadable = 0;

  let text = eachTag(html, (tag) => {
    const found = source.exec(tag);
    if (found === null) return tag;
    const value = unescape(found[2] ?? found[3] ?? found[4] ?? "");
    const put = (contentId: string) => tag.slice(0, found.index) + `${found[1] ?? ""}"cid:${contentId}"` + tag.slice(found.index + found[0].length);
    if (/^cid:/i.test(value)) {
      const written = value.slice(4);
      const id = decoded(written);
      if (usable(id)) {
        references.set(id, written);
        return tag;
      }
      const fit = attachments.find((a) => a.inline && (bare(a.contentId) === id || a.name === id.split("@")[0]));
      if (fit === undefined) { unreadable++; return tag; }
      const own = byAddress.get(fit.id) ?? make();
      byAddress.set(fit.id, own);
      return put(own);
    }
    const data = pasted.exec(value);
    if (data !== null) {
      const contentId = make();
      pictures.push({ contentId, type: (data[1] ?? "").toLowerCase(), base64: (data[2] ?? "").replace(/\s/g, "") });
      return put(contentId);
    }
    const kept = original.exec(tag);
    const keptId = kept === null ? undefined : decoded(unescape(kept[1] ?? kept[2] ?? ""));
    if (keptId !== undefined && usable(keptId)) {
      references.set(keptId, keptId);
      return put(keptId);
    }
    const address = decoded(value);
    const owner = attachments.find((a) => a.inline && a.id.length >= 8 && address.includes(a.id));
    if (owner !== undefined) {
      const own = byAddress.get(owner.id) ?? make();
      byAddress.set(owner.id, own);
      return put(own);
    }
    if (/^(blob|file|data):/i.test(value)) unreadable++;
    return tag;
  });
  text = text.replace(/url\(\s*["']?cid:([^"')\s]+)/gi, (whole, id: string) => {
    references.set(decoded(unescape(id)), id);
    return whole;
  });

  const { inline, left } = assign([...references.keys()], attachments.filter((a) => a.inline && !byAddress.has(a.id)));
  for (const [id, contentId] of byAddress) inline.set(id, contentId);
  return { html: text, inline, pictures, missing: left.length + unreadable };
}

/** Not one expression up to the ">": over a text of a million "<img" without an end it would take the square of that. */
function eachTag(html: string, change: (tag: string) => string): string {
  const out: string[] = [];
  let from = 0;
  for (const match of html.matchAll(image)) {
    if (match.index < from) continue;
    const end = html.indexOf(">", match.index);
    if (end < 0) break;
    out.push(html.slice(from, match.index), change(html.slice(match.index, end + 1)));
    from = end + 1;
  }
  return out.join("") + html.slice(from);
}

/** Gives each content id of the text its attachment: by content id, then by name, then the one that is left for the one that is left. */
function assign(ids: readonly string[], attachments: readonly AttachmentInfo[]): { inline: Map<string, string>; left: string[] } {
  const inline = new Map<string, string>();
  const free = () => attachments.filter((a) => !inline.has(a.id));
  let left = [...ids];
  const fits: ((a: AttachmentInfo, id: string) => boolean)[] = [
    (a, id) => bare(a.contentId) === id,
    (a, id) => bare(a.contentId)?.toLowerCase() === id.toLowerCase(),
    (a, id) => a.name !== "" && id.toLowerCase().startsWith(`${a.name.toLowerCase()}@`),
    (a, id) => a.name !== "" && id.toLowerCase() === a.name.toLowerCase(),
  ];
  for (const fit of fits) {
    left = left.filter((id) => {
      const found = free().find((a) => fit(a, id));
      if (found !== undefined) inline.set(found.id, id);
      return found === undefined;
    });
  }
  // Of several, a guess could put one person's picture where another's belongs; of one, there is nothing to guess.
  const nameless = free().filter((a) => a.contentId === undefined);
  const [id] = left, [only] = nameless;
  if (left.length === 1 && nameless.length === 1 && id !== undefined && only !== undefined) {
    inline.set(only.id, id);
    left = [];
  }
  return { inline, left };
}

function bare(contentId: string | undefined): string | undefined {
  return contentId?.replace(/^<|>$/g, "");
}

/** RFC 2392 §2: a cid: address is the content id, percent-encoded. */
function decoded(s: string): string {
  try {
    return decodeURIComponent(s);
  } catch {
    return s;
  }
}

function unescape(s: string): string {
  return s.replaceAll("&quot;", '"').replaceAll("&#39;", "'").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&");
}

/** What the service takes for a content id: printable ASCII without angle brackets. */
function usable(id: string): boolean {
  return /^[!-;=?-~]{1,800}$/.test(id);
}
