// Compiled by package.test.ts, never run.
import 'trunkline';
import {TrunkChatThread as ByDefine} from 'trunkline/components/define';
import {connect, TrunkError, type ChatHandle, type ConnectionStatus, type Source} from 'trunkline/client';
import {english, TrunkChatThread, TrunkErrorEvent} from 'trunkline/components';
import {SourceController} from 'trunkline/controllers';
import 'trunkline/worker';
import 'trunkline/sw';
import 'trunkline/trunkline.js';
import 'trunkline/trunkline-worker.js';

export const client = connect({url: 'https://project.example', key: 'key', userName: 'Ada'});
const status: Source<ConnectionStatus> = client.status;
const chat: ChatHandle = client.chat('lobby', {make: true});
export const sent: Promise<string> = chat.send('Hello').catch((error: unknown) => {
  throw TrunkError.from(error);
});

const thread: TrunkChatThread = document.createElement('trunk-chat-thread');
thread.chat = 'lobby';
thread.strings = {send: english.send};
export const isSame: typeof ByDefine = TrunkChatThread;
export const provider = document.querySelector('trunk-provider')?.accessToken satisfies
  (() => Promise<string>) | undefined;

thread.addEventListener('trunk-send', event => event.body.length);
thread.addEventListener('trunk-error', (event: TrunkErrorEvent) => event.error.code satisfies string);
export class Shown {
  readonly status = new SourceController(thread, () => status);
}
