// The scanner's state and what it keeps in mind; see internal/cpr/scan.go.
import { isDigit, isLetter, isNewline, isSpace, isUnseen, lower } from "./class";

/** A string, or what a test counts the reads of. */
export interface Text {
  readonly length: number;
  charCodeAt(i: number): number;
}

export interface Found {
  readonly start: number;
  readonly end: number;
  readonly number: string;
  readonly why: string;
}

export interface Scanner {
  readonly text: Text;
  readonly size: number;
  word: number; // where the last word such as "cpr" began
  url: boolean; // inside an address such as https://…
}

/** How far before a number a word such as "cpr" speaks for it. */
export const near = 40;

export function at(s: Scanner, i: number): number {
  if (i < 0 || i >= s.size) return 0;
  return s.text.charCodeAt(i);
}

/** Keeps in mind what stands before the next number. */
export function pass(s: Scanner, i: number): void {
  const c = at(s, i);
  if (isSpace(c) || isNewline(c) || c === 0x3c || c === 0x3e || c === 0x22) s.url = false;
  else if (c === 0x3a && at(s, i + 1) === 0x2f && at(s, i + 2) === 0x2f) s.url = true;
  else if (starts(s, i, "www.") && !isLetter(at(s, i - 1))) s.url = true;
  else if (isWord(s, i)) s.word = i;
}

/** Says whether a word begins here that a CPR number may follow. */
export function isWord(s: Scanner, i: number): boolean {
  const c = lower(at(s, i));
  if (c === 0x63) return starts(s, i, "cpr") || starts(s, i, "c.p.r") || starts(s, i, "civil reg");
  if (c === 0x70) return starts(s, i, "personn") || starts(s, i, "person-n") || starts(s, i, "person nr") || starts(s, i, "personal id");
  if (c === 0x66) return starts(s, i, "fødselsn");
  return false;
}

/** Knows a DOI, 10.1145/2512489996, which is an address too. */
export function identifier(s: Scanner, i: number): void {
  if (at(s, i) !== 0x31 || at(s, i + 1) !== 0x30 || at(s, i + 2) !== 0x2e || isDigit(at(s, i - 1))) return;
  let n = i + 3;
  while (n < i + 8 && isDigit(at(s, n))) n++;
  if (n >= i + 7 && at(s, n) === 0x2f) s.url = true;
}

function starts(s: Scanner, i: number, word: string): boolean {
  for (let k = 0; k < word.length; k++) if (lower(at(s, i + k)) !== word.charCodeAt(k)) return false;
  return true;
}

/** Passes over the whole run of digits, however long. */
export function afterDigits(s: Scanner, i: number): number {
  for (;;) {
    while (i < s.size && isDigit(at(s, i))) i++;
    const next = afterUnseen(s, i);
    if (next === i || !isDigit(at(s, next))) return i;
    i = next;
  }
}

export const unseenMost = 8;

export function afterUnseen(s: Scanner, i: number): number {
  for (let n = 0; n < unseenMost && isUnseen(at(s, i)); n++) i++;
  return i;
}
