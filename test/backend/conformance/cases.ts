// Every case of the official suites that this backend is held against, under its own name, as the suites' sources have
// them. `-- why` after a name: not offered, and why. `[v2]` before it: needs bytes, which version 1 can't carry.
// Load cases are benchmarks and not listed. A case on offer must be registered by a test in this folder.

import {ownCases} from './own-cases.js';

export type Vsn = '1.0.0' | '2.0.0';
/** Where a result stands: a version's column, or the only one of a suite without sockets. */
export type Column = Vsn | 'result';

export interface Case {
  name: string;
  needsBytes: boolean;
  notOffered: string | undefined;
}

export interface Suite {
  name: string;
  /** Runs once for each protocol version. */
  socket: boolean;
  /** Signs tokens or changes settings, so it can't run against a real project. */
  local: boolean;
  cases: Case[];
}

export function columnsOf(suite: Suite, one: Case): Column[] {
  if (!suite.socket) return ['result'];
  return one.needsBytes ? ['2.0.0'] : ['1.0.0', '2.0.0'];
}

function suite(name: string, text: string, {socket = true, local = true} = {}): Suite {
  const cases = text
    .trim()
    .split('\n')
    .map(line => {
      const [head = '', notOffered] = line.trim().split(' -- ');
      return {name: head.replace(/^\[v2\] /, ''), needsBytes: head.startsWith('[v2] '), notOffered};
    });
  return {name, socket, local, cases};
}

const remote = {local: false};
const http = {socket: false};
const elixir = 'inside the Elixir server';

