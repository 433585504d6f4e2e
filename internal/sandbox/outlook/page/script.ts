// window.outlook: what a test says to the page, and asks it.
import { current, type Shown } from "./alert";
import type { Mailboxes } from "./arrived";
import type { Compose } from "./compose";
import { type Draft, fields } from "./draft";
import type { Pane } from "./frame";
import { type Call, type Host, savedOnServer } from "./host";
import type { Fault, Profile } from "./profile";
import { resolveAll } from "./recipients";
import type { World } from "./service";

export interface State {
  readonly open: boolean; readonly ended: string | null; readonly left: string; readonly from: string;
  readonly to: readonly string[]; readonly cc: readonly string[]; readonly bcc: readonly string[]; readonly unresolved: readonly string[];
  readonly subject: string; readonly html: string; readonly headers: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly name: string; readonly size: number; readonly inline: boolean; readonly kind: string; readonly contentId: string }[];
  readonly saved: boolean; readonly savedOnServer: boolean; readonly pane: boolean; readonly notices: readonly string[]; readonly roaming: Readonly<Record<string, unknown>>;
}

export interface ToSet {
  readonly to?: string; readonly cc?: string; readonly bcc?: string; readonly subject?: string; readonly html?: string; readonly from?: string;
  readonly attachments?: readonly { readonly name: string; readonly content: string; readonly type?: string; readonly contentId?: string }[]; // content in base64
}

export interface Script {
  set(parts: ToSet): void;
  type(html: string): void; // as the person does: classic Outlook tells of it a second later
  state(): State;
  send(): Promise<State>; // resolves when it has been sent, was held back, or a dialog is shown
  alert(): Shown | null;
  pane(open: boolean): void;
  close(): void; // the window goes, whatever runs in it
  fault(name: Fault, on: boolean): void;
  theme(dark: boolean): void;
  calls(): readonly Call[];
  look(address: string, n: number): Promise<void>;
}

export interface Parts { readonly draft: Draft; readonly host: Host; readonly pane: Pane; readonly compose: Compose; readonly boxes: Mailboxes; readonly world: World; readonly profile: Profile; readonly roaming: Readonly<Record<string, unknown>>; readonly fault: (name: Fault, on: boolean) => void; readonly theme: (dark: boolean) => void }

declare global {
  interface Window { outlook?: Script }
}

export function script(p: Parts): Script {
  const { draft } = p;
  const state = (): State => ({
    open: draft.ended === null, ended: draft.ended, left: draft.left, from: draft.from.address,
    to: draft.to.map((r) => r.address), cc: draft.cc.map((r) => r.address), bcc: draft.bcc.map((r) => r.address), unresolved: [...draft.to, ...draft.cc, ...draft.bcc].filter((r) => !r.resolved).map((r) => r.name),
    subject: draft.subject, html: draft.html, headers: Object.fromEntries(draft.headers),
    attachments: draft.files.map(({ name, size, inline, kind, contentId }) => ({ name, size, inline, kind, contentId })),
    saved: draft.savedAt !== null, savedOnServer: savedOnServer(draft, p.profile, Date.now()), pane: p.pane.isOpen(), notices: [...draft.notices.values()].map((n) => n.message), roaming: { ...p.roaming },
  });
  return {
    set: (parts) => {
      for (const field of fields) {
        const written = parts[field];
        if (written !== undefined) draft.setRecipients(field, resolveAll(written, p.world), "person");
      }
      if (parts.from !== undefined) draft.from = { name: parts.from, address: parts.from, resolved: true };
      if (parts.subject !== undefined) draft.setSubject(parts.subject, "addin");
      if (parts.attachments !== undefined) {
        for (const file of [...draft.files]) draft.detach(file.key, "person");
        for (const { name, content, type = "application/octet-stream", contentId = "" } of parts.attachments) {
          draft.attach({ name, type, content, size: atob(content).length, inline: contentId !== "", contentId, kind: "file", url: "" });
        }
      }
      if (parts.html !== undefined) draft.setBody(parts.html);
    },
    type: (html) => draft.type(html),
    state,
    send: async () => {
      const sent = p.compose.send();
      await Promise.race([sent, new Promise<void>((resolve) => {
        const look = setInterval(() => {
          if (current() === null) return;
          clearInterval(look);
          resolve();
        }, 10);
        void sent.finally(() => clearInterval(look));
      })]);
      return state();
    },
    alert: current,
    pane: (open) => (open ? p.pane.open() : p.pane.close()),
    close: () => draft.end("closed", draft.savedAt === null ? "nothing" : "drafts"),
    fault: p.fault, theme: p.theme,
    calls: () => p.host.calls,
    look: (address, n) => p.boxes.show(address, n),
  };
}
