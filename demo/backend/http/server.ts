// The one HTTP server: reads requests whole, answers CORS, checks the API key as a hosted project's gateway does, and
// hands each path to its service. It knows no service from the inside.
import {createServer, type IncomingMessage, type Server, type ServerResponse} from 'node:http';
import type {AddressInfo, Socket} from 'node:net';
import type {Keys} from '../keys.js';
import {apiKey, type Answer, bearer, type Exchange, type Handler, json} from './exchange.js';

const maxBodyBytes = 20_000_000;

export interface Service {
  prefix: string;
  handle: Handler;
  /** Paths below the prefix that need no API key; all of them when true. */
  open?: boolean | RegExp;
}

/** What a fault run may do to a request on its way. */
export interface Interference {
  /** Before the service sees the request. False: never answer it. */
  before(path: string, socket: {destroy(): unknown}): Promise<boolean>;
  /** What is answered in the service's place; undefined: nothing. */
  instead(path: string): Answer | undefined;
  /** After the service has done its work. False: destroy the answer. */
  after(path: string): Promise<boolean>;
}

export class HttpServer {
  readonly server: Server;
  readonly #services: Service[];
  readonly #keys: Keys;
  readonly #log: (line: string) => void;
  readonly #interference: Interference | undefined;
  /** Node loses sight of one that asks to become a WebSocket, and waits for it at the end. */
  readonly #sockets = new Set<Socket>();

  constructor(services: Service[], keys: Keys, log: (line: string) => void, interference?: Interference) {
    this.#interference = interference;
    this.#services = services;
    this.#keys = keys;
    this.#log = log;
    this.server = createServer((request, response) => void this.#serve(request, response));
    this.server.keepAliveTimeout = 30_000;
    this.server.on('connection', socket => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
  }

  async listen(port: number): Promise<string> {
    await new Promise<void>((done, fail) => {
      this.server.once('error', fail);
      this.server.listen(port, '127.0.0.1', () => {
        this.server.off('error', fail);
        done();
      });
    });
    return this.origin;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    const closed = new Promise(done => this.server.close(done));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.on('error', () => {});
    if (!URL.canParse(request.url ?? '/', this.origin)) {
      response.writeHead(400, cors(request)).end();
      return;
    }
    const url = new URL(request.url ?? '/', this.origin);
    try {
      if (this.#interference && !(await this.#interference.before(url.pathname, request.socket))) return;
      const instead = request.method === 'OPTIONS' ? undefined : this.#interference?.instead(url.pathname);
      const answer = instead ?? (await this.#answer(request, url));
      if (this.#interference && request.method !== 'OPTIONS' && !(await this.#interference.after(url.pathname))) {
        request.socket.destroy();
        return;
      }
      response.writeHead(answer.status, {...cors(request), ...answer.headers});
      response.end(request.method === 'HEAD' ? undefined : answer.body);
    } catch (error) {
      if (request.destroyed && !request.complete) return; // the caller went away
      this.#log(
        `${request.method} ${url.pathname}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
      );
      if (response.headersSent) return;
      response.writeHead(500, {...cors(request), 'content-type': 'application/json'});
      response.end(JSON.stringify({code: 'internal_error', message: 'The embedded backend failed; its log says why.'}));
    }
  }

  async #answer(request: IncomingMessage, url: URL): Promise<Answer> {
    if (request.method === 'OPTIONS') return {status: 204};
    const service = this.#services.find(({prefix}) => url.pathname === prefix || url.pathname.startsWith(`${prefix}/`));
    if (!service) {
      return json(404, {
        code: 'unsupported',
        message: `The embedded backend has nothing at ${url.pathname}.`,
        hint: 'It serves /rest/v1, /auth/v1, /realtime/v1 and /stats; storage, functions and GraphQL need a real project.',
      });
    }
    const body = await readBody(request);
    if (body === undefined) return json(413, {message: 'Payload too large'});
    const exchange: Exchange = {
      method: request.method ?? 'GET',
      path: url.pathname.slice(service.prefix.length) || '/',
      query: url.searchParams,
      headers: request.headers,
      body,
      origin: this.origin,
    };
    const open = service.open instanceof RegExp ? service.open.test(exchange.path) : service.open === true;
    return (open ? undefined : this.#keyFault(exchange)) ?? service.handle(exchange);
  }

  /** The gateway wants a key of this project, and turns the new kind of key into the JWT the services read. */
  #keyFault(exchange: Exchange): Answer | undefined {
    const given = apiKey(exchange);
    const token = bearer(exchange);
    if (given === undefined && token === undefined) {
      return json(401, {
        message: 'No API key found in request',
        hint: 'No `apikey` request header or url param was found.',
      });
    }
    const key = this.#keys.translate(given ?? token ?? '');
    try {
      this.#keys.verify(key);
    } catch {
      if (given !== undefined) {
        return json(401, {
          message: 'Invalid API key',
          hint: 'Double check your Supabase `anon` or `service_role` API key.',
        });
      }
    }
    exchange.headers['apikey'] = key;
    if (token !== undefined) exchange.headers.authorization = `Bearer ${this.#keys.translate(token)}`;
    return undefined;
  }
}

function readBody(request: IncomingMessage): Promise<Buffer | undefined> {
  return new Promise((done, fail) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
    });
    request.once('end', () => done(size <= maxBodyBytes ? Buffer.concat(chunks) : undefined));
    request.once('error', fail);
    request.once('aborted', () => fail(new Error('request aborted')));
  });
}

export function cors(request: IncomingMessage): Record<string, string> {
  return {
    'access-control-allow-origin': '*',
    'access-control-allow-methods': 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS',
    'access-control-allow-headers':
      request.headers['access-control-request-headers'] ?? 'authorization, apikey, content-type, prefer, x-client-info',
    'access-control-expose-headers':
      // PostgREST's list (Cors.hs) and GoTrue's; Kong's plugin adds none. Retry-After is in neither, so a page of another
      // origin can't read it from a hosted project, and must not from here.
      'content-encoding, content-location, content-range, content-type, date, location, server, transfer-encoding, range-unit, x-total-count, link, x-supabase-api-version',
    'access-control-max-age': '3600',
  };
}
