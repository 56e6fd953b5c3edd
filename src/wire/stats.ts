// What a hub tells of itself to whoever looks: ids, counts, times, codes, and topics as the application wrote them; never a message, nor
// what a server said of one. Plain data; times in ms since 1970 unless they are lengths (`…Ms`), sizes in bytes.

/** What is counted from the hub's start. */
export interface Counters {
  /** Times a chat was read up to its newest change, for a gap, a tip or a join. */
  catchUps: number;
  /** Changes that such a reading found. */
  caughtUp: number;
  /** Events that came a second time. The one of a change that an answer or a reading brought first is none. */
  duplicates: number;
  /** Times that an event came before one it follows, and the chat was read for it. */
  gaps: number;
}

/** A chat was read up to its newest change. */
export interface CatchUp {
  chatId: string;
  /** When it began. */
  at: number;
  tookMs: number;
  /** Changes that were found. */
  found: number;
}

/** What went over the socket. */
export interface Traffic {
  framesIn: number;
  framesOut: number;
  bytesIn: number;
  bytesOut: number;
}

/** A change of the connection. */
export interface Transition {
  at: number;
  /** As in `ConnectionStatus`, but at once: a short loss is here too. */
  state: string;
  reason: string;
}

/** One own message's way; null where it has not come yet. */
export interface SendTiming {
  messageId: string;
  chatId: string;
  /** Accepted by the hub. */
  queuedAt: number;
  /** On its way to the database, for the last time. */
  sentAt: number | null;
  /** The database has answered that it is stored. */
  ackedAt: number | null;
  /** It came back over the channel. */
  echoedAt: number | null;
}

/** What one tab holds open. */
export interface TabStats {
  /** Of the tab's session; another one after a reload. */
  id: string;
  visible: boolean;
  lastActive: number;
  /** Handles by the topic that serves them; by what they want where that needs no topic, or it isn't known yet. */
  holds: Record<string, number>;
}

export interface ChannelStats {
  topic: string;
  /** `lingers`: nobody uses it any more. `waits`: refused or lost, and tried again. `parked`: no room. `offline`: no socket. */
  state: 'joined' | 'joining' | 'lingers' | 'waits' | 'parked' | 'offline';
  /** Uses of it inside the hub, a chat that several tabs hold being one; the tabs’ handles are in `tabs[].holds`. */
  users: number;
  /** Presence calls left in the current window of 30 s; null where the channel has made none. */
  presenceCallsLeft: number | null;
}

export interface HubStats {
  at: number;
  hub: string;
  startedAt: number;
  tabs: TabStats[];
  /** The last ones, oldest first. */
  transitions: Transition[];
  /**
   * Round trips of the last heartbeats, oldest first, and what half and 95 % of them stay below; null before the first. A socket's first
   * heartbeat waits for the joins it goes out with, and is left out.
   */
  latency: {samplesMs: number[]; p50Ms: number | null; p95Ms: number | null};
  /** How many channels the socket may hold, and all that are wanted. */
  budget: number;
  channels: ChannelStats[];
  traffic: Traffic;
  counters: Counters;
  /** The last catch-ups, oldest first. */
  catchUps: CatchUp[];
  /** Of messages that wait or failed: how many, and when the oldest and the newest were accepted. */
  outbox: {queued: number; failed: number; oldestAt: number | null; newestAt: number | null};
  /** The last own messages, oldest first. */
  sends: SendTiming[];
  /** The last problems by code, oldest first. */
  problems: {at: number; code: string}[];
}
