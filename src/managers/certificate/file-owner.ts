// Determines the owner of a host file that a container reads through a mount: ids as seen inside the container, mapped to ids of the host. Only names
// with fixed ids can be resolved before the container exists, and certificates are created before their users.

import type { Config } from '../config.ts';
import type { IdMap, LxcGuest } from '../lxc/declared.ts';
import type { Certificate } from './declared.ts';

/** Ids that are fixed on Debian and Ubuntu: those of the package base-passwd. */
const USERS: Readonly<Record<string, number>> = {
  root: 0,
  daemon: 1,
  bin: 2,
  sys: 3,
  sync: 4,
  games: 5,
  man: 6,
  lp: 7,
  mail: 8,
  news: 9,
  uucp: 10,
  proxy: 13,
  'www-data': 33,
  backup: 34,
  list: 38,
  irc: 39,
  nobody: 65534,
};
const GROUPS: Readonly<Record<string, number>> = {
  root: 0,
  daemon: 1,
  bin: 2,
  sys: 3,
  adm: 4,
  tty: 5,
  disk: 6,
  lp: 7,
  mail: 8,
  news: 9,
  uucp: 10,
  man: 12,
  proxy: 13,
  kmem: 15,
  dialout: 20,
  fax: 21,
  voice: 22,
  cdrom: 24,
  floppy: 25,
  tape: 26,
  sudo: 27,
  audio: 29,
  dip: 30,
  'www-data': 33,
  backup: 34,
  operator: 37,
  list: 38,
  irc: 39,
  src: 40,
  shadow: 42,
  utmp: 43,
  video: 44,
  sasl: 45,
  plugdev: 46,
  staff: 50,
  games: 60,
  users: 100,
  nogroup: 65534,
};

/** Offset of ids in Proxmox's default mapping for unprivileged containers. */
const SHIFT = 100_000;

export interface FileOwner {
  /** Ids on the host; null: only the host itself can resolve the name. */
  readonly uid: number | null;
  readonly gid: number | null;
}

/** The container that mounts the path; preferably the one that is notified of renewals. */
export function containerThatSees(config: Config, { keyPath, hook }: Certificate): LxcGuest | null {
  const seers = config.lxc.filter(({ mountPoints }) => mountPoints.some(({ hostPath }) => isBelow(keyPath, hostPath)));
  return seers.find(({ id }) => id === hook?.guest) ?? seers[0] ?? null;
}

export function isBelow(path: string, folder: string): boolean {
  return folder === '/' || path.startsWith(folder.endsWith('/') ? folder : `${folder}/`);
}

/** The owner of a certificate's files on the host. */
export function ownerOf(config: Config, certificate: Certificate): FileOwner {
  const container = containerThatSees(config, certificate);
  const onHost = (id: number | null, type: IdMap['type']): number | null =>
    id === null || container === null ? id : shifted(container, id, type);
  return {
    uid: onHost(idOf(certificate.owner, USERS), 'uid'),
    gid: onHost(idOf(certificate.group, GROUPS), 'gid'),
  };
}

function idOf(name: string, known: Readonly<Record<string, number>>): number | null {
  return /^[0-9]+$/.test(name) ? Number(name) : (known[name] ?? null);
}

function shifted({ unprivileged, idMaps }: LxcGuest, id: number, type: IdMap['type']): number {
  if (!unprivileged) return id;
  const own = idMaps.filter((map) => map.type === type);
  if (own.length === 0) return id + SHIFT;
  const map = own.find(({ containerId, size }) => id >= containerId && id < containerId + size);
  return map === undefined ? id + SHIFT : id - map.containerId + map.hostId;
}
