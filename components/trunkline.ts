// What a script tag loads (dist/trunkline.js). Connects first: the worker starts while the elements are drawn.
import './script-client.js';
import './define.js';
