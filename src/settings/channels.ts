// PHOENIX_NOTIFY_FILE: notification channels in JSON. A table defines the fields of each service; a secret field may be given as `NAME_file`, the
// path of a file with its value.

import type { ChannelSettings } from '../model/channel-settings.ts';
import type { Json } from '../model/json.ts';
import { TROUBLE_KINDS, type TroubleKind } from '../model/notification.ts';
import { type Secret, secret } from '../model/secret.ts';
import { isOneLine } from '../model/text.ts';
import type { Value } from './values.ts';

type Kind = 'address' | 'secret' | 'server' | 'mail' | 'mails' | 'room' | 'name' | 'method' | 'headers' | 'json';

interface Field {
  readonly kind: Kind;
  readonly needed?: boolean;
}

const ADDRESS: Field = { kind: 'address', needed: true };

const SERVICES: Readonly<Record<ChannelSettings['service'], Readonly<Record<string, Field>>>> = {
  slack: { url: ADDRESS },
  discord: { url: ADDRESS },
  ntfy: { url: ADDRESS, token: { kind: 'secret' } },
  gotify: { url: ADDRESS, token: { kind: 'secret', needed: true } },
  matrix: { url: ADDRESS, room: { kind: 'room', needed: true }, token: { kind: 'secret', needed: true } },
  email: {
    server: { kind: 'server', needed: true },
    username: { kind: 'name' },
    password: { kind: 'secret' },
    from: { kind: 'mail', needed: true },
    to: { kind: 'mails', needed: true },
  },
  webhook: {
    url: ADDRESS,
    method: { kind: 'method' },
    headers: { kind: 'headers' },
    template: { kind: 'json' },
  },
  proxmox: {},
};

/** In the order in which a message lists them. */
export const CHANNEL_SERVICES: readonly string[] = Object.keys(SERVICES);

const EXAMPLE = '{"channels": {"ops": {"service": "ntfy", "url": "https://ntfy.example.internal/phoenix"}}}';
const NAME = /^[a-z0-9][a-z0-9-]{0,39}$/;

class Wrong extends Error {
  readonly hint: string;
  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}

/** @param readFile reads the file of a `NAME_file` field; may throw */
export function channels(readFile: (path: string) => string) {
  return (text: string): Value<readonly ChannelSettings[]> => {
    try {
      return { value: channelsIn(parsed(text), readFile) };
    } catch (error) {
      if (error instanceof Wrong) return { wrong: error.message, hint: error.hint };
      throw error;
    }
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    // The parser's message may contain a secret.
    const [place = ''] = /\(?line \d+ column \d+\)?/.exec(error instanceof Error ? error.message : '') ?? [];
    throw new Wrong(`is not JSON${place === '' ? '' : ` ${place}`}`, `for example ${EXAMPLE}`);
  }
}

function channelsIn(file: unknown, readFile: (path: string) => string): readonly ChannelSettings[] {
  const all = isObject(file) ? file['channels'] : undefined;
  if (!isObject(file) || !isObject(all)) throw new Wrong('names no channels', `for example ${EXAMPLE}`);
  const strange = Object.keys(file).find((key) => key !== 'channels');
  if (strange !== undefined) throw new Wrong(`has ${JSON.stringify(strange)} beside "channels"`, 'take it out');
  return Object.entries(all).map(([name, written]) => channelIn(name, written, readFile));
}

function channelIn(name: string, written: unknown, readFile: (path: string) => string): ChannelSettings {
  const where = `channel ${JSON.stringify(name)}`;
  if (!NAME.test(name)) throw new Wrong(`${where} is no name of a channel`, 'lower case letters, digits and dashes');
  const { service, events, ...rest } = isObject(written) ? written : {};
  if (!isService(service))
    throw new Wrong(`${where} has no service that Phoenix knows`, `one of ${CHANNEL_SERVICES.join(', ')}`);
  const fields = SERVICES[service];
  const strange = Object.keys(rest).find((key) => fieldOf(fields, key) === undefined);
  if (strange !== undefined) {
    const has = [...Object.keys(fields), 'events'].join(', ');
    throw new Wrong(`${where}: ${service} has no ${JSON.stringify(strange)}`, `it has ${has}`);
  }
  const values = Object.entries(fields).map(([key, field]) => {
    const given = givenAs(`${where}: ${key}`, rest[key], rest[`${key}_file`], readFile);
    if (given === undefined && field.needed === true)
      throw new Wrong(`${where}: ${key} is missing`, hintOf(field.kind));
    return [key, given === undefined ? ABSENT[field.kind] : readAs(field.kind, `${where}: ${key}`, given)] as const;
  });
  // The table's fields match the union type, and each value is parsed by its kind.
  return { name, service, events: eventsIn(where, events), ...Object.fromEntries(values) } as ChannelSettings;
}

/** Only secrets may be in a separate file. */
function fieldOf(fields: Readonly<Record<string, Field>>, key: string): Field | undefined {
  if (Object.hasOwn(fields, key)) return fields[key];
  const base = key.replace(/_file$/, '');
  const field = base !== key && Object.hasOwn(fields, base) ? fields[base] : undefined;
  return field !== undefined && (field.kind === 'secret' || field.kind === 'address') ? field : undefined;
}

