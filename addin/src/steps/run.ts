// Does what the steps ask for, and tells them what came of it. The only part of the way that waits.
import { collect, type Whole } from "./collect.js";
import { Failed, failureOf, maybeAccepted } from "./failure.js";
import { same, type Answer, type Glance, type Language, type Mark, type Pending, type Ports } from "./ports.js";
import { scan } from "./scan.js";
import { initial, type Effect, type Event, type State } from "./state.js";
import { step } from "./step.js";

export interface Run {
  readonly state: () => State;
  readonly tell: (event: Event) => void;
}

export interface RunOptions {
  readonly ports: Ports;
  readonly language: Language;
  readonly hasCPR: (text: string) => boolean;
  readonly shown: (state: State) => void;
}

/** A press that no answer is known of may still be accepted so long after it, and its answer be looked for. */
const pendingTime = 24 * 60 * 60_000;
/** Clocks differ: how much before the press an acceptance is looked for. */
const clockSlack = 2 * 60_000;

export function run({ ports, language, hasCPR, shown }: RunOptions): Run {
  const { office, service, signIn, clock, memory } = ports;
  let state = initial;
  const timers = new Map<string, () => void>();
  let upload: AbortController | undefined, watcher: AbortController | undefined, collector: AbortController | undefined;
  let whole: Whole | undefined;
  let current: Pending | undefined;
  let marking: Promise<void> = Promise.resolve();

  function tell(event: Event): void {
    const next = step(state, event);
    const changed = next.state !== state;
    state = next.state;
    if (changed) shown(state);
    for (const effect of next.effects) void perform(effect);
  }

  async function perform(effect: Effect): Promise<void> {
    try {
      await act(effect);
    } catch (cause) {
      const which = effect.do === "preflight" ? { number: effect.number } : effect.do === "send" || effect.do === "collect" ? { key: effect.key } : {};
      tell({ on: "failed", doing: effect.do, failure: failureOf(cause), now: clock.now(), ...which });
    }
  }

  async function act(effect: Effect): Promise<void> {
    switch (effect.do) {
      case "open":
        tell({ on: "opened", opened: await office.open() });
        return;
      case "sign-in":
        await signIn.signIn(effect.ask);
        tell({ on: "signed-in" });
        return;
      case "me":
        tell({ on: "me", me: await service.me() });
        return;
      case "glance":
        return glance(effect.text);
      case "preflight":
        tell({ on: "checked", number: effect.number, preflight: await service.preflight(effect.request) });
        return;
      case "collect":
        return gather(effect);
      case "send":
        return send(effect.key);
      case "stop":
        upload?.abort();
        collector?.abort();
        return;
      case "drop":
        whole = undefined;
        return;
      case "forget":
        if (current !== undefined) memory.forget(current.about);
        return;
      case "search":
        return search(effect);
      case "take-back":
        await service.takeBack(effect.id);
        tell({ on: "taken-back" });
        return;
      case "message":
        tell({ on: "message", answer: await service.message(effect.id), now: clock.now() });
        return;
      case "watch":
        return watch(effect.id);
      case "unwatch":
        watcher?.abort();
        return;
      case "mark":
        return mark(effect.mark);
      case "recipients":
        await office.setRecipients(effect.recipients);
        tell({ on: "written" });
        return;
      case "letter":
        return office.newMessage(effect.letter);
      case "remember":
        return office.rememberSealed(effect.addresses);
      case "seen":
        return office.rememberSeen();
      case "close":
        await office.close();
        tell({ on: "closed" });
        return;
      case "timer":
        timers.get(effect.timer)?.();
        timers.set(effect.timer, clock.after(effect.ms, () => tell({ on: "timer", timer: effect.timer, now: clock.now() })));
        return;
      case "no-timer":
        timers.get(effect.timer)?.();
        timers.delete(effect.timer);
        return;
    }
  }

  async function glance(text: boolean): Promise<void> {
    const seen: Glance = await office.glance();
    tell({ on: "glanced", glance: seen, scan: text ? scan(await office.text()) : undefined, cprInSubject: hasCPR(seen.subject) });
  }

  /** One after another: the mark of an undo must not be overtaken by the mark of the send before it. */
  function mark(value: Mark): Promise<void> {
    const mine = marking.catch(() => undefined).then(() => office.mark(value)).then(() => tell({ on: "marked", mark: value }));
    marking = mine;
    return mine;
  }

  async function gather(effect: Effect & { do: "collect" }): Promise<void> {
    const mine = new AbortController();
    collector = mine;
    try {
      const opened = await office.open();
      if (opened.mark.kind === "sent") {
        tell({ on: "already-sent", id: opened.mark.id });
        return;
      }
      // Before anything leaves: from now on ordinary Send is held back, whatever becomes of this press.
      await mark({ kind: "secure" });
      const found = await collect({ office, client: state.client, mailbox: effect.mailbox, language, wait, stop: mine.signal,
        reading: (place, of, name) => tell({ on: "collecting", place, of, name }) });
      if (mine.signal.aborted) return;
      whole = found;
      const pending = memory.pending().filter((p) => p.about === found.about && clock.now() - p.at < pendingTime);
      current = { key: effect.key, digest: found.digest, about: found.about, at: clock.now() };
      tell({ on: "collected", key: effect.key, collected: { glance: found.glance, scan: found.scan, cprInSubject: hasCPR(found.glance.subject),
        missingPictures: found.missingPictures, digest: found.digest, pending } });
    } catch (cause) {
      if (!mine.signal.aborted) throw cause;
    }
  }

  async function send(key: string): Promise<void> {
    if (whole === undefined || current === undefined) throw new Failed({ kind: "office", code: "nothing_collected" });
    const { draft, parts } = whole;
    const mine = new AbortController();
    upload = mine;
    current = { ...current, key };
    if (!memory.pending().some((p) => p.key === key)) memory.note(current);
    try {
      const answer = await service.send(draft, parts, key, (sent, total) => tell({ on: "progress", key, sent, total }), mine.signal);
      // Remembered until the draft itself bears the mark: see the effect "forget".
      if (answer.message.state !== "cancelled") whole = undefined; // else it goes out once more, under its own key
      tell({ on: "accepted", answer, now: clock.now(), key });
    } catch (cause) {
      if (mine.signal.aborted) {
        memory.forget(current.about);
        tell({ on: "stopped", key }); return;
      }
      if (!maybeAccepted(failureOf(cause).kind)) memory.forget(current.about);
      throw cause;
    }
  }

  /** Looks among the messages accepted since the first press for the one that this draft became. */
  async function search(effect: Effect & { do: "search" }): Promise<void> {
    const wanted = whole, press = current;
    if (wanted === undefined || press === undefined) throw new Failed({ kind: "office", code: "nothing_collected" });
    const presses = memory.pending().filter((p) => p.about === press.about);
    const since = Math.min(press.at, ...presses.map((p) => p.at)) - clockSlack;
    const to = addresses(wanted.glance.recipients.to, wanted.glance.recipients.cc, wanted.glance.recipients.bcc);
    const found = (await service.messages(effect.mailbox, new Date(since))).find((m) =>
      m.state !== "cancelled" && m.subject.trim() === wanted.glance.subject.trim() && same(m.mailbox, effect.mailbox) && addresses(m.recipients) === to);
    let answer: Answer | undefined;
    if (found !== undefined) answer = await service.message(found.id);
    tell({ on: "searched", answer, now: clock.now(), then: effect.then });
  }

  async function watch(id: string): Promise<void> {
    watcher?.abort();
    const mine = new AbortController();
    watcher = mine;
    const look = () => {
      service.message(id).then((answer) => mine.signal.aborted || tell({ on: "message", answer, now: clock.now() }), () => undefined); // the end of the stream asks again
    };
    try {
      await service.watch(id, look, mine.signal);
    } catch {
      // The state itself is asked for instead, as after every end of the stream.
    }
    if (!mine.signal.aborted) tell({ on: "watch-ended" });
  }

  function wait(ms: number): Promise<void> {
    return new Promise((resolve) => clock.after(ms, resolve));
  }

  return { state: () => state, tell };
}

function addresses(...lists: readonly (readonly { readonly address: string }[])[]): string {
  return lists.flat().map((p) => p.address.toLowerCase()).sort().join(" ");
}
