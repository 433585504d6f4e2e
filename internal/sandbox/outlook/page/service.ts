// What the page asks of its own server, which is the pretend university.
import type { Draft } from "./draft";

export interface Person { readonly name: string; readonly address: string; readonly object: string; readonly tenant: string }
export interface Box { readonly address: string; readonly da: string; readonly en: string; readonly own: boolean }
export interface World { readonly people: readonly Person[]; readonly boxes: readonly Box[] }
export interface Signed { readonly accessToken: string; readonly idToken: string; readonly expiresIn: number; readonly scope: string; readonly object: string; readonly tenant: string; readonly name: string; readonly username: string }
export interface Line { readonly n: number; readonly folder: string; readonly from: string; readonly subject: string; readonly at: string; readonly sealed: boolean }
export interface Arrived extends Box { readonly letters: readonly Line[] }
export interface Letter extends Line {
  readonly to: readonly string[] | null; readonly wire: string; readonly opened: boolean; readonly marker: readonly [string, string]; readonly signer: string; readonly html: string;
  readonly layers: readonly { readonly da: string; readonly en: string; readonly with: string; readonly bad: boolean }[];
  readonly files: readonly { readonly name: string; readonly type: string; readonly size: number }[]; readonly failure: string;
}

async function ask<T>(path: string, body?: object): Promise<T> {
  const request = body === undefined ? {} : { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
  const response = await fetch(`/outlook/${path}`, request);
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

export const world = () => ask<World>("world");
export const token = (persona: string, client: string, scope: string, wrong: boolean) => ask<Signed>("token", { persona, client, scope, wrong });
export const arrived = () => ask<Arrived[]>("arrived");
export const letter = (address: string, n: number) => ask<Letter>(`arrived/letter?address=${encodeURIComponent(address)}&n=${n}`);
export const bodyAddress = (address: string, n: number, language: string) => `/outlook/arrived/body?address=${encodeURIComponent(address)}&n=${n}&lang=${language}`;

// send is ordinary Send: as it stands, for everybody on the way to read.
export function send(d: Draft): Promise<void> {
  const people = (list: readonly { name: string; address: string }[]) => list.map(({ name, address }) => ({ name: name === address ? "" : name, address }));
  return ask("send", {
    from: d.from.address, to: people(d.to), cc: people(d.cc), bcc: people(d.bcc), subject: d.subject, html: d.html, headers: Object.fromEntries(d.headers),
    files: d.files.filter((f) => f.kind !== "cloud").map((f) => ({ name: f.name, type: f.type, contentId: f.inline ? f.contentId : "", content: f.content })),
  });
}
