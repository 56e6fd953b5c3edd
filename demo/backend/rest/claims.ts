// Whom a request's token stands for: PostgREST's checks of its claims (Auth/Jwt.hs, version 13 and later). The signature is
// keys.ts's business.
import {type Claims, type Keys, TokenError} from '../keys.js';
import {RestError} from './rest-error.js';

/** What clocks may differ by. */
const graceS = 30;

/** @throws {RestError} with PGRST301 for what is no token of ours, PGRST303 for what is wrong in it */
export function readClaims(token: string, keys: Keys, nowMs = Date.now()): Claims {
  const parts = token.split('.').length;
  if (parts !== 3) throw refused('PGRST301', `Expected 3 parts in JWT; got ${parts}`);
  let claims: Claims;
  try {
    claims = keys.verify(token, nowMs - (graceS + 1) * 1000); // a token is over when `exp` is there, not only past it
  } catch (error) {
    if (!(error instanceof TokenError)) throw error;
    switch (error.fault) {
      case 'expired':
        throw refused('PGRST303', 'JWT expired');
      case 'claims':
        throw refused('PGRST303', 'Parsing claims failed');
      default:
        throw refused('PGRST301', 'No suitable key or wrong key type', 'None of the keys was able to decode the JWT');
    }
  }
  const fault = faultOf(claims, Math.floor(nowMs / 1000));
  if (fault !== undefined) throw refused('PGRST303', fault);
  return claims;
}

function faultOf(claims: Claims, now: number): string | undefined {
  if (Array.isArray(claims)) return 'Parsing claims failed';
  for (const name of ['exp', 'nbf', 'iat']) {
    const value = claims[name] ?? undefined;
    if (value !== undefined && typeof value !== 'number') return `The JWT '${name}' claim must be a number`;
    if (value === undefined) continue;
    if (name === 'exp' && now - graceS > value) return 'JWT expired';
    if (name === 'nbf' && now + graceS < value) return 'JWT not yet valid';
    if (name === 'iat' && now + graceS < value) return 'JWT issued at future';
  }
  const audience = claims['aud'] ?? [];
  if (![audience].flat().every(one => typeof one === 'string'))
    return "The JWT 'aud' claim must be a string or an array of strings";
  return undefined;
}

function refused(code: string, message: string, details: string | null = null): RestError {
  return new RestError(401, code, message, details, null, {
    'www-authenticate': `Bearer error="invalid_token", error_description="${message}"`,
  });
}
