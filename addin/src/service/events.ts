/** One server-sent event. */
export interface ServerEvent {
  readonly id: string;
  readonly event: string;
  readonly data: string;
}

/** Takes a stream of server-sent events in pieces, cut anywhere, and gives the events that have become whole. */
export class EventParser {
  private rest = "";
  private id = "";
  private event = "";
  private data: string[] = [];

  push(piece: string): readonly ServerEvent[] {
    this.rest += piece;
    const events: ServerEvent[] = [];
    for (;;) {
      const end = /\r\n|\n|\r(?!$)/.exec(this.rest); // a CR at the very end may be half of a CRLF
      if (end === null) return events;
      const line = this.rest.slice(0, end.index);
      this.rest = this.rest.slice(end.index + end[0].length);
      const event = this.line(line);
      if (event !== undefined) events.push(event);
    }
  }

  private line(line: string): ServerEvent | undefined {
    if (line === "") {
      const event = { id: this.id, event: this.event === "" ? "message" : this.event, data: this.data.join("\n") };
      const empty = this.data.length === 0;
      this.event = "";
      this.data = [];
      return empty ? undefined : event;
    }
    const colon = line.indexOf(":");
    if (colon === 0) return undefined; // a comment keeps the connection alive
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "id" && !value.includes("\0")) this.id = value;
    if (field === "event") this.event = value;
    if (field === "data") this.data.push(value);
    return undefined;
  }
}
