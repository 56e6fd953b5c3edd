// One project's one line and everything that hangs on it, for one person: connection, channels, chats, presence, outbox. The hub
// hands it what tabs want; it answers through what it is given to tell them. Knows sessions, no ports.
import type {Person, StoredMessage} from '../wire/chat.js';
import {TrunkError} from '../wire/error.js';
import type {Attention, Call, CallValues, HubConfig, HubMessage, TabMessage, Want} from '../wire/protocol.js';
import type {ConnectionStatus} from '../wire/status.js';
import {assertNever} from './assert-never.js';
import {Channels} from './channels.js';
import {Connection} from './connection.js';
import {Credentials} from './credentials.js';
import type {Environment, Store} from './environment.js';
import {Outbox} from './outbox.js';
import {People} from './people.js';
import {PresenceScope} from './presence.js';
import {SharedChat} from './shared-chat.js';
import type {Credential, Database, Transport} from './transport.js';

/** A chat or scope outlives its last handle by this, in ms. */
const LINGER_MS = 3_000;
/** How often the chats' tips are compared while some tab is visible, and while none is, in ms (DESIGN §4). */
const TIPS_VISIBLE_MS = 30_000;
const TIPS_HIDDEN_MS = 5 * 60_000;

/** What the line needs to know of the tabs and say to them. */
export interface Tabs {
  attention(): Attention[];
  tellAll(message: HubMessage): void;
  /** A token from whichever tab answers; null when none can give one. */
  requestToken(): Promise<string | null>;
  /** The sign-in brought another account than before: this trunk is at its end. */
  personChanged(): void;
}

export class Trunk {
  readonly #environment: Environment;
  readonly #store: Store;
  readonly #config: HubConfig;
  readonly #tabs: Tabs;
  readonly #transport: Transport;
  readonly #database: Database;
  readonly #credentials: Credentials;
  readonly #connection: Connection;
  readonly #channels: Channels;
  readonly #outbox: Outbox;
  readonly #people: People;
  /** By the name they were asked for. */
  readonly #chats = new Map<string, SharedChat>();
  /** Cancels the wait of a chat that nobody holds. */
  readonly #lingers = new Map<SharedChat, () => void>();
  readonly #scopes = new Map<string, PresenceScope>();
  /** Handles that wait until it is known who is signed in. */
  #signedIn: ((userId: string) => void)[] = [];
  #me: Person | null = null;
  /** Whether `profiles` says what this page says, or is about to. */
  #profileKept = false;
  #latencyWatchers = 0;
  #toldQueued = 0;
  #cancelTips: () => void = () => {};
  /** Whether some tab is visible. */
  #seen = false;
  #closed = false;

