// Everybody present as an avatar each, with Trunkline's elements.
import '../../../components/define.js';
import {TrunkPresenceAvatar} from '../../../components/presence-avatar.js';
import {connect} from '../../../src/client/connect.js';
import {defaultClient} from '../../../src/client/default-client.js';
import {countDrawn, countRender} from './renders.js';
import {asked} from './tab.js';

const drawn = countDrawn();

const proto = TrunkPresenceAvatar.prototype as unknown as {updated(): void};
const {updated} = proto;
proto.updated = function (this: unknown) {
  countRender(drawn);
  updated.call(this);
};

const client = connect({url: asked.url, key: asked.key, userName: 'Watcher'});
defaultClient.set(client);
const avatars = new Map<string, Element>();
client.presence().subscribe(people => {
  for (const userId of people.keys()) {
    if (avatars.has(userId)) continue;
    const avatar = document.createElement('trunk-presence-avatar');
    avatar.userId = userId;
    avatars.set(userId, avatar);
    document.body.append(avatar);
  }
});
window.people = () => avatars.size;
