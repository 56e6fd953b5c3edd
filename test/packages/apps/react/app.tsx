import {useState} from 'react';
import 'trunkline/react';

export function App({url, apiKey, chat}: {url: string; apiKey: string; chat: string}) {
  const [said, setSaid] = useState('');
  return (
    <>
      <trunk-provider url={url} apiKey={apiKey} user-name="Ada" ontrunk-send={event => setSaid(event.body)}>
        <trunk-connection-status detail className="status" />
        <trunk-chat-thread chat={chat} make style={{height: '30rem'}} ref={thread => void thread?.chat} />
      </trunk-provider>
      <output>{said}</output>
    </>
  );
}

// @ts-expect-error A name that no element has is found.
export const wrong = <trunk-chat-thread chatt="lobby" />;
