// Attachments: by the file chooser, and by dropping them anywhere on the compose window.
import type { Draft } from "./draft";
import { element } from "./element";
import { fill, type Texts } from "./texts";

const chunk = 0x8000; // as many arguments as every engine takes

export function base64(bytes: Uint8Array): string {
  let binary = "";
  for (let at = 0; at < bytes.length; at += chunk) binary += String.fromCharCode(...bytes.subarray(at, at + chunk));
  return btoa(binary);
}

// take attaches a file, and gives its content id: a picture in the text is named by it.
export async function take(draft: Draft, file: File, inline: boolean): Promise<string> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const n = draft.files.filter((f) => f.inline).length + 1;
  const name = inline ? `image${String(n).padStart(3, "0")}.${file.type.split("/")[1] ?? "png"}` : file.name;
  const contentId = inline ? `${name}@01DC0${n}A7.5B2E4F10` : "";
  draft.attach({ name, type: file.type === "" ? "application/octet-stream" : file.type, content: base64(bytes), size: bytes.length, inline, contentId, kind: "file", url: "" });
  return contentId;
}

export function size(bytes: number): string {
  return bytes < 1000 ? `${bytes} B` : bytes < 1_000_000 ? `${Math.round(bytes / 1000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
}

export function attachmentList(draft: Draft, t: Texts): HTMLElement {
  const list = element("ul", { class: "files", "aria-label": t.attachments });
  const draw = () => {
    list.replaceChildren(...draft.files.map((f) => element("li", {},
      element("span", {}, f.name), element("span", { class: "soft" }, f.inline ? t.inline : f.kind === "cloud" ? t.cloud : size(f.size)),
      element("button", { type: "button", "aria-label": fill(t.remove, f.name), click: () => draft.detach(f.key, "person") }, "×"))));
    list.hidden = draft.files.length === 0;
  };
  draft.watch((c) => {
    if (c.what === "attachments") draw();
  });
  draw();
  return list;
}

export function fileChooser(draft: Draft): HTMLInputElement {
  const input = element("input", { id: "files", type: "file", multiple: true, class: "hidden", tabindex: "-1", "aria-hidden": "true" });
  input.addEventListener("change", () => {
    const all = [...(input.files ?? [])];
    input.value = "";
    void (async () => {
      for (const file of all) await take(draft, file, false);
    })();
  });
  return input;
}

export function dropZone(window: HTMLElement, draft: Draft): void {
  window.addEventListener("dragover", (e) => {
    e.preventDefault();
    window.classList.add("over");
  });
  window.addEventListener("dragleave", () => window.classList.remove("over"));
  window.addEventListener("drop", (e) => {
    window.classList.remove("over");
    const all = [...(e.dataTransfer?.files ?? [])];
    if (all.length === 0) return;
    e.preventDefault();
    void (async () => {
      for (const file of all) await take(draft, file, false);
    })();
  });
}
