// What a UTF-16 unit is; see internal/cpr/class.go.

/** The digit that c is, or -1: ASCII, Arabic-Indic, extended Arabic-Indic and full-width ones. */
export function value(c: number): number {
  if (c >= 0x30 && c <= 0x39) return c - 0x30;
  if (c < 0x660) return -1;
  if (c <= 0x669) return c - 0x660;
  if (c >= 0x6f0 && c <= 0x6f9) return c - 0x6f0;
  if (c >= 0xff10 && c <= 0xff19) return c - 0xff10;
  return -1;
}

export function isDigit(c: number): boolean {
  return value(c) >= 0;
}

export function isUnseen(c: number): boolean {
  return c === 0xad || (c >= 0x200b && c <= 0x200f) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2060 && c <= 0x206f) || c === 0xfeff;
}

export function isSpace(c: number): boolean {
  return c === 0x20 || c === 9 || c === 0xa0 || c === 0x1680 || (c >= 0x2000 && c <= 0x200a) || c === 0x202f || c === 0x205f || c === 0x3000;
}

export function isNewline(c: number): boolean {
  return (c >= 0x0a && c <= 0x0d) || c === 0x85 || c === 0x2028 || c === 0x2029;
}

export function isDash(c: number): boolean {
  return c === 0x2d || (c >= 0x2010 && c <= 0x2015) || c === 0x2043 || c === 0x2212 || c === 0xfe58 || c === 0xfe63 || c === 0xff0d;
}

export function isDot(c: number): boolean {
  return c === 0x2e || c === 0xb7 || c === 0x2024 || c === 0xff0e;
}

export function isLetter(c: number): boolean {
  if (c < 0x80) return (c >= 0x41 && c <= 0x5a) || (c >= 0x61 && c <= 0x7a);
  return c >= 0xc0 && c < 0x2000 && c !== 0xd7 && c !== 0xf7 && !isDigit(c) && !isSpace(c);
}

export function lower(c: number): number {
  if ((c >= 0x41 && c <= 0x5a) || (c >= 0xc0 && c <= 0xde && c !== 0xd7)) return c + 0x20;
  return c;
}

/** What stands between two groups of digits. */
export type Gap = "" | "space" | "dash" | "dot" | "slash" | "underscore";

export function markOf(c: number): Gap {
  if (isDash(c)) return "dash";
  if (isDot(c)) return "dot";
  if (c === 0x2f || c === 0xff0f) return "slash";
  if (c === 0x5f) return "underscore";
  return "";
}
