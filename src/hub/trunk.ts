// One project's one line and everything that hangs on it, for one person: connection, channels, chats, presence, outbox. The hub
// hands it what tabs want; it answers through what it is given to tell them. Knows sessions, no ports.
import type {PresentPerson, StoredMessage, WaitingMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Attention, Call, CallValues, HubConfig, HubMessage, TabMessage, Want} from '../wire/protocol.js';
import type {HubStats, TabStats} from '../wire/stats.js';
import type {ConnectionStatus, OwnStatus} from '../wire/status.js';
import {Account} from './account.js';
import {Alerts} from './alerts.js';
import {answerCall} from './answer-call.js';
import {assertNever} from './assert-never.js';
import {Channels} from './channels.js';
import {ChatMemory} from './chat-memory.js';
import {Chats} from './chats.js';
import {Connection} from './connection.js';
import type {Environment, Store} from './environment.js';
import {Inbox} from './inbox.js';
import {LastSeen} from './last-seen.js';
import {forgetLine, keepLine, ownerOf} from './line-record.js';
import {Outbox} from './outbox.js';
import {OutboxWatch} from './outbox-watch.js';
import {People} from './people.js';
import {patient} from './patient-store.js';
import {PresenceScopes} from './presence-scopes.js';
import type {Held} from './session.js';
import type {Credential, Database, Transport} from './transport.js';
import {Topics} from './topics.js';
import {Stats} from './stats.js';
import {nameOfWant, StatsWatch} from './stats-watch.js';
import {Typing} from './typing.js';
import {whyLost, whyNotPresent} from './why-lost.js';

/** How long a sign-out tries to have the database forget what was discarded, in ms. */
const FAREWELL_MS = 5_000;
/** While no tab is visible for longer than this, chats are held no longer than what a new tab is shown of them, in ms. */
const TRIM_MS = 60_000;
/** One limit of the project may take many topics: it is told once in this time, in ms. */
const LIMITED_MS = 30_000;

/** What the line needs to know of the tabs and say to them. */
export interface Tabs {
  attention(): Attention[];
  /** What each holds open. */
  overview(nameOf: (want: Want) => string): TabStats[];
  tellAll(message: HubMessage): void;
  /** A token from whichever tab answers; null when none can give one. */
  requestToken(): Promise<string | null>;
  /** Whether a hub of a newer version is there. */
  isOutdated(): boolean;
  /** The sign-in brought another account than before: this trunk is at its end. */
  personChanged(): void;
  /** The person signed out: this trunk is at its end. Nobody else may come in before what is kept of the person is forgotten. */
  signedOut(waiting: number, forget: () => Promise<unknown>): void;
}

export class Trunk {
  readonly #environment: Environment;
  readonly #store: Store;
  readonly #config: HubConfig;
  readonly #tabs: Tabs;
  readonly #transport: Transport;
  readonly #database: Database;
  readonly #account: Account;
  readonly #connection: Connection;
  readonly #channels: Channels;
  readonly #outbox: Outbox;
  readonly #people: People;
  readonly #memory: ChatMemory;
  readonly #chats: Chats;
  readonly #typing: Typing;
  readonly #topics: Topics;
  readonly #presence: PresenceScopes;
  readonly #inbox: Inbox;
  readonly #alerts: Alerts;
  readonly #stats: Stats;
  readonly #statsWatch: StatsWatch;
  readonly #outboxWatch = new OutboxWatch(() => this.#outbox);
  #latencyWatchers = 0;
  /** Whether some tab is visible. */
  #isSeen = true;
  #cancelTrim: () => void = () => {};
  #toldQueued = 0;
  #closed = false;
  /** Topics whose loss was told; empty: that of any, for a limit of the project. */
  readonly #toldLost = new Set<string>();

