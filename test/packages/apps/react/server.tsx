import {renderToString} from 'react-dom/server';
import {App} from './app.js';

console.log(renderToString(<App url="https://project.example" apiKey="key" chat="lobby" />));
