// The requests to each notification service: text from hosts and commits is escaped for its format, and secrets only go to the configured address.

import type { AddressInfo } from 'node:net';
import { createServer, type Server, type Socket } from 'node:net';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openChannels } from '../../src/io/notify/channels.ts';
import { mailText, sendMail } from '../../src/io/notify/mail.ts';
import { requestOf } from '../../src/io/notify/requests.ts';
import { messageOf, testMessage } from '../../src/messages/notification.ts';
import type { Command } from '../../src/model/action.ts';
import type { ChannelSettings } from '../../src/model/channel-settings.ts';
import type { Message, News } from '../../src/model/notification.ts';
import { secret } from '../../src/model/secret.ts';
import type { ChannelAnswer } from '../../src/ports/notifications.ts';
import { LONG_TEST } from '../support/long.ts';
import { type Receiver, startReceiver } from '../support/services/receiver.ts';
import { until } from '../support/until.ts';

const EVENTS = ['failure'] as const;
const TOKEN = 'the-token-of-the-channel';
const ofService = <S extends ChannelSettings['service']>(
  settings: { readonly service: S } & Omit<Extract<ChannelSettings, { readonly service: S }>, 'name' | 'events'>,
) => ({ name: 'ops', events: EVENTS, ...settings });

type HttpSettings = Parameters<typeof requestOf>[0];
const SERVICES = (top: string): readonly HttpSettings[] => [
  { ...ofService({ service: 'slack', url: secret(`${top}/services/T0/B0/hidden`) }) } as HttpSettings,
  { ...ofService({ service: 'discord', url: secret(`${top}/api/webhooks/1/hidden`) }) } as HttpSettings,
  { ...ofService({ service: 'ntfy', url: secret(`${top}/below/topic`), token: secret(TOKEN) }) } as HttpSettings,
  { ...ofService({ service: 'gotify', url: secret(`${top}/gotify/`), token: secret(TOKEN) }) } as HttpSettings,
  {
    ...ofService({ service: 'matrix', url: secret(top), room: '!a/b:example.org', token: secret(TOKEN) }),
  } as HttpSettings,
  {
    name: 'ops',
    events: EVENTS,
    service: 'webhook',
    url: secret(`${top}/hook`),
    method: 'PUT',
    headers: { 'X-Key': secret(TOKEN) },
    template: {
      alert: '{title} – {text}',
      link: '{url}',
      nested: [{ '{title}': '{unknown}', n: 1 }],
      urgent: '{urgent}',
    },
  },
];

const HOSTILE =
  '<!channel> <@U1> @everyone @here [x](https://evil.example) **b** `c` <img src=x onerror=alert(1)> &amp; {"a":"b"} {title} {url}';

function messageWith(text: string, over: Partial<Message> = {}): Message {
  const trouble = { kind: 'failure', subject: 'lxc/101', page: '/runs/1', since: '', what: text, why: text } as const;
  const news: News[] = [{ trouble, change: 'began', at: '' }];
  return { ...messageOf({ id: 'id-1', news, dropped: 0 }, 'https://phoenix.example'), ...over };
}

