import '{{cdn}}trunkline-worker.js';
