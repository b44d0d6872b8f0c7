// Proxmox options that Phoenix has a field for: declaring one in `options` as well would be a duplicate, and some may only be declared by the field.

import { stemOf } from '../../../proxmox/guests/guest-options.ts';
import type { GuestKind } from '../settings/setting.ts';
import { settingsOf } from '../settings/values.ts';
import { PROXMOX_KIND } from './option.ts';

interface Elsewhere {
  /** Paths of the fields in a guest's entry that become the option. */
  readonly fields?: readonly string[];
  /** Set where the option is not allowed in `options`: what to do instead, as the end of a sentence. */
  readonly instead?: string;
}

const COMMAND = { instead: 'leave it out, it is a word of the command and no option of a guest' };
const LOCK = { instead: 'leave it out, Proxmox sets and clears it itself' };
const UNUSED = { instead: 'leave it out, Proxmox keeps the list of volumes that are detached itself' };
const DRIVE = { instead: 'write the drive in "disks" or the field that is for it' };
const FIRST_INTERFACE = { instead: 'write "network_config"' };

const BOTH: Readonly<Record<string, Elsewhere>> = {
  delete: COMMAND,
  description: { instead: 'write "description"' },
  digest: COMMAND,
  force: COMMAND,
  lock: LOCK,
  net: { fields: ['networks'] },
  net0: FIRST_INTERFACE,
  node: COMMAND,
  pool: { instead: 'write "pool"' },
  revert: COMMAND,
  searchdomain: { fields: ['network_config.searchdomain'] },
  skiplock: COMMAND,
  storage: { instead: 'write "storage_pool"' },
  tags: { instead: 'write "tags"' },
  unused: UNUSED,
  vmid: COMMAND,
};

/** By option without its number; an entry with a number takes precedence. */
const ELSEWHERE: Readonly<Record<GuestKind, Readonly<Record<string, Elsewhere>>>> = {
  lxc: {
    ...BOTH,
    dev: { fields: ['devices', 'gpu_assignment'] },
    env: { instead: 'write "env"' },
    features: { fields: ['pct_options'] },
    hostname: { instead: 'write "name"' },
    mp: { instead: 'write "mount_points" for folders of the host and "zfs_volumes" for volumes' },
    nameserver: { fields: ['network_config.nameservers'] },
    ostemplate: { instead: 'write "template"' },
    ostype: { instead: 'write "ostype" of the container' },
    password: { instead: 'leave it out, a script of the container sets a password by reference to a secret' },
    rootfs: { instead: 'write "storage_pool", "storage_size_gb" and "root_disk"' },
    'ssh-public-keys': { instead: 'leave it out, a script of the container gives it keys' },
    template: { instead: 'write "is_template"' },
    unprivileged: { instead: 'write "unprivileged" of the container' },
  },
  vm: {
    ...BOTH,
    background_delay: COMMAND,
    cdrom: DRIVE,
    cipassword: { instead: 'write "user_config.password", by reference to a secret' },
    ciuser: { fields: ['user_config.username'] },
    efidisk0: DRIVE,
    hostpci: { fields: ['passthrough'] },
    ide: DRIVE,
    ipconfig: { fields: ['networks'] },
    ipconfig0: FIRST_INTERFACE,
    name: { instead: 'write "name" of the VM' },
    nameserver: { fields: ['network_config.nameserver'] },
    sata: DRIVE,
    scsi: DRIVE,
    serial: { fields: ['serial'] },
    sshkeys: { instead: 'write "user_config.ssh_keys"' },
    template: { instead: 'write "is_template"' },
    tpmstate0: DRIVE,
    usb: { fields: ['passthrough'] },
    virtio: DRIVE,
  },
};

/** What to write instead of an option that is not allowed in `options`; undefined for one that is. */
export function insteadOf(kind: GuestKind, option: string): string | undefined {
  return elsewhere(kind, option)?.instead;
}

/** Fields of the entry that declare the same option, such as `network_config.searchdomain`. */
export function fieldsOf(kind: GuestKind, option: string): readonly string[] {
  const settings = settingsOf(kind).flatMap(([name, setting]) => (setting.option === option ? [name] : []));
  return [...settings, ...(elsewhere(kind, option)?.fields ?? [])];
}

function elsewhere(kind: GuestKind, option: string): Elsewhere | undefined {
  const known = ELSEWHERE[kind];
  const [name] = [option, stemOf(PROXMOX_KIND[kind], option)].filter((each) => Object.hasOwn(known, each));
  return name === undefined ? undefined : known[name];
}
