// The routes of /auth/v1: reads requests, calls users and sessions in one transaction, and answers as GoTrue does.
// What needs mail, SMS or another provider is refused by name.
import type {Client, Database, Identity} from '../database.js';
import {type Answer, bearer, type Exchange, json} from '../http/exchange.js';
import {parseJson} from '../json.js';
import {type Claims, type Keys, TokenError} from '../keys.js';
import {AuthError} from './auth-error.js';
import type {Sessions} from './sessions.js';
import {createUser, deleteUser, findByPassword, findUser, listUsers, updateUser, type UserInput} from './users.js';

type Body = Record<string, unknown>;
const self: Identity = {role: 'supabase_auth_admin', settings: {}};

export class AuthService {
  readonly #database: Database;
  readonly #keys: Keys;
  readonly #sessions: Sessions;

  constructor(database: Database, keys: Keys, sessions: Sessions) {
    this.#database = database;
    this.#keys = keys;
    this.#sessions = sessions;
  }

  handle = async (exchange: Exchange): Promise<Answer> => {
    try {
      return await this.#route(exchange);
    } catch (error) {
      if (error instanceof AuthError) return error.answer;
      // A trigger on auth.users may refuse; GoTrue doesn't show its words either.
      const code = error instanceof Error && 'code' in error ? String(error.code) : '';
      if (code === '23505')
        return new AuthError(422, 'conflict', 'A user with this id or address exists already').answer;
      if (code.startsWith('22')) return new AuthError(400, 'validation_failed', (error as Error).message).answer;
      if (/^(23|P0|42)/.test(code)) {
        return new AuthError(500, 'unexpected_failure', `Database error: ${(error as Error).message}`).answer;
      }
      throw error;
    }
  };

