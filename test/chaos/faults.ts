// Every kind of fault: does it, and says whether it did any harm. Whatever it breaks is whole again when it ends.
import type {Journal} from './journal.js';
import type {Person} from './person.js';
import type {FaultPlan} from './schedule.js';
import type {Server} from './server.js';
import type {Tab} from './tab.js';
import {TABS} from './schedule.js';

export interface Scene {
  people: readonly Person[];
  server: Server;
  journal: Journal;
  /** The server is asked for one thing at a time. */
  serverAlone<T>(task: () => Promise<T>): Promise<T>;
  /** Resolves with whether it became true in time. */
  until(what: () => boolean, ms?: number): Promise<boolean>;
  pause(ms: number): Promise<void>;
}

type Act = (plan: FaultPlan, person: Person, scene: Scene) => Promise<boolean>;

interface Fault {
  /** Needs something written in its midst. */
  bursts?: boolean;
  /** Hits everybody. */
  global?: boolean;
  act: Act;
}

/** Longest wait for a fault to find something to harm, in ms. */
const PATIENCE_MS = 10_000;

export const FAULTS: Readonly<Record<string, Fault>> = {
  'socket cut': {
    act: async (_, {line}, {until}) => {
      await until(() => line.sockets > 0);
      const before = line.harm.socketsCut;
      line.cut();
      return line.harm.socketsCut > before;
    },
  },
  'half open': {
    act: async ({ms, choice}, {line}, {until, pause}) => {
      await until(() => line.sockets > 0);
      const before = line.harm.swallowed;
      line.stall();
      await pause(ms);
      // Mostly a router that comes back and resets; now and then a hole that must be noticed by its silence.
      line.unstall(choice > 0.2);
      return line.harm.swallowed > before;
    },
  },
  delay: {
    act: async ({ms, choice}, {line}, {until, pause}) => {
      const before = line.harm.delayed;
      const end = line.delay(150 + choice * 1_200);
      await pause(ms);
      const happened = await until(() => line.harm.delayed > before);
      end();
      return happened;
    },
  },
  'frames dropped': {
    bursts: true,
    act: async ({ms, choice, tab, orders}, person, {people, until, pause}) => {
      const {line} = person;
      const before = line.harm.changesDropped;
      line.dropEvery = 1 + Math.floor(choice * 4);
      // The other one writes: what one writes oneself is known from the answer as well.
      const other = people.find(each => each !== person) ?? person;
      const writer = await readyTab(other, tab, until);
      if (writer) await other.run(writer, orders);
      await pause(ms);
      const happened = await until(() => line.harm.changesDropped > before);
      line.dropEvery = 0;
      return happened;
    },
  },
  'answer lost': {
    bursts: true,
    act: async ({tab, orders, choice}, person, {until}) => {
      const {line} = person;
      const before = line.harm.answersLost;
      line.losing = 1 + Math.floor(choice * 3);
      const writer = await readyTab(person, tab, until);
      if (writer) await person.run(writer, orders);
      const happened = await until(() => line.harm.answersLost > before);
      line.losing = 0;
      return happened;
    },
  },
  'server error': {
    bursts: true,
    act: async ({tab, orders}, person, {until, journal}) => {
      const {line} = person;
      const before = line.harm.errorsGiven;
      const failed = () => journal.sightings.filter(({kind}) => kind === 'failed').length;
      const failedBefore = failed();
      line.failing = true;
      const writer = await readyTab(person, tab, until);
      if (writer) await person.run(writer, orders);
      // Until a message is given up, so that somebody has to try it again.
      await until(() => failed() > failedBefore, 15_000);
      line.failing = false;
      return line.harm.errorsGiven > before;
    },
  },
  offline: {
    act: ({ms}, person, {pause}) =>
      person.alone(async () => {
        const before = person.line.harm.refused;
        await person.setOffline(true);
        person.line.refusing = true;
        await pause(ms);
        person.line.refusing = false;
        await person.setOffline(false);
        return person.line.harm.refused > before;
      }),
  },
  'token expired': {
    global: true,
    act: (_, __, {people, server, serverAlone, until}) =>
      serverAlone(async () => {
        const renewals = () => people.reduce((sum, {line}) => sum + line.harm.renewals, 0);
        const before = renewals();
        await server.fault({expireTokens: true});
        return until(() => renewals() > before);
      }),
  },
  'Postgres restarted': {
    global: true,
    act: (_, __, {server, serverAlone}) =>
      serverAlone(async () => {
        await server.fault({restartPostgres: true});
        return true;
      }),
  },
  'server restarted': {
    global: true,
    act: (_, __, {server, serverAlone}) =>
      serverAlone(async () => {
        await server.crash();
        return true;
      }),
  },
  'tab closed': {
    bursts: true,
    act: (plan, person, scene) =>
      midSend(plan, person, scene, async tab => {
        await person.end(tab);
        return () => person.open(tab.slot);
      }),
  },
  'tab reloaded': {
    bursts: true,
    act: (plan, person, scene) =>
      midSend(plan, person, scene, async tab => {
        await person.reload(tab);
        return async () => {};
      }),
  },
  'worker killed': {
    bursts: true,
    act: ({tab: slot, orders}, person, {until}) =>
      person.alone(async () => {
        const tab = await readyTab(person, slot, until);
        const worker = await person.findWorker();
        if (!tab || worker === undefined) return false;
        // At once: some of it is with the worker, and not answered.
        const [killed] = await Promise.all([person.killWorker(worker), person.run(tab, orders)]);
        return killed && orders.length > 0;
      }),
  },
  'service worker raced': {
    bursts: true,
    act: async (plan, person, scene) => {
      let raced = false;
      const race = async (tab: Tab) => {
        try {
          raced = await person.syncServiceWorker(tab);
        } finally {
          tab.taken = false;
        }
        return async () => {};
      };
      const watch = async (tab: Tab) => {
        try {
          await person.watchServiceWorker(tab);
        } catch (error) {
          tab.taken = false;
          throw error;
        }
      };
      const written = await midSend(plan, person, scene, race, watch);
      return raced && written;
    },
  },
  'sole tab crashed': {
    bursts: true,
    act: (plan, person, scene) =>
      midSend(
        plan,
        person,
        scene,
        async tab => {
          await person.crash(tab);
          return async () => {
            for (let slot = 0; slot < TABS; slot++) await person.open(slot);
          };
        },
        async tab => {
          for (const other of [...person.tabs.values()].filter(each => each !== tab)) {
            other.taken = true;
            await person.end(other);
            person.tabs.delete(other.slot);
          }
        },
      ),
  },
};

