// The same conversation as tests/independent/test_kurigram.py, by a client in another language.
// Reads the sandbox's invitation from standard input; writes a line for each thing that went well.
import { readFileSync } from 'node:fs';
import { deflateSync, crc32 as nodeCrc } from 'node:zlib';
import {
  IntermediatePacketCodec, MemoryStorage, ObfuscatedPacketCodec, PaddedIntermediatePacketCodec,
  InputMedia, TcpTransport, TelegramClient,
} from '@mtcute/node';
import { NodeCryptoProvider, addPublicKey } from '@mtcute/node/utils.js';

const WAIT_MS = 10_000;
const DOCUMENT_BYTES = 1_500_000;
const told = JSON.parse(readFileSync(0, 'utf8'));
const there = told.telegram;
const dc = { ipAddress: there.host, port: there.port, id: 2 };

const CODECS = {
  intermediate: () => new IntermediatePacketCodec(),
  padded: () => new PaddedIntermediatePacketCodec(),
  'obfuscated intermediate': () => new ObfuscatedPacketCodec(new IntermediatePacketCodec()),
  'obfuscated padded': () => new ObfuscatedPacketCodec(new PaddedIntermediatePacketCodec()),
};

// Dials the sandbox alone; its connections can be cut.
class Local extends TcpTransport {
  open = new Set();
  constructor(codec) { super(); this.packetCodec = codec; }
  async connect(where) {
    if (where.ipAddress !== '127.0.0.1') throw new Error(`refused to dial ${where.ipAddress}`);
    const line = await super.connect(where);
    this.open.add(line);
    return line;
  }
  cut() { for (const line of this.open) { try { line.close(); } catch {} } this.open.clear(); }
}

function check(truth, what) { if (!truth) throw new Error(`not so: ${what}`); }

