// THE CONTRACT between a tab and the hub, one union each way. PROTOCOL.md tells it as a story. Imports only its own folder.
// Change anything here and the fingerprint test asks for a new PROTOCOL_VERSION.
import type {
  Chat,
  ChatMessage,
  ChatSummary,
  OutgoingMessage,
  Person,
  PresentPerson,
  StoredMessage,
  WaitingMessage,
} from './chat.js';
import type {WireError} from './error.js';
import type {HubStats} from './stats.js';
import type {ConnectionStatus, HostKind, OwnStatus} from './status.js';
import type {ChannelWish, DatabaseChange, PresenceEntries} from './topic.js';

/** Raised whenever a message changes in a way the other side could trip over. Part of the worker's name. */
export const PROTOCOL_VERSION = 1;

/** Any two-way port: a MessagePort, or whatever another host offers. */
export interface Port {
  postMessage(message: unknown): void;
  addEventListener(type: 'message', listener: (event: {data: unknown}) => void): void;
  start?(): void;
  close?(): void;
}

/** Whom and where a hub serves. The same for every tab of a hub: it is part of the worker's name. */
export interface HubConfig {
  url: string;
  key: string;
  /**
   * `anonymous`: the hub signs in by itself, once per `name` and browser profile. `token`: a tab answers `token-request`
   * with a JWT whose `sub` is `userId`.
   */
  identity: {kind: 'anonymous'; name: string} | {kind: 'token'; userId: string};
  /** Display name to keep in `profiles`; empty leaves it alone. */
  userName: string;
  avatarUrl: string;
}

/** What one tab knows about its person. The hub folds those of all tabs. */
export interface Attention {
  visible: boolean;
  /** Last key, pointer or touch in this tab, in ms since 1970. */
  lastActive: number;
  currentChatId: string | null;
  /** Keys go to this tab: of windows side by side, the one in front. Default true. */
  focused?: boolean;
  /** The battery is low, or the person asked the browser to save data. Default false. */
  frugal?: boolean;
}

/** Something a tab keeps open, until it releases it or goes away. To change it, the tab opens the same handle again. */
export type Want =
  | {
      kind: 'chat';
      /** Id or slug. */
      chat: string;
      /** Create the room on first use. */
      make: boolean;
      /**
       * The chat that this tab knows by the name, and up to which revision, when it comes from another hub; else null. A name may be
       * another chat's by now, whose revisions say nothing of this one's.
       */
      since: {chatId: string; rev: number} | null;
    }
  | {kind: 'presence'; scope: string}
  /** Who is writing in a chat. `typing`: this tab's person is, now; said again as long as they go on. */
  | {kind: 'typing'; chatId: string; typing: boolean}
  /** An application's own topic. */
  | ({kind: 'channel'} & ChannelWish)
  /** Everything of this person that waits to be sent or failed, over all chats. */
  | {kind: 'outbox'}
  /** This person's chats. */
  | {kind: 'chats'}
  /** To be told of new messages that deserve a sound or a notification; of the tabs that want it, one is told. */
  | {kind: 'alerts'}
  /** Somebody looks at the latency: measure often. */
  | {kind: 'latency'}
  /** Somebody looks at what the hub knows of itself. */
  | {kind: 'stats'};

