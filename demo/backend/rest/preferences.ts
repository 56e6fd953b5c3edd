// What a request prefers about its answer: the Prefer, Accept and Range headers. Reads them; applies nothing.
import {type Exchange, header} from '../http/exchange.js';
import {RestError, unsupported} from './rest-error.js';

export interface Preferences {
  return: 'representation' | 'minimal';
  count: boolean;
  resolution: 'merge-duplicates' | 'ignore-duplicates' | undefined;
  missingDefault: boolean;
  maxAffected: number | undefined;
  /** The answer is one object, not a list of one. */
  single: boolean;
  stripNulls: boolean;
  /** What the answer's Preference-Applied says. */
  applied: string[];
  contentType: string;
}

export function readPreferences(exchange: Exchange): Preferences {
  const preferences: Preferences = {
    return: 'minimal',
    count: false,
    resolution: undefined,
    missingDefault: false,
    maxAffected: undefined,
    single: false,
    stripNulls: false,
    applied: [],
    contentType: 'application/json; charset=utf-8',
  };
  let strict = false;
  let maxAffected: number | undefined;
  const unknown: string[] = [];
  for (const token of (header(exchange, 'prefer') ?? '').split(',').map(text => text.trim())) {
    const [name, value = ''] = token.split('=');
    switch (name) {
      case '':
        continue;
      case 'return':
        if (value === 'representation') preferences.return = value;
        break;
      case 'count':
        preferences.count = true; // an exact count is a fair estimate, too
        break;
      case 'resolution':
        if (value === 'merge-duplicates' || value === 'ignore-duplicates') preferences.resolution = value;
        break;
      case 'missing':
        preferences.missingDefault = value === 'default';
        break;
      case 'handling':
        strict = value === 'strict';
        break;
      case 'max-affected':
        maxAffected = Number(value);
        break;
      case 'tx':
      case 'timezone':
        if (name === 'timezone') throw unsupported('Prefer: timezone');
        continue; // hosted projects don't let a request choose its end
      default:
        unknown.push(token);
        continue;
    }
    preferences.applied.push(token);
  }
  if (strict && unknown.length > 0) {
    throw new RestError(
      400,
      'PGRST122',
      'Invalid preferences given with handling=strict',
      `Invalid preferences: ${unknown.join(', ')}`,
    );
  }
  if (strict) preferences.maxAffected = maxAffected;
  readAccept(header(exchange, 'accept') ?? '*/*', preferences);
  return preferences;
}

function readAccept(accept: string, preferences: Preferences): void {
  for (const type of accept.split(',').map(text => text.trim())) {
    const [name, ...parameters] = type.split(';').map(text => text.trim());
    switch (name) {
      case 'application/vnd.pgrst.object+json':
      case 'application/vnd.pgrst.object':
        preferences.single = true;
        preferences.contentType = 'application/vnd.pgrst.object+json; charset=utf-8';
        break;
      case 'application/vnd.pgrst.array+json':
      case 'application/vnd.pgrst.array':
      case 'application/json':
      case '*/*':
      case 'application/*':
        break;
      default:
        continue;
    }
    if (parameters.includes('nulls=stripped')) preferences.stripNulls = true;
    return;
  }
  throw new RestError(
    406,
    'PGRST107',
    `None of these media types are available: ${accept}`,
    'The embedded backend answers JSON only.',
  );
}
