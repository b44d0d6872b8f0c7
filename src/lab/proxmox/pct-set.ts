// Changing a container's options: at once, live, or at its next start, by the rules of Proxmox.
import { existsSync } from 'node:fs';
import { type Call, print, warn } from './call.ts';
import { addUnused, backing, disksOf, parseDisk, printDisk, withVolume } from './disks.ts';
import {
  checkLock,
  checkProtection,
  cleanPending,
  forgetDelete,
  load,
  pendingDeletes,
  randomMac,
  save,
  setPendingDeletes,
  uniqueTags,
} from './guest.ts';
import { type GuestFile, optionSchema } from './guest-file.ts';
import { bridges, type LabNode, pathOf, running, withGuestLock } from './node.ts';
import type { Parameters } from './parameters/check.ts';
import { splitList } from './parameters/perl.ts';
import { type Properties, parsePropertyString, printPropertyString } from './parameters/property-string.ts';
import { createMounts, freeOwned } from './pct-disks.ts';
import { Refusal, refuse, refuseParameters } from './refusal.ts';
import { located, NEW_VOLUME, pathOfVolume, splitVolumeId, storageNamed, volumeSize } from './storage.ts';
import { checkDigest, clampWeight, guestId, optionsFrom, text } from './verb-parameters.ts';

/** Options that take effect at once, whether the container runs or not. */
const IMMEDIATE = new Set([
  'description',
  'onboot',
  'startup',
  'protection',
  'hostname',
  'hookscript',
  'cores',
  'tags',
  'lock',
]);
/** Options that the kernel changes while the container runs. */
const LIVE = new Set(['cpulimit', 'cpuunits', 'memory', 'swap']);

/** What is to change: values, options to delete, and pending changes to drop. */
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
    const errors = changeContainer(call, id, file, { set, deletes, reverts });
    if (Object.keys(errors).length > 0) refuseParameters(errors);
    save(call, 'lxc', id, file);
    checkDerived(call.node, load(call, 'lxc', id));
  });
}

/**
 * Changes a container's file in memory, and its volumes for real.
 * @returns what could not be applied, by option; then the file must not be written
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
    const { volume } = parseDisk('lxc', name, value);
    if (backing(volume) !== 'volume') return value;
    const { storage } = splitVolumeId(volume) ?? refuse(`unable to parse volume ID '${volume}'`);
    if (!storageNamed(call.node, storage).content.has('rootdir'))
      refuse(`storage '${storage}' does not allow content type 'rootdir' (Container)`);
  } else if (name === 'hookscript') checkHookScript(call.node, value);
  else if (name === 'nameserver' || name === 'searchdomain') return splitList(value).join(' ');
  else if (name === 'unprivileged') refuse(`unable to modify read-only option: '${name}'`);
  else if (name === 'tags') return uniqueTags(value);
  else if (/^net\d+$/.test(name)) checkNetwork(call.node, name, networkOf(value));
  else if (/^dev\d+$/.test(name)) checkDevice(call.node, value);
  return value;
}

/** Refuses a hook script that is no snippet or not there. */
export function checkHookScript(node: LabNode, id: string): void {
  if (located(node, id).volume.type !== 'snippets') refuse(`'${id}' is not in the snippets directory`);
  if (!existsSync(pathOf(node, pathOfVolume(node, id)))) refuse(`script '${id}' does not exist`);
}

function networkOf(text: string): Properties {
  const read = parsePropertyString('lxc/net', text);
  return read.ok ? read.properties : refuse(read.errors.join('\n'));
}

function bridgeMtu(node: LabNode, name: string): number {
  return bridges(node).get(name) ?? refuse(`bridge '${name}' does not exist`);
}

function checkNetwork(node: LabNode, name: string, { mtu, bridge = '', ip6, link_down, ...rest }: Properties): void {
  if (mtu !== undefined && Number(mtu) > bridgeMtu(node, bridge))
    refuse(`${name}: MTU size '${mtu}' is bigger than bridge MTU '${bridgeMtu(node, bridge)}'`);
  if (link_down !== '1' && rest['host-managed'] === '1' && ip6 === 'auto')
    refuse(`${name}: SLAAC is not supported for host-managed network configuration.`);
}

function checkDevice(node: LabNode, text: string): void {
  const read = parsePropertyString('lxc/dev', text);
  const path = (read.ok ? read.properties['path'] : undefined) ?? refuse('Path has to be defined');
  if (!existsSync(pathOf(node, path))) refuse(`Device ${path} does not exist`);
}

const printNetwork = (properties: Properties): string =>
  printPropertyString('lxc/net', { ...properties, type: 'veth', hwaddr: properties['hwaddr'] ?? randomMac() });

/** Runs a step; a refusal is kept for the option instead of ending everything. */
function attempt(
  errors: Record<string, string>,
  name: string,
  describe: (problem: string) => string,
  step: () => void,
): boolean {
  try {
    step();
    return true;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    errors[name] = describe(error.message);
    return false;
  }
}

