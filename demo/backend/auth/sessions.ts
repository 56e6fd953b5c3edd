// Sessions and their tokens: an access token that lives an hour, and a refresh token used once. Using an old one again
// ends the whole session, unless it is the active one's parent, whose answer may have got lost, or comes so soon that two tabs
// must have raced. It knows nothing of passwords.
import {randomBytes, randomUUID} from 'node:crypto';
import type {Client} from '../database.js';
import type {Keys} from '../keys.js';
import {AuthError} from './auth-error.js';
import {findUser, type User} from './users.js';

export interface Session {
  access_token: string;
  token_type: 'bearer';
  expires_in: number;
  expires_at: number;
  refresh_token: string;
  user: User;
}

interface StoredToken {
  token: string;
  user_id: string;
  session_id: string;
  revoked: boolean;
  /** Revoked so recently that a racing tab is likelier than a thief. */
  fresh: boolean;
}

export class Sessions {
  readonly #keys: Keys;
  readonly #accessTokenMs: number;
  readonly #refreshReuseMs: number;

  constructor(keys: Keys, times: {accessTokenMs: number; refreshReuseMs: number}) {
    this.#keys = keys;
    this.#accessTokenMs = times.accessTokenMs;
    this.#refreshReuseMs = times.refreshReuseMs;
  }

  async open(client: Client, user: User, method: string, issuer: string): Promise<Session> {
    if (isBanned(user)) throw new AuthError(400, 'user_banned', 'User is banned');
    const id = randomUUID();
    await client.query(
      'insert into auth.sessions (id, user_id, created_at, updated_at) values ($1, $2, now(), now())',
      [id, user.id],
    );
    await client.query('update auth.users set last_sign_in_at = now() where id = $1', [user.id]);
    const token = await this.#issue(client, user.id, id, null);
    return this.#session((await findUser(client, user.id)) ?? user, id, token, method, issuer);
  }

  /** Null: the token was reused; the caller must commit what was revoked and then refuse. */
  async refresh(client: Client, refreshToken: string, issuer: string): Promise<Session | null> {
    const found = await this.#lock(client, refreshToken);
    if (!found) throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
    const user = await findUser(client, found.user_id);
    if (!user) throw new AuthError(400, 'refresh_token_not_found', 'Invalid Refresh Token: Refresh Token Not Found');
    if (isBanned(user)) throw new AuthError(400, 'user_banned', 'Invalid Refresh Token: User Banned');
    let current = found.token;
    if (found.revoked) {
      const {rows} = await client.query<{token: string; parent: string | null}>(
        'select token, parent from auth.refresh_tokens where session_id = $1 and not revoked order by id desc limit 1',
        [found.session_id],
      );
      const [active] = rows;
      if (!active || (active.parent !== found.token && !found.fresh)) {
        await client.query('update auth.refresh_tokens set revoked = true where session_id = $1', [found.session_id]);
        return null;
      }
      current = active.token;
    } else {
      await client.query(
        'update auth.refresh_tokens set revoked = true, updated_at = clock_timestamp() where token = $1',
        [found.token],
      );
      current = await this.#issue(client, found.user_id, found.session_id, found.token);
      await client.query('update auth.sessions set refreshed_at = now(), updated_at = now() where id = $1', [
        found.session_id,
      ]);
    }
    return this.#session(user, found.session_id, current, user.is_anonymous ? 'anonymous' : 'password', issuer);
  }

  async exists(client: Client, id: string): Promise<boolean> {
    if (!/^[0-9a-f-]{36}$/i.test(id)) return false;
    return (await client.query('select from auth.sessions where id = $1', [id])).rowCount === 1;
  }

  async end(client: Client, userId: string, sessionId: string, scope: string): Promise<void> {
    const which = {global: 'true', local: 'id = $2', others: 'id <> $2'}[scope];
    if (which === undefined) throw new AuthError(400, 'validation_failed', `Unsupported logout scope ${scope}`);
    await client.query(`delete from auth.sessions where user_id = $1 and $2::uuid is not null and ${which}`, [
      userId,
      sessionId,
    ]);
  }

  /** Takes the session's lock, so that of two refreshes with one token the second sees what the first did. */
  async #lock(client: Client, token: string): Promise<StoredToken | undefined> {
    await client.query(
      'select from auth.sessions s join auth.refresh_tokens t on t.session_id = s.id where t.token = $1 for update of s',
      [token],
    );
    const {rows} = await client.query<StoredToken>(
      `select token, user_id, session_id, revoked, updated_at > clock_timestamp() - $2 * interval '1 millisecond' as fresh
       from auth.refresh_tokens where token = $1`,
      [token, this.#refreshReuseMs],
    );
    return rows[0];
  }

  async #issue(client: Client, userId: string, sessionId: string, parent: string | null): Promise<string> {
    const token = randomBytes(12).toString('base64url');
    await client.query(
      `insert into auth.refresh_tokens (token, user_id, session_id, parent, revoked, created_at, updated_at)
       values ($1, $2, $3, $4, false, clock_timestamp(), clock_timestamp())`,
      [token, userId, sessionId, parent],
    );
    return token;
  }

  #session(user: User, sessionId: string, refreshToken: string, method: string, issuer: string): Session {
    const now = Math.floor(Date.now() / 1000);
    const seconds = Math.max(1, Math.round(this.#accessTokenMs / 1000));
    const accessToken = this.#keys.sign({
      iss: issuer,
      sub: user.id,
      aud: 'authenticated',
      exp: now + seconds,
      iat: now,
      email: user.email,
      phone: user.phone,
      app_metadata: user.app_metadata,
      user_metadata: user.user_metadata,
      role: user.role,
      aal: 'aal1',
      amr: [{method, timestamp: now}],
      session_id: sessionId,
      is_anonymous: user.is_anonymous,
    });
    return {
      access_token: accessToken,
      token_type: 'bearer',
      expires_in: seconds,
      expires_at: now + seconds,
      refresh_token: refreshToken,
      user,
    };
  }
}

function isBanned(user: User): boolean {
  return typeof user['banned_until'] === 'string' && Date.parse(user['banned_until']) > Date.now();
}
