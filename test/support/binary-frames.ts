// The two binary frames of protocol version 2, as bytes: what a client pushes (kind 3) and what it gets (kind 4).
// Written apart from the backend's own reader and writer, so that neither can hide the other's mistakes.

export function pushFrame(
  joinRef: string,
  ref: string,
  topic: string,
  event: string,
  payload: Buffer,
  isJson: boolean,
): Buffer {
  const parts = [joinRef, ref, topic, event].map(text => Buffer.from(text));
  return Buffer.concat([Buffer.from([3, ...parts.map(part => part.length), 0, isJson ? 1 : 0]), ...parts, payload]);
}

export interface BroadcastFrame {
  kind: number | undefined;
  topic: string;
  event: string;
  meta: unknown;
  isJson: boolean;
  payload: Buffer;
}

export function readBroadcastFrame(frame: Buffer): BroadcastFrame {
  const [kind, topicLength = 0, eventLength = 0, metaLength = 0, encoding] = frame;
  const [t, e, m] = [5 + topicLength, 5 + topicLength + eventLength, 5 + topicLength + eventLength + metaLength];
  return {
    kind,
    topic: frame.toString('utf8', 5, t),
    event: frame.toString('utf8', t, e),
    meta: m > e ? (JSON.parse(frame.toString('utf8', e, m)) as unknown) : undefined,
    isJson: encoding === 1,
    payload: frame.subarray(m),
  };
}
