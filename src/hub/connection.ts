// The one socket's life: token first, then the socket, then patience. Decides when to try and says how things stand; knows
// nothing of channels or of what they carry.
import {assertNever} from './assert-never.js';
import {TrunkError} from '../wire/error.js';
import type {ConnectionStatus, StatusReason} from '../wire/status.js';
import {Backoff} from './backoff.js';
import type {Credentials} from './credentials.js';
import type {Clock} from './environment.js';
import type {DownReason, Socket, SocketListener, Transport} from './transport.js';

/** Waits between tries: full jitter, up to 0.5 s at first, up to 30 s at last. */
const BACKOFF = {baseMs: 500, capMs: 30_000};
/** A socket that lives this long forgives all failures before it, in ms. */
const HEALTHY_MS = 10_000;
/** A loss shorter than this is nobody's business, in ms. */
const DEBOUNCE_MS = 1_500;
/** A socket that takes longer to open, or to answer after a wake, is dead, in ms. */
const OPEN_MS = 10_000;
const PROBE_MS = 4_000;
/** A socket that takes longer to open may be held up on the way, in ms: it is asked whether requests work without it. */
const PATIENCE_MS = 3_000;
/** Pause before a refused sign-in is tried again, in ms; Supabase counts sign-ins by the hour. */
const STOPPED_MS = 60_000;
/** Heartbeats while somebody looks at the latency, in ms; the transport's own are every 25 s. */
const WATCHED_BEAT_MS = 5_000;

type State =
  /** Nobody needs a socket. */
  | {kind: 'idle'}
  | {kind: 'signing-in'}
  | {kind: 'opening'; socket: Socket}
  | {kind: 'open'; socket: Socket}
  /** Waiting for the next try. */
  | {kind: 'waiting'}
  /** Nothing changes until somebody acts. */
  | {kind: 'stopped'; error: TrunkError}
  | {kind: 'closed'};

/** From each state, the states that may follow. Whatever else is asked is a fault, and is refused. */
const NEXT: Record<State['kind'], readonly State['kind'][]> = {
  idle: ['signing-in', 'closed'],
  'signing-in': ['opening', 'waiting', 'stopped', 'idle', 'closed'],
  opening: ['open', 'waiting', 'stopped', 'idle', 'closed'],
  open: ['waiting', 'idle', 'closed'],
  waiting: ['signing-in', 'stopped', 'idle', 'closed'],
  stopped: ['signing-in', 'idle', 'closed'],
  closed: [],
};

/**
 * What gets through to the project, as far as is known. `live`: the socket is open. `requests`: no socket can be opened, and requests
 * work all the same. `none`: nothing, or nobody wants anything.
 */
export type Reach = 'live' | 'requests' | 'none';

export interface ConnectionListener {
  /** A socket is open; join what is wanted. */
  up(socket: Socket): void;
  /** It is gone, and all its channels with it. */
  down(reason: DownReason | 'idle'): void;
  /** Told of every change, after `up` and `down`. */
  reach(reach: Reach): void;
  /** What `status` says has changed. */
  changed(): void;
  /** A heartbeat was answered after so many ms. */
  beat?(latencyMs: number): void;
  frame?: SocketListener['frame'];
}

/** The part of the status that a connection knows. */
export type LineStatus = Pick<ConnectionStatus, 'state' | 'reason' | 'detail' | 'since' | 'latencyMs'>;

export class Connection {
  readonly #clock: Clock;
  readonly #credentials: Credentials;
  readonly #transport: Pick<Transport, 'openSocket' | 'probe'>;
  readonly #listener: ConnectionListener;
  readonly #backoff: Backoff;
  #state: State = {kind: 'idle'};
  /** Cancels whatever timers belong to the current state. */
  #timers = new Set<() => void>();
  /** Cancels the next heartbeat: there is one chain of them, however often somebody starts to look. */
  #cancelBeat: () => void = () => {};
  /** Why the last socket went; null while the first is on its way or one is open. */
  #downReason: StatusReason | null = null;
  #offline = false;
  /** The last look at it, while no socket could be opened, found that requests work. */
  #requestsWork = false;
  /** A look is under way: there is never more than one. */
  #probing = false;
  #toldReach: Reach = 'none';
  #watched = false;
  #latencyMs: number | null = null;
  #isSeen = true;
  #beats = 0;
  #shown: LineStatus;
  #cancelShow: (() => void) | null = null;

