// The dialogs of Outlook itself: the Smart Alert, and "do you want to save?".
import { element } from "./element";
import type { Verdict } from "./guard";
import type { Texts } from "./texts";

export interface Shown { readonly title: string; readonly message: string; readonly buttons: readonly string[]; readonly kind: string }
export type Choice = "stay" | "action" | "anyway" | "save" | "discard";

interface Button { readonly choice: Choice; readonly label: string }

let shown: Shown | null = null;
export const current = () => shown;

function show(kind: string, title: string, message: string, buttons: readonly Button[]): Promise<Choice> {
  return new Promise((resolve) => {
    const heading = element("h2", { id: "alert-title" }, title);
    const text = element("p", { id: "alert-text" }, message);
    const dialog = element("dialog", { id: "alert", "aria-labelledby": "alert-title", "aria-describedby": "alert-text" }, heading, text);
    const done = (choice: Choice) => {
      shown = null;
      dialog.close();
      dialog.remove();
      resolve(choice);
    };
    const row = element("div", { class: "buttons" });
    buttons.forEach(({ choice, label }, n) => row.append(element("button", { type: "button", "data-choice": choice, class: n === 0 ? "primary" : "", click: () => done(choice) }, label)));
    dialog.append(row);
    dialog.addEventListener("cancel", (e) => {
      e.preventDefault();
      done("stay");
    });
    document.body.append(dialog);
    shown = { kind, title, message, buttons: buttons.map((b) => b.label) };
    dialog.showModal();
  });
}

export function smartAlert(v: Verdict, t: Texts): Promise<Choice> {
  const buttons: Button[] = [];
  if (v.command !== "") buttons.push({ choice: "action", label: v.action === "" ? t.takeAction : v.action });
  buttons.push({ choice: "stay", label: v.kind === "unavailable" ? t.later : v.command === "" && v.action !== "" ? v.action : t.dontSend });
  if (v.anyway) buttons.push({ choice: "anyway", label: t.anyway });
  return show(v.kind, t.alertTitle, v.message !== "" ? v.message : v.kind === "unavailable" ? t.unavailable : t.blocked, buttons);
}

export const askToSave = (t: Texts) => show("save", t.compose, t.askSave, [{ choice: "save", label: t.save }, { choice: "discard", label: t.dontSave }, { choice: "stay", label: t.cancel }]);
