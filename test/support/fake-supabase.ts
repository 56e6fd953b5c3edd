// A project in memory, behind the hub's `Transport`: it keeps DESIGN §4's rules (one revision counter a chat, repeats are
// successes, events after the commit) and Realtime's (one join a topic, refusals by reply, presence by key).
// How to extend: rules of the database go into `FakeProject`; what a socket can suffer goes into its `faults`; a test that needs
// to see what was said reads `log`. Whatever the real server does differently is a bug here: the embedded backend is the judge.
import {
  byActivity,
  type Chat,
  type ChatSummary,
  type OutgoingMessage,
  type Person,
  type StoredMessage,
} from '../../src/wire/chat.js';
import {TrunkError} from '../../src/wire/error.js';
import type {ChangeFilter, DatabaseChange} from '../../src/wire/topic.js';
import type {
  BroadcastMeta,
  ChannelListener,
  ChannelOptions,
  Credential,
  Database,
  DownReason,
  SendResult,
  Socket,
  SocketChannel,
  SocketListener,
  Transport,
} from '../../src/hub/transport.js';

interface FakeChat {
  chat: Chat;
  lastRev: number;
  messages: StoredMessage[];
}

interface Member {
  userId: string;
  topic: string;
  options: ChannelOptions;
  listener: ChannelListener;
  tracked: Record<string, unknown> | null;
  /** Of the last `track`. */
  ref: number;
  /** Changes of the database reach it. */
  live: boolean;
}

/** The only frames that are counted: a heartbeat’s and its answer’s. */
const PING_BYTES = 50;
const PONG_BYTES = 90;

/** Everything that is said to the project, in order: `join chat:…`, `send 2`, `changes_since 4`… */
type Log = string[];

/** What can be done to a project. */
export class FakeProject {
  readonly chats = new Map<string, FakeChat>();
  readonly people = new Map<string, Person>();
  readonly log: Log = [];
  readonly faults = {
    /** No answer has more rows than this (PostgREST's `max-rows`). */
    maxRows: Infinity,
    /** Every request is answered by this. */
    request: null as TrunkError | null,
    /** New sockets close at once. */
    refuseSockets: false,
    /** New sockets never open. */
    stallSockets: false,
    /** Heartbeats stay unanswered. */
    deaf: false,
    /** Events of these revisions are lost. */
    loseRevisions: new Set<number>(),
    /** The next commits happen, their answers are lost. */
    loseAnswers: 0,
    /** Joins of these topics are refused; `changes:*` stands for all that begin so. */
    refuseTopics: new Map<string, string>(),
    /** Nobody is let be present on these topics. */
    refusePresence: new Set<string>(),
    /** Messages that the database never stores, by body. */
    refuseBodies: new Map<string, TrunkError>(),
    /** The project allows private channels only. */
    privateOnly: false,
    /** Topics on which nobody may write: the server says nothing. */
    muteTopics: new Set<string>(),
    /** Filters of changes that the server can't read. */
    badFilters: new Set<string>(),
    /** Who asks for changes isn't told any until `goLive()`. */
    slowChanges: false,
    /** The account that signing in brings from now on: the one before is gone. */
    account: null as string | null,
    /** The key is no good. */
    refuseKey: false,
  };
  readonly members = new Set<Member>();
  /** How far each person has read each chat: `<user id> <chat id>`. */
  readonly read = new Map<string, number>();
  /** Chats that their people were removed from, or that tell nobody's inbox because they are too big: by chat id. */
  readonly removed = new Set<string>();
  readonly big = new Set<string>();
  readonly sockets = new Set<FakeSocket>();
  /** What will never be stored, as `<sender> <message id>`. */
  readonly discarded = new Set<string>();
  /** When each token given out ends. */
  readonly tokenEnds = new Map<string, number>();
  /** Accounts that were signed out and can't be signed in to again, by the person. */
  readonly signedOut = new Map<string, number>();
  /** Given out with every `track`. */
  /** What every heartbeat takes. */
  latencyMs = 7;
  refs = 0;
  #held: (() => void)[] | null = null;

