// What stands in the way of sending, and what the person should know before.
import type { Preflight, Sentence } from "../service/types.js";
import { count, everybody, type Client, type Glance } from "./ports.js";
import type { Scan } from "./scan.js";

/** From so many recipients on, it is said how many they are. */
export const manyRecipients = 20;

/**
 * `stop`: it cannot be sent like this. `yes`: only once the person has said that it shall be sent nonetheless. `note`: good to know.
 */
export type Weight = "stop" | "yes" | "note";

export type NoticeCode =
  | "unresolved" | "recipients_cut" | "too_many_recipients" | "too_many_files" | "cloud_attachment" | "refused" | "not_sendable"
  | "cpr_subject" | "similar_address" | "picture_missing" | "cloud_links" | "many_recipients" | "silent" | "service";

export interface Notice {
  readonly code: NoticeCode;
  readonly weight: Weight;
  readonly values: Readonly<Record<string, string>>;
  /** The service's sentence, where it has one. */
  readonly say?: Sentence;
  readonly address?: string;
  readonly similar?: string;
}

export interface Evidence {
  readonly client: Client;
  readonly glance: Glance;
  readonly scan: Scan | undefined;
  readonly cprInSubject: boolean;
  readonly missingPictures: number;
  readonly limits: { readonly recipients: number; readonly files: number } | undefined;
  readonly preflight: Preflight | undefined;
}

export function judge(e: Evidence): readonly Notice[] {
  const notices: Notice[] = [];
  const add = (code: NoticeCode, weight: Weight, values: Record<string, string> = {}, more: Partial<Notice> = {}) =>
    notices.push({ code, weight, values, ...more });
  const { recipients, attachments } = e.glance;
  const n = count(recipients);

  const unresolved = everybody(recipients).filter((p) => !p.address.includes("@"));
  if (unresolved.length > 0) add("unresolved", "stop", { names: names(unresolved.map((p) => p.name || p.address)) });
  const cap = e.client.recipientCap;
  if (cap !== undefined && [recipients.to, recipients.cc, recipients.bcc].some((list) => list.length >= cap)) add("recipients_cut", "stop", { n: String(cap) });
  if (e.limits !== undefined && n > e.limits.recipients) add("too_many_recipients", "stop", { n: String(n), limit: String(e.limits.recipients) });
  if (e.limits !== undefined && attachments.length > e.limits.files) add("too_many_files", "stop", { n: String(attachments.length), limit: String(e.limits.files) });
  const cloud = attachments.filter((a) => a.kind === "cloud");
  if (cloud.length > 0) add("cloud_attachment", "stop", { names: names(cloud.map((a) => a.name)) });

  const refused = e.preflight?.recipients.filter((r) => r.route === "refused").length ?? 0;
  if (refused > 0) add("refused", "stop", { n: String(refused) });
  else if (e.preflight !== undefined && !e.preflight.sendable) add("not_sendable", "stop", {}, { say: e.preflight.say });

  if (e.cprInSubject) add("cpr_subject", "yes");
  for (const w of e.preflight?.warnings ?? []) {
    if (w.code === "too_large") continue; // the verdict says it
    if (w.code === "similar_address") {
      add("similar_address", "yes", {}, { say: w.say, ...(w.address === undefined ? {} : { address: w.address }), ...(w.similar === undefined ? {} : { similar: w.similar }) });
    } else add("service", "note", {}, { say: w.say, ...(w.address === undefined ? {} : { address: w.address }) });
  }
  if (e.missingPictures > 0) add("picture_missing", "yes", { n: String(e.missingPictures) });
  if (e.scan !== undefined && e.scan.cloudHosts.length > 0) add("cloud_links", "note", { hosts: e.scan.cloudHosts.join(", ") });
  if (n > manyRecipients) add("many_recipients", "note", { n: String(n) });
  if (e.preflight !== undefined && e.preflight.silent.length > 0) add("silent", "note", { places: e.preflight.silent.join(", ") });
  return notices;
}

/** All that the person says yes to, as one word: when another warning comes, the yes does not count for it. */
export function question(notices: readonly Notice[]): string {
  return notices.filter((n) => n.weight === "yes").map((n) => [n.code, n.address ?? "", n.similar ?? "", n.values["n"] ?? ""].join(" ")).sort().join("\n");
}

function names(list: readonly string[]): string {
  const shown = list.slice(0, 5).map((name) => `»${name}«`);
  return list.length > 5 ? `${shown.join(", ")} …` : shown.join(", ");
}
