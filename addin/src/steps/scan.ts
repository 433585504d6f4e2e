// What can be seen in a text without understanding it. Every expression here is linear in the length of the text: a draft may hold
// megabytes of pasted pictures, and is read again while it is written.
import type { Text } from "./ports.js";

export interface Scan {
  /** Hosts of shared storage that the text links to. What lies there is not encrypted by us. */
  readonly cloudHosts: readonly string[];
  /** The text quotes a mail that came in sealed. */
  readonly answersSealed: boolean;
  /** How much the text adds to the mail. */
  readonly bytes: number;
}

const storage = [/(^|\.)sharepoint\.com$/, /^onedrive\.live\.com$/, /^1drv\.ms$/, /(^|\.)dropbox\.com$/, /^(drive|docs)\.google\.com$/, /^we\.tl$/, /(^|\.)wetransfer\.com$/];
const markers = ["[Modtaget sikkert · Send sikker]", "[Received securely · Send sikker]"];

/** The address of a link, also within the wrapping that Defender's Safe Links puts around it. */
const link = /https?(?::|%3A)(?:\/|%2F){2}([a-z0-9.-]+)/gi;
const dataPicture = /data:image\/[a-z0-9.+-]+;base64,[a-z0-9+/=]*/gi;

export function scan(text: Text): Scan {
  const pictures = text.content.match(dataPicture) ?? [];
  const pictureLength = pictures.reduce((sum, one) => sum + one.length, 0);
  const readable = pictureLength === 0 ? text.content : text.content.replace(dataPicture, "");
  const hosts = new Set<string>();
  for (const [, host] of readable.matchAll(link)) {
    const name = (host ?? "").toLowerCase();
    if (storage.some((one) => one.test(name))) hosts.add(name);
  }
  const plain = readable.replaceAll("&middot;", "·").replaceAll("&#183;", "·").replaceAll("&nbsp;", " ").replaceAll("\u00a0", " ");
  return {
    cloudHosts: [...hosts],
    answersSealed: markers.some((marker) => plain.includes(marker)),
    bytes: new Blob([readable]).size + Math.ceil(pictureLength * 0.75),
  };
}
