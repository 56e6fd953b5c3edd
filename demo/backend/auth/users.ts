// Rows of auth.users: making, finding, changing and removing them, and the shape a client sees. It knows nothing of
// tokens. Passwords are bcrypt by pgcrypto, so that a seed file may write them with `crypt(…, gen_salt('bf'))`.
import {randomUUID} from 'node:crypto';
import type {Client} from '../database.js';
import {AuthError} from './auth-error.js';

export interface User {
  id: string;
  aud: string;
  role: string;
  email: string;
  phone: string;
  app_metadata: Record<string, unknown>;
  user_metadata: Record<string, unknown>;
  is_anonymous: boolean;
  [field: string]: unknown;
}

export interface UserInput {
  id?: string;
  email?: string;
  password?: string;
  role?: string;
  userMetadata?: Record<string, unknown>;
  appMetadata?: Record<string, unknown>;
  /** Whether the address counts as confirmed. Left out: a person's own wish, which confirms at once. */
  confirmed?: boolean;
  /** GoTrue's words: a duration such as `24h`, or `none`. */
  banDuration?: string;
}

// Columns that are null are left out, as GoTrue leaves them.
const shape = `jsonb_strip_nulls(jsonb_build_object(
  'id', u.id, 'aud', u.aud, 'role', u.role, 'email', coalesce(u.email, ''), 'phone', coalesce(u.phone, ''),
  'email_confirmed_at', u.email_confirmed_at, 'confirmed_at', u.confirmed_at, 'last_sign_in_at', u.last_sign_in_at,
  'banned_until', u.banned_until, 'created_at', u.created_at, 'updated_at', u.updated_at, 'is_anonymous', u.is_anonymous))
  || jsonb_build_object(
    'app_metadata', coalesce(u.raw_app_meta_data, '{}'), 'user_metadata', coalesce(u.raw_user_meta_data, '{}'),
    'identities', coalesce((select jsonb_agg(jsonb_build_object(
      'identity_id', i.id, 'id', i.provider_id, 'user_id', i.user_id, 'identity_data', i.identity_data, 'provider', i.provider,
      'last_sign_in_at', i.last_sign_in_at, 'created_at', i.created_at, 'updated_at', i.updated_at, 'email', i.email)
      order by i.created_at) from auth.identities i where i.user_id = u.id), '[]'))`;

async function one(client: Client, where: string, values: unknown[]): Promise<User | undefined> {
  const {rows} = await client.query<{user: User}>(`select ${shape} as user from auth.users u where ${where}`, values);
  return rows[0]?.user;
}

export function findUser(client: Client, id: string): Promise<User | undefined> {
  return /^[0-9a-f-]{36}$/i.test(id) ? one(client, 'u.id = $1', [id]) : Promise.resolve(undefined);
}

export function findByPassword(client: Client, email: string, password: string): Promise<User | undefined> {
  const same = 'u.encrypted_password = extensions.crypt($2, u.encrypted_password)';
  return one(client, `u.email = $1 and u.encrypted_password <> '' and ${same}`, [email.toLowerCase(), password]);
}

export async function listUsers(
  client: Client,
  page: number,
  perPage: number,
): Promise<{users: User[]; total: number}> {
  const {rows} = await client.query<{users: User[] | null; total: number}>(
    `select (select count(*)::int from auth.users) as total, (select jsonb_agg(p.u) from (
      select ${shape} as u from auth.users u order by u.created_at desc, u.id limit $1 offset $2) p) as users`,
    [perPage, (page - 1) * perPage],
  );
  return {users: rows[0]?.users ?? [], total: rows[0]?.total ?? 0};
}

