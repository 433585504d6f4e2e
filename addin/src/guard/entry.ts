// The guard's boundary to Outlook: reads the mail that is about to be sent, asks guard.ts, and answers once. It runs in classic
// Outlook's JavaScript engine, which has no DOM, no storage, no modules and maybe no promises; so callbacks, one call at a time (the
// web allows three). It knows no network. Whatever goes wrong here, the mail is held: letting one through is done in one place only.
import { decide, type Content, type Envelope } from "./guard";
import { isRecord, readSettings, strings, type Settings } from "./settings";
import { buttonText, failureText, holdText, languageOf, messageMost, type Language, type Step } from "./texts";

/** The pane's button in the manifest. */
const paneButton = "SendSikkerPaneButton";
const markHeader = "x-send-sikker";
const sealedBeforeKey = "sendsikkerSealedBefore";
/** Outlook's own question comes after 5 s, and after 5 minutes it offers to send anyway: what has not answered by now is held. */
const patience = 30_000;

declare const SendSikkerSettings: unknown;

type Answer = (result: unknown) => void;
/** What is read of a value: something, or undefined for what is not as it should be. */
type Take<T> = (value: unknown) => T | undefined;

function onMessageSendHandler(event: Office.AddinCommands.Event): void {
  let done = false;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let step: Step = "draft";

  function complete(options: Office.SmartAlertsEventCompletedOptions): void {
    if (done) return;
    done = true;
    event.completed(options);
    // QUIRK: classic Outlook goes on running the add-in after this, timers too. Ours could only hold, and is stopped all the same.
    if (timer !== undefined) clearTimeout(timer);
  }

  function hold(text: string, language: Language, hasButton: boolean, ask: boolean): void {
    const options: Office.SmartAlertsEventCompletedOptions = { allowEvent: false, errorMessage: text.slice(0, messageMost) };
    if (hasButton) {
      options.commandId = paneButton;
      options.cancelLabel = buttonText[language];
    }
    if (ask) options.sendModeOverride = "promptUser";
    complete(options);
  }

  function fail(failed: Step): void {
    const language = displayLanguage();
    hold(failureText(failed, language), language, canOpenPane(), false);
  }

  // Every way into this code goes through here: Outlook swallows what an add-in throws, and may then send.
  function safely(work: () => void): void {
    try {
      work();
    } catch {
      fail(step);
    }
  }

  function read<T>(what: Step, ask: (answer: Answer) => void, take: Take<T>, next: (value: T) => void): void {
    step = what;
    let answered = false;
    ask((result) => {
      if (answered || done) return;
      answered = true;
      safely(() => {
        let value: T | undefined;
        if (isRecord(result) && result["status"] === "succeeded") value = take(result["value"]);
        if (value === undefined) fail(what);
        else next(value);
      });
    });
  }

  function judge(envelope: Envelope, content: Content | undefined, settings: Settings, more: () => void): void {
    const verdict = decide(envelope, content, settings);
    if (verdict.kind === "allow") complete({ allowEvent: true });
    else if (verdict.kind === "read") more();
    else {
      const language = displayLanguage();
      const hasButton = canOpenPane();
      // Without Mailbox 1.14 there is no asking: what should be asked is held.
      const ask = hasButton && verdict.mode === "ask";
      hold(holdText(verdict.reason, language, hasButton, ask), language, hasButton, ask);
    }
  }

  safely(() => {
    step = "settings";
    const settings = readSettings(SendSikkerSettings);
    if (settings === undefined) {
      fail("settings");
      return;
    }
    step = "draft";
    if (typeof setTimeout === "function") timer = setTimeout(() => safely(() => fail("time")), patience);
    const item = Office.context.mailbox.item as unknown as Office.MessageCompose;
    readEnvelope(item, read, (envelope) =>
      judge(envelope, undefined, settings, () =>
        readContent(item, settings, read, (content) => judge(envelope, content, settings, () => fail("draft")))));
  });
}

type Read = <T>(what: Step, ask: (answer: Answer) => void, take: Take<T>, next: (value: T) => void) => void;

function readEnvelope(item: Office.MessageCompose, read: Read, next: (envelope: Envelope) => void): void {
  read("recipients", (answer) => item.to.getAsync(answer), addresses, (to) =>
    read("recipients", (answer) => item.cc.getAsync(answer), addresses, (cc) =>
      read("recipients", (answer) => item.bcc.getAsync(answer), addresses, (bcc) =>
        read("mark", (answer) => item.internetHeaders.getAsync([markHeader], answer), markOf, (mark) => next({ to, cc, bcc, mark })))));
}

function readContent(item: Office.MessageCompose, settings: Settings, read: Read, next: (content: Content) => void): void {
  read("subject", (answer) => item.subject.getAsync(answer), text, (subject) =>
    // As text whether it is HTML or not: what the reader sees, without attributes, style sheets and pictures.
    read("body", (answer) => item.body.getAsync("text", answer), text, (body) =>
      read("attachments", (answer) => item.getAttachmentsAsync(answer), names, (attachmentNames) =>
        read("channel", (answer) => answer({ status: "succeeded", value: roaming(settings) }), strings, (sealedBefore) =>
          next({ subject, body, attachmentNames, sealedBefore })))));
}

/** The roaming settings are there at once. Nobody has had sealed mail until the pane says so. */
function roaming(settings: Settings): unknown {
  if (settings.rules.channel === "off") return [];
  const value = Office.context.roamingSettings.get(sealedBeforeKey) as unknown;
  if (value === undefined || value === null) return [];
  return value;
}

function text(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  return undefined;
}

// QUIRK: the contact card may leave the address empty (office-js #2201). An empty address is outside.
function addresses(value: unknown): string[] | undefined {
  return fields(value, "emailAddress");
}

function names(value: unknown): string[] | undefined {
  return fields(value, "name");
}

function fields(value: unknown, name: string): string[] | undefined {
  if (!Array.isArray(value)) return undefined;
  return strings(value.map((item: unknown) => {
    if (isRecord(item)) return item[name];
    return undefined;
  }));
}

/** The header's name comes back in whatever case; "sent" counts for more than anything beside it. */
function markOf(value: unknown): string | undefined {
  if (!isRecord(value)) return undefined;
  const marks = strings(Object.keys(value).filter((key) => key.toLowerCase() === markHeader).map((key) => value[key]));
  if (marks === undefined) return undefined;
  const sent = marks.find((mark) => mark.trim().toLowerCase().startsWith("sent"));
  if (sent !== undefined) return sent;
  return marks.join(" ").trim();
}

function displayLanguage(): Language {
  try {
    return languageOf(Office.context.displayLanguage);
  } catch {
    return "da";
  }
}

/** The dialog can open the pane, and ask, from Mailbox 1.14. */
function canOpenPane(): boolean {
  try {
    return Office.context.requirements.isSetSupported("Mailbox", "1.14");
  } catch {
    return false;
  }
}

// Associated first and outside onReady, whose body classic Outlook never runs: without it the guard would not be there.
Office.actions.associate("onMessageSendHandler", onMessageSendHandler);
void Office.onReady(() => undefined);
