// What the hub asks of a backend, in the hub's own words: one socket with channels, a few database calls, and a way to sign in.
// `supabase/` fulfils it; a test's fake does too.
import type {Chat, ChatSummary, OutgoingMessage, Person, ReadState, StoredMessage} from '../wire/chat.js';
import type {TrunkError} from '../wire/error.js';
import type {ChangeFilter, DatabaseChange, Replay} from '../wire/topic.js';

/** Who is signed in and the proof of it. */
export interface Credential {
  token: string;
  userId: string;
  /** When the token ends, in ms since 1970 by this browser's clock, however wrong that is. */
  expiresAt: number;
}

/** Why a socket is gone. */
export type DownReason = 'socket-closed' | 'heartbeat-timeout' | 'server-restart';

export interface SocketListener {
  opened(): void;
  /** Told at most once; nothing follows. */
  down(reason: DownReason): void;
  /** A heartbeat was answered after so many ms. */
  beat(latencyMs: number): void;
  /** A frame went over it; counted, if somebody counts. */
  frame?(way: 'in' | 'out', bytes: number): void;
}

export interface ChannelOptions {
  private: boolean;
  /** Join presence under this key; null: no presence. */
  presenceKey: string | null;
  /** Which changes of the database to hear of; no two alike. Default: none. */
  changes?: readonly ChangeFilter[];
  replay?: Replay | null;
}

/** Everybody present, by key, each with the payloads of their connections. */
export type PresenceState = ReadonlyMap<string, readonly Record<string, unknown>[]>;

export interface ChannelListener {
  joined(): void;
  /** What the database sends is known to arrive from now on. */
  replicationReady(): void;
  /** Refused, timed out or thrown out; the channel is gone from the socket. `reason` is the server's. */
  lost(reason: string): void;
  broadcast(event: string, payload: Record<string, unknown>, meta: BroadcastMeta | null): void;
  /**
   * Everybody present. The map lives on: it is to be read now, and changes before the next call.
   * @param changed the keys that are new, changed or gone; missing: look at all
   */
  presence(state: PresenceState, changed?: ReadonlySet<string>): void;
  /** The server doesn't let this person be seen here. */
  presenceRefused(): void;
  /** A change that fits the filter at this place, as often as there are such filters. */
  change(filter: number, change: DatabaseChange): void;
  /** What changes is told from now on. */
  changesReady(): void;
  /** None of the changes is told, because of one filter at least; nothing changes by waiting. */
  changesRefused(reason: string): void;
}

/** What the server says of a message that the database sent. */
export interface BroadcastMeta {
  id: string;
  replayed?: boolean;
}

/** One channel on one socket. */
export interface SocketChannel {
  track(payload: Record<string, unknown>): void;
  untrack(): void;
  /** Broadcasts; the answer is the server's. Silence means that it doesn't let this person write here, or that the line is down. */
  send(event: string, payload: unknown): Promise<'ok' | 'refused' | 'silence'>;
  leave(): void;
}

/** One life of one socket: opened once, down once. */
export interface Socket {
  join(topic: string, options: ChannelOptions, listener: ChannelListener): SocketChannel;
  /** Gives every channel the new token. */
  setToken(token: string): void;
  /** Sends a heartbeat now, unless one is under way. */
  ping(): void;
  close(): void;
}

/** What became of one message of a batch. `discarded`: the database was told before that it never is to be stored. */
export type SendResult =
  {id: string; stored: StoredMessage} | {id: string; error: TrunkError} | {id: string; discarded: true};

/** Database calls; each rejects with a TrunkError. `unreachable` and `rate-limited` may pass on another try. */
export interface Database {
  openChat(chat: string, make: boolean): Promise<{chat: Chat; lastRev: number}>;
  /** Newest first. */
  messagesBefore(chatId: string, seq: number | null, limit: number): Promise<StoredMessage[]>;
  /** Oldest change first. */
  changesSince(chatId: string, rev: number, limit: number): Promise<StoredMessage[]>;
  chatTips(chatIds: readonly string[]): Promise<ReadonlyMap<string, number>>;
  /** The person's chats, newest activity first: those of `ids`, or the page after `after`. Only those that are theirs. */
  myChats(page: {ids: readonly string[]} | {after: ChatSummary | null; limit: number}): Promise<ChatSummary[]>;
  /** Moves how far the person has read, forward only; answers how it stands at the chat's revision `rev`. */
  markRead(chatId: string, upTo: number): Promise<ReadState & {rev: number}>;
  /** Those of these messages that are stored. */
  findMessages(ids: readonly string[]): Promise<StoredMessage[]>;
  sendMessages(messages: readonly OutgoingMessage[]): Promise<SendResult[]>;
  /** Deletes those that are stored, and answers with them; the others never will be, however late a request arrives. */
  discardMessages(chatId: string, ids: readonly string[]): Promise<StoredMessage[]>;
  editMessage(id: string, body: string): Promise<StoredMessage>;
  deleteMessage(id: string): Promise<StoredMessage>;
  profiles(userIds: readonly string[]): Promise<Person[]>;
  saveProfile(person: Person): Promise<void>;
  /** The person was here just now. */
  touchLastSeen(): Promise<void>;
}

export interface Transport {
  openSocket(token: string, listener: SocketListener): Socket;
  /** `token` is asked anew for each call; `fresh` when the last one was refused. */
  database(token: (fresh: boolean) => Promise<string>): Database;
  /**
   * Signs in by itself, as the same person as last time in this browser profile.
   * @param spent a token that is not good enough any more: another one is wanted
   */
  signInAnonymously(name: string, spent: string | null): Promise<Credential>;
  /** Forgets the account of this name, which can't be signed in to again. */
  signOutAnonymously(name: string): Promise<void>;
  /** Reads who a token says it is; throws `sign-in-failed` when it can't be one. */
  readToken(token: string): Credential;
  /** Resolves when the project answers to the key; rejects with `key-refused` or `unreachable`, also when it can't serve. */
  probe(): Promise<void>;
}
