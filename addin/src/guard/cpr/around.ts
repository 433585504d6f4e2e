// What stands around a number and says that it is something else; see internal/cpr/around.go.
import { isDash, isDigit, isDot, isLetter, isSpace, lower } from "./class";
import { isNumberWord, wordBefore } from "./label";
import { at, type Scanner } from "./scan";
import type { Shape } from "./shape";

const slight = 1;
const weak = 2;
const firm = 3;
const strong = 4;
export const longRun = 8;

export function costBefore(s: Scanner, sh: Shape, said: boolean): number {
  const c = at(s, sh.start - 1);
  let cost = 0;
  if (isLetter(c) && !said && !isNumberWord(wordBefore(s, sh.start).word)) cost = besideLetter(sh, strong);
  else if (c === 0x23 || c === 0x24 || c === 0xa3 || c === 0x20ac) cost = weak;
  else if (isDash(c) && isDigit(at(s, sh.start - 2))) cost = joint(sh, digitsBefore(s, sh.start - 1));
  else if ((isDot(c) || c === 0x2f) && isDigit(at(s, sh.start - 2)) && (sh.form === "parts" || sh.form === "full")) cost = firm;
  else if ((c === 0x2c || isDot(c)) && sh.form === "bare" && isDigit(at(s, sh.start - 2)) && digitsBefore(s, sh.start - 1) < longRun) cost = strong;
  if (isPhone(s, sh.start)) cost += strong;
  return cost;
}

export function costAfter(s: Scanner, sh: Shape, said: boolean): number {
  const c = at(s, sh.end);
  let cost = 0;
  if (isLetter(c) && !said) cost = besideLetter(sh, weak);
  else if (c === 0x25) cost = weak;
  else if (isDash(c) && isDigit(at(s, sh.end + 1))) cost = joint(sh, digitsAfter(s, sh.end + 1));
  else if ((c === 0x2c || c === 0x2e) && sh.serial !== "dash" && isCents(s, sh.end + 1)) cost = strong;
  if (isUnit(s, sh.end)) cost += weak;
  return cost;
}

function besideLetter(sh: Shape, bareCost: number): number {
  if (sh.serial === "dash") return slight;
  if (sh.form === "bare") return bareCost;
  return weak;
}

function joint(sh: Shape, neighbour: number): number {
  if (neighbour >= longRun) return 0;
  if (sh.form === "bare" || sh.form === "loose") return weak;
  return firm;
}

export function digitsBefore(s: Scanner, i: number): number {
  let n = 0;
  while (n < longRun && isDigit(at(s, i - 1 - n))) n++;
  return n;
}

function digitsAfter(s: Scanner, i: number): number {
  let n = 0;
  while (n < longRun && isDigit(at(s, i + n))) n++;
  return n;
}

function isCents(s: Scanner, i: number): boolean {
  const c = at(s, i + 2);
  return digitsAfter(s, i) === 2 && ((c !== 0x2c && c !== 0x2e) || !isDigit(at(s, i + 3)));
}

export function crowd(s: Scanner, sh: Shape): number {
  if (sh.serial !== "space" || sh.form === "loose") return 0;
  const before = isSpace(at(s, sh.start - 1)) && isDigit(at(s, sh.start - 2));
  const after = isSpace(at(s, sh.end)) && isDigit(at(s, sh.end + 1));
  if (sh.spaced && (before || after)) return weak;
  if (before && after) return slight;
  return 0;
}

function isPhone(s: Scanner, start: number): boolean {
  let i = start - 1;
  for (let n = 0; n < 3 && (isSpace(at(s, i)) || isDash(at(s, i)) || at(s, i) === 0x29); n++) i--;
  for (let n = 0; n < 3 && isDigit(at(s, i)); n++) i--;
  return at(s, i) === 0x2b;
}

const uuidMost = 36;

export function isUUID(s: Scanner, sh: Shape): boolean {
  let first = sh.start;
  let last = sh.end;
  while (first > sh.start - uuidMost && isHexOrDash(at(s, first - 1))) first--;
  while (last < sh.end + uuidMost && isHexOrDash(at(s, last))) last++;
  if (last - first !== uuidMost) return false;
  for (let i = 0; i < uuidMost; i++) if ((at(s, first + i) === 0x2d) !== (i === 8 || i === 13 || i === 18 || i === 23)) return false;
  return true;
}

function isHexOrDash(c: number): boolean {
  return (c >= 0x30 && c <= 0x39) || (c >= 0x41 && c <= 0x46) || (c >= 0x61 && c <= 0x66) || c === 0x2d;
}

/** Says that an amount of money, or of things, ends here. */
function isUnit(s: Scanner, end: number): boolean {
  let i = end;
  for (let n = 0; n < 3 && isSpace(at(s, i)); n++) i++;
  let word = "";
  while (word.length < 4 && isLetter(at(s, i))) {
    word += String.fromCharCode(lower(at(s, i)));
    i++;
  }
  return ["kr", "dkk", "eur", "usd", "sek", "nok", "gbp", "stk"].includes(word);
}
