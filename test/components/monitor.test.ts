import {expect, html} from '@open-wc/testing';
import {sendKeys, setViewport} from '@web/test-runner-commands';
import type {TrunkMonitor} from '../../components/monitor.js';
import {monitorLog} from '../../components/monitor-log.js';
import type {TrunkMonitorPanel} from '../../components/monitor-panel.js';
import {TrunkError} from '../../src/wire/error.js';
import type {HubStats} from '../../src/wire/stats.js';
import {initialStatus} from '../../src/wire/status.js';
import {FakeClock} from '../support/fake-clock.js';
import {fakeTimers} from '../support/fake-timers.js';
import {FakeHub, grace, type FakeHubOptions} from '../support/fake-hub.js';
import {frames, mount, part, parts, textOf} from '../support/mount.js';
import {busyStats, hubStats, NOW} from '../support/sample-stats.js';

async function given(
  stats: HubStats | null = null,
  options: FakeHubOptions = {},
  template = html`<trunk-monitor open></trunk-monitor>`,
) {
  const hub = new FakeHub(options);
  if (stats) hub.setStats(stats);
  const element = await mount<TrunkMonitor>(hub, template);
  const panel = () => part<TrunkMonitorPanel>(element, 'panel') as TrunkMonitorPanel;
  const settle = async () => {
    await element.updateComplete;
    while (element.open && !panel()?.shadowRoot?.childElementCount) await frames(1);
    await hub.settle(element);
    await panel()?.updateComplete;
  };
  await settle();
  const section = (name: string) => panel().shadowRoot?.querySelector(`.${name}`) as HTMLElement;
  const rows = (name: string) =>
    [...section(name).querySelectorAll('tbody tr')].map(row => [...row.children].map(cell => textOf(cell)));
  const figures = (name: string) =>
    Object.fromEntries([...section(name).querySelectorAll('dl > div')].map(({children}) => [...children].map(textOf)));
  const button = (name: string) =>
    [...(panel().shadowRoot?.querySelectorAll('button') ?? [])].find(
      each => textOf(each) === name,
    ) as HTMLButtonElement;
  return {hub, element, panel, settle, section, rows, figures, button};
}

const asking = ({wants}: FakeHub) => wants.filter(kind => kind === 'stats' || kind === 'latency').sort();

