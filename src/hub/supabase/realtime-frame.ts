// One frame of Supabase Realtime's socket, version 2 of its serializer: `[join_ref, ref, topic, event, payload]` as text, and the binary
// form in which the server passes broadcasts on (https://supabase.com/docs/guides/realtime/protocol). Pure.

export interface RealtimeFrame {
  /** The `ref` of the join that this belongs to; null: of none, or of whichever holds the topic. */
  joinRef: string | null;
  ref: string | null;
  /** With its prefix `realtime:`, or `phoenix` for the socket itself. */
  topic: string;
  event: string;
  payload: unknown;
}

/** First byte of a broadcast from the server. */
const BROADCAST = 4;
const JSON_ENCODED = 1;

export function encodeFrame({joinRef, ref, topic, event, payload}: RealtimeFrame): string {
  return JSON.stringify([joinRef, ref, topic, event, payload]);
}

/** Null when it is no frame that this version of the protocol knows. */
export function decodeFrame(data: unknown): RealtimeFrame | null {
  try {
    return typeof data === 'string' ? decodeText(data) : data instanceof ArrayBuffer ? decodeBinary(data) : null;
  } catch {
    return null;
  }
}

function decodeText(text: string): RealtimeFrame | null {
  const frame: unknown = JSON.parse(text);
  if (!Array.isArray(frame) || typeof frame[2] !== 'string' || typeof frame[3] !== 'string') return null;
  const [joinRef, ref, topic, event, payload] = frame;
  return {joinRef: joinRef ?? null, ref: ref ?? null, topic, event, payload};
}

/** Sizes of topic, event and meta in bytes, the encoding, then the four parts one after another. */
function decodeBinary(data: ArrayBuffer): RealtimeFrame | null {
  const [kind, topicSize = 0, eventSize = 0, metaSize = 0, encoding] = new Uint8Array(data, 0, 5);
  if (kind !== BROADCAST) return null;
  const decoder = new TextDecoder();
  let at = 5;
  const read = (size: number) => {
    const part = new Uint8Array(data, at, size);
    at += size;
    return decoder.decode(part);
  };
  const topic = read(topicSize);
  const event = read(eventSize);
  const meta = read(metaSize);
  const payload = encoding === JSON_ENCODED ? JSON.parse(read(data.byteLength - at)) : data.slice(at);
  return {
    ...{joinRef: null, ref: null, topic, event: 'broadcast'},
    payload: {type: 'broadcast', event, payload, ...(meta === '' ? {} : {meta: JSON.parse(meta)})},
  };
}