  constructor(environment: Environment, store: Store, config: HubConfig, tabs: Tabs) {
    const {clock, random, locks} = environment;
    this.#environment = environment;
    this.#store = store;
    this.#config = config;
    this.#tabs = tabs;
    this.#transport = environment.connectTransport(config, store);
    this.#credentials = new Credentials(
      clock,
      () => this.#fetchCredential(),
      credential => this.#renewed(credential),
    );
    this.#database = this.#transport.database(async fresh => {
      return (await (fresh ? this.#credentials.renew() : this.#credentials.get())).token;
    });
    this.#channels = new Channels(clock, random, (topic, reason) => this.#channelLost(topic, reason));
    this.#people = new People(clock, this.#database, people => tabs.tellAll({type: 'people', people}));
    this.#outbox = new Outbox({clock, random, locks, store, database: this.#database}, ownerOf(config), {
      waiting: (chatId, messages) => this.#withChat(chatId, chat => chat.waiting(messages)),
      dropped: (chatId, ids) => this.#withChat(chatId, chat => chat.dropped(ids)),
      stored: (chatId, messages) => this.#withChat(chatId, chat => chat.stored(messages)),
    });
    this.#connection = new Connection(clock, random, this.#credentials, this.#transport, {
      up: socket => {
        this.#channels.up(socket);
        this.#outbox.setOnline(true, this.#me?.userId ?? null);
        for (const chat of this.#chats.values()) chat.retry();
        if (this.#me) void this.#keepProfile(this.#me);
      },
      down: () => {
        this.#channels.down();
        this.#outbox.setOnline(false, null);
      },
      changed: () => tabs.tellAll(this.#statusMessage()),
    });
    this.#outbox.load().then(
      () => tabs.tellAll(this.#statusMessage()),
      error => tabs.tellAll({type: 'problem', error: TrunkError.from(error).toWire()}),
    );
    this.#scheduleTips();
  }

  /** What a tab that comes in hears first. */
  greeting(): HubMessage[] {
    const greeting: HubMessage[] = [this.#statusMessage()];
    if (this.#me) greeting.push({type: 'me', person: this.#me});
    const people = this.#people.all();
    if (people.length > 0) greeting.push({type: 'people', people});
    return greeting;
  }

  /** Some tab is there: the line is wanted. */
  start(): void {
    this.#connection.start();
  }

  /** No tab is left. */
  rest(): void {
    this.#connection.rest();
  }

  poke(why: Extract<TabMessage, {type: 'poke'}>['why']): void {
    this.#connection.poke(why);
    if (why !== 'offline') this.#checkTips();
  }

  attentionChanged(): void {
    const gone = this.#tabs.attention().length === 0;
    for (const [name, scope] of this.#scopes) {
      if (gone) this.#closeScope(name, scope);
      else scope.update();
    }
    if (this.#seen !== this.#isSeen()) this.#scheduleTips();
  }

  /** Opens what a tab wants; the answer lets go of it. */
  open(want: Want, handle: string, tell: (message: HubMessage) => void): () => void {
    switch (want.kind) {
      case 'chat': {
        const chat = this.#chat(want.chat, want.make);
        const stop = chat.add(event => tell({type: 'chat', handle, event}), want.make, want.since);
        return () => {
          stop();
          this.#linger(want.chat, chat);
        };
      }
      case 'presence':
        return this.#openPresence(want.scope, event => tell({type: 'presence', handle, event}));
      case 'latency':
        this.#latencyWatchers++;
        this.#connection.watchLatency(true);
        return () => this.#connection.watchLatency(--this.#latencyWatchers > 0);
      default:
        return assertNever(want);
    }
  }

  /** Answers a call. Rejects with a TrunkError. */
  async call(call: Call): Promise<CallValues[Call['kind']]> {
    switch (call.kind) {
      case 'send':
        await this.#outbox.accept(call.message);
        return null;
      case 'retry':
        await this.#outbox.retry(call.messageId);
        return null;
      case 'discard':
        await this.#outbox.discard(call.messageId);
        return null;
      case 'history': {
        const messages = await this.#database.messagesBefore(call.chatId, call.beforeSeq, call.limit);
        this.#people.need(messages.map(message => message.senderId));
        return {messages: messages.reverse(), hasOlder: messages.length === call.limit};
      }
      case 'edit':
        this.#changed(await this.#database.editMessage(call.messageId, call.body));
        return null;
      case 'remove':
        this.#changed(await this.#database.deleteMessage(call.messageId));
        return null;
      case 'ping':
        return null;
      default:
        return assertNever(call);
    }
  }

  close(): void {
    this.#closed = true;
    this.#cancelTips();
    for (const cancel of this.#lingers.values()) cancel();
    for (const chat of this.#chats.values()) chat.close();
    for (const scope of this.#scopes.values()) scope.close();
    this.#outbox.close();
    this.#people.close();
    this.#credentials.close();
    this.#connection.close();
  }

  /** Lets go of a chat a little after its last handle. */
  #linger(name: string, chat: SharedChat): void {
    if (!chat.empty || this.#closed) return;
    this.#lingers.get(chat)?.();
    const cancel = this.#environment.clock.after(LINGER_MS, () => {
      this.#lingers.delete(chat);
      if (!chat.empty || this.#chats.get(name) !== chat) return;
      chat.close();
      this.#chats.delete(name);
    });
    this.#lingers.set(chat, cancel);
  }

  #changed(message: StoredMessage): void {
    this.#withChat(message.chatId, chat => chat.stored([message]));
  }

  #chat(name: string, make: boolean): SharedChat {
    let chat = this.#chats.get(name);
    if (!chat) {
      const {clock, random} = this.#environment;
      chat = new SharedChat(name, make, {
        clock,
        random,
        database: this.#database,
        channels: this.#channels,
        outbox: {
          waitingIn: chatId => this.#outbox.waitingIn(chatId),
          settle: messageIds => {
            this.#outbox.settle(messageIds);
            this.#tellQueued();
          },
        },
        need: userIds => this.#people.need(userIds),
      });
      this.#chats.set(name, chat);
    }
    return chat;
  }

  #withChat(chatId: string, task: (chat: SharedChat) => void): void {
    for (const chat of this.#chats.values()) if (chat.id === chatId) task(chat);
    this.#tellQueued();
  }

  #tellQueued(): void {
    if (this.#outbox.queued !== this.#toldQueued) this.#tabs.tellAll(this.#statusMessage());
  }

  #openPresence(scope: string, tell: Parameters<PresenceScope['add']>[0]): () => void {
    let stop: () => void = () => {};
    let released = false;
    this.#whenSignedIn(userId => {
      if (released) return;
      let present = this.#scopes.get(scope);
      if (!present) {
        present = new PresenceScope(scope, userId, {
          clock: this.#environment.clock,
          channels: this.#channels,
          attention: () => this.#tabs.attention(),
          need: userIds => this.#people.need(userIds),
        });
        this.#scopes.set(scope, present);
      }
      stop = present.add(tell);
    });
    return () => {
      released = true;
      stop();
      const present = this.#scopes.get(scope);
      if (!present?.empty || this.#closed) return;
      // A page that takes its elements out and puts them in again is no leave; a person without a tab is.
      if (this.#tabs.attention().length === 0) this.#closeScope(scope, present);
      else present.linger(LINGER_MS, () => this.#closeScope(scope, present));
    };
  }

  #closeScope(scope: string, present: PresenceScope): void {
    if (!present.empty || this.#scopes.get(scope) !== present) return;
    this.#scopes.delete(scope);
    present.close();
  }

  #whenSignedIn(task: (userId: string) => void): void {
    if (this.#me) task(this.#me.userId);
    else this.#signedIn.push(task);
  }

  async #fetchCredential(): Promise<Credential> {
    const {identity} = this.#config;
    if (identity.kind === 'anonymous') return this.#transport.signInAnonymously(identity.name);
    const token = await this.#tabs.requestToken();
    if (token === null) {
      throw new TrunkError(
        'sign-in-failed',
        'No tab could give a token. Check that accessToken() resolves to a valid JWT.',
      );
    }
    const credential = this.#transport.readToken(token);
    if (credential.userId !== identity.userId) {
      throw new TrunkError(
        'sign-in-failed',
        'The token belongs to another person than the one this hub serves. Reload the page.',
      );
    }
    return credential;
  }

  #renewed({token, userId}: Credential): void {
    if (this.#me && this.#me.userId !== userId) return this.#tabs.personChanged();
    this.#connection.socket?.setToken(token);
    // Signing in works again: what stopped for want of it goes on.
    this.#connection.recover();
    if (this.#me) return;
    this.#me = {userId, name: this.#config.userName, avatarUrl: this.#config.avatarUrl || null};
    this.#tabs.tellAll({type: 'me', person: this.#me});
    this.#outbox.setOnline(this.#connection.socket !== null, userId);
    for (const task of this.#signedIn.splice(0)) task(userId);
    // Not on the way to the first message: names may come a moment later.
    void this.#keepProfile(this.#me);
  }

  /** Sees to it that the person's profile says what this page says. */
  async #keepProfile(me: Person): Promise<void> {
    if (this.#profileKept) return;
    this.#profileKept = true;
    try {
      const [stored] = await this.#database.profiles([me.userId]);
      const wanted = {...me, name: me.name || stored?.name || '', avatarUrl: me.avatarUrl ?? stored?.avatarUrl ?? null};
      if (wanted.name && (stored?.name !== wanted.name || stored.avatarUrl !== wanted.avatarUrl)) {
        await this.#database.saveProfile(wanted);
      }
      if (this.#closed) return;
      this.#me = wanted;
      this.#tabs.tellAll({type: 'me', person: wanted});
      if (wanted.name) this.#people.put(wanted);
    } catch (error) {
      this.#profileKept = false; // tried again with the next connection
      if (!this.#closed) this.#tabs.tellAll({type: 'problem', error: TrunkError.from(error).toWire()});
    }
  }

  #channelLost(topic: string, reason: string): void {
    this.#environment.log('warn', `The server let go of ${topic}: ${reason}`);
    // An ended token takes every channel with it; a fresh one is needed before the next join.
    if (/token|jwt/i.test(reason)) this.#credentials.renew().catch(() => {});
  }

  #scheduleTips(): void {
    this.#cancelTips();
    this.#seen = this.#isSeen();
    this.#cancelTips = this.#environment.clock.after(this.#seen ? TIPS_VISIBLE_MS : TIPS_HIDDEN_MS, () => {
      this.#checkTips();
      this.#scheduleTips();
    });
  }

  #isSeen(): boolean {
    return this.#tabs.attention().some(attention => attention.visible);
  }

  /** The last event of a chat may be lost with nothing after it to show the gap; the chat's revision shows it. */
  #checkTips(): void {
    const open = [...this.#chats.values()].flatMap(chat => (chat.id ? [{chat, id: chat.id}] : []));
    if (open.length === 0 || !this.#connection.socket) return;
    this.#database.chatTips(open.map(({id}) => id)).then(
      tips => {
        for (const {chat, id} of open) chat.tip(tips.get(id) ?? 0);
      },
      () => {
        // The next check, or the next event, will tell.
      },
    );
  }

  #statusMessage(): HubMessage {
    this.#toldQueued = this.#outbox.queued;
    const status: Omit<ConnectionStatus, 'host'> = {
      ...this.#connection.status,
      queued: this.#toldQueued,
      storage: this.#store.durable ? 'durable' : 'memory',
    };
    return {type: 'status', status};
  }
}

/** Whose messages an outbox holds: one name a project and person. */
function ownerOf({url, identity}: HubConfig): string {
  return `${url} ${identity.kind} ${identity.kind === 'anonymous' ? identity.name : identity.userId}`;
}
