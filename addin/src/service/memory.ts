// Presses that no answer is known of, on this machine: the window may be closed in the middle of a send. Fingerprints only, no content.
import type { Memory, Pending } from "../steps/ports.js";

const name = "sendsikker.pending";
const most = 10;

/** storage is undefined where the browser gives none (private windows, blocked third parties); then it is remembered as long as the pane lives. */
export function createMemory(storage: () => Storage | undefined): Memory {
  let here: readonly Pending[] = [];
  const read = (): readonly Pending[] => {
    try {
      const value: unknown = JSON.parse(storage()?.getItem(name) ?? "[]");
      const there = Array.isArray(value) ? value.filter(isPending) : [];
      return [...here.filter((p) => !there.some((q) => q.key === p.key)), ...there];
    } catch {
      return here;
    }
  };
  const write = (list: readonly Pending[]) => {
    here = list.slice(0, most);
    try {
      storage()?.setItem(name, JSON.stringify(here));
    } catch {
      // Full or forbidden: `here` has it.
    }
  };
  return { pending: read, note: (press) => write([press, ...read()]), forget: (about) => {
    const kept = read().filter((p) => p.about !== about);
    write(kept);
  } };
}

function isPending(value: unknown): value is Pending {
  const p = value as Partial<Record<keyof Pending, unknown>> | null;
  return typeof p === "object" && p !== null && typeof p.key === "string" && /^[A-Za-z0-9_.:-]{1,128}$/.test(p.key) && typeof p.digest === "string" && typeof p.about === "string" && typeof p.at === "number";
}
