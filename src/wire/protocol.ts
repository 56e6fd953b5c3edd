// THE CONTRACT between a tab and the hub, one union each way. PROTOCOL.md tells it as a story. Imports only its own folder.
// Change anything here and the fingerprint test asks for a new PROTOCOL_VERSION.
import type {Chat, ChatMessage, OutgoingMessage, Person, PresentPerson, StoredMessage} from './chat.js';
import type {WireError} from './error.js';
import type {ConnectionStatus} from './status.js';

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
}

/** Something a tab keeps open, until it releases it or goes away. */
export type Want =
  | {
      kind: 'chat';
      /** Id or slug. */
      chat: string;
      /** Create the room on first use. */
      make: boolean;
      /** The revision up to which this tab knows the chat, when it comes from another hub; 0 else. */
      since: number;
    }
  | {kind: 'presence'; scope: string}
  /** Somebody looks at the latency: measure often. */
  | {kind: 'latency'};

/** A question with exactly one `reply`. Asking twice with the same id has the effect of once. */
export type Call =
  /** Answered once the outbox has stored it. Replayed to the next hub until then. */
  | {kind: 'send'; message: OutgoingMessage}
  /** Tries a failed message again. */
  | {kind: 'retry'; messageId: string}
  /** Forgets a message that waits or failed. */
  | {kind: 'discard'; messageId: string}
  | {kind: 'history'; chatId: string; beforeSeq: number | null; limit: number}
  | {kind: 'edit'; messageId: string; body: string}
  | {kind: 'remove'; messageId: string}
  /** Is the hub alive? */
  | {kind: 'ping'};

export interface CallValues {
  send: null;
  retry: null;
  discard: null;
  history: {messages: StoredMessage[]; hasOlder: boolean};
  edit: null;
  remove: null;
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
  /** The chat as it stands: first, and again after a new hub. `reset`: forget what you had. */
  | {kind: 'opened'; chat: Chat; messages: ChatMessage[]; hasOlder: boolean; cursor: number; reset: boolean}
  /** Messages that are new or changed, and waiting ones that are gone. */
  | {kind: 'changed'; messages: ChatMessage[]; dropped: string[]; cursor: number}
  /** It can't be opened. `final`: nothing changes until somebody acts. */
  | {kind: 'failed'; error: WireError; final: boolean};

export type PresenceEvent =
  {kind: 'state'; people: PresentPerson[]} | {kind: 'diff'; changed: PresentPerson[]; left: string[]};

/** Hub → tab. */
export type HubMessage =
  /** First on every port. A `hub` the tab has not met means: replay what you want. The hub holds the lock `lock` while it lives. */
  | {type: 'hello'; protocol: number; hub: string; lock: string | null}
  | {type: 'status'; status: Omit<ConnectionStatus, 'host'>}
  /** Who this browser's person is, once known. */
  | {type: 'me'; person: Person}
  /** Profiles looked up; only what is new or changed. */
  | {type: 'people'; people: Person[]}
  | {type: 'token-request'; id: string}
  | {type: 'reply'; id: string; result: Result}
  | {type: 'chat'; handle: string; event: ChatEvent}
  | {type: 'presence'; handle: string; event: PresenceEvent}
  /** Something went wrong that answers no call. */
  | {type: 'problem'; error: WireError};

export type Result = {ok: true; value: CallValues[keyof CallValues]} | {ok: false; error: WireError};

/** One postMessage from the hub carries everything that happened in a tick, in order. */
export type HubFrame = readonly HubMessage[];
