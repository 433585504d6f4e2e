// The window for signing in, where Outlook has no nested app authentication (LTSC 2021 and older).
import { Failed } from "../steps/failure.js";

const closedByPerson = 12006;
const refusedByPerson = 12009;

/** Opens a page of our own and gives what it says to us. Fails with sign_in_cancelled when it is closed, and sign_in_unavailable when it does not open. */
export function ask(url: string, fits: (message: unknown) => boolean): Promise<string> {
  return new Promise((resolve, reject) => {
    Office.context.ui.displayDialogAsync(url, { height: 60, width: 30, promptBeforeOpen: false }, (opened) => {
      if (String(opened.status) !== "succeeded") {
        const code = (opened.error as Office.Error | undefined)?.code;
        reject(new Failed({ kind: code === refusedByPerson ? "sign_in_cancelled" : "sign_in_unavailable", code: String(code) }));
        return;
      }
      const dialog = opened.value;
      dialog.addEventHandler(Office.EventType.DialogMessageReceived, (got: { message: string; origin: string | undefined } | { error: number }) => {
        // Clients before DialogOrigin 1.1 do not say where a message comes from; they show pages of our own origin only.
        if (!("message" in got) || (got.origin !== undefined && got.origin !== new URL(url).origin)) return;
        if (!fits(got.message)) return;
        dialog.close();
        resolve(got.message);
      });
      dialog.addEventHandler(Office.EventType.DialogEventReceived, (got: { message: string; origin: string | undefined } | { error: number }) => {
        const code = "error" in got ? got.error : 0;
        reject(new Failed({ kind: code === closedByPerson ? "sign_in_cancelled" : "sign_in_unavailable", code: String(code) }));
      });
    });
  });
}
