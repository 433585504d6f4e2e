// What the organisation has decided. It is served in front of the bundle, as `var SendSikkerSettings={…};`: the manifest's address
// stays the same, and no administrator has to accept a manifest again because a rule has changed.

/** What happens when a rule applies: nothing, a question that can be answered "send anyway", or no. */
export type Mode = "off" | "ask" | "block";

export interface Settings {
  readonly domains: readonly string[]; // the organisation's own, lower case
  readonly rules: { readonly cpr: Mode; readonly marked: Mode; readonly channel: Mode };
}

/** Reads the settings; undefined for anything but whole and well-formed ones, for half a rule is no rule. */
export function readSettings(value: unknown): Settings | undefined {
  if (!isRecord(value) || !isRecord(value["rules"])) return undefined;
  const domains = strings(value["domains"]);
  const { cpr, marked, channel } = value["rules"];
  if (domains === undefined || !isMode(cpr) || !isMode(marked) || !isMode(channel)) return undefined;
  return { domains: domains.map((d) => d.toLowerCase()), rules: { cpr, marked, channel } };
}

function isMode(value: unknown): value is Mode {
  return value === "off" || value === "ask" || value === "block";
}

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list of strings and nothing else, or undefined. */
export function strings(value: unknown): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const all: string[] = [];
  for (const item of value as readonly unknown[]) {
    if (typeof item !== "string") return undefined;
    all.push(item);
  }
  return all;
}
