// What the compose window offers to the frames in it. Both are of one origin; the frame still takes nothing but copies.
import type { Answer, Runtime } from "./host";
import type { Profile } from "./profile";
import type { Person, Signed } from "./service";

// Form is what a new mail begins with.
export interface Form { readonly toRecipients?: readonly string[]; readonly subject?: string; readonly htmlBody?: string }

export interface Window {
  readonly profile: Profile;
  readonly language: string;
  readonly persona: Person;
  readonly roaming: Readonly<Record<string, unknown>>;
  call(runtime: Runtime, method: string, args: readonly unknown[]): Promise<Answer>;
  theme(): Office.OfficeTheme;
  reply(): string;
  listen(listener: (event: string, args: unknown) => void): void;
  signIn(client: string, scope: string, silent: boolean): Promise<Signed | { readonly refused: string; readonly code: string }>;
  dialog(address: string): Answer;
  messageParent(message: string): void;
  closePane(): void;
  newMessage(form: Form): void;
}
