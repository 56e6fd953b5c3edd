// Counts what happens, for tests and the curious. Everybody adds to it; nobody here decides anything by it.

export class Stats {
  /** Open sockets. */
  sockets = 0;
  /** Sockets ever opened. */
  socketsOpened = 0;
  /** Channels joined now, over all sockets. */
  channels = 0;
  /** Joins asked for. */
  joins = 0;
  heartbeats = 0;
  framesIn = 0;
  framesOut = 0;
  bytesIn = 0;
  bytesOut = 0;
  /** Broadcasts accepted: from sockets, over HTTP and from the database. */
  broadcasts = 0;
  /** `track` and `untrack` calls. */
  presenceCalls = 0;
}

/** What a bill would count, and what the limits count by the second. */
export interface Billed {
  /** Broadcasts: one for each that is sent, and one for each receiver. */
  events: number;
  /** One for each track, for each diff at each receiver, and for each state. */
  presenceEvents: number;
  /** Row changes: one for each subscription that is told. */
  dbEvents: number;
  /** All three. */
  billedMessages: number;
}
