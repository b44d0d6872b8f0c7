// The classes of words in the table of commands: what a placeholder such as {name} may stand for.

import { TEXT_FORMS } from '../../src/managers/datacenter/options/text-forms.ts';
import { optionNames } from '../../src/managers/guest/options/shape.ts';
import type { GuestKind } from '../../src/managers/guest/settings/setting.ts';
import { settingsOf } from '../../src/managers/guest/settings/values.ts';
import { WITHOUT_HASHES } from '../../src/proxmox/access.ts';
import { WITHOUT_DATA } from '../../src/proxmox/acme.ts';
import { WITHOUT_SDN_SECRETS } from '../../src/proxmox/sdn.ts';
import { PVESH_WITH_SECRETS } from '../../src/proxmox/secret-arguments.ts';

/** A pattern that matches exactly this script. */
const quoted = (script: string): string => script.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');

/** Options with their own, stricter class: the general class would allow what that refuses. */
const APART = /^(nameserver|searchdomain|features|agent|ciuser|net\d+|ipconfig\d+|dev\d+|hookscript|hostpci\d+)$/;

/** Options that would give the key root access to the node, whatever their value: only a person on the node, or a Phoenix on it, sets them. */
const NEVER = /^(args|cicustom)$/;

/** Names of the options that a guest's `options` may have; numbered ones by their stem. */
export function named(kind: GuestKind): string {
  const declared = new Set(settingsOf(kind).map(([, { option }]) => option));
  const own = optionNames(kind).filter((name) => !declared.has(name) && !APART.test(name) && !NEVER.test(name));
  const names = own.map((name) => (/^[a-z]+\d+$/.test(name) ? name.replace(/\d+$/, '[0-9]{1,3}') : name));
  return [...new Set(names)].join('|');
}

/**
 * Classes of words, or of parts of words. Each is a regular expression with the same meaning in JavaScript and Perl; `{name}` is another class. The
 * words of a command are joined by NUL, with one at the end, so none may match NUL, and a path may end before one.
 */
