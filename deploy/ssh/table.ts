// The commands that the agent's key may start on a Proxmox host, one shape a line, and the only place where they are declared:
//   node deploy/ssh/table.ts > deploy/ssh/programs
// Tests hold it to what the managers really send. A command that is new to Phoenix is one line here.

import { jsonSchemaOf } from '../../src/config/json-schema.ts';
import type { ObjectRow } from '../../src/managers/datacenter/row.ts';
import { isAddressed, isFixed, optionsOf } from '../../src/managers/datacenter/row-options.ts';
import { ROWS } from '../../src/managers/datacenter/rows.ts';
import { formOf, TEXT_FORMS } from '../../src/managers/datacenter/text-forms.ts';
import { optionNames } from '../../src/managers/guest/options/shape.ts';
import { type GuestKind, placesOf } from '../../src/managers/guest/settings/setting.ts';
import { settingsOf } from '../../src/managers/guest/settings/values.ts';
import { PASSWORDS_FILE, WITHOUT_HASHES } from '../../src/proxmox/access.ts';
import { WITHOUT_DATA } from '../../src/proxmox/acme.ts';
import { APT_HANDLES } from '../../src/proxmox/apt-standard.ts';
import { WITHOUT_SDN_SECRETS } from '../../src/proxmox/sdn.ts';
import { PVESH_WITH_SECRETS } from '../../src/proxmox/secret-arguments.ts';
import { propertiesOf, type Schema } from '../../src/proxmox/table.ts';

/** A pattern that matches exactly this script. */
const quoted = (script: string): string => script.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** The class of a setting's value on a command line, by its JSON Schema type. */
const WORDS = new Map([
  ['integer', 'number'],
  ['number', 'hundredths'],
  ['boolean', 'flag'],
  ['string', 'text'],
]);

/** Text settings with a class of their own. */
const TEXTS: Readonly<Record<string, string>> = {
  ...{ hookscript: 'snippet', boot: 'plain' },
  // The default key's value may contain characters that names cannot.
  ...{ machine: 'plain', cpu: 'plain', vga: 'plain' },
};

/** Options with their own, stricter class: the general class would allow what that refuses. */
const APART = /^(nameserver|searchdomain|features|agent|ciuser|net\d+|ipconfig\d+|dev\d+|hookscript|hostpci\d+)$/;

/** Options that would give the key root access to the node, whatever their value: only a person on the node, or a Phoenix on it, sets them. */
const NEVER = /^(args|cicustom)$/;

/** Names of the options that a guest's `options` may have; numbered ones by their stem. */
function named(kind: GuestKind): string {
  const declared = new Set(settingsOf(kind).map(([, { option }]) => option));
  const own = optionNames(kind).filter((name) => !declared.has(name) && !APART.test(name) && !NEVER.test(name));
  const names = own.map((name) => (/^[a-z]+\d+$/.test(name) ? name.replace(/\d+$/, '[0-9]{1,3}') : name));
  return [...new Set(names)].join('|');
}

/**
 * Classes of words, or of parts of words. Each is a regular expression with the same meaning in JavaScript and Perl; `{name}` is another class. The
 * words of a command are joined by NUL, with one at the end, so none may match NUL, and a path may end before one.
 */
