// Signs and checks JSON Web Tokens (HS256) and knows the project's API keys. It doesn't know what a role may do.
import {createHmac, timingSafeEqual} from 'node:crypto';

/** What a token says. A signature proves who wrote it, not that any claim is what it should be. */
export interface Claims {
  role?: unknown;
  sub?: unknown;
  exp?: unknown;
  session_id?: unknown;
  [claim: string]: unknown;
}

/** The role as PostgREST reads it: what is no text stands as its JSON, which names no role Postgres knows. */
export function roleOf({role}: Claims): string | undefined {
  return role === undefined || typeof role === 'string' ? role : JSON.stringify(role);
}

export type TokenFault = 'malformed' | 'signature' | 'expired' | 'claims';

export class TokenError extends Error {
  readonly fault: TokenFault;
  /** Seconds since `exp`, for `expired`. */
  readonly ago: number;
  constructor(fault: TokenFault, message: string, ago = 0) {
    super(message);
    this.fault = fault;
    this.ago = ago;
  }
}

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

export class Keys {
  readonly secret: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** The newer, opaque kind of key. */
  readonly publishableKey: string;
  readonly secretKey: string;
  /** A fault run's wish: a person's token counts as expired unless it was made after that moment. */
  #expired: {atSecond: number; spared: Set<string>} | undefined;

  constructor(secret: string) {
    this.secret = secret;
    // With the default secret these are, to the letter, the keys every local Supabase project has.
    this.anonKey = this.sign({iss: 'supabase-demo', role: 'anon', exp: 1983812996});
    this.serviceRoleKey = this.sign({iss: 'supabase-demo', role: 'service_role', exp: 1983812996});
    this.publishableKey = `sb_publishable_${this.#mac('publishable').slice(0, 31)}`;
    this.secretKey = `sb_secret_${this.#mac('secret').slice(0, 31)}`;
  }

  sign(claims: Claims): string {
    const head = `${encode({alg: 'HS256', typ: 'JWT'})}.${encode(claims)}`;
    const token = `${head}.${this.#mac(head)}`;
    this.#expired?.spared.add(token);
    return token;
  }

  /** From now on every access token given out so far is an expired one. */
  expireIssued(): void {
    this.#expired = {atSecond: Math.floor(Date.now() / 1000), spared: new Set()};
  }

  /** Claims of a token that is well formed, signed by us and not expired. @throws {TokenError} */
  verify(token: string, nowMs = Date.now()): Claims {
    const [head, body, mac, ...rest] = token.split('.');
    if (!head || !body || !mac || rest.length > 0) throw new TokenError('malformed', 'not a JWT');
    let header: {alg?: unknown};
    let claims: Claims;
    try {
      header = JSON.parse(Buffer.from(head, 'base64url').toString()) as typeof header;
      claims = JSON.parse(Buffer.from(body, 'base64url').toString()) as Claims;
    } catch {
      throw new TokenError('malformed', 'not a JWT');
    }
    if (typeof claims !== 'object' || claims === null) throw new TokenError('malformed', 'not a JWT');
    const wanted = Buffer.from(this.#mac(`${head}.${body}`));
    const given = Buffer.from(mac);
    if (header.alg !== 'HS256' || wanted.length !== given.length || !timingSafeEqual(wanted, given)) {
      throw new TokenError('signature', 'signature is invalid');
    }
    const now = Math.floor(nowMs / 1000);
    if (typeof claims.exp === 'number' && claims.exp <= now) {
      throw new TokenError('expired', 'token is expired', now - claims.exp);
    }
    const {atSecond, spared} = this.#expired ?? {};
    if (
      atSecond !== undefined &&
      claims.sub !== undefined &&
      Number(claims['iat'] ?? 0) <= atSecond &&
      !spared?.has(token)
    ) {
      throw new TokenError('expired', 'token is expired', now - atSecond);
    }
    return claims;
  }

  /** Turns the project's `sb_…` keys into the JWTs a hosted gateway would put in their place; leaves anything else as it is. */
  translate(key: string): string {
    if (key === this.publishableKey) return this.anonKey;
    if (key === this.secretKey) return this.serviceRoleKey;
    return key;
  }

  #mac(text: string): string {
    return createHmac('sha256', this.secret).update(text).digest('base64url');
  }
}
