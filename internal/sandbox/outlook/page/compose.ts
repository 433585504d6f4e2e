// The compose window: ribbon, lines of recipients, subject, text and attachments, and the pane beside them.
import { askToSave, smartAlert } from "./alert";
import { attachmentList, dropZone, fileChooser, take } from "./attachments";
import type { Draft } from "./draft";
import { editor } from "./editor";
import { element } from "./element";
import { ask, type Verdict } from "./guard";
import type { Pane } from "./frame";
import type { Host } from "./host";
import { recipientLine } from "./recipients";
import { send, type World } from "./service";
import { fill, type Texts } from "./texts";
import type { Start } from "./worker";

export interface Parts { readonly draft: Draft; readonly host: Host; readonly pane: Pane; readonly world: World; readonly texts: Texts; readonly start: Start; missingGuard(): boolean; keepContext(context: string): void; fresh(): void }
export interface Compose { readonly box: HTMLElement; send(): Promise<void>; askToSave(): Promise<void> }

export function compose(p: Parts): Compose {
  const { draft, texts: t, pane } = p;
  const status = element("p", { class: "status", role: "status" });
  const notices = element("div", { class: "notices", "aria-live": "polite" });
  const sendButton = element("button", { type: "button", id: "send", class: "primary", click: () => void press() }, t.send);
  const secure = element("button", { type: "button", id: "secure", title: t.secureHelp, click: () => pane.open() },
    element("img", { src: "/addin/icons/icon-32.png", alt: "", width: "20", height: "20" }), t.secure);
  const files = fileChooser(draft);
  const subject = element("input", { id: "subject", type: "text", maxlength: "255", autocomplete: "off", input: () => draft.setSubject(subject.value, "person") });
  const { box: text, bar } = editor(draft, t, (file, inline) => take(draft, file, inline));
  draft.watch((c) => {
    if (c.what === "subject" && c.by === "addin") subject.value = draft.subject;
    if (c.what === "notices") notices.replaceChildren(...[...draft.notices.values()].map((n) => element("p", { class: "notice" }, n.message)));
    if (c.what === "ended") over();
  });
  subject.value = draft.subject;

  const writing = element("div", { class: "writing" },
    element("div", { class: "line" }, element("span", { class: "label", id: "from-label" }, t.from), element("output", { id: "from", "aria-labelledby": "from-label" }, `${draft.from.name} <${draft.from.address}>`)),
    recipientLine("to", draft, p.world, t), recipientLine("cc", draft, p.world, t), recipientLine("bcc", draft, p.world, t),
    element("div", { class: "line" }, element("label", { for: "subject" }, t.subject), subject),
    attachmentList(draft, t), notices, text, bar);
  const ribbon = element("div", { class: "ribbon", role: "toolbar", "aria-label": t.compose }, sendButton, secure,
    element("button", { type: "button", click: () => files.click() }, t.attach), files, element("button", { type: "button", id: "discard", click: () => draft.end("closed", "nothing") }, t.discard));
  const beside = element("div", { class: "beside" }, writing, pane.box);
  const box = element("section", { class: "compose", id: "compose", "aria-labelledby": "compose-title", "data-drop": t.drop }, element("h2", { id: "compose-title" }, t.compose), ribbon, status, beside);
  dropZone(box, draft);

  function over(): void {
    if (draft.ended === null) return;
    const again = element("button", { type: "button", id: "fresh", class: "primary", click: () => p.fresh() }, t.fresh);
    const left = draft.ended === "sent" ? "" : ` ${t.left[draft.left]}`;
    box.replaceChildren(element("div", { class: "ended", role: "status", "data-ended": draft.ended, "data-left": draft.left }, element("p", {}, t.ended[draft.ended] + left), again));
  }

  // press is ordinary Send. Only after the guard has let it through does anything leave.
  async function press(): Promise<void> {
    if (sendButton.disabled || draft.ended !== null) return;
    const everybody = [...draft.to, ...draft.cc, ...draft.bcc];
    if (everybody.length === 0 || everybody.some((r) => !r.resolved)) {
      status.textContent = t.noRecipients;
      return;
    }
    sendButton.disabled = true;
    status.textContent = "";
    try {
      let verdict: Verdict;
      try {
        verdict = await ask({ host: p.host, start: p.start, missing: p.missingGuard(), slow: () => {
          status.textContent = t.wait;
        } });
      } finally {
        status.textContent = "";
      }
      if (verdict.kind !== "allowed") {
        const choice = await smartAlert(verdict, t);
        if (choice === "action") {
          p.keepContext(verdict.context);
          pane.open();
        }
        if (choice !== "anyway") return;
      }
      await send(draft);
      draft.end("sent", "nothing");
    } catch (e) {
      status.textContent = fill(t.sendFailed, e instanceof Error ? e.message : String(e));
    } finally {
      sendButton.disabled = false;
    }
  }
  return { box, send: press, askToSave: async () => {
    const choice = await askToSave(t);
    if (choice === "save") draft.end("saved", "drafts");
    if (choice === "discard") draft.end("discarded", draft.savedAt === null ? "nothing" : "deleted");
  } };
}
