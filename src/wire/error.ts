// The one error class of Trunkline, and its form on the wire. A code is stable and meant for programs; the message is for a
// person and says what happened and what to do. Knows nothing of who raises it.

/** Every way in which something can fail, and what the person behind the code should do about it. */
export type ErrorCode =
  /** No project URL or key was given: set `url` and `key`. */
  | 'no-config'
  /** The URL or key can't be one of a Supabase project. */
  | 'bad-config'
  /** The project refuses the key: copy the anon or publishable key again. */
  | 'key-refused'
  /** The project refuses to sign the person in (anonymous sign-ins are off, or `accessToken` failed). */
  | 'sign-in-failed'
  /** There is no such chat, or it isn't this person's. */
  | 'chat-not-found'
  /** The person is no longer a member of the chat, or it was deleted: ask to be added again. */
  | 'removed'
  /** The database's rules refuse the act. */
  | 'forbidden'
  /** A message without text or attachment. */
  | 'empty-message'
  /** A message of more than 4,000 characters. */
  | 'message-too-long'
  /** Text that can't be stored: a lone surrogate or a NUL character. */
  | 'invalid-text'
  /** The database refused the message for another reason; the message says which. */
  | 'rejected'
  /** The browser refuses IndexedDB: what waits to be sent lives only as long as this hub. */
  | 'storage-refused'
  /** Too much waits to be sent already: connect, or discard some of it. */
  | 'outbox-full'
  /** A message waited for seven days: send it again, or discard it. */
  | 'expired'
  /** The account that wrote the message is signed out. */
  | 'signed-out'
  /** The SharedWorker's script failed to load or to answer. */
  | 'worker-failed'
  /** The service worker could not be registered or installed: the site doesn't open offline, and without a tab nothing is sent. */
  | 'service-worker-failed'
  /** Tab and hub speak different versions: reload the page. */
  | 'protocol-mismatch'
  /** A page of a newer version is open in this browser; this one goes on, and a reload brings it up to date. */
  | 'newer-version'
  /** One side received something it doesn't understand, and ignored it. */
  | 'malformed'
  /** The project can't be reached now; tried again by itself. */
  | 'unreachable'
  /** The server refuses for now because of a limit; tried again by itself. */
  | 'rate-limited'
  /** The same topic is in use with options that can't hold at the same time: use the same, or another topic. */
  | 'conflicting-options'
  /** The topic belongs to Trunkline: use `client.chat()` or `client.presence()`. */
  | 'reserved-topic'
  /** The topic isn't joined now; tried again by itself. */
  | 'not-joined'
  /** Too many broadcasts wait for their topic to be joined: this one was not taken. Send less, or wait until it is joined. */
  | 'send-queue-full'
  /** Nobody knows whether a broadcast left, and nobody sends it again: send it again if it does no harm to be heard twice. */
  | 'not-confirmed'
  /**
   * A part of the script that is loaded on first use did not come. Asked for again by itself; if it stays away, the folder of chunks is
   * not served whole, or a deploy has taken away the files of this page’s version: reload.
   */
  | 'load-failed'
  /** The client or handle was closed. */
  | 'closed'
  /** A fault of Trunkline's own. */
  | 'internal';

/** An error as it crosses a port: plain data. */
export interface WireError {
  code: ErrorCode;
  message: string;
  /** The original error's text, for the log. */
  cause?: string;
}

/** The error every Trunkline call rejects with and every failed state carries. */
export class TrunkError extends Error {
  override readonly name = 'TrunkError';
  readonly code: ErrorCode;
  /** How long the server asked to be left in peace, in ms; 0 when it named no time. Stays on this side of a port. */
  readonly retryAfterMs: number;

  /**
   * @param code what happened, for programs
   * @param message what happened and what to do, for people
   * @param cause the error underneath, if any
   * @param retryAfterMs how long the server asked to be left in peace
   */
  constructor(code: ErrorCode, message: string, cause?: unknown, retryAfterMs = 0) {
    super(message, cause === undefined ? undefined : {cause});
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }

  /** Rebuilds an error that came over a port. */
  static fromWire(error: WireError): TrunkError {
    return new TrunkError(error.code, error.message, error.cause);
  }

  /** Any thrown thing as a TrunkError; what isn't one becomes `internal`. */
  static from(thrown: unknown): TrunkError {
    // By its name: a chunk of the worker may have a copy of this class (worker/shared.ts says why).
    if (thrown instanceof Error && thrown.name === 'TrunkError') return thrown as TrunkError;
    const text = thrown instanceof Error ? thrown.message : String(thrown);
    return new TrunkError('internal', `Something failed inside Trunkline: ${text}`, thrown);
  }

  /** This error as plain data that any port can carry. */
  toWire(): WireError {
    const wire: WireError = {code: this.code, message: this.message};
    if (this.cause !== undefined) wire.cause = this.cause instanceof Error ? this.cause.message : String(this.cause);
    return wire;
  }
}