  constructor(environment: Environment, disk: Store, config: HubConfig, tabs: Tabs) {
    const {clock, random, locks} = environment;
    this.#environment = environment;
    const store = (this.#store = patient(disk, clock, isSilent => this.#storeChanged(isSilent)));
    this.#config = config;
    this.#tabs = tabs;
    const stats = (this.#stats = new Stats(clock));
    this.#statsWatch = new StatsWatch(clock, () => this.#readStats());
    this.#transport = environment.connectTransport(config, store);
    const owner = ownerOf(config);
    this.#account = new Account(
      {clock, store, config, transport: this.#transport, owner, requestToken: () => tabs.requestToken()},
      {
        renewed: credential => this.#renewed(credential),
        me: person => {
          tabs.tellAll({type: 'me', person});
          this.#presence.update(); // its name rides along, and there may be a profile now to keep “last seen” in
          if (person.name) this.#people.put(person);
          this.#outbox.setOnline(this.#connection.reach !== 'none', person.userId);
        },
        replaced: () => {
          // What is remembered is the former account's. Asked for before the next trunk reads, so it is gone by then.
          void Promise.allSettled([this.#memory.clear(), this.#inbox.clear(), this.#account.forget()]);
          tabs.personChanged();
        },
        problem: error => this.#tellProblem(error),
      },
    );
    const {credentials} = this.#account;
    this.#database = this.#transport.database(async fresh => {
      return (await (fresh ? credentials.renew() : credentials.get())).token;
    });
    this.#channels = new Channels(
      clock,
      random,
      (topic, reason) => this.#channelLost(topic, reason),
      () => credentials.isGood,
      topic => this.#tellProblem(whyNotPresent(topic)),
    );
    this.#people = new People(clock, this.#database, people => tabs.tellAll({type: 'people', people}));
    this.#outbox = new Outbox({clock, random, locks, store, database: this.#database}, owner, {
      waiting: (chatId, messages) => {
        for (const {id, status} of messages) stats.message(id, chatId, status === 'sending' ? 'sentAt' : 'queuedAt');
        this.#chats.with(chatId, chat => chat.waiting(messages));
        this.#tellOutbox(messages, []);
      },
      dropped: (chatId, ids) => {
        this.#chats.with(chatId, chat => chat.dropped(ids));
        this.#tellOutbox([], ids);
      },
      stored: (chatId, messages) => {
        for (const {id} of messages) stats.message(id, chatId, 'ackedAt');
        this.#chats.with(chatId, chat => chat.stored(messages));
        const ids = messages.map(({id}) => id);
        this.#tellOutbox([], ids);
      },
      gone: (chatId, ids) => {
        this.#chats.with(chatId, chat => chat.gone(ids));
        this.#tellOutbox([], ids);
      },
    });
    this.#memory = new ChatMemory(clock, store, owner, this.#people);
    const need = (userIds: (string | null)[]) => this.#people.need(userIds);
    const outbox = {
      waitingIn: (chatId: string) => this.#outbox.waitingIn(chatId),
      settle: (messages: readonly StoredMessage[]) => {
        const ids = this.#outbox.settle(messages);
        if (ids.length > 0) this.#tellOutbox([], ids);
      },
    };
    const [database, channels, memory, people] = [this.#database, this.#channels, this.#memory, this.#people];
    const attention = () => tabs.attention();
    const me = () => this.#account.me;
    const said = (chatId: string, senderIds: (string | null)[]) => this.#typing.said(chatId, senderIds);
    this.#alerts = new Alerts(clock, attention);
    this.#inbox = new Inbox(
      {
        ...{clock, random, store, owner, database, channels, people},
        online: () => this.#connection.reach !== 'none',
        myId: () => me()?.userId ?? null,
        whenKnown: task => this.#account.whenKnown(task),
      },
      {
        read: (chatId, state) => this.#chats.with(chatId, chat => chat.read(state)),
        member: (chatId, isMember) => this.#chats.member(chatId, isMember),
        news: chatId => this.#alerts.put(chatId),
        problem: error => this.#tellProblem(error),
      },
    );
    this.#chats = new Chats(
      {clock, random, database, channels, memory, outbox, need, said, stats, inbox: this.#inbox},
      {ids: () => this.#inbox.tipIds, tip: (chatId, rev) => this.#inbox.tip(chatId, rev)},
    );
    this.#topics = new Topics(clock, random, channels);
    this.#typing = new Typing({clock, channels, need, problem: error => this.#tellProblem(error)});
    const left = (people: PresentPerson[]) => this.#people.seen(people);
    const lastSeen = new LastSeen(clock, () => database.touchLastSeen());
    this.#presence = new PresenceScopes({clock, channels, attention, me, need, left}, lastSeen);
    this.#connection = new Connection(clock, random, credentials, this.#transport, {
      up: socket => {
        stats.became('connected', 'open');
        this.#channels.up(socket);
      },
      down: reason => {
        stats.became('disconnected', reason);
        this.#channels.down();
      },
      beat: latencyMs => stats.beat(latencyMs),
      frame: (way, bytes) => {
        stats.traffic[way === 'in' ? 'framesIn' : 'framesOut']++;
        stats.traffic[way === 'in' ? 'bytesIn' : 'bytesOut'] += bytes;
      },
      reach: reach => {
        this.#outbox.setOnline(reach !== 'none', this.#account.me?.userId ?? null);
        this.#chats.setReach(reach);
        if (reach === 'none') return;
        this.#inbox.retry();
        void this.#account.keepProfile(this.#database);
      },
      changed: () => {
        const {state, reason} = this.#connection.status;
        stats.became(state, reason);
        this.statusChanged();
      },
    });
    this.takeUp();
    this.#setSeen(false);
  }

  /** What a tab that comes in hears first. */
  greeting(): HubMessage[] {
    const greeting: HubMessage[] = [this.#statusMessage()];
    const {me} = this.#account;
    if (me) greeting.push({type: 'me', person: me});
    const people = this.#people.all();
    if (people.length > 0) greeting.push({type: 'people', people});
    return greeting;
  }

  /** Some tab is there: the line is wanted. Its page may know its person better. */
  start(config: HubConfig): void {
    this.#account.describe(config, this.#database);
    this.#connection.start();
  }

  /** No tab is left. Resolves once everything is in the store that was accepted. */
  rest(): Promise<void> {
    this.#connection.rest();
    return this.#outbox.kept();
  }

  /** What another hub over the same store has left, which is gone, goes out from here. */
  takeUp(): void {
    this.#outbox.takeUp().then(
      () => this.statusChanged(),
      error => this.#tellProblem(TrunkError.from(error)),
    );
  }

  /** The tabs hear how things stand. */
  statusChanged(): void {
    this.#tabs.tellAll(this.#statusMessage());
  }

  /** A tab saw something. After a sleep the order is: a token, then the socket and its joins, then what was missed. */
  poke(why: Extract<TabMessage, {type: 'poke'}>['why']): void {
    if (why === 'offline') return this.#connection.poke(why);
    const go = () => {
      if (this.#closed) return;
      this.#connection.poke(why);
      this.#chats.checkTips();
    };
    if (this.#account.credentials.isGood) go();
    else this.#account.credentials.get().then(go, go);
  }

  attentionChanged(): void {
    const tabs = this.#tabs.attention();
    const gone = tabs.length === 0;
    // A hub without tabs may be ended at any moment.
    if (gone) this.#memory.flush();
    this.#presence.update();
    const isSeen = tabs.some(({visible}) => visible);
    if (!isSeen) this.#inbox.flush();
    this.#setSeen(isSeen);
    this.#channels.looked();
  }

  /**
   * Opens what a tab wants.
   * @param look what the tab knows of its person now
   */
  open(want: Want, handle: string, tell: (message: HubMessage) => void, look: () => Attention): Held {
    switch (want.kind) {
      case 'chat':
        return {release: this.#chats.open(want, event => tell({type: 'chat', handle, event}), look)};
      case 'presence':
        return this.#account.hold(want, (_, userId) =>
          this.#presence.open(
            want.scope,
            userId,
            event => tell({type: 'presence', handle, event}),
            () => look().visible,
          ),
        );
      case 'typing':
        return this.#account.hold(want, (now, userId) =>
          this.#typing.open(want.chatId, userId, now.typing, userIds => tell({type: 'typing', handle, userIds}), look),
        );
      case 'channel':
        return this.#account.hold(want, (now, userId) =>
          this.#topics.open(now, userId, event => tell({type: 'channel', handle, event}), look),
        );
      case 'outbox':
        return {release: this.#outboxWatch.open(event => tell({type: 'outbox', handle, event}))};
      case 'chats':
        return {release: this.#inbox.open(event => tell({type: 'chats', handle, event}))};
      case 'alerts': {
        const stop = this.#alerts.open(look, chatId => tell({type: 'alert', handle, chatId}));
        const close = this.#inbox.open(() => {}); // somebody has to hear of them
        return {release: () => (stop(), close())};
      }
      case 'stats':
        return {release: this.#statsWatch.add(told => tell({type: 'stats', handle, stats: told}))};
      case 'latency':
        this.#latencyWatchers++;
        this.#watchLatency();
        return {
          release: () => {
            this.#latencyWatchers--;
            this.#watchLatency();
          },
        };
      default:
        return assertNever(want);
    }
  }

  /** Answers a call. Rejects with a TrunkError. */
  call(call: Exclude<Call, {kind: 'broadcast'}>): Promise<CallValues[Call['kind']]> {
    return answerCall(call, {
      ...{outbox: this.#outbox, chats: this.#chats, people: this.#people, database: this.#database, inbox: this.#inbox},
      myId: () => this.#account.me?.userId ?? null,
      signOut: unsent => this.#signOut(unsent),
    });
  }

  close(): void {
    this.#closed = true;
    this.#cancelTrim();
    this.#statsWatch.close();
    this.#chats.close();
    this.#memory.close();
    this.#presence.close();
    this.#typing.close();
    this.#topics.close();
    this.#inbox.close();
    this.#outbox.close();
    this.#people.close();
    this.#account.close();
    this.#connection.close();
  }

  /** Whether some tab is visible. While none is, nobody reads figures, and what can be had again is not held. */
  #setSeen(isSeen: boolean): void {
    if (isSeen === this.#isSeen) return;
    this.#isSeen = isSeen;
    this.#chats.setSeen(isSeen);
    this.#watchLatency();
    this.#cancelTrim();
    if (!isSeen) this.#cancelTrim = this.#environment.clock.after(TRIM_MS, () => this.#chats.trim());
  }

  /** Somebody holds the store fast, or has let go of it: what was asked of it meanwhile is done by then. */
  #storeChanged(isSilent: boolean): void {
    if (this.#closed) return;
    if (!isSilent) return this.takeUp();
    const text =
      'The browser’s storage does not answer, so until it does unsent messages are kept only while a tab is open.';
    this.#tellProblem(new TrunkError('storage-refused', text));
    this.statusChanged();
  }

  #watchLatency(): void {
    this.#connection.watchLatency(this.#isSeen && this.#latencyWatchers > 0, this.#isSeen);
  }

  /** Tells what changed in the outbox, and how much still waits. */
  #tellOutbox(messages: WaitingMessage[], dropped: string[]): void {
    this.#outboxWatch.tell(messages, dropped);
    if (this.#outbox.queued !== this.#toldQueued) this.statusChanged();
  }

  #readStats(): HubStats {
    return this.#stats.read({
      hub: this.#environment.hubId,
      tabs: this.#tabs.overview(want =>
        nameOfWant(want, name => this.#chats.idOf(name), this.#account.me?.userId ?? null),
      ),
      ...this.#channels.overview,
      outbox: {
        queued: this.#outbox.queued,
        failed: this.#outbox.waiting.filter(({status}) => status === 'failed').length,
        ...this.#outbox.ages,
      },
    });
  }

  #tellProblem(error: TrunkError): void {
    this.#stats.problem(error);
    this.#tabs.tellAll({type: 'problem', error: error.toWire()});
  }

  /** Asked first, nothing is thrown away. Once it is done, the tabs are told and this trunk is at its end. */
  async #signOut(unsent: 'ask' | 'keep' | 'discard'): Promise<CallValues['sign-out']> {
    await this.#outbox.load().catch(() => {});
    const waiting = this.#outbox.unfinished;
    // Nobody comes back to an anonymous account: what is kept of it would be the next person's to read.
    const mayKeep = this.#config.identity.kind === 'token';
    const mayWait = waiting > 0 || this.#outbox.isUnread;
    if (mayWait && (unsent === 'ask' || (unsent === 'keep' && !mayKeep))) return {waiting, done: false};
    // The tabs first: whatever the store or the server says, nothing of the person may stay in view.
    this.#tabs.signedOut(waiting, () => {
      const discarded = unsent === 'discard' ? this.#outbox.clear(FAREWELL_MS) : null;
      const forgotten = forgetLine(this.#store, ownerOf(this.#config));
      return Promise.allSettled([
        discarded,
        forgotten,
        this.#memory.clear(),
        this.#inbox.clear(),
        this.#account.signOut(),
      ]);
    });
    return {waiting, done: true};
  }

  #renewed({token, userId, expiresAt}: Credential): void {
    const isOwn = this.#config.identity.kind === 'token';
    void keepLine(this.#store, {config: this.#config, token: isOwn ? {text: token, userId, expiresAt} : null});
    this.#connection.socket?.setToken(token);
    this.#channels.tokenRenewed();
    // Signing in works again: what stopped for want of it goes on.
    this.#connection.recover();
    // Not on the way to the first message: names may come a moment later.
    void this.#account.keepProfile(this.#database);
  }

  #channelLost(topic: string, reason: string): void {
    this.#environment.log('warn', `The server let go of ${topic}: ${reason}`);
    // An ended token takes every channel with it; a fresh one is needed before the next join.
    if (/token|jwt/i.test(reason)) this.#account.credentials.refused().catch(() => {});
    // Chats and an application's topics say themselves that they are refused.
    const why = whyLost(topic, reason);
    const isLimit = why?.code === 'rate-limited';
    const what = isLimit ? '' : topic;
    const isOurs = why?.code === 'forbidden' && /^(presence|inbox):/.test(topic);
    if (!why || !(isLimit || isOurs) || this.#toldLost.has(what)) return;
    this.#toldLost.add(what);
    if (isLimit) this.#environment.clock.after(LIMITED_MS, () => this.#toldLost.delete(what));
    this.#tellProblem(why);
  }

  #statusMessage(): HubMessage {
    this.#toldQueued = this.#outbox.queued;
    const status: Omit<ConnectionStatus, OwnStatus> = {
      ...this.#connection.status,
      queued: this.#toldQueued,
      storage: this.#store.durable ? 'durable' : 'memory',
      outdated: this.#tabs.isOutdated(),
    };
    return {type: 'status', status};
  }
}
