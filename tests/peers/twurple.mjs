// Twurple as a reader of the stand-in: what it hears, a JSON line each.
import { ChatClient } from '@twurple/chat';

const tell = (event, channel, more = {}) => console.log(JSON.stringify({ event, channel, ...more }));
const client = new ChatClient({
  // it puts its own port behind the name
  hostName: `${new URL(process.env.PEER_URL).host}/?`,
  ssl: false,
  channels: process.env.PEER_CHANNELS.split(','),
});

const said = (action) => (channel, login, text, message) => {
  tell('message', channel, {
    login, name: message.userInfo.displayName, id: message.id, at: message.date.getTime(),
    room: message.channelId, text, action, bits: message.bits,
    emotes: Object.fromEntries(message.emoteOffsets),
  });
  if (text === 'ping') client.irc.pingCheck();
  if (text === 'leave') client.part(channel);
};
client.irc.onAnyMessage((message) => {
  if (message.command === 'PONG') tell('pong', '');
  if (message.command === 'ROOMSTATE') {
    tell('room', message.channel.slice(1), { room: message.tags.get('room-id') });
  }
});
client.onJoin((channel) => tell('joined', channel));
client.onPart((channel) => tell('left', channel));
client.onMessage(said(false));
client.onAction(said(true));
client.onMessageRemove((channel, id, message) =>
  tell('deleted', channel, { login: message.userName, text: message.text, id }));
client.onTimeout((channel, login, seconds) => tell('timeout', channel, { login, seconds }));
client.onBan((channel, login) => tell('ban', channel, { login }));
client.onChatClear((channel) => tell('cleared', channel));
client.onRaid((channel, login, raid) =>
  tell('raid', channel, { name: raid.displayName, viewers: raid.viewerCount }));
client.onResub((channel, login, sub) =>
  tell('resub', channel, { name: sub.displayName, text: sub.message, plan: sub.plan, months: sub.months }));
client.onCommunitySub((channel, login, gift) =>
  tell('gifts', channel, { name: gift.gifterDisplayName, count: gift.count, plan: gift.plan }));
client.onJoinFailure((channel, why) => tell('refused', channel, { why }));
client.onDisconnect((manually, why) => tell('disconnected', '', { why: String(why) }));
client.connect();