const CLASSES: Readonly<Record<string, string>> = {
  /** Texts of objects of the datacenter, as the file takes them. */
  ...Object.fromEntries(Object.entries(TEXT_FORMS).map(([name, { pattern }]) => [name, pattern])),
  any: '[^\\0]*',
  /** Free text as the value of an option: never an option itself. */
  text: '(?!--)[^\\0]*',
  /** The value of an option that `options` of a guest declares. */
  plain: '(?!-)[^\\0\\n]+',
  /** Notes by people may start with dashes: Proxmox takes the next word as the value whatever it is. */
  notes: '[^\\0]*',
  number: '[0-9]{1,12}',
  hundredths: '[0-9]{1,6}(?:\\.[0-9]{1,2})?',
  /** Of a disk, in GB. */
  /** Bytes, or a number of a larger unit. */
  bytes: '[0-9]{1,15}[KMGT]?',
  size: '[0-9]{1,7}(?:\\.[0-9]{1,8})?',
  vmid: '[1-9][0-9]{2,8}',
  name: '[A-Za-z0-9][A-Za-z0-9._-]*',
  /** A script on a storage; Phoenix writes only one file of its own there. */
  snippet: '{storage}:snippets/{step}',
  /** A PCI device by its address or its mapping. */
  pci: '(?:(?:host=)?[0-9a-f:.;]+|mapping={name})(?:,[a-z0-9-]+=[^,/\\0\\n]*)*',
  snapshot: '[A-Za-z][A-Za-z0-9_-]*',
  flag: '[01]',
  list: '[a-z0-9][a-z0-9_-]*(?:,[a-z0-9][a-z0-9_-]*)*',
  /** The schedule of a job, as a systemd calendar event. */
  calendar: '(?:[A-Za-z0-9]|\\*[-:/])[A-Za-z0-9*.,:/~ -]*',
  mails: '(?!-)[A-Za-z0-9.@_+-]+(?:[,; ][A-Za-z0-9.@_+-]+)*',
  /** Names of options or objects. */
  words: '{name}(?:,{name})*',
  /** The only Perl script: calls pvesh with secrets from its standard input. */
  pveshwithsecrets: quoted(PVESH_WITH_SECRETS),
  /** sed scripts that remove the lines with secrets. */
  withoutdata: quoted(WITHOUT_DATA),
  withouthashes: quoted(WITHOUT_HASHES),
  withoutsdnsecrets: quoted(WITHOUT_SDN_SECRETS),
  secretnames: '{secretname}(?:,{secretname})*',
  secretname: 'secret/[A-Za-z_][A-Za-z0-9_-]*',
  recipient: '[A-Za-z0-9_][A-Za-z0-9._+-]*@[A-Za-z][A-Za-z0-9._-]*',
  vanished: '(?:acl|properties|entry)(?:;(?:acl|properties|entry))*|none',
  header: 'name=[A-Za-z0-9-]+,value={base}',
  base: '(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?',
  severities: '[a-z]+(?:, ?[a-z]+)*',
  fieldmatch: '(?:exact|regex):[A-Za-z0-9_-]+=[^\\0\\n]+',
  /** The HA resource id of a guest. */
  sid: '(?:ct|vm):{vmid}',
  localnode: 'localhost',
  sids: '{sid}(?:,{sid})*',
  hanodes: '{hanode}(?:,{hanode})*',
  hanode: '{name}(?::[0-9]{1,4})?',
  /** An address, a network, or an alias of the datacenter. */
  cidr: '[0-9A-Fa-f.:]+(?:/[0-9]{1,3})?|(?:dc/)?[A-Za-z][A-Za-z0-9_-]+',
  /** What a firewall rule matches: addresses, names, ports, protocols. */
  matched: '{matchee}(?:,{matchee})*',
  matchee: '\\+?(?:(?:dc|sdn)/)?[A-Za-z0-9:][A-Za-z0-9._:-]*(?:/[0-9]{1,3})?',
  cpuflags: '[+-][A-Za-z0-9][A-Za-z0-9._-]*(?:;[+-][A-Za-z0-9][A-Za-z0-9._-]*)*',
  subnet: '[A-Za-z][A-Za-z0-9]*-[0-9A-Fa-f.:]+-[0-9]{1,3}',
  ip: '[0-9A-Fa-f.:]+',
  /** A network with its prefix length. */
  network: '{ip}/[0-9]{1,3}',
  ips: '{ip}(?:,{ip})*',
  range: '(?:start|end)-address={ip},(?:start|end)-address={ip}',
  columns: '[a-z][a-z0-9:_.,-]*',
  addresses: '[0-9A-Fa-f.:]+(?: [0-9A-Fa-f.:]+)*',
  domains: '(?!-)[A-Za-z0-9.-]+(?: [A-Za-z0-9.-]+)*',
  tags: '[A-Za-z0-9_][A-Za-z0-9_.+;-]*',
  props: '{prop}(?:,{prop})*',
  prop: '[a-z0-9_][a-z0-9_-]*(?:=[^,\\0\\n]*)?',
  digest: '[0-9a-f]{64}',
  digestone: '[0-9a-f]{40}',
  checksum: '[0-9a-fA-F]{32,128}',
  /** A registry image with its tag: `docker.io/library/nginx:1.29`. */
  ociimage: '[A-Za-z0-9][A-Za-z0-9.:/_-]*:\\w[A-Za-z0-9_.-]*',
  storedfile: '{storage}:(?:iso|vztmpl|import)/{file}',
  /** Empty: removed. */
  nomails: '(?:{mails})?',
  nowords: '(?:{words})?',
  pveuser: '[A-Za-z0-9_][A-Za-z0-9._+-]*',
  /** A Proxmox user with its realm; in the realm pam, the account of a person. */
  puser: '{account}@pam|[A-Za-z0-9_][A-Za-z0-9._+-]*@(?!pam[/,!\\0])[A-Za-z][A-Za-z0-9._-]*',
  /** Who may be granted permissions: a user or a token of one, never root of the host. */
  holder: '(?!root@pam[/,!\\0])[A-Za-z0-9_][A-Za-z0-9._+-]*@[A-Za-z][A-Za-z0-9._-]*(?:!{name})?',
  holders: '{holder}(?:,{holder})*',
  signed: '-?[0-9]{1,12}',
  /** A property string of an object: without paths of the host. */
  settings: '{setprop}(?:,{setprop})*',
  setprop: '[a-z][a-z0-9_-]*=-?[A-Za-z0-9#][^,\\0\\n]*|[A-Za-z0-9#][^,=\\0\\n]*',
  foldermap: '(?:{setprop}|path={data})(?:,(?:{setprop}|path={data}))*',
  macaddress: '[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5}',
  routetargets: '[0-9]+:[0-9]+(?:,[0-9]+:[0-9]+)*',
  macprefix: '[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){0,2}:?',
  overrides: '[a-z]+=[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*(?:,[a-z]+=[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*)*',
  portal: '(?!-)[A-Za-z0-9.:\\[\\]-]+',
  portals: '{portal}(?:[,; ]{portal})*',
  blocksize: '[0-9]+[kKmM]?',
  /** Path of a storage: among people's data, or where Proxmox mounts network storages. */
  shown: '{data}|/mnt/pve/{step}',
  /** A path on a server. */
  sharepath: '/(?:{step}(?:/{step})*)?',
  mountpointed: 'yes|no|1|0|{data}',
  zfsbase: '/dev(?:/{file})*',
  loginname: '[A-Za-z0-9_][A-Za-z0-9_.@!+-]*',
  fingerprint: '[0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){31}',
  aclpath: '/(?:(?:access|mapping|nodes|pool|sdn|storage|vms)(?:/{name})*)?',
  /** File mode; empty: unchanged. Never set-user-id. */
  mode: '(?:0[0-7]{3})?',
  owner: '[0-9]{0,10}(?::[0-9]{1,10})?',
  expected: '(?:{digest}|absent)?',
  /** A process group; 1 would mean all processes. */
  group: '[2-9]|[1-9][0-9]{1,9}',
  /** The account of a person: not root, nor another system account, which the forced command looks up on the host. */
  account: '((?!root[@:\\0])[a-z_][a-z0-9_-]{0,31})',
  /** An account inside a guest. */
  login: '[a-z_][a-z0-9_-]{0,31}',
  hash: '\\$[A-Za-z0-9]{1,10}\\$[A-Za-z0-9./$=,_-]+|!|\\*',
  client: '(?!-)[A-Za-z0-9.*?@/_-]+|\\[?[0-9A-Fa-f:]+\\]?(?:/[0-9]+)?',
  exported: '{option}(?:,{option})*',
  option: '[a-z_]+(?:=[A-Za-z0-9:/._-]+)?',
  dataset: '{name}(?:/{name})*',
  setting:
    '(?!(?:mountpoint|sharenfs|sharesmb|sharing)=)[a-z][a-z0-9:_.-]*=[^\\0\\n]*|mountpoint=(?:{data}|none|legacy)',
  storage: '[A-Za-z][A-Za-z0-9._-]*',
  volume: '{storage}:(?:[0-9]+|(?:{step}/)*{step})',
  template: '{storage}:vztmpl/{step}|/var/lib/vz/template/cache/{step}|{data}',
  /** Paths of images and templates on file-based storages; {data} covers others. */
  image: '/var/lib/vz/(?:template/iso|import|images)/(?:{step}/)*{step}|/mnt/pve/(?:{step}/)*{step}',
  zone: '[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*',

  /** A path segment, without a comma: it may be in a property string. */
  step: '(?!\\.\\.?[/,\\0])[^/,\\0\\n]+',
  file: '[A-Za-z0-9_][A-Za-z0-9_.+~-]*',
  /** People's data: nothing that belongs to the system. The host's own file `roots` adds further folders, one per line. */
  data: '/(?!(?:bin|boot|dev|etc|home|lib|lib32|lib64|libx32|opt|proc|root|run|sbin|snap|sys|usr|var)[/,\\0]){step}(?:/{step})*',
  device: '/dev/(?!mem[,\\0]|kmem[,\\0]|port[,\\0])(?:{step}/)*{step}',
  /** A device that is passed to a container. */
  handed: '(?:path=)?{device}(?:,(?:mode=0[0-7]{3}|uid=[0-9]+|gid=[0-9]+|deny-write=[01]))*',
  /** Further mount options, which people may have set. */
  options: '(?:,(?!(?:volume|mp)=)[a-z]+=[A-Za-z0-9;:._-]+)*',
  bind: '{data}{options},mp=/(?:{step}/)*{step}{options}',
  /** Proxmox's names of the options that a guest's `options` declares. */
  lxcoption: named('lxc'),
  vmoption: named('vm'),
  bus: '(?:scsi|virtio|sata|ide)[0-9]{1,2}',
  /** A former disk of a VM that is recreated, never one of the host. */
  drive: '{volume}(?:,(?!import-from=)[a-z_-]+=[^,\\0\\n]*)*',
  buses: '{bus}(?:;{bus})*',
  /** A new disk with the content of an image: a volume, or a file where images are stored. */
  copied: '{storage}:0(?:,[a-z_]+=[^,\\0\\n]*)*,import-from=(?:{image}|{volume})',
  mount: '{volume},mp=/(?:{step}/)*{step}(?:,[a-z]+=[^,\\0\\n]*)*|{bind}',
  /** A new root disk. */
  rootdisk: '{storage}:{size}(?:,[a-z]+=[^,\\0\\n]*)*',
  rootvolume: '{storage}:(?=[^,]*[A-Za-z])(?:{step}/)*{step}(?:,[a-z]+=[^,\\0\\n]*)*',
  keys: '/home/{step}/\\.ssh/authorized_keys',
  own: '/var/lib/phoenix/(?:{step}/)*{step}',
  /** Files that Phoenix writes and removes. */
  written: [
    ...['{data}', '{own}', '{keys}'],
    ...['/etc/hosts', '/etc/sub[ug]id', '/etc/sudoers\\.d/phoenix', '/etc/exports\\.d/phoenix\\.exports'],
    ...[
      '/etc/samba/(?:smb|phoenix)\\.conf',
      '/etc/dnsmasq\\.d/00-phoenix\\.conf',
      '/etc/dnsmasq\\.hosts\\.d/phoenix',
      '/etc/modprobe\\.d/zz-phoenix-zfs\\.conf',
    ],
    ...['/etc/network/interfaces\\.d/phoenix', '/run/systemd/system/phoenix-network-revert\\.service'],
    ...['/etc/pve/(?:lxc|qemu-server)/{vmid}\\.conf', '/etc/pve/firewall/(?:{vmid}|cluster)\\.fw'],
    ...['/etc/pve/(?:local|nodes/{name})/host\\.fw', '/usr/local/share/ca-certificates/phoenix-root\\.crt'],
    '/var/lib/vz/snippets/phoenix-guest-agent\\.yaml',
  ].join('|'),
  /** Further files that it reads; for folders, the files in them. */
  read: [
    ...['{written}', '/etc/(?:passwd|group|sudoers|exports|resolv\\.conf)', '/etc/phoenix/secrets/(?:{step}/)*{step}'],
    ...[
      '/etc/network/interfaces',
      '/etc/apt/sources\\.list(?:\\.d/{step})?',
      '/etc/os-release',
      '/etc/pve/sdn/(?:(?:zones|vnets|subnets|controllers|fabrics)\\.cfg|\\.running-config)',
      '/etc/pve/(?:ha/(?:resources|rules)|replication)\\.cfg',
      '/etc/pve/(?:storage|user|jobs|domains|status|datacenter|notifications)\\.cfg',
      '/etc/pve/local/config',
      '/etc/pve/local/pveproxy-ssl\\.pem',
      '/etc/pve/mapping/(?:pci|usb|directory)\\.cfg',
      '/etc/pve/virtual-guest/cpu-models\\.conf',
      '/etc/pve/\\.vmlist',
      '/etc/ssl/certs/phoenix-root\\.pem',
    ],
    ...['/var/lib/nfs/etab', '/proc/driver/nvidia/version', '/sys/module/zfs/parameters/zfs_arc_max'],
  ].join('|'),
  /** The folder of secrets that a configuration may refer to. */
  secrets: '/etc/phoenix/secrets',
  secret: '{secrets}/(?:{step}/)*{step}',
  folder: [
    ...['{data}', '/var/lib/phoenix(?:/{step})*', '/etc/pve/(?:lxc|qemu-server|firewall|ha)'],
    ...['/var/lib/vz/snippets', '/etc/network/interfaces\\.d', '/etc/apt/sources\\.list\\.d', '/etc/exports\\.d'],
  ].join('|'),
  sourcesfile: '/etc/apt/sources\\.list(?:\\.d/{file})?',
  /** Files to which steps of several targets add lines. */
  shared: '/etc/sub[ug]id',
  made: '{data}|/var/lib/phoenix(?:/{step})*|/home/{step}/\\.ssh',
};

