import {expect, fixture, html, oneEvent} from '@open-wc/testing';
import {hueOf, initialsOf, pictureUrl} from '../../components/face.js';
import type {TrunkPresenceAvatar} from '../../components/presence-avatar.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {PresentPerson} from '../../src/wire/chat.js';
import {FakeHub, grace} from '../support/fake-hub.js';
import {frames, mount as mountAtOnce, part, textOf} from '../support/mount.js';

const pixel = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
const present = (status: PresentPerson['status'], lastSeen = Date.now()): PresentPerson => ({
  userId: grace.userId,
  status,
  lastSeen,
  currentChatId: null,
});
const ofGrace = html`<trunk-presence-avatar user-id="grace-id"></trunk-presence-avatar>`;
const label = (element: Element) => part(element, 'base')?.getAttribute('aria-label');

/** With what changes with the next frame. */
const mount: typeof mountAtOnce = async (hub, template) => {
  const element = await mountAtOnce(hub, template);
  await frames();
  await element.updateComplete;
  return element as never;
};

describe('<trunk-presence-avatar>', () => {
  it('takes name and presence from the hub when it has a user id alone', async () => {
    const hub = new FakeHub();
    hub.setPresent([present('online')]);
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    expect(label(element)).to.equal('Grace Hopper, online');
    expect(textOf(part(element, 'initials'))).to.equal('GH');
    expect(element.matches(':state(online)')).to.equal(true);
    await expect(element).to.be.accessible();
  });

  it('says since when somebody is away', async () => {
    const hub = new FakeHub();
    hub.setPresent([present('away', Date.now() - 5 * 60_000)]);
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    expect(label(element)).to.equal('Grace Hopper, away, last active 5 minutes ago');
    await expect(element).to.be.accessible();
  });

  it('does not make up since when, of a client that doesn’t say', async () => {
    const hub = new FakeHub();
    hub.setPresent([present('away', 0)]);
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    expect(label(element)).to.equal('Grace Hopper, away');
    expect(element.lastSeen).to.equal(null);
  });

  it('becomes another person’s when it is told another user id, and keeps who it is when it is moved', async () => {
    const hub = new FakeHub();
    hub.setPresent([present('online')]);
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    element.setAttribute('user-id', 'ada-id');
    await hub.settle(element);
    expect(label(element)).to.equal('Ada Lovelace, offline');
    const elsewhere = document.createElement('section');
    element.after(elsewhere);
    elsewhere.append(element);
    element.setAttribute('user-id', 'grace-id');
    await hub.settle(element);
    expect(label(element)).to.equal('Grace Hopper, online');
  });

  it('follows a person who comes, goes and changes name', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    expect(label(element)).to.equal('Grace Hopper, offline');
    hub.setPresent([present('online')]);
    hub.setPeople([{...grace, name: 'Admiral Hopper'}]);
    await hub.settle(element);
    await frames();
    expect(label(element)).to.equal('Admiral Hopper, online');
  });

  it('is not offline before anybody knows, nor when nobody knows any more', async () => {
    const hub = new FakeHub();
    hub.holdPresence = true;
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    const expectUnknown = () => {
      expect(element.presence).to.equal('unknown');
      expect(element.matches(':state(unknown)')).to.equal(true);
      expect(element.matches(':state(offline)')).to.equal(false);
      expect(label(element)).to.equal('Grace Hopper');
      expect(part(element, 'dot')).to.equal(null);
    };
    expectUnknown();
    hub.setPresent([]);
    await hub.settle(element);
    await frames();
    expect(element.matches(':state(offline)')).to.equal(true);
    hub.loseSight();
    await hub.settle(element);
    await frames();
    expectUnknown();
  });

  it('says when somebody who is offline was last here', async () => {
    const hub = new FakeHub();
    hub.setPeople([{...grace, lastSeen: Date.now() - 3 * 3_600_000}]);
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    await frames();
    expect(label(element)).to.equal('Grace Hopper, offline, last active 3 hours ago');
  });

  it('renders the avatar of whom a change is about, and no other; many changes in a frame are one', async () => {
    const hub = new FakeHub();
    const ids = Array.from({length: 50}, (_, n) => `user-${n}`);
    const state = ids.map((userId): PresentPerson => ({...present('online'), userId}));
    hub.setPresent(state);
    const wrap = await mount(
      hub,
      html`<div>${ids.map(id => html`<trunk-presence-avatar user-id=${id}></trunk-presence-avatar>`)}</div>` as never,
    );
    const avatars = [...wrap.children] as TrunkPresenceAvatar[];
    await hub.settle(...avatars);
    await frames();
    const renders = new Map<string, number>();
    for (const avatar of avatars) {
      const {userId} = avatar;
      const update = (avatar as unknown as {updated(): void}).updated.bind(avatar);
      Object.assign(avatar, {
        updated: () => {
          renders.set(userId, (renders.get(userId) ?? 0) + 1);
          update();
        },
      });
    }
    for (const status of ['away', 'online', 'away'] as const) {
      hub.changePresent({...present(status), userId: 'user-7'});
    }
    await hub.settle();
    await frames(3);
    expect([...renders.keys()]).to.deep.equal(['user-7']);
    expect(renders.get('user-7')).to.be.at.most(2);
    expect(avatars[7]?.matches(':state(away)')).to.equal(true);
  });

  it('keeps “how long ago” true with one timer for all, and none while the page is hidden', async () => {
    const timers = new Set<unknown>();
    const {setInterval: set, clearInterval: clear} = window;
    let now = Date.now();
    const realNow = Date.now;
    let tick: (() => void) | undefined;
    Object.assign(window, {
      setInterval: (task: () => void) => {
        const id = set(() => {}, 2 ** 30);
        timers.add(id);
        tick = task;
        return id;
      },
      clearInterval: (id: number) => {
        timers.delete(id);
        clear(id);
      },
    });
    Date.now = () => now;
    const hide = (isHidden: boolean) => {
      Object.defineProperty(document, 'hidden', {value: isHidden, configurable: true});
      document.dispatchEvent(new Event('visibilitychange'));
    };
    try {
      const hub = new FakeHub();
      hub.setPresent([present('away', now - 5 * 60_000)]);
      const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
      const other = await fixture<TrunkPresenceAvatar>(ofGrace);
      await hub.settle(other);
      expect(timers.size).to.equal(1);
      now += 60_000;
      tick?.();
      await element.updateComplete;
      expect(label(element)).to.equal('Grace Hopper, away, last active 6 minutes ago');
      hide(true);
      expect(timers.size).to.equal(0);
      now += 120_000;
      hide(false);
      expect(timers.size).to.equal(1);
      await element.updateComplete;
      expect(label(element)).to.equal('Grace Hopper, away, last active 8 minutes ago');
      element.remove();
      other.remove();
      expect(timers.size).to.equal(0);
    } finally {
      Reflect.deleteProperty(document, 'hidden');
      Object.assign(window, {setInterval: set, clearInterval: clear});
      Date.now = realNow;
    }
  });

  it('shares one look at the presence between all avatars, and lets go with the last', async () => {
    const hub = new FakeHub();
    const wrap = await mount(hub, ofGrace);
    const other = await fixture<TrunkPresenceAvatar>(
      html`<trunk-presence-avatar user-id="ada-id"></trunk-presence-avatar>`,
    );
    await hub.settle(other);
    expect(hub.wants).to.deep.equal(['presence']);
    wrap.remove();
    await hub.settle();
    expect(hub.wants).to.deep.equal(['presence']);
    other.remove();
    await hub.settle();
    expect(hub.wants).to.deep.equal([]);
  });

  it('asks for nobody’s presence when it is plain', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkPresenceAvatar>(
      hub,
      html`<trunk-presence-avatar plain user-id="grace-id"></trunk-presence-avatar>`,
    );
    expect(hub.wants).to.deep.equal([]);
    expect(part(element, 'dot')).to.equal(null);
    expect(label(element)).to.equal('Grace Hopper');
  });

  it('works without any client', async () => {
    defaultClient.set(null);
    const element = await fixture<TrunkPresenceAvatar>(
      html`<trunk-presence-avatar name="Lin" src=${pixel}></trunk-presence-avatar>`,
    );
    expect(label(element)).to.equal('Lin');
    expect(part<HTMLImageElement>(element, 'image')?.src).to.equal(pixel);
    await expect(element).to.be.accessible();
  });

  it('shows initials when the picture can’t be loaded', async () => {
    defaultClient.set(null);
    const element = await fixture<TrunkPresenceAvatar>(
      html`<trunk-presence-avatar name="Lin" src="data:image/png,broken"></trunk-presence-avatar>`,
    );
    const image = part(element, 'image') as HTMLImageElement;
    if (!image.complete) await oneEvent(image, 'error');
    await element.updateComplete;
    expect(textOf(part(element, 'initials'))).to.equal('L');
  });

  it('is as large as it is told, in px', async () => {
    defaultClient.set(null);
    const element = await fixture<TrunkPresenceAvatar>(
      html`<trunk-presence-avatar name="Lin" size="64"></trunk-presence-avatar>`,
    );
    expect(part(element, 'base')?.offsetWidth).to.equal(64);
    element.size = Number.NaN;
    await element.updateComplete;
    expect(part(element, 'base')?.offsetWidth).to.equal(36);
  });

  it('loads a picture from the web only', () => {
    expect(pictureUrl('https://example.com/a.png')).to.equal('https://example.com/a.png');
    expect(pictureUrl('/a.png')).to.match(/^http/);
    for (const src of ['javascript:alert(1)', 'data:text/html,x', 'file:///etc/passwd', 'ftp://x/y', '']) {
      expect(pictureUrl(src), src).to.equal('');
    }
  });

  it('takes the letters a reader would', () => {
    expect(initialsOf('Ada King Lovelace')).to.equal('AL');
    expect(initialsOf('  grace ')).to.equal('G');
    expect(initialsOf('élodie des-Champs')).to.equal('ÉC');
    expect(initialsOf('林 美玲')).to.equal('林');
    expect(initialsOf('ليلى الحسيني')).to.equal('ل');
    expect(initialsOf('👩🏽‍🚀 Rider')).to.equal('👩🏽‍🚀');
    expect(initialsOf('')).to.equal('');
  });

  it('gives the same person the same colour, and neighbours different ones', () => {
    expect(hueOf('user-1')).to.equal(hueOf('user-1'));
    expect(hueOf('user-1')).not.to.equal(hueOf('user-2'));
  });
});
