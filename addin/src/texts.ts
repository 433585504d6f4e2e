// Every sentence of the pane, Danish first. For somebody with thirty seconds who has never heard of certificates: what happens, why, and
// what to do. {…} is filled in. A sentence that the service has is shown as it is, and not said again here.
import type { Language } from "./steps/ports.js";

type Said = Readonly<Record<Language, string>>;

export const texts = {
  product: { da: "Send sikker", en: "Send securely" },

  // Where on the way: the heading, and a line below it
  starting: { da: "Et øjeblik …", en: "One moment …" },
  signing_in: { da: "Logger ind …", en: "Signing in …" },
  sign_in: { da: "Log ind for at sende sikkert", en: "Sign in to send securely" },
  sign_in_why: { da: "Du skal bekræfte, at det er dig. Brug dit arbejdslogin.", en: "You need to confirm that it is you. Use your work account." },
  sign_in_button: { da: "Log ind", en: "Sign in" },
  reading: { da: "Læser mailen …", en: "Reading the mail …" },
  checking: { da: "Kontrollerer modtagerne …", en: "Checking the recipients …" },
  no_mailbox: { da: "Du kan ikke sende sikkert endnu", en: "You cannot send securely yet" },
  no_mailbox_why: {
    da: "Sikker mail sendes fra en fælles postkasse, og du har ikke adgang til nogen. Bed din leder eller {organisation}s it-support om adgang.",
    en: "Secure mail is sent from a shared mailbox, and you have access to none. Ask your manager or IT support at {organisation} for access.",
  },
  support: { da: "Få hjælp", en: "Get help" },
  look_again: { da: "Se efter igen", en: "Look again" },
  empty: { da: "Hvem skal have mailen?", en: "Who is the mail for?" },
  empty_why: { da: "Skriv modtagerne i mailen som normalt. Så ser du her, om de kan få den sikkert.", en: "Write the recipients in the mail as usual. You then see here whether they can get it securely." },
  ready: { da: "Klar til at sende sikkert", en: "Ready to send securely" },
  warned: { da: "Se advarslen først", en: "See the warning first" },
  blocked: { da: "Kan ikke sendes sikkert endnu", en: "Cannot be sent securely yet" },
  collecting: { da: "Gør mailen klar …", en: "Preparing the mail …" },
  collecting_file: { da: "Læser fil {place} af {of}: {name}", en: "Reading file {place} of {of}: {name}" },
  uploading: { da: "Sender …", en: "Sending …" },
  uploading_size: { da: "{sent} af {total} MB", en: "{sent} of {total} MB" },
  accepting: { da: "Låser mailen …", en: "Locking the mail …" },
  held: { da: "Mailen sendes om {n} sekunder", en: "The mail is sent in {n} seconds" },
  held_one: { da: "Mailen sendes om 1 sekund", en: "The mail is sent in 1 second" },
  held_why: { da: "Den er låst og klar. Fortryder du, bliver intet sendt. Gør du ikke noget, sendes den af sig selv.", en: "It is locked and ready. If you undo, nothing is sent. If you do nothing, it is sent by itself." },
  undo: { da: "Fortryd", en: "Undo" },
  undoing: { da: "Tager mailen tilbage …", en: "Taking the mail back …" },
  undone: { da: "Mailen er taget tilbage", en: "The mail was taken back" },
  undone_why: { da: "Intet er sendt. Udkastet er, som du skrev det.", en: "Nothing was sent. The draft is as you wrote it." },
  back: { da: "Tilbage til mailen", en: "Back to the mail" },
  watching: { da: "Mailen er på vej", en: "The mail is on its way" },
  watching_why: { da: "Du kan roligt lukke vinduet. Kvitteringen kommer i {mailbox}.", en: "You can safely close the window. The receipt comes to {mailbox}." },
  watching_late: { da: "Det tager lidt længere end normalt. Du skal ikke sende igen: {mailbox} får besked, uanset hvordan det går.", en: "It takes a little longer than usual. Do not send again: {mailbox} is told, whatever happens." },
  done: { da: "Sendt sikkert", en: "Sent securely" },
  done_why: { da: "Sendt. Kvittering kommer i {mailbox}.", en: "Sent. The receipt comes to {mailbox}." },
  closing: { da: "Udkastet lukkes om {n} sekunder.", en: "The draft closes in {n} seconds." },
  close: { da: "Luk udkastet", en: "Close the draft" },
  stay: { da: "Lad det være åbent", en: "Leave it open" },
  undelivered: { da: "Ikke alle fik mailen", en: "Not everybody got the mail" },
  undelivered_none: { da: "Mailen blev ikke leveret", en: "The mail was not delivered" },
  undelivered_why: { da: "Se hvem og hvorfor nedenfor. En fejlrapport kommer i {mailbox}.", en: "See who and why below. An error report comes to {mailbox}." },
  unsure: { da: "Vi ved ikke, om alle fik mailen", en: "We do not know whether everybody got the mail" },
  unsure_why: { da: "Send ikke igen. {mailbox} får besked, når det er undersøgt.", en: "Do not send again. {mailbox} is told once it has been looked into." },
  again: { da: "Skriv igen til dem, der ikke fik den", en: "Write again to those who did not get it" },

  // The draft is cleaned away by hand where Outlook cannot do it
  tell_classic: { da: "Luk nu mailvinduet, og svar Nej til at gemme. Tryk ikke på den almindelige Send-knap.", en: "Now close the mail window, and answer No to saving. Do not press the ordinary Send button." },
  tell_web: { da: "Slet nu udkastet med skraldespanden. Tryk ikke på den almindelige Send-knap.", en: "Now delete the draft with the waste bin. Do not press the ordinary Send button." },
  tell_mac: { da: "Luk nu mailvinduet, og vælg Slet kladde. Tryk ikke på den almindelige Send-knap.", en: "Now close the mail window, and choose Discard. Do not press the ordinary Send button." },

  // The form
  from: { da: "Send fra", en: "Send from" },
  from_recent: { da: "Valgt, fordi du sidst skrev til dem herfra.", en: "Chosen because you last wrote to them from here." },
  recipients: { da: "Modtagere", en: "Recipients" },
  recipients_missing: { da: "Mangler der en? Skriv adressen helt færdig i mailen.", en: "Is somebody missing? Finish writing the address in the mail." },
  warnings: { da: "Læg mærke til", en: "Please note" },
  state_sealed: { da: "Sikker", en: "Secure" },
  state_internal: { da: "Internt", en: "Internal" },
  state_refused: { da: "Kan ikke få den", en: "Cannot get it" },
  state_unchecked: { da: "Kontrolleres", en: "Being checked" },
  state_waiting: { da: "Venter", en: "Waiting" },
  state_sent: { da: "Sendt", en: "Sent" },
  state_rejected: { da: "Ikke sendt", en: "Not sent" },
  state_unknown: { da: "Undersøges", en: "Being looked into" },
  line_unchecked: { da: "Kontrolleres …", en: "Being checked …" },
  line_unresolved: { da: "Outlook kender ikke adressen endnu. Skriv den helt færdig.", en: "Outlook does not know the address yet. Finish writing it." },
  remove: { da: "Fjern", en: "Remove" },
  remove_whom: { da: "Fjern {name} fra mailen", en: "Remove {name} from the mail" },
  ask: { da: "Bed om en sikker adresse", en: "Ask for a secure address" },
  ask_whom: { da: "Bed om en sikker adresse: {name}", en: "Ask for a secure address: {name}" },
  use: { da: "Brug {address}", en: "Use {address}" },
  send_one: { da: "Send sikkert til 1 modtager", en: "Send securely to 1 recipient" },
  send_many: { da: "Send sikkert til {n} modtagere", en: "Send securely to {n} recipients" },
  yes: { da: "Jeg har læst advarslen og vil sende alligevel", en: "I have read the warning and want to send nonetheless" },
  why_checking: { da: "Knappen virker, når modtagerne er kontrolleret.", en: "The button works once the recipients are checked." },
  why_blocked: { da: "Ret det, der er markeret ovenfor, så kan du sende.", en: "Mend what is marked above, and you can send." },
  why_warned: { da: "Sæt kryds ovenfor, hvis du vil sende alligevel.", en: "Tick the box above if you want to send nonetheless." },
  why_empty: { da: "Knappen virker, når mailen har en modtager.", en: "The button works once the mail has a recipient." },
  cancel: { da: "Afbryd", en: "Cancel" },
  retry: { da: "Prøv igen", en: "Try again" },
  dismiss: { da: "Forstået", en: "Got it" },
  first_run: { da: "Skriv mailen som altid, og tryk på knappen her i stedet for Send. Mailen låses, så kun modtagerne kan læse den.", en: "Write the mail as always, and press the button here instead of Send. The mail is locked, so that only the recipients can read it." },
  sealed_before: { da: "I skriver sikkert sammen. Bliv ved med det her.", en: "You write to each other securely. Keep doing so here." },
  answers_sealed: { da: "Du svarer på en sikker mail. Send også svaret sikkert.", en: "You are answering a secure mail. Send the answer securely too." },
  marked: { da: "Mailen er mærket til sikker afsendelse og kan ikke sendes almindeligt.", en: "The mail is marked for secure sending and cannot be sent the ordinary way." },
  unmark: { da: "Fjern mærket", en: "Remove the mark" },
  letter_title: { da: "Mail til {address}", en: "Mail to {address}" },
  letter_why: { da: "En færdig mail er åbnet i et nyt vindue. Kom den ikke frem, så kopiér teksten herfra.", en: "A ready-written mail was opened in a new window. If it did not appear, copy the text from here." },
  letter_close: { da: "Luk teksten", en: "Close the text" },

  // What should be known before
  unresolved: { da: "Outlook kender ikke {names}. Skriv adressen færdig, eller vælg den fra listen.", en: "Outlook does not know {names}. Finish the address, or choose it from the list." },
  recipients_cut: { da: "Outlook viser højst {n} modtagere i et felt, og der kan være flere. Del mailen, så ingen glemmes.", en: "Outlook shows at most {n} recipients of a field, and there may be more. Split the mail, so that nobody is left out." },
  too_many_recipients: { da: "Mailen har {n} modtagere. Der kan højst være {limit}. Del den i flere.", en: "The mail has {n} recipients. There can be {limit} at most. Split it." },
  too_many_files: { da: "Mailen har {n} filer. Der kan højst være {limit}. Pak dem i en zip-fil.", en: "The mail has {n} files. There can be {limit} at most. Pack them into a zip file." },
  cloud_attachment: { da: "{names} ligger i skyen og kan ikke låses. Fjern den, og vedhæft den igen som kopi.", en: "{names} is in the cloud and cannot be locked. Remove it, and attach it again as a copy." },
  refused: { da: "Ikke alle kan få mailen sikkert. Se, hvad du kan gøre ved hver.", en: "Not everybody can get the mail securely. See what you can do for each." },
  cpr_subject: { da: "Der står et CPR-nummer i emnet. Emnet kan alle læse: flyt nummeret ned i teksten.", en: "There is a CPR number in the subject. Anybody can read the subject: move the number into the text." },
  similar_address: { da: "{address} ligner {similar}, som du har skrevet til før. Er det den rigtige?", en: "{address} looks like {similar}, whom you have written to before. Is it the right one?" },
  picture_missing: { da: "Et billede i teksten kan ikke findes ({n}). Modtageren ser en tom plads.", en: "A picture in the text cannot be found ({n}). The recipient sees an empty space." },
  cloud_links: { da: "Mailen linker til {hosts}. Selve linket låses, men det, der ligger dér, gør ikke.", en: "The mail links to {hosts}. The link itself is locked, but what lies there is not." },
  many_recipients: { da: "Mailen går til {n} modtagere. Skal alle have den?", en: "The mail goes to {n} recipients. Shall all of them have it?" },
  silent: { da: "{places} svarede ikke. Der kan være modtagere, som kan mere, end der står her.", en: "{places} did not answer. Some recipients may be able to do more than is shown here." },

  // Lines beside the step
  stopped: { da: "Afbrudt. Intet er sendt, og udkastet er, som det var.", en: "Cancelled. Nothing was sent, and the draft is as it was." },
  draft_changed: { da: "Mailen er ikke sendt: noget er nyt, siden den blev kontrolleret. Se den igennem, og tryk igen.", en: "The mail was not sent: something is new since it was checked. Look it over, and press again." },
  too_late: { da: "Det var for sent at fortryde: mailen er allerede på vej.", en: "It was too late to undo: the mail is already on its way." },
  undo_failed: { da: "Vi kunne ikke fortryde. Mailen kan være på vej.", en: "We could not undo. The mail may be on its way." },
  mark_failed: { da: "Mailen er modtaget, men Outlook kunne ikke mærke udkastet. Tryk ikke på Send: så går den også ulåst.", en: "The mail was accepted, but Outlook could not mark the draft. Do not press Send: it would also go out unlocked." },
  recipients_failed: { da: "Outlook kunne ikke ændre modtagerne. Ret dem selv i mailen.", en: "Outlook could not change the recipients. Change them in the mail yourself." },
  letter_failed: { da: "Outlook kunne ikke åbne en ny mail. Kopiér teksten herfra.", en: "Outlook could not open a new mail. Copy the text from here." },
  found: { da: "Mailen var allerede modtaget. Den er ikke sendt to gange.", en: "The mail had already been accepted. It was not sent twice." },
  unmarked: { da: "Mærket er fjernet. Mailen kan sendes almindeligt.", en: "The mark is removed. The mail can be sent the ordinary way." },

  // Failures: what it is, and what to do
  failed: { da: "Mailen er ikke sendt", en: "The mail was not sent" },
  failed_checking: { da: "Kan ikke kontrollere mailen lige nu", en: "Cannot check the mail just now" },
  failed_opening: { da: "Send sikker kunne ikke starte", en: "Send securely could not start" },
  failed_looking: { da: "Kan ikke se, hvad der blev af mailen", en: "Cannot see what became of the mail" },
  whole: { da: "Udkastet er, som du skrev det.", en: "The draft is as you wrote it." },
  f_no_item: { da: "Outlook giver ikke adgang til mailen. Åbn den fra din egen postkasse, og prøv igen.", en: "Outlook gives no access to the mail. Open it from your own mailbox, and try again." },
  f_attachment_unreadable: { da: "Outlook kunne ikke give os »{name}«. Vent, til filen er vedhæftet helt, eller fjern den og vedhæft den igen.", en: "Outlook could not give us »{name}«. Wait until the file is fully attached, or remove it and attach it again." },
  f_attachment_cloud: { da: "»{name}« ligger i skyen og kan ikke låses. Fjern den, og vedhæft den igen som kopi.", en: "»{name}« is in the cloud and cannot be locked. Remove it, and attach it again as a copy." },
  f_body_unsteady: { da: "Mailen ændrede sig, mens den blev læst. Vent, til du er færdig med at skrive, og prøv igen.", en: "The mail changed while it was read. Wait until you have finished writing, and try again." },
  f_office: { da: "Outlook svarede ikke rigtigt ({code}). Prøv igen, eller luk mailen og åbn den igen.", en: "Outlook did not answer properly ({code}). Try again, or close the mail and open it again." },
  f_offline: { da: "Du er ikke på nettet. Prøv igen, når du er på.", en: "You are offline. Try again once you are online." },
  f_unreachable: { da: "Send sikker svarer ikke. Prøv igen om lidt.", en: "Send securely does not answer. Try again shortly." },
  f_server: { da: "Noget gik galt hos Send sikker. Prøv igen om lidt.", en: "Something went wrong at Send securely. Try again shortly." },
  f_busy: { da: "Der er travlt lige nu. Prøv igen om lidt.", en: "It is busy just now. Try again shortly." },
  f_refused: { da: "Mailen kan ikke sendes sikkert til alle.", en: "The mail cannot be sent securely to everybody." },
  f_invalid: { da: "Mailen kan ikke sendes, som den er.", en: "The mail cannot be sent as it is." },
  f_forbidden: { da: "Du må ikke sende fra den postkasse. Vælg en anden, eller bed om adgang.", en: "You may not send from that mailbox. Choose another, or ask for access." },
  f_unclear: { da: "Vi ved ikke, om mailen nåede frem til Send sikker. Prøv igen: den bliver ikke sendt to gange.", en: "We do not know whether the mail reached us. Try again: it is not sent twice." },
  f_not_found: { da: "Udkastet er mærket som sendt, men ikke af dig eller for længe siden. Skriv en ny mail, hvis den skal sendes igen.", en: "The draft is marked as sent, but not by you, or too long ago. Write a new mail if it shall be sent again." },
  f_sign_in_needed: { da: "Du er ikke længere logget ind.", en: "You are no longer signed in." },
  f_sign_in_cancelled: { da: "Du blev ikke logget ind. Prøv igen, når du er klar.", en: "You were not signed in. Try again when you are ready." },
  f_sign_in_refused: { da: "Login blev afvist ({code}). Prøv igen, eller kontakt it-support.", en: "The sign-in was refused ({code}). Try again, or contact IT support." },
  f_sign_in_unavailable: { da: "Outlook kan ikke logge dig ind på denne maskine. Prøv Outlook i browseren, eller kontakt it-support.", en: "Outlook cannot sign you in on this machine. Try Outlook in the browser, or contact IT support." },
  f_recipients_cut: { da: "Outlook viser ikke alle modtagere. Del mailen i flere.", en: "Outlook does not show all recipients. Split the mail." },
  retry_after: { da: "Vent mindst {n} sekunder.", en: "Wait at least {n} seconds." },
} as const satisfies Readonly<Record<string, Said>>;

