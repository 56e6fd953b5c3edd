// A chat page that nobody looks at, with Trunkline's elements.
import '../../../components/define.js';
import {connect} from '../../../src/client/connect.js';
import {defaultClient} from '../../../src/client/default-client.js';
import {countDrawn} from './renders.js';
import {asked} from './tab.js';

countDrawn();

const client = connect({url: asked.url, key: asked.key, userName: 'Idle'});
defaultClient.set(client);
document.body.innerHTML =
  '<trunk-connection-status detail></trunk-connection-status><trunk-presence-stack></trunk-presence-stack>' +
  '<trunk-chat-thread chat="idle" make style="block-size: 400px"></trunk-chat-thread>';
window.people = () => (client.status.current.state === 'connected' ? 1 : 0);
