// Short names for what openapi.yaml says; contract.ts is made from it.
import type { components } from "./contract.js";

type Schemas = components["schemas"];

export type Sentence = Schemas["Sentence"];
export type Address = Schemas["Address"];
export type Draft = Schemas["Draft"];
export type Me = Schemas["Me"];
export type Message = Schemas["Message"];
export type MessageRecipient = Schemas["MessageRecipient"];
export type Preflight = Schemas["Preflight"];
export type PreflightRecipient = Schemas["PreflightRecipient"];
export type PreflightRequest = Schemas["PreflightRequest"];
export type Problem = Schemas["Problem"];