  addChat(slug: string): FakeChat {
    const chat: Chat = {id: `id-of-${slug}`, slug, title: slug, kind: 'room'};
    const fake = {chat, lastRev: 0, messages: []};
    this.chats.set(slug, fake);
    this.chats.set(chat.id, fake);
    return fake;
  }

  /** Somebody else writes. */
  write(slug: string, body: string, senderId = 'somebody'): StoredMessage {
    const fake = this.chats.get(slug) as FakeChat;
    return this.insert(
      fake,
      {
        id: `m-${slug}-${fake.lastRev + 1}`,
        chatId: fake.chat.id,
        body,
        replyTo: null,
        attachments: [],
        sentAt: '',
      },
      senderId,
    );
  }

  insert(fake: FakeChat, message: OutgoingMessage, senderId: string): StoredMessage {
    const rev = ++fake.lastRev;
    const createdAt = new Date(Date.UTC(2026, 0, 1) + rev * 1000).toISOString();
    const stored: StoredMessage = {
      ...message,
      status: 'sent',
      senderId,
      seq: rev,
      rev,
      createdAt,
      editedAt: null,
      deletedAt: null,
    };
    fake.messages.push(stored);
    this.publish(fake, stored, 'insert');
    return stored;
  }

  change(fake: FakeChat, id: string, change: Partial<StoredMessage>): StoredMessage {
    const at = fake.messages.findIndex(message => message.id === id);
    const changed = {...(fake.messages[at] as StoredMessage), ...change, rev: ++fake.lastRev};
    fake.messages[at] = changed;
    this.publish(fake, changed, 'update');
    return changed;
  }

  publish(fake: FakeChat, message: StoredMessage, op: string): void {
    if (this.faults.loseRevisions.has(message.rev)) return;
    this.send(`chat:${fake.chat.id}`, 'change', {rev: message.rev, op, message: asRow(message)});
    if (!this.big.has(fake.chat.id)) this.tellInboxes('change', fake, {rev: message.rev, message: asRow(message)});
  }

  /** Somebody says something on a topic: the database when there is a `meta`. */
  send(
    topic: string,
    event: string,
    payload: Record<string, unknown>,
    meta: BroadcastMeta | null = null,
    from: Member | null = null,
  ): void {
    for (const member of [...this.members]) {
      if (member.topic === topic && member !== from) member.listener.broadcast(event, payload, meta);
    }
  }

  /** A row changes: who asked for it hears it, each filter once. */
  commit(change: Partial<DatabaseChange> = {}): DatabaseChange {
    const whole: DatabaseChange = {
      eventType: 'INSERT',
      schema: 'public',
      table: 'todos',
      commit_timestamp: new Date(0).toISOString(),
      new: {},
      old: {},
      errors: null,
      ...change,
    };
    for (const member of [...this.members]) {
      if (!member.live) continue;
      member.options.changes?.forEach((filter, at) => fits(filter, whole) && member.listener.change(at, whole));
    }
    return whole;
  }

  /** What was slow is done: whoever asks for changes is told from now on. */
  goLive(): void {
    this.faults.slowChanges = false;
    for (const member of [...this.members]) this.subscribe(member);
  }

  /** Answers who asks for changes of the database. */
  subscribe(member: Member): void {
    const {changes = []} = member.options;
    if (member.live || changes.length === 0 || this.faults.slowChanges) return;
    const bad = changes.find(({filter}) => this.faults.badFilters.has(filter ?? ''));
    if (bad) return member.listener.changesRefused(`Error parsing \`filter\` params: ${bad.filter}`);
    member.live = true;
    member.listener.changesReady();
  }

  /** Into every inbox that somebody listens to. */
  tellInboxes(event: string, {chat}: FakeChat, payload: Record<string, unknown> = {}): void {
    const topics = new Set([...this.members].map(({topic}) => topic).filter(topic => topic.startsWith('inbox:')));
    for (const topic of topics) this.send(topic, event, {chatId: chat.id, ...payload});
  }

  /** The people of this browser are no members of the chat any more, or again. */
  setMember(slug: string, isMember: boolean): void {
    const fake = this.chats.get(slug) as FakeChat;
    if (isMember) this.removed.delete(fake.chat.id);
    else this.removed.add(fake.chat.id);
    this.tellInboxes(isMember ? 'joined' : 'left', fake);
  }

