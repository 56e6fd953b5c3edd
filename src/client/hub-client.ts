// The page's side of the wire: what an application holds. It owns whose tab this is and the state of the connection, and gives out the
// handles; a hub may die at any time. Knows nothing of Supabase.
import type {Person} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Attention, Call, CallValues, HubConfig, HubMessage} from '../wire/protocol.js';
import {initialStatus, type ConnectionStatus, type OwnStatus} from '../wire/status.js';
import {ChannelHandle, type ChannelOptions} from './channel-handle.js';
import {ChatHandle} from './chat-handle.js';
import {ChatListHandle} from './chat-list-handle.js';
import {Demands, type Opened} from './demands.js';
import {hubName} from './host.js';
import {HubLink, type LinkEnvironment} from './hub-link.js';
import {Identity, type Identified} from './identity.js';
import {OutboxHandle} from './outbox-handle.js';
import {PresenceHandle} from './presence-handle.js';
import {Profiles} from './profiles.js';
import type {SiteUpdate} from './service-worker.js';
import {SignOutMark} from './sign-out-mark.js';
import {Signal, type Source} from './source.js';
import {StatsSource, type ClientStats} from './stats-source.js';
import {TabRecord} from './tab-record.js';
import {measure} from './timing.js';
import {TypingLine} from './typing-line.js';

export interface HubClientEnvironment extends LinkEnvironment {
  now(): number;
  /**
   * Whom the hub is to serve, and a fresh token of that person where the page has one to give. Asked at the start and whenever
   * the hub needs a token. Throws a TrunkError when it can't be said.
   */
  identify(): Identified | Promise<Identified>;
  /** The site around this page, as an origin; default: none. */
  embeddedIn?: string;
  /** Where a sign-out is marked for tabs that are away; default: nowhere. */
  storage?(): Storage;
  /** What is known of a newer version of the site, where the page has a service worker. */
  update?: Source<SiteUpdate | null>;
  /** Runs when the client is closed: undoes what was set up around it. */
  cleanUp?(): void;
}

/** An answer that takes longer has the hub asked whether it lives, in ms. */
const DOUBT_MS = 1_000;

/** A tab's connection to the hub. Make one with `connect()`. */
export class HubClient {
  /** A newer version of the site that waits to take over, and the way to let it; null while there is none, or no service worker. */
  readonly update: Source<SiteUpdate | null>;

  readonly #environment: HubClientEnvironment;
  readonly #identity: Identity;
  readonly #link: HubLink;
  readonly #mark: SignOutMark;
  readonly #status: Signal<ConnectionStatus>;
  readonly #me = new Signal<Person | null>(null);
  readonly #profiles = new Profiles(userIds => this.#ask({kind: 'look-up', userIds}));
  readonly #problem = new Signal<TrunkError | null>(null);
  readonly #demands = new Demands(message => this.#link.post(message));
  readonly #record = new TabRecord();
  #own: Pick<ConnectionStatus, OwnStatus>;
  #attention: Attention;
  #closed = false;
  #outdated = false;
  #outbox: OutboxHandle | null = null;
  #chats: ChatListHandle | null = null;
  #stats: StatsSource | null = null;
  /** Since when there is no connection, by the page's `performance`; null while there is one. */
  #awaySince: number | null = performance.now();
  /** Back from the back/forward cache, and no hub was told. */
  #resumed = false;

