// What is written like a CPR number; see internal/cpr/shape.go.
import { isDigit, isNewline, isSpace, isUnseen, markOf, value, type Gap } from "./class";
import { afterUnseen, at, near, unseenMost, type Scanner } from "./scan";

export type Form = "bare" | "short" | "parts" | "full" | "joined" | "loose";

export interface Shape {
  readonly form: Form;
  readonly start: number;
  readonly end: number;
  readonly digits: string; // ten
  readonly year: string; // four digits where they are written
  readonly serial: Gap; // what stands before the last four digits
  readonly spaced: boolean; // the parts of the date stand apart by spaces alone
}

interface Group {
  readonly end: number;
  readonly digits: string;
}

const digitsMost = 12;
const gapMost = 6;
const spacesMost = 3;

function group(s: Scanner, i: number): Group | undefined {
  let digits = "";
  let end = i;
  for (;;) {
    const v = value(at(s, i));
    if (v < 0) {
      const next = afterUnseen(s, i);
      if (next === i || !isDigit(at(s, next))) break;
      i = next;
      continue;
    }
    if (digits.length === digitsMost) return undefined;
    digits += String(v);
    i++;
    end = i;
  }
  if (digits === "") return undefined;
  return { end, digits };
}

interface Between {
  readonly kind: Gap;
  readonly end: number;
}

function gap(s: Scanner, i: number): Between | undefined {
  let kind: Gap = "";
  let marks = 0;
  let seen = 0;
  let broken = false;
  for (let n = 0; n < gapMost + unseenMost; n++) {
    const c = at(s, i);
    if (isDigit(c)) {
      if (kind !== "") return { kind, end: i };
      if (seen > 0 && seen <= spacesMost) return { kind: "space", end: i };
      return undefined;
    }
    if (isUnseen(c)) seen--;
    else if (isNewline(c) && kind === "dash") broken = true;
    else if (!isSpace(c) && !(broken && c === 0x3e)) {
      const m = markOf(c);
      marks++;
      if (m === "" || (kind !== "" && m !== kind) || marks > 2) return undefined;
      kind = m;
    }
    seen++;
    if (seen > gapMost) return undefined;
    i++;
  }
  return undefined;
}

interface Following {
  readonly kind: Gap;
  readonly end: number;
  readonly digits: string;
}

function after(s: Scanner, g: Group): Following | undefined {
  const between = gap(s, g.end);
  if (between === undefined) return undefined;
  const next = group(s, between.end);
  if (next === undefined) return undefined;
  return { kind: between.kind, end: next.end, digits: next.digits };
}

/** Reads what begins with the digit at i. */
export function shape(s: Scanner, i: number): Shape | undefined {
  const g = group(s, i);
  if (g === undefined) return undefined;
  const d = g.digits;
  if (d.length === 10) return { form: "bare", start: i, end: g.end, digits: d, year: "", serial: "", spaced: false };
  if (d.length === 12) return { form: "joined", start: i, end: g.end, digits: d.slice(0, 4) + d.slice(6), year: d.slice(4, 8), serial: "", spaced: false };
  if (d.length === 6 || d.length === 8) {
    const serial = after(s, g);
    if (serial !== undefined && serial.digits.length === 4) {
      if (d.length === 6) return { form: "short", start: i, end: serial.end, digits: d + serial.digits, year: "", serial: serial.kind, spaced: false };
      return { form: "full", start: i, end: serial.end, digits: d.slice(0, 4) + d.slice(6) + serial.digits, year: d.slice(4), serial: serial.kind, spaced: false };
    }
  }
  if (d.length <= 2) {
    const whole = parts(s, i, g);
    if (whole !== undefined) return whole;
  }
  if (i - s.word > near) return undefined;
  return loose(s, i, g);
}

function parts(s: Scanner, i: number, day: Group): Shape | undefined {
  const month = after(s, day);
  if (month === undefined || month.digits.length > 2) return undefined;
  const year = after(s, month);
  if (year === undefined || (year.digits.length !== 2 && year.digits.length !== 4)) return undefined;
  const serial = after(s, year);
  if (serial === undefined || serial.digits.length !== 4) return undefined;
  let form: Form = "parts";
  let written = "";
  if (year.digits.length === 4) {
    form = "full";
    written = year.digits;
  }
  if (day.digits.length === 1 || month.digits.length === 1) form = "loose";
  const digits = two(day.digits) + two(month.digits) + year.digits.slice(-2) + serial.digits;
  return { form, start: i, end: serial.end, digits, year: written, serial: serial.kind, spaced: month.kind === "space" && year.kind === "space" };
}

function two(digits: string): string {
  if (digits.length === 1) return "0" + digits;
  return digits;
}

/** Reads ten digits in whatever groups. */
function loose(s: Scanner, i: number, first: Group): Shape | undefined {
  let digits = first.digits;
  let g = first;
  while (digits.length < 10) {
    const next = after(s, g);
    if (next === undefined) return undefined;
    g = next;
    digits += next.digits;
  }
  if (digits.length !== 10) return undefined;
  return { form: "loose", start: i, end: g.end, digits, year: "", serial: "", spaced: false };
}
