// Finds CPR numbers in text and masks them: the twin of the Go package internal/cpr, which says how and why. Both give the same
// answer to the letter, and internal/cpr/testdata holds them to it: a change here is a change there. As classic Outlook's engine
// wants it: ES2016, and no conditional operator, which Microsoft's page on event-based add-ins warns of.
import { isDigit } from "./cpr/class";
import { scan } from "./cpr/judge";
import type { Found, Text } from "./cpr/scan";

/** One CPR number: the UTF-16 positions, its ten digits, and what spoke for it ("date mod11 dash word url"). */
export type Match = Found;

export function find(text: Text): Match[] {
  const all: Match[] = [];
  scan(text, (match) => {
    all.push(match);
    return true;
  });
  return all;
}

export function contains(text: Text): boolean {
  let has = false;
  scan(text, () => {
    has = true;
    return false;
  });
  return has;
}

const maskPasses = 4;

/** Replaces every digit of every CPR number by a bullet; the masked text has no CPR number. */
export function mask(text: string): string {
  for (let pass = 0; pass < maskPasses; pass++) {
    const matches = find(text);
    if (matches.length === 0) return text;
    const pieces: string[] = [];
    let last = 0;
    for (const m of matches) {
      pieces.push(text.slice(last, m.start), bullets(text.slice(m.start, m.end)));
      last = m.end;
    }
    pieces.push(text.slice(last));
    text = pieces.join("");
  }
  if (contains(text)) return bullets(text);
  return text;
}

function bullets(text: string): string {
  const pieces: string[] = [];
  for (let i = 0; i < text.length; i++) {
    if (isDigit(text.charCodeAt(i))) pieces.push("•");
    else pieces.push(text.charAt(i));
  }
  return pieces.join("");
}
