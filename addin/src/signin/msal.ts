// Everything of MSAL, in one chunk of its own that is loaded when somebody must be signed in: it is twice as large as the pane.
// Version 4: with version 5 the window for signing in never answers (office-js 6707).
import {
  AuthError, BrowserAuthError, createNestablePublicClientApplication, createStandardPublicClientApplication, InteractionRequiredAuthError,
  type AuthenticationResult,
} from "@azure/msal-browser";
import type { Failure, FailureKind } from "../steps/failure.js";
import type { Settings } from "../settings.js";
import type { Granted } from "./signin.js";

/** Values and no exceptions: a class of the pane's would be a file of its own, to be fetched before either. */
export type Outcome = Granted | { readonly failure: Failure };

export interface Nested {
  silent(fresh: boolean): Promise<Outcome>;
  popup(): Promise<Outcome>;
}

/** Nested app authentication: Outlook signs in for us. */
export async function nested(settings: Settings): Promise<Nested | { readonly failure: Failure }> {
  try {
    const application = await createNestablePublicClientApplication({
      auth: { clientId: settings.clientId, authority: settings.authority, clientCapabilities: ["CP1"] }, cache: { cacheLocation: "localStorage" },
    });
    const request = { scopes: [settings.scope] };
    return {
      silent: (fresh) => application.acquireTokenSilent({ ...request, forceRefresh: fresh }).then(granted, failed),
      popup: () => application.acquireTokenPopup(request).then(granted, failed),
    };
  } catch (cause) {
    return failed(cause);
  }
}

function granted(result: AuthenticationResult): Granted {
  return { token: result.accessToken, until: result.expiresOn?.getTime() ?? 0 };
}

/** By MSAL's word for it, and never with MSAL's text: that may hold parts of an answer. */
export function failed(cause: unknown): { readonly failure: Failure } {
  const code = cause instanceof AuthError ? cause.errorCode : "unknown";
  return { failure: { kind: kindOf(cause, code), code } };
}

function kindOf(cause: unknown, code: string): FailureKind {
  if (cause instanceof InteractionRequiredAuthError) return "sign_in_needed";
  switch (code) {
    case "user_canceled": case "user_cancelled": case "access_denied": case "consent_declined": return "sign_in_cancelled";
    case "no_network_connectivity": return "offline";
    case "post_request_failed": case "get_request_failed": case "monitor_window_timeout": case "timed_out": return "unreachable";
    case "no_account_error": case "no_tokens_found": case "native_account_unavailable": return "sign_in_needed";
    case "popup_window_error": case "empty_window_error": case "interaction_in_progress": return "sign_in_needed";
    case "crypto_nonexistent": case "unsupported_method": case "method_not_implemented": return "sign_in_unavailable";
  }
  return cause instanceof BrowserAuthError && /nested_app_auth/i.test(code) ? "sign_in_unavailable" : "sign_in_refused";
}

/** The page in the window: goes to Entra, comes back, and tells the pane. */
export async function page(settings: Settings, tellPane: (message: string) => void): Promise<void> {
  try {
    const application = await createStandardPublicClientApplication({
      // The authority is the organisation's own choice: MSAL need not ask Microsoft about it first.
      auth: { clientId: settings.clientId, authority: settings.authority, knownAuthorities: [new URL(settings.authority).host], redirectUri: window.location.origin + window.location.pathname },
      cache: { cacheLocation: "sessionStorage" },
    });
    const result = await application.handleRedirectPromise();
    if (result === null) await application.acquireTokenRedirect({ scopes: [settings.scope] });
    else tellPane(JSON.stringify({ sendsikker: 1, ...granted(result) }));
  } catch (cause) {
    tellPane(JSON.stringify({ sendsikker: 1, ...failed(cause) }));
  }
}
