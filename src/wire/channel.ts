// How a tab without a port of its own reaches a hub: over a BroadcastChannel that all tabs of a hub's name share. Each frame says
// whom it is for and which hub it belongs to, so that a hub that was robbed of its seat and doesn't know it yet is not heard.

/** What is posted on the channel. */
export type ChannelFrame =
  /** From a tab. Without `data` it knocks, at that hub or at whichever leads (`hub` null), and is answered with a hello. */
  | {to: 'hub'; from: string; hub: string | null; data?: unknown}
  /** To one tab. */
  | {to: 'tab'; tab: string; hub: string; data: unknown}
  /** To all tabs: this hub leads from now on; null: a tab has taken the seat, and starts one. */
  | {to: 'tabs'; hub: string | null};

/** The part of a BroadcastChannel that is used; a test gives its own. */
export interface Channel<Frame = ChannelFrame> {
  postMessage(frame: Frame): void;
  addEventListener(type: 'message', listener: (event: {data: unknown}) => void): void;
  close(): void;
}

/**
 * How long a hub may take to answer once it is started, in ms; silence is then taken for its end, and whoever waits starts another. So all
 * that a hub waits for on its way has to be over sooner, its store above all.
 */
export const START_MS = 5_000;

/** The name of the channel on which a hub of this name is reached. */
export function channelName(hubName: string): string {
  return `trunk:channel:${hubName}`;
}

/** What hubs of all versions tell each other. */
export interface VersionFrame {
  /** Which protocol it speaks. */
  protocol: number;
  /** The lock that it holds while it lives; null where the browser refuses locks. */
  lock: string | null;
}

/** The name of the channel on which the hubs of all versions that would serve this name's project and person hear of each other. */
export function versionsName(hubName: string): string {
  return `trunk:versions:${hubName.split(':')[2] ?? ''}`;
}

/** The protocol that the tabs of a hub's name speak. */
export function protocolOf(hubName: string): number {
  return Number(hubName.split(':')[1]);
}

/** The lock that a hub of this name holds while it serves; there is one at a time, on whichever rung it stands. */
export function seatName(hubName: string): string {
  return `trunk:socket:${hubName}`;
}

/** The lock by whose name a relayed SharedWorker tells its address. */
export function relayName(hubName: string, address: string): string {
  return `trunk:relay:${hubName}:${address}`;
}

/** True when `value` is such a frame, as far as the receiver relies on it. */
export function isChannelFrame(value: unknown): value is ChannelFrame {
  const to = (value as {to?: unknown} | null)?.to;
  return to === 'hub' || to === 'tab' || to === 'tabs';
}
