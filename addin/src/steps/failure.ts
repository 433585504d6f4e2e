import type { Problem, Sentence } from "../service/types.js";

/**
 * Everything that can go wrong on the way, by what the person can do about it.
 *
 * Of the draft: `no_item`, `recipients_cut` (Outlook gave exactly as many as it gives at most), `attachment_unreadable`,
 * `attachment_cloud`, `body_unsteady` (two readings differed for too long), `office` (Outlook answered with an error or not at all).
 * Of the service: `offline`, `unreachable`, `server`, `busy` (429, 503: come again), `refused` (422, 409), `invalid` (400, 413, 415),
 * `forbidden`, `unclear` (it may have been accepted), `not_found`.
 * Of signing in: `sign_in_needed` (a press is needed), `sign_in_cancelled`, `sign_in_refused`, `sign_in_unavailable`.
 */
export type FailureKind =
  | "no_item" | "recipients_cut" | "attachment_unreadable" | "attachment_cloud" | "body_unsteady" | "office"
  | "offline" | "unreachable" | "server" | "busy" | "refused" | "invalid" | "forbidden" | "unclear" | "not_found"
  | "sign_in_needed" | "sign_in_cancelled" | "sign_in_refused" | "sign_in_unavailable";

export interface Failure {
  readonly kind: FailureKind;
  /** The service's own word for it, or Outlook's number. */
  readonly code?: string;
  readonly status?: number;
  /** The service's sentence, which says more than ours about its kind. */
  readonly say?: Sentence;
  /** The name of the file that it is about. */
  readonly name?: string;
  readonly recipients?: NonNullable<Problem["recipients"]>;
  readonly fields?: NonNullable<Problem["fields"]>;
  readonly retryAfterMs?: number;
}

/** A Failure on its way through promises. */
export class Failed extends Error {
  constructor(readonly failure: Failure) {
    super(failure.kind);
    this.name = "Failed";
  }
}

export function failureOf(cause: unknown): Failure {
  return cause instanceof Failed ? cause.failure : { kind: "office", code: cause instanceof Error ? cause.name : "unknown" };
}

/** Whether trying the same again can help, without anything being changed in the draft. */
export function retryable(kind: FailureKind): boolean {
  switch (kind) {
    case "offline": case "unreachable": case "server": case "busy": case "unclear": case "office": case "body_unsteady":
    case "attachment_unreadable": case "not_found":
    case "sign_in_needed": case "sign_in_cancelled": case "sign_in_refused":
      return true;
    case "no_item": case "recipients_cut": case "attachment_cloud": case "refused": case "invalid": case "forbidden": case "sign_in_unavailable":
      return false;
  }
}

/** Whether the service may have accepted the mail, though no answer told so. */
export function maybeAccepted(kind: FailureKind): boolean {
  return kind === "offline" || kind === "unreachable" || kind === "server" || kind === "unclear";
}
