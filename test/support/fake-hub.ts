// A hub that is none: it speaks the protocol of src/wire over a real MessageChannel and drives the real HubClient, so that a
// test of an element runs through everything but the network.
//
// How to extend: what a tab may say arrives in `#hear`; add a case there when the protocol grows. What a hub may say of its own
// accord is a method (`receiveFrom`, `setStatus`, …) that ends in `say()`. Never reach into the client: if a test needs
// something that the protocol can't say, the element can't get it either. After any of it: `await hub.settle(element)`.
import type {LitElement} from 'lit';
import {HubClient} from '../../src/client/hub-client.js';
import type {
  Chat,
  ChatMessage,
  ChatSummary,
  OutgoingMessage,
  Person,
  PresentPerson,
  StoredMessage,
  WaitingMessage,
} from '../../src/wire/chat.js';
import type {WireError} from '../../src/wire/error.js';
import type {HubStats} from '../../src/wire/stats.js';
import {
  PROTOCOL_VERSION,
  type Call,
  type CallValues,
  type ChatEvent,
  type ChatsEvent,
  type Continuity,
  type HubConfig,
  type HubMessage,
  type OutboxEvent,
  type TabMessage,
  type Want,
} from '../../src/wire/protocol.js';
import {initialStatus, type ConnectionStatus, type HostKind, type OwnStatus} from '../../src/wire/status.js';
import {ada, grace, storedMessage} from './sample-messages.js';

export {ada, chatSummary, conversation, grace, storedMessage} from './sample-messages.js';

const NOW = '2026-11-23T12:00:00Z';

export interface FakeHubOptions {
  me?: Person | null;
  people?: Person[];
  host?: HostKind;
  /** The site around the page. */
  embeddedIn?: string;
  status?: Partial<ConnectionStatus>;
}

export interface FakeChatOptions {
  slug?: string | null;
  title?: string;
  messages?: StoredMessage[];
  /** How many of `messages` a tab gets at first; the rest is history. Default: all. */
  shown?: number;
  /** Whether the database was asked; else it is a copy from before. Default: true. */
  fresh?: boolean;
  /** How far the reader has read; default: nobody knows. */
  lastReadRev?: number;
}

interface FakeChat {
  chat: Chat;
  stored: StoredMessage[];
  waiting: WaitingMessage[];
  shown: number;
  fresh: boolean;
  rev: number;
  lastReadRev: number | undefined;
}

type CallKind = Call['kind'];

export class FakeHub {
  readonly client: HubClient;
  /** Whom the page says it belongs to. */
  config: HubConfig = {
    url: 'https://fake.example',
    key: 'key',
    identity: {kind: 'anonymous', name: 'Ada'},
    userName: 'Ada',
    avatarUrl: '',
  };
  /** Everything the tab has said, in order. */
  readonly heard: TabMessage[] = [];
  /** Calls that are neither answered nor done until `letGo()`, by kind. */
  readonly held = new Set<CallKind>();
  /** Calls that are refused with this error, by kind. */
  readonly refused = new Map<CallKind, WireError>();

  #port: MessagePort | null = null;
  #hubs = 1;
  /** The tab said bye. */
  #isLeft = false;
  readonly #me: Person | null;
  #people: Person[];
  readonly #chats = new Map<string, FakeChat>();
  readonly #handles = new Map<string, Want>();
  #heldCalls: Extract<TabMessage, {type: 'call'}>[] = [];
  #present: PresentPerson[] = [];
  /** Not known yet who is present. */
  holdPresence = false;
  #status: Omit<ConnectionStatus, OwnStatus>;
  readonly #host: HostKind;
  #order = 0;
  #list: ChatsEvent | null = null;
  #stats: HubStats | null = null;
  #uuids = 0;
  readonly #settling = new Map<string, () => void>();
  #greet = (): void => {};
  #greeted = this.#nextGreeting();
  #leave = (): void => {};
  readonly #left = new Promise<void>(resolve => (this.#leave = resolve));

