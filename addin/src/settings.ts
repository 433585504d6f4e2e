// What the service wrote into the page for the pane.
export interface Settings {
  readonly clientId: string;
  readonly authority: string;
  readonly scope: string;
  readonly organisation: string;
  readonly domains: readonly string[];
  readonly certificatesPage: string;
  readonly supportURL: string;
}

/** Throws where the page was not filled in: nothing works without. */
export function parseSettings(json: string | null | undefined): Settings {
  const value = JSON.parse(json ?? "") as Partial<Record<keyof Settings, unknown>>;
  const text = (name: keyof Settings) => {
    const found = value[name];
    if (typeof found !== "string") throw new Error(`the setting ${name} is missing`);
    return found;
  };
  const web = (name: keyof Settings) => (/^https?:\/\//.test(text(name)) ? text(name) : ""); // a link is never a script
  return {
    clientId: text("clientId"), authority: text("authority"), scope: text("scope"), organisation: text("organisation"),
    domains: Array.isArray(value.domains) ? value.domains.filter((d): d is string => typeof d === "string") : [],
    certificatesPage: web("certificatesPage"), supportURL: web("supportURL"),
  };
}
