import { describe, expect, it } from "vitest";
import { fill, letterLanguage, letters, texts } from "../src/texts.js";

const all = Object.entries(texts);
const placeholders = (s: string) => [...s.matchAll(/\{\w+\}/g)].map(String).sort();

describe("the sentences", () => {
  it("are there", () => expect(all.length).toBeGreaterThan(100));
  it.each(all)("%s says the same in both languages, shortly, without jargon", (_name, { da, en }) => {
    expect(placeholders(da)).toEqual(placeholders(en));
    for (const text of [da, en]) {
      expect(text.trim()).toBe(text);
      expect(text.length).toBeGreaterThan(1);
      expect(text.length).toBeLessThanOrEqual(180);
      expect(text).not.toMatch(/S\/MIME|PKI|X\.509|token|MSAL|HTTP|API|certifikat|certificate|krypter|encrypt/i);
    }
    if (da.length > 25) expect(da).not.toBe(en);
  });
  it("leave no place open, and fill nothing twice", () => {
    expect(fill("{a} og {b}", { a: "{b}", b: 2 })).toBe("{b} og 2");
    expect(fill("{c}", {})).toBe("{c}");
  });
});

describe("the letter", () => {
  it("is in the language of where it goes", () => {
    expect(["a@b.dk", "a@b.de", "a@b.AT", "a@b.no", "a@b.se", "a@b.com", "x"].map(letterLanguage)).toEqual(["da", "de", "de", "en", "en", "en", "en"]);
  });
  it("has the same places in each, and tells where our certificates are", () => {
    const [first, ...others] = Object.values(letters).map((l) => placeholders(l.text));
    expect(first).toEqual(["{address}", "{name}", "{organisation}", "{page}"]);
    expect(others).toHaveLength(2);
    for (const other of others) expect(other).toEqual(first);
  });
});
