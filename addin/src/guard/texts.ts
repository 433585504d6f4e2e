// Every sentence of the guard, Danish first. Outlook shows at most 500 characters of a message and 20 of a button.
import { mask } from "./cpr";
import type { Place, Reason } from "./guard";

export type Language = "da" | "en";

/** What could not be read, or could not be read in time. */
export type Step = "settings" | "recipients" | "mark" | "subject" | "body" | "attachments" | "channel" | "time" | "draft";

export const messageMost = 500;
export const buttonText: Record<Language, string> = { da: "Åbn Send sikker", en: "Open Send sikker" };

const masked = "••••••-••••";

interface Words {
  readonly sent: string;
  readonly nobody: string;
  readonly marked: string;
  readonly cpr: (places: string, who: string) => string;
  readonly channel: (who: string) => string;
  readonly reply: string;
  readonly inClear: string; // follows each of the four above
  readonly subject: string;
  readonly places: Record<Place, string>;
  readonly and: string;
  readonly outsiders: string;
  readonly more: string;
  readonly press: (button: string) => string;
  readonly anyway: string;
  readonly setUp: string;
  readonly late: string;
  readonly unread: (what: string) => string;
  readonly held: string; // follows each of the three above
  readonly steps: Record<Exclude<Step, "settings" | "time">, string>;
}

const words: Record<Language, Words> = {
  da: {
    sent: "Mailen er allerede sendt med Send sikker, og bliver ikke sendt igen. Luk kladden, og slet den.",
    nobody: "Send sikker kan ikke se, hvem mailen er til, og har holdt den tilbage. Skriv modtagerne igen, og prøv igen.",
    marked: "Du har valgt, at mailen skal sendes sikkert.",
    cpr: (places, who) => `Der står et CPR-nummer (${masked}) i ${places}, og mailen skal til ${who}.`,
    channel: (who) => `Du har før sendt sikkert til ${who}.`,
    reply: "Mailen svarer på noget, der er modtaget sikkert.",
    inClear: " Den almindelige Send-knap sender den ukrypteret ud af huset.",
    subject: " Emnet bliver aldrig krypteret: flyt nummeret ned i teksten.",
    places: { subject: "emnet", body: "teksten", attachment: "en vedhæftet fils navn" },
    and: " og ",
    outsiders: "modtagere uden for organisationen",
    more: "mere",
    press: (button) => ` Tryk på «${button}» for at sende den krypteret.`,
    anyway: " Du kan også sende den alligevel.",
    setUp: "Send sikker er ikke sat rigtigt op.",
    late: "Outlook svarede ikke i tide.",
    unread: (what) => `Send sikker kunne ikke læse ${what}.`,
    held: " Mailen er holdt tilbage, og intet er sendt. Prøv igen. Bliver det ved, så genstart Outlook, eller spørg it-support.",
    steps: { recipients: "modtagerne", mark: "om mailen skal sendes sikkert", subject: "emnet", body: "teksten", attachments: "de vedhæftede filers navne", channel: "hvem du har sendt sikkert til før", draft: "mailen" },
  },
  en: {
    sent: "The mail has already been sent with Send sikker, and is not sent again. Close the draft and delete it.",
    nobody: "Send sikker cannot see whom the mail is for, and has held it back. Enter the recipients again and retry.",
    marked: "You have chosen to send this mail securely.",
    cpr: (places, who) => `There is a CPR number (${masked}) in ${places}, and the mail is for ${who}.`,
    channel: (who) => `You have sent securely to ${who} before.`,
    reply: "This mail answers one that was received securely.",
    inClear: " The ordinary Send button sends it out unencrypted.",
    subject: " A subject is never encrypted: move the number into the text.",
    places: { subject: "the subject", body: "the text", attachment: "an attached file's name" },
    and: " and ",
    outsiders: "recipients outside the organisation",
    more: "more",
    press: (button) => ` Press “${button}” to send it encrypted.`,
    anyway: " You can also send it anyway.",
    setUp: "Send sikker is not set up correctly.",
    late: "Outlook did not answer in time.",
    unread: (what) => `Send sikker could not read ${what}.`,
    held: " The mail is held back, and nothing was sent. Try again. If it goes on, restart Outlook or ask IT support.",
    steps: { recipients: "the recipients", mark: "whether to send the mail securely", subject: "the subject", body: "the text", attachments: "the attached files' names", channel: "whom you have sent securely to before", draft: "the mail" },
  },
};

/** Danish for the Danish, and when Outlook does not say; English for all others. */
export function languageOf(tag: unknown): Language {
  if (typeof tag !== "string" || tag === "" || /^da\b/i.test(tag)) return "da";
  return "en";
}

/** Why a mail is held. hasButton: the dialog can open the pane. ask: it offers to send anyway. */
export function holdText(reason: Reason, language: Language, hasButton: boolean, ask: boolean): string {
  const w = words[language];
  if (reason.rule === "sent") return w.sent;
  if (reason.rule === "nobody") return w.nobody;
  let text = w.marked;
  if (reason.rule === "cpr") text = w.cpr(reason.places.map((place) => w.places[place]).join(w.and), who(reason.outside, w));
  if (reason.rule === "channel") {
    text = w.reply;
    if (reason.outside.length > 0) text = w.channel(who(reason.outside, w));
  }
  text += w.inClear;
  if (reason.rule === "cpr" && reason.places.includes("subject")) text += w.subject;
  let button = "Send sikker"; // in the ribbon
  if (hasButton) button = buttonText[language];
  text += w.press(button);
  if (ask) text += w.anyway;
  return text;
}

export function failureText(step: Step, language: Language): string {
  const w = words[language];
  if (step === "settings") return w.setUp + w.held;
  if (step === "time") return w.late + w.held;
  return w.unread(w.steps[step]) + w.held;
}

// An address is named when it is short and looks like one; it may itself hold a CPR number.
const addressMost = 64;

function who(outside: readonly string[], w: Words): string {
  const first = outside[0];
  if (first === undefined || first.length > addressMost || !/^[^\s@]+@[^\s@]+$/.test(first)) return w.outsiders;
  let text = mask(first);
  if (outside.length > 1) text += w.and + String(outside.length - 1) + " " + w.more;
  return text;
}
