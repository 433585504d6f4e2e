// From what the network and the service answer to what a person can be told.
import { Failed, type Failure, type FailureKind } from "../steps/failure.js";
import type { Problem, Sentence } from "./types.js";

/** What an answer that is none of those asked for means. body is whatever came: a proxy on the way answers in HTML. */
export function failureOfAnswer(status: number, body: string, retryAfter: string | null, now: number): Failure {
  const problem = parseProblem(body);
  const after = retryAfterMs(retryAfter, now);
  return {
    kind: kindOf(status, problem?.code), status,
    ...(problem === undefined ? {} : { code: problem.code, say: problem.say }),
    ...(problem?.recipients === undefined ? {} : { recipients: problem.recipients }),
    ...(problem?.fields === undefined ? {} : { fields: problem.fields }),
    ...(after === undefined ? {} : { retryAfterMs: after }),
  };
}

function kindOf(status: number, code: string | undefined): FailureKind {
  switch (status) {
    case 401: return "sign_in_needed";
    case 403: return "forbidden";
    case 404: return "not_found";
    case 409: case 422: return "refused";
    case 408: case 425: return "unreachable";
    case 429: case 503: return "busy";
    // The service says "unclear" in one case only; any other 502 and 504 is a proxy's, and of a send it is unclear as well.
    case 502: return code === undefined || code === "accepted_not_shown" ? "unclear" : "server";
    case 504: return "unclear";
  }
  return status >= 400 && status < 500 ? "invalid" : "server";
}

/** Undefined for what is no problem+json of ours: nothing of an answer is shown unless it has the agreed form. */
export function parseProblem(body: string): Problem | undefined {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    return undefined;
  }
  if (!isRecord(value) || typeof value["code"] !== "string" || typeof value["status"] !== "number" || !isSentence(value["say"])) return undefined;
  const recipients = list(value["recipients"], (r) => typeof r["address"] === "string" && typeof r["code"] === "string" && isSentence(r["say"]));
  const fields = list(value["fields"], (f) => typeof f["name"] === "string" && isSentence(f["say"]));
  return {
    type: "about:blank", title: "", detail: "", status: value["status"], code: value["code"], say: value["say"],
    ...(recipients === undefined ? {} : { recipients: recipients as unknown as NonNullable<Problem["recipients"]> }),
    ...(fields === undefined ? {} : { fields: fields as unknown as NonNullable<Problem["fields"]> }),
  };
}

function list(value: unknown, fits: (one: Record<string, unknown>) => boolean): Record<string, unknown>[] | undefined {
  return Array.isArray(value) ? value.filter((one): one is Record<string, unknown> => isRecord(one) && fits(one)) : undefined;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isSentence(value: unknown): value is Sentence {
  return isRecord(value) && typeof value["da"] === "string" && typeof value["en"] === "string";
}

/** RFC 9110 §10.2.3: seconds or a date. */
export function retryAfterMs(header: string | null, now: number): number | undefined {
  if (header === null || header.trim() === "") return undefined;
  const seconds = Number(header);
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(header) - now;
  return Number.isFinite(ms) && ms >= 0 ? Math.min(ms, 10 * 60_000) : undefined;
}

export function networkFailed(online: boolean): Failed {
  return new Failed({ kind: online ? "unreachable" : "offline" });
}
