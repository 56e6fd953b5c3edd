// What a run did and saw, as plain data: the run and its pages write it, the checker reads it. A *life* is one document in one
// tab, from its load to its end; times are ms since 1970, all from one machine's clock.

/** `amend` is an edit of a message that still waits; the others are named after what a handle does. */
export type OpKind = 'send' | 'edit' | 'amend' | 'remove' | 'discard' | 'retry';

/** Something a person did in a tab. */
export interface Op {
  n: number;
  kind: OpKind;
  person: string;
  /** Index of the chat. */
  chat: number;
  /** The text given; empty where there is none. */
  body: string;
  /** Null until a tab got the order. */
  life: string | null;
  /** When a tab got it, together with the others of its burst. */
  given: number;
  /** The message; null while no tab has told. */
  id: string | null;
  begun: number | null;
  /** Null as long as its promise has not settled. */
  settled: number | null;
  /** Why it was refused; null when it was done. */
  code: string | null;
  reason: string;
}

/** Something a tab showed that needs a judgement, at the moment it was shown. */
export interface Sighting {
  at: number;
  life: string;
  chat: number;
  /** The published list, or the element on the screen. */
  where: 'list' | 'thread';
  /**
   * `twice`: two rows of one message. `moved`: a confirmed message changed its place among the confirmed ones. `unconfirmed`: one
   * that was shown as stored was shown as waiting again. `returned`: shown again after this tab discarded it. `vanished`: one that
   * was shown as stored is gone from among those that are. `failed`: shown as failed, with a code.
   */
  kind: 'twice' | 'moved' | 'unconfirmed' | 'returned' | 'vanished' | 'failed';
  id: string;
  detail: string;
}

/** A message was shown as stored, at this place. */
export interface Confirmed {
  id: string;
  seq: number;
  chat: number;
  life: string;
  at: number;
}

/** A message in the table. */
export interface Row {
  id: string;
  chat: number;
  /** Name of the person, or null when it is nobody's of the run. */
  sender: string | null;
  seq: number;
  body: string;
  deleted: boolean;
}

/** A message in a tab's list. */
export interface Shown {
  id: string;
  /** Null while it waits. */
  seq: number | null;
  body: string;
  deleted: boolean;
  status: string;
}

/** One chat as an open tab shows it at the end of a round. */
export interface TabView {
  life: string;
  chat: number;
  /** False: the oldest messages are not loaded. */
  complete: boolean;
  rows: Shown[];
}

/** A fault, and whether it did any harm. */
export interface FaultRecord {
  kind: string;
  /** Null when it hit everybody. */
  person: string | null;
  from: number;
  to: number;
  happened: boolean;
  detail: string;
}

export interface Evidence {
  ops: readonly Op[];
  rows: readonly Row[];
  tabs: readonly TabView[];
  confirmed: readonly Confirmed[];
  sightings: readonly Sighting[];
  faults: readonly FaultRecord[];
}

/** Every text begins with the number of the send it belongs to, so that a copy under another id is known for one. */
export function tokenOf(body: string): number | null {
  const found = /^#(\d+)(?= )/.exec(body);
  return found ? Number(found[1]) : null;
}

export function groupBy<T, K>(items: Iterable<T>, keyOf: (item: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group) group.push(item);
    else groups.set(key, [item]);
  }
  return groups;
}

/** The presence scope that one document alone is in. */
export function scopeOf(life: string): string {
  return life.replace(/\W/g, '-');
}
