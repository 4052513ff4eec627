// tmi.js as a reader of the stand-in: what it hears, a JSON line each.
import tmi from 'tmi.js';

const tell = (event, channel, more = {}) =>
  console.log(JSON.stringify({ event, channel: (channel || '').replace('#', ''), ...more }));
const { hostname, port } = new URL(process.env.PEER_URL);
const client = new tmi.Client({
  connection: { server: hostname, port: Number(port), secure: false, reconnectInterval: 100 },
  options: { joinInterval: 300, skipUpdatingEmotesets: true },
  channels: process.env.PEER_CHANNELS.split(','),
});

const said = (channel, tags, text, action) => {
  tell('message', channel, {
    login: tags.username, name: tags['display-name'], id: tags.id, at: Number(tags['tmi-sent-ts']),
    room: tags['room-id'], text, action, bits: Number(tags.bits || 0), emotes: tags.emotes || {},
  });
  if (text === 'ping') client.ping().then(() => tell('pong'));
  if (text === 'leave') client.part(channel);
};
client.on('join', (channel, login, isSelf) => isSelf && tell('joined', channel));
client.on('part', (channel, login, isSelf) => isSelf && tell('left', channel));
client.on('roomstate', (channel, tags) => tell('room', channel, { room: tags['room-id'] }));
client.on('chat', (channel, tags, text) => said(channel, tags, text, false));
client.on('action', (channel, tags, text) => said(channel, tags, text, true));
client.on('cheer', (channel, tags, text) => said(channel, tags, text, false));
client.on('messagedeleted', (channel, login, text, tags) =>
  tell('deleted', channel, { login, text, id: tags['target-msg-id'] }));
client.on('timeout', (channel, login, _, seconds) => tell('timeout', channel, { login, seconds }));
client.on('ban', (channel, login) => tell('ban', channel, { login }));
client.on('clearchat', (channel) => tell('cleared', channel));
client.on('raided', (channel, name, viewers) => tell('raid', channel, { name, viewers }));
client.on('resub', (channel, name, streak, text, tags, { plan }) =>
  tell('resub', channel, { name, text, plan, months: Number(tags['msg-param-cumulative-months']) }));
client.on('submysterygift', (channel, name, count, { plan }) =>
  tell('gifts', channel, { name, count, plan }));
client.on('notice', (channel, why) => tell('refused', channel, { why }));
client.on('disconnected', (why) => tell('disconnected', '', { why }));
client.connect().catch((why) => tell('failed', '', { why: String(why) }));