/** A tab of this person that can be used, the one of this slot if possible. */
export async function readyTab(person: Person, slot: number, until: Scene['until']): Promise<Tab | undefined> {
  const find = () => {
    const wanted = person.tabs.get(slot);
    return wanted?.usable ? wanted : [...person.tabs.values()].find(tab => tab.usable);
  };
  await until(() => find() !== undefined, PATIENCE_MS);
  return find();
}

/**
 * Takes a tab, so that nobody else is given it, writes in it while the line is slow, and breaks something before that is stored.
 * @param destroy answers how to mend it
 * @returns whether something was on its way at that moment
 */
function midSend(
  {tab: slot, orders, choice}: FaultPlan,
  person: Person,
  {until, journal}: Scene,
  destroy: (tab: Tab) => Promise<() => Promise<unknown>>,
  prepare: (tab: Tab) => Promise<void> = async () => {},
): Promise<boolean> {
  return person.alone(async () => {
    const tab = await readyTab(person, slot, until);
    if (!tab) return false;
    tab.taken = true;
    await prepare(tab);
    const hurry = person.line.delay(400 + choice * 600);
    try {
      await person.run(tab, orders);
      const happened = journal.isMidSend(orders);
      const mend = await destroy(tab);
      await mend();
      return happened;
    } finally {
      hurry();
    }
  });
}
