// How the node's own certificate is requested: accounts at an ACME authority, and the plugins that solve its challenges. Both have keys, which
// Phoenix never reads: accounts are queried from Proxmox, which shows no key, and plugin entries are read without the provider's credentials.

import {
  ACME_ACCOUNTS_FOLDER,
  ACME_PLUGIN_TYPES,
  ACME_PLUGINS_FILE,
  accountOptions,
  DEACTIVATED,
  DEFAULT_DIRECTORY,
  parsePlugins,
  type ShownAccount,
  STANDALONE,
  WITHOUT_DATA,
} from '../../../proxmox/acme.ts';
import type { HostReader } from '../../manager.ts';
import type { ObjectRow } from '../row.ts';

const COMMON = {
  mark: null,
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
} as const satisfies Partial<ObjectRow>;
const SECONDS = 60;

export const acmeAccounts: ObjectRow = {
  ...COMMON,
  kind: 'acmeaccount',
  field: 'acme_accounts',
  label: 'ACME account',
  describes:
    "Accounts at authorities of ACME, by name: the node's own certificate is asked for with one (`node_options`, `acme`).",
  id: 'name',
  paths: { create: '/cluster/acme/account', change: '/cluster/acme/account/{name}' },
  nameFormat: {
    pattern: /^[A-Za-z][A-Za-z0-9_-]{1,31}$/,
    expected: 'must be a name of 2 to 32 letters, digits, _ and -, and begin with a letter',
  },
  file: ACME_ACCOUNTS_FOLDER,
  read: (text) =>
    new Map(
      Object.entries(JSON.parse(text || '{}') as Record<string, ShownAccount>).map(([name, shown]) => [
        name,
        accountOptions(shown),
      ]),
    ),
  readSource: observeAccounts,
  task: true,
  without: [],
  required: ['contact'],
  defaults: { directory: DEFAULT_DIRECTORY },
  secrets: {
    'eab-hmac-key': {
      describes: 'Key of the account that the authority knows already, base64url, by reference',
      refuses: (_name, options) =>
        options['eab-kid'] === undefined ? 'must not stand without eab-kid, which it belongs to' : null,
      onlyAtCreation: { beside: 'eab-kid' },
      stored: {
        by: 'nothing',
        why: ({ directory = DEFAULT_DIRECTORY }) =>
          /^https:\/\/acme(-staging)?-v02\.api\.letsencrypt\.org\//.test(String(directory))
            ? null
            : 'whether the account was bound to one that the authority knew shows nowhere: it stays as it is; where another node needs that to make it, name eab-kid, and this by reference',
      },
    },
  },
  lossOnDelete: 'the account for good: it is given up at the authority, and no certificate is renewed with it',
};

export const acmePlugins: ObjectRow = {
  ...COMMON,
  kind: 'acmeplugin',
  field: 'acme_plugins',
  label: 'ACME plugin',
  describes:
    'How it is proved to an authority of ACME whose a name is, by name: a record that the API of a DNS provider makes, or an answer of the node.',
  id: 'id',
  paths: { create: '/cluster/acme/plugins', change: '/cluster/acme/plugins/{id}' },
  reserved: (name) => (name === STANDALONE ? 'Proxmox always has it' : null),
  file: ACME_PLUGINS_FILE,
  read: parsePlugins,
  readSource: observePlugins,
  // Its file is not read directly.
  without: [],
  required: ['type'],
  types: ACME_PLUGIN_TYPES,
  defaults: { disable: '0', 'validation-delay': '30' },
  secrets: {
    data: {
      describes: 'What the API of the DNS provider asks for, a line NAME=value for each, by reference',
      refuses: (_name, { type }) => (type === 'dns' ? null : 'must not stand at a plugin of another type than dns'),
      stored: { by: 'options', has: ({ type }) => type === 'dns' },
      encoding: 'base64url',
    },
  },
  lossOnDelete: 'that certificates are renewed by it, and what it is told of its provider',
};

/** Proxmox creates the folder with the first account or plugin: without it, nothing is queried. */
async function isUsed(host: HostReader): Promise<boolean> {
  return (await host.inspect([ACME_ACCOUNTS_FOLDER])).size > 0;
}

/** One call for the list and one for each account; no answer contains a key. */
async function observeAccounts(host: HostReader): Promise<string | null> {
  if (!(await isUsed(host))) return null;
  const listed = await shown<readonly { readonly name: string }[]>(host, '/cluster/acme/account');
  const names = listed.map(({ name }) => name).filter((name) => !DEACTIVATED.test(name));
  const accounts = await Promise.all(
    names.map(async (name) => [name, await shown<ShownAccount>(host, `/cluster/acme/account/${name}`)] as const),
  );
  return JSON.stringify(Object.fromEntries(accounts));
}

async function shown<Answer>(host: HostReader, path: string): Promise<Answer> {
  const args = ['get', path, '--output-format', 'json'];
  const { exit, stdout, stderr } = await host.run({ kind: 'command', program: 'pvesh', args, timeoutSeconds: SECONDS });
  if (exit !== 0) throw new Error(`pvesh ${args.join(' ')}: ${stderr.trim()}`);
  return JSON.parse(stdout) as Answer;
}

/** Reads the file without the credentials (`data`), which never leave the node. */
async function observePlugins(host: HostReader): Promise<string | null> {
  if (!(await isUsed(host))) return null;
  const args = [WITHOUT_DATA, ACME_PLUGINS_FILE];
  const { exit, stdout, stderr } = await host.run({ kind: 'command', program: 'sed', args, timeoutSeconds: SECONDS });
  if (exit === 0) return stdout;
  // The folder exists because of an account, and there is no plugin yet.
  if (/no such file or directory/i.test(stderr)) return null;
  throw new Error(`sed ${args.join(' ')}: ${stderr.trim()}`);
}