describe('<trunk-monitor>', () => {
  it('closed, asks for nothing', async () => {
    const {hub, element} = await given(null, {}, html`<trunk-monitor></trunk-monitor>`);
    expect(textOf(part(element, 'base'))).to.equal('Connection monitor');
    expect(asking(hub)).to.deep.equal([]);
    await expect(element).to.be.accessible();
  });

  it('opens by the keyboard, asks while it is open, and no longer', async () => {
    const {hub, element, panel, settle} = await given(hubStats(), {}, html`<trunk-monitor></trunk-monitor>`);
    part(element, 'summary')?.focus();
    await sendKeys({press: 'Enter'});
    while (!element.open) await frames(1);
    await settle();
    expect(asking(hub)).to.deep.equal(['latency', 'stats']);
    expect(parts(panel(), 'section').length).to.be.greaterThan(5);
    await sendKeys({press: 'Enter'});
    while (element.open) await frames(1);
    await settle();
    expect(asking(hub)).to.deep.equal([]);
    expect(element.hasAttribute('open')).to.equal(false);
  });

  it('asks for nothing once it is out of the document, in a hidden tab, or paused', async () => {
    const {hub, element, settle, button} = await given(hubStats());
    const parent = element.parentElement as HTMLElement;
    element.remove();
    await settle();
    expect(asking(hub)).to.deep.equal([]);
    parent.append(element);
    await settle();
    expect(asking(hub)).to.deep.equal(['latency', 'stats']);
    Object.defineProperty(document, 'hidden', {value: true, configurable: true});
    try {
      document.dispatchEvent(new Event('visibilitychange'));
      await settle();
      expect(asking(hub)).to.deep.equal([]);
    } finally {
      Reflect.deleteProperty(document, 'hidden');
    }
    document.dispatchEvent(new Event('visibilitychange'));
    await settle();
    expect(asking(hub)).to.deep.equal(['latency', 'stats']);
    button('Pause').click();
    await settle();
    expect(asking(hub)).to.deep.equal([]);
    expect(button('Go on').hasAttribute('aria-pressed')).to.equal(false);
  });

  it('says what it waits for, and that it is not set up', async () => {
    const {panel, figures} = await given();
    expect(textOf(part(panel(), 'base'))).to.include('Asking the hub…');
    expect(figures('connection')).to.include({State: 'connected open', Hub: 'shared worker'});
    await expect(panel()).to.be.accessible();
  });

  it('is empty without fuss: no beat, no channel, no message, no problem', async () => {
    const {panel, section} = await given(hubStats());
    const text = textOf(part(panel(), 'base'));
    for (const word of ['No heartbeat was answered yet.', 'No channel is wanted.', 'None since the hub began.']) {
      expect(text).to.include(word);
    }
    expect(textOf(section('problems'))).to.equal('Problems None.');
    expect(text).not.to.match(/NaN|undefined|null|Infinity/);
    await expect(panel()).to.be.accessible();
  });

  it('shows ten tabs and 90 channels with their handles, those that are parked last', async () => {
    const {hub, panel, settle, rows, figures, section} = await given(hubStats());
    hub.setStats(busyStats(hub.session));
    await settle();
    expect(textOf(section('tabs').querySelector('h3'))).to.equal('10 tabs');
    expect(rows('tabs')).to.have.length(10);
    expect(rows('tabs')[3]?.slice(0, 2)).to.deep.equal(['This tab', 'visible']);
    expect(rows('tabs')[3]?.[3]).to.include('+95 more');
    expect(textOf(section('channels').querySelector('h3'))).to.equal('Channels · 90 of 90 on the socket');
    expect(rows('channels')).to.have.length(96);
    expect(rows('channels')[0]?.slice(1)).to.deep.equal(['joined', 'Tab 1: 1, Tab 2: 1, This tab: 1', '–']);
    expect(rows('channels')[89]?.slice(0, 4)).to.deep.equal(['presence:global', 'joined', 'This tab: 2', '3']);
    expect(
      rows('channels')
        .slice(90)
        .map(([, state]) => state),
    ).to.deep.equal(Array(6).fill('parked'));
    expect(figures('traffic')).to.include({
      ...{'Catch-ups': '14 (231 changes found)', 'Last catch-up took': '212 ms', 'Duplicates dropped': '9'},
    });
    expect(figures('outbox')).to.deep.equal({
      ...{Waiting: '1', Failed: '2', 'Oldest waits for': '1 min', 'Newest waits for': '4 sec'},
    });
    expect(rows('history')[0]?.slice(1)).to.deep.equal(['connected', 'open', '58 sec']);
    expect(rows('history')[1]?.slice(1)).to.deep.equal(['disconnected', 'heartbeat-timeout', '3 sec']);
    expect(rows('messages')[0]?.slice(2)).to.deep.equal(['–', '–', '–', '–']);
    expect(rows('messages')[1]?.slice(2)).to.deep.equal(['+4 ms', '+31 ms', '+48 ms', '–']);
    await expect(panel()).to.be.accessible();
  });

  it('draws round trips and rates, each with a table behind it', async () => {
    const {hub, panel, settle} = await given(hubStats());
    for (let n = 1; n <= 5; n++) {
      const traffic = {framesIn: n * 10, framesOut: n * 2, bytesIn: n * 1_000, bytesOut: n * 100};
      hub.setStats(hubStats({at: NOW + n * 1_000, traffic, latency: {samplesMs: [12, 30], p50Ms: 12, p95Ms: 30}}));
      await settle();
    }
    hub.setStatus({latencyMs: 30});
    await settle();
    const charts = parts(panel(), 'chart');
    const images = charts.map(chart => chart.querySelector('[role=img]')?.getAttribute('aria-label'));
    expect(images).to.deep.equal([
      'Round trips: 30 ms now, half below 12 ms, 95 % below 30 ms.',
      'Frames on the socket: 10/s in and 2/s out.',
    ]);
    for (const chart of charts) (chart.querySelector('summary') as HTMLElement).click();
    while (panel().shadowRoot?.querySelectorAll('figure table').length !== 2) await frames(1);
    const cells = charts.map(chart =>
      [...chart.querySelectorAll('tbody tr')].map(row => [...row.children].map(textOf)),
    );
    expect(cells[0]).to.deep.equal([
      ['0 beats ago', '30 ms'],
      ['1 beat ago', '12 ms'],
    ]);
    expect(cells[1]?.[0]?.slice(1)).to.deep.equal(['10/s', '2/s', '1 kB/s', '100 byte/s']);
    expect(cells[1]).to.have.length(5);
    await expect(panel()).to.be.accessible();
  });

  it('tells when messages came into a list of this tab', async () => {
    const hub = new FakeHub();
    hub.addChat('lobby-id', {slug: 'lobby'});
    const chat = hub.client.chat('lobby');
    const element = await mount<TrunkMonitor>(hub, html`<trunk-monitor open></trunk-monitor>`);
    await hub.settle(element);
    const id = await chat.send('hello');
    hub.store('lobby-id', id);
    hub.receiveFrom(grace, 'lobby-id', 'hi', {createdAt: new Date(Date.now() - 40).toISOString()});
    await hub.settle(element);
    const queuedAt = Date.now() - 80;
    const send = {
      messageId: id,
      chatId: 'lobby-id',
      queuedAt,
      sentAt: queuedAt + 1,
      ackedAt: queuedAt + 9,
      echoedAt: null,
    };
    hub.setStats(hubStats({sends: [send]}));
    await hub.settle(element);
    const panel = part<TrunkMonitorPanel>(element, 'panel') as TrunkMonitorPanel;
    await panel.updateComplete;
    const messages = panel.shadowRoot?.querySelector('.messages');
    expect(textOf(messages?.querySelector('tbody td:last-child'))).to.match(/^\+\d+ ms$/);
    expect(textOf(messages)).to.match(/two clocks\): 1 message, half within \d+ ms/);
  });

  it('takes no message that was stored while the line was down for a slow one', async () => {
    const {hub, settle, section} = await given();
    hub.addChat('lobby-id', {slug: 'lobby'});
    hub.client.chat('lobby');
    await settle();
    hub.receiveFrom(grace, 'lobby-id', 'missed', {createdAt: new Date(Date.now() - 3_600_000).toISOString()});
    const backAt = Date.now() - 1_000;
    hub.receiveFrom(grace, 'lobby-id', 'live', {createdAt: new Date(Date.now() - 40).toISOString()});
    await settle();
    const transitions = [
      {at: backAt - 9_000, state: 'connected', reason: 'open'} as const,
      {at: backAt - 7_000, state: 'disconnected', reason: 'offline'} as const,
      {at: backAt, state: 'connected', reason: 'open'} as const,
    ];
    hub.setStats(hubStats({transitions}));
    await settle();
    expect(textOf(section('messages'))).to.match(/two clocks\): 1 message, half within \d+ ms/);
  });

  it('lists what went wrong in the page beside what the hub noted, each with its own text', async () => {
    const problem = {code: 'rejected', message: 'The first.'};
    const {hub, settle, rows} = await given(hubStats());
    const told = (code: 'rejected' | 'worker-failed', message: string) =>
      hub.client.report(new TrunkError(code, message));
    told('rejected', problem.message);
    const now = Date.now();
    told('worker-failed', 'Look at the worker’s address.');
    hub.setStats(
      hubStats({
        problems: [
          {at: now - 61_000, code: 'worker-failed'},
          {at: now - 60_000, code: 'rejected'},
          {at: now, code: 'rejected'},
        ],
      }),
    );
    await settle();
    expect(rows('problems').map(([, ...rest]) => rest)).to.deep.equal([
      ['worker-failed', 'Look at the worker’s address.'],
      ['rejected', 'The first.'],
      ['rejected', '–'],
      ['worker-failed', '–'],
    ]);
  });

  it('goes on telling while the line is down, and says what stopped it', async () => {
    const {hub, panel, settle, figures} = await given(busyStats('x'), {
      status: {state: 'disconnected', reason: 'offline', detail: 'The browser says it is offline.'},
    });
    expect(figures('connection').State).to.equal('disconnected offline');
    // Whatever the last round trip was.
    expect(textOf(panel().shadowRoot?.querySelector('.big dd'))).to.equal('– now');
    expect(textOf(part(panel(), 'base'))).to.include('The browser says it is offline.');
    hub.setStatus({state: 'error', reason: 'key-refused', detail: 'The project refuses the key.'});
    await settle();
    expect(textOf(part(panel(), 'base'))).to.include('The project refuses the key.');
    await expect(panel()).to.be.accessible();
    hub.client.close();
    await panel().updateComplete;
    expect(textOf(part(panel(), 'base'))).to.match(/The hub tells nothing right now. Figures of/);
  });

  it('says what each tab holds of a channel, and all that a tab holds, on a press', async () => {
    const {hub, settle, section, rows} = await given(hubStats());
    const topic = 'presence:global';
    const tab = (id: string) => ({id, visible: true, lastActive: NOW, holds: {[topic]: 1}});
    const tabs = [...['a', 'b', 'c', 'd'].map(tab), {...tab(hub.session), holds: {[topic]: 2}}];
    const channel = {topic, state: 'joined' as const, users: 6, presenceCallsLeft: 3};
    hub.setStats(hubStats({tabs, channels: [channel]}));
    await settle();
    expect(rows('channels')[0]?.[2]).to.match(/^6 in 5 tabs/);
    const details = () => section('channels').querySelector('details') as HTMLDetailsElement;
    expect(details().open).to.equal(false);
    details().querySelector('summary')?.click();
    // One that comes before it leaves open what was opened.
    hub.setStats(hubStats({tabs, channels: [{...channel, topic: 'chat:a'}, channel]}));
    await settle();
    expect(details().open).to.equal(true);
    expect([...details().querySelectorAll('div')].map(textOf)).to.deep.equal([
      ...['Tab 1: 1', 'Tab 2: 1', 'Tab 3: 1', 'Tab 4: 1', 'This tab: 2'],
    ]);
  });

  it('has the Tab key stop at tables that scroll, and at no others', async () => {
    const {hub, panel, settle} = await given(hubStats());
    const stops = () =>
      [...(panel().shadowRoot?.querySelectorAll<HTMLElement>('.scroll') ?? [])].map(box => [
        box.getAttribute('aria-label'),
        box.tabIndex,
      ]);
    hub.setStats(hubStats({tabs: [{id: 'a', visible: true, lastActive: NOW, holds: {}}]}));
    await settle();
    expect(stops()).to.deep.equal([['1 tab', -1]]);
    hub.setStats(busyStats('x'));
    await settle();
    expect(stops()).to.deep.include(['Channels', 0]);
    expect(stops()).to.deep.include(['Problems', -1]);
  });

  it('copies a log without texts, names or what a server said', async () => {
    const {hub, panel, settle, button} = await given(busyStats('x'), {status: {detail: 'eyJhbGciOi'}});
    let copied = '';
    const clock = new FakeClock();
    const restore = fakeTimers(clock);
    const clipboard = {writeText: async (text: string) => void (copied = text)};
    Object.defineProperty(navigator, 'clipboard', {value: clipboard, configurable: true});
    try {
      button('Copy log').click();
      await settle();
      const said = () => textOf(panel().shadowRoot?.querySelector('[role=status]'));
      expect(said()).to.equal('Copied.');
      await clock.pass(10_000);
      await settle();
      expect(said()).to.equal('');
      clipboard.writeText = () => Promise.reject(new Error('no'));
      button('Copy log').click();
      await settle();
      expect(textOf(panel().shadowRoot?.querySelector('[role=status]'))).to.include('Download the log instead');
    } finally {
      restore();
      Reflect.deleteProperty(navigator, 'clipboard');
    }
    const log = JSON.parse(copied) as {hub: HubStats; connection: {reason: string}; problems: unknown};
    expect(log.connection.reason).to.equal('open');
    expect(log.hub.channels).to.have.length(96);
    expect(log.problems).to.deep.equal([{at: NOW - 61_000, code: 'rejected'}]);
    for (const secret of [
      'a secret somebody wrote',
      'eyJ',
      hub.config.key === 'key' ? '"key"' : hub.config.key,
      'Grace',
    ]) {
      expect(copied).not.to.include(secret);
    }
  });

  it('numbers in the log what the site named, and shows it in the panel', async () => {
    const id = '0b5f2c1e-7d1a-4c53-9f3e-000000000001';
    const own = [`chat:${id}`, `chat:${id}:live`, `inbox:${id}`, 'presence:global', 'stats'];
    const names = [
      'dm:grace.hopper@example.com',
      'chat invite-Grace Hopper 1906',
      'presence:grace',
      `chat:${id} Grace`,
    ];
    const topics = [...own, ...names];
    const holds = Object.fromEntries(topics.map(topic => [topic, 1]));
    const channels = topics.map(topic => ({topic, state: 'joined' as const, users: 1, presenceCallsLeft: null}));
    const stats = hubStats({tabs: [{id: 't', visible: true, lastActive: NOW, holds}], channels: channels.toReversed()});
    const {section} = await given(stats);
    for (const name of names) expect(textOf(section('channels'))).to.include(name);
    const here = {id: 't', frames: 0, messages: 0, shown: [], heapBytes: 5};
    const numbered = new Map<string, string>();
    const log = monitorLog({...stats, here}, null, [], [], NOW, numbered);
    expect(log.toLowerCase()).not.to.match(/grace|hopper|1906|example/);
    const {hub} = JSON.parse(log) as {hub: HubStats};
    const labels = ['topic 1', 'topic 2', 'topic 3', 'topic 4'];
    expect(hub.channels.map(({topic}) => topic).reverse()).to.deep.equal([...own, ...labels]);
    expect(Object.keys(hub.tabs[0]?.holds ?? {})).to.have.members([...own, ...labels]);
    expect(monitorLog({...stats, here}, null, [], [], NOW, numbered)).to.equal(log);
  });

  for (const [hostReason, told] of [
    ['shared-worker: SecurityError: https://shop.example/w.js is another origin.', 'shared-worker: SecurityError'],
    ['relay: error at https://shop.example/w.js', 'relay'],
    ['', ''],
  ] as const) {
    it(`says in the log which rung failed, and of what kind of failure: ${told || 'none'}`, () => {
      const status = {...initialStatus('page', NOW), hostReason};
      const log = monitorLog(null, status, [], [], NOW, new Map());
      expect((JSON.parse(log) as {connection: {hostReason: string}}).connection.hostReason).to.equal(told);
      expect(log).not.to.include('shop');
    });
  }

  it('downloads the same under a name with the time', async () => {
    const {button} = await given(busyStats('x'));
    const clicked = new Promise<HTMLAnchorElement>(resolve => {
      const click = HTMLAnchorElement.prototype.click;
      HTMLAnchorElement.prototype.click = function () {
        HTMLAnchorElement.prototype.click = click;
        resolve(this);
      };
    });
    button('Download log').click();
    const link = await clicked;
    expect(link.download).to.match(/^trunkline-\d{4}-\d\d-\d\dT[\d-]{8}\.json$/);
    const log = (await (await fetch(link.href)).json()) as {trunkline: string};
    expect(log.trunkline).to.equal('monitor log');
  });

  it('fits a phone: tables scroll by themselves', async () => {
    await setViewport({width: 390, height: 480});
    try {
      const {element, panel} = await given(busyStats('x'));
      expect(document.documentElement.scrollWidth).to.be.at.most(390);
      const {right} = panel().getBoundingClientRect();
      for (const each of parts(panel(), 'section')) expect(each.getBoundingClientRect().right).to.be.at.most(right);
      // Where it scrolls in itself, nothing of it makes the page longer, not even what only a screen reader reads.
      element.style.cssText = 'max-block-size: 200px; overflow: auto';
      expect(document.documentElement.scrollHeight).to.be.at.most(480);
    } finally {
      await setViewport({width: 800, height: 600});
    }
  });

  it('takes other words', async () => {
    const strings = {monitor: 'Leitung', monitorWords: {channels: 'Kanäle'}};
    const {element, panel} = await given(
      busyStats('x'),
      {},
      html`<trunk-monitor open .strings=${strings}></trunk-monitor>`,
    );
    expect(textOf(part(element, 'summary'))).to.equal('Leitung');
    expect(textOf(panel().shadowRoot?.querySelector('.channels h3'))).to.include('Kanäle');
  });
});
