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
  OutgoingMessage,
  Person,
  PresentPerson,
  StoredMessage,
  WaitingMessage,
} from '../../src/wire/chat.js';
import type {WireError} from '../../src/wire/error.js';
import {
  PROTOCOL_VERSION,
  type Call,
  type ChatEvent,
  type HubMessage,
  type TabMessage,
} from '../../src/wire/protocol.js';
import {initialStatus, type ConnectionStatus, type HostKind} from '../../src/wire/status.js';

export const ada: Person = {userId: 'ada-id', name: 'Ada Lovelace', avatarUrl: null};
export const grace: Person = {userId: 'grace-id', name: 'Grace Hopper', avatarUrl: null};

export interface FakeHubOptions {
  me?: Person | null;
  people?: Person[];
  host?: HostKind;
  status?: Partial<ConnectionStatus>;
}

export interface FakeChatOptions {
  slug?: string | null;
  title?: string;
  messages?: StoredMessage[];
  /** How many of `messages` a tab gets at first; the rest is history. Default: all. */
  shown?: number;
}

interface FakeChat {
  chat: Chat;
  stored: StoredMessage[];
  waiting: WaitingMessage[];
  shown: number;
  rev: number;
}

type CallKind = Call['kind'];

export class FakeHub {
  readonly client: HubClient;
  /** Everything the tab has said, in order. */
  readonly heard: TabMessage[] = [];
  /** Calls that are neither answered nor done until `letGo()`, by kind. */
  readonly held = new Set<CallKind>();
  /** Calls that are refused with this error, by kind. */
  readonly refused = new Map<CallKind, WireError>();

