// Registers every element, and hands out what index.ts does. The provider comes first, so that it is there when the others ask for a
// connection. Loading this twice, or next to another copy, changes nothing: the first one stays.
import './all.styles.js';
import {TrunkChatList} from './chat-list.js';
import {TrunkChatThread} from './chat-thread.js';
import {TrunkComposer} from './composer.js';
import {TrunkConnectionStatus} from './connection-status.js';
import {TrunkMonitor} from './monitor.js';
import {TrunkPresenceAvatar} from './presence-avatar.js';
import {TrunkPresenceStack} from './presence-stack.js';
import {TrunkProvider} from './provider.js';
import {TrunkTypingIndicator} from './typing-indicator.js';

export * from './index.js';

const elements = [
  ['trunk-provider', TrunkProvider],
  ['trunk-connection-status', TrunkConnectionStatus],
  ['trunk-presence-avatar', TrunkPresenceAvatar],
  ['trunk-presence-stack', TrunkPresenceStack],
  ['trunk-composer', TrunkComposer],
  ['trunk-typing-indicator', TrunkTypingIndicator],
  ['trunk-chat-thread', TrunkChatThread],
  ['trunk-chat-list', TrunkChatList],
  ['trunk-monitor', TrunkMonitor],
] as const;

for (const [name, element] of elements) {
  // A server that renders pages has no registry, unless Lit gives it one.
  if (typeof customElements !== 'undefined' && !customElements.get(name)) customElements.define(name, element);
}