export const suites: Suite[] = [
  suite(
    'realtime-check/broadcast extension',
    `user is able to receive self broadcast
     user is able to use the endpoint to broadcast`,
    remote,
  ),
  suite(
    'realtime-check/presence extension',
    `user is able to receive presence updates
     user is able to receive presence updates on private channels`,
    remote,
  ),
  suite(
    'realtime-check/authorization check',
    `user using private channel cannot connect without permissions
     user using private channel can connect with enough permissions`,
    remote,
  ),
  suite(
    'realtime-check/broadcast changes',
    `authenticated user receives INSERT broadcast change
     authenticated user receives UPDATE broadcast change
     authenticated user receives DELETE broadcast change`,
    remote,
  ),
  suite(
    'realtime-check/postgres changes extension',
    `user receives INSERT events with filter
     user receives UPDATE events with filter
     user receives DELETE events with filter
     user receives INSERT, UPDATE and DELETE concurrently
     select — omitting select returns full payload (backward compatible)`,
    remote,
  ),
  suite(
    'realtime-check/postgres-changes-filters',
    `eq: delivers row equal to the value
     neq: delivers row not equal to the value
     lt: delivers row less than the value
     lte: delivers row less than or equal to the value
     gt: delivers row greater than the value
     gte: delivers row greater than or equal to the value
     in: delivers row whose value is in the list
     like: delivers row matching the pattern
     ilike: matches the pattern case-insensitively
     is: delivers row whose nullable column is null
     match: delivers row matching the regex
     imatch: matches the regex case-insensitively
     isdistinct: delivers row whose value is distinct from the literal
     and: delivers only rows matching every comma-separated condition
     not: excludes the negated value and delivers the rest
     compose: combines and, not and a pattern filter
     compose: bounded range with gte and lte on the same column
     compose: combines in list with a like pattern across columns
     compose: combines neq with not.like
     compose: combines is.not.null with an ilike pattern
     compose: four conditions across three columns
     select: restricts the payload to the chosen columns`,
    remote,
  ),
  suite(
    'realtime-check/broadcast replay',
    `replayed messages are delivered on join
     [v2] replayed binary messages are delivered on join
     replayed messages carry meta.replayed flag
     messages before since are not replayed`,
    remote,
  ),
  suite('realtime-check/broadcast binary', '[v2] send_binary delivers a binary broadcast', remote),
  suite(
    'realtime/test/integration/tests.ts',
    `users with different versions can receive self broadcast
     v2 can send/receive binary payload
     users with different versions can receive broadcasts from endpoint`,
    {socket: false, local: false},
  ),
  suite(
    'supabase-js/Realtime',
    `is able to connect and broadcast
     socket stays connected when switching channels (no race condition)
     socket disconnects after removeChannel when no channels remain
     socket disconnects after channel.unsubscribe() when no channels remain
     removeAllChannels disconnects socket immediately
     httpSend delivers JSON broadcast to a public channel
     httpSend delivers JSON broadcast to a private channel
     [v2] httpSend delivers a binary broadcast to a private channel`,
    remote,
  ),
  suite('supabase-js/Custom JWT', 'will connect with a properly signed jwt token'),
  suite(
    'supabase-js/PostgREST',
    `should connect to PostgREST API
     should create and delete a todo`,
    {socket: false, local: false},
  ),
  suite(
    'supabase-js/PostgreSQL RLS',
    `should allow anonymous access via RLS policies
     should allow authenticated user to access their own data
     should prevent access to other users data
     should allow authenticated user to create their own data
     should allow authenticated user to update their own data`,
    {socket: false, local: false},
  ),
  suite(
    'supabase-js/Authentication',
    `should sign up a user
     should sign in and out successfully
     should get current user
     should handle invalid credentials
     should handle non-existent user`,
    {socket: false, local: false},
  ),
  suite(
    'supabase-js/PostgREST Timeout Configuration',
    `should accept timeout option through client configuration
     should work without timeout option
     should allow timeout with other db options`,
    {socket: false, local: false},
  ),
  suite(
    'supabase-js/Trace propagation',
    '(three cases) -- OpenTelemetry headers of the client; nothing here traces',
    http,
  ),
  suite('supabase-js/Storage API', 'upload and list file in bucket -- storage needs a real project', http),
  suite(
    'rt_channel/authorization',
    `user with only private channels enabled will not be able to join public channels
     user with only private channels enabled will be able to join private channels
     role policies are respected when accessing the channel
     sub policies are respected when accessing the channel
     handle failing rls policy
     handle empty topic by closing the socket`,
  ),
  suite(
    'rt_channel/billable_events',
    `join events
     broadcast events
     presence events
     postgres changes events
     postgres changes error events`,
  ),
  suite(
    'rt_channel/broadcast',
    `public broadcast
     broadcast to another tenant does not get mixed up -- one project a process
     lack of connection to database error does not impact public channels
     private broadcast with valid channel with permissions sends message
     [v2] private broadcast with binary payload and ack returns reply and delivers self-broadcast
     private broadcast with valid channel a colon character sends message and won't intercept in public channels
     private broadcast with valid channel no write permissions won't send message but will receive message
     private broadcast with valid channel and no read permissions won't join
     handles lack of connection to database error on private channels
     [v2] replays binary messages as binary frames
     [v2] replays binary and json messages in insertion order
     binary messages are skipped on V1 sockets
     a broadcast sent by a connected client is measured locally with hit=true -- telemetry
     a broadcast with no local subscribers is measured locally with hit=false -- telemetry
     broadcast insert event changes on insert in table with trigger
     broadcast update event changes on update in table with trigger
     broadcast delete event changes on delete in table with trigger
     broadcast event when function 'send' is called with private topic
     broadcast event when function 'send_binary' is called
     broadcast event when function 'send' is called with public topic`,
  ),
  suite(
    'rt_channel/connection_lifecycle',
    `logs TenantNotFound and rejects connection for unknown external_id -- one project a process
     logs MissingAPIKey and rejects connection when no token provided
     logs MalformedJWT and rejects connection with a 401
     Connect signals replication readiness on its syn topic with the replication_conn pid -- ${elixir}
     clients that opt in receive the replication established system message, even after streaming has started
     tenant already suspended -- no suspending of projects
     on jwks the socket closes and sends a system message -- HS256 only
     on jwt_secret the socket closes and sends a system message -- the secret is fixed for a process
     on private_only the socket closes and sends a system message
     on other param changes the socket won't close and no message is sent
     invalid JWT with expired token
     on disconnect called, socket is killed
     sends disconnect to socket when tenant not found during channel join -- one project a process
     max_concurrent_users limit respected
     max_events_per_second limit respected
     max_channels_per_client limit respected
     max_joins_per_second limit respected
     registers the joined socket in the real Muster scope when the flag is enabled -- ${elixir}
     presence track still gets a reply and diff with a stale or missing join_ref
     acknowledged broadcast still gets a reply with a stale or missing join_ref`,
  ),
  suite(
    'rt_channel/postgres_changes_filters',
    `eq filter matches on insert, update and delete
     neq filter matches on insert, update and delete
     lt filter matches on insert, update and delete
     lte filter matches on insert, update and delete
     gt filter matches on insert, update and delete
     gte filter matches on insert, update and delete
     in filter matches on insert, update and delete
     like filter matches on insert, update and delete
     ilike filter matches on insert, update and delete
     is filter matches on insert, update and delete
     match filter matches on insert, update and delete
     imatch filter matches on insert, update and delete
     isdistinct filter matches on insert, update and delete
     delivers row matching all filters
     ignores row matching only one filter
     not negates a filter, excluding the matched value`,
  ),
  suite(
    'rt_channel/postgres_changes',
    `handle insert
     handle insert with bytea data without double-encoding
     handle update
     handle delete
     handle wildcard
     subscribe with select filters payload columns — INSERT
     subscribe with select filters payload columns — UPDATE
     subscribe with select filters payload columns — DELETE
     subscribe without select receives full payload — backward compat
     select with filter only delivers matching rows with filtered columns
     payload size is reduced when using select — performance proxy
     error subscribing
     handle nil postgres changes params as empty param changes`,
  ),
  suite(
    'rt_channel/presence',
    `public presence
     presence enabled if param enabled is set in configuration for public channels
     presence disabled if param 'enabled' is set to false in configuration for public channels
     presence automatically enabled when user sends track message for public channel
     private presence with read and write permissions will be able to track and receive presence changes
     private presence with presence only permissions can join, track and never sees broadcasts
     private presence with presence read only permissions receives presence but can't track or read broadcasts
     private presence with read and write permissions will be able to track and receive presence changes using a remote node -- one node
     private presence with read permissions will be able to receive presence changes but won't be able to track
     presence_diff is withheld from a member denied presence.read
     presence_diff gate holds when presence is auto-enabled via track
     presence enabled if param enabled is set in configuration for private channels
     presence disabled if param 'enabled' is set to false in configuration for private channels
     presence automatically enabled when user sends track message for private channel
     disconnects when presence read permission changes from true to false on new access_token
     stays connected when presence read permission remains true on new access_token
     disconnects when a presence only member loses presence read permission on new access_token
     starts receiving broadcasts when broadcast read permission is granted on new access_token
     handles lack of connection to database error on private channels
     lack of connection to database error does not impact public channels`,
  ),
  suite(
    'rt_channel/token_handling',
    `badly formatted jwt token
     invalid JWT with expired token
     token required the role key
     handles connection with valid api-header but ignorable access_token payload
     missing claims close connection
     on new access_token and channel is private policies are reevaluated for read policy
     on new access_token and channel is private policies are reevaluated for write policy
     on new access_token and channel is public policies are not reevaluated
     on empty string access_token the socket sends an error message
     on expired access_token the socket sends an error message
     ChannelShutdown include sub if available in jwt claims -- a line of the server's log
     on sb prefixed access_token the socket ignores the message and respects JWT expiry time
     checks token periodically
     token expires in between joins
     token loses claims in between joins
     token is badly formatted in between joins`,
  ),
  suite('rt_channel/wal_bloat', `track PID changes during WAL bloat creation -- ${elixir}`),
  ...suitesWithoutSockets(),
  ...Object.entries(ownCases).map(([name, text]) => suite(name, text, http)),
];