export async function createUser(client: Client, input: UserInput): Promise<User> {
  const id = input.id ?? randomUUID();
  const email = input.email === undefined ? undefined : checkEmail(input.email);
  if (input.password !== undefined) checkPassword(input.password);
  if (email !== undefined && (await one(client, 'u.email = $1', [email]))) {
    throw new AuthError(422, 'user_already_exists', 'User already registered');
  }
  const provider = email === undefined ? {} : {provider: 'email', providers: ['email']};
  await client.query(
    `insert into auth.users (instance_id, id, aud, role, email, encrypted_password, email_confirmed_at,
       raw_app_meta_data, raw_user_meta_data, created_at, updated_at, is_anonymous)
     values ('00000000-0000-0000-0000-000000000000', $1, 'authenticated', $2, $3,
       case when $4::text is null then '' else extensions.crypt($4, extensions.gen_salt('bf')) end,
       case when $5 then now() end, $6, $7, now(), now(), $8)`,
    [
      id,
      input.role ?? 'authenticated',
      email,
      input.password,
      email !== undefined && input.confirmed !== false,
      {...provider, ...input.appMetadata},
      {...input.userMetadata},
      email === undefined,
    ],
  );
  if (email !== undefined) await addEmailIdentity(client, id, email, input.confirmed !== false);
  return (await findUser(client, id)) as User;
}

async function addEmailIdentity(client: Client, id: string, email: string, verified: boolean): Promise<void> {
  await client.query(
    `insert into auth.identities (provider_id, user_id, identity_data, provider, last_sign_in_at, created_at, updated_at)
     values ($1::text, $1::uuid, $2, 'email', now(), now(), now())
     on conflict (provider_id, provider) do update set identity_data = excluded.identity_data, updated_at = now()`,
    [id, {sub: id, email, email_verified: verified, phone_verified: false}],
  );
}

export async function updateUser(client: Client, id: string, input: UserInput): Promise<User> {
  const user = await findUser(client, id);
  if (!user) throw new AuthError(404, 'user_not_found', 'User not found');
  const email = input.email === undefined ? undefined : checkEmail(input.email);
  if (input.password !== undefined) {
    checkPassword(input.password);
    if (user.email && (await findByPassword(client, user.email, input.password))) {
      throw new AuthError(422, 'same_password', 'New password should be different from the old password.');
    }
  }
  if (email !== undefined && (await one(client, 'u.email = $1 and u.id <> $2', [email, id]))) {
    throw new AuthError(422, 'email_exists', 'A user with this email address has already been registered');
  }
  // A key set to null is removed: jsonb_strip_nulls would also reach into nested objects, so only the top level is cut.
  const merge = (column: string, parameter: string) =>
    `(select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(coalesce(${column}, '{}') || ${parameter}::jsonb) where value <> 'null')`;
  const adoptsEmail = user.is_anonymous && email !== undefined;
  await client.query(
    `update auth.users set email = coalesce($2, email),
       email_confirmed_at = case when $9 then coalesce(email_confirmed_at, now()) when $2::text is null or $9 = false
         then email_confirmed_at else now() end,
       encrypted_password = case when $3::text is null then encrypted_password else extensions.crypt($3, extensions.gen_salt('bf')) end,
       raw_user_meta_data = ${merge('raw_user_meta_data', '$4')}, raw_app_meta_data = ${merge('raw_app_meta_data', '$5')},
       role = coalesce($6, role), is_anonymous = is_anonymous and not $7,
       banned_until = case when $8::text is null then banned_until when $8 = 'none' then null else now() + $8::interval end,
       updated_at = now()
     where id = $1`,
    [
      id,
      email,
      input.password,
      {...input.userMetadata},
      {...(adoptsEmail ? {provider: 'email', providers: ['email']} : {}), ...input.appMetadata},
      input.role,
      adoptsEmail,
      input.banDuration,
      input.confirmed,
    ],
  );
  if (email !== undefined) await addEmailIdentity(client, id, email, input.confirmed !== false);
  return (await findUser(client, id)) as User;
}

export async function deleteUser(client: Client, id: string): Promise<boolean> {
  if (!/^[0-9a-f-]{36}$/i.test(id)) return false;
  const {rowCount} = await client.query('delete from auth.users where id = $1', [id]);
  return rowCount === 1;
}

function checkEmail(email: string): string {
  if (!/^[^\s@]+@[^\s@]+$/.test(email)) {
    throw new AuthError(400, 'validation_failed', 'Unable to validate email address: invalid format');
  }
  return email.toLowerCase();
}

function checkPassword(password: string): void {
  if (password.length < 6) {
    throw new AuthError(422, 'weak_password', 'Password should be at least 6 characters.', {
      weak_password: {reasons: ['length']},
    });
  }
}
