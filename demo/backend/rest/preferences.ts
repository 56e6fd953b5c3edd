// What a request prefers about its answer: the Prefer and Accept headers. Reads them as PostgREST does (Preferences.hs,
// MediaType.hs); applies nothing.
import {type Exchange, header} from '../http/exchange.js';
import {RestError} from './rest-error.js';

/** What a request does, as far as its answer's status and headers go. */
export type Action = 'read' | 'insert' | 'update' | 'upsert' | 'delete' | 'call';

export interface Media {
  contentType: string;
  /** The answer is one object, not a list of one. */
  single: boolean;
  stripNulls: boolean;
  csv: boolean;
}

interface Choices {
  resolution: 'merge-duplicates' | 'ignore-duplicates';
  missing: 'default' | 'null';
  return: 'representation' | 'minimal' | 'headers-only';
  count: 'exact' | 'planned' | 'estimated';
  handling: 'strict' | 'lenient';
}

export type Preferences = {[name in keyof Choices]: Choices[name] | undefined} & {
  timezone: string | undefined;
  /** Only under handling=strict. */
  maxAffected: number | undefined;
  media: Media;
};

const choices: {[name in keyof Choices]: readonly Choices[name][]} = {
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  handling: ['strict', 'lenient'],
};

export function readPreferences(exchange: Exchange): Preferences {
  const tokens = (header(exchange, 'prefer') ?? '').split(',').map(text => text.trim());
  const unknown: string[] = [];
  const chosen: Record<string, string> = {};
  for (const token of tokens.filter(text => text !== '')) {
    const at = token.indexOf('=');
    const [name, value] = at < 0 ? [token, ''] : [token.slice(0, at), token.slice(at + 1)];
    const known =
      name === 'timezone'
        ? isTimezone(value)
        : name === 'tx' // hosted projects don't let a request choose its end, and don't mind its asking
          ? value === 'commit' || value === 'rollback'
          : name === 'max-affected' || (Object.hasOwn(choices, name) && has(choices[name as keyof Choices], value));
    if (!known) unknown.push(token);
    else if (!Object.hasOwn(chosen, name)) chosen[name] = value; // the first of several
  }
  const isStrict = chosen['handling'] === 'strict';
  if (isStrict && unknown.length > 0) {
    throw new RestError(
      400,
      'PGRST122',
      'Invalid preferences given with handling=strict',
      `Invalid preferences: ${unknown.join(', ')}`,
    );
  }
  const most = chosen['max-affected'];
  return {
    resolution: chosen['resolution'] as Choices['resolution'] | undefined,
    missing: chosen['missing'] as Choices['missing'] | undefined,
    return: chosen['return'] as Choices['return'] | undefined,
    count: chosen['count'] as Choices['count'] | undefined,
    handling: chosen['handling'] as Choices['handling'] | undefined,
    timezone: chosen['timezone'],
    maxAffected: isStrict && most !== undefined && /^-?\d+$/.test(most) ? Number(most) : undefined,
    media: readAccept(header(exchange, 'accept') ?? '*/*'),
  };
}

/** The answer's Preference-Applied: what this kind of request heeds, in PostgREST's order. */
export function appliedPreferences(preferences: Preferences, action: Action): string {
  const {resolution, missing, count, handling, timezone, maxAffected} = preferences;
  const writes = action !== 'read' && action !== 'call';
  const says = (name: string, value: string | number | undefined) => (value === undefined ? [] : [`${name}=${value}`]);
  return [
    ...(action === 'insert' ? says('resolution', resolution) : []),
    ...(action === 'insert' || action === 'update' ? says('missing', missing) : []),
    ...(writes ? says('return', preferences.return) : []),
    ...says('count', count),
    ...says('handling', handling),
    ...says('timezone', timezone),
    ...(['update', 'delete', 'call'].includes(action) ? says('max-affected', maxAffected) : []),
  ].join(', ');
}

function has(list: readonly string[], value: string): boolean {
  return list.includes(value);
}

/** PostgREST asks pg_timezone_names; V8 knows the same zones. */
function isTimezone(name: string): boolean {
  try {
    return name !== '' && Boolean(new Intl.DateTimeFormat('en', {timeZone: name}));
  } catch {
    return false;
  }
}

function readAccept(accept: string): Media {
  const wanted = accept
    .split(',')
    .map(text => text.split(';').map(part => part.trim().toLowerCase()))
    .map(([name = '', ...parameters]) => {
      const quality = parameters.find(one => one.startsWith('q='))?.slice(2);
      return {name: name === '' ? '*/*' : name, parameters, quality: quality === undefined ? 1 : Number(quality)};
    })
    .sort((a, b) => (b.quality || 0) - (a.quality || 0));
  for (const {name, parameters} of wanted) {
    const stripNulls = parameters.includes('nulls=stripped');
    const suffix = stripNulls ? ';nulls=stripped' : '';
    switch (name) {
      case 'application/vnd.pgrst.object+json':
      case 'application/vnd.pgrst.object':
        return media(`application/vnd.pgrst.object+json${suffix}`, {single: true, stripNulls});
      case 'application/vnd.pgrst.array+json':
      case 'application/vnd.pgrst.array':
        return media(stripNulls ? `application/vnd.pgrst.array+json${suffix}` : 'application/json', {stripNulls});
      case 'text/csv':
        return media('text/csv', {csv: true});
      case 'application/json':
      case '*/*':
      case 'application/*':
        return media('application/json', {});
    }
  }
  throw new RestError(406, 'PGRST107', `None of these media types are available: ${accept}`);
}

function media(type: string, how: Partial<Media>): Media {
  return {contentType: `${type}; charset=utf-8`, single: false, stripNulls: false, csv: false, ...how};
}
