// What an answer must look like, whatever was asked: PostgREST's, GoTrue's or Realtime's shape, and never a 500 without
// a code that says which. Gives the complaint, or undefined.

const object = (value: unknown): Record<string, unknown> | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : undefined;

function parse(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}

export interface HttpAnswer {
  status: number;
  contentType: string;
  body: string;
}

/** Whether Postgres had a say in the answer: it gave rows, or the error is its own or one about what it gave. */
export function reachedPostgres(
  method: string,
  path: string,
  {status, error}: {status: number; error: string},
): boolean {
  if (!/^\/rest\/v1\/\w/.test(path) || method === 'OPTIONS') return false;
  return status < 400 ? status !== 300 : /^([0-9A-Z]{5}|PGRST(103|115|116|124))$/.test(error);
}

/** @param path as on the request line; empty when the request was too broken to have one */
export function faultOfAnswer(
  method: string,
  path: string,
  {status, contentType, body}: HttpAnswer,
): string | undefined {
  if (method === 'HEAD') return status === 500 ? 'a 500 that says nothing' : undefined;
  if (status < 400) {
    const silent = status === 204 || status === 202 || body === '';
    if (!silent && contentType.includes('json') && parse(body) === undefined)
      return `a ${status} whose body is no JSON`;
    return undefined;
  }
  // What Node's own parser refuses never reaches the server.
  if (body === '' && (path === '' || status === 431 || (status === 400 && contentType === ''))) return undefined;
  const said = object(parse(body));
  if (!said) return `a ${status} whose body is no object: ${body.slice(0, 100)}`;
  const text = (key: string) => typeof said[key] === 'string';
  if (said['code'] === 'internal_error') return 'an internal error';
  if (status === 500 && !text('code') && !text('error_code')) return 'a 500 without a code';
  const isGateway = text('message') && (text('hint') || status === 413 || said['code'] === 'unsupported');
  if (isGateway) return undefined;
  const service = /^\/(rest|auth|realtime)\/v1/.exec(path)?.[1];
  if (service === 'rest' && !(text('code') && text('message') && 'details' in said && 'hint' in said))
    return `not PostgREST’s shape: ${body.slice(0, 200)}`;
  if (service === 'auth' && !(said['code'] === status && text('error_code') && text('msg')))
    return `not GoTrue’s shape: ${body.slice(0, 200)}`;
  if (service === 'realtime' && !(text('message') || text('error') || object(said['errors'])))
    return `not Realtime’s shape: ${body.slice(0, 200)}`;
  return undefined;
}

const events = new Set(
  'phx_reply phx_close phx_error system presence_state presence_diff postgres_changes broadcast'.split(' '),
);

export function faultOfFrame(vsn: 1 | 2, data: Buffer, isBinary: boolean): string | undefined {
  if (isBinary) {
    const [kind, topic = 0, event = 0, meta = 0, encoding = 9] = data;
    if (vsn === 1) return 'a binary frame in version 1';
    const fits = kind === 4 && encoding <= 1 && data.length >= 5 + topic + event + meta;
    return fits ? undefined : `a binary frame that is none: ${data.subarray(0, 20).toString('hex')}`;
  }
  const value = parse(data.toString());
  if (Array.isArray(value) !== (vsn === 2)) return `no frame of version ${vsn}: ${data.toString().slice(0, 200)}`;
  const [joinRef, ref, topic, event, payload] = Array.isArray(value)
    ? (value as unknown[])
    : [null, ...['ref', 'topic', 'event', 'payload'].map(key => object(value)?.[key])];
  if (typeof topic !== 'string' || typeof event !== 'string') return 'a frame without topic or event';
  for (const one of [joinRef, ref]) if (one !== null && typeof one !== 'string') return 'a reference that is no text';
  if (!events.has(event)) return `an unknown event ${event}`;
  const said = object(payload);
  if (event === 'phx_reply' && !(/^(ok|error)$/.test(String(said?.['status'])) && 'response' in (said ?? {})))
    return 'a reply without status or response';
  if (event === 'system' && !(typeof said?.['message'] === 'string' && typeof said['extension'] === 'string'))
    return 'a system message that says nothing';
  if (event !== 'broadcast' && !said) return `${event} without a payload`;
  return undefined;
}
