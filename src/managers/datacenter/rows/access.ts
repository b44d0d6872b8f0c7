// Who may do what with which guests and storages: the objects of /etc/pve/user.cfg, and where users come from.

import {
  BUILT_IN_REALMS,
  BUILT_IN_ROLES,
  BUILT_IN_USER,
  PASSWORDS_FILE,
  WITHOUT_HASHES,
} from '../../../proxmox/access.ts';
import { parseSections } from '../../../proxmox/files/section-config.ts';
import { parseUserConfig, parseUsers } from '../../../proxmox/files/user-config.ts';
import type { HostReader } from '../../manager.ts';
import { decideRights, keyOf, namedByPath, readRights, rightsDifferences, rightsOf } from '../rights.ts';
import type { ObjectRow } from '../row.ts';

const FILE = '/etc/pve/user.cfg';

const COMMON = {
  file: FILE,
  without: [],
  required: [],
  defaults: {},
  oneOf: [],
  members: [],
  references: {},
} as const satisfies Partial<ObjectRow>;

export const pools: ObjectRow = {
  ...COMMON,
  kind: 'pool',
  field: 'pools',
  label: 'pool',
  describes: 'Pools of guests and storages, by name.',
  id: 'poolid',
  paths: { create: '/pools', change: '/pools' },
  read: (text) => parseUserConfig(text, 'pool'),
  clear: 'empty',
  members: ['vms', 'storage'],
  references: { vms: 'guest', storage: 'storage' },
  lossOnDelete: 'the rights that are given on it',
};

/**
 * Proxmox takes any length (PVE/AccessControl.pm, verify_groupname and verify_rolename). A dash at the beginning would make an option of it, and dots alone
 * a way out of a path.
 */
const NAMED_FREELY = {
  pattern: /^(?!\.+$)[A-Za-z0-9_.][A-Za-z0-9_.-]{0,127}$/,
  expected: 'must be a name of 1 to 128 letters, digits and _ . -, not beginning with "-" and not of dots alone',
};

export const groups: ObjectRow = {
  ...COMMON,
  nameFormat: NAMED_FREELY,
  kind: 'group',
  field: 'groups',
  label: 'group',
  describes: 'Groups of users, by name. Who is in one stands at the user.',
  id: 'groupid',
  paths: { create: '/access/groups', change: '/access/groups/{groupid}' },
  read: (text) => parseUserConfig(text, 'group'),
  clear: 'empty',
  lossOnDelete: 'the rights that it has',
};

const REALM_OF_PROXMOX = '@pve';

async function usersWithPasswords(host: HostReader): Promise<ReadonlySet<string>> {
  const args = [WITHOUT_HASHES, PASSWORDS_FILE];
  const { exit, stdout, stderr } = await host.run({ kind: 'command', program: 'sed', args, timeoutSeconds: 60 });
  // Proxmox makes the file with the first password.
  if (exit !== 0 && /no such file or directory/i.test(stderr)) return new Set();
  if (exit !== 0) throw new Error(`sed ${args.join(' ')}: ${stderr.trim()}`);
  return new Set(stdout.split('\n').flatMap((name) => (name === '' ? [] : [`${name}${REALM_OF_PROXMOX}`])));
}

export const users: ObjectRow = {
  ...COMMON,
  kind: 'user',
  field: 'users',
  label: 'user',
  describes: 'Users, by name and realm: "ada@pve".',
  id: 'userid',
  paths: { create: '/access/users', change: '/access/users/{userid}' },
  nameFormat: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,45}@[A-Za-z][A-Za-z0-9._-]{1,15}$/,
    expected: 'must be a user with its realm, such as ada@pve: letters, digits and . _ + -',
  },
  reserved: (name) => (name === BUILT_IN_USER ? `${BUILT_IN_USER} is there always and may do everything` : null),
  read: parseUsers,
  // `keys` holds legacy second factors, which only their owner should know.
  without: ['keys'],
  defaults: { enable: '1', expire: '0' },
  clear: 'empty',
  references: { groups: 'group' },
  furtherReferences: (name) => [{ sort: 'realm', name: realmOf(name), at: [] }],
  secrets: {
    password: {
      describes: 'Password of a user of the realm pve, by reference',
      refuses: (name) =>
        name.endsWith(REALM_OF_PROXMOX)
          ? null
          : 'must only stand at a user of the realm pve: others have theirs elsewhere',
      stored: { by: 'host', objects: usersWithPasswords },
      setAction: (name, secret) => ({
        kind: 'command',
        program: 'pveum',
        args: ['passwd', name],
        // The prompt asks twice.
        stdin: {
          from: 'joined',
          parts: [
            { from: 'secret', secret },
            { from: 'text', text: '\n' },
            { from: 'secret', secret },
            { from: 'text', text: '\n' },
          ],
        },
        timeoutSeconds: 60,
      }),
    },
  },
  lossOnDelete: 'its tokens and the rights that it has',
};

