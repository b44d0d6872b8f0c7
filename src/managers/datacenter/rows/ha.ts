// High availability: resources that HA keeps running, and rules on where (pve-ha-manager, PVE/HA/Resources.pm and PVE/HA/Rules/*.pm). A single node
// restarts what fails on it; several nodes also take over from each other.

import type { JsonObject } from '../../../model/json.ts';
import { parseSections, withSwitches } from '../../../proxmox/files/section-config.ts';
import { HA_RESOURCES_FILE, HA_RULES_FILE, parseHaResources } from '../../../proxmox/ha.ts';
import { splitList } from '../../../proxmox/parameters/perl.ts';
import { wordsOf } from '../options/values.ts';
import type { ObjectRow, Reference } from '../row.ts';

const COMMON = {
  digest: 'sha1',
  oneOf: [],
  clear: 'delete',
  members: [],
  references: {},
} as const satisfies Partial<ObjectRow>;

export const haResources: ObjectRow = {
  ...COMMON,
  kind: 'ha',
  field: 'ha_resources',
  label: 'HA resource',
  describes: 'Guests that HA keeps running, by kind and number: "ct:101", "vm:201".',
  id: 'sid',
  paths: { create: '/cluster/ha/resources', change: '/cluster/ha/resources/{sid}' },
  nameFormat: {
    pattern: /^(ct|vm):[1-9][0-9]{2,8}$/,
    expected: 'must be a guest by kind and number: "ct:101" or "vm:201"',
  },
  file: HA_RESOURCES_FILE,
  read: (text) => new Map([...parseHaResources(text)].map(([sid, { options }]) => [sid, options])),
  // Groups are replaced by rules, and the name contains the type.
  without: ['group', 'type'],
  required: [],
  defaults: { failback: '1', max_relocate: '1', max_restart: '1', state: 'started' },
  synonyms: { state: { enabled: 'started' } },
  impact: (option, state) => (option === 'state' && STOPPED.includes(String(state)) ? 'restart' : 'live'),
  furtherReferences: (sid) => [guestOf(sid)],
  // Does not remove the resource from rules that others created.
  deleteArgs: ['--purge', '0'],
  dependents: {
    folders: ['/etc/pve/ha'],
    findDependent: (sid, files) => {
      const rules = parseSections(files.get(HA_RULES_FILE) ?? '');
      const [rule] =
        [...rules].find(([, { options }]) => splitList(options['resources']?.[0] ?? '').includes(sid)) ?? [];
      return rule === undefined ? null : `HA rule ${rule} still names it`;
    },
  },
  lossOnDelete: 'that it is started again, here or on another node; the guest stays',
};

/** States in which HA shuts a guest down. */
const STOPPED = ['stopped', 'disabled'];

const NODES = ['nodes', 'strict'];

export const haRules: ObjectRow = {
  ...COMMON,
  kind: 'harule',
  field: 'ha_rules',
  label: 'HA rule',
  describes: 'Rules of HA: on which nodes resources run, and which of them run together or apart.',
  id: 'rule',
  paths: { create: '/cluster/ha/rules', change: '/cluster/ha/rules/{rule}' },
  file: HA_RULES_FILE,
  read: (text) =>
    new Map(
      [...parseSections(text)].map(([id, { type, options }]) => [
        id,
        { ...withSwitches(options, 'POST /cluster/ha/rules'), type: [type] },
      ]),
    ),
  without: [],
  required: ['type', 'resources'],
  alwaysSent: ['type'],
  types: {
    'node-affinity': {
      required: ['resources', 'nodes'],
      optional: ['comment', 'disable', ...NODES],
      fixed: ['type'],
    },
    'resource-affinity': { required: ['resources', 'affinity'], optional: ['comment', 'disable'], fixed: ['type'] },
  },
  defaults: { disable: '0', strict: '0' },
  deletedWhenFalse: ['disable'],
  furtherReferences: (_name, { resources, nodes }) => [
    ...wordsOf(resources).map((sid, index): Reference => ({ sort: 'ha', name: sid, at: ['resources', index] })),
    ...wordsOf(nodes).map(
      (node, index): Reference => ({ sort: 'cluster node', name: node.split(':')[0] ?? '', at: ['nodes', index] }),
    ),
  ],
  lossOnDelete: 'where its resources may run',
  faults: (_name, { type, resources }: JsonObject) =>
    type === 'resource-affinity' && new Set(wordsOf(resources)).size < 2
      ? [{ option: 'resources', message: 'must name two resources at least, which run together or apart' }]
      : [],
};

/** The guest that a resource is. */
export function guestOf(sid: string): Reference {
  const [type, name = ''] = sid.split(':');
  return { sort: type === 'ct' ? 'container' : 'virtual machine', name, at: [] };
}
