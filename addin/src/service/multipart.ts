import type { Part } from "../steps/ports.js";
import type { Draft } from "./types.js";

/**
 * The body of POST /v1/messages: the draft, then pictures, then files, as bytes (RFC 7578). Not FormData: browsers write a quotation mark
 * in a file's name as %22, and a forwarded mail named after its subject would arrive under another name.
 */
export function multipart(draft: Draft, parts: readonly Part[], boundary: string): Blob {
  const pieces: BlobPart[] = [`--${boundary}\r\nContent-Disposition: form-data; name="draft"\r\nContent-Type: application/json\r\n\r\n`, JSON.stringify(draft), "\r\n"];
  for (const p of parts) {
    pieces.push(`--${boundary}\r\nContent-Disposition: form-data; name=${quoted(p.field)}; filename=${quoted(p.name)}\r\nContent-Type: ${p.type}\r\n\r\n`, p.content, "\r\n");
  }
  pieces.push(`--${boundary}--\r\n`);
  return new Blob(pieces);
}

/** RFC 2045 quoted-string, as Go's mime.ParseMediaType reads it; UTF-8 as it is (RFC 7578 §5.1). */
function quoted(s: string): string {
  return `"${s.replace(/\p{Cc}/gu, "_").replace(/["\\]/g, "\\$&")}"`;
}
