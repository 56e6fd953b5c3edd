// Phoenix frames, both versions, to and from bytes. Version 1 is JSON objects; version 2 is JSON arrays and, for
// broadcasts, binary frames of kind 3 (from a client) and 4 (to a client). It knows no channel.
import {parseJson} from '../json.js';

export type Vsn = 1 | 2;

export interface Frame {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  payload: unknown;
}

/** A broadcast pushed as a binary frame. */
export interface BinaryPush {
  joinRef: string | null;
  ref: string | null;
  topic: string;
  event: string;
  isJson: boolean;
  payload: Buffer;
}

/** A reference is text, or a number from careless clients; anything else is none. */
const reference = (value: unknown) =>
  typeof value === 'string' ? value : typeof value === 'number' ? String(value) : null;

/** Undefined when it is no frame of this version; the real server drops such ones and keeps the socket. */
export function readFrame(vsn: Vsn, data: string): Frame | undefined {
  let value: unknown;
  try {
    value = parseJson(data);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  let parts: unknown[];
  if (vsn === 2) {
    if (!Array.isArray(value) || value.length !== 5) return undefined;
    parts = value;
  } else {
    const {join_ref, ref, topic, event, payload} = value as Record<string, unknown>;
    parts = [join_ref, ref, topic, event, payload];
  }
  const [joinRef, ref, topic, event, payload] = parts;
  if (typeof topic !== 'string' || typeof event !== 'string') return undefined;
  return {joinRef: reference(joinRef), ref: reference(ref), topic, event, payload};
}

/** Whether bytes that say they are JSON are: put into a text frame, others could be more than a payload. */
function isValidJson(payload: Buffer): boolean {
  try {
    JSON.parse(payload.toString());
    return true;
  } catch {
    return false;
  }
}

export function writeFrame(vsn: Vsn, {joinRef, ref, topic, event, payload}: Frame): string {
  return JSON.stringify(vsn === 2 ? [joinRef, ref, topic, event, payload] : {topic, event, payload, ref});
}

/** Layout: 3, lengths of join ref, ref, topic, event, meta, encoding (1 JSON, 0 bytes), then those and the payload. */
export function readBinary(data: Buffer): BinaryPush | undefined {
  if (data[0] !== 3 || data.length < 7) return undefined;
  let at = 7;
  const take = (lengthAt: number) => {
    const length = data[lengthAt] ?? 0;
    at += length;
    return data.toString('utf8', at - length, at);
  };
  const [joinRef, ref, topic, event] = [take(1), take(2), take(3), take(4)];
  take(5); // metadata asks a newer server to persist; ignored, as by servers that don't know it
  if (at > data.length) return undefined;
  return {joinRef: joinRef || null, ref: ref || null, topic, event, isJson: data[6] === 1, payload: data.subarray(at)};
}

/** One broadcast on its way to many members; each version's bytes are made once. */
export class Broadcast {
  readonly topic: string;
  /** Bytes of the payload alone. */
  readonly size: number;
  /** Of its `meta`, if it has one: a replay may have brought it already. */
  readonly id: string | undefined;
  readonly #v2: () => Buffer | string | undefined;
  readonly #v1: () => string | undefined;
  #v2Made: Buffer | string | undefined;
  #v1Made: string | undefined;

  private constructor(
    topic: string,
    size: number,
    id: unknown,
    v2: () => Buffer | string | undefined,
    v1: () => string | undefined,
  ) {
    this.topic = topic;
    this.size = size;
    this.id = typeof id === 'string' ? id : undefined;
    this.#v2 = v2;
    this.#v1 = v1;
  }

  /** From a version-2 client, the single-message endpoint or the database: kind 4, or an object for version 1. */
  static user(
    topic: string,
    event: string,
    payload: Buffer,
    isJson: boolean,
    meta?: Record<string, unknown>,
  ): Broadcast {
    const metaText = meta === undefined ? '' : JSON.stringify(meta);
    const metaPart = metaText === '' ? '' : `,"meta":${metaText}`;
    const envelope = () =>
      isJson && isValidJson(payload)
        ? `{"type":"broadcast","event":${JSON.stringify(event)},"payload":${payload.toString()}${metaPart}}`
        : undefined; // a text frame has no way to carry bytes
    return new Broadcast(
      topic,
      payload.length,
      meta?.['id'],
      () => {
        const [t, e, m] = [Buffer.from(topic), Buffer.from(event), Buffer.from(metaText)];
        // A length has one byte; what is longer can only travel as text.
        if (Math.max(t.length, e.length, m.length) > 255) {
          const text = envelope();
          return text && `[null,null,${JSON.stringify(topic)},"broadcast",${text}]`;
        }
        return Buffer.concat([Buffer.from([4, t.length, e.length, m.length, isJson ? 1 : 0]), t, e, m, payload]);
      },
      () => {
        const text = envelope();
        return text && `{"topic":${JSON.stringify(topic)},"event":"broadcast","payload":${text},"ref":null}`;
      },
    );
  }

  /** From a text frame or the batch endpoint: text for everybody. */
  static text(topic: string, payload: unknown): Broadcast {
    const frame = {joinRef: null, ref: null, topic, event: 'broadcast', payload};
    const size = Buffer.byteLength(JSON.stringify(payload) ?? '');
    return new Broadcast(
      topic,
      size,
      (payload as {meta?: {id?: unknown} | null} | null | undefined)?.meta?.id,
      () => writeFrame(2, frame),
      () => writeFrame(1, frame),
    );
  }

  /** Undefined: this version can't carry it. */
  encoded(vsn: Vsn): Buffer | string | undefined {
    if (vsn === 2) return (this.#v2Made ??= this.#v2());
    return (this.#v1Made ??= this.#v1());
  }
}
