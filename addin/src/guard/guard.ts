// Decides of one mail that somebody sends by the ordinary Send: may it go? Pure, and it never lets a mail through because
// something about it is not known.
//
//   already sent sealed?                  held, always
//   nobody outside the organisation?      goes
//   chosen for secure sending?            rule marked
//   a CPR number?                         rule cpr
//   an answer to, or a new mail to, somebody who has had sealed mail?   rule channel
import { isInternal, recipientKey } from "./address";
import { contains } from "./cpr";
import type { Mode, Settings } from "./settings";

export type Place = "subject" | "body" | "attachment";

/** What can be read at once. */
export interface Envelope {
  readonly to: readonly string[];
  readonly cc: readonly string[];
  readonly bcc: readonly string[];
  readonly mark: string; // the internet header x-send-sikker: "", "secure", "sent <id>", "opened"
}

/** What is read only when a rule needs it. */
export interface Content {
  readonly subject: string;
  readonly body: string;
  readonly attachmentNames: readonly string[];
  readonly sealedBefore: readonly string[]; // recipientKey of those who have had sealed mail
}

export type Reason =
  | { readonly rule: "sent" | "marked" | "nobody" }
  | { readonly rule: "cpr"; readonly places: readonly Place[]; readonly outside: readonly string[] }
  | { readonly rule: "channel"; readonly outside: readonly string[] };

export type Verdict =
  | { readonly kind: "allow" }
  | { readonly kind: "read" } // the content decides, and has not been given
  | { readonly kind: "hold"; readonly mode: "ask" | "block"; readonly reason: Reason };

const allow: Verdict = { kind: "allow" };

/**
 * Outlook gives no more than so many recipients of a list and does not say that there are more (500 in classic Outlook before
 * Mailbox 1.16, 1000 elsewhere). From there on, somebody unseen may be outside.
 */
export const seenMost = 500;

export function decide(envelope: Envelope, content: Content | undefined, settings: Settings): Verdict {
  const mark = envelope.mark.trim().toLowerCase();
  // Even to colleagues: they have had it, and two are one too many.
  if (mark.startsWith("sent")) return hold("block", { rule: "sent" });
  const lists = [envelope.to, envelope.cc, envelope.bcc];
  const all = envelope.to.concat(envelope.cc, envelope.bcc);
  // Outlook sends to nobody only when it does not tell us whom it sends to.
  if (all.length === 0) return hold("block", { rule: "nobody" });
  const outside = all.filter((address) => !isInternal(address, settings.domains));
  if (outside.length === 0 && lists.every((list) => list.length < seenMost)) return allow;

  const { cpr, channel } = settings.rules;
  // An unknown mark was put there by somebody who wanted something; "opened" was put there by the service on what it received.
  let marked: Mode = "off";
  if (mark !== "" && mark !== "opened") marked = settings.rules.marked;
  if (marked === "block" || (cpr === "off" && channel === "off")) return strictest([[marked, { rule: "marked" }]]);
  if (content === undefined) return { kind: "read" };

  const found: [Mode, Reason][] = [[marked, { rule: "marked" }]];
  if (cpr !== "off") {
    const places = placesOf(content);
    if (places.length > 0) found.push([cpr, { rule: "cpr", places, outside }]);
  }
  if (channel !== "off") {
    const known = outside.filter((address) => content.sealedBefore.includes(recipientKey(address)));
    if (mark === "opened" || known.length > 0 || quotesSealed(content.body)) found.push([channel, { rule: "channel", outside: known }]);
  }
  return strictest(found);
}

function hold(mode: "ask" | "block", reason: Reason): Verdict {
  return { kind: "hold", mode, reason };
}

function strictest(found: readonly (readonly [Mode, Reason])[]): Verdict {
  for (const mode of ["block", "ask"] as const) {
    const first = found.find((f) => f[0] === mode);
    if (first !== undefined) return hold(mode, first[1]);
  }
  return allow;
}

function placesOf(content: Content): Place[] {
  const places: Place[] = [];
  if (contains(content.subject)) places.push("subject");
  if (contains(content.body)) places.push("body");
  if (content.attachmentNames.some((name) => contains(name))) places.push("attachment");
  return places;
}

// A reply does not carry the header of what it answers, but it quotes the line that the service put into it. Mail programs wrap
// quoted lines and change spaces and dots: letters alone are compared.
const markers = ["modtagetsikkertsendsikker", "receivedsecurelysendsikker"];
const markerMost = 80;

export function quotesSealed(body: string): boolean {
  for (let i = body.indexOf("["); i >= 0; i = body.indexOf("[", i + 1)) {
    const letters = body.slice(i, i + markerMost).toLowerCase().replace(/[^a-z\]]/g, "");
    if (markers.some((marker) => letters.startsWith(marker + "]"))) return true;
  }
  return false;
}
