// What the pane gets in the place of Microsoft's office.js: the same names, and the compose window around the frame behind them.
// It is loaded as a script before the pane, as the real one; it also brings the bridge by which MSAL signs in.
import { bridge } from "./bridge";
import { AsyncResultStatus, CoercionType, EventType, HostType, MailboxEnums, PlatformType } from "./enums";
import { asynchronous, type Handlers, type Line, makeItem, register } from "./item";
import type { Form, Window as Around } from "./window";

declare global {
  interface Window { nestedAppAuthBridge?: unknown; outlookHost?: Around }
}

// A frame's parent is the compose window; a dialog's opener is.
const around = (window.parent !== window ? window.parent : (window.opener as globalThis.Window | null))?.outlookHost;
if (around === undefined) throw new Error("this office.js is the sandbox's: the page belongs into its Outlook");
start(around, window.parent === window);

function start(host: Around, isDialog: boolean): void {
  const { profile, language } = host;
  const handlers: Handlers = new Map();
  // Values are copied on the way, both ways, and never come back in the turn of the call.
  const line: Line = async (method, args) => structuredClone(await host.call("pane", method, structuredClone(args)));
  if (!isDialog) {
    host.listen((event, args) => setTimeout(() => (handlers.get(event) ?? []).forEach((handler) => handler(structuredClone(args))), 0));
    if (profile.naa) window.nestedAppAuthBridge = bridge(host);
  }
  const settings: Record<string, unknown> = structuredClone({ ...host.roaming });
  const context = {
    displayLanguage: language, contentLanguage: language, platform: profile.platform, host: "Outlook",
    diagnostics: { host: "Outlook", platform: profile.platform, version: profile.hostVersion },
    ...(profile.mailbox >= 14 ? { get officeTheme() { return host.theme(); } } : {}),
    requirements: { isSetSupported: (name: string, version = "1.1") => supports(host, name, version) },
    roamingSettings: {
      get: (name: string) => settings[name],
      set: (name: string, value: unknown) => void (settings[name] = structuredClone(value)),
      remove: (name: string) => void Reflect.deleteProperty(settings, name),
      saveAsync: (...rest: unknown[]) => asynchronous((method) => line(method, [settings]), "roamingSettings.saveAsync")(...rest),
    } satisfies Office.RoamingSettings,
    ui: {
      displayDialogAsync: (address: string, ...rest: unknown[]) => {
        asynchronous(() => Promise.resolve(host.dialog(address)), "displayDialogAsync")(...rest);
      },
      messageParent: (message: string) => host.messageParent(message),
      openBrowserWindow: (address: string) => void window.open(address, "_blank", "noopener"),
      closeContainer: () => host.closePane(),
    },
    mailbox: isDialog ? undefined : {
      item: makeItem(line, profile, handlers, host.reply()),
      diagnostics: { hostName: profile.hostName, hostVersion: profile.hostVersion },
      userProfile: { displayName: host.persona.name, emailAddress: host.persona.address, accountType: "office365", timeZone: "Romance Standard Time" },
      // Documented for reading only; Mac does not have it in a draft.
      ...(profile.platform === "Mac" ? {} : { displayNewMessageForm: (form: Form) => host.newMessage(structuredClone(form)) }),
      addHandlerAsync: (event: string, handler: (args: unknown) => void, ...rest: unknown[]) => {
        register(handlers, event, handler);
        asynchronous(() => Promise.resolve({ ok: true, value: undefined }), "addHandlerAsync")(...rest);
      },
      removeHandlerAsync: (event: string, ...rest: unknown[]) => {
        handlers.delete(event);
        asynchronous(() => Promise.resolve({ ok: true, value: undefined }), "removeHandlerAsync")(...rest);
      },
    },
  };
  const about = { host: "Outlook", platform: profile.platform };
  Object.assign(window, { Office: {
    AsyncResultStatus, CoercionType, EventType, HostType, MailboxEnums, PlatformType, context,
    actions: { associate: () => undefined },
    isSetSupported: (name: string, version?: string) => supports(host, name, version),
    onReady: async (callback?: (info: unknown) => void) => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      callback?.(about);
      return about;
    },
  } });
  // QUIRK: office.js takes these away, and a page that needs them must have kept them before (developer documentation, CDN page).
  Object.assign(window.history, { pushState: null, replaceState: null });
}

function supports(host: Around, name: string, version = "1.1"): boolean {
  const [, minor = "1"] = version.split(".");
  switch (name.toLowerCase()) {
    case "mailbox": return Number(minor) <= host.profile.mailbox;
    case "nestedappauth": return host.profile.naa && Number(minor) <= 1;
    case "dialogorigin": return host.profile.mailbox >= 14 && Number(minor) <= 1;
    case "dialogapi": return Number(minor) <= 2;
    default: return false;
  }
}
