// Counts what the page's Content-Security-Policy has to complain about, from the first byte on.
const found = [];
const show = () => {
  const output = document.querySelector('#violations');
  if (output) output.textContent = found.length === 0 ? 'no violations' : found.join('\n');
};
document.addEventListener('securitypolicyviolation', event => {
  found.push(`${event.effectiveDirective}: ${event.blockedURI || event.sample}`);
  show();
});
document.addEventListener('DOMContentLoaded', show);
