// Every message is one line of text: "name: what was said".
const $ = id => document.getElementById(id);
let socket, wait = 500;

function connect() {
  socket = new WebSocket(
    location.href.replace(/^http/, 'ws').replace(/[^/]*$/, 'talk'));
  socket.onopen = () => {
    // What was said before comes again.
    $('lines').replaceChildren();
    $('state').textContent = 'connected';
    wait = 500;
  };
  socket.onmessage = event => {
    const item = document.createElement('li');
    // As text: what others write is never markup here.
    item.textContent = event.data;
    $('lines').append(item);
    item.scrollIntoView({ block: 'nearest' });
  };
  socket.onclose = event => {
    $('state').textContent = `closed (${event.code}), trying again`;
    setTimeout(connect, wait);
    wait = Math.min(wait * 2, 30000);
  };
}

$('say').onsubmit = event => {
  event.preventDefault();
  if (socket.readyState !== WebSocket.OPEN) return;
  socket.send(`${$('name').value}: ${$('text').value}`.replace(/\s+/g, ' '));
  $('text').value = '';
};

connect();
