// Outlook as the steps know it: see OfficePort.
import type { OfficePort } from "../steps/ports.js";
import { act } from "./call.js";
import { client, item, supports } from "./client.js";
import { attachments, content, glance, mark, text } from "./read.js";
import { firstRun, rememberSealed, rememberSeen } from "./settings.js";
import { close, newMessage, setMark, setRecipients } from "./write.js";

export function outlook(): OfficePort {
  return {
    open: async () => {
      const found = client();
      return { client: found, mark: await mark(), firstRun: firstRun() };
    },
    glance, text, attachments, content, mark: setMark, setRecipients, newMessage, rememberSealed, rememberSeen, close,
  };
}

/** Outlook tells of new recipients and attachments; of a new subject, text or sender it does not. */
export async function watchDraft(changed: () => void): Promise<void> {
  const draft = item();
  const events: [Office.EventType, string][] = [[Office.EventType.RecipientsChanged, "1.7"], [Office.EventType.AttachmentsChanged, "1.8"]];
  for (const [event, version] of events) {
    if (!supports("Mailbox", version)) continue;
    await act((done) => draft.addHandlerAsync(event, changed, done)).catch(() => undefined); // it is looked at regularly anyway
  }
}
