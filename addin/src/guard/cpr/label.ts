// What the word before a number says that it is; see internal/cpr/label.go.
import { digitsBefore } from "./around";
import { isDigit, isLetter, isNewline, lower } from "./class";
import { at, isWord, type Scanner } from "./scan";
import type { Shape } from "./shape";

export type Label = "" | "moment" | "weak" | "strong";

export function labelCost(label: Label, sh: Shape): number {
  if (label === "strong") return 4;
  if (label === "weak") return 2;
  if (isMoment(sh) && (label === "moment" || sh.form !== "short")) return 2;
  return 0;
}

/** Says whether the last four digits may be a time of day, and the rest its date. */
function isMoment(sh: Shape): boolean {
  return sh.serial === "space" && Number(sh.digits.slice(6, 8)) < 24 && Number(sh.digits.slice(8)) < 60;
}

const labelMost = 48;
const wordMost = 24;
const fillerMost = 3;
const bankMost = 4;
const behind = 20;

export function labelBefore(s: Scanner, sh: Shape): Label {
  let numbered = false;
  let bank = false;
  let i = sh.start;
  for (let n = 0; n <= fillerMost; n++) {
    let dotted = false;
    while (!isLetter(at(s, i - 1))) {
      const c = at(s, i - 1);
      if (i <= 0 || i <= sh.start - labelMost || isNewline(c) || isEnd(c)) return "";
      if (isDigit(c)) {
        const run = digitsBefore(s, i);
        if (bank || run > bankMost) return "";
        bank = true;
        i -= run;
        continue;
      }
      dotted = dotted || c === 0x2e;
      i--;
    }
    const found = wordBefore(s, i);
    i = found.start;
    const word = found.word;
    if (isNumberWord(word)) {
      numbered = true;
      continue;
    }
    if (["er", "is", "id", "på", "med", "with"].includes(word)) continue;
    if (dotted && word.length > 4 && !word.endsWith("nr")) return "";
    return labelOf(word, numbered, bank);
  }
  return "";
}

function isEnd(c: number): boolean {
  return c === 0x2c || c === 0x3b || c === 0x21 || c === 0x3f || c === 0x7c;
}

/** The word that ends before i, in lower case, and where it begins. */
export function wordBefore(s: Scanner, i: number): { readonly word: string; readonly start: number } {
  const end = i;
  while (end - i < wordMost && isLetter(at(s, i - 1))) i--;
  let word = "";
  for (let k = i; k < end; k++) word += String.fromCharCode(lower(at(s, k)));
  return { word, start: i };
}

export function isNumberWord(word: string): boolean {
  return ["nr", "no", "num", "nummer", "numre", "number", "numbers"].includes(word);
}

function labelOf(word: string, afterNumber: boolean, bank: boolean): Label {
  const numbered = afterNumber || word.endsWith("nr") || word.endsWith("nummer");
  if (word === "reg" || word === "kto" || begins(word, "regnr registrering iban account acct bank") || (word.startsWith("konto") && !word.startsWith("kontor"))) return "strong";
  if (bank) return "";
  if (["tel", "mob", "po", "inv", "bic", "doi"].includes(word)) return "strong";
  if (begins(word, "tlf telefon telefax mobil phone fax ean gln gtin isbn swift tracking serial")) return "strong";
  if (begins(word, "faktura faknr invoice ordre order bilag pakke vare serie rekvisition")) {
    if (numbered) return "strong";
    return "weak";
  }
  if ((word === "p" && numbered) || word === "pnr" || word === "pnummer" || word === "ref") return "weak";
  if ((begins(word, "kunde customer") && numbered) || begins(word, "reference ticket incident version build projekt project model")) return "weak";
  if (word === "d" || word === "den" || word === "kl" || begins(word, "dato date")) return "moment";
  return "";
}

function begins(word: string, stems: string): boolean {
  return stems.split(" ").some((stem) => word.startsWith(stem));
}

/** Says whether a word such as "cpr" follows on the same line, before any other number. */
export function wordAfter(s: Scanner, end: number): boolean {
  for (let i = end; i < end + behind; i++) {
    if (isDigit(at(s, i)) || isNewline(at(s, i))) return false;
    if (isWord(s, i)) return true;
  }
  return false;
}