/** The options of declared settings, each with its possible values (managers/guest/settings). */
function declared(kind: GuestKind): string {
  const options = settingsOf(kind).map(([, one]) => {
    const schema = jsonSchemaOf(one.check(placesOf(one, kind))) as { readonly type?: string; readonly enum?: string[] };
    const { type, enum: words } = schema;
    if (words !== undefined && one.key === undefined) return `--${one.option} ( ${words.join(' | ')} )`;
    const word = TEXTS[one.option] ?? (one.key === undefined ? WORDS.get(type ?? '') : 'props');
    if (word === undefined) throw new Error(`no class of words for --${one.option}, which is a ${type}`);
    return `--${one.option} {${word}}`;
  });
  return [...new Set(options)].join(' | ');
}

const GUEST_SETTINGS =
  '--nameserver {addresses} | --searchdomain {domains} | --tags {tags} | --net{number} {props} | --description {notes}';
const LXC_SETTINGS = `${declared('lxc')} | ${GUEST_SETTINGS} | --hostname {name} | --features {props} | --mp{number} {mount} | --dev{number} {handed} | --{lxcoption} {plain}`;
const VM_SETTINGS = `${declared('vm')} | ${GUEST_SETTINGS} | --name {name} | --agent {props} | --ipconfig{number} {props} | --ciuser {login} | --sshkeys /var/lib/phoenix/sshkeys/{vmid}.pub | --{bus} {drive} | --{bus} {copied} | --tpmstate0 {drive} | --efidisk0 {drive} | --hostpci{number} {pci} | --{vmoption} {plain}`;
const UNIT = '( dnsmasq.service | nfs-server.service | pve-firewall.service | smbd.service )';

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
  'pve-groupid-list': 'nowords',
  'pve-priv-list': 'nowords',
  'pve-roleid-list': 'words',
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
      ...['acr-values', 'audiences', 'bucket', 'client-id', 'organization', 'prompt', 'scopes', 'sync_attributes'],
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
  if (type !== 'string') return `{${WORDS.get(type ?? '') ?? 'plain'}}`;
  const own = FREE.test(option) ? 'text' : NAMES.test(option) ? 'name' : TEXT_CLASSES[option];
  const isProperties = format !== undefined && propertiesOf(format) !== undefined;
  const word = format === undefined ? own : (FORMATS[format] ?? (isProperties ? 'settings' : undefined));
  if (word === undefined) throw new Error(`no class of words for --${option}, a text in the form ${format}`);
  return `{${word}}`;
}

