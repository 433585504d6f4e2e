// The mailboxes beside the compose window: what arrived, as it travelled and as its reader sees it.
import { element } from "./element";
import { arrived, type Arrived, bodyAddress, letter, type Letter } from "./service";
import { fill, type Texts } from "./texts";
import { size } from "./attachments";

export interface Mailboxes { readonly box: HTMLElement; refresh(): Promise<void>; show(address: string, n: number): Promise<void> }
export type Reply = (to: string, mail: Letter) => void;

const every = 3000; // ms between two looks

export function mailboxes(language: string, t: Texts, reply: Reply): Mailboxes {
  const en = language.startsWith("en");
  const list = element("div", { class: "boxes" });
  const one = element("div", { class: "letter", hidden: true });
  const box = element("section", { class: "arrived", "aria-labelledby": "arrived-title" },
    element("div", { class: "arrivedhead" }, element("h2", { id: "arrived-title" }, t.arrivedTitle), element("button", { type: "button", click: () => void refresh() }, t.refresh)),
    element("p", { class: "soft" }, t.arrivedHelp), list, one);
  let seen = "";

  const draw = (all: readonly Arrived[]) => {
    const full = all.filter((b) => b.letters.some((l) => l.folder !== "drafts"));
    list.replaceChildren(...(full.length === 0 ? [element("p", { class: "soft" }, t.empty)] : full.map((b) => element("section", {},
      element("h3", {}, b.address, ...(b.own ? [" ", element("span", { class: "soft" }, t.own)] : [])),
      element("ul", {}, ...b.letters.filter((l) => l.folder !== "drafts").map((l) => element("li", {},
        element("button", { type: "button", class: "open", click: () => void show(b.address, l.n) },
          element("span", { class: "subject" }, l.subject === "" ? t.noSubject : l.subject), badge(l.sealed),
          element("span", { class: "soft" }, `${clock(l.at)} · ${l.from} · ${t.folder[l.folder] ?? l.folder}`)))))))));
  };
  const badge = (sealed: boolean) => element("span", { class: sealed ? "badge sealed" : "badge" }, sealed ? t.sealed : t.ordinary);
  const clock = (at: string) => new Date(at).toLocaleTimeString(language, { hour: "2-digit", minute: "2-digit", second: "2-digit" });

  async function refresh(): Promise<void> {
    const all = await arrived();
    const now = JSON.stringify(all);
    if (now === seen) return; // nothing new: what has the focus stays where it is
    seen = now;
    draw(all);
  }

  async function show(address: string, n: number): Promise<void> {
    const mail = await letter(address, n);
    const back = () => {
      one.hidden = true;
      list.hidden = false;
      one.replaceChildren();
    };
    const files = mail.files.filter((f) => f.name !== "" || f.size > 0);
    const heading = element("h3", { tabindex: "-1" }, mail.subject === "" ? t.noSubject : mail.subject);
    one.replaceChildren(
      element("button", { type: "button", click: back }, `← ${t.back}`), heading, badge(mail.sealed),
      element("p", { class: "soft" }, `${mail.from} → ${(mail.to ?? [address]).join(", ")}`),
      ...(mail.failure === "" ? [] : [element("p", { class: "bad" }, fill(t.failure, mail.failure))]),
      ...(mail.opened ? [
        element("h4", {}, t.opened),
        ...mail.layers.map((l) => element("p", { class: l.bad ? "bad" : "good" }, `${l.bad ? "✗" : "✓"} ${en ? l.en : l.da}: ${l.with}`)),
        ...(mail.signer === "" ? [] : [element("p", { class: "soft" }, fill(t.signedBy, mail.signer))]),
        element("iframe", { class: "content", sandbox: "", title: t.content, src: bodyAddress(address, n, en ? "en" : "da") }),
        ...(files.length === 0 ? [] : [element("ul", { class: "files", "aria-label": t.attachments }, ...files.map((f) => element("li", {}, element("span", {}, f.name), element("span", { class: "soft" }, size(f.size)))))]),
        element("button", { type: "button", class: "reply", title: t.replyHelp, click: () => reply(correspondent(address, mail), mail) }, t.reply),
      ] : []),
      element("h4", {}, t.wire), element("p", { class: "soft" }, t.wireHelp), element("pre", { tabindex: "0", "aria-label": t.wire }, mail.wire));
    list.hidden = true;
    one.hidden = false;
    heading.focus();
  }
  setInterval(() => void refresh().catch(() => undefined), every); // the next look may find the program again
  return { box, refresh, show };
}

// correspondent is who to write to: who sent it, or the one outside who got it, when it went out from the university.
function correspondent(address: string, mail: Letter): string {
  const inside = (a: string) => /@([a-z]+\.)?aau\.example$/i.test(a);
  if (!inside(mail.from)) return mail.from;
  return !inside(address) ? address : (mail.to ?? []).find((one) => !inside(one)) ?? mail.from;
}

// quoted is the mail as a reply holds it, with the line that says how it came.
export function quoted(mail: Letter, language: string, t: Texts): string {
  const escape = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");
  const head = fill(t.quoted, mail.from, new Date(mail.at).toLocaleString(language), (mail.to ?? []).join("; "), mail.subject);
  const marker = mail.marker[language.startsWith("en") ? 1 : 0];
  return `<p><br></p><hr><p>${escape(head).replaceAll("\n", "<br>")}</p>${marker === "" ? "" : `<p>${escape(marker)}</p>`}<blockquote>${mail.html}</blockquote>`;
}