  constructor(environment: HubClientEnvironment) {
    this.#environment = environment;
    this.update = environment.update ?? new Signal<SiteUpdate | null>(null);
    this.#own = {host: environment.hosts[0] ?? 'page', hostReason: '', embeddedIn: environment.embeddedIn ?? ''};
    this.#status = new Signal(this.#firstStatus());
    this.#attention = {visible: true, lastActive: environment.now(), currentChatId: null};
    this.#identity = new Identity(() => environment.identify());
    this.#mark = new SignOutMark(
      () => environment.storage?.(),
      () => environment.uuid(),
    );
    this.#link = new HubLink(environment, {
      greeted: () => this.#replay(),
      message: message => this.#receive(message),
      host: (host, hostReason) => {
        this.#own = {...this.#own, host, hostReason};
        this.#status.set({...this.#status.current, ...this.#own});
      },
      problem: error => this.#problem.set(error),
      lost: error => {
        this.#fail(error.code === 'load-failed' ? error.code : 'worker-failed', error.message);
        this.#demands.lost();
      },
      attention: () => this.#attention,
      ping: () => this.#ask({kind: 'ping'}),
      outdated: () => this.#status.set({...this.#status.current, outdated: this.#learnOutdated(true)}),
      isStaying: () => this.#isStaying(),
    });
    this.#start();
  }

  /** The state of the browser's one connection. */
  get status(): Source<ConnectionStatus> {
    return this.#status;
  }

  /** This browser's person; null until signed in. */
  get me(): Source<Person | null> {
    return this.#me;
  }

  /** Everybody whose profile was looked up so far, by user id. */
  get people(): Source<ReadonlyMap<string, Person>> {
    return this.#profiles.all;
  }

  /** One profile, followed alone; undefined until it is looked up, which this asks for. */
  person(userId: string): Source<Person | undefined> {
    return this.#profiles.at(userId);
  }

  /** The last thing that went wrong and answers no call: a worker that failed, storage refused, a message ignored. */
  get problem(): Source<TrunkError | null> {
    return this.#problem;
  }

  /**
   * Opens a chat. Hold one handle a use; the hub joins its channel once, whatever the number.
   * @param idOrSlug the chat's id, or the slug of a room
   * @param options `make` (default false): create the room on first use
   */
  chat(idOrSlug: string, {make = false}: {make?: boolean} = {}): ChatHandle {
    const id = this.#environment.uuid();
    const handle = new ChatHandle({
      ask: call => this.#ask(call),
      uuid: () => this.#environment.uuid(),
      now: () => this.#environment.now(),
      userId: () => this.#me.current?.userId ?? null,
      refusal: () => this.#refusal(),
      typing: (chatId, tell) => this.#openTyping(chatId, tell),
      shown: message =>
        this.#record.show(message, message.senderId === this.#me.current?.userId, this.#environment.now()),
      release: () => this.#demands.release(id),
    });
    this.#open(id, {
      want: () => ({kind: 'chat', chat: idOrSlug, make, since: handle.since}),
      receive: message => message.type === 'chat' && handle.receive(message.event),
      forget: () => handle.forget(),
    });
    return handle;
  }

  /**
   * Opens a topic of the application's own, as supabase-js's `channel()` does: broadcasts, presence, changes of the database. All tabs
   * and handles share one join of it; each handle is a client of its own, so another tab hears what this one sends.
   * @throws TrunkError `reserved-topic`: it begins with `chat:`, `inbox:`, `presence:` or `changes:`; `conflicting-options`: a replay of
   *   a public topic. Options that another handle's rule out are told by `status`.
   */
  channel(topic: string, options: ChannelOptions = {}): ChannelHandle {
    const id = this.#environment.uuid();
    const handle = new ChannelHandle(topic, options, {
      broadcast: message => this.#ask({kind: 'broadcast', handle: id, ...message}),
      changed: () => this.#demands.change(id),
      refusal: () => this.#refusal(),
      release: () => this.#demands.release(id),
    });
    this.#open(id, {
      want: () => ({kind: 'channel', ...handle.wish}),
      receive: message => message.type === 'channel' && handle.receive(message.event),
      restart: () => handle.restart(),
      lost: () => handle.restart(),
      forget: why => handle.end(why),
      close: () => handle.release(),
    });
    return handle;
  }

  /** Looks at who is present in `scope` (default: the whole site), and is present there. */
  presence(scope = 'global'): PresenceHandle {
    const id = this.#environment.uuid();
    const handle = new PresenceHandle(() => this.#demands.release(id));
    const unknown = () => handle.receive({kind: 'unknown'});
    this.#open(id, {
      want: () => ({kind: 'presence', scope}),
      receive: message => message.type === 'presence' && handle.receive(message.event),
      lost: unknown,
      forget: unknown,
      close: unknown,
    });
    return handle;
  }

  /** What waits to be sent or failed, over all chats and from every tab. */
  get outbox(): OutboxHandle {
    if (this.#outbox) return this.#outbox;
    const outbox = new OutboxHandle(call => this.#ask(call));
    this.#open(this.#environment.uuid(), {
      want: () => ({kind: 'outbox'}),
      receive: message => message.type === 'outbox' && outbox.receive(message.event),
      forget: () => outbox.receive({reset: true, messages: [], dropped: []}),
    });
    return (this.#outbox = outbox);
  }

  /** This person's chats: last messages, and how much is unread. The first use opens the list, for as long as the tab lives. */
  get chats(): ChatListHandle {
    if (this.#chats) return this.#chats;
    const chats = new ChatListHandle(call => this.#ask(call));
    this.#open(this.#environment.uuid(), {
      want: () => ({kind: 'chats'}),
      receive: message => message.type === 'chats' && chats.receive(message.event),
      forget: () => chats.forget(),
    });
    return (this.#chats = chats);
  }

  /**
   * Offers this tab for sounds and notifications. Somebody else wrote into a chat that no tab has in view: `ring` is called in one
   * of all tabs that offered themselves, at most twice a second. The answer takes the offer back.
   */
  onAlert(ring: (chatId: string) => void): () => void {
    const id = this.#environment.uuid();
    this.#open(id, {
      want: () => ({kind: 'alerts'}),
      receive: message => message.type === 'alert' && ring(message.chatId),
    });
    return () => this.#demands.release(id);
  }

  /**
   * Ends this person's stay in this browser, for all tabs: presence, channels, socket and everything remembered are gone, and every
   * tab's status says `signed-out`. An anonymous account can't be signed in to again.
   * @param unsent what becomes of messages that wait or failed. `ask` (default): when there are any, nothing happens; ask the
   *   person and call again. `keep`: they stay in this browser until the same person is back. `discard`: they are thrown away.
   * @returns how many messages wait or failed, and whether the person is signed out
   */
  async signOut(unsent: 'ask' | 'keep' | 'discard' = 'ask'): Promise<{waiting: number; done: boolean}> {
    // The page could not say who is signed in, so there is no hub to ask and nothing of anybody here.
    if (!this.#identity.config && this.#status.current.state === 'error' && !this.#closed) this.#leaveSignedOut(0);
    if (this.#isSignedOut) return {waiting: 0, done: true};
    return this.#ask({kind: 'sign-out', unsent});
  }

  /** Comes back after a sign-out, of whichever tab: asks the page again who is signed in. Else it does nothing. */
  signIn(): void {
    if (!this.#isSignedOut) return;
    this.#status.set(this.#firstStatus());
    this.#start();
  }

  /**
   * What the hub knows of its own work, and this tab of its own (`here`): tabs, channels, counters, times; a new one every second while
   * somebody listens, null while nobody does. It holds no message and nothing a server said; topics and slugs as you wrote them.
   */
  get stats(): Source<ClientStats | null> {
    return (this.#stats ??= this.#makeStats());
  }

  /** Has the latency measured every 5 s instead of every 25; call the answer when nobody looks any more. */
  watchLatency(): () => void {
    const id = this.#environment.uuid();
    this.#open(id, {want: () => ({kind: 'latency'}), receive: () => {}});
    return () => this.#demands.release(id);
  }

  /** Says which chat this person is looking at, for others to see; null for none. */
  setCurrentChat(chatId: string | null): void {
    this.setAttention({currentChatId: chatId});
  }

  /** Says what this tab knows of its person. `connect()` keeps it up to date by itself. */
  setAttention(change: Partial<Attention>): void {
    this.#attention = {...this.#attention, ...change};
    this.#link.post({type: 'attention', attention: this.#attention});
  }

  /** Something around the client went wrong: `problem` tells it. */
  report(problem: TrunkError): void {
    this.#problem.set(problem);
  }

  /** Something happened that makes a dead connection likely, or a new try worthwhile. */
  poke(why: 'online' | 'offline' | 'visible' | 'pageshow'): void {
    this.#link.post({type: 'poke', why});
    void this.#link.check();
  }

  /** The page goes into the back/forward cache, or away. */
  suspend(): void {
    this.#link.suspend();
  }

  /** The page came back. */
  resume(): void {
    this.#resumed = true;
    // The page may be another person's by now, or nobody's, without anybody having said so here.
    if (this.#isStaying() && this.#identity.config) void this.#comeBack();
    else this.#link.resume();
  }

  /** Leaves the hub; everything that waits for an answer is rejected with `closed`. What was accepted is still sent. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#identity.leave();
    this.#link.close();
    this.#demands.close(new TrunkError('closed', 'The client was closed.'));
    this.#fail('closed', '');
    this.#environment.cleanUp?.();
  }

  #firstStatus(): ConnectionStatus {
    return {...initialStatus(this.#own.host, this.#environment.now()), ...this.#own};
  }

  #makeStats(): StatsSource {
    const stats: StatsSource = new StatsSource(() => {
      const id = this.#environment.uuid();
      this.#open(id, {
        want: () => ({kind: 'stats'}),
        receive: message => {
          if (message.type === 'stats') stats.set({...message.stats, here: this.#record.read(this.#link.overview)});
        },
        forget: () => stats.set(null),
      });
      return () => this.#demands.release(id);
    });
    return stats;
  }

  #start(): void {
    const failed = (error: TrunkError) => {
      this.#problem.set(error);
      const {code, message} = error;
      this.#fail(code === 'sign-in-failed' || code === 'no-config' ? code : 'bad-config', message);
    };
    this.#identity.find(config => this.#stay(config), failed);
  }

  #stay(config: HubConfig): void {
    this.#mark.begin(hubName(config));
    void this.#link.open(config);
  }

  /** Back to the hub, if the page still says that it is this person's. Else nothing of them stays. */
  async #comeBack(): Promise<void> {
    const answer = await this.#identity.ask();
    if (!answer) return;
    if (answer instanceof TrunkError) {
      this.#forgetPerson(null);
      this.#start();
    } else if (this.#identity.isSame(answer.config)) this.#link.resume();
    else this.#moveTo(answer.config);
  }

  #moveTo(config: HubConfig): void {
    this.#forgetPerson(config);
    this.#stay(config);
  }

  /** A page that was away, and said so, was not told of a sign-out. */
  #isStaying(): boolean {
    const isOver = this.#identity.config !== null && this.#mark.isOver;
    if (isOver) this.#leaveSignedOut(0);
    return !isOver;
  }

  #fail(reason: ConnectionStatus['reason'], detail: string): void {
    const since = this.#environment.now();
    this.#status.set({...this.#status.current, state: 'error', reason, detail, since, latencyMs: null});
  }

  /** Tells a hub that knows nothing of this tab all it wants, then all it asked without an answer, in the old order. */
  #replay(): void {
    if (!this.#isStaying()) return;
    this.#link.post({type: 'attention', attention: this.#attention});
    // A hub may have slept with the page, and its socket died in its sleep.
    if (this.#resumed) this.#link.post({type: 'poke', why: 'pageshow'});
    this.#resumed = false;
    this.#demands.replay();
  }

  #open(handle: string, opened: Opened): void {
    if (this.#closed) throw new TrunkError('closed', 'The client was closed. Make a new one with connect().');
    this.#demands.open(handle, opened);
  }

  #openTyping(chatId: string, tell: (userIds: readonly string[]) => void): TypingLine {
    const id = this.#environment.uuid();
    const line = new TypingLine(chatId, {
      now: () => this.#environment.now(),
      changed: () => this.#demands.change(id),
      release: () => this.#demands.release(id),
    });
    const nobody = () => tell([]);
    this.#open(id, {
      want: () => line.want,
      receive: message => message.type === 'typing' && tell(message.userIds),
      restart: nobody,
      lost: nobody,
      forget: nobody,
      close: nobody,
    });
    return line;
  }

  #ask<K extends Call['kind']>(call: Extract<Call, {kind: K}>): Promise<CallValues[K]> {
    const refusal = this.#refusal();
    if (refusal) return Promise.reject(refusal);
    const answer = this.#demands.ask<K>(this.#environment.uuid(), call);
    if (call.kind !== 'ping') {
      // It may be the server that takes its time, or the hub that is gone.
      const doubt = setTimeout(() => void this.#link.check(), DOUBT_MS);
      const calm = () => clearTimeout(doubt);
      answer.then(calm, calm);
    }
    return answer;
  }

  get #isSignedOut(): boolean {
    return this.#status.current.reason === 'signed-out';
  }

  /** Why nothing can be asked any more; null while it can. */
  #refusal(): TrunkError | null {
    if (this.#closed) return new TrunkError('closed', 'The client was closed.');
    return this.#isSignedOut ? signedOut() : null;
  }

  #receive(message: HubMessage): void {
    switch (message.type) {
      case 'status': {
        const outdated = this.#learnOutdated(message.status.outdated);
        this.#status.set({...message.status, outdated, ...this.#own});
        this.#timeConnection(message.status.state === 'connected');
        break;
      }
      case 'me':
        this.#me.set(message.person);
        break;
      case 'people':
        this.#profiles.receive(message.people);
        break;
      case 'token-request':
        void this.#answerToken(message.id);
        break;
      case 'signed-out':
        this.#leaveSignedOut(message.waiting);
        break;
      case 'problem':
        this.#problem.set(TrunkError.fromWire(message.error));
        break;
      default: // `hello` and `elsewhere` are the link's
        this.#demands.receive(message);
    }
  }

  #timeConnection(isConnected: boolean): void {
    if (!isConnected) this.#awaySince ??= performance.now();
    else if (this.#awaySince !== null) {
      measure('connect', this.#awaySince);
      this.#awaySince = null;
    }
  }

  /** Said once, and true from then on: this page's script stays what it is. */
  #learnOutdated(isNow: boolean): boolean {
    if (isNow && !this.#outdated) {
      this.#outdated = true;
      this.#problem.set(new TrunkError('newer-version', 'A newer version of this site is open. Reload to get it.'));
    }
    return this.#outdated;
  }

  #leaveSignedOut(waiting: number): void {
    this.#mark.end();
    // The status first, so that whoever hears of the rest and asks again is refused.
    const status = {...this.#firstStatus(), outdated: this.#outdated};
    this.#status.set({...status, state: 'error', reason: 'signed-out', detail: signedOut().message});
    this.#demands.signedOut(waiting);
    this.#forgetPerson(null);
  }

  /** Nothing of the person may stay on the page, or be sent as if the `next` one had said it. */
  #forgetPerson(next: HubConfig | null): void {
    this.#identity.leave(next);
    this.#link.leave();
    this.#record.forget();
    this.#attention = {...this.#attention, currentChatId: null};
    this.#me.set(null);
    this.#profiles.forget();
    this.#demands.forget(signedOut());
  }

  /** The hub needs a token. Should the page belong to another person by now, this tab moves to that person's hub. */
  async #answerToken(id: string): Promise<void> {
    const answer = await this.#identity.ask();
    if (!answer) return;
    if (answer instanceof TrunkError) {
      this.#problem.set(answer);
      this.#link.post({type: 'token', id, token: null});
    } else if (this.#identity.isSame(answer.config)) {
      this.#link.post({type: 'token', id, token: answer.token});
    } else this.#moveTo(answer.config);
  }
}

function signedOut(): TrunkError {
  return new TrunkError('signed-out', 'Signed out. Sign in to go on.');
}
