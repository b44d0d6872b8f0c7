// The state of HA by the API, and what is asked of it (pve-ha-manager, PVE/API2/HA/Status.pm, Resources.pm and Groups.pm). No manager runs in a lab: its
// state is the file that a real one writes, and what is asked of it stays in its queue.

import { appendFileSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Options, parseSections } from '../../../../../src/proxmox/files/section-config.ts';
import { HA_RESOURCES_FILE, HA_RULES_FILE, parseHaResources } from '../../../../../src/proxmox/ha.ts';
import { splitList } from '../../../../../src/proxmox/parameters/perl.ts';
import { type Call, warn } from '../../call.ts';
import { guestIds, guestsElsewhere, type LabNode, pathOf } from '../../node.ts';
import type { Parameters } from '../../parameters/check.ts';
import { refuse } from '../../refusal.ts';
import { text } from '../../verb-parameters.ts';
import { resolvedSid } from './ha.ts';

/** What the manager wrote last. */
interface ManagerStatus {
  readonly master_node?: string;
  readonly timestamp?: number;
  readonly node_status?: Readonly<Record<string, string>>;
  readonly service_status?: Readonly<Record<string, ServiceStatus>>;
}

interface ServiceStatus {
  readonly node?: string;
  readonly state?: string;
  readonly running?: number;
  readonly target?: string;
}

const MANAGER = '/etc/pve/ha/manager_status';
const QUEUE = '/etc/pve/ha/crm_commands';
const GROUP_CALLS: Readonly<Record<string, string>> = {
  'GET /cluster/ha/groups': 'index groups',
  'GET /cluster/ha/groups/{group}': 'read group',
  'POST /cluster/ha/groups': 'create group',
  'PUT /cluster/ha/groups/{group}': 'update group',
  'DELETE /cluster/ha/groups/{group}': 'delete group',
};

/** Answers a call on the state or on groups, and requests to move a guest; undefined for any other call. */
export function haStatusCall(
  call: Call,
  method: string,
  template: string,
  parameters: Parameters,
): { readonly data: unknown } | undefined {
  const key = `${method} ${template}`;
  if (GROUP_CALLS[key] !== undefined) refuse(`cannot ${GROUP_CALLS[key]}: ha groups have been migrated to rules`);
  switch (key) {
    case 'GET /cluster/ha/status/current':
      return { data: currentStatus(call) };
    case 'GET /cluster/ha/status/manager_status':
      return { data: fullStatus(call) };
    case 'POST /cluster/ha/resources/{sid}/migrate':
    case 'POST /cluster/ha/resources/{sid}/relocate':
      return { data: move(call.node, template.endsWith('migrate') ? 'migrate' : 'relocate', parameters) };
    case 'POST /cluster/ha/status/arm-ha':
      queueHaCommand(call.node, 'arm-ha');
      return { data: null };
    case 'POST /cluster/ha/status/disarm-ha':
      queueHaCommand(call.node, `disarm-ha ${text(parameters, 'resource-mode')}`);
      return { data: null };
    default:
      return undefined;
  }
}

/** Puts a command into the manager's queue. */
export function queueHaCommand(node: LabNode, command: string): void {
  const file = pathOf(node, QUEUE);
  mkdirSync(dirname(file), { recursive: true });
  appendFileSync(file, `${command}\n`);
}

/** Refuses a resource that HA does not manage, and one in error (service_is_ha_managed, check_service_state). */
export function managedSid(node: LabNode, given: string): string {
  const sid = resolvedSid(node, given);
  const section = parseHaResources(contentOf(node, HA_RESOURCES_FILE)).get(sid);
  if (section === undefined || section.options['state']?.[0] === 'ignored')
    refuse(`resource '${sid}' is not HA managed`);
  if (managerStatus(node).service_status?.[sid]?.state === 'error')
    refuse(`service '${sid}' in error state, must be disabled and fixed first`);
  return sid;
}

