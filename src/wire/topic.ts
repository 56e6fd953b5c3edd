// What an application's own channel is asked for and carries, in the meaning that supabase-js gives the words. Plain data.

/** Topics that belong to Trunkline: what comes over them has an interface of its own. */
const RESERVED = /^(chat|inbox|presence|changes):/;

/** True when an application can't open this topic by itself. */
export function isReserved(topic: string): boolean {
  return RESERVED.test(topic);
}

export type ChangeKind = 'INSERT' | 'UPDATE' | 'DELETE';

/** Which changes of the database are wanted. */
export interface ChangeFilter {
  event: ChangeKind | '*';
  schema: string;
  /** Default: every table of the schema. */
  table?: string;
  /** `column=operator.value`, several joined by commas (all must hold), as supabase-js takes it. Default: every row. */
  filter?: string;
  /** Columns to be told; the primary key comes along. Default: all that the person may read. */
  select?: string[];
}

/** One change of a row, as supabase-js tells it. */
export interface DatabaseChange {
  eventType: ChangeKind;
  schema: string;
  table: string;
  /** ISO time of the commit. */
  commit_timestamp: string;
  /** The row as it is now; empty for a DELETE. */
  new: Record<string, unknown>;
  /** What the replica identity tells of the row before; empty for an INSERT. */
  old: Record<string, unknown>;
  /** Why the row is missing or cut short; null when it isn't. */
  errors: string[] | null;
}

/** What one connection says of itself; `presence_ref` is the server's, new with every `track`. */
export type PresenceEntry = Record<string, unknown> & {presence_ref: string};

/** Everybody present by key, each with the entries of their connections. */
export type PresenceEntries = Record<string, PresenceEntry[]>;

/** Replays what the database sent on a private topic since then, in ms since 1970; at most 25 messages. */
export interface Replay {
  since: number;
  limit?: number;
}

/** What the tabs of one browser want of a topic. */
export interface ChannelWish {
  topic: string;
  private: boolean;
  /** Whether the topic itself is joined; changes of the database alone need no topic. */
  joins: boolean;
  /** The key of this browser's presence; empty: the user's id; null: presence is none of its business. */
  presenceKey: string | null;
  replay: Replay | null;
  /** Whether the tab hears what it says itself. */
  self: boolean;
  changes: ChangeFilter[];
  /** What the tab says of itself in presence; null: nothing. */
  tracked: Record<string, unknown> | null;
}
