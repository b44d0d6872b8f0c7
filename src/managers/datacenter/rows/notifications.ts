// Notifications of Proxmox (proxmox-notify, src/api and src/endpoints): targets of four types, each with its own API calls, and the matchers that
// select them.

import type { JsonObject } from '../../../model/json.ts';
import type { Options } from '../../../proxmox/files/section-config.ts';
import { isBuiltInNotification, NOTIFICATIONS_FILE, parseNotifications } from '../../../proxmox/notifications.ts';
import { wordsOf } from '../options/values.ts';
import type { ObjectRow } from '../row.ts';

const COMMON = {
  id: 'name',
  nameFormat: {
    pattern: /^[A-Za-z][A-Za-z0-9_-]{1,31}$/,
    expected: 'must be a name of 2 to 32 letters, digits, _ and -, and begin with a letter',
  },
  file: NOTIFICATIONS_FILE,
  digest: 'sha256',
  without: [],
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
} as const satisfies Partial<ObjectRow>;

type Type = 'sendmail' | 'smtp' | 'gotify' | 'webhook';

function endpoint(type: Type) {
  const path = `/cluster/notifications/endpoints/${type}`;
  return {
    ...COMMON,
    kind: type,
    field: `${type}_targets`,
    label: `${type} target`,
    paths: { create: path, change: `${path}/{name}` },
    read: readerOf(type),
    builtIn: isBuiltInNotification,
    dependents: {
      folders: [],
      findDependent: (name: string, _files: ReadonlyMap<string, string>, own: string) => {
        const naming = [...parseNotifications(own)].find(
          ([, { type: kind, options }]) => kind === 'matcher' && options['target']?.includes(name) === true,
        );
        return naming === undefined ? null : `matcher ${naming[0]} still names it`;
      },
    },
    lossOnDelete: 'where notifications went, with its secrets',
  } satisfies Partial<ObjectRow>;
}

function readerOf(type: Type | 'matcher', decode: (option: string, text: string) => string = (_, text) => text) {
  return (text: string): ReadonlyMap<string, Options> =>
    new Map(
      [...parseNotifications(text)].flatMap(([name, section]) => {
        if (section.type !== type) return [];
        const options = Object.entries(section.options).map(([option, texts]) => {
          return [option, texts.map((each) => decode(option, each))] as const;
        });
        return [[name, Object.fromEntries(options)]];
      }),
    );
}

const RECIPIENTS = ['mailto', 'mailto-user'];

function recipientFaults(_name: string, options: JsonObject) {
  return RECIPIENTS.some((option) => options[option] !== undefined)
    ? []
    : [{ option: 'mailto', message: 'must have a recipient: mailto or mailto-user' }];
}

function urlFaults(option: 'server' | 'url') {
  return (_name: string, options: JsonObject) =>
    /^https?:\/\/[^\s/]+/.test(String(options[option]))
      ? []
      : [{ option, message: 'must be where it is reached: http:// or https://' }];
}

export const sendmailTargets: ObjectRow = {
  ...endpoint('sendmail'),
  typesInFile: ['sendmail', 'smtp', 'gotify', 'webhook', 'matcher'],
  describes: "Targets of notifications that the node's own sendmail delivers, by name.",
  required: [],
  defaults: { disable: '0' },
  unorderedLists: RECIPIENTS,
  references: { 'mailto-user': 'user' },
  faults: recipientFaults,
};

export const smtpTargets: ObjectRow = {
  ...endpoint('smtp'),
  describes: 'Targets of notifications that a mail server delivers, by name.',
  required: ['server', 'from-address'],
  defaults: { disable: '0', mode: 'tls' },
  notDeletable: ['mode'],
  unorderedLists: RECIPIENTS,
  references: { 'mailto-user': 'user' },
  secrets: {
    password: {
      describes: 'Password that the mail server asks for, by reference',
      refuses: withUsername,
      stored: { by: 'options', has: ({ username }) => username !== undefined },
    },
  },
  faults: recipientFaults,
};

function withUsername(_name: string, { username }: JsonObject): string | null {
  return username === undefined ? 'must not stand without username' : null;
}

export const gotifyTargets: ObjectRow = {
  ...endpoint('gotify'),
  describes: 'Gotify servers that notifications go to, by name.',
  required: ['server'],
  defaults: { disable: '0' },
  secrets: {
    token: {
      describes: 'Token of the application there, by reference',
      refuses: () => null,
      requiredOnCreate: () => true,
      stored: { by: 'options', has: () => true },
    },
  },
  faults: urlFaults('server'),
};

export const webhookTargets: ObjectRow = {
  ...endpoint('webhook'),
  describes:
    'Web addresses that notifications are sent to, by name. Texts may hold what Proxmox puts in: "{{ title }}", "{{ secrets.token }}".',
  required: ['method', 'url'],
  defaults: { disable: '0' },
  prose: ['body'],
  unorderedLists: ['header'],
  read: readerOf('webhook', decoded),
  encode: encoded,
  secrets: {
    secret: {
      describes: 'What url, header and body call by "{{ secrets.NAME }}", by reference',
      refuses: () => null,
      multiple: true,
    },
  },
  faults: (name, options) => [
    ...urlFaults('url')(name, options),
    ...wordsOf(options['header']).flatMap((header) =>
      HEADER.test(header)
        ? []
        : [{ option: 'header', message: `must be lines such as "Title: {{ title }}", not "${header}"` }],
    ),
  ],
};

const HEADER = /^([A-Za-z0-9-]+): (.+)$/;

/** The API expects bodies and header values in Base64. */
function encoded(option: string, text: string): string {
  if (option === 'body') return Buffer.from(text).toString('base64');
  const [, name, value = ''] = (option === 'header' ? HEADER.exec(text) : null) ?? [];
  return name === undefined ? text : `name=${name},value=${Buffer.from(value).toString('base64')}`;
}

function decoded(option: string, text: string): string {
  if (option === 'body') return Buffer.from(text, 'base64').toString();
  const [, name, value = ''] = (option === 'header' ? /^name=([^,]+),value=(.*)$/.exec(text) : null) ?? [];
  return name === undefined ? text : `${name}: ${Buffer.from(value, 'base64').toString()}`;
}

const SEVERITIES = ['info', 'notice', 'warning', 'error', 'unknown'];
const SETS = ['match-calendar', 'match-field', 'match-severity', 'target'];

export const matchers: ObjectRow = {
  ...COMMON,
  kind: 'matcher',
  field: 'notification_matchers',
  label: 'matcher',
  describes: 'Which notifications go to which targets, by name.',
  paths: { create: '/cluster/notifications/matchers', change: '/cluster/notifications/matchers/{name}' },
  read: readerOf('matcher'),
  builtIn: isBuiltInNotification,
  required: [],
  defaults: { disable: '0', 'invert-match': '0', mode: 'all' },
  unorderedLists: SETS,
  references: { target: 'notification target' },
  lossOnDelete: 'that anything goes to its targets by it',
  faults: (_name, options) => [
    ...wordsOf(options['match-severity'])
      .flatMap((words) => words.split(','))
      .filter((word) => !SEVERITIES.includes(word.trim()))
      .map((word) => ({
        option: 'match-severity',
        message: `must be of ${SEVERITIES.join(', ')}, not "${word.trim()}"`,
      })),
    ...wordsOf(options['match-field'])
      .filter((field) => !/^(exact|regex):[A-Za-z0-9_-]+=.+$/.test(field))
      .map((field) => ({ option: 'match-field', message: `must be such as "exact:type=vzdump", not "${field}"` })),
  ],
};
