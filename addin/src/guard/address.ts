// Who is outside, and who has been written to sealed before.

/**
 * Says whether an address is in one of the organisation's own domains, as internal/route does: a subdomain is a domain of its own,
 * and the last @ counts. What is no single address (a group without one, two in one field) is outside.
 */
export function isInternal(address: string, domains: readonly string[]): boolean {
  if (/[\s,;<>]/.test(address)) return false;
  const mark = address.lastIndexOf("@");
  return mark > 0 && domains.includes(address.slice(mark + 1).toLowerCase());
}

/**
 * What the pane keeps of a recipient in the roaming settings after a sealed message, and the guard looks for: the first 12
 * hexadecimal digits of FNV-1a, 64 bits, of the address in lower case. It spares room and prying eyes; it is no secret.
 */
export function recipientKey(address: string): string {
  return fnv1a64(address.toLowerCase()).slice(0, 12);
}

// Four limbs of 16 bits, the lowest first: the engine has no BigInt. The prime is 2^40 + 0x1b3.
function fnv1a64(text: string): string {
  let [a, b, c, d] = [0x2325, 0x8422, 0x9ce4, 0xcbf2];
  for (const byte of utf8(text)) {
    a ^= byte;
    const t0 = a * 0x1b3;
    const t1 = b * 0x1b3 + (t0 >>> 16);
    const t2 = c * 0x1b3 + a * 0x100 + (t1 >>> 16);
    const t3 = d * 0x1b3 + b * 0x100 + (t2 >>> 16);
    a = t0 & 0xffff;
    b = t1 & 0xffff;
    c = t2 & 0xffff;
    d = t3 & 0xffff;
  }
  return [d, c, b, a].map((limb) => (0x10000 + limb).toString(16).slice(1)).join("");
}

// The engine has no TextEncoder either. A lone half of a surrogate pair becomes U+FFFD, as everywhere.
function utf8(text: string): number[] {
  const bytes: number[] = [];
  for (const letter of text) {
    let c = letter.codePointAt(0) as number;
    if (c >= 0xd800 && c <= 0xdfff) c = 0xfffd;
    if (c < 0x80) bytes.push(c);
    else if (c < 0x800) bytes.push(0xc0 | (c >> 6), 0x80 | (c & 0x3f));
    else if (c < 0x10000) bytes.push(0xe0 | (c >> 12), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
    else bytes.push(0xf0 | (c >> 18), 0x80 | ((c >> 12) & 0x3f), 0x80 | ((c >> 6) & 0x3f), 0x80 | (c & 0x3f));
  }
  return bytes;
}