export const tokens: ObjectRow = {
  ...COMMON,
  kind: 'token',
  field: 'tokens',
  label: 'token',
  describes:
    'API tokens, by their user and name: "ada@pve!backup". Nobody is shown what Proxmox makes up as its value.',
  id: null,
  paths: { create: '/access/users/{userid}/token/{tokenid}', change: '/access/users/{userid}/token/{tokenid}' },
  placeholderValues: (name) => ({ userid: userOf(name), tokenid: name.slice(userOf(name).length + 1) }),
  nameFormat: {
    pattern: /^[A-Za-z0-9_][A-Za-z0-9._+-]{0,45}@[A-Za-z][A-Za-z0-9._-]{1,15}![A-Za-z][A-Za-z0-9._-]{1,39}$/,
    expected: 'must be a token with its user, such as ada@pve!backup',
  },
  read: (text) => parseUserConfig(text, 'token'),
  defaults: { privsep: '1', expire: '0' },
  clear: 'empty',
  furtherReferences: (name) => [{ sort: 'user', name: userOf(name), at: [] }],
  // Suppresses the output, which would contain the token's value.
  createArgs: ['--quiet', '1'],
  lossOnDelete: 'its value, and the rights that it has',
};

export const roles: ObjectRow = {
  ...COMMON,
  kind: 'role',
  nameFormat: NAMED_FREELY,
  field: 'roles',
  label: 'role',
  describes: 'Roles beside those that are built in, by name.',
  id: 'roleid',
  paths: { create: '/access/roles', change: '/access/roles/{roleid}' },
  reserved: (name) =>
    BUILT_IN_ROLES.includes(name) || /^pve/i.test(name)
      ? `"${name}" is built in: no other role may be called so, or begin with PVE`
      : null,
  read: (text) => parseUserConfig(text, 'role'),
  mark: null,
  clear: 'empty',
  lossOnDelete: 'the rights that are given by it',
};

export const rights: ObjectRow = {
  ...COMMON,
  kind: 'acl',
  field: 'acl',
  label: 'rights',
  describes: 'Rights: roles that users, groups and tokens have on a path. Each entry has a name of its own.',
  id: null,
  paths: { create: '/access/acl', change: '/access/acl' },
  read: readRights,
  mark: null,
  required: ['path', 'roles'],
  defaults: { propagate: '1' },
  clear: 'empty',
  references: { users: 'user', groups: 'group', tokens: 'token', roles: 'role' },
  furtherReferences: namedByPath,
  lossOnDelete: 'what they let people do',
  faults: (_name, options) =>
    ['users', 'groups', 'tokens'].some((option) => options[option] !== undefined)
      ? []
      : [{ option: 'path', message: 'must be given to somebody: users, groups or tokens' }],
  asWhole: {
    decide: decideRights,
    isThere: (spec, { objects }) => rightsOf(spec).some((right) => objects.has(keyOf(right))),
    differences: (_row, wanted, seen) => rightsDifferences(wanted, seen),
  },
};

/** Options that LDAP and AD have in common. */
const DIRECTORY = [
  'base_dn',
  'bind_dn',
  'case-sensitive',
  'comment',
  'default',
  'filter',
  'group_classes',
  'group_dn',
  'group_filter',
  'group_name_attr',
  'mode',
  'port',
  'server2',
  'sslversion',
  'sync-defaults-options',
  'sync_attributes',
  'user_attr',
  'user_classes',
  'verify',
];

export const realms: ObjectRow = {
  ...COMMON,
  kind: 'realm',
  field: 'realms',
  label: 'realm',
  describes: 'Realms that users come from, beside pam and pve, by name.',
  id: 'realm',
  paths: { create: '/access/domains', change: '/access/domains/{realm}' },
  reserved: (name) => (BUILT_IN_REALMS.includes(name) ? `the realm ${name} is there always` : null),
  file: '/etc/pve/domains.cfg',
  read: (text) =>
    new Map(
      [...parseSections(text)].flatMap(([id, { type, options }]) =>
        BUILT_IN_REALMS.includes(type) ? [] : [[id, { ...options, type: [type] }]],
      ),
    ),
  digest: 'sha1',
  // `capath`, `cert` and `certkey` are paths on the host that root would read; `client-key` can only be passed on a command line; `secure` duplicates
  // `mode`; `tfa` for a whole realm is no longer in Proxmox's own interface.
  without: ['capath', 'cert', 'certkey', 'client-key', 'secure', 'tfa'],
  required: ['type'],
  types: {
    ad: { required: ['server1', 'domain'], optional: DIRECTORY },
    ldap: { required: ['server1', 'base_dn', 'user_attr'], optional: DIRECTORY },
    openid: {
      required: ['issuer-url', 'client-id'],
      optional: [
        'acr-values',
        'audiences',
        'autocreate',
        'comment',
        'default',
        'groups-autocreate',
        'groups-claim',
        'groups-overwrite',
        'prompt',
        'query-userinfo',
        'scopes',
        'username-claim',
      ],
    },
  },
  defaults: {
    autocreate: '0',
    'case-sensitive': '1',
    default: '0',
    'groups-autocreate': '0',
    'groups-overwrite': '0',
    mode: 'ldap',
    'query-userinfo': '1',
    verify: '0',
  },
  clear: 'delete',
  secrets: {
    password: {
      describes: 'Password that the directory is asked with, by reference',
      refuses: (_name, { type }) => (type === 'openid' ? 'must not stand at a realm of type openid' : null),
      stored: { by: 'options', has: ({ bind_dn: bindDn }) => bindDn !== undefined },
      // Written where Proxmox itself stores it, since its programs accept it only on a command line.
      setAction: (name, secret) => ({
        kind: 'file',
        path: `/etc/pve/priv/realm/${name}.pw`,
        content: { from: 'secret', secret },
        mode: 0o600,
      }),
    },
  },
  lossOnDelete: 'nothing; users of it stay, and cannot log in',
};

function realmOf(user: string): string {
  return user.slice(user.lastIndexOf('@') + 1);
}

function userOf(token: string): string {
  return token.slice(0, token.lastIndexOf('!'));
}