  async #route(exchange: Exchange): Promise<Answer> {
    const {method, path, query} = exchange;
    const admin = /^\/admin\/users(?:\/([^/]+))?$/.exec(path);
    if (admin) return this.#admin(exchange, admin[1]);
    switch (`${method} ${path}`) {
      case 'GET /health':
        return json(200, {
          version: 'embedded',
          name: 'GoTrue',
          description: 'GoTrue-shaped auth of the embedded backend',
        });
      case 'GET /settings':
        return json(200, {
          external: {anonymous_users: true, email: true, phone: false},
          disable_signup: false,
          mailer_autoconfirm: true,
          phone_autoconfirm: false,
          sms_provider: '',
          saml_enabled: false,
        });
      case 'GET /.well-known/jwks.json':
        return json(200, {keys: []});
      case 'POST /signup':
        return this.#signUp(exchange);
      case 'POST /token':
        if (query.get('grant_type') === 'password') return this.#signIn(exchange);
        if (query.get('grant_type') === 'refresh_token') return this.#refresh(exchange);
        return refuse(`POST /token?grant_type=${query.get('grant_type') ?? ''}`);
      case 'GET /user':
        return this.#work(async client => json(200, await this.#caller(client, exchange).then(caller => caller.user)));
      case 'PUT /user':
        return this.#work(async client => {
          const {user} = await this.#caller(client, exchange);
          return json(200, await updateUser(client, user.id, userInput(bodyOf(exchange), 'data')));
        });
      case 'POST /logout':
        return this.#logOut(exchange);
      default:
        return refuse(`${method} ${path}`);
    }
  }

  #signUp(exchange: Exchange): Promise<Answer> {
    const body = bodyOf(exchange);
    if (body['phone']) return Promise.resolve(refuse('sign-up by phone'));
    const input = userInput(body, 'data');
    const anonymous = input.email === undefined && input.password === undefined;
    if (!anonymous && input.email === undefined) {
      throw new AuthError(400, 'validation_failed', 'To signup, please provide your email');
    }
    if (!anonymous && input.password === undefined) {
      throw new AuthError(400, 'validation_failed', 'Signup requires a valid password');
    }
    const {email, password, userMetadata} = input;
    return this.#work(async client => {
      const user = await createUser(client, {
        ...(email === undefined ? {} : {email}),
        ...(password === undefined ? {} : {password}),
        ...(userMetadata === undefined ? {} : {userMetadata}),
      });
      return json(200, await this.#sessions.open(client, user, anonymous ? 'anonymous' : 'password', issuer(exchange)));
    });
  }

  #signIn(exchange: Exchange): Promise<Answer> {
    const {email, password} = userInput(bodyOf(exchange), 'data');
    return this.#work(async client => {
      const user = await findByPassword(client, email ?? '', password ?? '');
      if (!user) throw new AuthError(400, 'invalid_credentials', 'Invalid login credentials');
      if (user['email_confirmed_at'] === undefined)
        throw new AuthError(400, 'email_not_confirmed', 'Email not confirmed');
      return json(200, await this.#sessions.open(client, user, 'password', issuer(exchange)));
    });
  }

  async #refresh(exchange: Exchange): Promise<Answer> {
    const token = bodyOf(exchange)['refresh_token'];
    if (typeof token !== 'string' || token === '') {
      throw new AuthError(400, 'validation_failed', 'refresh_token required');
    }
    const session = await this.#work(client => this.#sessions.refresh(client, token, issuer(exchange)));
    if (!session) throw new AuthError(400, 'refresh_token_already_used', 'Invalid Refresh Token: Already Used');
    return json(200, session);
  }

  #logOut(exchange: Exchange): Promise<Answer> {
    return this.#work(async client => {
      const {user, session} = await this.#caller(client, exchange);
      await this.#sessions.end(client, user.id, session, exchange.query.get('scope') ?? 'global');
      return {status: 204};
    });
  }

  async #admin(exchange: Exchange, id: string | undefined): Promise<Answer> {
    const claims = this.#claims(exchange);
    if (claims.role !== 'service_role' && claims.role !== 'supabase_admin') {
      throw new AuthError(403, 'not_admin', 'User not allowed');
    }
    const missing = new AuthError(404, 'user_not_found', 'User not found');
    return this.#work(async client => {
      switch (`${exchange.method} ${id === undefined ? 'all' : 'one'}`) {
        case 'POST all': {
          const input = userInput(bodyOf(exchange), 'user_metadata');
          if (input.email === undefined)
            throw new AuthError(400, 'validation_failed', 'Cannot create a user without either an email or phone');
          return json(
            200,
            await createUser(client, {...input, confirmed: bodyOf(exchange)['email_confirm'] === true}).catch(
              renameDuplicate,
            ),
          );
        }
        case 'GET all': {
          const page = Math.max(1, Number(exchange.query.get('page') || 1));
          const perPage = Math.max(1, Number(exchange.query.get('per_page') || 50));
          const {users, total} = await listUsers(client, page, perPage);
          return json(200, {users, aud: 'authenticated'}, {'x-total-count': String(total)});
        }
        case 'GET one': {
          const user = await findUser(client, id ?? '');
          if (!user) throw missing;
          return json(200, user);
        }
        case 'PUT one':
          return json(
            200,
            await updateUser(client, id ?? '', {
              ...userInput(bodyOf(exchange), 'user_metadata'),
              confirmed: bodyOf(exchange)['email_confirm'] === true,
            }),
          );
        case 'DELETE one': {
          if (bodyOf(exchange)['should_soft_delete'] === true) return refuse('soft deletion of users');
          if (!(await deleteUser(client, id ?? ''))) throw missing;
          return json(200, {});
        }
        default:
          return refuse(`${exchange.method} ${exchange.path}`);
      }
    });
  }

  #claims(exchange: Exchange): Claims {
    const token = bearer(exchange);
    if (token === undefined)
      throw new AuthError(401, 'no_authorization', 'This endpoint requires a valid Bearer token');
    try {
      const claims = this.#keys.verify(token);
      for (const claim of ['sub', 'role', 'session_id']) {
        if (!['string', 'undefined'].includes(typeof (claims[claim] ?? undefined)))
          throw new TokenError('malformed', `token is malformed: could not JSON decode claim: ${claim} is no string`);
      }
      return claims;
    } catch (error) {
      const why = error instanceof TokenError ? error.message : String(error);
      throw new AuthError(403, 'bad_jwt', `invalid JWT: unable to parse or verify signature, ${why}`);
    }
  }

  async #caller(client: Client, exchange: Exchange) {
    const {sub, session_id: session} = this.#claims(exchange);
    if (typeof sub !== 'string' || sub === '') throw new AuthError(403, 'bad_jwt', 'invalid claim: missing sub claim');
    const user = await findUser(client, sub);
    if (!user) throw new AuthError(403, 'user_not_found', 'User from sub claim in JWT does not exist');
    if (typeof session !== 'string' || session === '' || !(await this.#sessions.exists(client, session))) {
      throw new AuthError(403, 'session_not_found', 'Session from session_id claim in JWT does not exist');
    }
    return {user, session};
  }

  #work<T>(work: (client: Client) => Promise<T>): Promise<T> {
    return this.#database.asSystem(work, self);
  }
}

const issuer = (exchange: Exchange) => `${exchange.origin}/auth/v1`;

function refuse(what: string): Answer {
  return new AuthError(400, 'unsupported', `The embedded backend does not do ${what}; a real project does.`).answer;
}

function renameDuplicate(error: unknown): never {
  if (error instanceof AuthError && error.errorCode === 'user_already_exists') {
    throw new AuthError(422, 'email_exists', 'A user with this email address has already been registered');
  }
  throw error;
}

function bodyOf(exchange: Exchange): Body {
  if (exchange.body.length === 0) return {};
  try {
    const body: unknown = parseJson(exchange.body.toString());
    if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Body;
  } catch {
    // said below
  }
  throw new AuthError(400, 'bad_json', 'Could not parse request body as JSON');
}

function userInput(body: Body, metadataKey: string): UserInput {
  const text = (key: string) => (typeof body[key] === 'string' && body[key] !== '' ? (body[key] as string) : undefined);
  const object = (key: string) =>
    typeof body[key] === 'object' && body[key] !== null ? (body[key] as Body) : undefined;
  const parts = {
    id: text('id'),
    email: text('email'),
    password: text('password'),
    role: metadataKey === 'data' ? undefined : text('role'),
    userMetadata: object(metadataKey),
    appMetadata: metadataKey === 'data' ? undefined : object('app_metadata'), // a user can't raise their own rights
    banDuration: metadataKey === 'data' ? undefined : text('ban_duration'),
  };
  return Object.fromEntries(Object.entries(parts).filter(([, value]) => value !== undefined)) as UserInput;
}
