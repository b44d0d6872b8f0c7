// The commands that create, change and delete objects of the datacenter, derived from the rows that declare them.

import { isAddressed, isFixed, isInherent, optionsOf } from '../../src/managers/datacenter/options/row-options.ts';
import { formOf } from '../../src/managers/datacenter/options/text-forms.ts';
import type { ObjectRow } from '../../src/managers/datacenter/row.ts';
import { ROWS } from '../../src/managers/datacenter/rows.ts';
import { propertiesOf, type Schema } from '../../src/proxmox/parameters/table.ts';
import { VALUE_CLASSES } from './setting-words.ts';

/** Classes of text options of datacenter objects, by their format in Proxmox's table. */
const FORMATS: Readonly<Record<string, string>> = {
  'graphite-path': 'name',
  'mac-prefix': 'macprefix',
  'pve-configid': 'name',
  'pve-dir-override-list': 'overrides',
  'pve-ha-node-list': 'hanodes',
  'pve-ha-resource-id-list': 'sids',
  'pve-node-list': 'words',
  'pve-storage-content-list': 'list',
  'pve-storage-options': 'plain',
  'pve-storage-path': 'storagepath',
  'pve-storage-portal-dns': 'portal',
  'pve-storage-portal-dns-list': 'portals',
  'pve-storage-server': 'host',
  'pve-storage-vgname': 'name',
  'pve-storage-zfs-blocksize': 'blocksize',
  'pve-volume-id': 'volume',
  address: 'host',
  'email-or-username': 'mails',
  'pve-userid': 'recipient',
  'pve-realm': 'name',
  'mac-addr': 'macaddress',
  'pve-iface-list': 'words',
  'pve-sdn-bgp-rt-list': 'routetargets',
  'pve-sdn-isis-net': 'name',
  'email-list': 'mails',
  'email-opt': 'nomails',
  IPorCIDR: 'cidr',
  'dns-name': 'name',
  ip: 'ip',
  ipv4: 'ip',
  ipv6: 'ip',
  CIDR: 'network',
  'ip-list': 'ips',
  'pve-sdn-fabric-id': 'name',
  'ldap-simple-attr': 'name',
  'ldap-simple-attr-list': 'words',
  'pve-groupid-list': 'nofreenames',
  'pve-priv-list': 'nowords',
  'pve-roleid-list': 'freenames',
  'pve-tokenid-list': 'holders',
  'pve-userid-list': 'holders',
  'realm-sync-options': 'props',
  'backup-fleecing': 'props',
  'backup-performance': 'props',
  'email-or-username-list': 'mails',
  'prune-backups': 'props',
  'pve-calendar-event': 'calendar',
  'pve-node': 'name',
  'pve-phys-bits': 'name',
  'pve-storage-id': 'storage',
  'pve-storage-id-list': 'words',
  'pve-vmid-list': 'words',
};

/** Options for people: any text. Other options without a format are names. */
const FREE = /^(comment|description|notes-template|firstname|lastname)$/;
const NAMES = /^(controller|dns|ipam|zone|pool|groups-claim|data-pool)$/;
/** Exceptions, by option or by kind and option. */
const TEXT_CLASSES: Readonly<Record<string, string>> = {
  'storage.path': 'shown',
  'storage.mountpoint': 'shown',
  'storage.subdir': 'sharepath',
  'storage.export': 'sharepath',
  'storage.zfs-base-path': 'zfsbase',
  'storage.is_mountpoint': 'mountpointed',
  'storage.pool': 'dataset',
  'storage.username': 'loginname',
  'storage.fingerprint': 'fingerprint',
  'dir.map': 'foldermap',
  fingerprint: 'fingerprint',
  'acmeaccount.eab-kid': 'plain',
  'cephpool.target_size': 'bytes',
  'cpu.flags': 'cpuflags',
  'cpu.hv-vendor-id': 'name',
  'backup.exclude-path': 'plain',
  'datacenter.consent-text': 'text',
  'datacenter.registered-tags': 'tags',
  'metrics.api-path-prefix': 'plain',
  author: 'plain',
  'webhook.header': 'header',
  'webhook.body': 'base',
  'smtp.username': 'plain',
  'realmsync.remove-vanished': 'vanished',
  'matcher.match-field': 'fieldmatch',
  'matcher.match-severity': 'severities',
  path: 'aclpath',
  alias: 'plain',
  ...Object.fromEntries(
    [
      'acr-values',
      'audiences',
      'bucket',
      'client-id',
      'organization',
      'prompt',
      'scopes',
      'sync_attributes',
      'username-claim',
    ].map((option) => [option, 'plain']),
  ),
};

function wordsFor(kind: string, option: string, schema: Schema): string {
  const { type, format, enum: words, items, minimum } = schema;
  if (items?.format === 'pve-sdn-dhcp-range') return '{range}';
  if (words !== undefined) return `( ${words.join(' | ')} )`;
  const particular = TEXT_CLASSES[`${kind}.${option}`] ?? formOf(kind, option);
  if (particular !== undefined) return `{${particular}}`;
  if (type === 'array' && items !== undefined) return wordsFor(kind, option, items);
  if (minimum !== undefined && minimum < 0) return '{signed}';
  if (type !== 'string') return `{${VALUE_CLASSES.get(type ?? '') ?? 'plain'}}`;
  const own = FREE.test(option) ? 'text' : NAMES.test(option) ? 'name' : TEXT_CLASSES[option];
  const isProperties = format !== undefined && propertiesOf(format) !== undefined;
  const word = format === undefined ? own : (FORMATS[format] ?? (isProperties ? 'settings' : undefined));
  if (word === undefined) throw new Error(`no class of words for --${option}, a text in the form ${format}`);
  return `{${word}}`;
}

