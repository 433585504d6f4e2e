// Ordinary Send: asks the guard, as Outlook does with SendMode SoftBlock, and says what Outlook would then do.
import type { Host } from "./host";
import type { Profile } from "./profile";
import type { Completed, FromWorker, Start, ToWorker } from "./worker";

export interface Verdict {
  readonly kind: "allowed" | "held" | "unavailable";
  readonly message: string; // "" is Outlook's own
  readonly action: string; // the label of the button that opens the pane; "" is Outlook's own
  readonly command: string; // control id; "" is no such button
  readonly context: string;
  readonly anyway: boolean;
}

const allowed: Verdict = { kind: "allowed", message: "", action: "", command: "", context: "", anyway: false };

// unavailable: SoftBlock lets a person send what the add-in could not look at (facts: send modes).
const unavailable: Verdict = { ...allowed, kind: "unavailable", anyway: true };

export interface Asking { readonly host: Host; readonly start: Start; readonly slow: () => void; readonly missing: boolean }

const slowAfter = 5000;

export async function ask({ host, start, slow, missing }: Asking): Promise<Verdict> {
  if (start.profile.guard === "none") return allowed;
  const worker = new Worker("/outlook/worker.js");
  const late = setTimeout(slow, slowAfter);
  try {
    return await new Promise<Verdict>((resolve) => {
      const send = (message: ToWorker) => worker.postMessage(message);
      worker.onerror = (e) => {
        e.preventDefault();
        resolve(unavailable);
      };
      worker.onmessage = ({ data }: MessageEvent<FromWorker>) => {
        if ("call" in data) void host.call("event", data.call.method, data.call.args).then((answer) => send({ id: data.call.id, answer }));
        else if ("failed" in data) resolve(unavailable);
        else resolve(judge(data.completed, start.profile));
      };
      send({ start: missing ? { ...start, guard: "/outlook/no-such-guard.js" } : start });
    });
  } finally {
    clearTimeout(late);
    worker.terminate();
  }
}

export function judge(o: Completed, profile: Profile): Verdict {
  if (o.allowEvent === true) return allowed;
  const new14 = profile.mailbox >= 14; // commandId and sendModeOverride
  return {
    kind: "held", message: o.errorMessage ?? "", action: o.cancelLabel ?? "", command: new14 ? o.commandId ?? "" : "",
    context: o.contextData === undefined ? "" : typeof o.contextData === "string" ? o.contextData : JSON.stringify(o.contextData), anyway: new14 && o.sendModeOverride === "promptUser",
  };
}