export const CLASSES: Readonly<Record<string, string>> = {
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
  /** A group or role, which may begin with a dot; dots alone would lead out of a path. */
  freename: '(?:[A-Za-z0-9_]|\\.+[A-Za-z0-9_-])[A-Za-z0-9._-]*',
  freenames: '{freename}(?:,{freename})*',
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
  nofreenames: '(?:{freenames})?',
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
  /** Proxmox puts the folder behind the storage's own path, with or without a slash before. */
  overrides: '{override}(?:,{override})*',
  override: '[a-z]+=/?[A-Za-z0-9_.-]+(?:/[A-Za-z0-9_.-]+)*',
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
  aclpath: '/(?:(?:access|mapping|nodes|pool|sdn|storage|vms)(?:/{freename})*)?',
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
  /** A disk of the host by a name that lasts, as in src/config/schema/text.ts. */
  hostdisk:
    '/dev/(?!(?:block|bus|char|cpu|dri|fd|hugepages|input|lightnvm|mqueue|net|nvidia-caps|pts|serial|shm|snd|vfio|virtio-ports)/|disk/by-(?:diskseq|loop-inode|loop-ref)/|(?:loop|dm|md)/[0-9]+(?:[p_][0-9]+)?(?![^,\\0])|mapper/loop[0-9]|cciss/c[0-9]){diskstep}(?:/{diskstep})+',
  diskstep: '(?!\\.\\.?[/,\\0])[^\\s/,=\\0]+',
  /**
   * A volume, such as a former disk of a VM that is recreated, an empty drive or that of the host, or a disk of the host. What is attached is said once:
   * `volume` is another name of `file`, and some versions of Proxmox let it take the place of what stands first. (qemu-server, PVE/QemuServer/Drive.pm)
   */
  drive:
    "(?:{volume}|none|cdrom)(?:,(?!(?:import-from|file|volume)=)[a-z_-]+=[^,\\0\\n]*)*|{hostdisk}(?:,(?!(?:import-from|file|volume)=)[a-z_]+=[A-Za-z0-9._%!~*'() -]+)*",
  /** A volume with UEFI's settings or the state of a TPM: nothing else is written there. */
  firmwaredrive: '{volume}(?:,(?!(?:import-from|file|volume)=)[a-z-]+=[^,\\0\\n]*)*',
  buses: '{bus}(?:;{bus})*',
  /** A new disk with the content of an image: a volume, or a file where images are stored. */
  copied: '{storage}:0(?:,(?!(?:file|volume)=)[a-z_]+=[^,\\0\\n]*)*,import-from=(?:{image}|{volume})',
  mount:
    '{volume},mp=/(?:{step}/)*{step}(?:,[a-z]+=[^,\\0\\n]*)*|{bind}|{hostdisk}{options},mp=/(?:{step}/)*{step}{options}',
  /** A new root disk. */
  rootdisk: '{storage}:{size}(?:,[a-z]+=[^,\\0\\n]*)*',
  rootvolume: '{storage}:(?=[^,]*[A-Za-z])(?:{step}/)*{step}(?:,[a-z]+=[^,\\0\\n]*)*',
  keys: '/home/{step}/\\.ssh/authorized_keys',
  own: '/var/lib/phoenix/(?:{step}/)*{step}',
  /** Files that Phoenix writes and removes. */
  written: [
    '{data}',
    '{own}',
    '{keys}',
    '/etc/hosts',
    '/etc/sub[ug]id',
    '/etc/sudoers\\.d/phoenix',
    '/etc/exports\\.d/phoenix\\.exports',
    '/etc/samba/(?:smb|phoenix)\\.conf',
    '/etc/dnsmasq\\.d/00-phoenix\\.conf',
    '/etc/dnsmasq\\.hosts\\.d/phoenix',
    '/etc/modprobe\\.d/zz-phoenix-zfs\\.conf',
    '/etc/network/interfaces\\.d/phoenix',
    '/run/systemd/system/phoenix-network-revert\\.service',
    '/etc/pve/(?:lxc|qemu-server)/{vmid}\\.conf',
    '/etc/pve/firewall/(?:{vmid}|cluster)\\.fw',
    '/etc/pve/(?:local|nodes/{name})/host\\.fw',
    '/usr/local/share/ca-certificates/phoenix-root\\.crt',
    '/var/lib/vz/snippets/phoenix-guest-agent\\.yaml',
  ].join('|'),
  /** Further files that it reads; for folders, the files in them. */
  read: [
    '{written}',
    '/etc/(?:passwd|group|sudoers|exports|resolv\\.conf)',
    '/etc/phoenix/secrets/(?:{step}/)*{step}',
    '/etc/network/interfaces',
    '/etc/apt/sources\\.list(?:\\.d/{step})?',
    '/etc/os-release',
    '/etc/pve/sdn/(?:(?:zones|vnets|subnets|controllers|fabrics)\\.cfg|firewall/{step}\\.fw|\\.running-config|pve-ipam-state\\.json)',
    '/etc/pve/(?:ha/(?:resources|rules)|replication)\\.cfg',
    '/etc/pve/(?:storage|user|jobs|domains|status|datacenter|notifications)\\.cfg',
    '/etc/pve/local/config',
    '/etc/pve/local/pveproxy-ssl\\.pem',
    '/etc/pve/mapping/(?:pci|usb|directory)\\.cfg',
    '/etc/pve/virtual-guest/cpu-models\\.conf',
    '/etc/pve/\\.(?:vmlist|members)',
    '/etc/ssl/certs/phoenix-root\\.pem',
    '/run/qemu-server/{vmid}\\.pid',
    '/proc/[1-9][0-9]*/cmdline',
    '/sys/fs/cgroup/lxc/{vmid}/ns/cgroup\\.events',
    '/var/lib/nfs/etab',
    '/proc/driver/nvidia/version',
    '/sys/module/zfs/parameters/zfs_arc_max',
  ].join('|'),
  /** The folder of secrets that a configuration may refer to. */
  secrets: '/etc/phoenix/secrets',
  secret: '{secrets}/(?:{step}/)*{step}',
  folder: [
    '{data}',
    '/var/lib/phoenix(?:/{step})*',
    '/etc/pve/(?:lxc|qemu-server|(?:sdn/)?firewall|ha)',
    '/var/lib/vz/snippets',
    '/etc/network/interfaces\\.d',
    '/etc/apt/sources\\.list\\.d',
    '/etc/exports\\.d',
  ].join('|'),
  sourcesfile: '/etc/apt/sources\\.list(?:\\.d/{file})?',
  /** Files to which steps of several targets add lines. */
  shared: '/etc/sub[ug]id',
  made: '{data}|/var/lib/phoenix(?:/{step})*|/home/{step}/\\.ssh',
};
