// What Supabase was told over one person's line: which topics each socket has joined, in which it tracks presence, and when that
// ended. Reads the frames of both of Realtime's forms. Knows nothing of tabs.
import type {Spoken} from '../line.js';

/** From when until when; null while it lasts. */
interface Stay {
  from: number;
  to: number | null;
}

/** A topic on a socket. */
type Place = `${number} ${string}`;

export class Wiretap {
  readonly #joined = new Map<string, Map<Place, Stay[]>>();
  readonly #present = new Map<string, Map<Place, Stay[]>>();
  readonly sockets = new Map<number, Stay>();

  hear = ({at, socket, kind, text}: Spoken): void => {
    if (kind === 'opened') this.sockets.set(socket, {from: at, to: null});
    else if (kind === 'closed') {
      const stay = this.sockets.get(socket);
      if (stay) stay.to = at;
      for (const topics of [this.#joined, this.#present])
        for (const places of topics.values())
          for (const [place, stays] of places) if (place.startsWith(`${socket} `)) end(stays, at);
    } else this.#said(at, socket, text);
  };

  #said(at: number, socket: number, text: string): void {
    let frame: unknown;
    try {
      frame = JSON.parse(text);
    } catch {
      return;
    }
    const parts = Array.isArray(frame)
      ? {topic: frame[2], event: frame[3], payload: frame[4]}
      : (frame as {topic?: unknown; event?: unknown; payload?: unknown});
    const {event} = parts;
    const topic = String(parts.topic).replace(/^realtime:/, '');
    const place: Place = `${socket} ${topic}`;
    const act = (parts.payload as {event?: unknown} | null)?.event;
    if (event === 'phx_join') begin(this.#joined, topic, place, at);
    else if (event === 'presence' && act === 'track') begin(this.#present, topic, place, at);
    else if (event === 'presence' && act === 'untrack') end(this.#present.get(topic)?.get(place), at);
    else if (event === 'phx_leave') {
      end(this.#joined.get(topic)?.get(place), at);
      end(this.#present.get(topic)?.get(place), at);
    }
  }

  /** When the last presence in this topic ended: null while some lasts, undefined when there was none. */
  presenceEnded(topic: string): number | null | undefined {
    return lastEnd(this.#present.get(topic));
  }

  /** The same of its joins. */
  joinEnded(topic: string): number | null | undefined {
    return lastEnd(this.#joined.get(topic));
  }

  /** The longest time with more than one socket, in ms, between two moments. */
  crowdedMs(from: number, to: number): number {
    const stays = [...this.sockets.values()].map(stay => ({from: stay.from, to: stay.to ?? Infinity}));
    let worst = 0;
    for (const a of stays)
      for (const b of stays)
        if (a !== b) worst = Math.max(worst, Math.min(a.to, b.to, to) - Math.max(a.from, b.from, from));
    return worst;
  }
}

function begin(topics: Map<string, Map<Place, Stay[]>>, topic: string, place: Place, at: number): void {
  const places = topics.get(topic) ?? new Map<Place, Stay[]>();
  topics.set(topic, places);
  const stays = places.get(place) ?? [];
  places.set(place, stays);
  if (stays.at(-1)?.to !== null) stays.push({from: at, to: null});
}

function end(stays: Stay[] | undefined, at: number): void {
  const last = stays?.at(-1);
  if (last && last.to === null) last.to = at;
}

function lastEnd(places: Map<Place, Stay[]> | undefined): number | null | undefined {
  if (!places) return undefined;
  const ends = [...places.values()].flat().map(({to}) => to);
  return ends.includes(null) ? null : Math.max(...(ends as number[]));
}
