// What a person does to a message while it is about to be sent, begun at every moment of it.
import {expect} from '@open-wc/testing';
import type {TrunkError} from '../../src/wire/error.js';
import {settle} from '../support/fake-clock.js';
import {code, message, outboxWorld as given} from './outbox-world.js';

/** More moments than a send takes. */
const MOMENTS = 80;

/** The middle one of three messages, acted on so many moments after they began to be sent. */
async function actedOn(act: 'discard' | 'edit', moments: number, loseAnswers: number) {
  const {outbox, project, clock} = given();
  for (const n of ['1', '2', '3']) await outbox.accept(message(n));
  await settle();
  project.faults.loseAnswers = loseAnswers;
  outbox.setOnline(true, 'ada');
  for (let moment = 0; moment < moments; moment++) await Promise.resolve();
  const acted = act === 'discard' ? outbox.discard('2').then(() => true) : outbox.edit('2', '2 anew');
  const result = acted.catch((error: TrunkError) => code(error));
  await clock.pass(60_000);
  const stored = project.chats.get('a')?.messages ?? [];
  const shown = stored.filter(({deletedAt}) => !deletedAt).map(({body}) => body);
  return {result: await result, shown, waiting: outbox.queued};
}

describe('Outbox, while it sends', () => {
  for (const lost of [0, 1]) {
    const how = lost > 0 ? ', and the answer is lost' : '';

    it(`discards a message or says that it is being stored${how}`, async () => {
      for (let moments = 0; moments < MOMENTS; moments++) {
        const {result, shown, waiting} = await actedOn('discard', moments, lost);
        const expected = result === true ? ['1', '3'] : ['1', '2', '3'];
        expect({moments, shown, waiting}).to.deep.equal({moments, shown: expected, waiting: 0});
        expect(result).to.be.oneOf([true, 'rejected']);
      }
    });

    it(`edits a message or says that it doesn’t wait any more${how}`, async () => {
      for (let moments = 0; moments < MOMENTS; moments++) {
        const {result, shown, waiting} = await actedOn('edit', moments, lost);
        const expected = result === true ? ['1', '2 anew', '3'] : ['1', '2', '3'];
        expect({moments, shown, waiting}).to.deep.equal({moments, shown: expected, waiting: 0});
        expect(result).to.be.oneOf([true, false]);
      }
    });
  }
});