  constructor(
    clock: Clock,
    random: () => number,
    credentials: Credentials,
    transport: Pick<Transport, 'openSocket' | 'probe'>,
    listener: ConnectionListener,
  ) {
    this.#clock = clock;
    this.#credentials = credentials;
    this.#transport = transport;
    this.#listener = listener;
    this.#backoff = new Backoff(BACKOFF, random);
    this.#shown = {state: 'connecting', reason: 'starting', detail: '', since: clock.now(), latencyMs: null};
  }

  /** How things stand, as far as anybody should see. */
  get status(): LineStatus {
    return this.#shown;
  }

  /** The socket, while one is open. */
  get socket(): Socket | null {
    return this.#state.kind === 'open' ? this.#state.socket : null;
  }

  get reach(): Reach {
    return this.#toldReach;
  }

  /** A socket is wanted from now on, by somebody who has just come: the next try is now, unless there is no network. */
  start(): void {
    const {kind} = this.#state;
    if (kind === 'idle' || kind === 'stopped' || (kind === 'waiting' && !this.#offline)) this.#signIn();
  }

  /** Signing in works again. */
  recover(): void {
    if (this.#state.kind === 'stopped') this.#signIn();
  }

  /** No socket is wanted until `start()`. */
  rest(): void {
    if (this.#state.kind === 'idle' || this.#state.kind === 'closed') return;
    this.#drop('idle', {kind: 'idle'});
  }

  /** For good. */
  close(): void {
    if (this.#state.kind === 'closed') return;
    this.#drop('idle', {kind: 'closed'});
    this.#cancelShow?.();
  }

  /** A tab saw something: tries at once instead of waiting, or makes sure that the socket still lives. */
  poke(why: 'online' | 'offline' | 'visible' | 'pageshow'): void {
    this.#offline = why === 'offline';
    if (this.#offline) this.#setRequests(false);
    switch (this.#state.kind) {
      case 'waiting':
      case 'stopped':
        if (why !== 'offline') this.#signIn();
        else this.#show();
        break;
      case 'open':
        this.#probeSocket(this.#state.socket);
        break;
      case 'idle':
      case 'signing-in':
      case 'opening':
      case 'closed':
        break;
      default:
        assertNever(this.#state);
    }
  }

  /**
   * Whether somebody looks at the latency, and whether anybody could: in tabs that nobody sees, each figure would be drawn for nothing.
   */
  watchLatency(watched: boolean, isSeen = true): void {
    this.#isSeen = isSeen;
    if (isSeen) this.#show();
    if (this.#watched === watched) return;
    this.#watched = watched;
    if (!watched) this.#cancelBeat();
    else if (this.#state.kind === 'open') this.#beatSoon(this.#state.socket, 0);
  }

  #enter(state: State): void {
    if (!NEXT[this.#state.kind].includes(state.kind)) {
      throw new TrunkError('internal', `The connection can't go from ${this.#state.kind} to ${state.kind}.`);
    }
    for (const cancel of this.#timers) cancel();
    this.#timers.clear();
    this.#state = state;
    if (state.kind !== 'open') this.#latencyMs = null;
    this.#show();
  }

  #after(ms: number, task: () => void): () => void {
    const stop = this.#clock.after(ms, () => {
      this.#timers.delete(stop);
      task();
    });
    this.#timers.add(stop);
    return stop;
  }

  #signIn(): void {
    this.#enter({kind: 'signing-in'});
    const state = this.#state;
    this.#credentials.get().then(
      ({token}) => state === this.#state && this.#openSocket(token),
      error => state === this.#state && this.#refuse(TrunkError.from(error)),
    );
  }

  /** What can pass by itself is tried again; the rest stops here. */
  #refuse(error: TrunkError): void {
    if (error.code === 'unreachable' || error.code === 'rate-limited') this.#wait('socket-closed');
    else this.#stop(error);
  }

  /** Until somebody acts; a sign-in may also have been mended meanwhile, so it is looked after now and then. */
  #stop(error: TrunkError): void {
    this.#enter({kind: 'stopped', error});
    this.#setRequests(false);
    if (error.code !== 'key-refused') this.#after(STOPPED_MS, () => this.#signIn());
  }

  #openSocket(token: string): void {
    let down: DownReason | null = null;
    let opened = false;
    let hasBeaten = false;
    // The socket may speak before openSocket() has returned it.
    const listener: SocketListener = {
      opened: () => {
        opened = true;
        if (socket && this.#holds(socket)) this.#becomeOpen(socket);
      },
      down: reason => {
        down = reason;
        if (socket && this.#holds(socket)) this.#lose(reason);
      },
      frame: (way, bytes) => this.#listener.frame?.(way, bytes),
      beat: latencyMs => {
        if (!socket || this.#state.kind !== 'open' || !this.#holds(socket)) return;
        this.#beats++;
        if (hasBeaten) {
          this.#latencyMs = latencyMs;
          this.#listener.beat?.(latencyMs);
          this.#show();
        } else this.#beatSoon(socket, 0); // the first waited for the joins that it went out with, and is no round trip
        hasBeaten = true;
      },
    };
    let socket: Socket | null = null;
    try {
      socket = this.#transport.openSocket(token, listener);
    } catch (thrown) {
      this.#stop(TrunkError.from(thrown));
      return;
    }
    this.#enter({kind: 'opening', socket});
    this.#after(PATIENCE_MS, () => this.#probeRequests());
    this.#after(OPEN_MS, () => this.#lose('socket-closed'));
    if (down) this.#lose(down);
    else if (opened) this.#becomeOpen(socket);
  }

  #holds(socket: Socket): boolean {
    return (this.#state.kind === 'opening' || this.#state.kind === 'open') && this.#state.socket === socket;
  }

  #becomeOpen(socket: Socket): void {
    if (this.#state.kind !== 'opening') return;
    this.#downReason = null;
    this.#offline = false;
    this.#requestsWork = false;
    this.#enter({kind: 'open', socket});
    this.#after(HEALTHY_MS, () => this.#backoff.reset());
    this.#beatSoon(socket, 0);
    this.#listener.up(socket);
    this.#tellReach();
  }

  #beatSoon(socket: Socket, ms: number): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#after(ms, () => {
      // Somebody looks: what they see must not be a dead line.
      if (this.#watched) this.#probeSocket(socket);
      else socket.ping();
      if (this.#watched) this.#beatSoon(socket, WATCHED_BEAT_MS);
    });
  }

  #probeSocket(socket: Socket): void {
    const beats = this.#beats;
    socket.ping();
    this.#after(PROBE_MS, () => {
      if (this.#beats === beats) this.#lose('heartbeat-timeout');
    });
  }

  #lose(reason: DownReason): void {
    const opening = this.#state.kind === 'opening';
    this.#drop(reason, {kind: 'waiting'});
    if (opening) this.#probeRequests();
  }

  /** Why no socket opens only a request tells: a refused key looks like a dead project, and both like a proxy on the way. */
  #probeRequests(): void {
    if (this.#probing) return;
    this.#probing = true;
    this.#transport
      .probe()
      .then(
        () => this.#setRequests(true),
        (error: unknown) => {
          const refused = TrunkError.from(error);
          if (refused.code === 'key-refused' && this.#state.kind === 'waiting') this.#stop(refused);
          else this.#setRequests(false);
        },
      )
      .finally(() => {
        this.#probing = false;
      });
  }

  #setRequests(work: boolean): void {
    const {kind} = this.#state;
    const isTrying = kind === 'signing-in' || kind === 'opening' || kind === 'waiting';
    this.#requestsWork = work && isTrying;
    if (this.#requestsWork) this.#offline = false;
    if (isTrying) this.#show();
    this.#tellReach();
  }

  #tellReach(): void {
    const reach = this.socket ? 'live' : this.#requestsWork ? 'requests' : 'none';
    if (reach === this.#toldReach) return;
    this.#toldReach = reach;
    this.#listener.reach(reach);
  }

  #wait(reason: StatusReason): void {
    this.#downReason = reason;
    this.#enter({kind: 'waiting'});
    this.#after(this.#backoff.next(), () => this.#signIn());
  }

  /** Leaves the socket, if there is one, for `next`. */
  #drop(reason: DownReason | 'idle', next: {kind: 'waiting' | 'idle' | 'closed'}): void {
    const {socket = null} = this.#state as {socket?: Socket};
    const wasOpen = this.#state.kind === 'open';
    if (next.kind === 'waiting') this.#wait(reason);
    else {
      this.#downReason = null;
      this.#requestsWork = false;
      this.#enter(next);
    }
    socket?.close();
    if (wasOpen) this.#listener.down(reason);
    this.#tellReach();
  }

