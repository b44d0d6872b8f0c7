// Builds the request for each notification service, as data. A message is always plain text in the service's format: it adds no markup, no mentions,
// and no further header or field.

import type { ChannelSettings } from '../../model/channel-settings.ts';
import type { Json } from '../../model/json.ts';
import type { Message } from '../../model/notification.ts';

export interface ChannelRequest {
  readonly method: 'POST' | 'PUT';
  /** May contain a secret. */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

type Service = Exclude<ChannelSettings['service'], 'email' | 'proxmox'>;
type Row<S extends Service> = (
  settings: Extract<ChannelSettings, { readonly service: S }>,
  message: Message,
) => ChannelRequest;

/** Maximum number of characters for each service, with room for escaping. */
const SLACK_TEXT = 2_900;
const DISCORD_TEXT = 4_000;
/** Bytes, of which ntfy takes 4,096, and twice that of the JSON around it, in which some signs take several. */
const NTFY_TEXT = { text: 4_000, json: 6_500 } as const;
const TITLE = 240;

const ROWS: { readonly [S in Service]: Row<S> } = {
  /** `plain_text` has no markup; the text beside the blocks is shown in push notifications, in Slack's own format. */
  slack: ({ url }, { title, lines, url: page }) =>
    json('POST', url.expose(), {
      text: forSlack(title),
      blocks: [
        { type: 'header', text: { type: 'plain_text', text: cut(title, 150), emoji: false } },
        { type: 'section', text: { type: 'plain_text', text: cut(bodyOf(lines), SLACK_TEXT), emoji: false } },
        ...(page === null
          ? []
          : [{ type: 'context', elements: [{ type: 'mrkdwn', text: `<${forSlack(page)}|Open in Phoenix>` }] }]),
      ],
      unfurl_links: false,
      unfurl_media: false,
    }),
  discord: ({ url }, { title, lines, isUrgent, url: page }) =>
    json('POST', url.expose(), {
      allowed_mentions: { parse: [] },
      embeds: [
        {
          title: cutEscaped(forDiscord(title), TITLE),
          description: cutEscaped(lines.map(forDiscord).join('\n'), DISCORD_TEXT),
          color: isUrgent ? 0xc62828 : 0x2e7d32,
          ...(page === null ? {} : { url: page }),
        },
      ],
    }),
  /** As JSON to the server's root path: in headers, a text could add another header. */
  ntfy: ({ url, token }, { title, lines, isUrgent, url: page }) => {
    const address = new URL(url.expose());
    const path = address.pathname.replace(/\/+$/, '').split('/');
    const topic = decodeURIComponent(path.pop() ?? '');
    return json(
      'POST',
      new URL(`${path.join('/')}/`, address.origin).href,
      {
        topic,
        title: cut(title, TITLE),
        message: cutBytes(bodyOf(lines)),
        markdown: false,
        priority: isUrgent ? 4 : 3,
        ...(page === null ? {} : { click: page }),
      },
      token === null ? {} : { authorization: `Bearer ${token.expose()}` },
    );
  },
  gotify: ({ url, token }, { title, lines, isUrgent, url: page }) =>
    json(
      'POST',
      below(url.expose(), 'message'),
      {
        title: cut(title, TITLE),
        message: bodyOf(lines),
        priority: isUrgent ? 8 : 4,
        extras: {
          'client::display': { contentType: 'text/plain' },
          ...(page === null ? {} : { 'client::notification': { click: { url: page } } }),
        },
      },
      { 'x-gotify-key': token.expose() },
    ),
  /** Without `formatted_body`, the body is plain text. The homeserver accepts each transaction id once. */
  matrix: ({ url, room, token }, { id, title, lines, url: page }) =>
    json(
      'PUT',
      below(
        url.expose(),
        `_matrix/client/v3/rooms/${encodeURIComponent(room)}/send/m.room.message/${encodeURIComponent(id)}`,
      ),
      { msgtype: 'm.text', body: [title, ...lines, ...(page === null ? [] : [page])].join('\n'), 'm.mentions': {} },
      { authorization: `Bearer ${token.expose()}` },
    ),
  webhook: ({ url, method, headers, template }, message) => {
    const own = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, value.expose()]));
    const marked = { ...own, 'idempotency-key': message.id };
    if (typeof template !== 'string')
      return json(method, url.expose(), template === null ? dataOf(message) : filled(template, message), marked);
    const body = filledText(template, message);
    return { method, url: url.expose(), headers: { 'content-type': 'text/plain; charset=utf-8', ...marked }, body };
  },
};

/** Pure. */
export function requestOf(
  settings: Exclude<ChannelSettings, { readonly service: 'email' | 'proxmox' }>,
  message: Message,
): ChannelRequest {
  switch (settings.service) {
    case 'slack':
      return ROWS.slack(settings, message);
    case 'discord':
      return ROWS.discord(settings, message);
    case 'ntfy':
      return ROWS.ntfy(settings, message);
    case 'gotify':
      return ROWS.gotify(settings, message);
    case 'matrix':
      return ROWS.matrix(settings, message);
    case 'webhook':
      return ROWS.webhook(settings, message);
    default:
      return settings satisfies never;
  }
}

function json(
  method: ChannelRequest['method'],
  url: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): ChannelRequest {
  return {
    method,
    url,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(body),
  };
}

/** The default JSON body of a generic webhook. */
function dataOf({ id, title, lines, isUrgent, url, news }: Message) {
  return { id, title, text: bodyOf(lines), urgent: isUrgent, url, news };
}

/** Fills the template's texts; its keys, numbers and structure stay, so that the result is valid JSON whatever the message contains. */
function filled(template: Json, message: Message): Json {
  if (typeof template === 'string') return filledText(template, message);
  if (Array.isArray(template)) return template.map((each: Json) => filled(each, message));
  if (typeof template !== 'object' || template === null) return template;
  return Object.fromEntries(Object.entries(template).map(([key, value]) => [key, filled(value as Json, message)]));
}

function filledText(template: string, { id, title, lines, isUrgent, url }: Message): string {
  const values = { id, title, text: bodyOf(lines), urgent: String(isUrgent), url: url ?? '' };
  return template.replace(/\{(id|title|text|urgent|url)\}/g, (_all, name: keyof typeof values) => values[name]);
}

function bodyOf(lines: readonly string[]): string {
  return lines.join('\n');
}

function below(base: string, path: string): string {
  return `${base.replace(/\/+$/, '')}/${path}`;
}

/** Escapes the three special characters of Slack's text. */
function forSlack(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** Escapes every character that may begin markup, a mention or a link. */
function forDiscord(text: string): string {
  return text.replace(/[!-/:-@[-`{-~]/g, (sign) => `\\${sign}`);
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${beginning(text, most - 1)}…`;
}

/** Within `NTFY_TEXT`. */
function cutBytes(text: string): string {
  const fits = (shown: string) =>
    Buffer.byteLength(shown) <= NTFY_TEXT.text && Buffer.byteLength(JSON.stringify(shown)) <= NTFY_TEXT.json;
  let shown = text;
  for (let most = text.length; !fits(shown); most -= Math.ceil(most / 50)) shown = cut(text, most);
  return shown;
}

/** Never half a character, which some services refuse. */
function beginning(text: string, length: number): string {
  return text.slice(0, length).replace(/[\uD800-\uDBFF]$/, '');
}

/** Truncates, but never between a backslash and what it escapes. */
function cutEscaped(text: string, most: number): string {
  if (text.length <= most) return text;
  return `${beginning(text, most - 1).replace(/(?<!\\)((?:\\\\)*)\\$/, '$1')}…`;
}
