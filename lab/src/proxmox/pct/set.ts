// Changes a container's options: immediately, live, or at its next start, by Proxmox's rules.

import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Call, warn } from '../call.ts';
import { backing, parseDisk } from '../guest/disks.ts';
import type { GuestFile } from '../guest/file.ts';
import {
  checkLock,
  checkProtection,
  cleanPending,
  forgetDelete,
  load,
  pendingDeletes,
  save,
  setPendingDeletes,
  uniqueTags,
} from '../guest/guest.ts';
import { optionSchema } from '../guest/options.ts';
import { running, withGuestLock } from '../node.ts';
import { checkStaysReplicable } from '../objects/replication.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseParameters } from '../refusal.ts';
import { splitVolumeId, storageNamed } from '../storage/storage.ts';
import { checkDigest, clampWeight, guestId, optionsFrom, text } from '../verb-parameters.ts';
import {
  checkDevice,
  checkGeneratedConfiguration,
  checkHookScript,
  checkIdMaps,
  checkNetwork,
  networkOf,
} from './host.ts';
import { applyPending, hotplug } from './pending.ts';

/** A change: values to set, options to delete, and pending changes to revert. */
export type Change = {
  readonly set: Readonly<Record<string, string>>;
  readonly deletes: readonly string[];
  readonly reverts: readonly string[];
};

/** `pct set`. */
export function setContainer(call: Call, parameters: Parameters): void {
  const id = guestId(parameters);
  const set = optionsFrom(parameters, ['vmid', 'node', 'digest', 'delete', 'revert']);
  const deletes = splitList(text(parameters, 'delete') ?? '');
  const reverts = splitList(text(parameters, 'revert') ?? '');
  if (Object.keys(optionsFrom(parameters, ['vmid', 'node', 'digest'])).length === 0) refuse('no options specified');
  clampWeight(set);
  withGuestLock(call.node, 'lxc', id, 10, () => {
    const file = load(call, 'lxc', id);
    checkLock('lxc', file);
    checkDigest(parameters, file);
    checkNames({ set, deletes, reverts });
    checkStaysReplicable(call.node, 'lxc', id, set);
    const errors = changeContainer(call, id, file, { set, deletes, reverts });
    if (Object.keys(errors).length > 0) refuseParameters(errors);
    save(call, 'lxc', id, file);
    checkGeneratedConfiguration(call.node, load(call, 'lxc', id));
  });
}

/** Refuses options that do not exist, and those that are named in two ways. */
function checkNames({ set, deletes, reverts }: Change): void {
  for (const name of reverts) {
    if (optionSchema('lxc', name) === undefined) refuseParameters({ revert: `unknown option '${name}'` });
    if (set[name] !== undefined)
      refuseParameters({ revert: `you can't use '-${name}' and '-revert ${name}' at the same time` });
  }
  for (const name of deletes) {
    if (optionSchema('lxc', name) === undefined) refuseParameters({ delete: `unknown option '${name}'` });
    if (set[name] !== undefined)
      refuseParameters({ delete: `you can't use '-${name}' and -delete ${name}' at the same time` });
    if (reverts.includes(name))
      refuseParameters({ delete: `you can't use '-delete ${name}' and '-revert ${name}' at the same time` });
  }
}

/**
 * Changes a container's file in memory, and its volumes on the storage.
 *
 * @returns errors by option; if there are any, the file must not be written
 */
export function changeContainer(
  call: Call,
  id: number,
  file: GuestFile,
  { set, deletes, reverts }: Change,
): Record<string, string> {
  for (const name of reverts) {
    delete file.pending.options[name];
    forgetDelete(file, name);
  }
  const selected = new Set<string>();
  for (const name of deletes) {
    if (file.options[name] === undefined && file.pending.options[name] === undefined) {
      warn(call, `cannot delete '${name}' - not set in current configuration!`);
      continue;
    }
    selected.add(name);
    if (/^(memory|rootfs|ostype)$/.test(name)) refuse(`unable to delete required option '${name}'`);
    if (/^(unused|mp)\d+$/.test(name)) checkProtection(file, `can't remove CT ${id} drive '${name}'`);
    if (name === 'unprivileged') refuse(`unable to delete read-only option: '${name}'`);
    setPendingDeletes(file, pendingDeletes(file).set(name, false));
  }
  for (const name of Object.keys(set).sort()) {
    selected.add(name);
    file.pending.options[name] = checkedValue(call, id, file, name, set[name] ?? '');
    forgetDelete(file, name);
  }
  cleanPending(file);
  const isSelected = (name: string): boolean => selected.has(name);
  return running(call.node, id) === undefined
    ? applyPending(call, id, file, isSelected)
    : hotplug(call, id, file, isSelected);
}

function checkedValue(call: Call, id: number, file: GuestFile, name: string, value: string): string {
  if (name === 'rootfs' || /^mp\d+$/.test(name)) {
    checkProtection(file, `can't update CT ${id} drive '${name}'`);
    const { volume, properties } = parseDisk('lxc', name, value);
    if (backing(volume) !== 'volume') {
      checkIdMaps(properties['idmap']);
      return value;
    }
    const { storage } = splitVolumeId(volume) ?? refuse(`unable to parse volume ID '${volume}'`);
    if (!storageNamed(call.node, storage).content.has('rootdir'))
      refuse(`storage '${storage}' does not allow content type 'rootdir' (Container)`);
    checkIdMaps(properties['idmap']);
  } else if (name === 'hookscript') checkHookScript(call.node, value);
  else if (name === 'nameserver' || name === 'searchdomain') return splitList(value).join(' ');
  else if (name === 'unprivileged') refuse(`unable to modify read-only option: '${name}'`);
  else if (name === 'tags') return uniqueTags(value);
  else if (/^net\d+$/.test(name)) checkNetwork(call.node, name, networkOf(value));
  else if (/^dev\d+$/.test(name)) checkDevice(call.node, value);
  return value;
}