  /** Tells the world, at once or, when a connection was just lost, after it had a moment to come back. */
  #show(): void {
    const next = this.#visible();
    const {state, reason, detail, latencyMs} = this.#shown;
    if (next.state === state && next.reason === reason && next.detail === detail) {
      if (this.#cancelShow) {
        this.#cancelShow();
        this.#cancelShow = null;
      }
      if (this.#isSeen && next.latencyMs !== latencyMs) this.#publish({...this.#shown, latencyMs: next.latencyMs});
      return;
    }
    if (next.state === state) next.since = this.#shown.since;
    const hidden = state === 'connected' && next.state === 'disconnected' && next.reason !== 'idle';
    if (!hidden) return this.#publish(next);
    this.#cancelShow ??= this.#clock.after(DEBOUNCE_MS, () => {
      this.#cancelShow = null;
      this.#publish(this.#visible());
    });
  }

  #publish(status: LineStatus): void {
    this.#cancelShow?.();
    this.#cancelShow = null;
    this.#shown = status;
    this.#listener.changed();
  }

  #visible(): LineStatus {
    const since = this.#clock.now();
    const line = (state: LineStatus['state'], reason: StatusReason, detail = ''): LineStatus => {
      return {state, reason, detail, since, latencyMs: this.#latencyMs};
    };
    switch (this.#state.kind) {
      case 'open':
        return line('connected', 'open');
      case 'stopped':
        return line('error', stoppedReason(this.#state.error), this.#state.error.message);
      case 'closed':
        return line('error', 'closed');
      case 'idle':
        return line('disconnected', 'idle');
      case 'signing-in':
      case 'opening':
      case 'waiting': {
        if (this.#downReason === null)
          return line('connecting', this.#state.kind === 'opening' ? 'opening' : 'signing-in');
        const reason = this.#offline ? 'offline' : this.#requestsWork ? 'no-socket' : this.#downReason;
        return line('disconnected', reason, DOWN_DETAILS[reason] ?? '');
      }
      default:
        return assertNever(this.#state);
    }
  }
}

const DOWN_DETAILS: Partial<Record<StatusReason, string>> = {
  offline: 'The browser has no network. Trying again when it is back.',
  'socket-closed': 'The project can’t be reached. Trying again.',
  'no-socket': 'No WebSocket gets through. Messages go out and come in by requests, a little later.',
  'heartbeat-timeout': 'The server stopped answering. Trying again.',
  'server-restart': 'The server is restarting. Trying again.',
};

function stoppedReason(error: TrunkError): StatusReason {
  return error.code === 'key-refused' ? 'key-refused' : 'sign-in-failed';
}