  constructor({
    me = ada,
    people = [ada, grace],
    host = 'shared-worker',
    embeddedIn = '',
    status = {},
  }: FakeHubOptions = {}) {
    const {host: _, hostReason: __, embeddedIn: ___, ...initial} = initialStatus(host, Date.now());
    this.#status = {...initial, state: 'connected', reason: 'open', ...status};
    this.#host = host;
    this.#me = me;
    this.#people = people;
    this.client = new HubClient({
      hosts: [host],
      openHost: async kind => {
        const {port1, port2} = new MessageChannel();
        this.#port = port2;
        port2.onmessage = event => this.#hear(event.data as TabMessage);
        return {kind, port: port1, failed: new Promise(() => {}), close: () => port1.close()};
      },
      embeddedIn,
      locks: null,
      uuid: () => `uuid-${++this.#uuids}`,
      now: () => Date.now(),
      identify: async () => ({config: this.config, token: null}),
    });
  }

  /** Says something to the tab, as one frame. */
  say(...messages: HubMessage[]): void {
    this.#port?.postMessage(messages);
  }

  /** Resolves when the tab has taken in all that was said, has said what it had to, and the elements are updated. */
  async settle(...elements: LitElement[]): Promise<void> {
    if (!this.#isLeft) await this.#greeted;
    // Twice: what the tab says to the first round may be answered by us before the second.
    for (let round = 0; round < 2; round++) {
      const id = `settle-${++this.#uuids}`;
      const answered = new Promise<void>(resolve => this.#settling.set(id, resolve));
      this.say({type: 'token-request', id});
      if (!this.#isLeft) await answered;
      await this.#updated(elements);
    }
  }

  #nextGreeting(): Promise<void> {
    return new Promise(resolve => (this.#greet = resolve));
  }

  async #updated(elements: readonly LitElement[]): Promise<void> {
    for (const element of elements) while ((await element.updateComplete) === false) {}
  }

  setStatus(change: Partial<Omit<ConnectionStatus, OwnStatus>>): void {
    this.#status = {...this.#status, ...change};
    this.say({type: 'status', status: this.#status});
  }

  /** Who is present, all of them. */
  setPresent(people: PresentPerson[]): void {
    this.#present = people;
    for (const [handle, want] of this.#handles) {
      if (want.kind === 'presence') this.say({type: 'presence', handle, event: {kind: 'state', people}});
    }
  }

  /** Some of those present have changed. */
  changePresent(...changed: PresentPerson[]): void {
    for (const [handle, want] of this.#handles) {
      if (want.kind === 'presence') this.say({type: 'presence', handle, event: {kind: 'diff', changed, left: []}});
    }
  }

  /** The line is away for too long to know. */
  loseSight(): void {
    for (const [handle, want] of this.#handles) {
      if (want.kind === 'presence') this.say({type: 'presence', handle, event: {kind: 'unknown'}});
    }
  }

  /** Who is writing in a chat, all of them. */
  setTyping(chatId: string, userIds: string[]): void {
    for (const [handle, want] of this.#handles) {
      if (want.kind === 'typing' && want.chatId === chatId) this.say({type: 'typing', handle, userIds});
    }
  }

  /** Whether the tab says that its person is writing, each time it said so. */
  get typing(): boolean[] {
    return this.heard.flatMap(message =>
      message.type === 'open' && message.want.kind === 'typing' ? [message.want.typing] : [],
    );
  }

  setPeople(people: Person[]): void {
    const known = new Map([...this.#people, ...people].map(person => [person.userId, person]));
    this.#people = [...known.values()];
    this.say({type: 'people', people});
  }

  /** A chat that a tab may open. Until it is added, opening it stays unanswered. */
  addChat(id: string, options: FakeChatOptions = {}): void {
    const {slug = null, title = 'Lobby', messages = [], shown = Infinity, fresh = true, lastReadRev} = options;
    const chat: Chat = {id, slug, title, kind: 'room'};
    const rev = Math.max(0, ...messages.map(message => message.rev));
    this.#chats.set(id, {chat, stored: [...messages], waiting: [], shown, fresh, rev, lastReadRev});
    for (const [handle, want] of this.#handles) if (want.kind === 'chat') this.#open(handle, want.chat);
  }

  /** The chat can't be opened. */
  failChat(idOrSlug: string, error: WireError, final = true): void {
    for (const [handle, want] of this.#handles) {
      if (want.kind === 'chat' && want.chat === idOrSlug) {
        this.say({type: 'chat', handle, event: {kind: 'failed', error, final}});
      }
    }
  }

  /** The list of the reader's chats, all of it. Until it is set, a tab that wants it hears nothing. */
  setChats(chats: ChatSummary[], {hasMore = false, fresh = true}: {hasMore?: boolean; fresh?: boolean} = {}): void {
    this.#tellChats({kind: 'list', reset: true, chats, gone: [], hasMore, fresh});
  }

  failChats(error: WireError, final = true): void {
    this.#tellChats({kind: 'failed', error, final});
  }

  /** What the hub knows of itself. Until it is set, a tab that wants it hears nothing. */
  setStats(stats: HubStats): void {
    this.#stats = stats;
    for (const [handle, {kind}] of this.#handles) if (kind === 'stats') this.say({type: 'stats', handle, stats});
  }

  /** What the tab calls itself. */
  get session(): string {
    return this.heard.findLast(message => message.type === 'hello')?.session ?? '';
  }

  /** The tab is the one to make the sound. */
  alert(chatId: string): void {
    for (const [handle, {kind}] of this.#handles) if (kind === 'alerts') this.say({type: 'alert', handle, chatId});
  }

  /** The reader has read up to there, here or elsewhere. */
  setRead(chatId: string, lastReadRev: number): void {
    const chat = this.#chat(chatId);
    chat.lastReadRev = lastReadRev;
    for (const handle of this.#handlesOf(chat)) this.#tellRead(chat, handle);
  }

  /** Somebody else wrote something. */
  receiveFrom(person: Person, chatId: string, body: string, change: Partial<StoredMessage> = {}): StoredMessage {
    const chat = this.#chat(chatId);
    const message = storedMessage({senderId: person.userId, chatId, body, seq: ++chat.rev, ...change});
    chat.stored.push(message);
    this.#change(chat, {messages: [message]});
    return message;
  }

  /** What was missed arrives, and what the absence did, as one frame. `messages`: those of others that are new. */
  catchUp(chatId: string, what: Continuity, messages: StoredMessage[] = []): void {
    const chat = this.#chat(chatId);
    chat.fresh = true;
    chat.rev = Math.max(chat.rev, ...messages.map(({rev}) => rev));
    if (what === 'reset') chat.stored = [];
    chat.stored.push(...messages);
    const told: ChatEvent =
      what === 'reset' ? this.#opened(chat) : {kind: 'changed', messages, dropped: [], cursor: chat.rev};
    const count = what === 'caught-up' ? messages.length : 0;
    for (const handle of this.#handlesOf(chat)) {
      this.say({type: 'chat', handle, event: told}, {type: 'chat', handle, event: {kind: 'continuity', what, count}});
    }
  }

  /** Resolves when the tab has left and is back. To call once a life. */
  async returned(): Promise<void> {
    await this.#left;
    await this.#greeted;
  }

  /** Another hub takes this one's place, behind the same port; it knows nothing of the tab. */
  restart(): void {
    this.#handles.clear();
    this.say({type: 'hello', protocol: PROTOCOL_VERSION, hub: `fake-${++this.#hubs}`, lock: null, host: this.#host});
  }

  /** The person signed out, here or in another tab. */
  signOut(): void {
    const waiting = this.#waiting.length;
    for (const chat of this.#chats.values()) chat.waiting = [];
    this.#handles.clear();
    this.say({type: 'signed-out', waiting});
  }

  /** Sends a stored message again, changed. */
  change(chatId: string, messageId: string, change: Partial<StoredMessage>): void {
    const chat = this.#chat(chatId);
    const at = chat.stored.findIndex(message => message.id === messageId);
    const message = {...(chat.stored[at] as StoredMessage), rev: ++chat.rev, ...change};
    chat.stored[at] = message;
    this.#change(chat, {messages: [message]});
  }

  /** Moves a waiting message to another state. */
  setWaiting(chatId: string, messageId: string, change: Partial<WaitingMessage>): void {
    const chat = this.#chat(chatId);
    const at = chat.waiting.findIndex(message => message.id === messageId);
    const message = {...(chat.waiting[at] as WaitingMessage), ...change};
    chat.waiting[at] = message;
    this.#change(chat, {messages: [message]});
  }

  /** The database has a waiting message: its echo arrives. */
  store(chatId: string, messageId: string): void {
    const chat = this.#chat(chatId);
    const {id, body, replyTo, attachments, sentAt} = chat.waiting.find(({id}) => id === messageId) as WaitingMessage;
    chat.waiting = chat.waiting.filter(message => message.id !== messageId);
    const senderId = this.#me?.userId ?? null;
    const message = storedMessage({id, chatId, body, replyTo, attachments, sentAt, senderId, seq: ++chat.rev});
    chat.stored.push(message);
    this.#change(chat, {messages: [message]});
  }

  /** Answers the calls that were held. */
  letGo(): void {
    this.held.clear();
    const calls = this.#heldCalls;
    this.#heldCalls = [];
    for (const call of calls) this.#answer(call);
  }

  /** What of this kind the tab has asked for so far. */
  calls<K extends CallKind>(kind: K): Extract<Call, {kind: K}>[] {
    const calls = this.heard.flatMap(message => (message.type === 'call' ? [message.call] : []));
    return calls.filter((call): call is Extract<Call, {kind: K}> => call.kind === kind);
  }

  /** What the tab holds open now. */
  get wants(): string[] {
    return [...this.#handles.values()].map(want => want.kind);
  }

  #hear(message: TabMessage): void {
    this.heard.push(message);
    switch (message.type) {
      case 'hello':
        this.#isLeft = false;
        this.say({type: 'hello', protocol: PROTOCOL_VERSION, hub: `fake-${this.#hubs}`, lock: null, host: this.#host});
        this.say({type: 'status', status: this.#status}, {type: 'people', people: this.#people});
        if (this.#me) this.say({type: 'me', person: this.#me});
        this.#greet();
        break;
      case 'open':
        this.#handles.set(message.handle, message.want);
        if (message.want.kind === 'chat') this.#open(message.handle, message.want.chat);
        if (message.want.kind === 'presence' && !this.holdPresence) {
          this.say({type: 'presence', handle: message.handle, event: {kind: 'state', people: this.#present}});
        }
        if (message.want.kind === 'chats' && this.#list) {
          this.say({type: 'chats', handle: message.handle, event: this.#list});
        }
        if (message.want.kind === 'stats' && this.#stats) {
          this.say({type: 'stats', handle: message.handle, stats: this.#stats});
        }
        if (message.want.kind === 'outbox') this.#tellOutbox({reset: true, messages: this.#waiting});
        break;
      case 'release':
        this.#handles.delete(message.handle);
        break;
      case 'call':
        if (this.held.has(message.call.kind)) this.#heldCalls.push(message);
        else this.#answer(message);
        break;
      case 'token':
        this.#settling.get(message.id)?.();
        break;
      case 'bye':
        this.#isLeft = true;
        this.#greeted = this.#nextGreeting();
        this.#leave();
        for (const settled of this.#settling.values()) settled();
        break;
      case 'attention':
      case 'poke':
        break;
    }
  }

  #answer({id, call}: Extract<TabMessage, {type: 'call'}>): void {
    const error = this.refused.get(call.kind);
    if (error) return this.say({type: 'reply', id, result: {ok: false, error}});
    let value: CallValues[CallKind] = null;
    switch (call.kind) {
      case 'send':
        this.#accept(call.message);
        break;
      case 'retry':
        for (const {chat} of this.#chats.values()) {
          if (this.#chat(chat.id).waiting.some(message => message.id === call.messageId)) {
            this.setWaiting(chat.id, call.messageId, {status: 'sending', error: null});
          }
        }
        break;
      case 'discard':
        this.#discard(call.messageId);
        break;
      case 'mark-read':
        if (this.#chats.has(call.chatId)) this.setRead(call.chatId, call.rev);
        break;
      case 'more-chats':
        break;
      case 'history': {
        const before = this.#chat(call.chatId).stored.filter(({seq}) => seq < (call.beforeSeq ?? Infinity));
        value = {messages: before.slice(-call.limit), hasOlder: before.length > call.limit};
        break;
      }
      case 'edit':
        this.#edit(call.messageId, call.body);
        break;
      case 'remove':
        if (this.#discard(call.messageId)) break;
        this.#changeOwn(call.messageId, {body: '', deletedAt: NOW});
        break;
      case 'sign-out': {
        const waiting = this.#waiting.length;
        const done = call.unsent !== 'ask' || waiting === 0;
        value = {waiting, done};
        if (done) return this.signOut(); // and no reply
        break;
      }
      case 'ping':
        break;
    }
    this.say({type: 'reply', id, result: {ok: true, value}});
  }

  #accept(message: OutgoingMessage): void {
    const chat = this.#chat(message.chatId);
    const senderId = this.#me?.userId ?? null;
    const waiting: WaitingMessage = {...message, status: 'queued', senderId, order: ++this.#order, error: null};
    chat.waiting.push(waiting);
    this.#change(chat, {messages: [waiting]});
  }

  #edit(id: string, body: string): void {
    for (const {chat, waiting} of this.#chats.values()) {
      if (waiting.some(message => message.id === id)) this.setWaiting(chat.id, id, {body});
    }
    this.#changeOwn(id, {body, editedAt: NOW});
  }

  #changeOwn(id: string, change: Partial<StoredMessage>): void {
    for (const {chat, stored} of this.#chats.values()) {
      if (stored.some(message => message.id === id)) this.change(chat.id, id, change);
    }
  }

  /** False when no such message waits. */
  #discard(id: string): boolean {
    const chat = [...this.#chats.values()].find(({waiting}) => waiting.some(message => message.id === id));
    if (!chat) return false;
    chat.waiting = chat.waiting.filter(message => message.id !== id);
    this.#change(chat, {dropped: [id]});
    return true;
  }

  get #waiting(): WaitingMessage[] {
    return [...this.#chats.values()].flatMap(({waiting}) => waiting);
  }

  #open(handle: string, idOrSlug: string): void {
    const chat = [...this.#chats.values()].find(({chat}) => chat.id === idOrSlug || chat.slug === idOrSlug);
    if (!chat) return;
    this.say({type: 'chat', handle, event: this.#opened(chat)});
    this.#tellRead(chat, handle);
  }

  #tellRead({lastReadRev, stored}: FakeChat, handle: string): void {
    if (lastReadRev === undefined) return;
    const isUnread = ({seq, senderId}: StoredMessage) => seq > lastReadRev && senderId !== this.#me?.userId;
    const unread = stored.filter(isUnread).length;
    this.say({type: 'chat', handle, event: {kind: 'read', lastReadRev, unread}});
  }

  #tellChats(event: ChatsEvent): void {
    this.#list = event;
    for (const [handle, {kind}] of this.#handles) if (kind === 'chats') this.say({type: 'chats', handle, event});
  }

  #opened(chat: FakeChat): ChatEvent {
    const stored = chat.shown === Infinity ? chat.stored : chat.stored.slice(-chat.shown);
    const messages: ChatMessage[] = [...stored, ...chat.waiting];
    const hasOlder = stored.length < chat.stored.length;
    return {kind: 'opened', chat: chat.chat, messages, hasOlder, cursor: chat.rev, reset: true, fresh: chat.fresh};
  }

  #change(chat: FakeChat, {messages = [], dropped = []}: {messages?: ChatMessage[]; dropped?: string[]}): void {
    for (const handle of this.#handlesOf(chat)) {
      this.say({type: 'chat', handle, event: {kind: 'changed', messages, dropped, cursor: chat.rev}});
    }
    const stored = messages.flatMap(({id, status}) => (status === 'sent' ? [id] : []));
    const waiting = messages.filter((message): message is WaitingMessage => message.status !== 'sent');
    this.#tellOutbox({messages: waiting, dropped: [...dropped, ...stored]});
  }

  #tellOutbox({reset = false, messages = [], dropped = []}: Partial<OutboxEvent>): void {
    for (const [handle, {kind}] of this.#handles) {
      if (kind === 'outbox') this.say({type: 'outbox', handle, event: {reset, messages, dropped}});
    }
  }

  #handlesOf({chat}: FakeChat): string[] {
    const isOf = (want: Want) => want.kind === 'chat' && (want.chat === chat.id || want.chat === chat.slug);
    return [...this.#handles].flatMap(([handle, want]) => (isOf(want) ? [handle] : []));
  }

  #chat(id: string): FakeChat {
    const chat = this.#chats.get(id);
    if (!chat) throw new Error(`The fake hub has no chat ${id}. Call addChat() first.`);
    return chat;
  }
}