  /** A chat as `my_chats` gives it. */
  summary(fake: FakeChat, userId: string): ChatSummary {
    const lastReadRev = this.read.get(`${userId} ${fake.chat.id}`) ?? 0;
    const last = fake.messages.at(-1) ?? null;
    const isUnread = ({seq, senderId, deletedAt}: StoredMessage) =>
      seq > lastReadRev && senderId !== userId && deletedAt === null;
    return {
      chat: fake.chat,
      rev: fake.lastRev,
      last,
      unread: Math.min(100, fake.messages.filter(isUnread).length),
      lastReadRev,
      activeAt: last?.createdAt ?? '2025-01-01T00:00:00Z',
      otherId: null,
    };
  }

  tellPresence(topic: string): void {
    const state = new Map<string, Record<string, unknown>[]>();
    for (const {topic: its, options, tracked, ref} of this.members) {
      if (its !== topic || !tracked || options.presenceKey === null) continue;
      state.set(options.presenceKey, [...(state.get(options.presenceKey) ?? []), {...tracked, phx_ref: `ref-${ref}`}]);
    }
    for (const member of this.members) {
      if (member.topic === topic && member.options.presenceKey !== null) member.listener.presence(state);
    }
  }

  /** Requests wait from now on, until `release()`. */
  hold(): void {
    this.#held ??= [];
  }

  release(): void {
    const held = this.#held ?? [];
    this.#held = null;
    for (const go of held) go();
  }

  /** Stands for the way there and back. */
  async request(what: string): Promise<void> {
    this.log.push(what);
    if (this.#held) await new Promise<void>(resolve => this.#held?.push(resolve));
    if (this.faults.request) throw this.faults.request;
  }

  /** What was done is done; its answer may get lost. */
  answer<T>(answer: T): T {
    if (this.faults.loseAnswers === 0) return answer;
    this.faults.loseAnswers--;
    throw new TrunkError('unreachable', 'the answer was lost');
  }

  /** Throws out whoever's token is over. */
  expire(): void {
    for (const socket of this.sockets) if (socket.isExpired) socket.expelAll('Token has expired 9 seconds ago');
  }

  cut(reason: DownReason = 'socket-closed'): void {
    for (const socket of [...this.sockets]) socket.fall(reason);
  }

  /** How often something was said, by its beginning. */
  count(beginning: string): number {
    return this.log.filter(line => line.startsWith(beginning)).length;
  }

  /** One browser's way to this project. */
  transport(userId: string, tokenLifeMs = 3_600_000, now: () => number = () => Date.UTC(2026, 0, 1)): Transport {
    return new FakeTransport(this, userId, tokenLifeMs, now);
  }
}

class FakeTransport implements Transport {
  readonly #project: FakeProject;
  readonly #userId: string;
  readonly #tokenLifeMs: number;
  readonly #now: () => number;
  #tokens = 0;

  constructor(project: FakeProject, userId: string, tokenLifeMs: number, now: () => number) {
    this.#project = project;
    this.#userId = userId;
    this.#tokenLifeMs = tokenLifeMs;
    this.#now = now;
  }