/** The commands that create, change and delete a datacenter object, with the options that can be declared. */
export function objectCommands(row: ObjectRow): string[] {
  const { id, paths, members, clear, digest, rename, part, deleteArgs } = row;
  const options = [...optionsOf(row)].map(
    ([option, schema]) =>
      [
        option,
        row.types !== undefined && option === 'type'
          ? `--type ( ${Object.keys(row.types).join(' | ')} )`
          : `--${option} ${wordsFor(row.kind, option, schema)}`,
      ] as const,
  );
  const made = options.flatMap(([option, words]) => (members.includes(option) ? [] : [words]));
  const set = options.flatMap(([option, words]) => (isFixed(row, option, {}) ? [] : [words]));
  const more = members.length > 0 ? ['--delete 1', '--allow-move 1'] : clear === 'delete' ? ['--delete {words}'] : [];
  const secured = digest === undefined ? [] : [`--digest {${digest === 'sha1' ? 'digestone' : 'digest'}}`];
  const own = isAddressed(row, paths.change) ? '' : ` --${id} {name}`;
  const named = `${classed(paths.change)}${own}`;
  if (isInherent(row)) return [`pvesh set ${named} ( ${[...set, ...more, ...secured].join(' | ')} )+`];
  if (row.createCommand !== undefined) {
    const others = made.filter(
      (words) => !row.createCommand?.without.some((option) => words.startsWith(`--${option} `)),
    );
    const types = Object.keys(row.types ?? {}).join(' | ');
    return [
      `${row.createCommand.program} add ( ${types} ) {name} ( ${others.join(' | ')} )* ( --password )?`,
      `${row.createCommand.program} set {name} --password`,
      `pvesh set ${named} ( ${[...set, ...more, ...secured].join(' | ')} )+`,
      `pvesh delete ${named}`,
    ];
  }
  if (row.asWhole !== undefined) return [`pvesh set ${named} ( ${[...set, '--delete 1'].join(' | ')} )+`];
  const making = (row.createArgs ?? []).join(' ');
  const named1 = isAddressed(row, paths.create) ? '' : ` --${id} {${NAME_CLASSES[id ?? ''] ?? 'name'}}`;
  const changed =
    rename === undefined ? `pvesh set ${named}` : `pvesh create ${paths.create} --${id} {name} --${rename} {name}`;
  const create = `create ${classed(paths.create)}${named1} ( ${made.join(' | ')} )*${making === '' ? '' : ` ${making}`}`;
  return [
    `pvesh ${create}`,
    ...secretCommands(row, create, named),
    `${changed} ( ${[...set, ...more, ...secured].join(' | ')} )+`,
    `pvesh delete ${[named, ...(part?.deletedWithObject === true ? ['--force', '1'] : []), ...(deleteArgs ?? [])].join(' ')}`,
  ];
}

/** The commands that hand secrets over: one that creates the object, and one that changes it unless they are set at creation only. */
function secretCommands({ secrets = {} }: ObjectRow, create: string, named: string): string[] {
  const words = Object.entries(secrets).flatMap(([option, { setAction, multiple: isNamed, encoding }]) => {
    if (setAction !== undefined) return [];
    if (isNamed === true) return ['{secretnames}'];
    return [encoding === undefined ? option : `${encoding}:${option}`];
  });
  if (words.length === 0) return [];
  const program = `perl -e {pveshwithsecrets} ${words.join(',')}`;
  const isChanged = Object.values(secrets).every(({ onlyAtCreation }) => onlyAtCreation === undefined);
  return [`${program} ${create}`, ...(isChanged ? [`${program} set ${named}`] : [])];
}

/** A node of a fabric is created below it, by its name. */
export function fabricNodeCommands(): string[] {
  const path = '/cluster/sdn/fabrics/node/{name}';
  return commandsBelow('fabricnode', `${path} --node_id {name}`, `${path}/{name}`);
}

/** A subnet is created by its network; afterwards its id also contains the zone. */
export function subnetCommands(): string[] {
  const path = '/cluster/sdn/vnets/{name}/subnets';
  return commandsBelow('subnet', `${path} --subnet {cidr} --type subnet`, `${path}/{subnet}`);
}

/** The calls for objects that lie below another one. @param made what creates one, @param named what names an existing one */
function commandsBelow(kind: string, made: string, named: string): string[] {
  const row = ROWS.find((each) => each.kind === kind);
  const options = [...(row === undefined ? [] : optionsOf(row))].map(
    ([option, schema]) => `--${option} ${wordsFor(kind, option, schema)}`,
  );
  return [
    `pvesh create ${made} ( ${options.join(' | ')} )*`,
    `pvesh set ${named} ( ${[...options, '--delete {words}'].join(' | ')} )+`,
    `pvesh delete ${named}`,
  ];
}

/** Classes of object names, by the placeholder or option that contains them; others are plain names. */
const NAME_CLASSES: Readonly<Record<string, string>> = {
  node: 'localnode',
  sid: 'sid',
  userid: 'puser',
  groupid: 'freename',
  roleid: 'freename',
};

function classed(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, key: string) => `{${NAME_CLASSES[key] ?? 'name'}}`);
}