/** The commands that create, change and delete a datacenter object, with the options that can be declared. */
function objectCommands(row: ObjectRow): string[] {
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
  if (row.single !== undefined) return [`pvesh set ${named} ( ${[...set, ...more, ...secured].join(' | ')} )+`];
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
  if (row.decide !== undefined) return [`pvesh set ${named} ( ${[...set, '--delete 1'].join(' | ')} )+`];
  const making = (row.createArgs ?? []).join(' ');
  const named1 = isAddressed(row, paths.create) ? '' : ` --${id} {${NAME_CLASSES[id ?? ''] ?? 'name'}}`;
  const changed =
    rename === undefined ? `pvesh set ${named}` : `pvesh create ${paths.create} --${id} {name} --${rename} {name}`;
  const create = `create ${classed(paths.create)}${named1} ( ${made.join(' | ')} )*${making === '' ? '' : ` ${making}`}`;
  const secret = Object.entries(row.secrets ?? {}).flatMap(([option, { setAction, multiple: isNamed, encoding }]) =>
    setAction !== undefined
      ? []
      : isNamed === true
        ? ['{secretnames}']
        : [encoding === undefined ? option : `${encoding}:${option}`],
  );
  const isChanged = Object.values(row.secrets ?? {}).every(({ onlyAtCreation }) => onlyAtCreation === undefined);
  return [
    `pvesh ${create}`,
    ...(secret.length === 0
      ? []
      : [
          `perl -e {pveshwithsecrets} ${secret.join(',')} ${create}`,
          ...(isChanged ? [`perl -e {pveshwithsecrets} ${secret.join(',')} set ${named}`] : []),
        ]),
    `${changed} ( ${[...set, ...more, ...secured].join(' | ')} )+`,
    `pvesh delete ${[named, ...(part?.deletedWithObject === true ? ['--force', '1'] : []), ...(deleteArgs ?? [])].join(' ')}`,
  ];
}

