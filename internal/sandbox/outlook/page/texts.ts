// Every sentence of this page, Danish and English. What the pane and the guard say is theirs.
import type { Fault } from "./profile";

const da = {
  title: "Outlook på skrømt", lead: "Et legetøjs-Outlook på denne maskine. Ruden og vagten er de rigtige; alle personer er opdigtede.",
  client: "Program", persona: "Logget ind som", theme: "Mørkt tema", narrow: "Smal rude", language: "English", faultsTitle: "Lad noget gå galt",
  compose: "Ny mail", send: "Send", secure: "Send sikker", secureHelp: "Åbn ruden Send sikker", from: "Fra", to: "Til", cc: "Cc", bcc: "Bcc", subject: "Emne", body: "Mailens tekst",
  bold: "Fed", italic: "Kursiv", bullets: "Punktopstilling", attach: "Vedhæft fil", attachments: "Vedhæftede filer", remove: "Fjern {0}", unresolved: "{0}: ikke fundet",
  pane: "Send sikker", closePane: "Luk ruden", discard: "Kassér", fresh: "Skriv en ny mail", drop: "Slip filerne for at vedhæfte dem",
  inline: "billede i teksten", cloud: "link til skyen",
  ended: { discarded: "Kladden er lukket og kasseret.", saved: "Kladden er gemt og lukket.", sent: "Mailen er sendt på almindelig vis: den kan læses af alle undervejs.", closed: "Vinduet er lukket. Kladden er væk." },
  left: { nothing: "Der ligger intet tilbage af den.", deleted: "Den ligger i Slettet post.", drafts: "Den ligger i Kladder." },
  sendFailed: "Mailen blev ikke sendt: {0}", noRecipients: "Skriv mindst én modtager, som findes.",
  askSave: "Vil du gemme kladden?", save: "Gem", dontSave: "Gem ikke", cancel: "Annuller",
  alertTitle: "Send sikker har et spørgsmål", dontSend: "Send ikke", anyway: "Send alligevel", later: "Prøv igen senere", takeAction: "Åbn Send sikker", wait: "Send sikker er længe om at svare …",
  unavailable: "Tilføjelsesprogrammet Send sikker kunne ikke se på mailen. Prøv igen senere.", blocked: "Mailen må ikke sendes sådan.",
  arrivedTitle: "Postkasserne", arrivedHelp: "Sådan ser mailen ud, når den kommer frem.", empty: "Der er ikke kommet noget endnu. Send en mail, og se den her.", refresh: "Se efter ny post",
  sealed: "krypteret", ordinary: "almindelig", noSubject: "(intet emne)", own: "funktionspostkasse", back: "Tilbage", opened: "Åbnet", wire: "På vejen", wireHelp: "Det her ser alle, som mailen kommer forbi.",
  signedBy: "Underskrevet af {0}", failure: "Den kan ikke åbnes: {0}", reply: "Svar", replyHelp: "Svar på mailen, og prøv at sende svaret almindeligt", content: "Mailens indhold",
  folder: { inbox: "Indbakke", drafts: "Kladder", sentitems: "Sendt post", deleteditems: "Slettet post" } as Record<string, string>,
  quoted: "Fra: {0}\nSendt: {1}\nTil: {2}\nEmne: {3}",
  serverCopy: "Kladden er gemt her; serveren har den endnu ikke.",
  faults: {
    offline: "intet netværk", down: "tjenesten er nede", token: "tjenesten afviser login", cancel: "login annulleres", consent: "første login kræver samtykke", unreadable: "vedhæftning kan ikke læses",
    empty: "vedhæftninger læses som tomme", cloud: "en fil ligger i skyen", unresolved: "en modtager er ikke fundet", cap: "flere modtagere, end Outlook fortæller om", guard: "vagten kan ikke læse kladden",
    guardless: "vagten kan ikke hentes",
  } satisfies Record<Fault, string> as Record<Fault, string>,
};
export type Texts = typeof da;

const en: Texts = {
  title: "A pretend Outlook", lead: "A toy Outlook on this machine. The pane and the guard are the real ones; all people are invented.",
  client: "Program", persona: "Signed in as", theme: "Dark theme", narrow: "Narrow pane", language: "Dansk", faultsTitle: "Let something go wrong",
  compose: "New mail", send: "Send", secure: "Send sikker", secureHelp: "Open the Send sikker pane", from: "From", to: "To", cc: "Cc", bcc: "Bcc", subject: "Subject", body: "Text of the mail",
  bold: "Bold", italic: "Italic", bullets: "Bullets", attach: "Attach a file", attachments: "Attachments", remove: "Remove {0}", unresolved: "{0}: not found",
  pane: "Send sikker", closePane: "Close the pane", discard: "Discard", fresh: "Write a new mail", drop: "Drop the files to attach them",
  inline: "picture in the text", cloud: "link to the cloud",
  ended: { discarded: "The draft was closed and discarded.", saved: "The draft was saved and closed.", sent: "The mail was sent the ordinary way: everybody on its way can read it.", closed: "The window was closed. The draft is gone." },
  left: { nothing: "Nothing is left of it.", deleted: "It lies in Deleted Items.", drafts: "It lies in Drafts." },
  sendFailed: "The mail was not sent: {0}", noRecipients: "Write at least one recipient who exists.",
  askSave: "Do you want to save the draft?", save: "Save", dontSave: "Don't save", cancel: "Cancel",
  alertTitle: "Send sikker has a question", dontSend: "Don't send", anyway: "Send anyway", later: "Try again later", takeAction: "Open Send sikker", wait: "Send sikker is taking long to answer …",
  unavailable: "The add-in Send sikker could not look at the mail. Try again later.", blocked: "The mail may not be sent like this.",
  arrivedTitle: "The mailboxes", arrivedHelp: "This is what the mail looks like when it arrives.", empty: "Nothing has arrived yet. Send a mail and see it here.", refresh: "Look for new mail",
  sealed: "encrypted", ordinary: "ordinary", noSubject: "(no subject)", own: "function mailbox", back: "Back", opened: "Opened", wire: "On the wire", wireHelp: "This is what everybody on its way sees.",
  signedBy: "Signed by {0}", failure: "It cannot be opened: {0}", reply: "Reply", replyHelp: "Reply to the mail, and try to send the reply the ordinary way", content: "Content of the mail",
  folder: { inbox: "Inbox", drafts: "Drafts", sentitems: "Sent Items", deleteditems: "Deleted Items" },
  quoted: "From: {0}\nSent: {1}\nTo: {2}\nSubject: {3}",
  serverCopy: "The draft is saved here; the server does not have it yet.",
  faults: {
    offline: "no network", down: "the service is down", token: "the service refuses the sign-in", cancel: "signing in is cancelled", consent: "the first sign-in asks for consent", unreadable: "an attachment cannot be read",
    empty: "attachments read as empty", cloud: "a file lies in the cloud", unresolved: "a recipient is not found", cap: "more recipients than Outlook tells of", guard: "the guard cannot read the draft",
    guardless: "the guard cannot be loaded",
  },
};

export const texts = (language: string): Texts => (language.startsWith("en") ? en : da);

export const fill = (sentence: string, ...values: readonly string[]): string => sentence.replace(/\{(\d)\}/g, (_, n: string) => values[Number(n)] ?? "");
