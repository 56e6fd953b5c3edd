import {createRoot} from 'react-dom/client';
import {App} from './app.js';

const {url = '', key = '', chat = ''} = Object.fromEntries(new URLSearchParams(location.search));
createRoot(document.getElementById('root') as HTMLElement).render(<App url={url} apiKey={key} chat={chat} />);
