// Replication jobs by the API (pve-manager, PVE/API2/ReplicationConfig.pm). Nothing is copied, and jobs that are marked for removal stay: a daemon
// would do both.

import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { parseSections, printSections, type Section } from '../../../../src/proxmox/files/section-config.ts';
import { splitList } from '../../../../src/proxmox/parameters/perl.ts';
import { type Call, warn } from '../call.ts';
import { backing, type Disk, disksOf, unusedOf } from '../guest/disks.ts';
import { load } from '../guest/guest.ts';
import { replaceFile } from '../lock.ts';
import { clusterNodes, type GuestKind, guestsElsewhere, kindOf, type LabNode, pathOf } from '../node.ts';
import type { Parameters } from '../parameters/check.ts';
import { refuse, refuseLineFeeds } from '../refusal.ts';
import { located, splitVolumeId, storageNamed } from '../storage/storage.ts';

const FILE = 'etc/pve/replication.cfg';
const OPTIONS = ['target', 'disable', 'comment', 'rate', 'schedule', 'remove_job', 'source'];

/** Answers a change of a job; undefined for any other call. */
export function replicationCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (!/^\/cluster\/replication(\/\{id\})?$/.test(template)) return undefined;
  const { node } = call;
  if (method === 'GET') return { data: shownJobs(node, template.endsWith('{id}') ? String(parameters['id']) : null) };
  const { id: named, type: _type, ...asked } = parameters;
  const id = String(named);
  const raw = fileOf(node);
  const sections = parseSections(raw);
  if (method === 'DELETE') removeJob(call, sections, id, asked);
  else if (method === 'POST') addJob(call, sections, id, asked);
  else changeJob(sections, id, asked, createHash('sha1').update(raw).digest('hex'));
  for (const [job, { type, options }] of sections) sections.set(job, { type, options: withBareWord(options) });
  replaceFile(pathOf(node, FILE), printSections(sections, ['disable', 'target']));
  return { data: null };
}

/** All jobs, or the one with its digest. */
function shownJobs(node: LabNode, id: string | null): unknown {
  const raw = fileOf(node);
  const jobs = [...parseSections(raw)].map(([job, { type, options }]) => {
    const values = Object.entries(options).map(([option, [value = '']]) => [option, shownValue(option, value)]);
    const [guest, number] = job.split('-').map(Number);
    return { ...Object.fromEntries(values), id: job, type, guest, jobnum: number };
  });
  if (id === null) return jobs;
  const found = jobs.find((job) => job.id === id) ?? refuse(`no such replication job '${id}'`);
  return { ...found, digest: createHash('sha1').update(raw).digest('hex') };
}

function shownValue(option: string, value: string): string | number {
  if (option === 'disable') return 1;
  return option === 'rate' ? Number(value) : value;
}

type Sections = Map<string, Section>;

/** A job is removed by its next run, unless that is forced. */
function removeJob(call: Call, sections: Sections, id: string, { force, keep }: Parameters): void {
  if (force === '1') {
    sections.delete(id);
    return;
  }
  const { type, options } = sections.get(id) ?? refuse(`no such job '${id}'`);
  sections.set(id, { type, options: { ...options, remove_job: [keep === '1' ? 'local' : 'full'] } });
  warn(call, 'Replication job removal is a background task and will take some time.');
}

function addJob(call: Call, sections: Sections, id: string, given: Parameters): void {
  const source = checkReplicable(call, id, String(given['target']));
  if (sections.has(id)) refuse(`replication job '${id}' already exists`);
  refuseLineFeeds(given);
  sections.set(id, { type: 'local', options: { ...optionsIn(given), source: [source] } });
  isOnlyOne(sections, id);
}

/** @param current digest of the file */
function changeJob(sections: Sections, id: string, { digest, delete: unset, ...given }: Parameters, current: string) {
  if (digest !== undefined && digest !== current)
    refuse('detected modified configuration - file changed by other user? Try again.');
  const { type, options } = sections.get(id) ?? refuse(`no such job '${id}'`);
  const cleared = splitList(String(unset ?? ''));
  const strange = cleared.find((option) => !OPTIONS.includes(option));
  if (strange !== undefined) refuse(`no such option '${strange}'`);
  if (cleared.includes('target')) refuse("unable to delete required option 'target'");
  const now = Object.entries({ ...options, ...optionsIn(given) }).filter(([option]) => !cleared.includes(option));
  sections.set(id, { type, options: Object.fromEntries(now) });
}

