// Counts what a bill would count. Everybody adds to it; nobody here decides anything by it.

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
  /** Messages Supabase would bill: one a broadcast or track, and one a delivery. */
  billedMessages = 0;
}