/** A node of a fabric is created below it, by its name. */
function fabricNodeCommands(): string[] {
  const row = ROWS.find(({ kind }) => kind === 'fabricnode');
  const options = [...(row === undefined ? [] : optionsOf(row))].map(
    ([option, schema]) => `--${option} ${wordsFor('fabricnode', option, schema)}`,
  );
  const path = '/cluster/sdn/fabrics/node/{name}';
  return [
    `pvesh create ${path} --node_id {name} ( ${options.join(' | ')} )*`,
    `pvesh set ${path}/{name} ( ${[...options, '--delete {words}'].join(' | ')} )+`,
    `pvesh delete ${path}/{name}`,
  ];
}

/** A subnet is created by its network; afterwards its id also contains the zone. */
function subnetCommands(): string[] {
  const row = ROWS.find(({ kind }) => kind === 'subnet');
  const options = [...(row === undefined ? [] : optionsOf(row))].map(
    ([option, schema]) => `--${option} ${wordsFor('subnet', option, schema)}`,
  );
  const path = '/cluster/sdn/vnets/{name}/subnets';
  return [
    `pvesh create ${path} --subnet {cidr} --type subnet ( ${options.join(' | ')} )*`,
    `pvesh set ${path}/{subnet} ( ${[...options, '--delete {words}'].join(' | ')} )+`,
    `pvesh delete ${path}/{subnet}`,
  ];
}