function optionsIn(given: Parameters): Record<string, readonly string[]> {
  return Object.fromEntries(Object.entries(given).map(([option, value]) => [option, [String(value)]]));
}

/** Returns the node of the guest; refuses disks that cannot be replicated. */
function checkReplicable(call: Call, id: string, target: string): string {
  const { node } = call;
  const [guest = ''] = id.split('-');
  const kind = kindOf(node, Number(guest));
  const elsewhere = guestsElsewhere(node).find((one) => one.id === Number(guest));
  if (kind === undefined && elsewhere === undefined) refuse(`Guest '${guest}' does not exist.`);
  if (!clusterNodes(node).includes(target)) refuse(`Target '${target}' does not exist.`);
  const source = elsewhere?.node ?? node.name;
  if (source === target) refuse('Source and target must not be identical');
  if (kind !== undefined) {
    const { options } = load(call, kind, Number(guest));
    const copied = [...disksOf(kind, options), ...unusedOf(options)].filter((disk) => isCopied(node, kind, disk));
    if (copied.length === 0) refuse('No replicatable volumes found');
  }
  return source;
}

/** Whether a job copies the disk; refuses one that it cannot copy (get_replicatable_volumes of the guest's kind). */
function isCopied(node: LabNode, kind: GuestKind, { volume, properties }: Disk): boolean {
  if (properties['media'] === 'cdrom' || properties['replicate'] === '0') return false;
  if (volume.startsWith('/'))
    return refuse(
      kind === 'lxc'
        ? `unable to replicate mountpoint type '${backing(volume)}'`
        : `unable to replicate local file/device '${volume}'`,
    );
  if (splitVolumeId(volume) === undefined) return false;
  const { storage } = located(node, volume);
  if (storage.shared) return false;
  return storage.type === 'zfspool' || refuse(`missing replicate feature on volume '${volume}'`);
}

function isOnlyOne(sections: ReadonlyMap<string, Section>, id: string): void {
  const [guest = ''] = id.split('-');
  const targetOf = (job: string): string | undefined => sections.get(job)?.options['target']?.[0];
  const other = [...sections.keys()].some(
    (job) => job !== id && job.startsWith(`${guest}-`) && targetOf(job) === targetOf(id),
  );
  if (other) refuse(`replication job for guest '${guest}' to target 'local/${targetOf(id)}' already exists`);
}

/** Refuses disks that a guest's replication could not copy (PVE/API2/LXC/Config.pm and Qemu.pm, update_vm). */
export function checkStaysReplicable(
  node: LabNode,
  kind: GuestKind,
  id: number,
  set: Readonly<Record<string, string>>,
): void {
  if (![...parseSections(fileOf(node)).keys()].some((job) => job.startsWith(`${id}-`))) return;
  for (const { volume, properties } of disksOf(kind, set)) {
    if (properties['replicate'] === '0' || properties['media'] === 'cdrom' || volume === 'none') continue;
    const [, storage, name] = /^([^:/]+):(.*)$/.exec(volume) ?? [];
    if (storage === undefined && kind === 'qemu')
      refuse('cannot add non-managed/pass-through volume to a replicated VM');
    if (name === 'cloudinit') continue;
    const found = storage === undefined ? undefined : storageNamed(node, storage);
    if (found?.type !== 'zfspool' && found?.shared !== true)
      refuse('cannot add non-replicatable volume to a replicated VM');
  }
}

/** Removes the jobs of a purged guest. */
export function removeFromReplication(node: LabNode, id: number): void {
  const sections = parseSections(fileOf(node));
  const left = new Map([...sections].filter(([job]) => !job.startsWith(`${id}-`)));
  if (left.size < sections.size) replaceFile(pathOf(node, FILE), printSections(left, ['disable', 'target']));
}

function withBareWord({ disable, ...options }: Section['options']): Section['options'] {
  return disable === undefined || disable[0] === '0' ? options : { ...options, disable: [''] };
}

function fileOf(node: LabNode): string {
  const file = pathOf(node, FILE);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
