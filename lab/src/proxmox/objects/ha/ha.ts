// HA resources and rules by the API (pve-ha-manager, PVE/API2/HA/Resources.pm and Rules.pm). Nothing is started, stopped or migrated: a daemon would
// do that.

import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  type Options,
  parseSections,
  printSections,
  type Section,
} from '../../../../../src/proxmox/files/section-config.ts';
import {
  affinityConflicts,
  HA_RESOURCES_FILE,
  HA_RULES_FILE,
  parseHaResources,
} from '../../../../../src/proxmox/ha.ts';
import { splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { type Call, print } from '../../call.ts';
import { replaceFile } from '../../lock.ts';
import { clusterNodes, guestIds, guestsElsewhere, type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { Refusal, refuse, refuseLineFeeds } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';

type Sections = Map<string, Section>;

const STALE = 'detected modified configuration - file changed by other user? Try again.';

/** Answers a change of resources and rules; undefined for any other call. */
export function haCall(
  { node }: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  if (method === 'GET') return undefined;
  if (/^\/cluster\/ha\/resources(\/\{sid\})?$/.test(template)) changeResources(node, method, parameters);
  else if (/^\/cluster\/ha\/rules(\/\{rule\})?$/.test(template)) changeRules(node, method, parameters);
  else return undefined;
  return { data: null };
}

function changeResources(node: LabNode, method: string, parameters: Parameters): void {
  const { sid: given, type, group, delete: unset, digest, purge, ...options } = parameters;
  const sid = resolvedSid(node, String(given));
  const [kind = '', name = ''] = sid.split(':');
  const { raw, sections } = resourcesOf(node);
  if (method === 'DELETE') {
    if (!sections.delete(sid)) refuse(`cannot delete service '${sid}', not HA managed!`);
    keepResources(node, sections);
    if (purge !== '0') leaveRules(node, sid);
    return;
  }
  if (type !== undefined && type !== kind) refuse('types does not match');
  if (group !== undefined) refuse("invalid parameter 'group': ha groups have been migrated to rules");
  if (method === 'POST') {
    mustBeThere(node, kind, name);
    refuseLineFeeds(options);
    if (sections.has(sid)) refuse(`create resource failed: resource ID '${sid}' already defined`);
    sections.set(sid, { type: kind, options: asOptions(options) });
  } else {
    const failing = 'update resources config failed';
    if (digest !== undefined && digest !== sha1(raw)) refuse(`${failing}: ${STALE}`);
    const { options: before } = sections.get(sid) ?? refuse(`${failing}: no such resource '${sid}'`);
    failingWith(failing, () => refuseLineFeeds(options));
    const cleared = splitList(String(unset ?? ''));
    const strange = cleared.find((option) => !RESOURCE_OPTIONS.includes(option));
    if (strange !== undefined) refuse(`${failing}: no such option '${strange}'`);
    sections.set(sid, { type: kind, options: without({ ...before, ...asOptions(options) }, cleared) });
  }
  keepResources(node, sections);
}

/** Adds a guest that was just created, in the state that it is created in. */
export function addToHa(call: Call, sid: string, isStarted: boolean): void {
  print(call, 'Add as HA resource');
  changeResources(call.node, 'POST', { sid, state: isStarted ? 'started' : 'stopped' });
}

const RESOURCE_OPTIONS = ['state', 'group', 'comment', 'failback', 'max_restart', 'max_relocate'];

/** Resolves a plain id to the resource id of its guest. */
export function resolvedSid(node: LabNode, sid: string): string {
  if (!/^\d+$/.test(sid)) return sid;
  const type = typeOf(node, sid) ?? refuse(`unable to detect SID from VMID - VM/CT ${sid} does not exist`);
  return `${type}:${sid}`;
}

function typeOf(node: LabNode, id: string): 'ct' | 'vm' | undefined {
  const elsewhere = guestsElsewhere(node);
  const has = (kind: 'lxc' | 'qemu'): boolean =>
    guestIds(node, kind).includes(Number(id)) || elsewhere.some((one) => one.kind === kind && one.id === Number(id));
  return has('lxc') ? 'ct' : has('qemu') ? 'vm' : undefined;
}

function mustBeThere(node: LabNode, kind: string, name: string): void {
  if (kind !== 'ct' && kind !== 'vm') refuse(`unknown section type '${kind}'`);
  const type = typeOf(node, name) ?? refuse(`resource '${kind}:${name}' does not exist in cluster`);
  if (type !== kind)
    refuse(`resource '${kind}:${name}' - guest with ID ${name} is not a ${kind === 'ct' ? 'CT' : 'VM'}`);
}

function changeRules(node: LabNode, method: string, parameters: Parameters): void {
  const { rule: named, type: given, delete: unset, digest, ...changes } = parameters;
  const rule = String(named);
  const type = String(given);
  const raw = fileOf(node, HA_RULES_FILE);
  const sections = parseSections(raw);
  if (method === 'DELETE') sections.delete(rule);
  else {
    const isNew = method === 'POST';
    failingWith(isNew ? 'create ha rule failed' : 'update HA rules failed', () => {
      const before = sections.get(rule);
      if (isNew && before !== undefined) refuse(`HA rule '${rule}' already defined`);
      if (!isNew && digest !== undefined && digest !== sha1(raw)) refuse(STALE);
      if (!isNew && before === undefined) refuse(`HA rule '${rule}' does not exist`);
      const kind = before?.type ?? type;
      const strange = Object.keys(changes).find((option) => !RULE_OPTIONS[kind]?.includes(option));
      if (strange !== undefined) refuse(`unexpected property '${strange}'`);
      refuseLineFeeds(changes);
      mayBeNamed(node, changes);
      const cleared = splitList(String(unset ?? ''));
      const kept = cleared.find((option) => NEEDED[kind]?.includes(option) || option === 'resources');
      if (kept !== undefined) refuse(`unable to delete required option '${kept}'`);
      const options = without({ ...before?.options, ...ruleOptions(changes) }, cleared);
      sections.set(rule, { type: kind, options });
      checkFeasible(node, sections, rule);
    });
  }
  writeConfig(node, HA_RULES_FILE, printSections(sections, ['disable', ...RULES_FIRST]));
}

const NEEDED: Readonly<Record<string, readonly string[]>> = {
  'node-affinity': ['nodes'],
  'resource-affinity': ['affinity'],
};
const RULE_OPTIONS: Readonly<Record<string, readonly string[]>> = {
  'node-affinity': ['resources', 'nodes', 'strict', 'disable', 'comment'],
  'resource-affinity': ['resources', 'affinity', 'disable', 'comment'],
};
const RULES_FIRST = ['affinity', 'nodes', 'resources'];

function failingWith(prefix: string, change: () => void): void {
  try {
    change();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    refuse(`${prefix}: ${error.message}`);
  }
}

/** `disable` is written without a value, and omitted when false; lists are sorted. */
function ruleOptions({ disable, ...changes }: Parameters): Options {
  const options = asOptions(changes);
  const sorted = Object.entries(options).map(([option, [value = '']]) => {
    if (option === 'nodes') return [option, [nodesText(value)]] as const;
    return [option, [option === 'resources' ? splitList(value).sort().join(',') : value]] as const;
  });
  return { ...Object.fromEntries(sorted), ...(disable === '1' ? { disable: [''] } : {}) };
}

/** Each node once, the last time that it is named, and no priority of zero. (PVE/HA/Rules/NodeAffinity.pm, decode_plugin_value and encode_plugin_value) */
function nodesText(written: string): string {
  const priorities = new Map(
    splitList(written).map((one) => [one.split(':')[0] ?? '', Number(one.split(':')[1] ?? 0)]),
  );
  const nodes = [...priorities].sort(([one], [other]) => (one < other ? -1 : 1));
  return nodes.map(([name, priority]) => (priority === 0 ? name : `${name}:${priority}`)).join(',');
}

function mayBeNamed(node: LabNode, { resources, nodes }: Parameters): void {
  const known = resourcesOf(node).sections;
  const unmanaged = [...new Set(splitList(String(resources ?? '')))].filter((sid) => sid !== '' && !known.has(sid));
  if (unmanaged.length > 0) refuse(`cannot use unmanaged resource(s) ${unmanaged.sort().join(', ')}.`);
  const there = clusterNodes(node);
  const strange = splitList(String(nodes ?? '')).flatMap((one) => {
    const [name = ''] = one.split(':');
    return name === '' || there.includes(name) ? [] : [name];
  });
  if (strange.length > 0) refuse(`cannot use non-existent node(s) ${strange.sort().join(', ')}.`);
}

/** Refuses contradicting rules (PVE/HA/Rules.pm and Rules/*.pm, the registered checks). */
function checkFeasible(node: LabNode, sections: Sections, rule: string): void {
  const rules = [...sections].flatMap(([id, { type, options }]) =>
    options['disable'] === undefined ? [{ id, type, affinity: options['affinity']?.[0], ...listsOf(options) }] : [],
  );
  const own = rules.find(({ id }) => id === rule);
  if (own === undefined) return;
  const others = rules.filter(({ id }) => id !== rule);
  const shared = (one: { readonly resources: readonly string[] }): string[] =>
    own.resources.filter((sid) => one.resources.includes(sid));
  const isPriority = new Set(own.nodes.map((one) => one.split(':')[1] ?? '0')).size > 1;
  const faults = [
    ...(own.type === 'node-affinity'
      ? others
          .filter(({ type }) => type === 'node-affinity')
          .flatMap(shared)
          .map((sid) => `resource '${sid}' is already used in another node affinity rule`)
      : []),
    ...(own.type === 'node-affinity' &&
    isPriority &&
    others.some((one) => one.type === 'resource-affinity' && shared(one).length > 0)
      ? ['resources are in a resource affinity rule and cannot be in a node affinity rule with multiple priorities']
      : []),
    ...(own.type === 'resource-affinity' && own.resources.length < 2
      ? ['rule is ineffective as there are less than two resources']
      : []),
    ...(own.affinity === 'negative' && own.resources.length > clusterNodes(node).length
      ? ['rule defines more resources than available nodes']
      : []),
    ...others.flatMap((one) =>
      one.affinity !== undefined &&
      own.affinity !== undefined &&
      one.affinity !== own.affinity &&
      shared(one).length > 1
        ? [`rule shares two or more resources with a ${one.affinity} resource affinity rule`]
        : [],
    ),
    ...affinityConflicts(rules).flatMap((conflict) => (conflict.rule === rule ? [conflict.message] : [])),
  ];
  if (faults.length > 0) refuse(`400 Rule '${rule}' is invalid.\nresources: ${faults.join(', ')}`);
}

function listsOf({ resources, nodes }: Options): { readonly resources: string[]; readonly nodes: string[] } {
  const words = (values: readonly string[] | undefined): string[] =>
    splitList(values?.[0] ?? '').filter((word) => word !== '');
  return { resources: words(resources), nodes: words(nodes) };
}

/** Whether HA starts and stops a guest: one whose state is `ignored` it leaves alone (PVE/HA/Config.pm, vm_is_ha_managed). */
export function isHaManaged(node: LabNode, id: number): boolean {
  const { sections } = resourcesOf(node);
  return ['vm', 'ct'].some((kind) => {
    const options = sections.get(`${kind}:${id}`)?.options;
    return options !== undefined && options['state']?.[0] !== 'ignored';
  });
}

/** Sets the state that HA keeps a guest in, if it still has it as a resource. */
export function setHaState(node: LabNode, id: number, state: 'started' | 'stopped'): void {
  const { sections } = resourcesOf(node);
  const sid = ['vm', 'ct'].map((kind) => `${kind}:${id}`).find((one) => sections.has(one));
  const section = sections.get(sid ?? '');
  if (sid === undefined || section === undefined) return;
  sections.set(sid, { ...section, options: { ...section.options, state: [state] } });
  keepResources(node, sections);
}

/** Removes a purged guest from resources and rules; a rule without resources is deleted. */
export function removeFromHa(node: LabNode, id: number): void {
  const { sections } = resourcesOf(node);
  for (const sid of [`ct:${id}`, `vm:${id}`]) {
    if (!sections.delete(sid)) continue;
    keepResources(node, sections);
    leaveRules(node, sid);
  }
}

function leaveRules(node: LabNode, sid: string): void {
  const file = fileOf(node, HA_RULES_FILE);
  if (file === '') return;
  const sections = parseSections(file);
  for (const [rule, { type, options }] of sections) {
    const left = splitList(options['resources']?.[0] ?? '').filter((one) => one !== sid);
    if (left.length === 0) sections.delete(rule);
    else sections.set(rule, { type, options: { ...options, resources: [left.join(',')] } });
  }
  writeConfig(node, HA_RULES_FILE, printSections(sections, ['disable', ...RULES_FIRST]));
}

function resourcesOf(node: LabNode): { readonly raw: string; readonly sections: Sections } {
  const raw = fileOf(node, HA_RESOURCES_FILE);
  return { raw, sections: parseHaResources(raw) };
}

function keepResources(node: LabNode, sections: Sections): void {
  const named = new Map([...sections].map(([sid, section]) => [sid.split(':')[1] ?? '', section]));
  writeConfig(node, HA_RESOURCES_FILE, printSections(named, []));
}

function asOptions(parameters: Parameters): Options {
  return Object.fromEntries(Object.keys(parameters).map((option) => [option, [text(parameters, option) ?? '']]));
}

function without(options: Options, cleared: readonly string[]): Options {
  return Object.fromEntries(Object.entries(options).filter(([option]) => !cleared.includes(option)));
}

function fileOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}

function writeConfig(node: LabNode, path: string, content: string): void {
  const file = pathOf(node, path);
  mkdirSync(dirname(file), { recursive: true });
  replaceFile(file, content);
}

function sha1(content: string): string {
  return createHash('sha1').update(content).digest('hex');
}
