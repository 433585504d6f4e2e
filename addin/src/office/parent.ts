// The other side of dialog.ts: what the page in the window may say to the pane. No import, so that the window loads nothing of the pane's.

export async function inWindow(): Promise<void> {
  await Office.onReady();
}

export function tellPane(message: string): void {
  const { ui, requirements } = Office.context;
  // Only to our own origin; clients before DialogOrigin 1.1 know no other.
  if (requirements.isSetSupported("DialogOrigin", "1.1")) ui.messageParent(message, { targetOrigin: window.location.origin });
  else ui.messageParent(message);
}
