// Who this browser's person is: the sign-in and its tokens, the profile, and what is remembered of both for a start without network.
// Knows nothing of tabs, sockets or chats.
import type {Person} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {HubConfig, Want} from '../wire/protocol.js';
import {Credentials} from './credentials.js';
import type {Clock, Store} from './environment.js';
import type {Held} from './session.js';
import type {Credential, Database, Transport} from './transport.js';

export interface AccountWorld {
  clock: Clock;
  store: Store;
  config: HubConfig;
  transport: Transport;
  /** Whose things these are in the store: the name of the hub's identity. */
  owner: string;
  /** A token from whichever tab answers; null when none can give one. */
  requestToken(): Promise<string | null>;
}

export interface AccountListener {
  /** A new token of the same person; the first included. */
  renewed(credential: Credential): void;
  /** Who the person is, or what is known of them, has changed. */
  me(person: Person): void;
  /** The sign-in brought another account than the one before. */
  replaced(): void;
  problem(error: TrunkError): void;
}

export class Account {
  readonly credentials: Credentials;
  readonly #world: AccountWorld;
  readonly #listener: AccountListener;
  readonly #key: string;
  #me: Person | null = null;
  #hasSignedIn = false;
  /** What the pages say of the person. */
  #said: Pick<HubConfig, 'userName' | 'avatarUrl'>;
  /** Whether `profiles` says what this page says, or is about to. */
  #profileKept = false;
  /** What waits until it is known who the person is. */
  #waiting: ((userId: string) => void)[] = [];
  #closed = false;

  constructor(world: AccountWorld, listener: AccountListener) {
    this.#world = world;
    this.#listener = listener;
    this.#said = world.config;
    this.#key = `trunkline:me:${world.owner}`;
    this.credentials = new Credentials(
      world.clock,
      spent => this.#fetch(spent),
      credential => this.#renewed(credential),
    );
    void this.#recall();
  }

  /** Who is signed in, or, until that is known, who was last; null when nobody ever was. */
  get me(): Person | null {
    return this.#me;
  }

  /** Runs `task` once it is known who the person is. */
  whenKnown(task: (userId: string) => void): void {
    if (this.#me) task(this.#me.userId);
    else this.#waiting.push(task);
  }

  /** Holds what needs this person's id, as it is wanted by the time that is known. */
  hold<W extends Want>(want: W, open: (now: W, userId: string) => Held): Held {
    let now = want;
    let held: Held | null = null;
    let released = false;
    this.whenKnown(userId => {
      if (!released) held = open(now, userId);
    });
    return {
      release: isOver => {
        released = true;
        held?.release(isOver);
      },
      change: next => {
        now = next as W; // a handle is for one kind
        held?.change?.(next);
      },
      broadcast: async (...message) => {
        if (held?.broadcast) return held.broadcast(...message);
        throw new TrunkError('not-joined', 'The channel is not joined yet.');
      },
    };
  }

  /** A page came that may say otherwise who the person is: the newest word counts, and where it says nothing the last one. */
  describe({userName, avatarUrl}: HubConfig, database: Database): void {
    const before = this.#said;
    const said = {userName: userName || before.userName, avatarUrl: avatarUrl || before.avatarUrl};
    if (said.userName === before.userName && said.avatarUrl === before.avatarUrl) return;
    this.#said = said;
    this.#profileKept = false;
    void this.keepProfile(database);
  }

  /** Sees to it that the person's profile says what this page says. Does nothing before the sign-in, or when it does already. */
  async keepProfile(database: Database): Promise<void> {
    const me = this.#me;
    if (!me || !this.#hasSignedIn || this.#profileKept) return;
    this.#profileKept = true;
    const said = this.#said;
    const {userName, avatarUrl} = said;
    try {
      const [stored] = await database.profiles([me.userId]);
      if (said !== this.#said) return; // another call does it
      const wanted = {
        userId: me.userId,
        name: userName || stored?.name || '',
        avatarUrl: avatarUrl || (stored?.avatarUrl ?? null),
      };
      if (wanted.name && (stored?.name !== wanted.name || stored.avatarUrl !== wanted.avatarUrl)) {
        await database.saveProfile(wanted);
      }
      if (!this.#closed && said === this.#said) this.#know(wanted);
    } catch (error) {
      this.#profileKept = false; // tried again with the next connection
      if (!this.#closed) this.#listener.problem(TrunkError.from(error));
    }
  }

  /** Forgets who the person is. The account of an anonymous one is gone for good. */
  async signOut(): Promise<void> {
    const {identity} = this.#world.config;
    const given = identity.kind === 'anonymous' ? this.#world.transport.signOutAnonymously(identity.name) : null;
    await Promise.all([this.forget(), given]);
  }

  /** Out of the store, too. */
  async forget(): Promise<void> {
    this.close();
    await this.#world.store.removeItem(this.#key);
  }

  close(): void {
    this.#closed = true;
    this.credentials.close();
  }

  /** Own messages are known as such before the project answers, and without it. */
  async #recall(): Promise<void> {
    const kept = await this.#world.store.getItem(this.#key).catch(() => null);
    if (kept && !this.#me && !this.#closed) this.#know(JSON.parse(kept) as Person);
  }

  #know(me: Person): void {
    this.#me = me;
    this.#listener.me(me);
    for (const task of this.#waiting.splice(0)) task(me.userId);
    if (this.#hasSignedIn) void this.#world.store.setItem(this.#key, JSON.stringify(me)).catch(() => {});
  }

  #renewed(credential: Credential): void {
    const {userId} = credential;
    if (this.#me && this.#me.userId !== userId) return this.#listener.replaced();
    const isFirst = !this.#hasSignedIn;
    this.#hasSignedIn = true;
    if (isFirst) {
      const {userName, avatarUrl} = this.#said;
      this.#know({
        userId,
        name: userName || (this.#me?.name ?? ''),
        avatarUrl: avatarUrl || (this.#me?.avatarUrl ?? null),
      });
    }
    this.#listener.renewed(credential);
  }

  async #fetch(spent: string | null): Promise<Credential> {
    const {config, transport} = this.#world;
    const {identity} = config;
    if (identity.kind === 'anonymous') return transport.signInAnonymously(identity.name, spent);
    const token = await this.#world.requestToken();
    if (token === null) {
      throw new TrunkError(
        'sign-in-failed',
        'No tab could give a token. Check that accessToken() resolves to a valid JWT.',
      );
    }
    const credential = transport.readToken(token);
    if (credential.userId !== identity.userId) {
      throw new TrunkError(
        'sign-in-failed',
        'The token belongs to another person than the one this hub serves. Reload the page.',
      );
    }
    return credential;
  }
}
