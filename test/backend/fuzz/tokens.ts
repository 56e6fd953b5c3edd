// JSON Web Tokens of every broken kind, and the good ones among them. It signs with the project's secret, which a client
// never has, so that claims no client could forge are tried, too.
import {createHmac} from 'node:crypto';
import {nastyTexts, nastyValue, type Random} from './random.js';

const encode = (value: unknown) => Buffer.from(JSON.stringify(value) ?? 'null').toString('base64url');

export function signToken(secret: string, claims: unknown, header: unknown = {alg: 'HS256', typ: 'JWT'}): string {
  const head = `${encode(header)}.${encode(claims)}`;
  return `${head}.${createHmac('sha256', secret).update(head).digest('base64url')}`;
}

export interface Tokens {
  secret: string;
  anon: string;
  service: string;
  user: string;
  userId: string;
}

export function someToken(random: Random, tokens: Tokens): string {
  const now = Math.floor(Date.now() / 1000);
  const good = {role: 'authenticated', sub: tokens.userId, aud: 'authenticated', exp: now + 3600};
  switch (random.below(14)) {
    case 0:
      return tokens.anon;
    case 1:
      return tokens.service;
    case 2:
      return signToken(tokens.secret, {...good, exp: random.pick([0, -1, now - 10, now, 1e300, '9', null, true])});
    case 3:
      return signToken(tokens.secret, {
        ...good,
        role: random.pick(['nobody', 'postgres', 'supabase_admin', '', 7, null, {}, 'none', ...nastyTexts]),
      });
    case 4:
      return signToken(tokens.secret, {...good, sub: nastyValue(random)});
    case 5:
      return signToken(tokens.secret, random.pick([null, [], 7, 'text', {}, [good], {exp: now + 9}]));
    case 6:
      return signToken(tokens.secret, good, {alg: random.pick(['none', 'RS256', 'hs256', '', null, 7])});
    case 7:
      return signToken(random.pick(['', 'another secret', `${tokens.secret} `]), good);
    case 8:
      return tokens.user.slice(0, random.below(tokens.user.length));
    case 9:
      return random.pick(['', '.', '..', '...', 'a.b.c', 'a.b', `${tokens.user}.x`, `.${tokens.user}`, 'sb_x', 'null']);
    case 10: {
      const at = random.below(tokens.user.length);
      return `${tokens.user.slice(0, at)}${random.pick(['A', '_', '=', '%', 'é'])}${tokens.user.slice(at + 1)}`;
    }
    case 11:
      return random.pick(nastyTexts).replace(/[^\x20-\x7e]/g, '?') || 'x';
    default:
      return tokens.user;
  }
}
