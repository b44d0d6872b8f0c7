// Value checks that are in the code of Proxmox's programs and not in a schema, with their sources. Without those that depend on the host's state.

import { isAclPath } from '../access.ts';
import { arePublicKeys } from '../public-key.ts';
import { FILE_CONTENTS } from '../storages/files.ts';

/** Proxmox's error message for the value; undefined if valid. */
type Check = (value: string) => string | undefined;

const reserved = (name: string): string => `unable to use snapshot name '${name}' (reserved name)`;

/** pve-container, PVE/API2/LXC/Snapshot.pm. */
export const containerSnapshotName: Check = (name) =>
  name === 'current' || name === 'vzdump' ? reserved(name) : undefined;

/** qemu-server, PVE/API2/Qemu.pm. */
export const machineSnapshotName: Check = (name) => {
  if (name === 'current') return reserved(name);
  return name.toLowerCase() === 'pending' ? reserved('pending') : undefined;
};

/** pve-storage, PVE/Storage.pm (VZTMPL_EXT_RE_1, check_volume_access) and PVE/Storage/Plugin.pm (parse_volname). */
const template: Check = (archive) => {
  const [, volume] = /^[a-z][a-z0-9\-_.]*[a-z0-9]:(.+)$/is.exec(archive) ?? [];
  if (volume === undefined && !archive.startsWith('/')) return `unable to parse volume ID '${archive}'`;
  if (volume !== undefined && !/^vztmpl\/[^/]+\.tar(\.(gz|xz|zst|bz2))?$/i.test(volume))
    return `unable to use volume ${archive} - content type needs to be 'vztmpl'`;
  return archiveProblem(archive);
};

/** pve-container, PVE/LXC/Create.pm, restore_tar_archive_command. */
export const archiveProblem: Check = (archive) => {
  const archived = /\.tar(\.[^.]+)?$/.exec(archive);
  if (archived === null) return `file does not look like a template archive: ${archive}`;
  const [, compression] = archived;
  return compression === undefined || /^\.(gz|bz2|xz|lzo|zst)$/.test(compression)
    ? undefined
    : `unrecognized compression format: ${compression}`;
};

/** pve-container, PVE/LXC/Config.pm, check_type: no multiple lines in the file. */
const oneLine: Check = (value) => (/[\n\r]/.test(value) ? 'property contains a line feed' : undefined);

/** pve-storage, PVE/API2/Storage/Status.pm, download_url: depends on the content type. */
const downloadName: Check = (name) =>
  Object.values(FILE_CONTENTS).some(({ pattern }) => pattern.test(name)) ? undefined : 'wrong file extension';

/** pve-common, PVE/Tools.pm, validate_ssh_public_keys. */
export const publicKeys: Check = (lines) => (arePublicKeys(lines) ? undefined : 'SSH public key validation error');

/** qemu-server, PVE/API2/Qemu.pm: URL-encoded, which the option's format checks. */
export const encodedKeys: Check = (text) => {
  try {
    return publicKeys(decodeURIComponent(text));
  } catch {
    return 'SSH public key validation error';
  }
};

/** pve-access-control, PVE/API2/ACL.pm. */
const aclPath: Check = (path) => (isAclPath(path) ? undefined : `invalid ACL path '${path}'`);

/** pve-access-control, PVE/API2/Role.pm. */
const roleId: Check = (role) =>
  /^pve/i.test(role) ? "cannot use role ID starting with the (case-insensitive) 'PVE' namespace" : undefined;

/** pve-manager, PVE/VZDump.pm, verify_notes_template. */
export const notesTemplate: Check = (template) => {
  if (template.includes('\n')) return 'contains a line feed';
  const escapes = [...template.matchAll(/\\(.)/g)].flatMap(({ 1: letter = '', index }) =>
    /^[n\\]$/.test(letter) ? [] : [`escape sequence '\\${letter}' at char ${index}`],
  );
  const variables = [...template.matchAll(/\{\{([^\s{}]+)\}\}/g)].flatMap(({ 0: whole, 1: name = '', index }) =>
    NOTE_VARIABLES.includes(name) ? [] : [`variable '${name}' at char ${index + whole.length - name.length}`],
  );
  const unknown = [...escapes, ...variables];
  return unknown.length === 0 ? undefined : `found unknown: ${unknown.join(', ')}`;
};

const NOTE_VARIABLES = ['cluster', 'guestname', 'node', 'vmid'];

/** By verb and option. */
const CHECKS: Readonly<Record<string, Readonly<Record<string, Check>>>> = {
  'pct snapshot': { snapname: containerSnapshotName },
  'qm snapshot': { snapname: machineSnapshotName },
  'pct create': { ostemplate: template, 'ssh-public-keys': publicKeys },
  'qm create': { sshkeys: encodedKeys },
  'qm set': { sshkeys: encodedKeys },
  'pvesh create /cluster/backup': { 'notes-template': notesTemplate },
  'pvesh set /cluster/backup/{id}': { 'notes-template': notesTemplate },
  'pvesh create /access/roles': { roleid: roleId },
  'pvesh set /access/acl': { path: aclPath },
  'pvesh create /nodes/{node}/storage/{storage}/download-url': { filename: downloadName },
};

/** Options with multiple lines. */
const MANY_LINES: ReadonlySet<string> = new Set(['description', 'ssh-public-keys', 'sshkeys']);

/** @param verb full program and verb, `pct set` */
export function codeProblem(verb: string, option: string, value: string): string | undefined {
  const problem = CHECKS[verb]?.[option]?.(value);
  if (problem !== undefined || MANY_LINES.has(option)) return problem;
  return oneLine(value);
}
