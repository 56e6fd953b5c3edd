// How much a channel is wanted, by what the tabs that use it show: when there is no room for all of them on the socket, the more wanted
// are joined. Pure.
import type {Attention} from '../wire/protocol.js';

export interface Interest {
  /** 2: a person looks at just this; 1: a tab that uses it is in sight; 0: none is. */
  rank: 0 | 1 | 2;
  /** When a tab that uses it was last used, in ms since 1970. */
  usedAt: number;
}

/** @param chatId the chat that the channel is about, if it is about one */
export function interestOf(tabs: Iterable<Attention>, chatId: string | null): Interest {
  let rank: Interest['rank'] = 0;
  let usedAt = 0;
  for (const tab of tabs) {
    if (tab.visible && chatId !== null && tab.currentChatId === chatId) rank = 2;
    else if (tab.visible && rank === 0) rank = 1;
    usedAt = Math.max(usedAt, tab.lastActive);
  }
  return {rank, usedAt};
}

/** Negative when `a` is wanted more. Null is wanted most: what nobody looks at, and everything hangs on. */
export function moreWanted(a: Interest | null, b: Interest | null): number {
  if (a === null || b === null) return (a === null ? 0 : 1) - (b === null ? 0 : 1);
  return b.rank - a.rank || b.usedAt - a.usedAt;
}