describe('a request', () => {
  test('is the one that the documentation of its service names', () => {
    const requests = SERVICES('https://chat.example').map((settings) => {
      const { method, url, headers, body } = requestOf(settings, messageWith('lxc/101 failed'));
      expect(headers['content-type']).toBe('application/json; charset=utf-8');
      return [`${method} ${url}`, JSON.stringify(JSON.parse(body))];
    });
    expect(requests.flat().join('\n')).toMatchInlineSnapshot(`
      "POST https://chat.example/services/T0/B0/hidden
      {"text":"lxc/101 failed","blocks":[{"type":"header","text":{"type":"plain_text","text":"lxc/101 failed","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"lxc/101 failed: lxc/101 failed","emoji":false}},{"type":"context","elements":[{"type":"mrkdwn","text":"<https://phoenix.example/runs/1|Open in Phoenix>"}]}],"unfurl_links":false,"unfurl_media":false}
      POST https://chat.example/api/webhooks/1/hidden
      {"allowed_mentions":{"parse":[]},"embeds":[{"title":"lxc\\\\/101 failed","description":"lxc\\\\/101 failed\\\\: lxc\\\\/101 failed","color":12986408,"url":"https://phoenix.example/runs/1"}]}
      POST https://chat.example/below/
      {"topic":"topic","title":"lxc/101 failed","message":"lxc/101 failed: lxc/101 failed","markdown":false,"priority":4,"click":"https://phoenix.example/runs/1"}
      POST https://chat.example/gotify/message
      {"title":"lxc/101 failed","message":"lxc/101 failed: lxc/101 failed","priority":8,"extras":{"client::display":{"contentType":"text/plain"},"client::notification":{"click":{"url":"https://phoenix.example/runs/1"}}}}
      PUT https://chat.example/_matrix/client/v3/rooms/!a%2Fb%3Aexample.org/send/m.room.message/id-1
      {"msgtype":"m.text","body":"lxc/101 failed\\nlxc/101 failed: lxc/101 failed\\nhttps://phoenix.example/runs/1","m.mentions":{}}
      PUT https://chat.example/hook
      {"alert":"lxc/101 failed – lxc/101 failed: lxc/101 failed","link":"https://phoenix.example/runs/1","nested":[{"{title}":"{unknown}","n":1}],"urgent":"true"}"
    `);
  });

  test('holds what hosts and commits say as text', () => {
    const [slack, discord, ntfy, gotify, matrix, webhook] = SERVICES('https://chat.example').map((each) =>
      JSON.parse(requestOf(each, messageWith(HOSTILE)).body),
    );
    expect(slack.text).not.toMatch(/[<>]/);
    expect(slack.blocks[1].text.type).toBe('plain_text');
    expect(discord.allowed_mentions).toEqual({ parse: [] });
    // Every sign has its backslash.
    expect(discord.embeds[0].description.replace(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[!-/:-@[-`{-~]/);
    expect([ntfy.markdown, gotify.extras['client::display'].contentType]).toEqual([false, 'text/plain']);
    expect([matrix.msgtype, matrix.formatted_body, matrix['m.mentions']]).toEqual(['m.text', undefined, {}]);
    // Placeholders inside of an inserted text are not filled in.
    expect(webhook.alert).toContain('{title} {url}');
    expect(webhook.nested).toEqual([{ '{title}': '{unknown}', n: 1 }]);
  });

  test('is valid and within the size limit whatever the text', LONG_TEST, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1_500 }), (text) => {
        const trouble = { kind: 'drift', subject: text, page: null, since: '', what: text, why: text } as const;
        const news = Array.from({ length: 30 }, (): News => ({ trouble, change: 'began', at: '' }));
        const message = messageOf({ id: 'id', news, dropped: 3 }, null);
        expect(message.lines).toHaveLength(22);
        for (const line of [message.title, ...message.lines]) expect(line).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
        for (const settings of SERVICES('https://chat.example')) {
          const { body, headers } = requestOf(settings, message);
          const sent = JSON.parse(body);
          expect(Object.values(headers).join('')).not.toMatch(/[\r\n]/);
          if (settings.service === 'slack') expect(sent.blocks[1].text.text.length).toBeLessThanOrEqual(3_000);
          if (settings.service === 'discord') expect(sent.embeds[0].description.length).toBeLessThanOrEqual(4_096);
          if (settings.service === 'discord') expect(sent.embeds[0].description).not.toMatch(/(?<!\\)(\\\\)*\\…$/);
          if (settings.service === 'ntfy') {
            expect(Buffer.byteLength(sent.message)).toBeLessThan(4_096);
            expect(Buffer.byteLength(body)).toBeLessThan(8_192);
          }
          // No half of a character, which JSON writes as an escape.
          expect(body.replaceAll('\\\\', '')).not.toMatch(/\\ud[89a-f]/);
        }
      }),
      { numRuns: 15 },
    );
  });

  test('hides what looks like a secret in what a program printed', () => {
    const [line] = messageWith('pct exec 101: --password hunter2hunter2 refused').lines;
    expect(line).not.toContain('hunter2hunter2');
  });
});

describe('sending', () => {
  let receiver: Receiver;
  beforeEach(async () => {
    receiver = await startReceiver();
  });
  afterEach(() => receiver.close());

  const sendAll = (top: string): Promise<ChannelAnswer[]> => {
    const deps = { host: { node: 'pve', run: () => Promise.reject(new Error('no host')) }, redact: redactToken };
    return Promise.all(openChannels(SERVICES(top), deps).map((channel) => channel.send(testMessage('id-1', null))));
  };
  const redactToken = (text: string) => text.replaceAll(TOKEN, '‹secret›');

  test('succeeds or fails by the response of the service, which is reported without secrets', async () => {
    expect(await sendAll(receiver.url)).toEqual(SERVICES('').map(() => ({ sent: true })));
    receiver.answer = { status: 404, body: `no such hook: ${TOKEN}; go\naway` };
    for (const answer of await sendAll(receiver.url)) {
      expect(answer).toMatchObject({ sent: false, retryAfterSeconds: 1 });
      const why = answer.sent ? '' : answer.why;
      expect(why).toMatch(
        /^127\.0\.0\.1:\d+ answered 404: no such hook: ‹secret›, go away; see the settings of the channel$/,
      );
    }
    receiver.answer = { status: 429, headers: { 'retry-after': '77' } };
    expect(await sendAll(receiver.url)).toContainEqual(expect.objectContaining({ retryAfterSeconds: 77 }));
  });

  test.each([
    [429, { 'retry-after': '1.4' }, '', 2],
    [503, { 'retry-after': '120' }, '', 120],
    [429, {}, '{"errcode":"M_LIMIT_EXCEEDED","retry_after_ms":30001}', 31],
    [429, { 'retry-after': 'Thu, 01 Jan 1970 00:00:00 GMT' }, '', 1],
    [429, { 'retry-after': 'soon' }, '', 1],
  ])('a service that answers %s with %j and %s is left alone that long', async (status, headers, body, seconds) => {
    receiver.answer = { status, headers, body };
    for (const answer of await sendAll(receiver.url)) expect(answer).toMatchObject({ retryAfterSeconds: seconds });
  });

  test('sends no known secret, wherever it came from', async () => {
    const deps = { host: { node: 'pve', run: () => Promise.reject(new Error('no host')) }, redact: redactToken };
    const plain = { name: 'x', events: EVENTS, service: 'webhook', url: secret(receiver.url), method: 'POST' } as const;
    const channels = openChannels([...SERVICES(receiver.url), { ...plain, headers: {}, template: null }], deps);
    const message = messageWith(`refused: ${TOKEN}`);
    for (const channel of channels) expect(await channel.send(message)).toEqual({ sent: true });
    const bodies = receiver.received.map(({ body }) => body).join('');
    expect(bodies).toContain('refused');
    expect(bodies).not.toContain(TOKEN);
    // A service that reads marks in the text sees them escaped.
    expect(bodies.replaceAll('\\', '')).not.toContain(TOKEN);
  });

  test('what is taken by a service that never ends its answer is sent', LONG_TEST, async () => {
    const hanging = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.write('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nok'));
    });
    await new Promise<void>((resolve) => hanging.listen(0, '127.0.0.1', resolve));
    const { port } = hanging.address() as AddressInfo;
    expect(await sendAll(`http://127.0.0.1:${port}`)).toEqual(SERVICES('').map(() => ({ sent: true })));
    await new Promise((resolve) => hanging.close(resolve));
  });

  test('follows no redirect, so that neither a text nor a token goes to another address', async () => {
    const elsewhere = await startReceiver();
    receiver.answer = { status: 307, headers: { location: `${elsewhere.url}/taken` } };
    for (const answer of await sendAll(receiver.url)) expect(answer).toMatchObject({ sent: false });
    expect(elsewhere.received).toEqual([]);
    await elsewhere.close();
  });

  test('reports an unreachable server by its name only', async () => {
    const { url } = receiver;
    await receiver.close();
    for (const answer of await sendAll(url)) {
      const why = answer.sent ? '' : answer.why;
      expect(why).toMatch(/^127\.0\.0\.1:\d+ cannot be reached: /);
      expect(why).not.toMatch(/hidden|topic/);
    }
    receiver = await startReceiver();
  });
});

describe('mail', () => {
  let server: Server;
  let mails: string[];
  let commands: string[];
  beforeAll(async () => {
    server = createServer(speakSmtp);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  beforeEach(() => {
    [mails, commands] = [[], []];
  });
  afterAll(() => new Promise((resolve) => server.close(resolve)));

  /** As much of SMTP as one mail takes, without TLS. */
  function speakSmtp(socket: Socket): void {
    let isData = false;
    let data = '';
    socket.setEncoding('utf8');
    socket.write('220 mail.example ESMTP\r\n');
    socket.on('data', (chunk: string) => {
      if (isData) {
        data += chunk;
        if (!data.endsWith('\r\n.\r\n')) return;
        isData = false;
        mails.push(data);
        data = '';
        socket.write('250 taken\r\n');
        return;
      }
      for (const line of chunk.split('\r\n').filter((each) => each !== '')) {
        commands.push(line);
        if (line === 'DATA') isData = true;
        socket.write(line === 'DATA' ? '354 go on\r\n' : line === 'QUIT' ? '221 bye\r\n' : '250 ok\r\n');
      }
    });
  }

  const settings = (more: object = {}) => ({
    ...{ name: 'mail', events: EVENTS, service: 'email' as const, username: null, password: null },
    server: `smtp://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ from: 'phoenix@example.org', to: ['ops@example.org', 'ada@example.org'] },
    ...more,
  });
  const send = (message: Message, more: object = {}) => {
    const [channel] = openChannels([settings(more)], {
      host: { node: 'pve', run: () => Promise.reject(new Error('no host')) },
      redact: (text) => text.replaceAll(TOKEN, '‹secret›'),
    });
    return channel?.send(message);
  };

  test('goes to everybody who is named, its subject no header of its own, under the same id each time', async () => {
    const message = messageWith('lxc/101 failed', { title: 'failed\r\nBcc: eve@evil.example\r\n\r\n<b>hi</b>' });
    expect(await send(message)).toEqual({ sent: true });
    expect(await send(message)).toEqual({ sent: true });
    expect(commands.filter((line) => line.startsWith('RCPT'))).toEqual(
      ['ops', 'ada', 'ops', 'ada'].map((who) => `RCPT TO:<${who}@example.org>`),
    );
    const [one = '', two = ''] = mails.map((mail) => /^Message-ID: (.*)$/m.exec(mail)?.[1]);
    expect(one).toBe(two);
    const [headers = '', body = ''] = (mails[0] ?? '').split('\r\n\r\n');
    expect(headers.split('\r\n').filter((line) => /^bcc/i.test(line))).toEqual([]);
    expect(headers).toMatch(/^Content-Type: text\/plain; charset=utf-8$/m);
    expect(body).toContain('lxc/101 failed');
  });

  test('a server that only ever says a little does not hold it up', async () => {
    const open = new Set<Socket>();
    const slow = createServer((socket) => {
      open.add(socket);
      socket.on('error', () => {}).on('close', () => open.delete(socket));
      const timer = setInterval(() => socket.write('220-still here\r\n'), 20);
      socket.once('close', () => clearInterval(timer));
    });
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const { port } = slow.address() as AddressInfo;
    const given = settings({ server: `smtp://127.0.0.1:${port}` });
    const answer = await sendMail(given, messageWith('x'), (text) => text, 300);
    expect(answer).toMatchObject({ sent: false, why: `127.0.0.1:${port}: took no mail within 0.3 seconds` });
    // The connection is not left open.
    await until(() => open.size === 0, 'the connection to end', 10);
    await new Promise((resolve) => slow.close(resolve));
  });

  test('a login is not sent over a line that others read', async () => {
    const answer = await send(messageWith('x'), { username: 'phoenix', password: secret(TOKEN) });
    expect(answer).toMatchObject({ sent: false, why: expect.stringMatching(/^127\.0\.0\.1:\d+: /) });
    expect(commands.join()).not.toMatch(/AUTH/);
  });

  test("goes to Proxmox's own notification system as what a program reads, without an argument", async () => {
    const ran: Command[] = [];
    const result = { stdout: '', stderr: '', ms: 1 };
    const host = {
      node: 'pve',
      async run(command: Command) {
        ran.push(command);
        return {
          ...result,
          ...(ran.length > 1 ? { exit: null, ended: 'not found' as const } : { exit: 0, ended: 'exited' as const }),
        };
      },
    };
    const [channel] = openChannels([{ name: 'node', events: EVENTS, service: 'proxmox' }], {
      host,
      redact: (text) => text,
    });
    const message = messageWith('lxc/101 failed');
    expect(await channel?.send(message)).toEqual({ sent: true });
    const text = await mailText(message, 'phoenix@pve', 'root@pve');
    expect(ran).toMatchObject([{ program: '/usr/libexec/proxmox-mail-forward', args: [], stdin: { from: 'text' } }]);
    const sent = ran[0]?.stdin?.from === 'text' ? ran[0].stdin.text : '';
    const withoutDate = (mail: string) => mail.replace(/^Date: .*\n/m, '');
    expect(withoutDate(sent)).toBe(withoutDate(text));
    expect(sent).toMatch(/^From: Phoenix <phoenix@pve>\nTo: root@pve\nSubject: lxc\/101 failed\n/m);
    expect(await channel?.send(message)).toMatchObject({ sent: false, why: expect.stringContaining('is not there') });
  });
});
