import {expect} from '@open-wc/testing';
import {FakeBrowser} from '../support/fake-browser.js';
import {settle} from '../support/fake-clock.js';
import {FakeProject} from '../support/fake-supabase.js';

const bodies = (chat: {messages: {current: readonly {body: string; status: string}[]}}) =>
  chat.messages.current.map(({body, status}) => (status === 'sent' ? body : `${body} (${status})`));

describe('Hub', () => {
  it('gives many tabs one socket and one join a topic', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    for (let n = 0; n < 10; n++) (await browser.tab()).client.chat('lobby');
    await settle();
    expect(browser.project.sockets.size).to.equal(1);
    expect(browser.project.count('socket ')).to.equal(1);
    expect(browser.project.count('join chat:')).to.equal(1);
  });

  it('shows a message to every tab of both people, once and in one order', async () => {
    const project = new FakeProject();
    project.addChat('lobby');
    const ada = new FakeBrowser({project, userId: 'ada'});
    const grace = new FakeBrowser({project, userId: 'grace'});
    const chats = [
      (await ada.tab()).client.chat('lobby'),
      (await ada.tab()).client.chat('lobby'),
      (await grace.tab()).client.chat('lobby'),
    ];
    await settle();
    for (let n = 0; n < 9; n++) await chats[n % 3]?.send(`message ${n}`);
    await settle();
    const wanted = Array.from({length: 9}, (_, n) => `message ${n}`);
    for (const chat of chats) expect(bodies(chat)).to.deep.equal(wanted);
  });

  it('turns a bubble from queued to sent without a second one', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const chat = (await browser.tab()).client.chat('lobby');
    await settle();
    const seen: string[] = [];
    chat.messages.subscribe(messages => seen.push(messages.map(({id, status}) => `${id}:${status}`).join()));
    const id = await chat.send('hello');
    await settle();
    expect(seen.every(list => list.split(',').length === 1)).to.equal(true);
    expect(seen.filter((list, at) => list !== seen[at - 1])).to.deep.equal([
      '',
      `${id}:queued`,
      `${id}:sending`,
      `${id}:sent`,
    ]);
  });

  it('comes back after the hub died, and sends once what it had accepted', async () => {
    const browser = new FakeBrowser();
    browser.project.addChat('lobby');
    const tab = await browser.tab();
    const chat = tab.client.chat('lobby');
    await settle();
    browser.project.faults.loseAnswers = 1;
    await chat.send('kept');
    await browser.killHub();
    await settle();
    expect(bodies(chat)).to.deep.equal(['kept']);
    browser.project.write('lobby', 'from Grace');
    await settle();
    expect(bodies(chat)).to.deep.equal(['kept', 'from Grace']);
    expect(browser.project.sockets.size).to.equal(1);
  });

  it('forgets a tab that crashed, by its lock', async () => {
    const browser = new FakeBrowser();
    const [first, second] = [await browser.tab(), await browser.tab()];
    first.client.presence();
    const present = second.client.presence();
    await settle();
    present.release();
    await settle();
    expect(browser.project.count('untrack')).to.equal(0);
    await first.crash();
    expect(browser.project.count('untrack')).to.equal(1);
  });
});