function givenAs(where: string, value: unknown, path: unknown, readFile: (path: string) => string): unknown {
  if (path === undefined) return value;
  if (value !== undefined) throw new Wrong(`${where} is given twice`, 'take one out');
  if (typeof path !== 'string') throw new Wrong(`${where}_file is no path`, 'write the path of a file');
  let text: string;
  try {
    text = readFile(path).replace(/\r?\n$/, '');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Wrong(`${where}_file: cannot read ${path}: ${reason}`, 'check that the file is there and readable');
  }
  if (text === '') throw new Wrong(`${where}_file: ${path} is empty`, 'write its value into it');
  return text;
}

function eventsIn(where: string, events: unknown): readonly TroubleKind[] {
  if (events === undefined) return TROUBLE_KINDS;
  const hint = `a list of ${TROUBLE_KINDS.join(', ')}`;
  if (!Array.isArray(events) || events.length === 0) throw new Wrong(`${where}: events is no list`, hint);
  return events.map((each) => {
    const found = TROUBLE_KINDS.find((kind) => kind === each);
    if (found === undefined) throw new Wrong(`${where}: ${JSON.stringify(each)} is none of the events`, hint);
    return found;
  });
}

const ABSENT: Readonly<Record<Kind, unknown>> = {
  address: null,
  secret: null,
  server: null,
  mail: null,
  mails: null,
  room: null,
  name: null,
  method: 'POST',
  headers: {},
  json: null,
};

const PATTERNS: Partial<Readonly<Record<Kind, RegExp>>> = {
  secret: /^[\x21-\x7e]+( [\x21-\x7e]+)*$/,
  server: /^smtps?:\/\/([\w.-]+|\[[0-9a-f:]+\])(:\d{1,5})?\/?$/i,
  mail: /^[^@\s<>,;"\\]+@[^@\s<>,;"\\]+$/,
  room: /^![^\s/?]+$/,
  name: /^.{1,200}$/,
  method: /^(POST|PUT)$/,
};

function hintOf(kind: Kind): string {
  return {
    address: 'an https:// address without a login in it',
    secret: 'one line of ASCII',
    server: 'for example smtps://mail.example.internal:465, the login in username and password',
    mail: 'an address, for example phoenix@example.internal',
    mails: 'a list of addresses, for example ["ops@example.internal"]',
    room: 'the id of the room, which is in its settings, for example !abc:example.internal; an alias (#…) is none',
    name: 'one line',
    method: 'POST or PUT',
    headers: 'an object of names and values, for example {"Authorization": "Bearer …"}',
    json: 'what is to be sent, with {title}, {text} or {url} in its texts',
  }[kind];
}

function readAs(kind: Kind, where: string, given: unknown): unknown {
  const wrong = (): never => {
    throw new Wrong(`${where} cannot be used`, hintOf(kind));
  };
  switch (kind) {
    case 'json':
      return given;
    case 'headers':
      return headersIn(where, given);
    case 'mails': {
      const all = Array.isArray(given) ? given : [given];
      return all.length > 0 && all.every((each) => isText('mail', each)) ? all : wrong();
    }
    case 'address':
      return typeof given === 'string' && isAddress(given) ? secret(given) : wrong();
    case 'secret':
      return isText(kind, given) ? secret(given) : wrong();
    case 'server':
    case 'mail':
    case 'room':
    case 'name':
    case 'method':
      return isText(kind, given) ? given : wrong();
    default:
      return kind satisfies never;
  }
}

function isText(kind: Kind, given: unknown): given is string {
  return typeof given === 'string' && isOneLine(given) && (PATTERNS[kind]?.test(given) ?? false);
}

function isAddress(text: string): boolean {
  const url = URL.parse(text);
  return url !== null && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '';
}

/** Headers that are set automatically. */
const OWN_HEADERS = /^(content-(type|length)|host|connection|transfer-encoding|idempotency-key)$/i;

function headersIn(where: string, given: unknown): Readonly<Record<string, Secret>> {
  const hint = hintOf('headers');
  if (!isObject(given)) throw new Wrong(`${where} is no object`, hint);
  const all = Object.entries(given).map(([name, value]) => {
    const isHeader = /^[!#$%&'*+.^_`|~0-9a-z-]+$/i.test(name) && !OWN_HEADERS.test(name);
    if (!isHeader || !isText('secret', value))
      throw new Wrong(`${where}: ${JSON.stringify(name)} cannot be sent`, hint);
    return [name, secret(value)] as const;
  });
  return Object.fromEntries(all);
}

function isService(value: unknown): value is ChannelSettings['service'] {
  return typeof value === 'string' && Object.hasOwn(SERVICES, value);
}

function isObject(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** All secrets of a channel. */
export function secretsOfChannel(channel: ChannelSettings): readonly Secret[] {
  const isSecret = (value: unknown): value is Secret => isObject(value) && typeof value['expose'] === 'function';
  const headers = channel.service === 'webhook' ? Object.values(channel.headers) : [];
  return [...Object.values(channel), ...headers].filter(isSecret);
}
