// The ways in which a hub, or the tab that leads, comes to its end. Each answers how what it left behind is tidied up.
import type {CDPSession} from 'playwright';
import type {Person} from '../person.js';
import {within, type Tab} from '../tab.js';

export interface Rung {
  name: string;
  /** What `host` forces. */
  host: 'shared-worker' | 'relay' | 'leader';
  /** Dedicated workers are refused, so that a leading tab's hub runs in its page. */
  isInPage: boolean;
  ways: readonly Way[];
}

/** `into the cache`: navigated away, and kept in the back/forward cache. */
export type Way = 'closed' | 'crashed' | 'into the cache' | 'worker killed' | 'frozen';

/** Longest wait for an answer of something that is ended or stopped, in ms. */
const ANSWER_MS = 2_000;

const ALL: readonly Way[] = ['closed', 'crashed', 'into the cache', 'worker killed'];

export const RUNGS: readonly Rung[] = [
  {name: 'shared-worker', host: 'shared-worker', isInPage: false, ways: ALL},
  {name: 'relay', host: 'relay', isInPage: false, ways: ALL},
  {name: 'leader', host: 'leader', isInPage: false, ways: [...ALL, 'frozen']},
  {
    name: 'leader in its page',
    host: 'leader',
    isInPage: true,
    ways: ['closed', 'crashed', 'into the cache', 'frozen'],
  },
];

export interface Death {
  /** The tab is gone, so nothing of it may stay with Supabase. */
  isGone: boolean;
  /** When it happened, in ms since 1970, where that is not when it was asked for. */
  at?: number;
  /** Called when all is judged: gives the slot a tab that can be used. */
  mend(): Promise<void>;
}

/** @param comesBack a page that can be come back to is */
export async function die(way: Way, rung: Rung, person: Person, tab: Tab, comesBack: boolean): Promise<Death> {
  const reopen = async () => {
    await person.open(tab.slot);
  };
  switch (way) {
    case 'closed':
      await person.end(tab);
      return {isGone: true, mend: reopen};
    case 'crashed':
      await person.crash(tab);
      return {isGone: true, mend: reopen};
    case 'into the cache':
      await person.goAway(tab);
      return {
        isGone: true,
        mend: async () => {
          if (comesBack && (await person.comeBack(tab))) return;
          await person.end(tab);
          await reopen();
        },
      };
    case 'worker killed': {
      if (rung.host === 'leader') {
        // Ended from within, of which no page is told.
        const workers = tab.page.workers();
        if (workers.length === 0) throw new Error('The leading tab has no worker to kill.');
        // Nobody may be left to answer.
        await Promise.all(workers.map(worker => within(worker.evaluate('self.close()'), ANSWER_MS).catch(() => {})));
      } else {
        const worker = await person.findWorker();
        if (worker === undefined) throw new Error('There is no worker to kill.');
        await person.killWorker(worker);
      }
      return {isGone: false, mend: async () => {}};
    }
    case 'frozen': {
      let at = Date.now();
      let thaw = await freeze(await person.session(tab));
      // No browser freezes a page in the midst of a transaction, for which the others would wait.
      while (!(await person.canStoreWithout(tab))) {
        await thaw();
        at = Date.now();
        thaw = await freeze(await person.session(tab));
      }
      return {
        isGone: false,
        at,
        mend: async () => {
          await thaw();
          tab.ready = true;
        },
      };
    }
  }
}

/** Stops the page's scripts, and those of its workers, as a frozen page's are: locks and sockets stay. The answer lets them go on. */
async function freeze(session: CDPSession): Promise<() => Promise<void>> {
  const workers: string[] = [];
  session.on('Target.attachedToTarget', ({sessionId, targetInfo}) => {
    if (targetInfo.type === 'worker') workers.push(sessionId);
  });
  await session.send('Target.setAutoAttach', {autoAttach: true, waitForDebuggerOnStart: false, flatten: false});
  let id = 0;
  const toWorkers = (method: string) =>
    Promise.all(
      workers.map(sessionId => {
        const message = JSON.stringify({id: ++id, method});
        return session.send('Target.sendMessageToTarget', {sessionId, message});
      }),
    );
  await toWorkers('Debugger.enable');
  await session.send('Debugger.enable');
  await Promise.all([toWorkers('Debugger.pause'), session.send('Debugger.pause')]);
  return async () => {
    await toWorkers('Debugger.resume').catch(() => {});
    await toWorkers('Debugger.disable').catch(() => {});
    // Nothing to resume, where no script ran since.
    await within(session.send('Debugger.resume'), ANSWER_MS).catch(() => {});
    await within(session.send('Debugger.disable'));
    await session.detach();
  };
}
