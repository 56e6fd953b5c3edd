import 'trunkline';

const {url = '', key = '', chat = 'lobby'} = Object.fromEntries(new URLSearchParams(location.search));
document.body.innerHTML = `
  <trunk-provider user-name="Ada">
    <trunk-connection-status detail></trunk-connection-status>
    <trunk-chat-thread make style="height: 30rem"></trunk-chat-thread>
  </trunk-provider>
  <output></output>`;
document.querySelector('trunk-chat-thread').chat = chat;
Object.assign(document.querySelector('trunk-provider'), {url, key});
addEventListener('trunk-send', event => {
  document.querySelector('output').textContent = event.body;
});
