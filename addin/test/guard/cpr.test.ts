import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { contains, find, mask } from "../../src/guard/cpr";
import type { Text } from "../../src/guard/cpr/scan";
import { generate, hash32, type Generated } from "./generated";

interface Vector {
  readonly text: string;
  readonly want: readonly string[];
}

function read(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../../internal/cpr/testdata/${name}`, import.meta.url), "utf8"));
}

const withNumbers = read("with.json") as readonly Vector[];
const without = read("without.json") as readonly Vector[];
const generated = read("generated.json") as Generated;

describe("CPR numbers in text, as the Go twin finds them", () => {
  it("has enough texts of both kinds", () => {
    expect(withNumbers.length).toBeGreaterThanOrEqual(150);
    expect(without.length).toBeGreaterThanOrEqual(150);
  });
  it("misses none, in any dress", () => {
    const missed = withNumbers.filter((v) => find(v.text).map((m) => v.text.slice(m.start, m.end)).join("|") !== v.want.join("|"));
    expect(missed).toEqual([]);
    expect(withNumbers.filter((v) => v.want.length === 0 || !contains(v.text))).toEqual([]);
  });
  it("raises at most one false alarm in a hundred", () => {
    const alarms = without.filter((v) => contains(v.text));
    expect(alarms.length * 100).toBeLessThanOrEqual(without.length);
  });
  it("masks neither more nor less than the digits", () => {
    for (const v of withNumbers) {
      const masked = mask(v.text);
      expect(contains(masked)).toBe(false);
      expect(mask(masked)).toBe(masked);
      expect(masked.length).toBe(v.text.length);
      for (const w of v.want) expect(masked).not.toContain(w);
    }
    expect(mask("CPR-nr. 251248-9996, tlf. 99 40 99 40")).toBe("CPR-nr. ••••••-••••, tlf. 99 40 99 40");
  });
  it("gives Go's answers to thousands of generated texts", () => {
    expect(generated.texts).toBeGreaterThanOrEqual(2000);
    const got: string[] = [];
    let sum: number | undefined;
    let i = 0;
    for (const text of generate(generated)) {
      const answer = find(text).map((m) => `${m.start}:${m.end}:${m.number}:${m.why},`).join("") + "|" + mask(text) + "\n";
      sum = hash32(answer, sum);
      if (++i % generated.block === 0) {
        got.push(sum.toString(16).padStart(8, "0"));
        sum = undefined;
      }
    }
    expect(got).toEqual(generated.expected);
  });
});

describe("the time it takes", () => {
  // A body of many megabytes must not hold Outlook up. A clock would say more of the machine than of us: count what is looked at.
  const hostile: Record<string, string> = {
    digits: "1", "dates that are none": "321348-9996 ", "numbers of real dates": "2512489996x", "small groups": "1 ", "small groups after the word": "cpr 1 1 1 1 ", words: "cpr ",
    "invisible characters": "1\u200b\u200b\u200b\u200b\u200b\u200b\u200b\u200b", dashes: "25-12-48-", "one long address": "https://2512489996/", labels: "nr nr nr faktura: 2512489996 ",
    hexadecimal: "25124899-9600-", spaces: " ", "long words": "fakturafakturafakturafaktura",
  };
  const reads = (text: string): number => {
    let n = 0;
    const counted: Text = { length: text.length, charCodeAt: (i) => (n++, text.charCodeAt(i)) };
    find(counted);
    return n;
  };
  it.each(Object.entries(hostile))("is linear for %s", (_, piece) => {
    const small = piece.repeat(Math.ceil(20_000 / piece.length));
    const large = small.repeat(10);
    expect(reads(large)).toBeLessThanOrEqual(10.1 * reads(small));
    expect(reads(large)).toBeLessThanOrEqual(150 * large.length);
  });
});
