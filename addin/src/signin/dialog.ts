// The entry of signin.html, which the pane opens in a window where Outlook cannot sign in for it. It has no words of its own: the page
// says what it does, and what goes wrong is told to the pane.
import { inWindow, tellPane } from "../office/parent.js";
import type { Settings } from "../settings.js";

const meta = document.querySelector<HTMLMetaElement>('meta[name="sendsikker"]');
void inWindow().then(async () => {
  const { page } = await import("./msal.js");
  await page(JSON.parse(meta?.content ?? "") as Settings, tellPane);
});
