// What differs between one Outlook and another, as far as an add-in meets it. Each field names a habit that a real client has.

export const clients = ["classic", "new", "web", "mac", "ltsc2021"] as const;
export type Client = (typeof clients)[number];

export interface Profile {
  readonly client: Client;
  readonly name: string;
  readonly mailbox: number; // requirement set: 1.9 is 9
  readonly platform: "PC" | "OfficeOnline" | "Mac";
  readonly hostName: string; // mailbox.diagnostics
  readonly hostVersion: string;
  readonly naa: boolean;
  readonly guard: "script" | "page" | "none"; // where OnMessageSend runs: an engine without DOM, a browser, nowhere
  readonly recipients: number; // at most so many come out of getAsync, and nothing says that there are more
  readonly calls: number; // at once
  readonly staleFor: number; // ms that the body is behind what is typed
  readonly document: boolean; // the body is a whole document, not a fragment
  readonly ids: "index" | "id"; // of attachments; an index changes with the list
  readonly emptyInline: boolean; // the first reading of a picture in the text is empty, with success
  readonly stumbles: boolean; // the pane's first reading of the body fails with 5001
  readonly savedAfter: number; // ms until a saved draft is on the server too
  readonly leaves: "nothing" | "deleted"; // what closeAsync with discardItem leaves of a saved draft
}

const newest = { mailbox: 16, naa: true, recipients: 1000, calls: 3, staleFor: 0, document: false, ids: "id", emptyInline: true, stumbles: false,
  savedAfter: 0, leaves: "deleted", guard: "page", platform: "OfficeOnline" } as const;
const desktop = { calls: Number.POSITIVE_INFINITY, staleFor: 1000, document: false, ids: "index", emptyInline: false, stumbles: false,
  savedAfter: 30_000, leaves: "nothing", platform: "PC", hostName: "Outlook" } as const;

export const profiles: Readonly<Record<Client, Profile>> = {
  // Current channel, cached mode: 1.15 and therefore 500 recipients and no content ids.
  classic: { client: "classic", name: "Outlook (classic) · Windows", ...desktop, mailbox: 15, hostVersion: "16.0.18526.20144", naa: true, guard: "script", recipients: 500 },
  new: { client: "new", name: "Outlook (new) · Windows", ...newest, hostName: "newOutlookWindows", hostVersion: "20260814004.12" },
  web: { client: "web", name: "Outlook · web", ...newest, hostName: "OutlookWebApp", hostVersion: "20260814004.12" },
  mac: { client: "mac", name: "Outlook · Mac", mailbox: 14, platform: "Mac", hostName: "Outlook", hostVersion: "16.101.25081018", naa: true, guard: "page",
    recipients: Number.POSITIVE_INFINITY, calls: Number.POSITIVE_INFINITY, staleFor: 0, document: true, ids: "index", emptyInline: false, stumbles: true,
    savedAfter: 2000, leaves: "nothing" },
  ltsc2021: { client: "ltsc2021", name: "Outlook LTSC 2021 · Windows", ...desktop, mailbox: 9, hostVersion: "16.0.14332.20812", naa: false, guard: "none", recipients: 500 },
};

// What can be made to go wrong, whichever the client.
export const faults = ["offline", "down", "token", "cancel", "consent", "unreadable", "empty", "cloud", "unresolved", "cap", "guard", "guardless"] as const;
export type Fault = (typeof faults)[number];
