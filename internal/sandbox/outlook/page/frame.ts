// The frame with the real pane, and what it may ask of the compose window around it.
import type { Draft } from "./draft";
import { element } from "./element";
import type { Answer, Host } from "./host";
import type { Fault, Profile } from "./profile";
import { token } from "./service";
import type { Person } from "./service";
import type { Texts } from "./texts";
import type { Form, Window as Around } from "./window";

declare global {
  interface Window { outlookHost?: Around }
}

export interface Surroundings {
  readonly draft: Draft;
  readonly host: Host;
  readonly profile: Profile;
  readonly language: string;
  readonly persona: Person;
  readonly faults: ReadonlySet<Fault>;
  readonly roaming: Record<string, unknown>;
  readonly texts: Texts;
  dark(): boolean;
  readonly newMessage: (form: Form) => void;
}

export interface Pane { readonly box: HTMLElement; isOpen(): boolean; open(): void; close(): void; themeChanged(): void }

const light = { bodyBackgroundColor: "#ffffff", bodyForegroundColor: "#242424", controlBackgroundColor: "#ffffff", controlForegroundColor: "#242424" };
const dark = { bodyBackgroundColor: "#292929", bodyForegroundColor: "#ffffff", controlBackgroundColor: "#292929", controlForegroundColor: "#ffffff" };

// QUIRK: isDarkTheme and themeId are not there in Outlook; whoever wants to know looks at the colours.
const themeOf = (isDark: boolean) => (isDark ? dark : light) as Office.OfficeTheme;

export function pane(s: Surroundings): Pane {
  const { draft, texts: t } = s;
  const box = element("aside", { class: "pane", "aria-label": t.pane, hidden: true });
  let frame: HTMLIFrameElement | null = null;
  let listeners: ((event: string, args: unknown) => void)[] = [];
  const tell = (event: string, args: unknown) => listeners.forEach((l) => l(event, args));
  let consented = false;
  let dialog: { window: Window; handlers: Map<string, ((args: unknown) => void)[]> } | null = null;

  const close = () => {
    listeners = [];
    frame?.remove(); // and what ran in it stops, wherever it was
    frame = null;
    box.hidden = true;
    box.replaceChildren();
  };
  const open = () => {
    if (frame !== null || draft.ended !== null) {
      frame?.focus();
      return;
    }
    frame = element("iframe", { src: "/addin/pane.html", title: t.pane });
    box.replaceChildren(element("div", { class: "panehead" }, element("span", {}, t.pane), element("button", { type: "button", "aria-label": t.closePane, title: t.closePane, click: close }, "×")), frame);
    box.hidden = false;
    frame.focus();
  };
  draft.watch((c) => {
    if (c.what === "ended") close();
    if (c.what === "recipients" && c.fields !== undefined) {
      const changed = Object.fromEntries((["to", "cc", "bcc"] as const).map((f) => [f, c.fields?.includes(f) === true]));
      tell("olkRecipientsChanged", { type: "olkRecipientsChanged", changedRecipientFields: changed });
    }
    if (c.what === "attachments") tell("olkAttachmentsChanged", { type: "olkAttachmentsChanged" });
  });

  const around: Around = {
    profile: s.profile, language: s.language, persona: s.persona, roaming: s.roaming,
    call: (runtime, method, args) => s.host.call(runtime, method, args),
    theme: () => themeOf(s.dark()),
    reply: () => draft.reply,
    listen: (listener) => void listeners.push(listener),
    signIn: async (client, scope, silent) => {
      await new Promise((resolve) => setTimeout(resolve, 30));
      if (s.faults.has("cancel")) return silent ? { refused: "USER_INTERACTION_REQUIRED", code: "login_required" } : { refused: "USER_CANCEL", code: "user_cancelled" };
      if (s.faults.has("consent") && silent && !consented) return { refused: "USER_INTERACTION_REQUIRED", code: "consent_required" };
      if (s.faults.has("offline")) return { refused: "NO_NETWORK", code: "no_network" };
      consented ||= !silent;
      return token(s.persona.address, client, scope, s.faults.has("token"));
    },
    dialog: (address): Answer => {
      const opened = window.open(address, "office-dialog", "popup,width=480,height=640");
      if (opened === null) return { ok: false, error: { code: 12009, name: "DisplayDialogError", message: "The user chose to ignore the dialog box." } };
      const handlers = new Map<string, ((args: unknown) => void)[]>();
      dialog = { window: opened, handlers };
      const watch = setInterval(() => {
        if (!opened.closed) return;
        clearInterval(watch);
        if (dialog?.window === opened) {
          dialog = null;
          for (const handler of handlers.get("dialogEventReceived") ?? []) handler({ error: 12006 }); // closed by the person
        }
      }, 200);
      return { ok: true, value: {
        addEventHandler: (event: string, handler: (args: unknown) => void) => handlers.set(event, [...(handlers.get(event) ?? []), handler]),
        close: () => {
          dialog = null;
          opened.close();
        },
      } };
    },
    messageParent: (message) => {
      for (const handler of dialog?.handlers.get("dialogMessageReceived") ?? []) setTimeout(() => handler({ message, origin: location.origin }), 0);
    },
    closePane: close, newMessage: s.newMessage,
  };
  window.outlookHost = around;
  return {
    box, open, close, isOpen: () => frame !== null,
    themeChanged: () => tell("officeThemeChanged", { type: "officeThemeChanged", officeTheme: themeOf(s.dark()) }),
  };
}
