// What Realtime makes of a token: it must name a role and an end, and every fault has its words on the wire.
import {type Claims, type Keys, TokenError} from '../keys.js';

/** `sub` may be anything: only who asks the database for a private topic needs it to be text. */
export type RealtimeClaims = Claims & {role: string; exp: number};

/** @throws {TokenError} */
export function verifyToken(keys: Keys, token: string): RealtimeClaims {
  const claims = keys.verify(token);
  if (typeof claims.role !== 'string' || typeof claims.exp !== 'number') {
    throw new TokenError('claims', 'Fields `role` and `exp` are required in JWT');
  }
  return claims as RealtimeClaims;
}

/** The sentence alone, as system messages and handshakes have it. */
export function tokenFault(error: unknown): string {
  if (!(error instanceof TokenError)) throw error;
  switch (error.fault) {
    case 'expired':
      return `Token has expired ${error.ago} seconds ago`;
    case 'claims':
      return error.message;
    case 'signature':
      return 'Failed to validate JWT signature';
    case 'malformed':
      return 'The token provided is not a valid JWT';
  }
}

/** With the code a join's refusal puts before it. */
export function joinTokenFault(error: unknown): string {
  const code = {
    expired: 'InvalidJWTToken',
    claims: 'InvalidJWTToken',
    signature: 'JwtSignatureError',
    malformed: 'MalformedJWT',
  };
  const sentence = tokenFault(error);
  return `${error instanceof TokenError ? code[error.fault] : ''}: ${sentence}`;
}
