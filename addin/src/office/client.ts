import { Failed } from "../steps/failure.js";
import type { Client, ClientKind, Language } from "../steps/ports.js";

export function supports(set: string, version: string): boolean {
  return Office.context.requirements.isSetSupported(set, version);
}

/** The draft. Outlook gives none when its mailbox is hidden from the address list. */
export function item(): Office.MessageCompose {
  const found = Office.context.mailbox.item as Office.MessageCompose | null | undefined;
  if (found === null || found === undefined) throw new Failed({ kind: "no_item" });
  return found;
}

/** QUIRK: classic Windows and Mac both call themselves "Outlook", and new Outlook's platform is that of the web (2026). */
export function clientKind(): ClientKind {
  switch (Office.context.mailbox.diagnostics.hostName) {
    case "newOutlookWindows": return "new";
    case "OutlookWebApp": return "web";
    case "OutlookIOS": case "OutlookAndroid": return "mobile";
  }
  return String(Office.context.platform) === "Mac" ? "mac" : "classic";
}

export function client(): Client {
  const kind = clientKind();
  return { kind, canClose: supports("Mailbox", "1.14") && typeof item().closeAsync === "function", recipientCap: recipientCap(kind) };
}

/** Source: the limits page and the notes on Recipients.getAsync; classic Outlook on Mac stays at Mailbox 1.8, and new Outlook on Mac has no limit. */
function recipientCap(kind: ClientKind): number | undefined {
  switch (kind) {
    case "new": case "web": return 1000;
    case "classic": return supports("Mailbox", "1.16") ? 1000 : 500;
    case "mac": return supports("Mailbox", "1.9") ? undefined : 500;
    case "mobile": return 100;
  }
}

/** Danish for those who have Outlook in Danish, English for everybody else. */
export function language(): Language {
  return /^da\b/i.test(Office.context.displayLanguage) ? "da" : "en";
}

export async function ready(): Promise<void> {
  await Office.onReady();
}