export type Text = keyof typeof texts;

export function fill(text: string, values: Readonly<Record<string, string | number>> = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** The languages that a mail to somebody outside is written in, by where they are. */
export type LetterLanguage = "da" | "en" | "de";

export const letters: Readonly<Record<LetterLanguage, { readonly subject: string; readonly text: string }>> = {
  da: {
    subject: "Kan vi få en sikker adresse til dig?",
    text: "Hej\n\nVi vil gerne sende dig en mail med fortrolige oplysninger, men vi kan ikke låse den til {address}.\n\nDu kan hjælpe på en af to måder:\n\n1. Send os en mail, der er signeret med dit certifikat (S/MIME). Så kan vi svare låst.\n2. Fortæl os, om I har en anden adresse til sikker mail, for eksempel sikkermail@.\n\nVores egne certifikater ligger her: {page}\nEr du i tvivl, så giv mailen videre til jeres it-afdeling.\n\nSkriv ikke fortrolige oplysninger i svaret på denne mail.\n\nVenlig hilsen\n{name}\n{organisation}",
  },
  en: {
    subject: "Do you have an address for secure mail?",
    text: "Hello\n\nWe would like to send you a mail with confidential information, but we cannot lock it for {address}.\n\nYou can help in one of two ways:\n\n1. Send us a mail that is signed with your certificate (S/MIME). We can then answer locked.\n2. Tell us whether you have another address for secure mail.\n\nOur own certificates are here: {page}\nIf in doubt, please pass this mail on to your IT department.\n\nPlease do not write anything confidential in your answer to this mail.\n\nKind regards\n{name}\n{organisation}",
  },
  de: {
    subject: "Haben Sie eine Adresse für sichere E-Mail?",
    text: "Guten Tag\n\nWir möchten Ihnen eine E-Mail mit vertraulichen Angaben senden, können sie aber für {address} nicht verschlüsseln.\n\nSie können uns auf zwei Wegen helfen:\n\n1. Senden Sie uns eine E-Mail, die mit Ihrem Zertifikat signiert ist (S/MIME). Dann können wir verschlüsselt antworten.\n2. Nennen Sie uns eine andere Adresse für sichere E-Mail.\n\nUnsere eigenen Zertifikate finden Sie hier: {page}\nIm Zweifel leiten Sie diese E-Mail bitte an Ihre IT-Abteilung weiter.\n\nBitte schreiben Sie in der Antwort auf diese E-Mail nichts Vertrauliches.\n\nMit freundlichen Grüßen\n{name}\n{organisation}",
  },
};

export function letterLanguage(address: string): LetterLanguage {
  const top = /\.([a-z]+)$/i.exec(address)?.[1]?.toLowerCase();
  return top === "dk" ? "da" : top === "de" || top === "at" ? "de" : "en";
}