/** A question with exactly one `reply`. Asking twice with the same id has the effect of once. */
export type Call =
  /** Answered once the outbox has stored it. Replayed to the next hub until then. */
  | {kind: 'send'; message: OutgoingMessage}
  /** Tries a failed message again. */
  | {kind: 'retry'; messageId: string}
  /** Forgets a message that waits or failed. */
  | {kind: 'discard'; messageId: string}
  /** This person has read a chat up to revision `rev`. Answered at once; the database is told within a second, or once it can be. */
  | {kind: 'mark-read'; chatId: string; rev: number}
  /** Loads the next page of this person's chats, for all tabs. */
  | {kind: 'more-chats'}
  | {kind: 'history'; chatId: string; beforeSeq: number | null; limit: number}
  /** Replaces the text of an own message, whether it waits or is stored. */
  | {kind: 'edit'; messageId: string; body: string}
  /** Deletes an own stored message; one that waits is discarded. */
  | {kind: 'remove'; messageId: string}
  /**
   * Ends this person's stay in this browser, for all tabs. `ask`: unless something waits to be sent or failed; then nothing happens.
   * `keep`: what waits stays in this browser until the same person is back; an anonymous one can't come back, so it is as `ask`.
   * `discard`: it is thrown away.
   */
  | {kind: 'sign-out'; unsent: 'ask' | 'keep' | 'discard'}
  /**
   * Broadcasts on a handle's topic, at most once: it is not asked again of another hub. `ack`: answered when the server has it, else
   * when it is on the socket. Refused with `not-joined` while the topic isn't.
   */
  | {kind: 'broadcast'; handle: string; event: string; payload: unknown; ack: boolean}
  /** These people's profiles are wanted; they come as `people`, as far as there are any. */
  | {kind: 'look-up'; userIds: string[]}
  /** Is the hub alive? */
  | {kind: 'ping'};

export interface CallValues {
  send: null;
  retry: null;
  discard: null;
  'mark-read': null;
  'more-chats': null;
  history: {messages: StoredMessage[]; hasOlder: boolean};
  edit: null;
  remove: null;
  /**
   * How many messages wait or failed, discarded ones among them that the database may have and was not told of; and whether the person is signed out now.
   */
  'sign-out': {waiting: number; done: boolean};
  broadcast: null;
  'look-up': null;
  ping: null;
}

/** Tab → hub. */
export type TabMessage =
  /** First on every port. `lock` is a Web Lock the tab holds while it lives; null where there are none. */
  | {type: 'hello'; protocol: number; session: string; lock: string | null; config: HubConfig; attention: Attention}
  /** The tab goes away (or into the back/forward cache); nothing follows. */
  | {type: 'bye'}
  | {type: 'token'; id: string; token: string | null}
  | {type: 'attention'; attention: Attention}
  /** Something happened that makes a dead socket likely or a new try worthwhile. */
  | {type: 'poke'; why: 'online' | 'offline' | 'visible' | 'pageshow'}
  | {type: 'open'; handle: string; want: Want}
  | {type: 'release'; handle: string}
  | {type: 'call'; id: string; call: Call};

/** What happened in a chat, for one handle. */
export type ChatEvent =
  /**
   * The chat as it stands: first, and again after a new hub. `reset`: forget what you had. `fresh`: the database says so; else it
   * is what this browser remembers, and a `continuity` follows when the database was asked.
   */
  | {
      kind: 'opened';
      chat: Chat;
      messages: ChatMessage[];
      hasOlder: boolean;
      cursor: number;
      reset: boolean;
      fresh: boolean;
    }
  /** Messages that are new or changed, and waiting ones that are gone. */
  | {kind: 'changed'; messages: ChatMessage[]; dropped: string[]; cursor: number}
  /** How far this person has read, in whichever tab or browser. */
  | {kind: 'read'; lastReadRev: number; unread: number}
  /** After the line was away, once what was missed is told: how much that was. */
  | {kind: 'continuity'; what: Continuity; count: number}
  /** It can't be opened. `final`: nothing changes until somebody acts. */
  | {kind: 'failed'; error: WireError; final: boolean};

/**
 * What an absence did to a chat. `resumed`: nothing was missed. `caught-up`: so many messages came or changed, and are in. `reset`: too
 * much was missed to tell; the list starts over with the newest messages, older ones are loaded on demand.
 */
export type Continuity = 'resumed' | 'caught-up' | 'reset';

/** What waits, over all chats: the messages that are new or changed, and the ids of those that are gone. First all of it. */
export interface OutboxEvent {
  reset: boolean;
  messages: WaitingMessage[];
  dropped: string[];
}