  openSocket(token: string, listener: SocketListener): Socket {
    this.#project.log.push(`socket ${token}`);
    return new FakeSocket(this.#project, this.#userId, listener, token, this.#now);
  }

  database(token: (fresh: boolean) => Promise<string>): Database {
    return fakeDatabase(this.#project, this.#userId, token);
  }

  async signInAnonymously(name: string, spent: string | null): Promise<Credential> {
    await this.#project.request(`sign in ${name}${spent ? ` instead of ${spent}` : ''}`);
    const left = this.#project.signedOut.get(this.#userId) ?? 0;
    const userId = this.#project.faults.account ?? (left === 0 ? this.#userId : `${this.#userId}-${left + 1}`);
    const token = `token-${++this.#tokens}`;
    const expiresAt = this.#now() + this.#tokenLifeMs;
    this.#project.tokenEnds.set(token, expiresAt);
    return {token, userId, expiresAt};
  }

  async signOutAnonymously(name: string): Promise<void> {
    this.#project.log.push(`sign out ${name}`);
    this.#project.signedOut.set(this.#userId, (this.#project.signedOut.get(this.#userId) ?? 0) + 1);
  }

  readToken(token: string): Credential {
    const userId = token.split(':')[0] ?? '';
    if (!userId) throw new TrunkError('sign-in-failed', 'no token');
    return {token, userId, expiresAt: this.#now() + this.#tokenLifeMs};
  }

  async probe(): Promise<void> {
    await this.#project.request('probe');
    if (this.#project.faults.refuseKey) throw new TrunkError('key-refused', 'wrong key');
  }
}

class FakeSocket implements Socket {
  readonly #project: FakeProject;
  readonly #userId: string;
  readonly #listener: SocketListener;
  readonly #members = new Map<string, Member>();
  readonly #now: () => number;
  #token: string;
  #down = false;

  constructor(project: FakeProject, userId: string, listener: SocketListener, token: string, now: () => number) {
    this.#token = token;
    this.#now = now;
    this.#project = project;
    this.#userId = userId;
    this.#listener = listener;
    project.sockets.add(this);
    queueMicrotask(() => {
      if (this.#down || project.faults.stallSockets) return;
      if (project.faults.refuseSockets) this.fall('socket-closed');
      else listener.opened();
    });
  }

  join(topic: string, options: ChannelOptions, listener: ChannelListener): SocketChannel {
    this.#project.log.push(`join ${topic}`);
    const member: Member = {userId: this.#userId, topic, options, listener, tracked: null, ref: 0, live: false};
    const here = () => this.#members.get(topic) === member;
    this.#members.set(topic, member);
    /** The server counts `track` and `untrack` by windows of 30 s from the first call on, and throws out who makes more than 5 in one. */
    const counted = {from: -Infinity, calls: 0};
    const mayCall = () => {
      const now = this.#now();
      if (now - counted.from >= 30_000) Object.assign(counted, {from: now, calls: 0});
      if (++counted.calls > 5) queueMicrotask(() => this.expel(topic, 'Client presence rate limit exceeded'));
      return counted.calls <= 5;
    };
    queueMicrotask(() => {
      if (!here() || this.#down) return;
      const {refuseTopics, privateOnly} = this.#project.faults;
      const [prefix = ''] = topic.split(':');
      const refused =
        privateOnly && !options.private
          ? 'PrivateOnly: This project only allows private channels'
          : (refuseTopics.get(topic) ?? refuseTopics.get(`${prefix}:*`));
      if (refused) {
        this.#members.delete(topic);
        return listener.lost(refused);
      }
      if (this.isExpired) {
        this.#members.delete(topic);
        this.#project.log.push(`expired join ${topic}`);
        return listener.lost('InvalidJWTToken: Token has expired 1 seconds ago');
      }
      this.#project.members.add(member);
      listener.joined();
      if (options.presenceKey !== null) this.#project.tellPresence(topic);
      this.#project.subscribe(member);
    });
    return {
      track: payload => {
        this.#project.log.push(`track ${topic} ${String(payload['status'])}`);
        if (!mayCall()) return;
        if (this.#project.faults.refusePresence.has(topic)) return queueMicrotask(() => listener.presenceRefused());
        // What a join brings about comes after the state that the server sends with its answer.
        queueMicrotask(() => {
          if (!here()) return;
          member.tracked = payload;
          member.ref = ++this.#project.refs;
          this.#project.tellPresence(topic);
        });
      },
      untrack: () => {
        this.#project.log.push(`untrack ${topic}`);
        if (!mayCall()) return;
        member.tracked = null;
        this.#project.tellPresence(topic);
      },
      send: async (event, payload) => {
        this.#project.log.push(`broadcast ${topic} ${event}`);
        if (!here() || this.#project.faults.muteTopics.has(topic)) return 'silence';
        this.#project.send(topic, event, payload as Record<string, unknown>, null, member);
        return 'ok';
      },
      leave: () => {
        this.#project.log.push(`leave ${topic}`);
        this.#members.delete(topic);
        if (this.#project.members.delete(member)) this.#project.tellPresence(topic);
      },
    };
  }

  /** The token is over: the server throws everybody out. */
  get isExpired(): boolean {
    return this.#now() >= (this.#project.tokenEnds.get(this.#token) ?? Infinity);
  }

  expelAll(reason: string): void {
    for (const topic of [...this.#members.keys()]) this.expel(topic, reason);
  }

  setToken(token: string): void {
    this.#token = token;
    this.#project.log.push(`token ${token}`);
  }

  ping(): void {
    this.#project.log.push('ping');
    this.#listener.frame?.('out', PING_BYTES);
    if (this.#project.faults.deaf || this.#down) return;
    queueMicrotask(() => {
      this.#listener.frame?.('in', PONG_BYTES);
      this.#listener.beat(this.#project.latencyMs);
    });
  }

  close(): void {
    if (this.#down) return;
    this.#down = true;
    this.#project.log.push('close');
    this.#leaveAll();
  }

  /** The server or the network ends it. */
  fall(reason: DownReason): void {
    if (this.#down) return;
    this.#down = true;
    this.#leaveAll();
    this.#listener.down(reason);
  }

  /** The server throws everybody out of a topic. */
  expel(topic: string, reason: string): void {
    const member = this.#members.get(topic);
    if (!member) return;
    this.#project.log.push(`expelled ${topic}: ${reason}`);
    this.#members.delete(topic);
    this.#project.members.delete(member);
    member.listener.lost(reason);
  }

  #leaveAll(): void {
    this.#project.sockets.delete(this);
    for (const member of this.#members.values()) this.#project.members.delete(member);
    this.#members.clear();
  }
}

/** As far as tests ask: the event, the table, and `column=eq.value`. */
function fits({event, schema, table, filter}: ChangeFilter, change: DatabaseChange): boolean {
  if (event !== '*' && event !== change.eventType) return false;
  if (schema !== change.schema || (table !== undefined && table !== change.table)) return false;
  const [, column = '', value] = /^(\w+)=eq\.(.*)$/.exec(filter ?? '') ?? [];
  return filter === undefined || String({...change.old, ...change.new}[column]) === value;
}

function fakeDatabase(project: FakeProject, userId: string, token: (fresh: boolean) => Promise<string>): Database {
  const chatOf = (id: string): FakeChat => {
    const fake = project.chats.get(id);
    if (!fake) throw new TrunkError('chat-not-found', `There is no chat "${id}".`);
    return fake;
  };
  const ask = async (what: string) => {
    await token(false);
    await project.request(what);
  };
  return {
    async openChat(name, make) {
      await ask(`open ${name}`);
      const {chat, lastRev} = make && !project.chats.has(name) ? project.addChat(name) : chatOf(name);
      return {chat, lastRev};
    },
    async messagesBefore(chatId, seq, limit) {
      await ask(`messages_before ${seq}`);
      const before = chatOf(chatId).messages.filter(message => seq === null || message.seq < seq);
      return before.slice(-Math.min(limit, project.faults.maxRows)).reverse();
    },
    async changesSince(chatId, rev, limit) {
      await ask(`changes_since ${rev}`);
      const changed = chatOf(chatId).messages.filter(message => message.rev > rev);
      return changed.sort((a, b) => a.rev - b.rev).slice(0, Math.min(limit, project.faults.maxRows));
    },
    async chatTips(ids) {
      await ask(`chat_tips ${ids.length}`);
      const mine = ids.filter(id => !project.removed.has(id));
      return new Map(mine.slice(0, project.faults.maxRows).map(id => [id, chatOf(id).lastRev]));
    },
    async myChats(page) {
      await ask(`my_chats ${'ids' in page ? page.ids.length : `after ${page.after?.chat.id ?? 'nothing'}`}`);
      const mine = [...new Set(project.chats.values())].filter(({chat}) => !project.removed.has(chat.id));
      const rows = mine.map(fake => project.summary(fake, userId)).sort(byActivity);
      const {maxRows} = project.faults;
      if ('ids' in page) return rows.filter(({chat}) => page.ids.includes(chat.id)).slice(0, maxRows);
      const {after, limit} = page;
      return rows.filter(row => !after || byActivity(row, after) > 0).slice(0, Math.min(limit, maxRows));
    },
    async markRead(chatId, upTo) {
      await ask(`mark_read ${chatId} ${upTo}`);
      const fake = chatOf(chatId);
      if (project.removed.has(chatId)) throw new TrunkError('chat-not-found', 'not there for this user');
      const key = `${userId} ${chatId}`;
      const before = project.read.get(key) ?? 0;
      project.read.set(key, Math.max(before, Math.min(upTo, fake.lastRev)));
      const {lastReadRev, unread, rev} = project.summary(fake, userId);
      if (lastReadRev > before) project.tellInboxes('read', fake, {lastReadRev, unread, rev});
      return {lastReadRev, unread, rev};
    },
    async sendMessages(messages) {
      await ask(`send ${messages.map(message => message.body).join(',')}`);
      // Looked up once a request: thousands may be there.
      const wanted = new Set(messages.map(({id}) => id));
      const chats = new Set(messages.map(({chatId}) => chatOf(chatId)));
      const known = [...chats].flatMap(fake => fake.messages.filter(({id}) => wanted.has(id)));
      const there = new Map(known.map(message => [message.id, message]));
      const results = messages.map((message): SendResult => {
        const error = project.faults.refuseBodies.get(message.body);
        if (error) return {id: message.id, error};
        const isDiscarded = !there.has(message.id) && project.discarded.has(`${userId} ${message.id}`);
        if (isDiscarded) return {id: message.id, discarded: true};
        const stored = there.get(message.id) ?? project.insert(chatOf(message.chatId), message, userId);
        there.set(message.id, stored);
        return {id: message.id, stored};
      });
      return project.answer(results);
    },
    async discardMessages(chatId, ids) {
      await ask(`discard ${ids.join()}`);
      const {messages} = chatOf(chatId);
      const there = messages.filter(({id, senderId}) => ids.includes(id) && senderId === userId);
      for (const id of ids) if (!messages.some(message => message.id === id)) project.discarded.add(`${userId} ${id}`);
      const gone = {body: '', attachments: [], deletedAt: new Date(0).toISOString()};
      return project.answer(
        there.map(message => (message.deletedAt ? message : project.change(chatOf(chatId), message.id, gone))),
      );
    },
    async findMessages(ids) {
      await ask(`find ${ids.join()}`);
      const all = [...project.chats.values()].flatMap(({messages}) => messages);
      return all.filter(({id}) => ids.includes(id)).map(message => project.answer(message));
    },
    async editMessage(id, body) {
      await ask(`edit ${id}`);
      const {fake, message} = written(project, id);
      // Deleted stays deleted, and what changes nothing takes no revision (stamp_message).
      const isChange = !message.deletedAt && message.body !== body;
      const edited = isChange ? project.change(fake, id, {body, editedAt: new Date(0).toISOString()}) : message;
      return project.answer(edited);
    },
    async deleteMessage(id) {
      await ask(`delete ${id}`);
      const {fake, message} = written(project, id);
      const gone = {body: '', attachments: [], deletedAt: new Date(0).toISOString()};
      return project.answer(message.deletedAt ? message : project.change(fake, id, gone));
    },
    async profiles(ids) {
      await ask(`profiles ${ids.length}`);
      return ids.flatMap(id => project.people.get(id) ?? []);
    },
    async saveProfile(person) {
      await ask(`save profile ${person.name}`);
      project.people.set(person.userId, person);
    },
    async touchLastSeen() {
      await ask('touch last seen');
    },
  };
}

function written(project: FakeProject, messageId: string): {fake: FakeChat; message: StoredMessage} {
  for (const fake of project.chats.values()) {
    const message = fake.messages.find(({id}) => id === messageId);
    if (message) return {fake, message};
  }
  throw new TrunkError('rejected', 'not there');
}

function asRow(message: StoredMessage): Record<string, unknown> {
  return {
    id: message.id,
    chat_id: message.chatId,
    sender_id: message.senderId,
    seq: message.seq,
    rev: message.rev,
    body: message.body,
    reply_to: message.replyTo,
    attachments: message.attachments,
    sent_at: message.sentAt,
    created_at: message.createdAt,
    edited_at: message.editedAt,
    deleted_at: message.deletedAt,
  };
}
