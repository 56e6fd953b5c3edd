// What a tab asks once: each kind of call, and who answers it. Knows nothing of how they do.
import type {Call, CallValues} from '../wire/protocol.js';
import {assertNever} from './assert-never.js';
import type {Chats} from './chats.js';
import type {Inbox} from './inbox.js';
import type {Outbox} from './outbox.js';
import type {People} from './people.js';
import type {Database} from './transport.js';

export interface Answerers {
  outbox: Outbox;
  chats: Chats;
  people: People;
  database: Database;
  inbox: Inbox;
  myId(): string | null;
  signOut(unsent: 'ask' | 'keep' | 'discard'): Promise<CallValues['sign-out']>;
}

/** Rejects with a TrunkError. */
export async function answerCall(
  call: Exclude<Call, {kind: 'broadcast'}>,
  {outbox, chats, people, database, inbox, myId, signOut}: Answerers,
): Promise<CallValues[Call['kind']]> {
  switch (call.kind) {
    case 'send':
      await outbox.accept(call.message);
      return null;
    case 'retry':
      await outbox.retry(call.messageId);
      return null;
    case 'discard':
      await outbox.discard(call.messageId);
      return null;
    case 'history': {
      const page = await chats.history(call.chatId, call.beforeSeq, call.limit);
      people.need(page.messages.map(message => message.senderId));
      return page;
    }
    case 'edit':
      if (!(await outbox.edit(call.messageId, call.body)))
        chats.stored(await database.editMessage(call.messageId, call.body));
      return null;
    case 'remove':
      if (outbox.has(call.messageId)) await outbox.discard(call.messageId);
      else chats.stored(await database.deleteMessage(call.messageId));
      return null;
    case 'mark-read':
      inbox.markRead(call.chatId, call.rev, chats.countAfter(call.chatId, call.rev, myId()));
      return null;
    case 'more-chats':
      await inbox.more();
      return null;
    case 'sign-out':
      return signOut(call.unsent);
    case 'look-up':
      people.need(call.userIds);
      return null;
    case 'ping':
      return null;
    default:
      return assertNever(call);
  }
}
