import { act } from "./call.js";
import { supports } from "./client.js";

export type Theme = "light" | "dark";

/** Tells the theme now and whenever it changes. Nothing is told where Outlook does not know: then the browser's wish holds. */
export async function watchTheme(changed: (theme: Theme) => void): Promise<void> {
  const tell = (theme: Office.OfficeTheme | undefined) => {
    const found = themeOf((theme as Partial<Office.OfficeTheme> | undefined)?.bodyBackgroundColor);
    if (found !== undefined) changed(found);
  };
  tell((Office.context as { officeTheme?: Office.OfficeTheme }).officeTheme);
  if (!supports("Mailbox", "1.14")) return;
  await act((done) => Office.context.mailbox.addHandlerAsync(Office.EventType.OfficeThemeChanged, (e: Office.OfficeThemeChangedEventArgs) => tell(e.officeTheme), done));
}

/** QUIRK: Outlook supports neither isDarkTheme nor themeId, so it is told by how light the background is (WCAG's relative luminance). */
export function themeOf(color: string | undefined): Theme | undefined {
  const hex = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(color ?? "");
  if (hex === null) return undefined;
  const [r, g, b] = hex.slice(1).map((part) => {
    const c = parseInt(part, 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b < 0.18 ? "dark" : "light";
}