export interface Move {
  readonly sid: string;
  readonly 'requested-node': string;
  readonly 'comigrated-resources'?: readonly string[];
  readonly 'blocking-resources'?: readonly { readonly sid: string; readonly cause: string }[];
}

function move(node: LabNode, verb: 'migrate' | 'relocate', parameters: Parameters): Move {
  const sid = managedSid(node, text(parameters, 'sid') ?? '');
  const target = text(parameters, 'node') ?? '';
  queueHaCommand(node, `${verb} ${sid} ${target}`);
  const services = managerStatus(node).service_status ?? {};
  const known = (others: readonly string[]): string[] =>
    [...new Set(others)].sort().filter((other) => services[other] !== undefined && services[other].state !== 'ignored');
  const together = known(affine(node, sid, 'positive'));
  const blocking = known(affine(node, sid, 'negative')).filter((other) => {
    const { node: on = target, target: to = target } = services[other] ?? {};
    return on === target && to === target;
  });
  return {
    sid,
    'requested-node': target,
    ...(together.length === 0 ? {} : { 'comigrated-resources': together }),
    ...(blocking.length === 0
      ? {}
      : { 'blocking-resources': blocking.map((other) => ({ sid: other, cause: 'resource-affinity' })) }),
  };
}

/** The other resources of rules that keep this one with them, or apart. */
function affine(node: LabNode, sid: string, affinity: 'positive' | 'negative'): string[] {
  return [...parseSections(contentOf(node, HA_RULES_FILE)).values()].flatMap(({ type, options }) => {
    const resources = splitList(options['resources']?.[0] ?? '');
    const isMeant =
      type === 'resource-affinity' && options['affinity']?.[0] === affinity && options['disable'] === undefined;
    return isMeant && resources.includes(sid) ? resources.filter((other) => other !== sid) : [];
  });
}

function currentStatus(call: Call): unknown[] {
  const { node } = call;
  const status = managerStatus(node);
  const { master_node: master, timestamp, node_status = {}, service_status = {} } = status;
  const services = parseHaResources(contentOf(node, HA_RESOURCES_FILE));
  const activity = timestamp === undefined ? null : activityAt(timestamp);
  const isActive = master !== undefined && activity === 'active';
  const idle = activity !== 'active' && services.size === 0 ? 'idle' : activity;
  return [
    { id: 'quorum', type: 'quorum', node: node.name, status: 'OK', quorate: 1 },
    ...(master === undefined || timestamp === undefined
      ? []
      : [
          {
            id: 'master',
            type: 'master',
            node: master,
            status: `${master} (${idle}, ${timeText(timestamp)})`,
            timestamp,
          },
        ]),
    {
      id: 'fencing',
      type: 'fencing',
      node: master ?? node.name,
      status: isActive ? 'armed (CRM watchdog active)' : 'standby (CRM watchdog standby)',
      'armed-state': isActive ? 'armed' : 'standby',
    },
    ...Object.keys(node_status)
      .sort()
      .map((name) => lrmEntry(call, name)),
    ...[...new Set([...Object.keys(service_status).sort(), ...[...services.keys()].sort()])].map((sid) =>
      serviceEntry(node, sid, services.get(sid)?.options, service_status[sid]),
    ),
  ];
}

/** In a lab no local manager writes its state; the file may be given. */
function lrmEntry(call: Call, name: string): unknown {
  const { timestamp, mode, state } = lrmStatus(call, name);
  const entry = { id: `lrm:${name}`, type: 'lrm', node: name };
  if (timestamp === undefined) return { ...entry, status: `${name} (unable to read lrm status)` };
  const activity = activityAt(timestamp);
  const isBusy = activity === 'active' && (state === 'active' || state === 'maintenance');
  const own = activity !== 'active' ? activity : state === 'wait_for_agent_lock' ? 'idle' : (state ?? 'unknown');
  const shown = mode !== undefined && mode !== 'active' ? `${mode} mode` : own;
  const watchdog = isBusy ? 'watchdog active' : 'watchdog standby';
  return { ...entry, status: `${name} (${shown}, ${watchdog}, ${timeText(timestamp)})`, timestamp };
}