  readonly #port: MessagePort;
  readonly #me: Person | null;
  readonly #people: Person[];
  readonly #chats = new Map<string, FakeChat>();
  readonly #handles = new Map<string, Extract<TabMessage, {type: 'open'}>['want']>();
  #heldCalls: Extract<TabMessage, {type: 'call'}>[] = [];
  #present: PresentPerson[] = [];
  #status: Omit<ConnectionStatus, 'host'>;
  #order = 0;
  #uuids = 0;
  readonly #settling = new Map<string, () => void>();
  #greet = (): void => {};
  readonly #greeted = new Promise<void>(resolve => {
    this.#greet = resolve;
  });

  constructor({me = ada, people = [ada, grace], host = 'shared-worker', status = {}}: FakeHubOptions = {}) {
    const {host: _, ...initial} = initialStatus(host, Date.now());
    this.#status = {...initial, state: 'connected', reason: 'open', ...status};
    this.#me = me;
    this.#people = people;
    const {port1, port2} = new MessageChannel();
    this.#port = port2;
    port2.onmessage = event => this.#hear(event.data as TabMessage);
    const identity = {kind: 'anonymous', name: 'Ada'} as const;
    this.client = new HubClient({
      hosts: [host],
      openHost: async kind => ({kind, port: port1, failed: new Promise(() => {}), close: () => port1.close()}),
      locks: null,
      uuid: () => `uuid-${++this.#uuids}`,
      now: () => Date.now(),
      identify: async () => ({
        config: {url: 'https://fake.example', key: 'key', identity, userName: 'Ada', avatarUrl: ''},
        token: null,
      }),
    });
  }

  /** Says something to the tab, as one frame. */
  say(...messages: HubMessage[]): void {
    this.#port.postMessage(messages);
  }

  /** Resolves when the tab has taken in all that was said, has said what it had to, and the elements are updated. */
  async settle(...elements: LitElement[]): Promise<void> {
    await this.#greeted;
    // Twice: what the tab says to the first round may be answered by us before the second.
    for (let round = 0; round < 2; round++) {
      const id = `settle-${++this.#uuids}`;
      const answered = new Promise<void>(resolve => this.#settling.set(id, resolve));
      this.say({type: 'token-request', id});
      await answered;
      for (const element of elements) while ((await element.updateComplete) === false) {}
    }
  }

  setStatus(change: Partial<Omit<ConnectionStatus, 'host'>>): void {
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

  setPeople(people: Person[]): void {
    this.say({type: 'people', people});
  }

  /** A chat that a tab may open. Until it is added, opening it stays unanswered. */
  addChat(id: string, {slug = null, title = 'Lobby', messages = [], shown = Infinity}: FakeChatOptions = {}): void {
    const chat: Chat = {id, slug, title, kind: 'room'};
    const rev = Math.max(0, ...messages.map(message => message.rev));
    this.#chats.set(id, {chat, stored: [...messages], waiting: [], shown, rev});
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

  /** Somebody else wrote something. */
  receiveFrom(person: Person, chatId: string, body: string, change: Partial<StoredMessage> = {}): StoredMessage {
    const chat = this.#chat(chatId);
    const message = storedMessage({senderId: person.userId, chatId, body, seq: ++chat.rev, ...change});
    chat.stored.push(message);
    this.#change(chat, {messages: [message]});
    return message;
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
        this.say({type: 'hello', protocol: PROTOCOL_VERSION, hub: 'fake', lock: null});
        this.say({type: 'status', status: this.#status}, {type: 'people', people: this.#people});
        if (this.#me) this.say({type: 'me', person: this.#me});
        this.#greet();
        break;
      case 'open':
        this.#handles.set(message.handle, message.want);
        if (message.want.kind === 'chat') this.#open(message.handle, message.want.chat);
        if (message.want.kind === 'presence') {
          this.say({type: 'presence', handle: message.handle, event: {kind: 'state', people: this.#present}});
        }
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
      case 'attention':
      case 'poke':
        break;
    }
  }

  #answer({id, call}: Extract<TabMessage, {type: 'call'}>): void {
    const error = this.refused.get(call.kind);
    if (error) return this.say({type: 'reply', id, result: {ok: false, error}});
    let value: Extract<Extract<HubMessage, {type: 'reply'}>['result'], {ok: true}>['value'] = null;
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
        for (const chat of this.#chats.values()) {
          chat.waiting = chat.waiting.filter(message => message.id !== call.messageId);
          this.#change(chat, {dropped: [call.messageId]});
        }
        break;
      case 'history': {
        const before = this.#chat(call.chatId).stored.filter(({seq}) => seq < (call.beforeSeq ?? Infinity));
        value = {messages: before.slice(-call.limit), hasOlder: before.length > call.limit};
        break;
      }
      case 'edit':
      case 'remove':
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

  #open(handle: string, idOrSlug: string): void {
    const chat = [...this.#chats.values()].find(({chat}) => chat.id === idOrSlug || chat.slug === idOrSlug);
    if (!chat) return;
    const stored = chat.shown === Infinity ? chat.stored : chat.stored.slice(-chat.shown);
    const messages: ChatMessage[] = [...stored, ...chat.waiting];
    const hasOlder = stored.length < chat.stored.length;
    const event: ChatEvent = {kind: 'opened', chat: chat.chat, messages, hasOlder, cursor: chat.rev, reset: true};
    this.say({type: 'chat', handle, event});
  }

  #change(chat: FakeChat, {messages = [], dropped = []}: {messages?: ChatMessage[]; dropped?: string[]}): void {
    for (const [handle, want] of this.#handles) {
      if (want.kind !== 'chat' || (want.chat !== chat.chat.id && want.chat !== chat.chat.slug)) continue;
      this.say({type: 'chat', handle, event: {kind: 'changed', messages, dropped, cursor: chat.rev}});
    }
  }

  #chat(id: string): FakeChat {
    const chat = this.#chats.get(id);
    if (!chat) throw new Error(`The fake hub has no chat ${id}. Call addChat() first.`);
    return chat;
  }
}

let made = 0;

/** A message as the database has it; `seq` also gives revision, id and time unless they are said. */
export function storedMessage(change: Partial<StoredMessage> = {}): StoredMessage {
  const seq = change.seq ?? ++made;
  return {
    id: `message-${seq}-${++made}`,
    chatId: 'lobby-id',
    body: `Message ${seq}`,
    replyTo: null,
    attachments: [],
    sentAt: null,
    status: 'sent',
    senderId: grace.userId,
    seq,
    rev: seq,
    createdAt: new Date(Date.UTC(2026, 10, 22, 12, 0, seq)).toISOString(),
    editedAt: null,
    deletedAt: null,
    ...change,
  };
}

/** `count` messages of alternating people and heights, oldest first. */
export function conversation(count: number, change: Partial<StoredMessage> = {}): StoredMessage[] {
  return Array.from({length: count}, (_, i) => {
    const seq = i + 1;
    const senderId = Math.floor(i / 3) % 2 === 0 ? grace.userId : ada.userId;
    const body = `Message ${seq}. ${'Some more words to make rows of different heights. '.repeat((i * 7) % 5)}`.trim();
    return storedMessage({seq, senderId, body, ...change});
  });
}
