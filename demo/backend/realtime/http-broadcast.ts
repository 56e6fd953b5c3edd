// Broadcasts over HTTP, /realtime/v1/api/broadcast: many in one body, or one whose body is the payload itself.
import pg from 'pg';
import {isConnectionError} from '../database.js';
import {type Answer, apiKey, bearer, type Exchange, header, json} from '../http/exchange.js';
import {parseJson} from '../json.js';
import {UnreadableClaims} from './authorization.js';
import type {RealtimeContext} from './context.js';
import {Broadcast} from './frames.js';
import {type RealtimeClaims, verifyToken} from './tokens.js';

type Fault = Record<string, string[]>;

interface Item {
  topic: string;
  event: string;
  payload: unknown;
  isPrivate: boolean;
  id: string | undefined;
}

export class HttpBroadcast {
  readonly #context: RealtimeContext;

  constructor(context: RealtimeContext) {
    this.#context = context;
  }

  handle = async (exchange: Exchange): Promise<Answer> => {
    let claims: RealtimeClaims;
    try {
      claims = verifyToken(this.#context.keys, bearer(exchange) ?? apiKey(exchange) ?? '');
    } catch {
      return json(401, {message: 'Unauthorized'});
    }
    if (exchange.method !== 'POST') return json(405, {message: 'Method not allowed'});
    const single = /^\/([^/]+)\/events\/([^/]+)$/.exec(exchange.path);
    if (single?.[1] && single[2]) {
      const [topic, event] = [decode(single[1]), decode(single[2])];
      if (topic === undefined || event === undefined) return json(400, {message: 'Bad request'});
      return this.#one(exchange, claims, topic, event);
    }
    if (exchange.path !== '/') return json(404, {message: 'Not found'});
    return this.#many(exchange, claims);
  };

  async #one(exchange: Exchange, claims: RealtimeClaims, topic: string, event: string): Promise<Answer> {
    const {rates, rooms, tuning} = this.#context;
    const type = (header(exchange, 'content-type') ?? '').split(';')[0]?.trim();
    const isJson = type === 'application/json';
    if (!isJson && type !== 'application/octet-stream') {
      return json(415, {error: 'Unsupported Media Type: use application/json or application/octet-stream'});
    }
    if (isJson && !isObject(parse(exchange.body))) return json(422, {errors: {payload: ['is invalid']}});
    if (exchange.body.length > tuning.payloadKb * 1000 + 500) {
      return json(422, {errors: {payload: ['Payload size exceeds tenant limit']}});
    }
    if (this.#isOverRate(1)) return json(429, {message: 'You have exceeded your rate limit'});
    const isPrivate = exchange.query.get('private') === 'true';
    const refusal = isPrivate ? await this.#refusal(claims, topic) : undefined;
    if (refusal) return refusal;
    rates.messages.add();
    rooms.broadcast(topic, isPrivate, Broadcast.user(`realtime:${topic}`, event, exchange.body, isJson));
    return {status: 202};
  }

  async #refusal(claims: RealtimeClaims, topic: string): Promise<Answer | undefined> {
    try {
      const allowed = await this.#context.authorization.tryWrite(claims, topic, 'broadcast');
      return allowed ? undefined : json(403, {message: 'Unauthorized'});
    } catch (error) {
      this.#context.log(`realtime: may ${claims.role} write to ${topic}: ${String(error)}`);
      return json(422, {message: authorizationFault(error)});
    }
  }

  async #many(exchange: Exchange, claims: RealtimeClaims): Promise<Answer> {
    const {authorization, rates, rooms} = this.#context;
    const list = (parse(exchange.body) as {messages?: unknown} | undefined)?.messages;
    if (!Array.isArray(list)) return json(422, {errors: {messages: ["can't be blank"]}});
    const read = list.map(item => this.#read(item));
    if (read.some(({fault}) => fault)) return json(422, {errors: {messages: read.map(({fault}) => fault ?? {})}});
    if (this.#isOverRate(0)) return json(429, {message: 'You have exceeded your rate limit'});
    if (this.#isOverRate(list.length))
      return json(429, {message: 'Too many messages to broadcast, please reduce the batch size'});
    const allowed = new Map<string, boolean>();
    for (const {item} of read) {
      if (!item) continue;
      if (item.isPrivate && !allowed.has(item.topic)) {
        allowed.set(item.topic, await authorization.write(claims, item.topic, 'broadcast'));
      }
      if (item.isPrivate && !allowed.get(item.topic)) continue; // skipped in silence, as on the real server
      const {topic, event, payload, id} = item;
      const envelope = {type: 'broadcast', event, payload, ...(id === undefined ? {} : {meta: {id}})};
      rates.messages.add();
      rooms.broadcast(topic, item.isPrivate, Broadcast.text(`realtime:${topic}`, envelope));
    }
    return {status: 202};
  }

  #read(value: unknown): {item?: Item; fault?: Fault} {
    const {topic, event, payload, private: isPrivate, id} = isObject(value) ? value : {};
    const fault: Fault = {};
    if (typeof topic !== 'string' || topic === '') fault['topic'] = ["can't be blank"];
    if (typeof event !== 'string' || event === '') fault['event'] = ["can't be blank"];
    if (payload === undefined || payload === null) fault['payload'] = ["can't be blank"];
    else if (!isObject(payload)) fault['payload'] = ['is invalid'];
    else if (Buffer.byteLength(JSON.stringify(payload)) > this.#context.tuning.payloadKb * 1000 + 500) {
      fault['payload'] = ['Payload size exceeds tenant limit'];
    }
    const flag = isPrivate ?? false;
    if (![true, false, 'true', 'false', '1', '0'].includes(flag as string | boolean)) fault['private'] = ['is invalid'];
    if (Object.keys(fault).length > 0) return {fault};
    return {
      item: {
        topic: String(topic),
        event: String(event),
        payload,
        isPrivate: [true, 'true', '1'].includes(flag as string | boolean),
        id: typeof id === 'string' ? id : undefined,
      },
    };
  }

  /** The real server adds the number of messages to their rate, too. */
  #isOverRate(count: number): boolean {
    const {messages} = this.#context.rates;
    return messages.perSecond + count > messages.limit;
  }
}

function authorizationFault(error: unknown): string {
  if (isConnectionError(error)) return 'Tenant database unavailable';
  if (error instanceof UnreadableClaims) return 'RLS policy error';
  if (!(error instanceof pg.DatabaseError)) throw error;
  if (error.code === '57014') return 'Query canceled';
  return error.message.startsWith('no partition of relation') ? 'Missing messages partition' : 'RLS policy error';
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

function parse(body: Buffer): unknown {
  try {
    return parseJson(body.toString());
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
