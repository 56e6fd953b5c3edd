// Rows that land in realtime.messages, read back after their commit and handed to the rooms in commit order; and those
// of the past, for a join that asks for a replay. It knows nothing of who may read them.
import type {Database} from '../database.js';
import type {Listener} from '../listener.js';
import {Broadcast} from './frames.js';
import type {Meter} from './rate.js';
import type {Rooms} from './room.js';

interface Row {
  id: string;
  topic: string;
  event: string | null;
  private: boolean | null;
  payload: string | null;
  binary_payload: Buffer | null;
}

/** A message of the past: JSON travels as text with the join's reference, bytes as a frame of their own. */
export interface Replayed {
  id: string;
  event: string;
  payload: unknown;
  binary: Broadcast | undefined;
}

const columns = 'id, topic, event, private, payload::text as payload, binary_payload';

/** Newest that one join may get. */
const replayLimit = 25;

export class MessageFeed {
  readonly #database: Database;
  readonly #rooms: Rooms;
  readonly #meter: Meter;
  readonly #log: (line: string) => void;
  /** Of rows that were announced and not read yet. */
  #keys: string[] = [];
  #reading = false;

  /** @param meter counts what is sent */
  constructor(database: Database, listener: Listener, rooms: Rooms, meter: Meter, log: (line: string) => void) {
    this.#database = database;
    this.#rooms = rooms;
    this.#meter = meter;
    this.#log = log;
    listener.on('trunkline_messages', key => {
      this.#keys.push(key);
      void this.#read();
    });
  }

  async #read(): Promise<void> {
    if (this.#reading) return; // one reader, or a later batch could overtake an earlier one
    this.#reading = true;
    try {
      while (this.#keys.length > 0) {
        const keys = this.#keys;
        this.#keys = [];
        for (const row of await this.#rows(keys)) this.#send(row);
      }
    } catch (error) {
      // As on the real server, what was on its way when the database went is lost to live readers.
      this.#log(`database broadcasts lost: ${String(error)}`);
    } finally {
      this.#reading = false;
    }
    if (this.#keys.length > 0) void this.#read();
  }

  async #rows(keys: string[]): Promise<Row[]> {
    const found = await this.#database.asSystem(client =>
      client.query<Row>(
        `select ${columns} from unnest($1::uuid[], $2::timestamp[]) with ordinality as wanted (id, inserted_at, place)
         join realtime.messages using (id, inserted_at) order by place`,
        [keys.map(key => key.slice(0, 36)), keys.map(key => key.slice(37))],
      ),
    );
    return found.rows;
  }

  #send(row: Row): void {
    if (row.event === null || row.event === '' || row.private === null || (row.payload ?? row.binary_payload) === null)
      return this.#log(
        `UnableToBroadcastChanges: message ${row.id} has no event, no payload or is neither private nor not`,
      );
    const {perSecond, limit} = this.#meter;
    if (perSecond + 1 > limit) return this.#log(`UnableToBroadcastChanges: message ${row.id}: too many requests`);
    this.#meter.add();
    this.#rooms.broadcast(row.topic, row.private, message(row));
  }

  /** The newest messages of a private topic since a time, oldest first. */
  async replay(topic: string, sinceMs: number, limit: number): Promise<Replayed[]> {
    const found = await this.#database.asSystem(client =>
      client.query<Row>(
        `select ${columns} from realtime.messages
         where topic = $1 and private and extension = 'broadcast' and inserted_at >= to_timestamp($2::float8 / 1000)::timestamp
           and inserted_at > now() - interval '72 hours'
         order by inserted_at desc, id limit $3`,
        [topic, sinceMs, Math.max(1, Math.min(replayLimit, limit))],
      ),
    );
    return found.rows.reverse().map(row => ({
      id: row.id,
      event: row.event ?? '',
      payload: row.payload === null ? null : (JSON.parse(row.payload) as unknown),
      binary: row.binary_payload === null ? undefined : message(row, {replayed: true}),
    }));
  }
}

function message(row: Row, extra: Record<string, unknown> = {}): Broadcast {
  const isJson = row.binary_payload === null;
  const payload = row.binary_payload ?? Buffer.from(row.payload ?? 'null');
  return Broadcast.user(`realtime:${row.topic}`, row.event ?? '', payload, isJson, {id: row.id, ...extra});
}
