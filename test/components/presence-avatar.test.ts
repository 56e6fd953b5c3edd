import {expect, fixture, html, oneEvent} from '@open-wc/testing';
import {hueOf, initialsOf, pictureUrl} from '../../components/face.js';
import type {TrunkPresenceAvatar} from '../../components/presence-avatar.js';
import {defaultClient} from '../../src/client/default-client.js';
import type {PresentPerson} from '../../src/wire/chat.js';
import {FakeHub, grace} from '../support/fake-hub.js';
import {mount, part, textOf} from '../support/mount.js';

const pixel = 'data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw==';
const present = (status: PresentPerson['status'], lastSeen = Date.now()): PresentPerson => ({
  userId: grace.userId,
  status,
  lastSeen,
  currentChatId: null,
});
const ofGrace = html`<trunk-presence-avatar user-id="grace-id"></trunk-presence-avatar>`;
const label = (element: Element) => part(element, 'base')?.getAttribute('aria-label');

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

  it('follows a person who comes, goes and changes name', async () => {
    const hub = new FakeHub();
    const element = await mount<TrunkPresenceAvatar>(hub, ofGrace);
    expect(label(element)).to.equal('Grace Hopper, offline');
    hub.setPresent([present('online')]);
    hub.setPeople([{...grace, name: 'Admiral Hopper'}]);
    await hub.settle(element);
    expect(label(element)).to.equal('Admiral Hopper, online');
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
    expect(initialsOf('林 美玲')).to.equal('林美');
    expect(initialsOf('👩🏽‍🚀 Rider')).to.equal('👩🏽‍🚀R');
    expect(initialsOf('')).to.equal('');
  });

  it('gives the same person the same colour, and neighbours different ones', () => {
    expect(hueOf('user-1')).to.equal(hueOf('user-1'));
    expect(hueOf('user-1')).not.to.equal(hueOf('user-2'));
  });
});
