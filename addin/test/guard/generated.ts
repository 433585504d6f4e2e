// The same texts as internal/cpr/generated_test.go makes, from the same file.
export interface Generated {
  readonly seed: number;
  readonly texts: number;
  readonly block: number;
  readonly pieces: readonly string[];
  readonly expected: readonly string[];
}

export function* generate(file: Generated): Generator<string> {
  let state = file.seed;
  const pick = (n: number): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return (state >>> 8) % n;
  };
  for (let i = 0; i < file.texts; i++) {
    let text = "";
    for (let n = 3 + pick(22); n > 0; n--) {
      for (const c of file.pieces[pick(file.pieces.length)] ?? "") text += c === "?" ? String(pick(10)) : c;
    }
    yield text;
  }
}

/** FNV-1a, 32 bits, of the UTF-16 units, the low byte first. */
export function hash32(text: string, sum = 0x811c9dc5): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    for (const byte of [unit & 0xff, unit >> 8]) sum = Math.imul(sum ^ byte, 0x01000193) >>> 0;
  }
  return sum;
}
