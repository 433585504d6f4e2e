// The bridge of nested app authentication, as MSAL speaks with it (msal-browser, src/naa/BridgeProxy): JSON texts both ways.
// The compose window signs in as whoever the page has chosen; the token is a real one, of the sandbox's Entra ID.
import type { Window as Around } from "./window";

interface Request { method: string; requestId: string; tokenParams?: { clientId: string; scope: string; claims?: string } }

// By whom the account is known, wherever the sandbox is: as in the real Outlook.
const environment = "login.microsoftonline.com";

export function bridge(host: Around): unknown {
  const listeners: ((message: string) => void)[] = [];
  const reply = (request: Request, body: object) => setTimeout(() => {
    const text = JSON.stringify({ messageType: "NestedAppAuthResponse", requestId: request.requestId, ...body });
    for (const listener of listeners) listener(text);
  }, 1);
  return {
    addEventListener: (_type: string, listener: (message: string) => void) => void listeners.push(listener),
    removeEventListener: () => undefined,
    postMessage: (text: string) => {
      const request = JSON.parse(text) as Request;
      switch (request.method) {
        case "GetInitContext":
          reply(request, { success: true, initContext: { sdkName: "sandbox", sdkVersion: "1.0", capabilities: { queryAccount: false },
            accountContext: { homeAccountId: `${host.persona.object}.${host.persona.tenant}`, environment, tenantId: host.persona.tenant } } });
          return;
        case "GetToken":
        case "GetTokenPopup": {
          const { clientId = "", scope = "" } = request.tokenParams ?? {};
          void host.signIn(clientId, scope, request.method === "GetToken").then((signed) => {
            if ("refused" in signed) {
              reply(request, { success: false, error: { status: signed.refused, code: signed.code, description: signed.refused } });
              return;
            }
            const account = { homeAccountId: `${signed.object}.${signed.tenant}`, environment, tenantId: signed.tenant, username: signed.username,
              localAccountId: signed.object, name: signed.name };
            reply(request, { success: true, account,
              token: { access_token: signed.accessToken, id_token: signed.idToken, expires_in: signed.expiresIn, scope: signed.scope, properties: null } });
          });
          return;
        }
        default:
          reply(request, { success: false, error: { status: "PERSISTENT_ERROR", code: "unsupported_method", description: request.method } });
      }
    },
  };
}
