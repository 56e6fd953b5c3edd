import {expect} from '@open-wc/testing';
import type {Interest} from '../../src/hub/interest.js';
import {Turns} from '../../src/hub/turns.js';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';

function given(atOnce: number) {
  const turns = new Turns(atOnce);
  const begun: string[] = [];
  const ends = new Map<string, (error?: Error) => void>();
  const take = (name: string, rank: Interest['rank'] = 0) => {
    const interest = {rank, usedAt: 0};
    const taken = turns.take(
      () => interest,
      () => {
        begun.push(name);
        return new Promise<void>((resolve, reject) => ends.set(name, error => (error ? reject(error) : resolve())));
      },
    );
    return {interest, taken: taken.catch((error: Error) => error.message)};
  };
  const end = async (name: string, error?: Error) => {
    ends.get(name)?.(error);
    await settle();
  };
  return {begun, take, end};
}

describe('Turns', () => {
  it('lets so many go at a time, then the most wanted, then who came last', async () => {
    const {begun, take, end} = given(2);
    for (const name of ['a', 'b', 'c', 'd']) take(name);
    take('wanted', 1);
    await settle();
    expect(begun).to.deep.equal(['a', 'b']);
    await end('a');
    await end('b');
    await end('wanted');
    expect(begun).to.deep.equal(['a', 'b', 'wanted', 'd', 'c']);
  });

  it('asks how much each is wanted when a turn is free, and not before', async () => {
    const {begun, take, end} = given(1);
    take('a');
    const early = take('early');
    take('late');
    early.interest.rank = 2;
    await end('a');
    expect(begun).to.deep.equal(['a', 'early']);
  });

  it('passes on the turn of one that fails, and is as free as before once all are done', async () => {
    const {begun, take, end} = given(1);
    const a = take('a');
    take('b');
    await end('a', new Error('no luck'));
    expect(await a.taken).to.equal('no luck');
    await end('b');
    take('c');
    await settle();
    expect(begun).to.deep.equal(['a', 'b', 'c']);
  });
});

describe('Many chats opened at once', () => {
  it('wait for the one that is looked at, and leave a way for what is written', async () => {
    const browser = new FakeBrowser();
    const {project} = browser;
    const slugs = Array.from({length: 40}, (_, n) => `chat-${n}`);
    for (const slug of slugs) project.addChat(slug);
    const {client} = await browser.tab();
    const written = client.chat('chat-0');
    await settle();
    project.hold();
    const looked = project.chats.get('chat-7')?.chat.id ?? '';
    for (const slug of slugs.slice(1)) client.chat(project.chats.get(slug)?.chat.id ?? '');
    await settle();
    expect(project.count('open ')).to.be.at.most(6);
    client.setCurrentChat(looked);
    await written.send('Hello');
    await settle();
    const from = project.log.length;
    project.release();
    await settle();
    const after = project.log.slice(from).filter(line => line.startsWith('open '));
    expect(after[0]).to.include(looked);
    expect(after.length).to.be.greaterThan(30);
    expect(written.messages.current.at(-1)?.status).to.equal('sent');
  });
});