function within(promise, what) {
  let timer;
  const late = new Promise((_, refuse) => {
    timer = setTimeout(() => refuse(new Error(`${what} did not come in time`)), WAIT_MS);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

class Phone {
  #came = []; #waiting = [];
  constructor(codec, usePfs) {
    const crypto = new NodeCryptoProvider();
    this.transport = new Local(codec);
    this.client = new TelegramClient({
      apiId: 1, apiHash: 'independent', storage: new MemoryStorage(), crypto, logLevel: 1,
      transport: this.transport, defaultDcs: { main: dc, media: dc }, network: { usePfs },
      updates: { catchUp: true, messageGroupingInterval: 0 },
    });
    this.crypto = crypto;
    const hear = (message) => {
      if (message.isOutgoing) return;
      const next = this.#waiting.shift();
      if (next) next(message); else this.#came.push(message);
    };
    this.client.onNewMessage.add(hear);
    this.client.onEditMessage.add(hear);
    this.client.onError.add((error) => { throw error; });
  }
  async signIn(number, password) {
    await this.crypto.initialize?.();
    addPublicKey(this.crypto, readFileSync(there.public_key_file, 'utf8'));
    return this.client.start({ phone: number, code: there.login_code, password });
  }
  came(what = 'the answer') {
    return within(
      this.#came.length ? this.#came.shift() : new Promise((done) => this.#waiting.push(done)),
      what,
    );
  }
  // Sends a text; gives the first new or edited message with `wanted` in it.
  async say(text, wanted) {
    await this.client.sendText(told.bot.username, text);
    return this.sees(wanted);
  }
  async sees(wanted) {
    for (;;) {
      const message = await this.came(`"${wanted}"`);
      if (message.text.includes(wanted)) return message;
    }
  }
}

function labels(message) {
  return message.markup.buttons.flat().map((button) => button.text);
}

function press(phone, message, label) {
  const button = message.markup.buttons.flat().find((one) => one.text === label);
  check(button, `there is a button ${label}`);
  return phone.client.getCallbackAnswer({
    chatId: message.chat.inputPeer, message: message.id, data: button.data,
  });
}

// A grey PNG of some pixels.
function png(side) {
  const chunk = (kind, data) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const ends = [Buffer.alloc(4), Buffer.alloc(4)];
    ends[0].writeUInt32BE(data.length);
    ends[1].writeUInt32BE(crc(body));
    return Buffer.concat([ends[0], body, ends[1]]);
  };
  const head = Buffer.from([0, 0, 0, side, 0, 0, 0, side, 8, 0, 0, 0, 0]);
  const rows = Buffer.alloc(side * (side + 1));
  const magic = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const parts = [['IHDR', head], ['IDAT', deflateSync(rows)], ['IEND', Buffer.alloc(0)]];
  return Buffer.concat([magic, ...parts.map(([kind, data]) => chunk(kind, data))]);
}

function crc(body) {
  if (nodeCrc) return nodeCrc(body);
  let value = ~0;
  for (const byte of body) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = (value >>> 1) ^ (0xedb88320 & -(value & 1));
  }
  return ~value >>> 0;
}

async function firstSteps(name, codec, usePfs, number) {
  const phone = new Phone(codec, usePfs);
  const me = await phone.signIn(number);
  check(me.phoneNumber === number.slice(1), 'the number is mine');
  const card = await phone.say('/start', 'SAPP');
  check(labels(card).includes('Register'), 'the card has [Register]');
  await press(phone, card, 'Register');
  await phone.sees('e-mail');
  await phone.say('/cancel', 'Cancelled');
  await phone.client.destroy();
  console.log(`ok ${name}${usePfs ? ', temporary keys' : ''}`);
}

async function password() {
  const person = told.people.find((one) => one.password);
  const phone = new Phone(CODECS.intermediate, false);
  let asked = 0;
  const me = await phone.signIn(person.phone, () => (asked++ ? person.password : 'not it'));
  check(me.id === person.id && asked === 2, 'the second password opens');
  await phone.client.destroy();
  console.log('ok two-step verification');
}

async function files(number) {
  const phone = new Phone(CODECS.intermediate, false);
  await phone.signIn(number);
  const { client } = phone;
  const data = Buffer.alloc(DOCUMENT_BYTES);
  for (let at = 0; at < data.length; at++) data[at] = at % 251;
  const sent = await client.sendMedia('me', InputMedia.document(data, { fileName: 'a.bin' }));
  const back = Buffer.from(await client.downloadAsBuffer(sent.media));
  check(back.equals(data), 'a document comes back as it was');
  const photo = await client.sendMedia('me', InputMedia.photo(png(16)));
  check(photo.media.type === 'photo' && photo.media.width === 16, 'a photo is a photo');
  const album = await client.sendMediaGroup('me', [InputMedia.photo(png(8)), InputMedia.photo(png(9))]);
  check(album.length === 2 && album[0].groupedId.eq(album[1].groupedId), 'an album is one group');
  const text = await client.sendText('me', 'one');
  await client.editMessage({ chatId: 'me', message: text.id, text: 'two' });
  check((await client.getHistory('me'))[0].text === 'two', 'an edit is in the history');
  await client.deleteMessagesById('me', [text.id]);
  check((await client.getHistory('me'))[0].id === album[1].id, 'what is deleted is gone');
  await client.deleteHistory('me', { mode: 'revoke' });
  check((await client.getHistory('me')).length === 0, 'a chat can be deleted');
  await client.destroy();
  console.log('ok files, albums, edits, history');
}

async function brokenLine(number) {
  const phone = new Phone(CODECS.intermediate, false);
  await phone.signIn(number);
  await phone.say('/start', 'SAPP');
  // The request leaves, and the connection is gone before its answer.
  const sending = phone.client.sendText(told.bot.username, '/help');
  await new Promise((done) => setImmediate(done));
  phone.transport.cut();
  await within(sending, 'the lost answer');
  await phone.sees('/rate');
  const history = await phone.client.getHistory(told.bot.username);
  check(history.filter((one) => one.text === '/help').length === 1, '/help was sent once');
  await phone.client.destroy();
  console.log('ok a lost answer');
}

let number = 100;
const next = () => `+447700902${number++}`;
for (const [name, codec] of Object.entries(CODECS)) await firstSteps(name, codec, false, next());
await firstSteps('intermediate', CODECS.intermediate, true, next());
await password();
await files(next());
await brokenLine(next());
process.exit(0);
