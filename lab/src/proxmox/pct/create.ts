// `pct create`: a container from a template file.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { archiveProblem, publicKeys } from '../../../../src/proxmox/parameters/code-checks.ts';
import { engineFor } from '../../engine/engine.ts';
import { joinPool } from '../access/access.ts';
import { checkPool } from '../access/user-config.ts';
import { type Call, print, task, warn } from '../call.ts';
import { backing, disksOf } from '../guest/disks.ts';
import { emptyFile, type GuestFile, type Options } from '../guest/file.ts';
import { checkFree, removeFile, save } from '../guest/guest.ts';
import { guestTree, hostFile, type LabNode, pathOf, withGuestLock } from '../node.ts';
import { addToHa } from '../objects/ha/ha.ts';
import type { Parameters } from '../parameters/check.ts';
import { Refusal, refuse, refuseParameters } from '../refusal.ts';
import { checkAccess, enabledStorage, pathOfVolume, splitVolumeId } from '../storage/storage.ts';
import { checkKeys, clampWeight, guestId, optionsFrom, text } from '../verb-parameters.ts';
import { createMounts, freeVolume } from './disks.ts';
import { startContainer } from './lifecycle.ts';
import { changeContainer } from './set.ts';

/** Parameters that are not options of the container. */
const NOT_OPTIONS =
  'vmid node ostemplate storage password ssh-public-keys force restore unique pool ignore-unpack-errors bwlimit start ha-managed unprivileged'.split(
    ' ',
  );

/** `pct create`. */
export function createContainer(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const template = text(parameters, 'ostemplate') ?? '';
  const pool = text(parameters, 'pool');
  const storage = text(parameters, 'storage') ?? 'local';
  const given = optionsFrom(parameters, NOT_OPTIONS);
  clampWeight(given);
  checkFree(call, id);
  checkKeys(publicKeys(text(parameters, 'ssh-public-keys') ?? ''));
  checkPool(call.node, pool);
  checkAccess(call.node, template, 'vztmpl');
  const { mounts, options } = separateMounts(call, given, storage);
  if (Object.keys(mounts).length > 0 && mounts['rootfs'] === undefined)
    refuse("mount points configured, but 'rootfs' not set - aborting");
  for (const disk of disksOf('lxc', mounts)) {
    if (backing(disk.volume) === 'volume')
      checkStorage(call, splitVolumeId(disk.volume)?.storage ?? refuse(`unable to parse volume ID '${disk.volume}'`));
  }
  if (mounts['rootfs'] === undefined) checkStorage(call, storage);
  const file = emptyFile();
  changeContainer(call, id, file, { set: options, deletes: [], reverts: [] });
  if (parameters['unprivileged'] !== '0') file.options['unprivileged'] = '1';
  const wanted = mounts['rootfs'] === undefined ? { rootfs: `${storage}:4` } : mounts;
  const prefix = `unable to create CT ${id} - `;
  withGuestLock(call.node, 'lxc', id, 5, () => {
    checkFree(call, id, prefix);
    save(call, 'lxc', id, { ...emptyFile(), options: { lock: 'create' } });
  });
  task(call, 'vzcreate', id, () => {
    withGuestLock(call.node, 'lxc', id, 10, () => fill(call, id, file, { mounts: wanted, template, prefix }));
    setUpRoot(call.node, id, text(parameters, 'password'), text(parameters, 'ssh-public-keys'));
    joinPool(call.node, id, pool);
    const isStarted = parameters['start'] === '1';
    if (isStarted) startContainer(call, id, parameters);
    if (parameters['ha-managed'] === '1') addToHa(call, `ct:${id}`, isStarted);
  });
}

/** Separates mount points from other options; plain numbers are GiB on the default storage. */
function separateMounts(call: Call, given: Options, storage: string): { mounts: Options; options: Options } {
  const mounts: Options = {};
  const options: Options = {};
  for (const [name, value] of Object.entries(given)) {
    if (name === 'rootfs' || /^mp\d+$/.test(name))
      mounts[name] = /^\d+(\.\d+)?$/.test(value) ? `${storage}:${value}` : value;
    else if (name.startsWith('unused')) warn(call, `ignoring '${name}', cannot create/restore with unused volume`);
    else options[name] = value;
  }
  return { mounts, options };
}

function checkStorage(call: Call, id: string): void {
  if (!enabledStorage(call.node, id).content.has('rootdir'))
    refuseParameters({ storage: `storage '${id}' does not support container directories` });
}

/** Creates the volumes and unpacks the template into them; a failed container is removed. */
function fill(
  call: Call,
  id: number,
  file: GuestFile,
  { mounts, template, prefix }: { readonly mounts: Options; readonly template: string; readonly prefix: string },
): void {
  let volumes: string[] = [];
  try {
    volumes = createMounts(call, id, mounts, file.options);
    const archive = unpack(call, file, template);
    engineFor(call.node, id)?.unpack(archive, guestTree(call.node, id));
    guestTree(call.node, id);
    file.options['hostname'] ??= `CT${id}`;
    file.options['memory'] ??= '512';
    file.options['swap'] ??= '512';
    save(call, 'lxc', id, file);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    for (const volume of volumes) freeVolume(call, volume);
    removeFile(call, 'lxc', id);
    refuse(prefix + error.message);
  }
}

/** Sets root's password and keys in a simulated container; a real one uses its own programs (PVE/LXC/Setup/Base.pm, post_create_hook). */
function setUpRoot(node: LabNode, id: number, password: string | undefined, keys: string | undefined): void {
  const tree = guestTree(node, id);
  if (password !== undefined) {
    mkdirSync(join(tree, 'etc'), { recursive: true });
    const hash = createHash('sha512').update(password).digest('base64');
    writeFileSync(join(tree, 'etc/shadow'), `root:$6$lab$${hash}:20000:0:99999:7:::\n`);
  }
  if (keys === undefined) return;
  mkdirSync(join(tree, 'root/.ssh'), { recursive: true, mode: 0o700 });
  writeFileSync(join(tree, 'root/.ssh/authorized_keys'), keys);
}

/** Operating systems that Proxmox recognises, by the names of their templates. */
const SYSTEMS: readonly (readonly [type: string, pattern: RegExp])[] = [
  ['devuan', /devuan/],
  ['debian', /debian|turnkey/],
  ['ubuntu', /ubuntu/],
  ['centos', /centos|rocky|alma/],
  ['fedora', /fedora/],
  ['opensuse', /suse/],
  ['archlinux', /arch/],
  ['alpine', /alpine/],
  ['gentoo', /gentoo/],
  ['nixos', /nixos/],
];

/** Unpacks the archive of this machine. */
function unpack(call: Call, file: GuestFile, template: string): string {
  const path = splitVolumeId(template) === undefined ? template : pathOfVolume(call.node, template);
  if (splitVolumeId(template) === undefined && hostFile(call.node, path) === undefined)
    refuse(`can't find file '${template}'`);
  if (splitVolumeId(template) !== undefined && !existsSync(pathOf(call.node, path)))
    refuse(`volume '${template}' does not exist`);
  const problem = archiveProblem(path);
  if (problem !== undefined) refuse(problem);
  print(call, `extracting archive '${path}'`);
  if (file.options['arch'] === undefined) {
    file.options['arch'] = /arm64|aarch64/.test(path) ? 'arm64' : 'amd64';
    print(call, `Detected container architecture: ${file.options['arch']}`);
  }
  file.options['ostype'] ??= SYSTEMS.find(([, pattern]) => pattern.test(path))?.[0] ?? 'unmanaged';
  return hostFile(call.node, path) ?? path;
}
