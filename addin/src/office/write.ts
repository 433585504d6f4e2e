// What the pane changes in the draft: its mark, its recipients, and in the end that it is there at all.
import type { Field, Letter, Mark, Recipients } from "../steps/ports.js";
import { act } from "./call.js";
import { clientKind, item } from "./client.js";
import { header } from "./read.js";

/** Recipients.setAsync and addAsync take so many at once. */
const atOnce = 100;

export async function setMark(mark: Mark): Promise<void> {
  const { internetHeaders } = item();
  // Not saved here: saving would make a draft on the server that must be removed again. The header is kept with the draft, when it is.
  if (mark.kind === "none") await act((done) => internetHeaders.removeAsync([header], done));
  else await act((done) => internetHeaders.setAsync({ [header]: mark.kind === "sent" ? `sent ${mark.id}` : "secure" }, done));
}

export async function setRecipients(recipients: Partial<Recipients>): Promise<void> {
  const draft = item();
  for (const [name, list] of Object.entries(recipients)) {
    const field = draft[name as Field];
    const people = list.map((p) => ({ displayName: p.name === "" ? p.address : p.name, emailAddress: p.address }));
    await act((done) => field.setAsync(people.slice(0, atOnce), done), { once: true });
    for (let at = atOnce; at < people.length; at += atOnce) await act((done) => field.addAsync(people.slice(at, at + atOnce), done), { once: true });
  }
}

/** The new form is documented for reading only; classic Outlook and the web have it in a draft as well. mailto: is for all others. */
export function newMessage(letter: Letter): Promise<void> {
  const { mailbox } = Office.context;
  const kind = clientKind();
  if (typeof mailbox.displayNewMessageForm === "function" && kind !== "mac" && kind !== "mobile") {
    try {
      mailbox.displayNewMessageForm({ toRecipients: [letter.to], subject: letter.subject, htmlBody: escaped(letter.text).replaceAll("\n", "<br>") });
      return Promise.resolve();
    } catch {
      // For this client then, as for those that do not have it.
    }
  }
  const link = document.createElement("a");
  link.href = `mailto:${encodeURIComponent(letter.to).replace("%40", "@")}?subject=${encodeURIComponent(letter.subject)}&body=${encodeURIComponent(letter.text.replaceAll("\n", "\r\n"))}`;
  link.target = "_blank";
  link.click();
  return Promise.resolve();
}

function escaped(s: string): string {
  return s.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

export async function close(): Promise<void> {
  const draft = item();
  await act((done) => draft.closeAsync({ discardItem: true }, done), { once: true });
}
