// What everybody sees of the connection. Plain data; the hub makes it, elements show it.

/** Where the hub lives; the rungs of the host ladder, best first. */
export type HostKind = 'shared-worker' | 'relay' | 'leader' | 'page';

/** Why the connection is in its state. */
export type StatusReason =
  /** Nothing was tried yet. */
  | 'starting'
  /** Waiting for a token before the socket opens. */
  | 'signing-in'
  /** The socket is being opened. */
  | 'opening'
  /** The socket is open and answered. */
  | 'open'
  /** The browser says it has no network. */
  | 'offline'
  /** The socket closed or could not be opened. */
  | 'socket-closed'
  /** No socket can be opened, as behind a proxy that lets none through; requests work, so messages go out and are looked for. */
  | 'no-socket'
  /** The server left a heartbeat unanswered. */
  | 'heartbeat-timeout'
  /** The server asked everybody to come back later. */
  | 'server-restart'
  /** No tab needs the socket; it opens again with the next. */
  | 'idle'
  /** No URL or key was given. */
  | 'no-config'
  /** The URL, key or another option can't be right. */
  | 'bad-config'
  /** The project refuses the key. */
  | 'key-refused'
  /** The project refuses to sign this person in. */
  | 'sign-in-failed'
  /** The hub's script could not be started. */
  | 'worker-failed'
  /** A part of the script did not come, without which no hub could be started; tried again by itself. */
  | 'load-failed'
  /** Tab and hub speak different versions. */
  | 'protocol-mismatch'
  /** The person signed out, in whichever tab. */
  | 'signed-out'
  /** The client was closed. */
  | 'closed';

/** What of a status is each tab's own. */
export type OwnStatus = 'host' | 'hostReason' | 'embeddedIn';

/** The state of the one connection, the same for every tab but for `host`, `hostReason` and `embeddedIn`. */
export interface ConnectionStatus {
  /**
   * `connecting`: first connection under way. `connected`: the socket is open. `disconnected`: lost, and tried again by itself.
   * `error`: nothing will change until somebody acts; `reason` says what.
   */
  state: 'connecting' | 'connected' | 'disconnected' | 'error';
  reason: StatusReason;
  /** A sentence for a person, when `state` is `error` or `disconnected`; else empty. */
  detail: string;
  /** When this state began, in ms since 1970. */
  since: number;
  /** Round trip of the last heartbeat in ms; null before the first or while not connected. */
  latencyMs: number | null;
  host: HostKind;
  /** Which better rung this page tried first, and what the browser said against it; empty on the best. For a developer, not translated. */
  hostReason: string;
  /**
   * The site around this page, as an origin, when the page is a frame of another origin's; else empty. Browsers keep workers, locks and
   * storage of such a frame apart for each site around it: its frames there share one socket, with nothing outside.
   */
  embeddedIn: string;
  /** Messages accepted and not yet stored by the database, over all chats; failed ones are not counted. */
  queued: number;
  /** `memory` when the browser refuses IndexedDB: unsent messages then live only as long as the hub. */
  storage: 'durable' | 'memory';
  /** A newer version of Trunkline is open in this browser, with a hub and a socket of its own: this page's reload would join it. */
  outdated: boolean;
}

/** The status before a hub has spoken. */
export function initialStatus(host: HostKind, now: number): ConnectionStatus {
  return {
    state: 'connecting',
    reason: 'starting',
    detail: '',
    since: now,
    latencyMs: null,
    host,
    hostReason: '',
    embeddedIn: '',
    queued: 0,
    storage: 'durable',
    outdated: false,
  };
}
