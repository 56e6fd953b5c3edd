// The database as PostgREST offers it: every call with a fresh token, every error in the hub's own words. Asks by `fetch`: what the hub
// needs of PostgREST is six functions and two tables, and its client library would be a seventh of the worker's size.
import type {Chat, ChatSummary, OutgoingMessage, Person, ReadState, StoredMessage} from '../../wire/chat.js';
import {TrunkError} from '../../wire/error.js';
import type {HubConfig} from '../../wire/protocol.js';
import {isRecord} from '../../wire/shape.js';
import type {Clock} from '../environment.js';
import {readMessage} from '../read-message.js';
import type {Database, SendResult} from '../transport.js';
import type {Database as Schema, Json} from './database.types.js';

type Functions = Schema['public']['Functions'];
type Tables = Schema['public']['Tables'];

interface Question {
  method: 'GET' | 'POST' | 'PATCH';
  /** Below `/rest/v1/`, with its query. */
  path: string;
  body?: unknown;
  prefer?: string;
}

/** An error as PostgREST words it; `status` 0 when no answer came. */
interface Failure {
  status: number;
  code: string | null;
  message: string;
  hint: string | null;
  retryAfterMs: number;
}

type Answer = {ok: true; data: unknown} | {ok: false; failure: Failure};

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/i;
/** A SQLSTATE of ours (turn_away_discarded). */
const DISCARDED = '23D01';
/** No server's wish for peace is heeded for longer, in ms. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export class SupabaseDatabase implements Database {
  readonly #config: HubConfig;
  readonly #token: (fresh: boolean) => Promise<string>;
  readonly #timeoutMs: number;
  readonly #clock: Pick<Clock, 'now'>;

  /**
   * @param token a token that still lives; `fresh`: the last one was refused
   * @param timeoutMs a request that takes longer is `unreachable`
   */
  constructor(
    config: HubConfig,
    token: (fresh: boolean) => Promise<string>,
    timeoutMs: number,
    clock: Pick<Clock, 'now'>,
  ) {
    this.#config = config;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
  }

  async openChat(chat: string, make: boolean): Promise<{chat: Chat; lastRev: number}> {
    const {id, slug, title, kind, last_rev} = await this.#call('open_chat', {chat, make});
    return {chat: {id, slug, title, kind: kind as Chat['kind']}, lastRev: last_rev};
  }

  async messagesBefore(chatId: string, seq: number | null, limit: number): Promise<StoredMessage[]> {
    const place = seq === null ? {} : {seq};
    return rows(await this.#call('messages_before', {chat_id: chatId, limit, ...place}));
  }

  async changesSince(chatId: string, rev: number, limit: number): Promise<StoredMessage[]> {
    return rows(await this.#call('changes_since', {chat_id: chatId, rev, limit}));
  }

  async chatTips(chatIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const tips = await this.#call('chat_tips', {ids: [...chatIds]});
    return new Map(tips.map(({id, last_rev}) => [id, last_rev]));
  }

  async myChats(page: {ids: readonly string[]} | {after: ChatSummary | null; limit: number}): Promise<ChatSummary[]> {
    if ('ids' in page)
      return (await this.#call('my_chats', {ids: [...page.ids], limit: page.ids.length})).map(summaryOf);
    const {after, limit} = page;
    const from = after && {before: after.activeAt, before_id: after.chat.id};
    return (await this.#call('my_chats', {limit, ...from})).map(summaryOf);
  }

  async markRead(chatId: string, upTo: number): Promise<ReadState & {rev: number}> {
    const [read] = await this.#call('mark_read', {chat_id: chatId, rev: upTo});
    if (!read) throw new TrunkError('internal', 'The database answered without a row.');
    return {lastReadRev: read.last_read_rev, unread: read.unread, rev: read.last_rev};
  }

  async sendMessages(messages: readonly OutgoingMessage[]): Promise<SendResult[]> {
    const payload = messages.map(({id, chatId, body, replyTo, attachments, sentAt}) => {
      return {
        id,
        chat_id: chatId,
        body,
        reply_to: replyTo,
        attachments: attachments as unknown as Json,
        sent_at: sentAt,
      };
    });
    const answers = await this.#call('send_messages', {messages: payload});
    return answers.map(({id, stored, code, reason}): SendResult => {
      const message = readMessage(stored);
      if (message) return {id, stored: message};
      if (code === DISCARDED) return {id, discarded: true};
      const failure = {status: 200, code, message: reason ?? 'no reason given', hint: null, retryAfterMs: 0};
      return {id, error: refusal(failure)};
    });
  }

  async discardMessages(chatId: string, ids: readonly string[]): Promise<StoredMessage[]> {
    return rows(await this.#call('discard_messages', {chat_id: chatId, ids: [...ids]}));
  }

  async findMessages(ids: readonly string[]): Promise<StoredMessage[]> {
    return rows(await this.#ask({method: 'GET', path: `messages?id=in.(${ids.map(encodeURIComponent).join()})`}));
  }

  async editMessage(id: string, body: string): Promise<StoredMessage> {
    return this.#update(id, {body});
  }

  async deleteMessage(id: string): Promise<StoredMessage> {
    // The database puts its own time.
    return this.#update(id, {deleted_at: new Date(0).toISOString()});
  }

  async profiles(userIds: readonly string[]): Promise<Person[]> {
    // A signal may name whom it likes, and one id that is none would have all of them refused.
    const ids = userIds.filter(id => UUID.test(id)).join();
    if (!ids) return [];
    const path = `profiles?select=id,display_name,avatar_url,last_seen_at&id=in.(${ids})`;
    const found = (await this.#ask({method: 'GET', path})) as Tables['profiles']['Row'][];
    return found.map(({id, display_name, avatar_url, last_seen_at}) => {
      const person = {userId: id, name: display_name, avatarUrl: avatar_url};
      return last_seen_at === null ? person : {...person, lastSeen: Date.parse(last_seen_at)};
    });
  }

  async saveProfile({userId, name, avatarUrl}: Person): Promise<void> {
    const body: Tables['profiles']['Insert'] = {id: userId, display_name: name, avatar_url: avatarUrl};
    await this.#ask({method: 'POST', path: 'profiles', body, prefer: 'resolution=merge-duplicates,return=minimal'});
  }

  async touchLastSeen(): Promise<void> {
    const at: string | null = await this.#call('touch_last_seen', {});
    if (at === null) throw new TrunkError('rejected', 'There is no profile yet to keep it in.');
  }

  async #update(id: string, body: Tables['messages']['Update']): Promise<StoredMessage> {
    const path = `messages?id=eq.${encodeURIComponent(id)}`;
    const [message] = rows(await this.#ask({method: 'PATCH', path, body, prefer: 'return=representation'}));
    if (message) return message;
    const isThere = rows(await this.#ask({method: 'GET', path})).length > 0;
    throw isThere
      ? new TrunkError('forbidden', 'Only the person who wrote a message can change it.')
      : new TrunkError('rejected', 'This message isn’t there any more: it was discarded, perhaps in another tab.');
  }

  async #call<Name extends keyof Functions & string>(
    name: Name,
    body: Functions[Name]['Args'],
  ): Promise<Functions[Name]['Returns']> {
    return (await this.#ask({method: 'POST', path: `rpc/${name}`, body})) as Functions[Name]['Returns'];
  }

  /** Asks once, and once more with a fresh token when the first was refused. */
  async #ask(question: Question): Promise<unknown> {
    let answer = await this.#fetch(question, await this.#token(false));
    if (!answer.ok && isAboutToken(answer.failure)) {
      answer = await this.#fetch(question, await this.#token(true));
    }
    if (!answer.ok) throw refusal(answer.failure);
    return answer.data;
  }

  async #fetch({method, path, body, prefer}: Question, token: string): Promise<Answer> {
    const {url, key} = this.#config;
    const headers = new Headers({apikey: key, authorization: `Bearer ${token}`});
    if (body !== undefined) headers.set('content-type', 'application/json');
    if (prefer) headers.set('prefer', prefer);
    let response: Response;
    let text: string;
    try {
      const signal = AbortSignal.timeout(this.#timeoutMs);
      const init = {method, headers, signal, body: body === undefined ? null : JSON.stringify(body)};
      response = await fetch(`${url}/rest/v1/${path}`, init);
      text = await response.text();
    } catch (cause) {
      const message = cause instanceof Error ? cause.message : String(cause);
      return {ok: false, failure: {status: 0, code: null, message, hint: null, retryAfterMs: 0}};
    }
    const data = parse(text);
    if (response.ok && data !== undefined) return {ok: true, data};
    const {code, message, hint} = isRecord(data) ? data : {};
    const failure = {
      // An answer that is no JSON comes from something on the way, whatever it says of itself.
      status: data === undefined && response.status !== 401 && response.status !== 429 ? 502 : response.status,
      code: typeof code === 'string' ? code : null,
      message: typeof message === 'string' ? message : `status ${response.status}`,
      hint: typeof hint === 'string' ? hint : null,
      retryAfterMs: retryAfterOf(response.headers.get('retry-after'), this.#clock.now()),
    };
    return {ok: false, failure};
  }
}

function summaryOf(row: Functions['my_chats']['Returns'][number]): ChatSummary {
  const {id, slug, title, kind, last_rev, last_read_rev, active_at, last_message, unread, other_id} = row;
  return {
    chat: {id, slug, title, kind: kind as Chat['kind']},
    rev: last_rev,
    last: readMessage(last_message),
    unread,
    lastReadRev: last_read_rev,
    activeAt: active_at,
    otherId: other_id,
  };
}

/** What a body says; null when it is empty, undefined when it is no JSON. */
function parse(text: string): unknown {
  try {
    return text === '' ? null : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

/** Rows that are whole; a database without any answers with an empty list. */
function rows(data: unknown): StoredMessage[] {
  if (!Array.isArray(data)) throw new TrunkError('internal', 'The database answered without rows.');
  return data.flatMap(row => readMessage(row) ?? []);
}

/** A token that is over, or whose account is gone: the person's own row is missing where another one points to it. */
function isAboutToken(failure: Failure): boolean {
  if (failure.status === 401) return !isAboutKey(failure);
  return failure.code === '23503' && /(user_id|sender_id|profiles_id)_fkey/.test(failure.message);
}

/** Both key and token are refused with 401; only the words tell them apart. */
function isAboutKey(error: {message: string} | null): boolean {
  return /api ?key/i.test(error?.message ?? '');
}

/** `Retry-After` in ms: seconds or a date (RFC 9110, 10.2.3). 0 when there is none, or none that a page may read. */
function retryAfterOf(value: string | null, now: number): number {
  if (!value) return 0;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
}

/**
 * SQLSTATEs that say nothing of the request: the connection (08), resources (53), an operator's intervention (57P), a lost lock or
 * serialization (40, 55P03). PostgREST answers some of them with 500.
 */
const PASSING_STATE = /^(08|53|57P|40|55P03)/;

/** Which of our codes an answer of PostgREST's is. Status 0: no answer came. */
function refusal({status, code, message: text, hint, retryAfterMs}: Failure): TrunkError {
  const cause = `${status} ${code}: ${text}`;
  if (status === 0 || status >= 502 || (status !== 200 && PASSING_STATE.test(code ?? ''))) {
    return new TrunkError('unreachable', `The project can't be reached: ${text}`, cause, retryAfterMs);
  }
  if (status === 429) {
    const words = 'The project asks for patience. It is tried again by itself.';
    return new TrunkError('rate-limited', words, cause, retryAfterMs);
  }
  if (status === 401 && isAboutKey({message: text})) {
    return new TrunkError('key-refused', 'The project refuses the key. Copy its publishable or anon key again.', cause);
  }
  if (status === 401) return new TrunkError('sign-in-failed', `The project refuses the token: ${text}`, cause);
  if (status === 404 && code === 'PT404')
    return new TrunkError('chat-not-found', [text, hint].filter(Boolean).join(' '), cause);
  if (code === 'PGRST202' || code === 'PGRST205' || code === '42883' || code === '42P01') {
    return new TrunkError(
      'rejected',
      `The project lacks Trunkline's tables: apply supabase/migrations. (${text})`,
      cause,
    );
  }
  if (code === '42501' || status === 403)
    return new TrunkError('forbidden', `The database's rules refuse this: ${text}`, cause);
  if (status >= 500) return new TrunkError('internal', `The database failed: ${text}`, cause);
  return new TrunkError('rejected', `The database refuses this: ${text}`, cause);
}