/** The serializer, controller and payload files. */
function suitesWithoutSockets(): Suite[] {
  const oversized = `${elixir}: here what is too long for a length byte goes as text`;
  const stock = 'stock Phoenix frame that no Realtime client reads or sends';
  const pool = 'an answer made up by a stub; nothing here gives it';
  const persist = 'persistence is newer than the recorded server';
  const wait = 'postgres_changes_options: the server side is not known';
  return [
    suite(
      'v2_serializer',
      `encode!/1 encodes \`Phoenix.Socket.Message\` as JSON
       encode!/1 raises when payload is not a map -- ${elixir}
       encode!/1 encodes \`Phoenix.Socket.Reply\` as JSON
       decode!/2 decodes \`Phoenix.Socket.Message\` from JSON
       fastlane!/1 encodes a broadcast into a message as JSON
       fastlane!/1 raises when payload is not a map -- ${elixir}
       general pushed message -- ${stock}
       encode with oversized headers -- ${elixir}
       reply -- ${stock}
       reply with oversized headers -- ${elixir}
       fastlane binary Broadcast -- ${stock}
       fastlane binary UserBroadcast
       fastlane binary UserBroadcast no metadata
       fastlane json UserBroadcast
       fastlane json UserBroadcast no metadata
       fastlane with oversized headers -- ${oversized}
       pushed message -- ${stock}
       binary user pushed message with metadata
       binary user pushed message
       json binary user pushed message`,
      http,
    ),
    suite(
      'broadcast_controller',
      `returns 202 when batch of messages is broadcasted
       returns 422 when batch of messages includes badly formed messages
       returns 422 when batch of messages includes a message that exceeds the tenant payload size
       batch will exceed rate limit
       user has hit the rate limit
       invalid token returns 401
       expired token returns 401
       invalid tenant returns 401 -- one project a process
       user with permission to read all channels and write to them is able to broadcast
       user with permission is also able to broadcast to open channel
       user with permission to write a limited set is only able to broadcast to said set
       user without permission won't broadcast`,
      http,
    ),
    suite(
      'broadcast_single_controller',
      `returns 202 when JSON message is broadcasted
       treats persist in the JSON body as payload data
       handles empty JSON payload
       handles topics with colons
       returns 422 when private=true and the JWT role cannot be set in Postgres
       handles private=false query param (default)
       returns 422 when JSON payload exceeds size limit
       returns 401 when JWT is expired
       returns 401 when JWT is missing
       returns 202 when binary message is broadcasted
       handles empty binary payload
       returns 422 when binary payload exceeds size limit
       returns 401 when JWT is expired for binary
       returns 415 for unsupported content type
       handles application/json with charset
       returns 403 and does not broadcast when tenant is suspended -- no suspending of projects
       returns 429 when rate limit is exceeded
       returns 403 when anon caller has no RLS write policy
       returns 422 when authorization query is canceled -- ${pool}
       returns 422 when messages partition is missing
       returns 429 when authorization signals connection pool exhaustion -- ${pool}
       returns 422 when tenant database is unavailable
       returns 500 for unexpected authorization errors -- ${pool}
       returns 422 when tenant database is initializing -- ${pool}
       returns 422 when tenant database connection is initializing -- ${pool}
       returns 422 when tenant database has too many connections -- ${pool}
       returns 422 when connect rate limit is reached -- ${pool}
       returns 500 when an RPC error occurs while looking up the connection -- one node
       persist=true stores the message and does not broadcast it again from the database -- ${persist}
       body persist=true cannot enable persistence when the query omits or disables it -- ${persist}
       rejects persist=true on a public broadcast -- ${persist}
       persist[ttl] stores the message with that deadline -- ${persist}
       persist=true stores the message with the maximum retention -- ${persist}
       persist[ttl] also applies to binary broadcasts -- ${persist}
       rejects an invalid query ttl even when the body has persist=false -- ${persist}`,
      http,
    ),
    suite(
      'payloads/join',
      `valid payload allows join
       presence key as default
       presence key can be number
       presence key cannot be a map
       presence key cannot be a list: ["a", "b"]
       presence key cannot be a list: [%{"a" => 1}]
       presence key "a" is accepted
       presence key 123 is accepted
       presence key 1.5 is accepted
       presence key true is accepted
       presence_key falls back to a generated key when the key is not a string or number
       invalid replay
       missing enabled presence defaults to false
       invalid payload returns errors
       invalid nested configurations returns errors
       handles postgres changes with nil value in array as empty array
       handles postgres changes as nil as empty array
       accepts string 'true' for boolean fields
       accepts string 'True' for boolean fields
       accepts string 'false' for boolean fields
       accepts string 'False' for boolean fields
       rejects invalid boolean strings
       presence_enabled?/1 returns enabled value from config
       presence_enabled?/1 defaults to false when config is nil
       presence_enabled?/1 defaults to false for non-Join struct -- ${elixir}
       presence_key/1 returns UUID when key is empty string
       presence_key/1 returns the configured key
       presence_key/1 returns UUID for non-matching struct
       ack_broadcast?/1 returns ack value from config
       ack_broadcast?/1 defaults to false when config is nil
       self_broadcast?/1 returns self value from config
       self_broadcast?/1 defaults to false when config is nil
       private?/1 returns private value from config
       private?/1 defaults to false when config is nil
       parses wait and timeout -- ${wait}
       does not wait when not asked to -- ${wait}
       accepts string booleans for wait and defaults the timeout -- ${wait}
       clamps the timeout to the server maximum -- ${wait}
       invalid timeout returns errors -- ${wait}
       non positive timeout returns errors -- ${wait}
       non map options returns errors -- ${wait}
       returns message with type when type is present -- ${elixir}
       returns generic message when type is not present -- ${elixir}`,
      http,
    ),
  ];
}
