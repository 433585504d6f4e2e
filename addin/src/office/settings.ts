// What is remembered of a person across drafts and machines, in their mailbox (roamingSettings, 32 KB in all).
import { act } from "./call.js";

const sealedBefore = "sendsikkerSealedBefore", seen = "sendsikkerSeen";
const most = 300;

export function firstRun(): boolean {
  return Office.context.roamingSettings.get(seen) !== true;
}

export async function rememberSeen(): Promise<void> {
  Office.context.roamingSettings.set(seen, true);
  await save();
}

/** The send guard asks by this list whether ordinary mail goes to somebody who is written to securely. Hashes: it is no address book. */
export async function rememberSealed(addresses: readonly string[]): Promise<void> {
  const old: unknown = Office.context.roamingSettings.get(sealedBefore);
  const list = Array.isArray(old) ? old.filter((one): one is string => typeof one === "string" && /^[0-9a-f]{12}$/.test(one)) : [];
  const all = [...new Set([...addresses.map(addressHash), ...list])].slice(0, most);
  Office.context.roamingSettings.set(sealedBefore, all);
  await save();
}

async function save(): Promise<void> {
  await act((done) => Office.context.roamingSettings.saveAsync(done));
}

/** The first twelve hex digits of FNV-1a-64 of the address in lower case, as UTF-8. */
export function addressHash(address: string): string {
  let hash = 0xcbf29ce484222325n;
  for (const byte of new TextEncoder().encode(address.trim().toLowerCase())) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  return hash.toString(16).padStart(16, "0").slice(0, 12);
}