const RULE =
  '--type ( in | out | forward ) | --action ( ACCEPT | DROP | REJECT ) | --macro {name} | --source {matched} | --dest {matched} | --proto {matched} | --sport {matched} | --dport {matched} | --icmp-type {matched} | --log {name} | --enable {flag} | --comment {text}';

/** Classes of object names, by the placeholder or option that contains them; others are plain names. */
const NAME_CLASSES: Readonly<Record<string, string>> = { node: 'localnode', sid: 'sid', userid: 'puser' };

function classed(path: string): string {
  return path.replace(/\{(\w+)\}/g, (_, key: string) => `{${NAME_CLASSES[key] ?? 'name'}}`);
}

/**
 * Words are separated by blanks; `( a | b )` is a choice, with `?`, `*` and `+` as in regular expressions. `<` is followed by the class of standard
 * input.
 */
const COMMANDS: readonly string[] = [
  // Guests. Commands inside a guest run as its root and are not checked.
  ...(['pct', 'qm'] as const).flatMap((program) => [
    `${program} status {vmid}`,
    `${program} start {vmid}`,
    `${program} template {vmid}`,
    `${program} shutdown {vmid} --forceStop 1 --timeout {number}`,
    `${program} destroy {vmid} --purge {flag} --destroy-unreferenced-disks 0`,
    `${program} snapshot {vmid} {snapshot}`,
    `${program} delsnapshot {vmid} {snapshot}`,
    `${program} rollback {vmid} {snapshot}`,
  ]),
  `pct set {vmid} ( ${LXC_SETTINGS} | --rootfs {rootvolume} | --delete {list} | --revert {list} )+`,
  `pct create {vmid} {template} --rootfs {rootdisk} --unprivileged {flag} ( --ostype {name} )? ( --ssh-public-keys /var/lib/phoenix/sshkeys/{vmid}.pub )? ( --password )? ( ${LXC_SETTINGS} )*`,
  'pct clone {vmid} {vmid} ( --snapname {snapshot} )? --full 1 --storage {storage} --hostname {name} --description {text}',
  'pct resize {vmid} ( rootfs | mp{number} ) {size}G',
  'pct exec {vmid} --keep-env 0 -- ( {any} )+',
  `qm set {vmid} ( ${VM_SETTINGS} | --delete {list} | --revert {list} )+`,
  `qm create {vmid} ( ${VM_SETTINGS} | --ostype l26 | --scsihw virtio-scsi-pci | --serial0 socket | --vga serial0 | --ide2 {storage}:cloudinit | --boot order={buses} | --cicustom vendor=local:snippets/phoenix-guest-agent.yaml )+`,
  'qm clone {vmid} {vmid} ( --snapname {snapshot} )? --full 1 --storage {storage} --name {name} --description {text}',
  'qm disk resize {vmid} {bus} {size}G',
  'qm guest cmd {vmid} ping',
  'qm guest exec {vmid} --timeout {number} ( --pass-stdin 1 )? -- ( {any} )+',
  'pvesh get /cluster/resources --type vm --output-format json',
  // A notification through Proxmox: a mail on standard input.
  '/usr/libexec/proxmox-mail-forward',
  // Checks of `phoenix doctor`.
  'pvesh get /version --output-format json',
  // Neither output contains a key.
  'pvesh get /cluster/acme/account --output-format json',
  'pvesh get /cluster/acme/account/{name} --output-format json',
  'sed {withoutdata} /etc/pve/priv/acme/plugins.cfg',
  `sed {withouthashes} ${PASSWORDS_FILE}`,
  'sed {withoutsdnsecrets} ( /etc/pve/sdn/ipams.cfg | /etc/pve/sdn/dns.cfg )',
  'pct list',
  'qm list',
  'pvesm status',
  'pvesh get /nodes/localhost/storage/{storage}/content --output-format json',
  'pvesh create /nodes/localhost/storage/{storage}/download-url --content ( iso | vztmpl | import ) --filename {file} --url {url} ( --checksum {checksum} )? ( --checksum-algorithm ( md5 | sha1 | sha224 | sha256 | sha384 | sha512 ) )? ( --compression ( gz | lzo | zst | bz2 ) )? ( --verify-certificates 0 )?',
  'pvesh create /nodes/localhost/storage/{storage}/oci-registry-pull --filename {file} --reference {ociimage}',
  'pvesh get /nodes/localhost/ceph/pool --output-format json',
  'pvesm free {storedfile}',
  'pveam update',
  'pveam available',
  'pveam download {storage} {file}',
  'pvesm list {storage}',
  'test -f ( {template} | {image} )',

  // Storage.
  'pvesm add zfspool {storage} --pool {dataset} --content {list}',
  'pvesm add dir {storage} --path {data} --is_mountpoint yes --content {list}',
  'pvesm set {storage} --content {list}',
  'pvesm remove {storage}',
  'zfs get -Hp -t filesystem -o name,property,value,source {columns}',
  'zfs create -p ( -o {setting} )* {dataset}',
  'zfs set ( {setting} )+ {dataset}',
  'zfs inherit {name} {dataset}',
  'zfs mount {dataset}',
  'tee /sys/module/zfs/parameters/zfs_arc_max < {number}',
  'update-initramfs -u -k all',

  // Objects of the datacenter.
  ...ROWS.filter(({ kind }) => !['subnet', 'fabricnode', 'download'].includes(kind)).flatMap(objectCommands),
  ...subnetCommands(),
  ...fabricNodeCommands(),
  'pvesh set /cluster/sdn',
  `pvesh create /cluster/firewall/groups/{name} ( ${RULE} )+`,
  `pvesh set /cluster/firewall/groups/{name}/{number} ( ${RULE} | --delete {words} | --moveto {number} )+ --digest {digestone}`,
  'pvesh delete /cluster/firewall/groups/{name}/{number} --digest {digestone}',
  'pvesh create /cluster/firewall/ipset/{name} --cidr {cidr} ( --nomatch 1 )? ( --comment {text} )?',
  'pvesh set /cluster/firewall/ipset/{name}/{cidr} --nomatch {flag} ( --comment {text} )?',
  'pvesh delete /cluster/firewall/ipset/{name}/{cidr}',

  // Network, names, clock.
  'ip -j address show',
  'ifreload --syntax-check -a',
  'ifreload -a',
  'systemctl daemon-reload',
  'systemd-run --on-active=120 --unit=phoenix-network-revert --collect',
  'systemctl stop phoenix-network-revert.timer',
  'systemctl start phoenix-network-revert.service',
  'pve-firewall compile',
  'printenv SSH_CONNECTION',
  'dnsmasq --test --conf-file=/var/lib/phoenix/dns/{step}',
  'hostname',
  'timedatectl show --property=Timezone --property=NTP',
  'timedatectl set-timezone {zone}',
  'timedatectl set-ntp true',

  // Package repositories: standard ones of Proxmox can be added, others enabled and disabled.
  `pvesh set /nodes/localhost/apt/repositories --handle ( ${APT_HANDLES.join(' | ')} ) ( --digest {digest} )?`,
  'pvesh create /nodes/localhost/apt/repositories --path {sourcesfile} --index {number} --enabled {flag} ( --digest {digest} )?',

  // Shares, services, certificates.
  'exportfs -i ( -o {exported} )? {client}:{data}',
  'exportfs -u {client}:{data}',
  'testparm -s /var/lib/phoenix/samba/{step}',
  'apt-get -y -q --no-install-recommends -o Dpkg::Lock::Timeout=300 install ( dnsmasq | nfs-kernel-server | pve-firewall | samba | sudo )',
  `systemctl show --property=Id,LoadState,ActiveState,UnitFileState ${UNIT}+`,
  `systemctl enable --now ${UNIT}`,
  `systemctl restart ${UNIT}`,
  'systemctl reload-or-restart smbd.service',
  'systemctl reload dnsmasq.service',
  'update-ca-certificates ( --fresh )?',
  'pvenode cert set /var/lib/phoenix/page/certificate.pem /var/lib/phoenix/page/key.pem --force 1 --restart 1',
  'pvenode cert delete 1',
  'pvenode acme cert ( order | renew ) ( --force 1 )?',
  'openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out /var/lib/phoenix/certificates/work/{step}.key',
  'openssl req -new -config /var/lib/phoenix/certificates/work/{step}.cnf -key /var/lib/phoenix/certificates/work/{step}.key -out /var/lib/phoenix/certificates/work/{step}.csr',

  // Accounts of people.
  'useradd --create-home --user-group --shell /bin/bash --comment Kept\\ by\\ Phoenix {account}',
  'usermod --comment Kept\\ by\\ Phoenix {account}',
  'chpasswd -e < {account}:{hash}',
  'visudo -c -f /var/lib/phoenix/users/sudoers',
  // Only in Proxmox's own realm: users of pam are accounts of the host.
  'pveum passwd {pveuser}@pve',
  'pveum user add {account}@pam --comment Kept\\ by\\ Phoenix',
  'pveum acl ( modify | delete ) / --users {account}@pam --roles Administrator',

  // File operations by Phoenix's own scripts, with the arguments after their marker, PATH and root.
  ':file {read}',
  ':folders ( {folder} )*',
  ':within {secret} ( {secrets} )+',
  ':inspect ( {read} | {made} | /etc/pve/priv/acme | /etc/pve/ceph.conf | /etc/pve/sdn/ipams.cfg | /etc/pve/sdn/dns.cfg )*',
  ':key {read}',
  ':write {written} {mode} {owner} {expected}',
  // Never an executable file.
  ':write /var/lib/vz/snippets/{file} 0644 {owner} {expected}',
  ':remove ( /var/lib/vz/snippets/{file} )+',
  // Secrets that Proxmox stores separately; they are written and never read.
  ':write /etc/pve/priv/realm/{name}.pw 0600 {owner} {expected}',
  ':write /etc/pve/priv/metricserver/{name}.pw 0600 {owner} {expected}',
  ':lines {shared} {mode} {number} ( root:{number}:{number} )+',
  ':folder {made} {owner} {mode}',
  ':place ( {read} {written} {mode} {owner} )+',
  ':remove ( {written} )+',
  ':connect {host} {number}',
  ':end {group}',
];

/** The content of `deploy/ssh/programs`, which the forced command reads. */
export function printTable(): string {
  const classes = Object.entries(CLASSES).map(([name, pattern]) => `let ${name} ${pattern}`);
  return `${['# node deploy/ssh/table.ts > deploy/ssh/programs', ...classes, ...COMMANDS].join('\n')}\n`;
}

if (import.meta.main) process.stdout.write(printTable());