/** What happened in the list of this person's chats, for one handle. */
export type ChatsEvent =
  /**
   * Chats that are new or changed, and ids of those that are gone. First, with `reset`, all that the hub has. `fresh`: the database
   * says so; else it is what this browser remembers. `hasMore`: there are older ones, to be had by `more-chats`.
   */
  | {kind: 'list'; reset: boolean; chats: ChatSummary[]; gone: string[]; hasMore: boolean; fresh: boolean}
  /** It can't be loaded. `final`: nothing changes until somebody acts. */
  | {kind: 'failed'; error: WireError; final: boolean};

export type PresenceEvent =
  /** Everybody here: first, once the server has said so, and again after it was unknown. */
  | {kind: 'state'; people: PresentPerson[]}
  | {kind: 'diff'; changed: PresentPerson[]; left: string[]}
  /** The line is away for too long to know who is here; a `state` follows when it is back. */
  | {kind: 'unknown'};

/** What happened on an application's own topic, for one handle. */
export type ChannelEvent =
  /**
   * `joined`: what is broadcast arrives. `live`: so does every change of the database that was asked for. Each time one of them
   * becomes true again, something may have been missed. `final`: nothing changes until somebody acts; else it is tried again by itself.
   */
  | {kind: 'status'; joined: boolean; live: boolean; error: WireError | null; final: boolean}
  /** `id`: of a message that the database sent; else null. `replayed`: it was sent before the topic was joined. */
  | {kind: 'broadcast'; event: string; payload: unknown; id: string | null; replayed: boolean}
  /** With `reset`, `joins` is everybody. */
  | {kind: 'presence'; joins: PresenceEntries; leaves: PresenceEntries; reset: boolean}
  /** `filter`: which of the changes wanted it is, by its place. */
  | {kind: 'change'; filter: number; change: DatabaseChange};

/** Hub → tab. */
export type HubMessage =
  /** First on every port. A `hub` the tab has not met means: replay what you want. The hub holds the lock `lock` while it lives. */
  | {type: 'hello'; protocol: number; hub: string; lock: string | null; host: HostKind}
  /** Another hub serves this person, one that this tab reaches on a lower rung. */
  | {type: 'elsewhere'}
  | {type: 'status'; status: Omit<ConnectionStatus, OwnStatus>}
  /** Who this browser's person is, once known. */
  | {type: 'me'; person: Person}
  /** Profiles looked up; only what is new or changed. */
  | {type: 'people'; people: Person[]}
  | {type: 'token-request'; id: string}
  | {type: 'reply'; id: string; result: Result}
  | {type: 'chat'; handle: string; event: ChatEvent}
  | {type: 'presence'; handle: string; event: PresenceEvent}
  | {type: 'outbox'; handle: string; event: OutboxEvent}
  /** Every second while the handle is open. */
  | {type: 'stats'; handle: string; stats: HubStats}
  /** Who else is writing in the chat, those who began first in front. A hint, as presence is. */
  | {type: 'typing'; handle: string; userIds: string[]}
  | {type: 'channel'; handle: string; event: ChannelEvent}
  | {type: 'chats'; handle: string; event: ChatsEvent}
  /** Somebody else wrote into a chat that nobody has in view. Of all tabs of the browser, one hears it. */
  | {type: 'alert'; handle: string; chatId: string}
  /**
   * The person signed out, in this tab or another, with so many messages that waited or had failed. Nothing of them may stay on the
   * page; nothing more follows, not even the reply to `sign-out`.
   */
  | {type: 'signed-out'; waiting: number}
  /** Something went wrong that answers no call. */
  | {type: 'problem'; error: WireError};

export type Result = {ok: true; value: CallValues[keyof CallValues]} | {ok: false; error: WireError};

/** One postMessage from the hub carries everything that happened in a tick, in order. */
export type HubFrame = readonly HubMessage[];