/** Applies what waits, as at a start: deletions, then values. */
export function applyPending(
  call: Call,
  id: number,
  file: GuestFile,
  selected: (name: string) => boolean = () => true,
): Record<string, string> {
  const errors: Record<string, string> = {};
  const apply = (name: string, step: () => void): boolean => {
    const done = attempt(errors, name, (problem) => `unable to apply pending change ${name} : ${problem}\n`, step);
    if (!done) warn(call, (errors[name] ?? '').trimEnd());
    return done;
  };
  for (const name of [...pendingDeletes(file).keys()].sort()) {
    const value = file.options[name];
    if (!selected(name)) continue;
    const done = apply(name, () => {
      if (value !== undefined && /^mp\d+$/.test(name)) keepOld(file, name, value);
      else if (value !== undefined && name.startsWith('unused') && !isUsed(file, value)) freeOwned(call, id, value);
    });
    if (!done) continue;
    delete file.options[name];
    forgetDelete(file, name);
  }
  cleanPending(file);
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete' || !selected(name)) continue;
    const done = apply(name, () => {
      if (/^mp\d+$/.test(name)) applyMount(call, id, file, name);
      else if (/^net\d+$/.test(name))
        file.pending.options[name] = printNetwork(networkOf(file.pending.options[name] ?? ''));
    });
    if (done) commit(file, name);
  }
  return errors;
}

function commit(file: GuestFile, name: string): void {
  file.options[name] = file.pending.options[name] ?? '';
  delete file.pending.options[name];
}

/** Whether a volume is in use by the container, what waits for it, or one of its snapshots. */
function isUsed(file: GuestFile, volume: string): boolean {
  const sections = [file, file.pending, ...Object.values(file.snapshots)];
  return sections.some(({ options }) => disksOf('lxc', options).some((disk) => disk.volume === volume));
}

function keepOld(file: GuestFile, name: string, value: string): void {
  const { volume } = parseDisk('lxc', name, value);
  if (backing(volume) === 'volume') addUnused(file.options, volume);
}

function applyMount(call: Call, id: number, file: GuestFile, name: string): void {
  const value = file.pending.options[name] ?? '';
  const disk = parseDisk('lxc', name, value);
  const old = file.options[name];
  if (NEW_VOLUME.test(disk.volume)) createMounts(call, id, { [name]: value }, file.pending.options);
  else file.pending.options[name] = printDisk('lxc', backing(disk.volume) === 'volume' ? measured(call, disk) : disk);
  if (old !== undefined && parseDisk('lxc', name, old).volume !== disk.volume) keepOld(file, name, old);
}

function measured(call: Call, disk: ReturnType<typeof parseDisk>): ReturnType<typeof parseDisk> {
  try {
    return withVolume('lxc', disk, disk.volume, volumeSize(call.node, disk.volume));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    warn(call, `Could not rescan volume size - ${error.message}`);
    return disk;
  }
}

/** Changes a running container: what is immediate or live is done, the rest waits for its next start. */
function hotplug(call: Call, id: number, file: GuestFile, selected: (name: string) => boolean): Record<string, string> {
  const errors: Record<string, string> = {};
  const live = (name: string, step: () => boolean): boolean => {
    let took = false;
    const describe = (problem: string): string => `unable to hotplug ${name}: ${problem}\n`;
    const run = (): void => {
      took = step();
    };
    return attempt(errors, name, describe, run) && took;
  };
  for (const name of Object.keys(file.pending.options).sort())
    if (IMMEDIATE.has(name) && selected(name)) commit(file, name);
  for (const name of [...pendingDeletes(file).keys()].sort()) {
    if (!selected(name)) continue;
    const done = live(name, () => {
      const value = file.options[name] ?? '';
      if (name.startsWith('unused')) {
        if (!isUsed(file, value)) freeOwned(call, id, value);
      } else if (/^net\d$/.test(name)) print(call, `delete ips from ${name}`);
      else return IMMEDIATE.has(name) || /^(swap|cpulimit|cpuunits)$/.test(name);
      return true;
    });
    if (!done) continue;
    delete file.options[name];
    forgetDelete(file, name);
  }
  for (const name of Object.keys(file.pending.options).sort()) {
    if (name === 'delete' || !selected(name)) continue;
    const isNew = file.options[name] === undefined;
    const done = live(name, () => {
      const value = file.pending.options[name] ?? '';
      if (/^net\d+$/.test(name)) file.pending.options[name] = plugNetwork(call.node, file.options[name], value);
      else if (/^mp\d+$/.test(name) && isNew) applyMount(call, id, file, name);
      else return LIVE.has(name) || (/^dev\d+$/.test(name) && isNew);
      return true;
    });
    if (done) commit(file, name);
  }
  return errors;
}

function plugNetwork(node: LabNode, old: string | undefined, value: string): string {
  const properties = networkOf(value);
  const before = old === undefined ? undefined : networkOf(old);
  if (before?.['bridge'] !== properties['bridge'] || before?.['hwaddr'] !== properties['hwaddr'])
    bridgeMtu(node, properties['bridge'] ?? '');
  return printNetwork(properties);
}

/** What deriving the container's own LXC configuration refuses; by then the file is written. */
export function checkDerived(node: LabNode, { options }: GuestFile): void {
  if (options['template'] === '1') return;
  for (const name of ['arch', 'ostype']) if (options[name] === undefined) refuse(`missing '${name}' - internal error`);
  const names = Object.keys(options).sort();
  for (const name of names) if (/^dev\d+$/.test(name)) checkDevice(node, options[name] ?? '');
  if (options['rootfs'] === undefined) refuse("missing 'rootfs' configuration");
  parseDisk('lxc', 'rootfs', options['rootfs'] ?? '');
  for (const name of names) {
    if (!/^net\d+$/.test(name)) continue;
    const properties = networkOf(options[name] ?? '');
    bridgeMtu(node, properties['bridge'] ?? '');
    checkNetwork(node, name, properties);
  }
}
