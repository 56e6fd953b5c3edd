// Brings a database to the state a project's migrations describe: first the prelude, then each file of the directory
// that isn't recorded yet, in name order, one transaction a file. Records them where the Supabase CLI does, so the two
// can take turns. It knows nothing of what the files say.
import {existsSync, readdirSync, readFileSync} from 'node:fs';
import {join} from 'node:path';
import {fileURLToPath} from 'node:url';
import pg from 'pg';

const preludeFile = fileURLToPath(new URL('prelude.sql', import.meta.url));
export const defaultMigrations = fileURLToPath(new URL('../../supabase/migrations', import.meta.url));

/** Runs the prelude as a superuser and sets the passwords of the two roles we log in as. */
export async function runPrelude(client: pg.Client, owner: string, passwords: Record<string, string>): Promise<void> {
  const statements = Object.entries(passwords).map(
    ([role, password]) => `alter role ${pg.escapeIdentifier(role)} password ${pg.escapeLiteral(password)};`,
  );
  const prelude = readFileSync(preludeFile, 'utf8').replaceAll(':owner', owner);
  await client.query(`set client_min_messages = warning; begin; ${prelude}; ${statements.join('\n')} commit;`);
}

/** Applies what is new, as the owner. Returns the versions applied. A failed file leaves nothing of itself behind. */
export async function runMigrations(client: pg.Client, directory: string): Promise<string[]> {
  if (!existsSync(directory)) throw new Error(`There is no migrations directory ${directory}.`);
  await client.query(`
    set client_min_messages = warning;
    create schema if not exists supabase_migrations;
    create table if not exists supabase_migrations.schema_migrations (version text primary key, statements text[], name text);`);
  const done = await client.query<{version: string}>('select version from supabase_migrations.schema_migrations');
  const recorded = new Set(done.rows.map(row => row.version));
  const applied: string[] = [];
  for (const file of readdirSync(directory).sort()) {
    const [, version, name] = /^(\d+)_(.*)\.sql$/.exec(file) ?? [];
    if (version === undefined || name === undefined || recorded.has(version)) continue;
    const sql = readFileSync(join(directory, file), 'utf8');
    try {
      await client.query('begin');
      await client.query(sql);
      await client.query(
        'insert into supabase_migrations.schema_migrations (version, name, statements) values ($1, $2, $3)',
        [version, name, [sql]],
      );
      await client.query('commit');
    } catch (cause) {
      await client.query('rollback');
      throw new Error(`Migration ${file} failed: ${explain(cause, sql)}`, {cause});
    }
    recorded.add(version);
    applied.push(version);
  }
  return applied;
}

function explain(error: unknown, sql: string): string {
  if (!(error instanceof pg.DatabaseError)) return String(error);
  const line = error.position === undefined ? '' : ` (line ${sql.slice(0, Number(error.position)).split('\n').length})`;
  const extras = [error.detail, error.hint, error.where].filter(Boolean).join(' · ');
  return `${error.message} [${error.code}]${line}${extras && ` · ${extras}`}`;
}
