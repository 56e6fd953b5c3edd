// Reads what Postgres's own output plugin says of a transaction (logical replication protocol, version 1). Values stay
// text, as Postgres wrote them; what they mean is for Postgres to say again.
// https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html

export interface Relation {
  oid: number;
  schema: string;
  table: string;
  /** All columns in order; `key`: part of the replica identity. */
  columns: {name: string; key: boolean}[];
}

/** Column name to text; null is null; a column that isn't there was not sent (an unchanged large value). */
export type Tuple = Map<string, string | null>;

export interface Change {
  type: 'INSERT' | 'UPDATE' | 'DELETE';
  relation: Relation;
  /** ISO time of the commit. */
  committedAt: string;
  lsn: bigint;
  row: Tuple | undefined;
  /** What the replica identity kept of the row before. */
  old: Tuple | undefined;
}

/** 2000-01-01 in Unix microseconds, where Postgres counts from. */
const epochUs = 946_684_800_000_000n;

class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  char(): string {
    return String.fromCharCode(this.#data.readUInt8(this.#at++));
  }

  int8(): number {
    return this.#data.readUInt8(this.#at++);
  }

  int16(): number {
    this.#at += 2;
    return this.#data.readUInt16BE(this.#at - 2);
  }

  int32(): number {
    this.#at += 4;
    return this.#data.readUInt32BE(this.#at - 4);
  }

  int64(): bigint {
    this.#at += 8;
    return this.#data.readBigInt64BE(this.#at - 8);
  }

  /** Up to a zero byte. */
  name(): string {
    const end = this.#data.indexOf(0, this.#at);
    const text = this.#data.toString('utf8', this.#at, end);
    this.#at = end + 1;
    return text;
  }

  text(length: number): string {
    this.#at += length;
    return this.#data.toString('utf8', this.#at - length, this.#at);
  }
}

/** Holds what messages refer back to: relations and the transaction they are in. One for each read of the slot. */
export class Decoder {
  readonly #relations = new Map<number, Relation>();
  #committedAt = '';
  #lsn = 0n;

  /** The change in one message, if it is one. */
  decode(message: Buffer): Change | undefined {
    const reader = new Reader(message);
    switch (reader.char()) {
      case 'B':
        this.#lsn = reader.int64();
        this.#committedAt = new Date(Number((reader.int64() + epochUs) / 1000n)).toISOString();
        return undefined;
      case 'R':
        this.#relation(reader);
        return undefined;
      case 'I': {
        const relation = this.#known(reader.int32());
        reader.char();
        return this.#change('INSERT', relation, tuple(reader, relation), undefined);
      }
      case 'U': {
        const relation = this.#known(reader.int32());
        const kind = reader.char();
        const old = kind === 'N' ? undefined : tuple(reader, relation, kind === 'K');
        if (kind !== 'N') reader.char();
        return this.#change('UPDATE', relation, tuple(reader, relation), old);
      }
      case 'D': {
        const relation = this.#known(reader.int32());
        const kind = reader.char();
        return this.#change('DELETE', relation, undefined, tuple(reader, relation, kind === 'K'));
      }
      default:
        return undefined; // commits, types, origins, truncations: the real server tells nobody of these
    }
  }

  #change(type: Change['type'], relation: Relation, row: Tuple | undefined, old: Tuple | undefined): Change {
    return {type, relation, row, old, committedAt: this.#committedAt, lsn: this.#lsn};
  }

  #relation(reader: Reader): void {
    const oid = reader.int32();
    const schema = reader.name() || 'pg_catalog';
    const table = reader.name();
    reader.char();
    const columns = Array.from({length: reader.int16()}, () => {
      const key = (reader.int8() & 1) === 1;
      const name = reader.name();
      reader.int32();
      reader.int32();
      return {name, key};
    });
    this.#relations.set(oid, {oid, schema, table, columns});
  }

  #known(oid: number): Relation {
    const relation = this.#relations.get(oid);
    if (!relation) throw new Error(`a change of relation ${oid}, which was not described`);
    return relation;
  }
}

function tuple(reader: Reader, relation: Relation, keysOnly = false): Tuple {
  const values: Tuple = new Map();
  const count = reader.int16();
  for (let i = 0; i < count; i++) {
    const column = relation.columns[i];
    const kind = reader.char();
    const value = kind === 't' ? reader.text(reader.int32()) : null;
    if (column && kind !== 'u' && (!keysOnly || column.key)) values.set(column.name, value);
  }
  return values;
}
