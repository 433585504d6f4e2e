// The values behind Office's names. The keys are held to @types/office-js: a name more or less does not compile.
type Names<E> = Record<keyof E, string>;

export const AsyncResultStatus: Names<typeof Office.AsyncResultStatus> = { Succeeded: "succeeded", Failed: "failed" };
export const CoercionType = { Text: "text", Html: "html" } satisfies Partial<Names<typeof Office.CoercionType>>;
export const PlatformType: Names<typeof Office.PlatformType> = { PC: "PC", OfficeOnline: "OfficeOnline", Mac: "Mac", iOS: "iOS", Android: "Android", Universal: "Universal" };
export const HostType = { Outlook: "Outlook" } satisfies Partial<Names<typeof Office.HostType>>;
export const EventType = {
  RecipientsChanged: "olkRecipientsChanged", AttachmentsChanged: "olkAttachmentsChanged", OfficeThemeChanged: "officeThemeChanged", ItemChanged: "olkItemSelectedChanged",
  DialogMessageReceived: "dialogMessageReceived", DialogEventReceived: "dialogEventReceived", InitializationContextChanged: "initializationContextChanged",
} satisfies Partial<Names<typeof Office.EventType>>;
export const MailboxEnums = {
  ActionType: { ShowTaskPane: "showTaskPane" } satisfies Names<typeof Office.MailboxEnums.ActionType>,
  AttachmentContentFormat: { Base64: "base64", Url: "url", Eml: "eml", ICalendar: "iCalendar" } satisfies Names<typeof Office.MailboxEnums.AttachmentContentFormat>,
  AttachmentStatus: { Added: "added", Removed: "removed" } satisfies Names<typeof Office.MailboxEnums.AttachmentStatus>,
  AttachmentType: { File: "file", Item: "item", Cloud: "cloud" } satisfies Partial<Names<typeof Office.MailboxEnums.AttachmentType>>,
  ComposeType: { Forward: "forward", NewMail: "newMail", Reply: "reply" } satisfies Names<typeof Office.MailboxEnums.ComposeType>,
  ItemNotificationMessageType: { ProgressIndicator: "progressIndicator", InformationalMessage: "informationalMessage", ErrorMessage: "errorMessage", InsightMessage: "insightMessage" } satisfies
    Names<typeof Office.MailboxEnums.ItemNotificationMessageType>,
  ItemType: { Message: "message", Appointment: "appointment" } satisfies Names<typeof Office.MailboxEnums.ItemType>,
  SendModeOverride: { PromptUser: "promptUser" } satisfies Names<typeof Office.MailboxEnums.SendModeOverride>,
};
