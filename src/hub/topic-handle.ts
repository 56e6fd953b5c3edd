// One handle of one tab on an application's own topic: what it is told of its state, put together from the topic's and from those of
// the changes it asked for.
import type {TrunkError} from '../wire/error.js';
import type {Attention, ChannelEvent} from '../wire/protocol.js';
import type {ChannelWish, PresenceEntry} from '../wire/topic.js';
import type {Changes} from './changes.js';
import {whyNoChanges} from './why-lost.js';

/** A map, because a client chooses its key: `constructor` is one. */
type ByKey = ReadonlyMap<string, PresenceEntry[]>;
const NOBODY: ByKey = new Map();

export class TopicHandle {
  readonly wish: ChannelWish;
  /** The key of this browser's presence; null: none of its business. */
  readonly presenceKey: string | null;
  readonly tell: (event: ChannelEvent) => void;
  /** What its tab knows of the person. */
  readonly look: () => Attention;
  tracked: Record<string, unknown> | null;
  readonly #undo: (() => void)[];
  readonly #live = new Set<number>();
  #joined = false;
  #error: TrunkError | null = null;
  #changesError: TrunkError | null = null;
  #final = false;
  #knowsPresence = false;
  #told = '';

  constructor(
    wish: ChannelWish,
    userId: string,
    tell: (event: ChannelEvent) => void,
    look: () => Attention,
    changes: Changes,
  ) {
    this.wish = wish;
    this.presenceKey = wish.presenceKey === '' ? userId : wish.presenceKey;
    this.tell = tell;
    this.look = look;
    this.tracked = wish.tracked;
    this.#undo = wish.changes.map((filter, at) =>
      changes.ask(filter, {
        live: () => {
          this.#live.add(at);
          if (!this.#final) this.#changesError = null;
          this.#say();
        },
        lost: reason => {
          this.#live.delete(at);
          if (!this.#final) this.#changesError = whyNoChanges(wish.topic, reason);
          this.#say();
        },
        refused: error => {
          this.#changesError = error;
          this.#final = true;
          this.#live.delete(at);
          this.#say();
        },
        change: change => tell({kind: 'change', filter: at, change}),
      }),
    );
  }

  setJoined(joined: boolean, error: TrunkError | null = null): void {
    this.#joined = joined;
    this.#error = error;
    this.#say();
  }

  /** Who is present: all of them the first time, then what changed. */
  tellPresence(all: ByKey, joins: ByKey = NOBODY, leaves: ByKey = NOBODY): void {
    if (this.presenceKey === null) return;
    const reset = !this.#knowsPresence;
    if (!reset && joins.size + leaves.size === 0) return;
    this.#knowsPresence = true;
    const [come, gone] = reset ? [all, NOBODY] : [joins, leaves];
    this.tell({kind: 'presence', joins: Object.fromEntries(come), leaves: Object.fromEntries(gone), reset});
  }

  /** It can't be opened: nothing changes until somebody acts. */
  fail(error: TrunkError): void {
    this.close();
    this.#final = true;
    this.setJoined(false, error);
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Tells how it stands, if that is news. */
  #say(): void {
    const live = this.#live.size === this.wish.changes.length;
    const error = (this.#error ?? this.#changesError)?.toWire() ?? null;
    const joined = this.wish.joins ? this.#joined : live;
    const status = {kind: 'status', joined, live, error, final: this.#final} as const;
    const text = JSON.stringify(status);
    if (text === this.#told) return;
    this.#told = text;
    this.tell(status);
  }
}
