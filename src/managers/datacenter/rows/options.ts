// What holds for the whole datacenter: one object, which is there always, in lines of a file of its own (pve-cluster, PVE/DataCenterConfig.pm).

import type { Options } from '../../../proxmox/section-config.ts';
import type { ObjectRow } from '../row.ts';

export const datacenterOptions: ObjectRow = {
  kind: 'datacenter',
  field: 'options',
  single: 'options',
  what: 'datacenter',
  describes: 'Options of the whole datacenter. Only those that are declared are kept.',
  id: null,
  paths: { create: '/cluster/options', change: '/cluster/options' },
  file: '/etc/pve/datacenter.cfg',
  read: (text) => new Map([['options', readOptions(text)]]),
  mark: null,
  // Notes are for people; the last three are of older versions, or hold what other options say.
  without: ['description', 'location', 'migration_unsecure', 'u2f', 'fencing'],
  required: [],
  defaults: { mac_prefix: 'BC:24:11' },
  oneOf: [],
  clear: 'delete',
  members: [],
  names: {},
  lost: 'nothing: what was declared of it is taken away',
};

function readOptions(text: string): Options {
  const lines = text.split('\n').flatMap((line): [string, readonly string[]][] => {
    const [, key, value = ''] = /^([a-z][a-z0-9_-]*):\s*(.*?)\s*$/.exec(line) ?? [];
    return key === undefined ? [] : [[key, [value]]];
  });
  return Object.fromEntries(lines);
}