interface LrmStatus {
  readonly timestamp?: number;
  readonly mode?: string;
  readonly state?: string;
}

function lrmStatus(call: Call, name: string): LrmStatus {
  const path = `/etc/pve/nodes/${name}/lrm_status`;
  const file = pathOf(call.node, path);
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8'));
  warn(call, `unable to read file '${path}'`);
  return { mode: 'unknown' };
}

function serviceEntry(
  node: LabNode,
  sid: string,
  options: Options | undefined,
  status: ServiceStatus | undefined,
): unknown {
  const on = status?.node ?? nodeOf(node, sid);
  const requested = options?.['state']?.[0] ?? 'started';
  const request = requested === 'enabled' ? 'started' : requested;
  const state = verboseState(options === undefined ? null : request, on, status);
  const number = (name: string): number => Number(options?.[name]?.[0] ?? 1);
  const comment = options?.['comment']?.[0];
  return {
    id: `service:${sid}`,
    type: 'service',
    sid,
    ...(on === undefined ? {} : { node: on }),
    ...(status?.state === undefined ? {} : { crm_state: status.state }),
    state,
    status: `${sid} (${on ?? '---'}, ${state})`,
    ...(options === undefined
      ? {}
      : {
          request_state: request,
          max_restart: number('max_restart'),
          max_relocate: number('max_relocate'),
          failback: number('failback'),
          ...(comment === undefined ? {} : { comment }),
        }),
  };
}

/** PVE/HA/Tools.pm, get_verbose_service_state; `request` is null for a resource that is no longer configured. */
function verboseState(request: string | null, on: string | undefined, status: ServiceStatus | undefined): string {
  if (request === null) return 'deleting';
  if (request === 'ignored') return 'ignored';
  if (on === undefined) return 'not found';
  const state = status?.state ?? 'queued';
  const isOff = request === 'stopped' || request === 'disabled';
  if (state === 'stopped') return request === 'started' ? 'starting' : request === 'disabled' ? 'disabled' : state;
  if (state === 'started') return status?.running !== 1 ? 'starting' : isOff ? 'stopping' : state;
  return state === 'error' && request === 'disabled' ? 'clearing error flag' : state;
}

function nodeOf(node: LabNode, sid: string): string | undefined {
  const id = Number(sid.split(':')[1]);
  if ((['lxc', 'qemu'] as const).some((kind) => guestIds(node, kind).includes(id))) return node.name;
  return guestsElsewhere(node).find((guest) => guest.id === id)?.node;
}

function fullStatus(call: Call): unknown {
  const status = managerStatus(call.node);
  const nodes = Object.keys(status.node_status ?? {}).sort();
  return {
    manager_status: status,
    quorum: { node: call.node.name, quorate: '1' },
    ...(nodes.length === 0
      ? {}
      : { lrm_status: Object.fromEntries(nodes.map((name) => [name, lrmStatus(call, name)])) }),
  };
}

/** How old a state is, in Proxmox's words. */
function activityAt(timestamp: number): string {
  const age = Math.floor(Date.now() / 1000) - timestamp;
  return age > 30 ? 'old timestamp - dead?' : age < -2 ? 'detected time drift!' : 'active';
}

/** A time as Perl's localtime writes it, in UTC. */
function timeText(timestamp: number): string {
  const [, day = '', date = '', month = '', year = '', time = ''] =
    /^(\w+), (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(timestamp * 1000).toUTCString()) ?? [];
  return `${day} ${month} ${String(Number(date)).padStart(2)} ${time} ${year}`;
}

function managerStatus(node: LabNode): ManagerStatus {
  const content = contentOf(node, MANAGER);
  return content.trim() === '' ? {} : JSON.parse(content);
}

function contentOf(node: LabNode, path: string): string {
  const file = pathOf(node, path);
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
}
