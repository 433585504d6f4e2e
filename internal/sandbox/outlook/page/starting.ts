// What a draft begins with: what was written before the page began anew, and what some faults put into it.
import type { Draft } from "./draft";
import type { Fault, Profile } from "./profile";

export interface Carried { readonly to: string; readonly cc: string; readonly bcc: string; readonly subject: string; readonly html: string; readonly reply: string }

const place = "outlook.draft";

export function carry(draft: Carried | null): void {
  if (draft === null) sessionStorage.removeItem(place);
  else sessionStorage.setItem(place, JSON.stringify(draft));
}

// carried gives it once.
export function carried(): Carried | null {
  const kept = sessionStorage.getItem(place);
  sessionStorage.removeItem(place);
  return kept === null ? null : (JSON.parse(kept) as Carried);
}

// Beyond the cap of a client that has none, so many are enough to look at.
const many = 1000;

export function starting(draft: Draft, fault: Fault, profile: Profile): void {
  switch (fault) {
    case "unresolved":
      draft.setRecipients("to", [...draft.to, { name: "Bodil Ukendt", address: "Bodil Ukendt", resolved: false }], "person");
      return;
    case "cap": {
      const n = Math.min(profile.recipients, many) + 5 - draft.to.length;
      const more = Array.from({ length: Math.max(n, 0) }, (_, i) => ({ name: `modtager${i + 1}@uni.example`, address: `modtager${i + 1}@uni.example`, resolved: true }));
      draft.setRecipients("to", [...draft.to, ...more], "person");
      return;
    }
    case "cloud":
      draft.attach({ name: "Budget.xlsx", type: "", content: "", size: 0, inline: false, contentId: "", kind: "cloud", url: "https://aau-example.sharepoint.example/budget.xlsx" });
      return;
    case "offline": case "down": case "token": case "cancel": case "consent": case "unreadable": case "empty": case "guard": case "guardless":
      return;
  }
}
