// Serves tabs that reach the hub over a BroadcastChannel: gives each a port of its own. Knows nothing of what is said.
import {isChannelFrame, type Channel} from '../wire/channel.js';
import type {Port} from '../wire/protocol.js';

type Listener = (event: {data: unknown}) => void;

/**
 * Attaches whoever knocks, and says to all that this hub leads now.
 * @param hubId every frame carries it; frames for another hub are not heard
 */
export function serveChannel(hub: {attach(port: Port): void}, hubId: string, channel: Channel): void {
  const tabs = new Map<string, Set<Listener>>();

  const attach = (tab: string) => {
    const listeners = new Set<Listener>();
    tabs.set(tab, listeners);
    hub.attach({
      postMessage: data => channel.postMessage({to: 'tab', tab, hub: hubId, data}),
      addEventListener: (_type, listener) => listeners.add(listener),
      close: () => tabs.delete(tab),
    });
  };

  channel.addEventListener('message', ({data: frame}) => {
    if (!isChannelFrame(frame) || frame.to !== 'hub') return;
    const {hub: meant, from, data} = frame;
    if (meant !== null && meant !== hubId) return;
    if (data === undefined) attach(from);
    else {
      for (const listener of tabs.get(from) ?? []) listener({data});
    }
  });
  channel.postMessage({to: 'tabs', hub: hubId});
}
