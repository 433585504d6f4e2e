// The text of the mail: rich text that takes pictures by paste and drop. What goes in is cleaned, since mail is hostile and a reply
// quotes it: no script, no style, and no address but of links and of pictures that are in the mail itself.
import type { Draft } from "./draft";
import { element } from "./element";
import type { Texts } from "./texts";

const kept = new Set(["A", "B", "BLOCKQUOTE", "BR", "CODE", "DIV", "EM", "H1", "H2", "H3", "HR", "I", "IMG", "LI", "OL", "P", "PRE", "S", "SPAN", "STRONG", "SUB", "SUP", "TABLE", "TBODY", "TD", "TH", "THEAD", "TR", "U", "UL"]);
const dropped = new Set(["SCRIPT", "STYLE", "TEMPLATE", "IFRAME", "OBJECT", "EMBED", "TITLE", "HEAD", "NOSCRIPT", "SVG", "MATH"]);

// clean gives nodes of this page. The text is read by a parser without scripts, styles or loading, and built anew.
export function clean(html: string): DocumentFragment {
  const out = document.createDocumentFragment();
  const bare = html.replace(/\sstyle\s*=\s*("[^"]*"|'[^']*'|[^\s>]+)/gi, ""); // the policy of the page would speak up about each
  copy(new DOMParser().parseFromString(bare, "text/html").body, out);
  return out;
}

function copy(from: Node, to: Node): void {
  for (const node of from.childNodes) {
    if (node.nodeType === Node.TEXT_NODE) {
      to.appendChild(document.createTextNode(node.textContent ?? ""));
    } else if (node instanceof Element && !dropped.has(node.tagName.toUpperCase())) {
      const into = kept.has(node.tagName) ? document.createElement(node.tagName) : null;
      if (into !== null) {
        const href = node.getAttribute("href") ?? "";
        const src = node.getAttribute("src") ?? "";
        if (node.tagName === "A" && /^(https?|mailto):/i.test(href)) into.setAttribute("href", href);
        if (node.tagName === "IMG") {
          if (src.startsWith("cid:")) into.dataset["cid"] = src.slice(4);
          else if (/^data:image\/(png|jpeg|gif|webp);/i.test(src)) into.setAttribute("src", src);
          into.setAttribute("alt", node.getAttribute("alt") ?? "");
        }
        to.appendChild(into);
      }
      copy(node, into ?? to);
    }
  }
}

export interface Editor { readonly box: HTMLElement; readonly bar: HTMLElement }

export function editor(draft: Draft, t: Texts, takeFile: (file: File, inline: boolean) => Promise<string>): Editor {
  const box = element("div", { id: "body", class: "body", contenteditable: "true", role: "textbox", "aria-multiline": "true", "aria-label": t.body, tabindex: "0" });
  // Pictures are shown from the attached bytes, and in the mail they are named by content id.
  const read = () => {
    const copied = box.cloneNode(true) as HTMLElement;
    for (const picture of copied.querySelectorAll<HTMLElement>("img[data-cid]")) {
      picture.setAttribute("src", `cid:${picture.dataset["cid"] ?? ""}`);
      picture.removeAttribute("data-cid");
    }
    return copied.innerHTML;
  };
  const write = () => {
    box.replaceChildren(clean(draft.html));
    for (const picture of box.querySelectorAll<HTMLElement>("img[data-cid]")) {
      const file = draft.files.find((f) => f.contentId === picture.dataset["cid"]);
      if (file !== undefined) picture.setAttribute("src", `data:${file.type};base64,${file.content}`);
    }
  };
  const insert = (what: Node) => {
    const selection = getSelection();
    const range = selection !== null && selection.rangeCount > 0 && box.contains(selection.anchorNode) ? selection.getRangeAt(0) : null;
    if (range === null) {
      box.append(what);
    } else {
      range.deleteContents();
      range.insertNode(what);
      range.collapse(false);
    }
    draft.type(read());
  };
  const takePicture = async (file: File) => {
    const contentId = await takeFile(file, true);
    const attached = draft.files.find((f) => f.contentId === contentId);
    if (attached !== undefined) insert(element("img", { src: `data:${attached.type};base64,${attached.content}`, alt: file.name, "data-cid": contentId }));
  };
  const isPicture = (file: File) => /^image\/(png|jpeg|gif|webp)$/.test(file.type);
  box.addEventListener("input", () => draft.type(read()));
  box.addEventListener("paste", (e) => {
    e.preventDefault();
    const data = e.clipboardData;
    const pictures = [...(data?.files ?? [])].filter(isPicture);
    if (pictures.length > 0) for (const picture of pictures) void takePicture(picture);
    else if ((data?.getData("text/html") ?? "") !== "") insert(clean(data?.getData("text/html") ?? ""));
    else insert(document.createTextNode(data?.getData("text/plain") ?? ""));
  });
  box.addEventListener("drop", (e) => {
    const pictures = [...(e.dataTransfer?.files ?? [])].filter(isPicture);
    if (pictures.length === 0) return; // the window takes it, as a file
    e.preventDefault();
    e.stopPropagation();
    for (const picture of pictures) void takePicture(picture);
  });
  draft.watch((c) => {
    if (c.what === "body" && c.by === "addin") write();
  });
  write();
  const tool = (command: string, label: string, sign: string) => element("button", { type: "button", "aria-label": label, title: label, mousedown: (e) => e.preventDefault(), click: () => {
    box.focus();
    // eslint-disable-next-line @typescript-eslint/no-deprecated -- old, and the one way that every browser has
    document.execCommand(command);
  } }, sign);
  const bar = element("div", { class: "tools", role: "toolbar", "aria-label": t.body }, tool("bold", t.bold, "F"), tool("italic", t.italic, "K"), tool("insertUnorderedList", t.bullets, "•"));
  return { box, bar };
}
