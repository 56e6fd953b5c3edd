// A page that only counts what comes over an application's own topic, by supabase-js or by Trunkline.
import {createClient} from '@supabase/supabase-js';
import {connect} from '../../../src/client/connect.js';

export interface Stream {
  isLive(): boolean;
  /** How many different ones came, how many after one they should have come before or twice, and when the first and the last did, in ms since 1970. */
  came(): {count: number; misplaced: number; firstAt: number; lastAt: number};
}

declare global {
  interface Window {
    stream: Stream;
  }
}

const query = new URLSearchParams(location.search);
const [url, key, topic] = ['url', 'key', 'topic'].map(name => query.get(name) ?? '') as [string, string, string];
const now = () => performance.timeOrigin + performance.now();

let isLive = false;
const seen = new Set<number>();
let misplaced = 0;
let last = -1;
let firstAt = 0;
let lastAt = 0;

function hear(payload: unknown): void {
  const {n} = payload as {n: number};
  if (seen.size === 0) firstAt = now();
  if (n <= last) misplaced++;
  seen.add(n);
  last = n;
  lastAt = now();
}

window.stream = {isLive: () => isLive, came: () => ({count: seen.size, misplaced, firstAt, lastAt})};

if (query.has('plain')) {
  createClient(url, key, {auth: {persistSession: false}})
    .channel(topic)
    .on('broadcast', {event: 'said'}, ({payload}) => hear(payload))
    .subscribe(status => (isLive = status === 'SUBSCRIBED'));
} else {
  const channel = connect({url, key}).channel(topic);
  channel.on('broadcast', {event: 'said'}, ({payload}) => hear(payload));
  channel.status.subscribe(({state}) => (isLive = state === 'joined'));
}
