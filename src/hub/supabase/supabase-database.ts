// The database as PostgREST offers it: every call with a fresh token, every error in the hub's own words.
import {PostgrestClient, type PostgrestError} from '@supabase/postgrest-js';
import type {Chat, OutgoingMessage, Person, StoredMessage} from '../../wire/chat.js';
import {TrunkError} from '../../wire/error.js';
import type {HubConfig} from '../../wire/protocol.js';
import {readMessage} from '../read-message.js';
import type {Database, SendResult} from '../transport.js';
import type {Database as Schema, Json} from './database.types.js';

/** What a question's answer said beside its body. */
interface Asked {
  retryAfterMs: number;
}

interface Answer<T> {
  data: T | null;
  error: PostgrestError | null;
  status: number;
}

/** No server's wish for peace is heeded for longer, in ms. */
const MAX_RETRY_AFTER_MS = 10 * 60_000;

export class SupabaseDatabase implements Database {
  readonly #config: HubConfig;
  readonly #token: (fresh: boolean) => Promise<string>;
  readonly #timeoutMs: number;

  /**
   * @param token a token that still lives; `fresh`: the last one was refused
   * @param timeoutMs a request that takes longer is `unreachable`
   */
  constructor(config: HubConfig, token: (fresh: boolean) => Promise<string>, timeoutMs: number) {
    this.#config = config;
    this.#token = token;
    this.#timeoutMs = timeoutMs;
  }

  async openChat(chat: string, make: boolean): Promise<{chat: Chat; lastRev: number}> {
    const row = await this.#ask(client => client.rpc('open_chat', {chat, make}));
    const {id, slug, title, kind} = row;
    return {chat: {id, slug, title, kind: kind as Chat['kind']}, lastRev: row.last_rev};
  }

  async messagesBefore(chatId: string, seq: number | null, limit: number): Promise<StoredMessage[]> {
    const place = seq === null ? {} : {seq};
    return rows(await this.#ask(client => client.rpc('messages_before', {chat_id: chatId, limit, ...place})));
  }

  async changesSince(chatId: string, rev: number, limit: number): Promise<StoredMessage[]> {
    return rows(await this.#ask(client => client.rpc('changes_since', {chat_id: chatId, rev, limit})));
  }

  async chatTips(chatIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const tips = await this.#ask(client => client.rpc('chat_tips', {ids: [...chatIds]}));
    return new Map(tips.map(({id, last_rev}) => [id, last_rev]));
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
    const answers = await this.#ask(client => client.rpc('send_messages', {messages: payload}));
    return answers.map(({id, stored, code, reason}): SendResult => {
      const message = readMessage(stored);
      return message ? {id, stored: message} : {id, error: refusal(code, reason, 200)};
    });
  }

  async editMessage(id: string, body: string): Promise<StoredMessage> {
    return this.#update(id, {body});
  }

  async deleteMessage(id: string): Promise<StoredMessage> {
    // The database puts its own time.
    return this.#update(id, {deleted_at: new Date(0).toISOString()});
  }

  async profiles(userIds: readonly string[]): Promise<Person[]> {
    const found = await this.#ask(client =>
      client
        .from('profiles')
        .select('id, display_name, avatar_url')
        .in('id', [...userIds]),
    );
    return found.map(({id, display_name, avatar_url}) => ({userId: id, name: display_name, avatarUrl: avatar_url}));
  }

  async saveProfile({userId, name, avatarUrl}: Person): Promise<void> {
    const row = {id: userId, display_name: name, avatar_url: avatarUrl};
    await this.#ask(client => client.from('profiles').upsert(row).select('id'));
  }

  /** Asks once, and once more with a fresh token when the first was refused. */
  async #ask<T>(question: (client: PostgrestClient<Schema>) => PromiseLike<Answer<T>>): Promise<T> {
    const asked: Asked = {retryAfterMs: 0};
    let answer = await question(this.#client(await this.#token(false), asked));
    if (answer.status === 401 && !isAboutKey(answer.error)) {
      answer = await question(this.#client(await this.#token(true), asked));
    }
    return ok(answer, asked.retryAfterMs);
  }

  /** A client for one question. */
  #client(bearer: string, asked: Asked): PostgrestClient<Schema> {
    const {url, key} = this.#config;
    return new PostgrestClient<Schema>(`${url}/rest/v1`, {
      headers: {apikey: key, authorization: `Bearer ${bearer}`},
      fetch: async (input, init) => {
        const response = await fetch(input, {...init, signal: AbortSignal.timeout(this.#timeoutMs)});
        asked.retryAfterMs = retryAfterOf(response.headers.get('retry-after'));
        return response;
      },
    });
  }

  async #update(id: string, change: {body: string} | {deleted_at: string}): Promise<StoredMessage> {
    const [message] = rows(await this.#ask(client => client.from('messages').update(change).eq('id', id).select()));
    if (!message) throw new TrunkError('forbidden', 'Only the person who wrote a message can change it.');
    return message;
  }
}

function rows(data: readonly unknown[]): StoredMessage[] {
  return data.flatMap(row => readMessage(row) ?? []);
}

function ok<T>({data, error, status}: Answer<T>, retryAfterMs: number): T {
  if (error) throw refusal(error.code, error.message, status, error.hint, retryAfterMs);
  if (data === null) throw new TrunkError('internal', 'The database answered without data.');
  return data;
}

/** Both key and token are refused with 401; only the words tell them apart. */
function isAboutKey(error: {message: string} | null): boolean {
  return /api ?key/i.test(error?.message ?? '');
}

/** `Retry-After` in ms: seconds or a date (RFC 9110, 10.2.3). 0 when there is none, or none that a page may read. */
function retryAfterOf(value: string | null): number {
  if (!value) return 0;
  const ms = /^\d+$/.test(value.trim()) ? Number(value) * 1000 : Date.parse(value) - Date.now();
  return Number.isFinite(ms) ? Math.min(Math.max(ms, 0), MAX_RETRY_AFTER_MS) : 0;
}

/**
 * SQLSTATEs that say nothing of the request: the connection (08), resources (53), an operator's intervention (57P), a lost lock or
 * serialization (40, 55P03). PostgREST answers some of them with 500.
 */
const PASSING_STATE = /^(08|53|57P|40|55P03)/;

/** Which of our codes an answer of PostgREST's is. Status 0: no answer came. */
function refusal(
  code: string | null,
  message: string | null,
  status: number,
  hint?: string | null,
  retryAfterMs = 0,
): TrunkError {
  const text = message ?? 'no reason given';
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
