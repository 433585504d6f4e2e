// Is what is written like a CPR number one? See internal/cpr/judge.go for the weights' reasons.
import { isDigit } from "./class";
import { costAfter, costBefore, crowd, isUUID } from "./around";
import { labelBefore, labelCost, wordAfter } from "./label";
import { afterDigits, identifier, near, pass, type Found, type Scanner, type Text } from "./scan";
import { shape, type Shape } from "./shape";

const enough = 3;
const unlikely = 2;
const rare = 1;
const mod11Worth = 2;
const dashWorth = 2;
const wordWorth = 4;
const weak = 2;

/** Gives every CPR number to onFound, until that says false. */
export function scan(text: Text, onFound: (found: Found) => boolean): void {
  const s: Scanner = { text, size: text.length, word: -near - 1, url: false };
  let i = 0;
  while (i < s.size) {
    if (!isDigit(text.charCodeAt(i))) {
      pass(s, i);
      i++;
      continue;
    }
    identifier(s, i);
    const found = numberAt(s, i);
    if (found === undefined) {
      i = afterDigits(s, i);
      continue;
    }
    if (!onFound(found)) return;
    i = found.end;
  }
}

function numberAt(s: Scanner, i: number): Found | undefined {
  const sh = shape(s, i);
  if (sh === undefined || !isDate(sh.digits, sh.year)) return undefined;
  let why = "date";
  let score = worth(sh);
  if (isMod11(sh.digits) || sh.digits.startsWith("0101")) {
    score += mod11Worth;
    why += " mod11";
  }
  if (sh.serial === "dash") {
    score += dashWorth;
    why += " dash";
  }
  const label = labelBefore(s, sh);
  const said = sh.start - s.word <= near;
  if (said || (label === "" && wordAfter(s, sh.end))) {
    score += wordWorth;
    why += " word";
  }
  score -= labelCost(label, sh);
  if (s.url) {
    score -= weak;
    why += " url";
  }
  score -= costBefore(s, sh, said) + costAfter(s, sh, said) + crowd(s, sh);
  if (score < enough || isUUID(s, sh)) return undefined;
  return { start: sh.start, end: sh.end, number: sh.digits, why };
}

function worth(sh: Shape): number {
  if (sh.form === "loose") return 0;
  if (sh.form === "joined") return rare;
  if (sh.form === "full" && sh.serial !== "dash") return unlikely;
  return enough;
}

/** Says whether the first seven digits are a day of the calendar, by the rule of the seventh digit. */
function isDate(digits: string, written: string): boolean {
  const day = Number(digits.slice(0, 2));
  const month = Number(digits.slice(2, 4));
  const yy = Number(digits.slice(4, 6));
  const seventh = Number(digits.charAt(6));
  let century = 1900;
  if (((seventh === 4 || seventh === 9) && yy <= 36) || (seventh >= 5 && seventh <= 8 && yy <= 57)) century = 2000;
  else if (seventh >= 5 && seventh <= 8) century = 1800;
  const year = century + yy;
  if (written !== "" && Number(written) !== year) return false;
  return month >= 1 && month <= 12 && day >= 1 && day <= daysIn(month, year);
}

function daysIn(month: number, year: number): number {
  if (month === 2) {
    if (year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0)) return 29;
    return 28;
  }
  if (month === 4 || month === 6 || month === 9 || month === 11) return 30;
  return 31;
}

function isMod11(digits: string): boolean {
  const weights = "4327654321";
  let sum = 0;
  for (let i = 0; i < weights.length; i++) sum += Number(weights.charAt(i)) * Number(digits.charAt(i));
  return sum % 11 === 0;
}
