import {aTimeout, expect} from '@open-wc/testing';
import {Announcer} from '../../components/announcer.js';
import {until} from '../support/until.js';

const make = () => {
  const said: string[] = [];
  const announcer = new Announcer<string>(
    text => said.push(text),
    (batch, most) => (batch.length > most ? `${batch.length} things` : batch.join(', ')),
  );
  return {said, announcer};
};

describe('Announcer', () => {
  it('speaks at once when it was quiet', () => {
    const {said, announcer} = make();
    announcer.add(['one']);
    expect(said).to.deep.equal(['one']);
    announcer.reset();
  });

  it('makes at most two sentences of twenty messages in a second', async () => {
    const {said, announcer} = make();
    for (let n = 0; n < 20; n++) announcer.add([String(n)]);
    await until(() => said.length > 1, 'the rest is said');
    expect(said).to.deep.equal(['0', '19 things']);
    announcer.reset();
  });

  it('says nothing of nothing, and forgets what waits when it is reset', async () => {
    const {said, announcer} = make();
    announcer.add([]);
    announcer.add(['one']);
    announcer.add(['two']);
    announcer.reset();
    await aTimeout(0);
    announcer.add(['three']);
    expect(said).to.deep.equal(['one', 'three']);
    announcer.reset();
  });
});
