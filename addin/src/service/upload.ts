// The one call that is not fetch: only XMLHttpRequest tells how much of a body has left.
import { Failed } from "../steps/failure.js";
import { networkFailed } from "./problem.js";

export interface Upload {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Blob;
  readonly progress: (sent: number, total: number) => void;
  readonly stop: AbortSignal;
  /** Without a byte moving for so long, it is given up. */
  readonly stallMs: number;
  readonly request: () => XMLHttpRequest;
  readonly online: () => boolean;
}

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly header: (name: string) => string | null;
}

export function upload(u: Upload): Promise<Answered> {
  return new Promise((resolve, reject) => {
    if (u.stop.aborted) {
      reject(new Failed({ kind: "unreachable", code: "stopped" }));
      return;
    }
    const request = u.request();
    let stalled: ReturnType<typeof setTimeout> | undefined;
    const moved = () => {
      clearTimeout(stalled);
      stalled = setTimeout(() => request.abort(), u.stallMs);
    };
    const stop = () => request.abort();
    const end = (then: () => void) => {
      clearTimeout(stalled);
      u.stop.removeEventListener("abort", stop);
      then();
    };
    u.stop.addEventListener("abort", stop);
    request.upload.addEventListener("progress", (e) => {
      moved();
      u.progress(Math.min(e.loaded, u.body.size), u.body.size);
    });
    request.upload.addEventListener("load", () => {
      moved();
      u.progress(u.body.size, u.body.size);
    });
    request.addEventListener("load", () => end(() => resolve({ status: request.status, body: request.responseText, header: (name) => request.getResponseHeader(name) })));
    request.addEventListener("error", () => end(() => reject(networkFailed(u.online()))));
    request.addEventListener("abort", () => end(() => reject(new Failed({ kind: "unreachable", code: "stopped" }))));
    request.open("POST", u.url);
    for (const [name, value] of Object.entries(u.headers)) request.setRequestHeader(name, value);
    moved();
    request.send(u.body);
  });
}
